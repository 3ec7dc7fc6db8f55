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
#include "seal.h"
#include "setup.h"
#include "span.h"

struct prepared {
    struct setup setup;
    int64_t as_of;
    struct span backfill; /* --from and --to; from == to: neither */
    char run_id[PUBLISH_RUN_ID_MAX + 1];
    bool allow_commands;
    struct recording *record; /* of --record, or NULL */
    struct recording *replay; /* of --replay, or NULL */
};

/* NULL with *err set: ERROR_USAGE for bad times or a bad --run-id, else what
 * setup_load() and the recordings say. A replay stands for the time of its
 * recording. Of a job with several sites and without --site, extract, plan and
 * check have the job alone (setup_has_sites()). prepared_free() accepts NULL. */
struct prepared *prepare(const struct command *command, struct error *err);
void prepared_free(struct prepared *prepared);

/* The key of --sign-key or else of the job (NULL: none); *key is NULL where neither is
 * given. Before anything is asked for: a bad key is to cost no run. */
int prepare_sign_key(const struct command *command,
                     const struct job *job, struct signature_key **key,
                     struct error *err);

/* --as-of, or now. */
int prepare_as_of(const struct command *command, int64_t *as_of,
                  struct error *err);

const char *prepare_job_path(const struct command *command);
/* After an error: how to name a job, if none is where it is looked for.
 * Returns -1. */
int prepare_job_missing(const struct command *command, struct error *err);

/* The output directory alone: --out, or that of the job, which is not read
 * when --out is there and neither --job nor --site is. Of sites that are apart
 * clean and deliver need one. */
struct output_place {
    const char *out_dir;
    bool has_job;
    struct job job;
};

int prepare_place(struct output_place *place, const struct command *command,
                  struct error *err);
void prepare_place_free(struct output_place *place);

#endif
