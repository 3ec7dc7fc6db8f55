#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "account.h"
#include "temp_file.h"

struct fixture {
    struct temp_folder folder;
    struct account_list list;
    struct error err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    temp_folder_make(&f->folder);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    account_list_release(&f->list);
    temp_folder_remove(&f->folder);
    free(f);
    return 0;
}

static int add(struct fixture *f, const char *id)
{
    error_clear(&f->err);
    return account_list_add(&f->list, id, &f->err);
}

static int read_text(struct fixture *f, const char *text)
{
    error_clear(&f->err);
    return account_list_read(&f->list, temp_file(&f->folder, "ids", text),
                             &f->err);
}

static void every_shape_of_id_is_taken(void **state)
{
    static const char *const ids[] = {
        "5ff328f2a9d0300107c045a6", "557058:0-0_0|0",
        "qm:0a:0b", "a/b?c=d%20", "...x", "\xc3\xa9"};
    struct fixture *f = *state;
    char longest[ACCOUNT_ID_MAX + 2];

    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        assert_int_equal(add(f, ids[i]), 0);
        assert_string_equal(f->list.ids[i], ids[i]);
    }
    memset(longest, 'x', sizeof(longest));
    longest[ACCOUNT_ID_MAX] = '\0';
    assert_int_equal(add(f, longest), 0);
    longest[ACCOUNT_ID_MAX] = 'x';
    longest[ACCOUNT_ID_MAX + 1] = '\0';
    assert_int_equal(add(f, longest), -1);
}

static void what_is_no_id_is_refused(void **state)
{
    static const char *const words[] = {"", ".", "..", "unknown", "a b", "a\t",
                                        "a\nb", "a\x7f", "ada@acme.com"};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        assert_int_equal(add(f, words[i]), -1);
        assert_int_equal(f->err.kind, ERROR_USAGE);
        assert_null(strstr(f->err.text, "ada"));
    }
    assert_int_equal(f->list.count, 0);
}

static void each_is_there_once(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(add(f, "b"), 0);
    assert_int_equal(read_text(f, "a\r\n\n  # all\n\tb # again\na\nc"), 0);
    assert_int_equal(f->list.count, 3);
    assert_string_equal(f->list.ids[0], "b");
    assert_string_equal(f->list.ids[1], "a");
    assert_string_equal(f->list.ids[2], "c");
    assert_int_equal(read_text(f, ""), 0);
    assert_int_equal(read_text(f, "d\ne f\n"), -1);
    assert_non_null(strstr(f->err.text, "ids:2: "));
}

static void there_is_a_limit(void **state)
{
    struct fixture *f = *state;
    char id[16];

    for (int i = 0; i < ACCOUNTS_MAX; i++) {
        snprintf(id, sizeof(id), "a%d", i);
        assert_int_equal(add(f, id), 0);
    }
    assert_int_equal(add(f, "a0"), 0);
    assert_int_equal(add(f, "b"), -1);
    assert_non_null(strstr(f->err.text, "more than 1000"));
}

static void a_missing_file_is_no_input(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(account_list_read(&f->list, "/nowhere/ids", &f->err), -1);
    assert_int_equal(f->err.kind, ERROR_NO_INPUT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_shape_of_id_is_taken), TEST(what_is_no_id_is_refused),
        TEST(each_is_there_once),         TEST(there_is_a_limit),
        TEST(a_missing_file_is_no_input),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
