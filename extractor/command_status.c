#include "command.h"

#include <stdio.h>

#include "command_result.h"
#include "instant.h"
#include "prepare.h"
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
        return command_flush(err);
    }
    buf_init(&text, STATUS_TEXT_MAX);
    status_print_json(status, &text);
    result = command_put_text(&text, err);
    buf_release(&text);
    return result;
}

/* Only who asks for an age has its excess for an error. */
static int judge(const struct command *command, const struct status *status,
                 struct error *err)
{
    if (!status->stale || command->cli->values[OPTION_MAX_AGE] == NULL)
        return 0;
    return error_set(err, ERROR_DATA, "%s: %s", status->options.out_dir,
                     status->warnings[0]);
}

int command_status(const struct command *command, struct error *err)
{
    const struct setup_options setup = {
        .job_path = prepare_job_path(command),
        .out_dir = command->cli->values[OPTION_OUT],
    };
    struct status_options options = {0};
    struct output_place place;
    struct status status;
    int result;

    if (read_max_age(command, &options.max_age_ms, err) != 0 ||
        prepare_as_of(command, &options.now, err) != 0 ||
        prepare_place(&place, command, err) != 0)
        return -1;
    options.out_dir = place.out_dir;
    options.job = place.has_job ? &place.job : NULL;
    options.setup = place.has_job ? &setup : NULL;
    options.log = command->log;
    result = status_load(&status, &options, err);
    if (result == 0)
        result = print(command, &status, err);
    if (result == 0)
        result = judge(command, &status, err);
    status_release(&status);
    prepare_place_free(&place);
    return result;
}
