/*
 * prepare: what extract, plan and check share: the files of a run and its
 * as-of time, from the command line.
 */
#ifndef ROLLCALL_PREPARE_H
#define ROLLCALL_PREPARE_H

#include <stdint.h>

#include "command.h"
#include "instant.h"
#include "publish.h"
#include "recording.h"
#include "setup.h"

struct prepared {
    struct setup setup;
    int64_t as_of;
    char run_id[PUBLISH_RUN_ID_MAX + 1];
    bool allow_commands;
    struct recording *record; /* of --record, or NULL */
    struct recording *replay; /* of --replay, or NULL */
};

/* NULL with *err set: ERROR_USAGE for a bad --as-of or --run-id, else what
 * setup_load() and the recordings say. A replay stands for the time of its
 * recording. prepared_free() accepts NULL. */
struct prepared *prepare(const struct command *command, struct error *err);
void prepared_free(struct prepared *prepared);

#endif
