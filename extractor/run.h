/*
 * run: one extraction from job to published directory; the one place that
 * knows the whole story.
 *
 * run_extract() either publishes and returns 0, finds the run id published
 * already and returns 0 with `already` set, or returns -1 with *err set and
 * leaves nothing visible. The locks of the output directory and of the state
 * are held throughout. The state learns from the run once it is published;
 * should that fail, the run stays published and the error says so.
 */
#ifndef ROLLCALL_RUN_H
#define ROLLCALL_RUN_H

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "clock.h"
#include "error.h"
#include "log.h"
#include "recording.h"
#include "seal.h"
#include "setup.h"
#include "span.h"
#include "summary.h"

struct run_options {
    const struct setup *setup;
    int64_t as_of;
    const char *run_id;
    bool force;          /* publish again under the same run id */
    const char *const *accept_guards; /* NULL terminated, or NULL */
    bool full;           /* read the whole lookback, and replace the facts */
    struct span backfill; /* of the logs, read besides; from == to: none */
    bool allow_commands; /* the job was named with -c */
    struct recording *record; /* keeps every answer, or NULL */
    struct recording *replay; /* answers instead of the network, or NULL */
    const struct signature_key *sign_key; /* of the manifest, or NULL */
    /* Asked when all is written and durable, before it is shown; NULL: nobody
     * is. -1 with *err set: it is not to be shown. */
    int (*ready)(void *context, struct error *err);
    void *ready_context;
    struct log *log;
    FILE *screen;        /* to draw the progress on, see watch.h, or NULL */
    const volatile sig_atomic_t *stop;
};

enum { RUN_ID_TEXT_MAX = 80 };

struct run_result {
    bool already;
    char dir[PATH_MAX];
    struct summary summary; /* unless already */
};

int run_extract(const struct run_options *options, struct run_result *result,
                struct error *err);

#endif
