/*
 * sites: one process for each site of a job, some at a time, and one decision
 * over all of them.
 *
 * sites_run() forks; it returns in every process. In a child it gives
 * SITES_CHILD with *index, and *err where it cannot begin: the child does its site's work, and what it
 * writes to stdout comes to the parent, until it ends. In the parent it
 * gives SITES_DONE when all have ended; sites_release() in both.
 *
 * Processes, because what one site needs, memory, time, a crash, is then
 * nobody else's, and because a site is the same unit here as when a scheduler
 * starts it by itself.
 *
 * With `together_or_none` a child calls sites_ready() when all is written and
 * only the rename that shows it is left. That waits for the others: 0 when all
 * are ready or have ended well; ERROR_INTERRUPTED when one failed. Then the
 * parent also stops those that are still reading: what they would find can no
 * longer be shown. Those that wait do not count among the `limit` at work, but
 * hold their memory. A child whose parent is gone is not let go on.
 *
 * A signal that the parent is stopped by is passed on, and all are waited for.
 */
#ifndef ROLLCALL_SITES_H
#define ROLLCALL_SITES_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "buf.h"
#include "error.h"
#include "job.h"

enum sites_state {
    SITES_WAITING, /* not begun; at the end: never was */
    SITES_WORKING,
    SITES_READY, /* waits in sites_ready() */
    SITES_FREED, /* was let go on from there */
    SITES_ENDED
};

struct sites_child {
    enum sites_state state;
    pid_t pid;
    int fd;          /* to its stdout, -1 when closed */
    int exit;        /* as a shell has it: 128 and more for a signal */
    bool withheld;   /* for another's failure, not for one of its own */
    struct buf text; /* what it wrote */
};

struct sites_options {
    size_t count; /* up to JOB_SITES_MAX */
    int limit;
    bool together_or_none;
    const volatile sig_atomic_t *stop;
};

struct sites {
    struct sites_options options;
    struct sites_child children[JOB_SITES_MAX];
    bool doomed, told;
};

enum sites_outcome { SITES_FAILED = -1, SITES_DONE, SITES_CHILD };

/* SITES_FAILED with *err: no process or no memory was to be had; those that
 * had begun were stopped and have ended. */
enum sites_outcome sites_run(struct sites *sites,
                             const struct sites_options *options,
                             size_t *index, struct error *err);

/* In a child; for struct run_options. context: the struct sites. */
int sites_ready(void *context, struct error *err);

void sites_release(struct sites *sites);

#endif
