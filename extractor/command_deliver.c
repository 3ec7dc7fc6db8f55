#include "command.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "command_result.h"
#include "deliver.h"
#include "prepare.h"
#include "publish.h"

enum { RESULT_BYTES_MAX = 256 * 1024 };

/* A run id, or "latest", which is a link to one. */
static int read_run(const struct command *command, const char *out_dir,
                    char run_id[PUBLISH_RUN_ID_MAX + 1], struct error *err)
{
    const char *text = command->cli->operands[0];
    char link[PATH_MAX], target[PUBLISH_RUN_ID_MAX + 1];
    ssize_t len;

    if (strcmp(text, PUBLISH_LATEST_NAME) == 0) {
        snprintf(link, sizeof(link), "%s/" PUBLISH_LATEST_NAME, out_dir);
        len = readlink(link, target, sizeof(target));
        if (len <= 0 || (size_t)len >= sizeof(target)) {
            error_set(err, ERROR_NO_INPUT, "%s: names no run", link);
            return error_hint(
                err, "name a run by its id; rollcall status lists them");
        }
        target[len] = '\0';
        text = target;
    }
    if (!publish_run_id_valid(text)) {
        error_set(err, ERROR_USAGE, "\"%s\" is no run", text);
        return error_hint(err, "give a run's id, such as 20261123T020000Z, or "
                               "latest; --out or the job says where it is");
    }
    memcpy(run_id, text, strlen(text) + 1);
    return 0;
}

static int tell(const struct command *command, const char *run_id,
                const struct deliver_result *result, const struct error *err,
                struct error *told)
{
    struct buf text;
    struct jsonw w;
    int outcome;

    buf_init(&text, RESULT_BYTES_MAX);
    jsonw_init(&w, &text, 0);
    jsonw_object(&w, NULL);
    jsonw_text(&w, "status", err->kind == ERROR_NONE ? "delivered" : "failed");
    jsonw_int(&w, "exit", command_exit_code(command, err));
    jsonw_text_or_null(&w, "run", run_id[0] != '\0' ? run_id : NULL);
    command_put_deliveries(&w, result);
    command_put_error(&w, err);
    jsonw_object_end(&w);
    buf_putc(&text, '\n');
    outcome = command_put_result(command, &text, told);
    buf_release(&text);
    return outcome;
}

static int deliver(const struct command *command, struct output_place *place,
                   char run_id[PUBLISH_RUN_ID_MAX + 1],
                   struct deliver_result *result, struct error *err)
{
    struct deliver_options options = {
        .job = &place->job,
        .run_id = run_id,
        .allow_commands = command->cli->on_command_line[OPTION_JOB],
        .log = command->log,
        .stop = command->stop,
    };
    int outcome;

    if (prepare_place(place, command, err) != 0)
        return -1;
    if (!place->has_job) { /* --out alone is enough for others */
        if (job_load(&place->job, prepare_job_path(command), err) != 0)
            return prepare_job_missing(command, err);
        place->has_job = true;
        if (place->job.output.sites == SITES_APART &&
            setup_need_site(&place->job, err) != 0)
            return -1;
    }
    if (place->job.target_count == 0) {
        error_set(err, ERROR_CONFIG, "%s: names no targets",
                  prepare_job_path(command));
        return error_hint(err, "list them under \"deliver\"");
    }
    if (read_run(command, place->out_dir, run_id, err) != 0)
        return -1;
    options.out_dir = place->out_dir;
    command->log->run_id = run_id;
    outcome = deliver_run(&options, result, err);
    command->log->run_id = NULL;
    return outcome;
}

int command_deliver(const struct command *command, struct error *err)
{
    char run_id[PUBLISH_RUN_ID_MAX + 1] = "";
    struct deliver_result result = {0};
    struct output_place place = {0};
    struct error told = {0};
    int outcome = deliver(command, &place, run_id, &result, err);

    if (tell(command, run_id, &result, err, &told) != 0 && outcome == 0) {
        *err = told;
        outcome = -1;
    }
    deliver_release(&result);
    prepare_place_free(&place);
    return outcome;
}
