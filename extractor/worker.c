#include "worker.h"

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct worker {
    pthread_t thread;
    pthread_mutex_t lock; /* of all below and of the jobs' `finished` */
    pthread_cond_t work, progress;
    struct worker_job *first, **end;
    bool ending;
};

/* The first job that waits for no other, taken out; NULL when there is none.
 * Under the lock. */
static struct worker_job *take_job(struct worker *worker)
{
    struct worker_job **place = &worker->first, *job;

    while (*place != NULL && (*place)->after != NULL)
        place = &(*place)->next;
    job = *place;
    if (job == NULL)
        return NULL;
    *place = job->next;
    if (*place == NULL)
        worker->end = place;
    return job;
}

/* Those that waited for the job need not do so any longer. Under the lock. */
static void let_go(struct worker *worker, const struct worker_job *job)
{
    for (struct worker_job *other = worker->first; other != NULL;
         other = other->next) {
        if (other->after != job)
            continue;
        other->after = NULL;
        pthread_cond_signal(&worker->work);
    }
}

/* Under the lock, which is let go meanwhile. Once it is finished, the job is
 * its owner's again, and who was told of it may go away. */
static void do_job(struct worker *worker, struct worker_job *job)
{
    pthread_mutex_unlock(&worker->lock);
    job->run(job->context);
    pthread_mutex_lock(&worker->lock);
    job->finished = true;
    let_go(worker, job);
    if (job->told != NULL)
        job->told(job->told_context);
    pthread_cond_signal(&worker->progress);
}

static void *work(void *context)
{
    struct worker *worker = context;
    struct worker_job *job;

    pthread_mutex_lock(&worker->lock);
    for (;;) {
        while ((job = take_job(worker)) != NULL)
            do_job(worker, job);
        if (worker->ending)
            break;
        pthread_cond_wait(&worker->work, &worker->lock);
    }
    pthread_mutex_unlock(&worker->lock);
    return NULL;
}

/* Signals are for the main thread alone; a new thread inherits the mask. */
static int start(struct worker *worker)
{
    sigset_t all, before;
    int result;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    result = pthread_create(&worker->thread, NULL, work, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}

static void destroy(struct worker *worker)
{
    pthread_cond_destroy(&worker->progress);
    pthread_cond_destroy(&worker->work);
    pthread_mutex_destroy(&worker->lock);
    free(worker);
}

struct worker *worker_new(void)
{
    struct worker *worker = calloc(1, sizeof(*worker));

    if (worker == NULL)
        return NULL;
    /* One heap for both: pages are made by the one thread and dropped by the
     * other, and a heap each would keep them all. */
    mallopt(M_ARENA_MAX, 1);
    worker->end = &worker->first;
    pthread_mutex_init(&worker->lock, NULL);
    pthread_cond_init(&worker->work, NULL);
    pthread_cond_init(&worker->progress, NULL);
    if (start(worker) == 0)
        return worker;
    destroy(worker);
    return NULL;
}

void worker_free(struct worker *worker)
{
    if (worker == NULL)
        return;
    pthread_mutex_lock(&worker->lock);
    worker->ending = true;
    pthread_cond_signal(&worker->work);
    pthread_mutex_unlock(&worker->lock);
    pthread_join(worker->thread, NULL);
    destroy(worker);
}

void worker_submit(struct worker *worker, struct worker_job *job)
{
    job->next = NULL;
    job->finished = worker == NULL;
    if (worker == NULL) {
        job->run(job->context);
        return;
    }
    pthread_mutex_lock(&worker->lock);
    if (job->after != NULL && job->after->finished)
        job->after = NULL;
    *worker->end = job;
    worker->end = &job->next;
    pthread_cond_signal(&worker->work);
    pthread_mutex_unlock(&worker->lock);
}

bool worker_finished(struct worker *worker, const struct worker_job *job)
{
    bool finished;

    if (worker == NULL)
        return job->finished;
    pthread_mutex_lock(&worker->lock);
    finished = job->finished;
    pthread_mutex_unlock(&worker->lock);
    return finished;
}

void worker_wait(struct worker *worker, const struct worker_job *job)
{
    if (worker == NULL)
        return;
    pthread_mutex_lock(&worker->lock);
    while (!job->finished) {
        struct worker_job *other = take_job(worker);

        if (other != NULL)
            do_job(worker, other);
        else
            pthread_cond_wait(&worker->progress, &worker->lock);
    }
    pthread_mutex_unlock(&worker->lock);
}
