#include <stdio.h>

#include "command_check.h"
#include "deliver.h"

static void probe(const struct deliver_options *options, int64_t as_of,
                  const struct job_target *target, struct check_row *row)
{
    bool hidden = false;

    if (deliver_probe(options, target, as_of, &hidden, &row->error) != 0) {
        row->verdict = CHECK_FAILED;
        command_check_judge(row);
        return;
    }
    row->reachable = CHECK_YES;
    row->permitted = hidden ? CHECK_UNKNOWN : CHECK_YES;
    deliver_address(target, row->note);
    if (hidden)
        snprintf(row->note, sizeof(row->note),
                 "what is there may not be "
                 "looked at, so each delivery sends all; whether it may be "
                 "written to shows when one does");
}

void command_check_targets(const struct command *command,
                           const struct prepared *prepared, struct check *check)
{
    const struct job *job = &prepared->setup.job;
    const struct deliver_options options = {
        .job = job,
        .run_id = prepared->run_id,
        .allow_commands = prepared->allow_commands,
        .log = command->log,
        .stop = command->stop,
    };

    for (size_t i = 0; i < job->target_count; i++) {
        struct check_row *row = &check->rows[check->row_count++];

        row->name = job->targets[i].name;
        row->kind = "target";
        probe(&options, prepared->as_of, &job->targets[i], row);
        if (row->error.kind != ERROR_NONE) {
            struct error first = row->error;

            error_prefix(&first, "check failed: %s", row->name);
            error_pass(&check->first, &first);
        }
    }
}
