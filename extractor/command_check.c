#include "command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command_check.h"
#include "command_sites.h"
#include "expiry.h"
#include "gather.h"
#include "oauth.h"
#include "prepare.h"
#include "probe.h"
#include "put.h"

/* Long enough for a slow answer, short enough for someone who waits. */
enum { CHECK_RETRY_FOR_MS = 3 * 1000, UNAUTHORIZED = 401 };

struct checking {
    const struct command *command;
    struct prepared *prepared;
    struct exchange *exchange;
    struct gather_options gather;
    struct check check;
};

static const char *const kinds[] = {[SOURCE_USERS] = "users",
                                    [SOURCE_EVENTS] = "events",
                                    [SOURCE_KEYS] = "keys"};

static struct exchange *open_exchange(const struct checking *c,
                                      const struct job *job, struct error *err)
{
    const struct exchange_options options = {
        .job = job,
        .allow_commands = c->prepared->allow_commands,
        .log = c->command->log,
        .clock = c->command->log->clock,
        .stop = c->command->stop,
        .seed = (uint64_t)clock_mono(&c->command->log->clock),
    };

    return exchange_new(&options, err);
}

static struct check_row *add_row(struct checking *c,
                                 const struct setup_source *entry)
{
    struct check_row *row = &c->check.rows[c->check.row_count++];

    row->name = entry->source.name;
    row->kind = kinds[entry->source.kind];
    row->endpoint = entry->endpoint;
    row->source = &entry->source;
    return row;
}

void command_check_judge(struct check_row *row)
{
    static const struct {
        enum error_kind kind;
        enum check_answer reachable, permitted;
    } meanings[] = {
        {ERROR_NONE, CHECK_YES, CHECK_YES},
        {ERROR_AUTH, CHECK_YES, CHECK_NO},
        {ERROR_DATA, CHECK_YES, CHECK_UNKNOWN},
        {ERROR_UNAVAILABLE, CHECK_NO, CHECK_UNKNOWN},
    };

    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (meanings[i].kind == row->error.kind) {
            row->reachable = meanings[i].reachable;
            row->permitted = meanings[i].permitted;
        }
    }
    /* No status, and yet no permission: the secret or the login failed. */
    if (row->error.kind == ERROR_AUTH && row->status == 0)
        row->reachable = CHECK_UNKNOWN;
    if (row->error.kind == ERROR_UNAVAILABLE && row->status != 0)
        row->reachable = CHECK_YES;
}

static void list_lacks(struct check_row *row, const char *granted)
{
    const char *const *scope = row->source->needs_scopes;
    const char *const *granular = row->source->needs_granular;
    size_t count = 0;

    row->scopes_known = true;
    if (oauth_covers(granted, scope) ||
        (granular != NULL && oauth_covers(granted, granular)))
        return;
    /* Who has one of the granular ones will want the others. */
    for (size_t i = 0; granular != NULL && granular[i] != NULL; i++) {
        const char *const one[] = {granular[i], NULL};

        if (oauth_covers(granted, one))
            scope = granular;
    }
    for (; *scope != NULL && count < CHECK_LACKS_MAX; scope++) {
        const char *const one[] = {*scope, NULL};

        if (!oauth_covers(granted, one))
            row->lacks[count++] = *scope;
    }
}

static const char *gateway_source(const struct setup *setup,
                                  const struct endpoint *endpoint,
                                  const struct source **source)
{
    for (size_t i = 0; i < setup->source_count; i++) {
        *source = &setup->sources[i].source;
        if (setup->sources[i].endpoint == endpoint &&
            (*source)->gateway_path != NULL)
            return (*source)->gateway_url;
    }
    return NULL;
}

/* Asks without a credential, so that a wrong one cannot spoil it. */
static char *find_cloud_id(struct checking *c, const struct source *source,
                           const struct endpoint *endpoint)
{
    struct endpoint bare = *endpoint;
    struct job job = c->prepared->setup.job;
    struct gather_options gather = c->gather;
    struct error ignored = {0};
    char *id = NULL;

    bare.auth = AUTH_NONE;
    job.endpoints = &bare;
    job.endpoint_count = 1;
    gather.exchange = open_exchange(c, &job, &ignored);
    if (gather.exchange == NULL)
        return NULL;
    probe_cloud_id(&gather, source, &bare, &id, &ignored);
    exchange_free(gather.exchange);
    return id;
}

static bool id_is_clean(const char *id)
{
    return *id != '\0' && id[strspn(id, "0123456789abcdefABCDEF-")] == '\0';
}

/* The exact url for tokens that do not work at the site itself. */
static void note_gateway(struct checking *c, struct check_row *row)
{
    const struct source *source;
    const char *url =
        gateway_source(&c->prepared->setup, row->endpoint, &source);
    const char *hole = url != NULL ? strstr(url, SOURCE_CLOUD_ID) : NULL;
    char *id;

    if (row->status != UNAUTHORIZED || row->endpoint->auth == AUTH_COOKIE ||
        hole == NULL ||
        strncmp(row->endpoint->url, url, (size_t)(hole - url)) == 0)
        return;
    id = find_cloud_id(c, source, row->endpoint);
    if (id != NULL && id_is_clean(id))
        snprintf(row->note, CHECK_NOTE_MAX,
                 "a token with scopes, or OAuth, works only with \"url\": "
                 "\"%.*s%s%s\" in endpoint %s",
                 (int)(hole - url), url, id, hole + strlen(SOURCE_CLOUD_ID),
                 row->endpoint->name);
    free(id);
}

static void note_sample(struct check_row *row,
                        const struct probe_sample *sample)
{
    row->has_rows =
        row->source->batch_parameter == NULL && !row->source->each;
    row->rows = sample->items;
    row->has_newest =
        sample->has_at && row->source->order == EVENTS_NEWEST_FIRST;
    row->has_oldest =
        sample->has_at && row->source->order == EVENTS_OLDEST_FIRST;
    if (row->has_newest)
        row->newest = sample->at;
    if (row->has_oldest)
        row->oldest = sample->at;
    if (row->has_rows && row->rows == 0)
        snprintf(row->note, CHECK_NOTE_MAX, "readable, but it shows nothing");
    if (row->source->each)
        snprintf(row->note, CHECK_NOTE_MAX, "whether it tells of an account "
                 "shows when a run asks about one");
}

/* That the last record cannot be had is no failure; that we were stopped, or
 * have no memory, says nothing about it. */
static int ask_last(struct checking *c, const struct setup_source *entry,
                    struct check_row *row, const struct probe_sample *sample,
                    struct error *err)
{
    struct error ignored = {0};

    if (!probe_has_last(entry, sample) ||
        probe_last(&c->gather, entry, sample, &row->has_oldest, &row->oldest,
                   &ignored) == 0)
        return 0;
    row->has_oldest = false;
    if (ignored.kind == ERROR_INTERRUPTED || ignored.kind == ERROR_BUG)
        return error_pass(err, &ignored);
    snprintf(row->note, CHECK_NOTE_MAX, "its oldest record cannot be had: %.400s",
             ignored.text);
    return exchange_recover(c->exchange, err);
}

static int ask(struct checking *c, const struct setup_source *entry,
               struct check_row *row)
{
    struct probe_sample sample;

    if (entry->source.probe_expect != NULL &&
        probe_credential(&c->gather, entry, &row->error) != 0)
        return -1;
    if (probe_sample(&c->gather, entry, &sample, &row->error) != 0)
        return -1;
    if (sample.refused == 0 || entry->source.each) {
        note_sample(row, &sample);
        return ask_last(c, entry, row, &sample, &row->error);
    }
    row->verdict = CHECK_REPLACED;
    row->status = sample.refused;
    snprintf(row->note, CHECK_NOTE_MAX, "status %d; %s is read instead",
             sample.refused, entry->source.fallback);
    return 0;
}

/* An error ends the exchange for all, but not for good. */
static int fail(struct checking *c, struct check_row *row, struct error *err)
{
    struct error first = row->error;

    row->verdict = CHECK_FAILED;
    error_prefix(&first, "check failed");
    error_pass(&c->check.first, &first);
    if (row->error.kind == ERROR_INTERRUPTED)
        return -1;
    return exchange_recover(c->exchange, err);
}

static int ask_row(struct checking *c, const struct setup_source *entry,
                   struct error *err)
{
    struct check_row *row = add_row(c, entry);
    struct exchange_credential credential;
    int result = ask(c, entry, row);

    exchange_credential(c->exchange, entry->endpoint, &credential);
    if (row->status == 0)
        row->status = credential.refused;
    command_check_judge(row);
    if (credential.scopes != NULL)
        list_lacks(row, credential.scopes);
    if (result != 0) {
        note_gateway(c, row);
        return fail(c, row, err);
    }
    if (row->verdict == CHECK_REPLACED)
        return ask_row(
            c, setup_source(&c->prepared->setup, entry->source.fallback), err);
    return 0;
}

/* A file is read whole, as a run would read it. */
static int read_files(struct checking *c, const struct setup_source *entry,
                      struct error *err)
{
    struct check_row *row = add_row(c, entry);
    struct probe_files found;
    char refused[320] = "";

    if (probe_files(&c->prepared->setup, entry, c->prepared->as_of, &found,
                    &row->error) != 0)
        return fail(c, row, err);
    row->reachable = row->permitted = CHECK_YES;
    row->has_rows = true;
    row->rows = found.rows;
    row->has_oldest = found.has_oldest;
    row->oldest = found.oldest;
    if (found.refused > 0)
        snprintf(refused, sizeof(refused), "; %" PRIu64 " refused: %s",
                 found.refused, found.refusal);
    snprintf(row->note, CHECK_NOTE_MAX, "%zu columns known, %zu not read%s",
             found.columns, found.unknown_columns, refused);
    return 0;
}

/* A fallback is asked only where a run would ask it. */
static int check_source(struct checking *c, const struct setup_source *entry,
                        struct error *err)
{
    struct check_row *row;

    if (entry->is_fallback)
        return 0;
    if (entry->skipped == NULL)
        return entry->source.file != NULL ? read_files(c, entry, err)
                                          : ask_row(c, entry, err);
    row = add_row(c, entry);
    row->verdict = CHECK_SKIPPED;
    snprintf(row->note, CHECK_NOTE_MAX, "%s", entry->skipped);
    return 0;
}

static void note_logins(struct checking *c, struct error *err)
{
    const struct job *job = &c->prepared->setup.job;
    struct check *check = &c->check;

    for (size_t i = 0; i < job->endpoint_count; i++) {
        struct check_login *login = &check->logins[check->login_count++];
        struct exchange_credential known;

        exchange_credential(c->exchange, &job->endpoints[i], &known);
        login->endpoint = &job->endpoints[i];
        login->expiry = known.expiry;
        if (known.scopes != NULL &&
            (login->scopes = strdup(known.scopes)) == NULL)
            error_no_memory(err);
    }
}

static int print(const struct checking *c, struct error *err)
{
    struct buf text;
    int result = 0;

    buf_init(&text, CHECK_BYTES_MAX);
    if (c->command->cli->values[OPTION_JSON] != NULL)
        check_json(&c->check, &text);
    else
        check_text(&c->check, &text);
    result = put_text(&text, err);
    buf_release(&text);
    return result;
}

static int check_all(struct checking *c, struct error *err)
{
    const struct setup *setup = &c->prepared->setup;

    c->exchange = open_exchange(c, &setup->job, err);
    if (c->exchange == NULL)
        return -1;
    c->gather = (struct gather_options){
        .setup = setup,
        .exchange = c->exchange,
        .log = c->command->log,
        .window = gather_window(&setup->job, c->prepared->as_of),
    };
    for (size_t i = 0; i < setup->source_count; i++) {
        if (check_source(c, &setup->sources[i], err) != 0)
            break;
    }
    if (err->kind == ERROR_NONE) {
        command_check_targets(c->command, c->prepared, &c->check);
        command_check_sign(c->command, c->prepared, &c->check);
        note_logins(c, err);
    }
    return err->kind == ERROR_NONE ? print(c, err) : -1;
}

int command_check(const struct command *command, struct error *err)
{
    struct checking *c = calloc(1, sizeof(*c));
    int result = -1;

    if (c == NULL)
        return error_no_memory(err);
    c->command = command;
    c->prepared = prepare(command, err);
    if (c->prepared == NULL)
        goto done;
    if (setup_has_sites(&c->prepared->setup)) {
        result = command_each_site(command, &c->prepared->setup.job,
                                   command_check, err);
        goto done;
    }
    c->check.setup = &c->prepared->setup;
    c->check.now = clock_wall(&command->log->clock);
    if (c->prepared->setup.job.limits.retry_for_ms > CHECK_RETRY_FOR_MS)
        c->prepared->setup.job.limits.retry_for_ms = CHECK_RETRY_FOR_MS;
    result = check_all(c, err);
    if (result == 0 && c->check.first.kind != ERROR_NONE) {
        *err = c->check.first;
        result = -1;
    }
    for (size_t i = 0; i < c->check.login_count; i++)
        free(c->check.logins[i].scopes);
    exchange_free(c->exchange);
done:
    prepared_free(c->prepared);
    free(c);
    return result;
}
