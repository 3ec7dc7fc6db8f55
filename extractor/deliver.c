#include "deliver.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "deliver_parts.h"
#include "publish.h"
#include "runs.h"

static const char *const verdicts[] = {
    [DELIVER_FAILED] = "failed",
    [DELIVER_SENT] = "sent",
    [DELIVER_ALREADY] = "already",
};

const char *deliver_verdict_word(enum deliver_verdict verdict)
{
    return verdicts[verdict];
}

/* The gravest first: what a person has to mend before what a rerun may. A kind
 * that is not here is as grave as a bug. */
static size_t gravity(enum error_kind kind)
{
    static const enum error_kind order[] = {
        ERROR_NONE, ERROR_TRY_LATER,   ERROR_UNAVAILABLE, ERROR_NO_INPUT,
        ERROR_IO,   ERROR_CANT_CREATE, ERROR_AUTH,        ERROR_CONFIG,
        ERROR_DATA, ERROR_BUG,         ERROR_INTERRUPTED,
    };
    size_t i = 0, bug = sizeof(order) / sizeof(order[0]) - 2;

    while (i < sizeof(order) / sizeof(order[0]) && order[i] != kind)
        i++;
    return i < sizeof(order) / sizeof(order[0]) ? i : bug;
}

static void tell(const struct deliver_options *options,
                 const struct deliver_outcome *outcome)
{
    const char *name = outcome->target->name;

    /* A single one's failure is said by who ends the program. */
    if (outcome->verdict == DELIVER_FAILED && options->job->target_count == 1)
        return;
    if (outcome->verdict == DELIVER_FAILED)
        log_line(options->log, LOG_ERROR, "deliver", "%s: %s: %s%s%s", name,
                 outcome->address, outcome->error.text,
                 outcome->error.hint[0] != '\0' ? "; " : "",
                 outcome->error.hint);
    else if (outcome->verdict == DELIVER_ALREADY)
        log_line(options->log, LOG_INFO, "deliver",
                 "%s: %s: all %" PRIu64 " files are there already", name,
                 outcome->address, outcome->files);
    else
        log_line(options->log, LOG_INFO, "deliver",
                 "%s: %s: sent %" PRIu64 " of %" PRIu64 " files, %" PRIu64
                 " bytes",
                 name, outcome->address, outcome->sent, outcome->files,
                 outcome->sent_bytes);
}

static void judge(const struct deliver_outcome *outcome, struct error *worst)
{
    if (gravity(outcome->error.kind) <= gravity(worst->kind))
        return;
    error_clear(worst);
    error_set(worst, outcome->error.kind, "%s: %s: %s", outcome->target->name,
              outcome->address, outcome->error.text);
    if (outcome->error.hint[0] != '\0')
        error_hint(worst, "%s", outcome->error.hint);
}

static int deliver_each(const struct deliver_options *options,
                        const struct deliver_plan *plan,
                        struct deliver_result *result, struct error *err)
{
    const struct job *job = options->job;
    struct error worst = {0};

    result->outcomes = calloc(job->target_count, sizeof(*result->outcomes));
    if (result->outcomes == NULL)
        return error_no_memory(err);
    for (size_t i = 0; i < job->target_count; i++) {
        struct deliver_outcome *outcome = &result->outcomes[i];

        outcome->target = &job->targets[i];
        result->count++;
        deliver_target(options, &job->targets[i], plan, outcome,
                       &outcome->error);
        tell(options, outcome);
        judge(outcome, &worst);
        if (outcome->error.kind == ERROR_INTERRUPTED)
            break;
    }
    if (worst.kind == ERROR_NONE)
        return 0;
    *err = worst;
    return -1;
}

int deliver_run(const struct deliver_options *options,
                struct deliver_result *result, struct error *err)
{
    struct deliver_plan plan;
    int outcome = -1, lock_fd = -1, out_fd;

    memset(result, 0, sizeof(*result));
    if (options->job->target_count == 0)
        return 0;
    out_fd = runs_open_out(options->out_dir, err);
    if (out_fd < 0)
        return -1;
    lock_fd = publish_hold(out_fd, options->run_id, err);
    if (lock_fd >= 0) {
        if (plan_load(&plan, out_fd, options->run_id, options->stop, err) == 0)
            outcome = deliver_each(options, &plan, result, err);
        plan_release(&plan);
        close(lock_fd);
    }
    close(out_fd);
    if (outcome != 0 && result->count == 0)
        error_prefix(err, "%s", options->out_dir);
    return outcome;
}

void deliver_release(struct deliver_result *result)
{
    free(result->outcomes);
    memset(result, 0, sizeof(*result));
}
