#include "account.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "account_parts.h"

enum {
    URL_BYTES_MAX = 16 * 1024,
    OWN_MAX = ACCOUNT_OWN_MAX + 1 /* --myself */
};

enum { VALUES = TEMPLATE_OF_ENDPOINT + 2 };

static void list_values(const struct account_run *run, const char *account_id,
                        struct template_value values[VALUES])
{
    struct template_value *own = values + TEMPLATE_OF_ENDPOINT;

    template_of_endpoint(run->endpoint, values);
    own[0] = (struct template_value){"account_id", account_id};
    own[1] = (struct template_value){NULL, NULL};
}

/* The first path whose placeholders all have values, or NULL. */
static const char *find_path(const struct account_request *request,
                             const struct template_value *values)
{
    const char *const *path = request->paths;

    while (*path != NULL && template_lacks(*path, values) != NULL)
        path++;
    return *path;
}

int account_fill(const struct account_run *run, const char *id,
                 const struct account_request *from, struct buf *path,
                 struct buf *body, struct error *err)
{
    struct template_value values[VALUES];

    list_values(run, id, values);
    if (template_fill(find_path(from, values), values, path, err) == 0 &&
        (from->body == NULL ||
         template_fill_body(from->body, values, body, err) == 0))
        return 0;
    return error_prefix(err, "%s", run->options.action->about.name);
}

static int check_request(const struct account_run *run,
                         const struct account_request *request,
                         struct error *err)
{
    struct template_value values[VALUES];
    const char *lacks = NULL;

    list_values(run, "", values);
    if (find_path(request, values) == NULL)
        lacks = template_lacks(request->paths[0], values);
    else if (request->body != NULL)
        lacks = template_lacks(request->body, values);
    if (lacks == NULL)
        return 0;
    error_set(err, ERROR_CONFIG,
              "%s: endpoints.%s.%s: missing, --via %s needs "
              "it",
              run->options.job->path, run->endpoint->name, lacks,
              run->options.action->about.name);
    return error_hint(err, "add it to the endpoint in the job file");
}

static int check_job(struct account_run *run, struct error *err)
{
    const struct account_action *action = run->options.action;

    run->endpoint = job_endpoint(run->options.job, action->endpoint);
    if (run->endpoint == NULL) {
        error_set(err, ERROR_CONFIG,
                  "%s: endpoints: --via %s needs an "
                  "endpoint \"%s\", and the job has none",
                  run->options.job->path, action->about.name, action->endpoint);
        return error_hint(err, "add it under \"endpoints\" with its url and "
                               "auth");
    }
    if (check_request(run, &action->state, err) != 0)
        return -1;
    return check_request(run, &action->verbs[run->options.verb], err);
}

/* What would be sent, ready to be shown. */
static int describe(struct account_run *run, struct account_entry *entry,
                    struct error *err)
{
    const struct account_request *from =
        &run->options.action->verbs[run->options.verb];
    struct buf path, body;
    int result;

    buf_init(&path, URL_BYTES_MAX);
    buf_init(&body, TEMPLATE_BODY_MAX);
    result = account_fill(run, entry->id, from, &path, &body, err);
    if (result == 0) {
        entry->path = arena_strdup(&run->arena, path.data);
        entry->url =
            arena_printf(&run->arena, "%s%s", run->endpoint->url, path.data);
        if (from->body != NULL)
            entry->body = arena_strdup(&run->arena, body.data);
        if (entry->path == NULL || entry->url == NULL ||
            (from->body != NULL && entry->body == NULL))
            result = error_no_memory(err);
    }
    buf_release(&path);
    buf_release(&body);
    return result;
}

static int fill_entries(struct account_run *run, struct error *err)
{
    const struct account_list *list = run->options.list;

    run->entries = calloc(list->count + 1, sizeof(*run->entries));
    run->own = arena_alloc(&run->arena, OWN_MAX * sizeof(*run->own));
    if (run->entries == NULL || run->own == NULL)
        return error_no_memory(err);
    for (; run->count < list->count; run->count++) {
        run->entries[run->count].id = list->ids[run->count];
        if (describe(run, &run->entries[run->count], err) != 0)
            return -1;
    }
    return 0;
}

struct account_run *account_new(const struct account_options *options,
                                struct error *err)
{
    const struct exchange_options exchange = {
        .job = options->job,
        .allow_commands = options->allow_commands,
        .log = options->log,
        .clock = options->log->clock,
        .stop = options->stop,
        .seed = (uint64_t)clock_mono(&options->log->clock),
    };
    struct account_run *run = calloc(1, sizeof(*run));

    if (run == NULL) {
        error_no_memory(err);
        return NULL;
    }
    run->options = *options;
    arena_init(&run->arena);
    if (check_job(run, err) == 0 && fill_entries(run, err) == 0)
        run->exchange = exchange_new(&exchange, err);
    if (run->exchange != NULL)
        return run;
    account_free(run);
    return NULL;
}

void account_free(struct account_run *run)
{
    if (run == NULL)
        return;
    exchange_free(run->exchange);
    free(run->entries);
    arena_release(&run->arena);
    free(run);
}

/* By id, or as the user of an endpoint whose login is an e-mail address. */
static bool is_own(const struct account_run *run,
                   const struct account_entry *entry)
{
    const struct job *job = run->options.job;

    for (size_t i = 0; i < run->own_count; i++) {
        if (strcmp(run->own[i], entry->id) == 0)
            return true;
    }
    for (size_t i = 0; entry->email != NULL && i < job->endpoint_count; i++) {
        if (job->endpoints[i].auth == AUTH_BASIC &&
            strcasecmp(job->endpoints[i].user, entry->email) == 0)
            return true;
    }
    return false;
}

static void judge_look(const struct account_run *run,
                       struct account_entry *entry,
                       const struct account_seen *seen)
{
    entry->looked = true;
    entry->before = entry->after = seen->state;
    entry->name = seen->name;
    entry->email = seen->email;
    entry->own = is_own(run, entry);
    if (entry->own) {
        entry->verdict = VERDICT_REFUSED;
        entry->kind = ERROR_USAGE;
        entry->reason = "it is the job's own account, which is never changed";
    } else if (seen->state == ACCOUNT_UNKNOWN) {
        entry->verdict = VERDICT_FAILED;
        entry->kind = seen->kind;
        entry->reason = seen->reason;
    } else if (seen->state == account_wished(run->options.verb)) {
        entry->verdict = VERDICT_ALREADY;
    }
}

int account_look(struct account_run *run, struct error *err)
{
    const char *myself = run->options.myself;

    if (myself != NULL && strcmp(myself, "none") != 0)
        run->own[run->own_count++] = myself;
    if (account_ask_own(run, err) != 0)
        return -1;
    for (size_t i = 0; i < run->count; i++) {
        struct account_seen seen = {0};

        if (account_ask_state(run, run->entries[i].id, &seen, err) != 0)
            return -1;
        judge_look(run, &run->entries[i], &seen);
    }
    return 0;
}

int account_ready(const struct account_run *run, struct error *err)
{
    for (size_t i = 0; i < run->count; i++) {
        if (!run->entries[i].own)
            continue;
        error_set(err, ERROR_USAGE,
                  "%s is the job's own account; nothing was "
                  "sent to anyone",
                  run->entries[i].id);
        return error_hint(err, "leave it out: with it, rollcall or you would "
                               "be locked out");
    }
    if (run->own_told || run->options.myself != NULL)
        return 0;
    error_set(
        err, ERROR_USAGE,
        "own account: whose login this is cannot be told; nothing was sent");
    return error_hint(err,
                      "name your own account with --myself ACCOUNT_ID, or "
                      "say --myself none when the login belongs to none; an "
                      "endpoint \"jira\" in the job tells it as well");
}

size_t account_pending(const struct account_run *run)
{
    size_t count = 0;

    for (size_t i = 0; i < run->count; i++)
        count += run->entries[i].verdict == VERDICT_PENDING;
    return count;
}
