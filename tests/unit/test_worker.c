#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "worker.h"

enum { JOBS = 2000 };

static struct worker_job jobs[JOBS];

struct order {
    unsigned done[JOBS];
    unsigned count;
};

struct step {
    struct order *order;
    unsigned number;
    unsigned times;
};

static void note(void *context)
{
    struct step *step = context;

    step->order->done[step->order->count++] = step->number;
}

static void count(void *context)
{
    ((struct step *)context)->times++;
}

static void each_job_is_done_once(void **state)
{
    static struct step steps[JOBS];
    struct worker *worker = worker_new();

    (void)state;
    assert_non_null(worker);
    for (unsigned i = 0; i < JOBS; i++) {
        jobs[i] = (struct worker_job){.run = count, .context = &steps[i]};
        worker_submit(worker, &jobs[i]);
    }
    for (unsigned i = 0; i < JOBS; i++) {
        worker_wait(worker, &jobs[JOBS - 1 - i]);
        assert_true(worker_finished(worker, &jobs[JOBS - 1 - i]));
    }
    for (unsigned i = 0; i < JOBS; i++)
        assert_int_equal(steps[i].times, 1);
    worker_free(worker);
}

static void without_a_worker_jobs_are_done_at_once(void **state)
{
    static struct order order;
    static struct step steps[JOBS];

    (void)state;
    for (unsigned i = 0; i < JOBS; i++) {
        steps[i] = (struct step){.order = &order, .number = i};
        jobs[i] = (struct worker_job){.run = note, .context = &steps[i]};
        worker_submit(NULL, &jobs[i]);
        assert_true(worker_finished(NULL, &jobs[i]));
    }
    worker_wait(NULL, &jobs[JOBS - 1]);
    assert_int_equal(order.count, JOBS);
    for (unsigned i = 0; i < JOBS; i++)
        assert_int_equal(order.done[i], i);
    worker_free(NULL);
}

/* Says that it began, and ends when it is told to. */
static void hold(void *context)
{
    const int *ends = context;
    char byte;

    assert_int_equal(write(ends[1], "!", 1), 1);
    assert_int_equal(read(ends[2], &byte, 1), 1);
}

static void who_waits_does_what_nobody_has_begun(void **state)
{
    struct worker *worker = worker_new();
    struct step step = {.times = 0};
    int ends[4]; /* of two pipes */
    struct worker_job held = {.run = hold, .context = ends};
    struct worker_job job = {.run = count, .context = &step};
    char byte;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(pipe(&ends[2]), 0);
    worker_submit(worker, &held);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    worker_submit(worker, &job);
    worker_wait(worker, &job);
    assert_int_equal(step.times, 1);
    assert_false(worker_finished(worker, &held));
    assert_int_equal(write(ends[3], "!", 1), 1);
    worker_wait(worker, &held);
    worker_free(worker);
    for (int i = 0; i < 4; i++)
        close(ends[i]);
}

/* A chain of jobs on three places that are used again and again, as a file's
 * batches are; who waits does other jobs meanwhile, and never two of a chain
 * at once: they count without a lock. */
static void jobs_of_a_chain_are_done_one_after_another(void **state)
{
    enum { PLACES = 3 };
    static struct order order;
    static struct step steps[JOBS];
    struct worker *worker = worker_new();
    struct worker_job chain[PLACES];

    (void)state;
    order.count = 0;
    for (unsigned i = 0; i < JOBS; i++) {
        struct worker_job *job = &chain[i % PLACES];

        if (i >= PLACES)
            worker_wait(worker, job);
        steps[i] = (struct step){.order = &order, .number = i};
        *job = (struct worker_job){
            .run = note,
            .context = &steps[i],
            .after = i > 0 ? &chain[(i - 1) % PLACES] : NULL};
        worker_submit(worker, job);
        jobs[i] = (struct worker_job){.run = count, .context = &steps[i]};
        worker_submit(worker, &jobs[i]);
    }
    worker_free(worker);
    assert_int_equal(order.count, JOBS);
    for (unsigned i = 0; i < JOBS; i++) {
        assert_int_equal(order.done[i], i);
        assert_int_equal(steps[i].times, 1);
    }
}

/* The one before is under way: another job is done, and not the one behind. */
static void a_job_waits_for_the_one_before(void **state)
{
    struct worker *worker = worker_new();
    struct step behind = {.times = 0}, other = {.times = 0};
    int ends[4]; /* of two pipes */
    struct worker_job held = {.run = hold, .context = ends};
    struct worker_job next = {
        .run = count, .context = &behind, .after = &held};
    struct worker_job free_one = {.run = count, .context = &other};
    char byte;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(pipe(&ends[2]), 0);
    worker_submit(worker, &held);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    worker_submit(worker, &next);
    worker_submit(worker, &free_one);
    worker_wait(worker, &free_one);
    assert_int_equal(other.times, 1);
    assert_int_equal(behind.times, 0);
    assert_int_equal(write(ends[3], "!", 1), 1);
    worker_wait(worker, &next);
    assert_int_equal(behind.times, 1);
    worker_free(worker);
    for (int i = 0; i < 4; i++)
        close(ends[i]);
}

static void the_end_waits_for_what_was_submitted(void **state)
{
    static struct order order;
    struct worker *worker = worker_new();
    struct step step = {.order = &order, .number = 7};
    struct worker_job job = {.run = note, .context = &step};

    (void)state;
    worker_submit(worker, &job);
    worker_free(worker);
    assert_int_equal(order.count, 1);
    assert_int_equal(order.done[0], 7);
}

static void told(void *context)
{
    ssize_t sent = write(*(int *)context, "!", 1);

    assert_int_equal(sent, 1);
}

static void whoever_waits_elsewhere_is_told(void **state)
{
    static struct order order;
    struct worker *worker = worker_new();
    struct step step = {.order = &order, .number = 1};
    struct worker_job job = {.run = note, .context = &step, .told = told};
    int ends[2];
    char byte;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    job.told_context = &ends[1];
    worker_submit(worker, &job);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    assert_true(worker_finished(worker, &job));
    worker_free(worker);
    close(ends[0]);
    close(ends[1]);
}

static void mask_of_thread(void *context)
{
    sigprocmask(SIG_SETMASK, NULL, context);
}

static void the_thread_takes_no_signals(void **state)
{
    struct worker *worker = worker_new();
    sigset_t mask, own;
    struct worker_job job = {.run = mask_of_thread, .context = &mask};

    (void)state;
    sigemptyset(&mask);
    worker_submit(worker, &job);
    worker_free(worker);
    assert_true(sigismember(&mask, SIGTERM));
    assert_true(sigismember(&mask, SIGINT));
    sigprocmask(SIG_SETMASK, NULL, &own);
    assert_false(sigismember(&own, SIGTERM));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_job_is_done_once),
        cmocka_unit_test(without_a_worker_jobs_are_done_at_once),
        cmocka_unit_test(who_waits_does_what_nobody_has_begun),
        cmocka_unit_test(jobs_of_a_chain_are_done_one_after_another),
        cmocka_unit_test(a_job_waits_for_the_one_before),
        cmocka_unit_test(the_end_waits_for_what_was_submitted),
        cmocka_unit_test(whoever_waits_elsewhere_is_told),
        cmocka_unit_test(the_thread_takes_no_signals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
