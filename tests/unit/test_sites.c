#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "sites.h"

enum { REFUSED = 130, LONG_TEXT = 300 * 1000 };

/* What a child does: waits, says so and so much, asks, ends. */
struct part {
    unsigned wait_ms;
    int wait_for; /* until so many have worked at a time, 5 s at most */
    const char *text;
    bool asks;    /* and ends with REFUSED when it may not go on */
    bool crashes;
    int exit;
};

struct stage {
    struct sites sites;
    struct sites_options options;
    volatile sig_atomic_t stop;
    /* Of all processes. */
    volatile int *working, *most, *shown;
    struct error err;
};

static int setup(void **state)
{
    struct stage *s = calloc(1, sizeof(*s));
    int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    assert_ptr_not_equal(shared, MAP_FAILED);
    s->working = shared;
    s->most = shared + 1;
    s->shown = shared + 2;
    s->options = (struct sites_options){.limit = 8, .stop = &s->stop};
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct stage *s = *state;

    munmap((void *)(uintptr_t)s->working, 4096);
    sites_release(&s->sites);
    free(s);
    return 0;
}

static void put(const char *text, size_t len)
{
    while (len > 0) {
        ssize_t wrote = write(STDOUT_FILENO, text, len);

        if (wrote <= 0)
            _exit(99);
        text += wrote;
        len -= (size_t)wrote;
    }
}

static void play(struct stage *s, const struct part *part)
{
    int now = __atomic_add_fetch(s->working, 1, __ATOMIC_SEQ_CST);

    if (now > *s->most)
        *s->most = now;
    usleep(part->wait_ms * 1000);
    for (int i = 0; i < 5000 && *s->most < part->wait_for; i++)
        usleep(1000);
    __atomic_sub_fetch(s->working, 1, __ATOMIC_SEQ_CST);
    if (part->crashes) {
        signal(SIGABRT, SIG_DFL);
        abort();
    }
    if (part->asks && sites_ready(&s->sites, &s->err) != 0)
        _exit(REFUSED);
    if (part->exit == 0)
        __atomic_add_fetch(s->shown, 1, __ATOMIC_SEQ_CST);
    if (part->text != NULL)
        put(part->text, strlen(part->text));
    _exit(part->exit);
}

static enum sites_outcome run(struct stage *s, const struct part *parts,
                              size_t count)
{
    size_t index = 0;
    enum sites_outcome outcome;

    s->options.count = count;
    sites_release(&s->sites);
    outcome = sites_run(&s->sites, &s->options, &index, &s->err);
    if (outcome == SITES_CHILD)
        play(s, &parts[index]);
    return outcome;
}

static void each_tells_its_own(void **state)
{
    struct stage *s = *state;
    char *text = malloc(LONG_TEXT + 1);
    const struct part parts[] = {
        {.text = "one"}, {.text = text, .exit = 65}, {.exit = 0}};

    memset(text, 'R', LONG_TEXT);
    text[LONG_TEXT] = '\0';
    assert_int_equal(run(s, parts, 3), SITES_DONE);
    assert_string_equal(s->sites.children[0].text.data, "one");
    assert_string_equal(s->sites.children[1].text.data, text);
    assert_string_equal(s->sites.children[2].text.data, "");
    assert_int_equal(s->sites.children[0].exit, 0);
    assert_int_equal(s->sites.children[1].exit, 65);
    assert_int_equal(*s->shown, 2); /* one failure is nothing to the others */
    free(text);
}

static void so_many_work_at_a_time(void **state)
{
    struct stage *s = *state;
    struct part parts[9];

    for (size_t i = 0; i < 9; i++)
        parts[i] = (struct part){.wait_for = 3};
    s->options.limit = 3;
    assert_int_equal(run(s, parts, 9), SITES_DONE);
    assert_int_equal(*s->shown, 9);
    assert_int_equal(*s->most, 3);
    *s->most = 0;
    s->options.limit = 1;
    for (size_t i = 0; i < 3; i++)
        parts[i] = (struct part){.wait_ms = 5};
    assert_int_equal(run(s, parts, 3), SITES_DONE);
    assert_int_equal(*s->most, 1);
}

/* Who waits leaves its place, or nobody could ever be let go on. */
static void all_are_let_go_on_when_all_are_ready(void **state)
{
    struct stage *s = *state;
    const struct part parts[] = {{.asks = true, .text = "a"},
                                 {.asks = true, .wait_ms = 40, .text = "b"},
                                 {.asks = true, .text = "c"},
                                 {.text = "already"}};

    s->options.limit = 1;
    s->options.together_or_none = true;
    assert_int_equal(run(s, parts, 4), SITES_DONE);
    assert_int_equal(*s->shown, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(s->sites.children[i].exit, 0);
        assert_false(s->sites.children[i].withheld);
        assert_string_equal(s->sites.children[i].text.data, parts[i].text);
    }
}

static void one_failure_keeps_all_back(void **state)
{
    struct stage *s = *state;
    const struct part parts[] = {
        {.asks = true},
        {.exit = 77, .wait_ms = 40, .text = "no"},
        {.asks = true, .wait_ms = 60 * 1000}, /* is stopped */
        {.asks = true}};

    s->options.limit = 2;
    s->options.together_or_none = true;
    assert_int_equal(run(s, parts, 4), SITES_DONE);
    assert_int_equal(*s->shown, 0);
    assert_int_equal(s->sites.children[0].exit, REFUSED);
    assert_true(s->sites.children[0].withheld);
    assert_int_equal(s->sites.children[1].exit, 77);
    assert_false(s->sites.children[1].withheld);
    assert_string_equal(s->sites.children[1].text.data, "no");
    assert_int_equal(s->sites.children[2].exit, 128 + SIGTERM);
    assert_true(s->sites.children[2].withheld);
    assert_int_equal(s->sites.children[3].state, SITES_WAITING);
    assert_true(s->sites.children[3].withheld);
}

static void a_crash_is_a_failure(void **state)
{
    struct stage *s = *state;
    const struct part parts[] = {{.asks = true},
                                 {.crashes = true, .wait_ms = 20}};

    s->options.together_or_none = true;
    assert_int_equal(run(s, parts, 2), SITES_DONE);
    assert_int_equal(*s->shown, 0);
    assert_int_equal(s->sites.children[1].exit, 128 + SIGABRT);
    assert_false(s->sites.children[1].withheld);
    s->options.together_or_none = false;
    {
        const struct part apart[] = {{.text = "here"}, {.crashes = true}};

        assert_int_equal(run(s, apart, 2), SITES_DONE);
        assert_int_equal(*s->shown, 1);
        assert_int_equal(s->sites.children[1].exit, 128 + SIGABRT);
    }
}

static void none_begins_when_told_to_stop(void **state)
{
    struct stage *s = *state;
    const struct part parts[] = {{.text = "a"}};

    s->stop = SIGTERM;
    assert_int_equal(run(s, parts, 1), SITES_DONE);
    assert_int_equal(*s->shown, 0);
    assert_int_equal(s->sites.children[0].state, SITES_WAITING);
}

/* Those that have begun end, and nobody is left. */
static void without_descriptors_none_goes_on(void **state)
{
    struct stage *s = *state;
    const struct part parts[] = {
        {.wait_ms = 60 * 1000}, {.wait_ms = 60 * 1000}, {.text = "c"}};
    int next = dup(STDIN_FILENO);
    struct rlimit before, few;

    if (getenv("UNDER") != NULL) /* valgrind has its own idea of the limit */
        skip();
    assert_true(next >= 0);
    close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = (rlim_t)next + 3; /* two pairs at a time, of one end each */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    assert_int_equal(run(s, parts, 3), SITES_FAILED);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_non_null(strstr(s->err.text, "cannot talk to a process"));
    assert_int_equal(*s->shown, 0);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(s->sites.children[i].state, SITES_ENDED);
        assert_int_equal(s->sites.children[i].exit, 128 + SIGTERM);
    }
    assert_int_equal(s->sites.children[2].state, SITES_WAITING);
}

/* A handler has no context. */
static volatile sig_atomic_t *stop_of_test;

static void note_alarm(int number)
{
    (void)number;
    *stop_of_test = SIGTERM;
}

static void a_signal_is_passed_on(void **state)
{
    struct stage *s = *state;
    const struct part parts[] = {
        {.asks = true}, {.wait_ms = 60 * 1000}, {.asks = true}};
    const struct itimerval soon = {.it_value = {.tv_usec = 80 * 1000}};

    s->options.together_or_none = true;
    stop_of_test = &s->stop;
    signal(SIGALRM, note_alarm);
    setitimer(ITIMER_REAL, &soon, NULL);
    assert_int_equal(run(s, parts, 3), SITES_DONE);
    signal(SIGALRM, SIG_DFL);
    assert_int_equal(*s->shown, 0);
    assert_int_equal(s->sites.children[1].exit, 128 + SIGTERM);
    for (size_t i = 0; i < 3; i += 2) {
        assert_int_equal(s->sites.children[i].state, SITES_ENDED);
        assert_int_not_equal(s->sites.children[i].exit, 0);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_tells_its_own),
        TEST(so_many_work_at_a_time),
        TEST(all_are_let_go_on_when_all_are_ready),
        TEST(one_failure_keeps_all_back),
        TEST(a_crash_is_a_failure),
        TEST(none_begins_when_told_to_stop),
        TEST(without_descriptors_none_goes_on),
        TEST(a_signal_is_passed_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
