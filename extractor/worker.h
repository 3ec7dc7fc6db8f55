/*
 * worker: one thread that does jobs beside the caller's. Sole owner of pthreads.
 *
 * Calling order: worker_new(); worker_submit() for each job, whose memory is
 * the caller's and must not be touched until worker_finished() or
 * worker_wait(); worker_free() waits for all that was submitted.
 *
 * One thread and one queue: what a run hands over, reading pages and
 * compressing rows, is about as much work as what it does itself meanwhile.
 * Who waits for a job does those that nobody has begun, so that two cores are
 * busy to the end. Jobs begin in their order, but may be done at the same time
 * and must not depend on each other, unless one says after which it is to
 * begin. Without a worker (NULL) a job is done at
 * once, so that a machine that gives no thread is slower and nothing else.
 *
 * The thread takes no signals. A job must not call anything that is not meant
 * for it: no log, no exchange; its errors stay in its own memory.
 */
#ifndef ROLLCALL_WORKER_H
#define ROLLCALL_WORKER_H

#include <stdbool.h>

struct worker;

struct worker_job {
    void (*run)(void *context);
    void *context;
    /* Called after run(), to wake whoever waits elsewhere; it must not call the
     * worker. NULL: nobody does. */
    void (*told)(void *context);
    void *told_context;
    /* Submitted before; may be finished, and then be submitted anew. NULL: the
     * job waits for none. The worker's own from worker_submit() on. */
    const struct worker_job *after;
    struct worker_job *next; /* the worker's own, as the next one */
    bool finished;
};

/* NULL when there is no thread to be had. */
struct worker *worker_new(void);
void worker_free(struct worker *worker); /* NULL allowed */

void worker_submit(struct worker *worker, struct worker_job *job);
bool worker_finished(struct worker *worker, const struct worker_job *job);
void worker_wait(struct worker *worker, const struct worker_job *job);

#endif
