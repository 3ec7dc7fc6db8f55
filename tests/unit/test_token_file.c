#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "token_file.h"

static char base[64], folder[80], path[96], fresh[112], lock[112];

static int set_up(void **state)
{
    (void)state;
    strcpy(base, "/tmp/rollcall-token-XXXXXX");
    assert_non_null(mkdtemp(base));
    snprintf(folder, sizeof(folder), "%s/tokens", base);
    snprintf(path, sizeof(path), "%s/jira", folder);
    snprintf(fresh, sizeof(fresh), "%s.new", path);
    snprintf(lock, sizeof(lock), "%s.lock", path);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    unlink(fresh);
    unlink(lock);
    rmdir(folder);
    rmdir(base);
    return 0;
}

static void write_file(const char *name, const void *data, size_t len,
                       mode_t mode)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, len), len);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void make_folder(void)
{
    assert_int_equal(mkdir(folder, 0700), 0);
}

static mode_t mode_of(const char *name)
{
    struct stat st;

    assert_int_equal(lstat(name, &st), 0);
    return st.st_mode & 07777;
}

/* What the file holds, by the module's own reading; NULL: none. */
static void assert_newest(const char *token)
{
    struct token_file file;
    struct secret newest;
    struct error err = {0};

    if (token_file_begin(&file, path, &newest, &err) != TOKEN_FILE_READY)
        fail_msg("%s", err.text);
    if (token == NULL)
        assert_null(newest.text);
    else
        assert_string_equal(newest.text, token);
    secret_release(&newest);
    token_file_end(&file);
}

static void put(const char *token)
{
    struct token_file file;
    struct secret newest;
    struct error err = {0};

    assert_int_equal(token_file_begin(&file, path, &newest, &err),
                     TOKEN_FILE_READY);
    secret_release(&newest);
    if (token_file_put(&file, token, &err) != 0)
        fail_msg("%s", err.text);
    token_file_end(&file);
}

static struct error refused(enum error_kind kind)
{
    struct token_file file;
    struct secret newest;
    struct error err = {0};

    assert_int_equal(token_file_begin(&file, path, &newest, &err),
                     TOKEN_FILE_FAILED);
    assert_null(newest.text);
    assert_int_equal(err.kind, kind);
    token_file_end(&file); /* allowed */
    return err;
}

static void tokens_replace_each_other(void **state)
{
    (void)state;
    assert_newest(NULL);
    put("first");
    assert_newest("first");
    put("a longer second one");
    assert_newest("a longer second one");
    put("3");
    assert_newest("3");
    assert_int_equal(mode_of(path), 0600);
    assert_int_equal(mode_of(folder), 0700);
    assert_int_not_equal(access(fresh, F_OK), 0);
}

static void the_longest_fits(void **state)
{
    static char longest[SECRET_MAX + 1], longer[SECRET_MAX + 2];
    struct token_file file;
    struct secret newest;
    struct error err = {0};

    (void)state;
    memset(longest, 'x', SECRET_MAX);
    memset(longer, 'x', SECRET_MAX + 1);
    put(longest);
    assert_newest(longest);
    assert_int_equal(token_file_begin(&file, path, &newest, &err), 0);
    secret_release(&newest);
    assert_int_equal(token_file_put(&file, longer, &err), -1);
    token_file_end(&file);
    assert_newest(longest);
}

static void without_a_put_nothing_changes(void **state)
{
    (void)state;
    put("first");
    assert_newest("first");
    assert_newest("first");
    assert_int_not_equal(access(fresh, F_OK), 0);
}

static void one_at_a_time(void **state)
{
    struct token_file one, two;
    struct secret first, second;
    struct error err = {0};

    (void)state;
    put("token");
    assert_int_equal(token_file_begin(&one, path, &first, &err),
                     TOKEN_FILE_READY);
    assert_int_equal(token_file_begin(&two, path, &second, &err),
                     TOKEN_FILE_BUSY);
    assert_null(second.text);
    assert_int_equal(err.kind, ERROR_NONE);
    assert_int_equal(access(fresh, F_OK), 0); /* the first one's, untouched */
    secret_release(&first);
    token_file_end(&one);
    assert_newest("token");
}

static void a_put_that_was_cut_short(void **state)
{
    char room[1000] = "second\n";

    (void)state;
    put("first");
    write_file(fresh, room, sizeof(room), 0600);
    assert_newest("second");
    assert_newest("second");
}

static void room_is_no_token(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } cases[] = {
        {"\0\0\0\0\0\0", 6}, {"seco\0\0\0", 7}, {"second", 6},
        {"se\0ond\n", 7},    {"\n", 1},         {"", 0},
    };

    (void)state;
    put("first");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        write_file(fresh, cases[i].bytes, cases[i].len, 0600);
        assert_newest("first");
    }
}

static void another_ones_leftover_is_not_taken(void **state)
{
    (void)state;
    put("first");
    write_file(fresh, "evil\n", 5, 0644);
    assert_newest("first");
}

static void what_may_not_be_used(void **state)
{
    struct error err;

    (void)state;
    make_folder();
    write_file(path, "token\n", 6, 0640);
    err = refused(ERROR_CONFIG);
    assert_non_null(strstr(err.hint, "chmod 600"));
    unlink(path);
    assert_int_equal(symlink("/dev/null", path), 0);
    err = refused(ERROR_CONFIG);
    assert_non_null(strstr(err.text, "it is a link"));
    unlink(path);
    write_file(path, "two\nlines\n", 10, 0600);
    refused(ERROR_CONFIG);
    unlink(path);
    assert_int_equal(chmod(folder, 0720), 0);
    err = refused(ERROR_CONFIG);
    assert_non_null(strstr(err.hint, "chmod go-w"));
    assert_int_equal(chmod(folder, 0700), 0);
    unlink(lock);
    assert_int_equal(symlink("/tmp/elsewhere", lock), 0);
    refused(ERROR_CANT_CREATE);
}

static void a_folder_that_cannot_be_made(void **state)
{
    (void)state;
    snprintf(path, sizeof(path), "%s/a/b/jira", base);
    refused(ERROR_CANT_CREATE);
    snprintf(path, sizeof(path), "%s/tokens/jira", base);
    write_file(folder, "", 0, 0600);
    refused(ERROR_CANT_CREATE);
    unlink(folder);
}

static void a_name_that_is_too_long(void **state)
{
    static char longest[400];

    (void)state;
    snprintf(longest, sizeof(longest), "%s/%0255d", base, 0);
    memcpy(path, "", 1);
    {
        struct token_file file;
        struct secret newest;
        struct error err = {0};

        assert_int_equal(token_file_begin(&file, longest, &newest, &err),
                         TOKEN_FILE_FAILED);
        assert_int_equal(err.kind, ERROR_CANT_CREATE);
    }
}

/* A limit on file sizes stands for a full disk. */
static void a_full_disk_shows_before_the_token_is_spent(void **state)
{
    struct rlimit before, small;

    (void)state;
    put("first");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){1000, before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    refused(ERROR_IO);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_newest("first");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(tokens_replace_each_other),
        TEST(the_longest_fits),
        TEST(without_a_put_nothing_changes),
        TEST(one_at_a_time),
        TEST(a_put_that_was_cut_short),
        TEST(room_is_no_token),
        TEST(another_ones_leftover_is_not_taken),
        TEST(what_may_not_be_used),
        TEST(a_folder_that_cannot_be_made),
        TEST(a_name_that_is_too_long),
        TEST(a_full_disk_shows_before_the_token_is_spent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
