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
#include "setup.h"
#include "span.h"

struct prepared {
    struct setup setup;
    int64_t as_of;
    struct span backfill; /* --from and --to; from == to: neither */
    char run_id[PUBLISH_RUN_ID_MAX + 1];
    bool allow_commands;
};

/* NULL with *err set: ERROR_USAGE for bad times or a bad --run-id, else what
 * setup_load() says. prepared_free() accepts NULL. */
struct prepared *prepare(const struct command *command, struct error *err);
void prepared_free(struct prepared *prepared);

#endif
