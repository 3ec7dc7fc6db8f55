#include "command_sites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command_result.h"
#include "deliver.h"
#include "json.h"
#include "merge.h"
#include "sites.h"

enum { RESULT_BYTES_MAX = 4 * 1024 * 1024 };

/* What became of all sites. */
struct all_sites {
    const struct command *command;
    const struct prepared *prepared;
    const struct job *job;
    struct sites sites;
    struct json_doc lines[JOB_SITES_MAX]; /* each site's own result */
    bool has_line[JOB_SITES_MAX];
    struct missing_report missing[JOB_SITES_MAX];
    size_t missing_count, published;
    bool together; /* and then: */
    bool has_merged, delivering;
    struct merge_result merged;
    struct deliver_result deliveries;
};

static const char *member(const struct all_sites *all, size_t index,
                          const char *name)
{
    const struct json *node =
        all->has_line[index] ? json_member(all->lines[index].root, name)
                             : NULL;

    return node != NULL && json_type(node) == JSON_STRING ? json_text(node)
                                                          : NULL;
}

/* Its run is there, whatever failed after that. */
static bool is_published(const struct all_sites *all, size_t index)
{
    const char *status = member(all, index, "status");

    return status != NULL && strcmp(status, "failed") != 0 &&
           member(all, index, "dir") != NULL;
}

static bool is_withheld(const struct all_sites *all, size_t index)
{
    const struct sites_child *child = &all->sites.children[index];

    return child->withheld || child->state == SITES_WAITING;
}

static void read_line(struct all_sites *all, size_t index)
{
    const struct buf *text = &all->sites.children[index].text;
    struct error ignored = {0};

    all->has_line[index] =
        buf_ok(text) && text->len > 0 &&
        json_parse(&all->lines[index], text->data, text->len, JSON_STRICT,
                   "result", ERROR_BUG, &ignored) == 0;
    if (all->has_line[index] &&
        json_type(all->lines[index].root) != JSON_OBJECT) {
        json_free(&all->lines[index]);
        all->has_line[index] = false;
    }
}

/* One word for why a site is not there. */
static const char *verdict_of(const struct all_sites *all, size_t index)
{
    const char *kind = member(all, index, "error");

    if (is_withheld(all, index))
        return "withheld";
    return kind != NULL
               ? kind
               : error_kind_name(command_kind_of(all->sites.children[index].exit));
}

static void blame(const struct all_sites *all, size_t index,
                  struct error *err)
{
    const struct sites_child *child = &all->sites.children[index];
    const char *message = member(all, index, "message");
    const char *hint = member(all, index, "hint");
    enum error_kind kind = command_kind_of(child->exit);

    if (message != NULL)
        error_set(err, kind, "site %s: %s", all->job->sites[index], message);
    else
        error_set(err, kind, "site %s: ended without a result, exit %d",
                  all->job->sites[index], child->exit);
    if (hint != NULL)
        error_hint(err, "%s", hint);
}

/* The first site of the job that failed by itself is what is reported; each
 * has said its own in the log. */
static void judge(struct all_sites *all, struct error *err)
{
    for (size_t i = 0; i < all->job->site_count; i++) {
        read_line(all, i);
        if (is_published(all, i))
            all->published++;
        else
            all->missing[all->missing_count++] = (struct missing_report){
                .name = all->job->sites[i],
                .verdict = verdict_of(all, i),
                .exit = all->sites.children[i].exit,
            };
    }
    if (*all->command->stop != 0)
        error_set(err, ERROR_INTERRUPTED, "interrupted; %zu of %zu sites are "
                  "published", all->published, all->job->site_count);
    for (size_t i = 0; i < all->job->site_count; i++) {
        if (all->sites.children[i].exit != 0 && !is_withheld(all, i))
            blame(all, i, err);
    }
}

static int merge(struct all_sites *all, struct error *err)
{
    const struct prepared *prepared = all->prepared;
    struct merge_input inputs[JOB_SITES_MAX];
    struct merge_options options = {
        .inputs = inputs,
        .missing = all->missing,
        .missing_count = all->missing_count,
        .out_dir = prepared->setup.out_dir,
        .run_id = prepared->run_id,
        .job = all->job,
        .replace = all->command->cli->values[OPTION_FORCE] != NULL,
        .log = all->command->log,
        .stop = all->command->stop,
    };
    struct signature_key *key = NULL;
    int result;

    for (size_t i = 0; i < all->job->site_count; i++) {
        if (is_published(all, i))
            inputs[options.input_count++] = (struct merge_input){
                .path = member(all, i, "dir"), .site = all->job->sites[i]};
    }
    if (prepare_sign_key(all->command, all->job, &key, err) != 0)
        return -1;
    options.sign_key = key;
    result = merge_runs(&options, &all->merged, err);
    signature_key_free(key);
    if (result != 0)
        return -1;
    all->has_merged = true;
    command_log_merged(all->command, &all->merged);
    return 0;
}

static int deliver(struct all_sites *all, struct error *err)
{
    const struct deliver_options options = {
        .job = all->job,
        .out_dir = all->prepared->setup.out_dir,
        .run_id = all->prepared->run_id,
        .allow_commands = all->prepared->allow_commands,
        .log = all->command->log,
        .stop = all->command->stop,
    };

    if (all->job->target_count == 0 ||
        all->command->cli->values[OPTION_NO_DELIVER] != NULL)
        return 0;
    all->delivering = true;
    return deliver_run(&options, &all->deliveries, err);
}

/* All sites, or, where the job allows that, those there are. */
static bool may_merge(const struct all_sites *all)
{
    return all->together && *all->command->stop == 0 && all->published > 0 &&
           (all->missing_count == 0 ||
            all->job->on_site_failure == SITE_FAILURE_PUBLISH_OTHERS);
}

static const char *status_of(const struct all_sites *all,
                             const struct error *err)
{
    bool all_there = all->missing_count == 0 &&
                     (!all->together || all->has_merged);

    if (all_there && err->kind != ERROR_NONE)
        return "undelivered";
    if (all_there && all->together)
        return all->merged.already ? "already" : "published";
    if (!all_there)
        return all->published > 0 && (!all->together || all->has_merged)
                   ? "partial"
                   : "failed";
    for (size_t i = 0; i < all->job->site_count; i++) {
        if (strcmp(member(all, i, "status"), "already") != 0)
            return "published";
    }
    return "already";
}

static void put_site(struct jsonw *w, const struct all_sites *all,
                     size_t index)
{
    const struct json *node =
        all->has_line[index] ? json_first(all->lines[index].root) : NULL;

    jsonw_object(w, NULL);
    jsonw_text(w, "site", all->job->sites[index]);
    if (is_withheld(all, index)) {
        jsonw_text(w, "status", "withheld");
    } else if (node == NULL) {
        jsonw_text(w, "status", "failed");
        jsonw_int(w, "exit", all->sites.children[index].exit);
        jsonw_text(w, "error", verdict_of(all, index));
    }
    for (; node != NULL && !is_withheld(all, index); node = json_next(node))
        json_write(w, json_key(node), node, NULL);
    jsonw_object_end(w);
}

static void write_result(struct buf *out, const struct all_sites *all,
                         const struct error *err)
{
    const struct prepared *prepared = all->prepared;
    struct jsonw w;

    jsonw_init(&w, out, 0);
    jsonw_object(&w, NULL);
    jsonw_text(&w, "status", status_of(all, err));
    jsonw_int(&w, "exit", command_exit_code(all->command, err));
    jsonw_text(&w, "run", prepared->run_id);
    jsonw_instant(&w, "as_of", prepared->as_of);
    jsonw_text_or_null(&w, "dir", all->has_merged ? all->merged.dir : NULL);
    command_put_merged(&w, &all->merged);
    jsonw_array(&w, "missing");
    for (size_t i = 0; i < all->missing_count; i++)
        jsonw_text(&w, NULL, all->missing[i].name);
    jsonw_array_end(&w);
    jsonw_array(&w, "sites");
    for (size_t i = 0; i < all->job->site_count; i++)
        put_site(&w, all, i);
    jsonw_array_end(&w);
    if (all->deliveries.count > 0)
        command_put_deliveries(&w, &all->deliveries);
    command_put_error(&w, err);
    jsonw_object_end(&w);
    buf_putc(out, '\n');
}

static int tell(const struct all_sites *all, struct error *err)
{
    struct error told = {0};
    struct buf text;
    int outcome;

    buf_init(&text, RESULT_BYTES_MAX);
    write_result(&text, all, err);
    outcome = command_put_result(all->command, &text, &told);
    buf_release(&text);
    if (outcome != 0 && err->kind == ERROR_NONE)
        *err = told;
    return err->kind == ERROR_NONE ? 0 : -1;
}

/* What is not there is said last of all, and aloud. */
static void warn(const struct all_sites *all)
{
    for (size_t i = 0; i < all->missing_count; i++)
        log_line(all->command->log, LOG_WARN, "site", "%s: not published: %s",
                 all->missing[i].name, all->missing[i].verdict);
}

static int finish(struct all_sites *all, struct error *err)
{
    struct error later = {0};

    judge(all, err);
    if (may_merge(all) && merge(all, &later) == 0)
        deliver(all, &later);
    if (err->kind == ERROR_NONE && later.kind != ERROR_NONE)
        *err = later;
    else if (later.kind != ERROR_NONE)
        log_line(all->command->log, LOG_ERROR, "merge", "%s", later.text);
    warn(all);
    return tell(all, err);
}

/* In a process of its own: the site as if it alone had been asked for, of the
 * same time and under the same name. */
static int run_site(const struct all_sites *all, size_t index,
                    const struct command_gate *gate, struct error *err)
{
    struct cli cli = *all->command->cli;
    const struct command command = {.cli = &cli,
                                    .log = all->command->log,
                                    .stop = all->command->stop};
    char as_of[INSTANT_TEXT_MAX];
    struct prepared *prepared = NULL;

    snprintf(command.log->site, sizeof(command.log->site), "%s",
             all->job->sites[index]);
    instant_rfc3339(all->prepared->as_of, as_of);
    cli.values[OPTION_AS_OF] = as_of;
    cli.values[OPTION_RUN_ID] = all->prepared->run_id;
    cli.values[OPTION_SITE] = all->job->sites[index];
    cli.values[OPTION_RESULT_JSON] = NULL;
    if (err->kind == ERROR_NONE)
        prepared = prepare(&command, err);
    return command_extract_one(&command, prepared, gate, err);
}

static void release(struct all_sites *all, struct prepared *prepared)
{
    for (size_t i = 0; i < JOB_SITES_MAX; i++) {
        if (all->has_line[i])
            json_free(&all->lines[i]);
    }
    deliver_release(&all->deliveries);
    merge_result_release(&all->merged);
    sites_release(&all->sites);
    free(all);
    prepared_free(prepared);
}

static int run_all(struct all_sites *all, struct error *err)
{
    const struct sites_options options = {
        .count = all->job->site_count,
        .limit = all->job->limits.sites,
        .together_or_none = all->job->on_site_failure == SITE_FAILURE_FAIL,
        .stop = all->command->stop,
    };
    const struct command_gate gate = {sites_ready, &all->sites};
    size_t index = 0;

    switch (sites_run(&all->sites, &options, &index, err)) {
    case SITES_CHILD:
        return run_site(all, index,
                        options.together_or_none ? &gate : NULL, err);
    case SITES_DONE:
    case SITES_FAILED:
        break;
    }
    return finish(all, err);
}

int command_extract_sites(const struct command *command,
                          struct prepared *prepared, struct error *err)
{
    struct all_sites *all = calloc(1, sizeof(*all));
    int outcome;

    if (all == NULL) {
        prepared_free(prepared);
        return error_no_memory(err);
    }
    all->command = command;
    all->prepared = prepared;
    all->job = &prepared->setup.job;
    all->together = all->job->output.sites == SITES_TOGETHER;
    outcome = run_all(all, err);
    release(all, prepared);
    return outcome;
}
