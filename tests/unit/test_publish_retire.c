#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "output_fixture.h"

enum { CALLS_MAX = 64 };

#define HIVE_RUN "dataset=people/dt=2026-11-23/run=" FIXTURE_RUN

/* The process is killed instead of its nth step that removes, renames or
 * syncs, or the step fails; 0: it does not. An exit would let valgrind count
 * what a dying process still has. */
static int die_at, fail_at, steps;

static bool step_fails(void)
{
    if (++steps == die_at)
        raise(SIGKILL);
    errno = steps == fail_at ? EIO : 0;
    return steps == fail_at;
}

/* In place of libc's, for all that is linked here. */
int fsync(int fd)
{
    if (step_fails())
        return -1;
    return (int)syscall(SYS_fsync, fd);
}

int unlinkat(int fd, const char *name, int flags)
{
    if (step_fails())
        return -1;
    return (int)syscall(SYS_unlinkat, fd, name, flags);
}

int renameat(int old_fd, const char *old_name, int new_fd,
             const char *new_name)
{
    if (step_fails())
        return -1;
    return (int)syscall(SYS_renameat2, old_fd, old_name, new_fd, new_name, 0);
}

struct stage {
    struct fixture fixture;
    int out_fd;
};

static int setup(void **state)
{
    struct stage *stage = calloc(1, sizeof(*stage));

    assert_non_null(stage);
    die_at = fail_at = steps = 0;
    fixture_init(&stage->fixture);
    stage->out_fd =
        open(stage->fixture.out, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(stage->out_fd >= 0);
    *state = stage;
    return 0;
}

static int teardown(void **state)
{
    struct stage *stage = *state;

    die_at = fail_at = 0;
    close(stage->out_fd);
    fixture_release(&stage->fixture);
    free(stage);
    return 0;
}

static bool there(const struct stage *stage, const char *name)
{
    return faccessat(stage->out_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static size_t files_of_run(const struct stage *stage)
{
    int fd = openat(stage->out_fd, FIXTURE_RUN, O_RDONLY | O_DIRECTORY);
    DIR *list = fdopendir(fd);
    size_t count = 0;
    struct dirent *entry;

    assert_non_null(list);
    while ((entry = readdir(list)) != NULL)
        count += entry->d_name[0] != '.';
    closedir(list);
    return count;
}

static void it_is_gone(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};

    fixture_publish(&stage->fixture);
    assert_true(there(stage, FIXTURE_DONE));
    assert_int_equal(publish_retire(stage->out_fd, FIXTURE_RUN, &err), 0);
    assert_false(there(stage, FIXTURE_RUN));
    assert_false(there(stage, ".tmp-" FIXTURE_RUN));
    assert_false(there(stage, FIXTURE_DONE));
    assert_true(there(stage, "latest"));
}

/* Retires the run in a process that dies at that step; false: it lived. */
static bool dies(const struct stage *stage, int at)
{
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0) {
        struct error err = {0};

        steps = 0;
        die_at = at;
        _exit(publish_retire(stage->out_fd, FIXTURE_RUN, &err) != 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status))
        return true;
    assert_int_equal(WEXITSTATUS(status), 0);
    return false;
}

/* Wherever it ends, there is the whole run or none, and no done file without
 * it; and what is left goes at the next try. */
static void it_ends_at_every_step(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};
    size_t files;
    int at = 1;

    fixture_publish(&stage->fixture);
    files = files_of_run(stage);
    assert_true(files > 3);
    for (; at < CALLS_MAX; at++) {
        bool died;

        if (!there(stage, FIXTURE_RUN))
            fixture_publish(&stage->fixture);
        died = dies(stage, at);
        if (there(stage, FIXTURE_RUN))
            assert_int_equal(files_of_run(stage), files);
        else
            assert_false(there(stage, FIXTURE_DONE));
        if (!died)
            break;
        assert_int_equal(publish_sweep(stage->out_fd, &err), 0);
        assert_false(there(stage, ".tmp-" FIXTURE_RUN));
        if (there(stage, FIXTURE_RUN))
            assert_int_equal(
                publish_retire(stage->out_fd, FIXTURE_RUN, &err), 0);
    }
    assert_true(at > (int)files && at < CALLS_MAX);
}

static void publish_hive(const struct fixture *f)
{
    struct error err = {0};
    struct fixture_run run;
    struct publish *p = fixture_open(f, &err);

    assert_non_null(p);
    fixture_report(f, publish_dir_fd(p), &run);
    run.report.hive = true;
    fixture_manifest(&run, publish_dir_fd(p));
    if (publish_commit(p, &err) != 0)
        fail_msg("%s", err.text);
    fixture_run_release(&run);
}

/* A step that fails is told, and keeps what the next try needs. */
static void it_fails_at_every_step(void **state)
{
    struct stage *stage = *state;
    size_t files = 0;
    int at = 1;

    for (; at < CALLS_MAX; at++) {
        struct error err = {0}, again = {0};
        int result;

        if (!there(stage, FIXTURE_RUN))
            publish_hive(&stage->fixture);
        files = files_of_run(stage);
        steps = 0;
        fail_at = at;
        result = publish_retire(stage->out_fd, FIXTURE_RUN, &err);
        fail_at = 0;
        if (result == 0)
            break;
        assert_true(err.kind == ERROR_IO || err.kind == ERROR_CANT_CREATE);
        assert_non_null(strstr(err.text, "Input/output error"));
        if (there(stage, FIXTURE_RUN))
            assert_int_equal(files_of_run(stage), files);
        else
            assert_false(there(stage, FIXTURE_DONE));
        assert_int_equal(publish_sweep(stage->out_fd, &again), 0);
        if (there(stage, FIXTURE_RUN))
            assert_int_equal(
                publish_retire(stage->out_fd, FIXTURE_RUN, &again), 0);
        assert_false(there(stage, HIVE_RUN));
    }
    assert_true(at > (int)files && at < CALLS_MAX);
    assert_false(there(stage, FIXTURE_RUN));
}

static void the_lock(void **state)
{
    struct stage *stage = *state;
    char text[PUBLISH_HOLDER_MAX], wanted[PUBLISH_HOLDER_MAX];
    struct error err = {0};
    struct stat st;
    int fd;

    assert_false(publish_holder(stage->out_fd, text));
    fd = publish_hold(stage->out_fd, "clean", &err);
    assert_true(fd >= 0);
    assert_true(publish_holder(stage->out_fd, text));
    snprintf(wanted, sizeof(wanted), "pid %ld run clean", (long)getpid());
    assert_string_equal(text, wanted);
    assert_int_equal(publish_hold(stage->out_fd, "other", &err), -1);
    assert_int_equal(err.kind, ERROR_TRY_LATER);
    close(fd);
    assert_false(publish_holder(stage->out_fd, text));
    assert_int_equal(fchmodat(stage->out_fd, PUBLISH_LOCK_NAME, 0640, 0), 0);
    error_clear(&err);
    close(publish_hold(stage->out_fd, "clean", &err));
    assert_int_equal(fstatat(stage->out_fd, PUBLISH_LOCK_NAME, &st, 0), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_is_gone),
        TEST(it_ends_at_every_step),
        TEST(it_fails_at_every_step),
        TEST(the_lock),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
