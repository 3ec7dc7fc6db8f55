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
};

static void note(void *context)
{
    struct step *step = context;

    step->order->done[step->order->count++] = step->number;
}

static void in_order(struct worker *worker)
{
    static struct order order;
    static struct step steps[JOBS];

    order.count = 0;
    for (unsigned i = 0; i < JOBS; i++) {
        steps[i] = (struct step){&order, i};
        jobs[i] = (struct worker_job){.run = note, .context = &steps[i]};
        worker_submit(worker, &jobs[i]);
    }
    worker_wait(worker, &jobs[JOBS - 1]);
    assert_int_equal(order.count, JOBS);
    for (unsigned i = 0; i < JOBS; i++) {
        assert_true(worker_finished(worker, &jobs[i]));
        assert_int_equal(order.done[i], i);
    }
}

static void jobs_are_done_in_their_order(void **state)
{
    struct worker *worker = worker_new();

    (void)state;
    assert_non_null(worker);
    in_order(worker);
    in_order(worker);
    worker_free(worker);
}

static void without_a_worker_jobs_are_done_at_once(void **state)
{
    (void)state;
    in_order(NULL);
    worker_free(NULL);
}

static void the_end_waits_for_what_was_submitted(void **state)
{
    static struct order order;
    struct worker *worker = worker_new();
    struct step step = {&order, 7};
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
    struct step step = {&order, 1};
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
    worker_wait(worker, &job);
    worker_free(worker);
    assert_true(sigismember(&mask, SIGTERM));
    assert_true(sigismember(&mask, SIGINT));
    sigprocmask(SIG_SETMASK, NULL, &own);
    assert_false(sigismember(&own, SIGTERM));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_are_done_in_their_order),
        cmocka_unit_test(without_a_worker_jobs_are_done_at_once),
        cmocka_unit_test(the_end_waits_for_what_was_submitted),
        cmocka_unit_test(whoever_waits_elsewhere_is_told),
        cmocka_unit_test(the_thread_takes_no_signals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
