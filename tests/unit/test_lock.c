#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>

#include "lock.h"
#include "temp_file.h"

static int setup(void **state)
{
    struct temp_folder *folder = calloc(1, sizeof(*folder));

    assert_non_null(folder);
    temp_folder_make(folder);
    *state = folder;
    return 0;
}

static int teardown(void **state)
{
    temp_folder_remove(*state);
    free(*state);
    return 0;
}

static int open_folder(const struct temp_folder *folder)
{
    int fd = open(folder->path, O_RDONLY | O_DIRECTORY);

    assert_true(fd >= 0);
    return fd;
}

static void one_at_a_time(void **state)
{
    int folder = open_folder(*state);
    struct error err = {0};
    int fd = lock_take(folder, "x.lock", "first", 0640, &err);
    struct stat st;
    char text[64];

    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    assert_int_equal(lock_take(folder, "x.lock", "second", 0640, &err), -1);
    assert_int_equal(err.kind, ERROR_TRY_LATER);
    snprintf(text, sizeof(text), "pid %ld run first", (long)getpid());
    assert_non_null(strstr(err.text, text));
    assert_non_null(strstr(err.text, "x.lock"));
    close(fd);
    error_clear(&err);
    fd = lock_take(folder, "x.lock", "a", 0640, &err);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, text, sizeof(text), 0),
                     snprintf(text, sizeof(text), "pid %ld run a\n",
                              (long)getpid()));
    close(fd);
    close(folder);
}

static void a_link_is_not_followed(void **state)
{
    int folder = open_folder(*state);
    struct error err = {0};

    assert_int_equal(symlinkat("/etc/passwd", folder, "x.lock"), 0);
    assert_int_equal(lock_take(folder, "x.lock", "a", 0600, &err), -1);
    assert_int_equal(err.kind, ERROR_CANT_CREATE);
    close(folder);
}

/* What stands in the file is shown, and may be anything. */
static void the_holder_is_shown_as_plain_text(void **state)
{
    int folder = open_folder(*state);
    struct error err = {0};
    int fd = lock_take(folder, "x.lock", "a", 0600, &err);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "pid\033[2J\n", 8, 0), 8);
    assert_int_equal(lock_take(folder, "x.lock", "b", 0600, &err), -1);
    assert_non_null(strstr(err.text, "pid?[2J"));
    close(fd);
    close(folder);
}

static void a_look_tells_the_holder_and_takes_nothing(void **state)
{
    int folder = open_folder(*state);
    struct error err = {0};
    char holder[LOCK_HOLDER_MAX], text[64];
    int fd;

    assert_false(lock_holder(folder, "x.lock", holder));
    assert_string_equal(holder, "");
    fd = lock_take(folder, "x.lock", "a", 0600, &err);
    assert_true(fd >= 0);
    assert_true(lock_holder(folder, "x.lock", holder));
    snprintf(text, sizeof(text), "pid %ld run a", (long)getpid());
    assert_string_equal(holder, text);
    close(fd);
    assert_false(lock_holder(folder, "x.lock", holder));
    close(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_at_a_time, setup, teardown),
        cmocka_unit_test_setup_teardown(a_link_is_not_followed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_holder_is_shown_as_plain_text,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_look_tells_the_holder_and_takes_nothing, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
