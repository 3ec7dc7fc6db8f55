#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "buf.h"

static void a_new_buffer_is_an_empty_string(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 10);
    assert_string_equal(b.data, "");
    assert_true(buf_ok(&b));
    buf_release(&b);
    buf_release(&b);
}

static void the_ceiling_holds_for_each_kind_of_append(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 4);
    assert_int_equal(buf_puts(&b, "abcd"), 0);
    assert_true(buf_ok(&b));
    assert_int_equal(buf_putc(&b, 'e'), -1);
    assert_false(buf_ok(&b));
    buf_reset(&b);
    assert_int_equal(buf_puts(&b, "abcde"), -1);
    buf_reset(&b);
    assert_int_equal(buf_printf(&b, "%d", 12345), -1);
    buf_reset(&b);
    assert_int_equal(buf_printf(&b, "%d", 1234), 0);
    assert_string_equal(b.data, "1234");
    buf_release(&b);
}

static void a_refused_append_changes_nothing_and_sticks(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 4);
    buf_puts(&b, "abc");
    buf_puts(&b, "too long");
    assert_string_equal(b.data, "abc");
    assert_int_equal(buf_putc(&b, 'd'), -1);
    assert_string_equal(b.data, "abc");
    assert_int_equal(b.len, 3);
    assert_true(b.full);
    buf_reset(&b);
    assert_true(buf_ok(&b));
    assert_false(b.full);
    assert_string_equal(b.data, "");
    buf_release(&b);
}

static void bytes_may_be_nul_and_growth_keeps_them(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 100000);
    for (int i = 0; i < 25000; i++)
        buf_append(&b, "\0xyz", 4);
    assert_true(buf_ok(&b));
    assert_int_equal(b.len, 100000);
    assert_memory_equal(b.data + 99996, "\0xyz", 5);
    assert_int_equal(buf_append(&b, NULL, 0), 0);
    buf_release(&b);
}

static void a_zeroed_buffer_takes_nothing(void **state)
{
    struct buf b = {0};

    (void)state;
    assert_int_equal(buf_putc(&b, 'x'), -1);
    assert_int_equal(b.len, 0);
    buf_reset(&b);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_buffer_is_an_empty_string),
        cmocka_unit_test(the_ceiling_holds_for_each_kind_of_append),
        cmocka_unit_test(a_refused_append_changes_nothing_and_sticks),
        cmocka_unit_test(bytes_may_be_nul_and_growth_keeps_them),
        cmocka_unit_test(a_zeroed_buffer_takes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
