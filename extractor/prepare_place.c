/* What needs no mapping: the time, the job's path, the output directory. */
#include <string.h>
#include <unistd.h>

#include "prepare.h"

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

const char *prepare_job_path(const struct command *command)
{
    const char *job = command->cli->values[OPTION_JOB];

    return job != NULL ? job : "rollcall.json";
}

int prepare_job_missing(const struct command *command, struct error *err)
{
    if (err->kind == ERROR_NO_INPUT &&
        command->cli->values[OPTION_JOB] == NULL &&
        access(prepare_job_path(command), F_OK) != 0)
        error_hint(err, "name the job file with -c FILE");
    return -1;
}

int prepare_place(struct output_place *place, const struct command *command,
                  struct error *err)
{
    const char *site = command->cli->values[OPTION_SITE];

    memset(place, 0, sizeof(*place));
    place->out_dir = command->cli->values[OPTION_OUT];
    if (place->out_dir != NULL && command->cli->values[OPTION_JOB] == NULL &&
        site == NULL)
        return 0;
    if (job_load_site(&place->job, prepare_job_path(command), site, err) != 0)
        return prepare_job_missing(command, err);
    place->has_job = true;
    if (place->job.output.sites == SITES_APART &&
        (command->cli->verb == VERB_CLEAN ||
         command->cli->verb == VERB_DELIVER) &&
        setup_need_site(&place->job, err) != 0) {
        prepare_place_free(place);
        return -1;
    }
    place->out_dir = job_out_dir(&place->job, place->out_dir);
    return place->out_dir != NULL ? 0 : error_no_memory(err);
}

void prepare_place_free(struct output_place *place)
{
    if (place->has_job)
        job_free(&place->job);
    place->has_job = false;
}
