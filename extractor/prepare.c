#include "prepare.h"

#include <stdlib.h>
#include <string.h>

static int read_as_of(const struct command *command,
                      const struct prepared *prepared, int64_t *as_of,
                      struct error *err)
{
    if (prepared->replay == NULL ||
        command->cli->values[OPTION_AS_OF] != NULL)
        return prepare_as_of(command, as_of, err);
    *as_of = recording_head(prepared->replay).as_of;
    return 0;
}

static int read_time(const struct command *command, enum cli_option option,
                     const char *name, int64_t *time, struct error *err)
{
    const char *text = command->cli->values[option];

    if (instant_parse_lenient(text, time) == 0)
        return 0;
    error_set(err, ERROR_USAGE, "%s: \"%s\" is not a time", name, text);
    return error_hint(err, "write 2026-11-23T02:00:00Z or 2026-11-23");
}

static int read_backfill(const struct command *command, struct span *span,
                         struct error *err)
{
    const char *from = command->cli->values[OPTION_FROM];
    const char *to = command->cli->values[OPTION_TO];

    if (from == NULL && to == NULL)
        return 0;
    if (from == NULL || to == NULL) {
        error_set(err, ERROR_USAGE, "%s: is given without %s",
                  from != NULL ? "--from" : "--to",
                  from != NULL ? "--to" : "--from");
        return error_hint(err, "a span of the logs has both ends");
    }
    if (read_time(command, OPTION_FROM, "--from", &span->from, err) != 0 ||
        read_time(command, OPTION_TO, "--to", &span->to, err) != 0)
        return -1;
    if (span->from < span->to)
        return 0;
    error_set(err, ERROR_USAGE, "--to: \"%s\" is not later than --from", to);
    return error_hint(err, "give a later --to or an earlier --from");
}

static int read_run_id(const struct command *command,
                       struct prepared *prepared, struct error *err)
{
    const char *text = command->cli->values[OPTION_RUN_ID];
    char made[INSTANT_TEXT_MAX];

    if (text == NULL) {
        instant_compact(prepared->as_of, made);
        text = made;
    }
    if (!publish_run_id_valid(text)) {
        error_set(err, ERROR_USAGE, "--run-id: \"%s\" is not usable as a name",
                  text);
        return error_hint(err, "up to 64 letters, digits, '.', '_' and '-', "
                          "beginning with a letter or digit");
    }
    memcpy(prepared->run_id, text, strlen(text) + 1);
    return 0;
}

static int open_replay(const struct command *command,
                       struct prepared *prepared, struct error *err)
{
    const char *const *values = command->cli->values;

    if (values[OPTION_REPLAY] == NULL)
        return 0;
    if (values[OPTION_RECORD] != NULL) {
        error_set(err, ERROR_USAGE,
                  "--record: what is replayed is "
                  "recorded already");
        return error_hint(err, "leave --record or --replay out");
    }
    prepared->replay = recording_open(values[OPTION_REPLAY], err);
    return prepared->replay != NULL ? 0 : error_prefix(err, "--replay");
}

static int open_record(const struct command *command,
                       struct prepared *prepared, struct error *err)
{
    const char *folder = command->cli->values[OPTION_RECORD];
    const struct recording_head head = {
        .as_of = prepared->as_of,
        .concurrency = prepared->setup.job.limits.concurrency};

    if (folder == NULL)
        return 0;
    prepared->record = recording_create(folder, &head, err);
    return prepared->record != NULL ? 0 : error_prefix(err, "--record");
}

static int load_setup(const struct setup_options *options,
                      struct prepared *prepared, struct error *err)
{
    struct setup *setup = &prepared->setup;

    if (setup_load(setup, options, err) != 0)
        return -1;
    if (prepared->replay != NULL)
        setup->job.limits.concurrency =
            recording_head(prepared->replay).concurrency;
    return 0;
}

/* A recording holds the answers of one site. And no run's folder may be that
 * of a site. */
static int check_sites(const struct command *command,
                       const struct prepared *prepared, struct error *err)
{
    const char *const *values = command->cli->values;
    const struct job *job = &prepared->setup.job;

    for (size_t i = 0; i < job->site_count; i++) {
        if (strcmp(job->sites[i], prepared->run_id) == 0) {
            error_set(err, ERROR_USAGE,
                      "--run-id: \"%s\" is the name "
                      "of a site",
                      prepared->run_id);
            return error_hint(err, "choose another run id");
        }
    }
    if (!setup_has_sites(&prepared->setup) ||
        (values[OPTION_RECORD] == NULL && values[OPTION_REPLAY] == NULL))
        return 0;
    return setup_need_site(job, err);
}

struct prepared *prepare(const struct command *command, struct error *err)
{
    const struct cli *cli = command->cli;
    const struct setup_options options = {
        .job_path = prepare_job_path(command),
        .site = cli->values[OPTION_SITE],
        .mappings = cli->mappings[0] != NULL ? cli->mappings : NULL,
        .out_dir = cli->values[OPTION_OUT],
        .several = cli->verb == VERB_EXTRACT || cli->verb == VERB_PLAN ||
                   cli->verb == VERB_CHECK,
    };
    struct prepared *prepared = calloc(1, sizeof(*prepared));

    if (prepared == NULL) {
        error_no_memory(err);
        return NULL;
    }
    prepared->allow_commands = cli->on_command_line[OPTION_JOB];
    if (open_replay(command, prepared, err) == 0 &&
        read_as_of(command, prepared, &prepared->as_of, err) == 0 &&
        read_backfill(command, &prepared->backfill, err) == 0 &&
        read_run_id(command, prepared, err) == 0 &&
        load_setup(&options, prepared, err) == 0 &&
        check_sites(command, prepared, err) == 0 &&
        open_record(command, prepared, err) == 0)
        return prepared;
    prepare_job_missing(command, err);
    prepared_free(prepared);
    return NULL;
}

void prepared_free(struct prepared *prepared)
{
    if (prepared == NULL)
        return;
    recording_close(prepared->record);
    recording_close(prepared->replay);
    setup_free(&prepared->setup);
    free(prepared);
}

int prepare_sign_key(const struct command *command,
                     const struct job *job, struct signature_key **key,
                     struct error *err)
{
    const char *file = command->cli->values[OPTION_SIGN_KEY];
    bool commands = command->cli->on_command_line[OPTION_JOB];
    const struct secret_ref flag = {.kind = SECRET_FILE, .name = file};

    *key = NULL;
    if (file == NULL && (job == NULL || !job->has_sign))
        return 0;
    *key = seal_load_key(file != NULL ? &flag : &job->sign,
                         commands ? job : NULL, err);
    return *key != NULL ? 0 : -1;
}
