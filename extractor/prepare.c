#include "prepare.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int prepare_as_of(const struct command *command, int64_t *as_of,
                  struct error *err)
{
    const char *text = command->cli->values[OPTION_AS_OF];
    int64_t now = clock_wall(&command->log->clock);

    if (text == NULL) {
        *as_of = now - now % INSTANT_SECOND;
        return 0;
    }
    if (instant_parse_lenient(text, as_of) != 0) {
        error_set(err, ERROR_USAGE, "--as-of: \"%s\" is not a time", text);
        return error_hint(err, "write 2026-11-23T02:00:00Z or 2026-11-23");
    }
    if (*as_of <= now)
        return 0;
    error_set(err, ERROR_USAGE, "--as-of: \"%s\" lies in the future", text);
    return error_hint(err, "records of that time cannot be known yet; check "
                      "the clock of this machine");
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

static const char *job_path(const struct command *command)
{
    const char *job = command->cli->values[OPTION_JOB];

    return job != NULL ? job : "rollcall.json";
}

static void hint_at_job(const struct command *command, struct error *err)
{
    if (err->kind == ERROR_NO_INPUT &&
        command->cli->values[OPTION_JOB] == NULL &&
        access(job_path(command), F_OK) != 0)
        error_hint(err, "name the job file with -c FILE");
}

struct prepared *prepare(const struct command *command, struct error *err)
{
    const struct cli *cli = command->cli;
    const struct setup_options options = {
        .job_path = job_path(command),
        .mappings = cli->mappings[0] != NULL ? cli->mappings : NULL,
        .out_dir = cli->values[OPTION_OUT],
    };
    struct prepared *prepared = calloc(1, sizeof(*prepared));

    if (prepared == NULL) {
        error_no_memory(err);
        return NULL;
    }
    prepared->allow_commands = cli->on_command_line[OPTION_JOB];
    if (prepare_as_of(command, &prepared->as_of, err) == 0 &&
        read_run_id(command, prepared, err) == 0 &&
        setup_load(&prepared->setup, &options, err) == 0)
        return prepared;
    hint_at_job(command, err);
    free(prepared);
    return NULL;
}

void prepared_free(struct prepared *prepared)
{
    if (prepared == NULL)
        return;
    setup_free(&prepared->setup);
    free(prepared);
}

int prepare_place(struct output_place *place, const struct command *command,
                  struct error *err)
{
    memset(place, 0, sizeof(*place));
    place->out_dir = command->cli->values[OPTION_OUT];
    if (place->out_dir != NULL && command->cli->values[OPTION_JOB] == NULL)
        return 0;
    if (job_load(&place->job, job_path(command), err) != 0) {
        hint_at_job(command, err);
        return -1;
    }
    place->has_job = true;
    if (place->out_dir == NULL)
        place->out_dir = place->job.output.dir;
    return 0;
}

void prepare_place_free(struct output_place *place)
{
    if (place->has_job)
        job_free(&place->job);
    place->has_job = false;
}
