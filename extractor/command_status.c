#include "command.h"

#include <stdio.h>

#include "command_sites.h"
#include "instant.h"
#include "prepare.h"
#include "put.h"
#include "status.h"
#include "units.h"

enum { MAX_AGE_HOURS = 26 }; /* a night, and two hours to run late */

static int read_max_age(const struct command *command, int64_t *ms,
                        struct error *err)
{
    const char *text = command->cli->values[OPTION_MAX_AGE];

    *ms = (int64_t)MAX_AGE_HOURS * INSTANT_HOUR;
    if (text == NULL || units_duration(text, ms) == 0)
        return 0;
    error_set(err, ERROR_USAGE, "--max-age: \"%s\" is no duration", text);
    return error_hint(err, "write 26h, 2d and the like");
}

static int print(const struct command *command, const struct status *status,
                 struct error *err)
{
    struct buf text;
    int result;

    if (command->cli->values[OPTION_JSON] == NULL) {
        status_print_text(status, stdout);
        return put_flush(err);
    }
    buf_init(&text, STATUS_TEXT_MAX);
    status_print_json(status, &text);
    result = put_text(&text, err);
    buf_release(&text);
    return result;
}

/* Only who asks for an age has its excess for an error. */
static int judge(const struct command *command, const struct status *status,
                 struct error *err)
{
    if (!status->stale || command->cli->values[OPTION_MAX_AGE] == NULL)
        return 0;
    error_set(err, ERROR_DATA, "%s: %s", status->options.out_dir,
              status->warnings[0]);
    return error_hint(err, "see the log of the runs since then, and whether "
                           "the scheduler starts them");
}

/* setup NULL: the state is not looked at. */
static int show(const struct command *command, const struct output_place *place,
                const struct setup_options *setup, struct error *err)
{
    struct status_options options = {
        .out_dir = place->out_dir,
        .job = place->has_job ? &place->job : NULL,
        .setup = setup,
        .log = command->log,
    };
    struct status status;
    int result;

    if (read_max_age(command, &options.max_age_ms, err) != 0 ||
        prepare_as_of(command, &options.now, err) != 0)
        return -1;
    result = status_load(&status, &options, err);
    if (result == 0)
        result = print(command, &status, err);
    if (result == 0)
        result = judge(command, &status, err);
    status_release(&status);
    return result;
}

int command_status(const struct command *command, struct error *err)
{
    const struct setup_options setup = {
        .job_path = prepare_job_path(command),
        .site = command->cli->values[OPTION_SITE],
        .out_dir = command->cli->values[OPTION_OUT],
    };
    struct output_place place;
    int result;

    if (prepare_place(&place, command, err) != 0)
        return -1;
    if (place.has_job && place.job.sites != NULL && place.job.site == NULL)
        result = command_each_site(command, &place.job, command_status, err);
    else
        result = show(command, &place, place.has_job ? &setup : NULL, err);
    prepare_place_free(&place);
    return result;
}
