#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "check_table.h"

static void columns_are_as_wide_as_their_widest_cell(void **state)
{
    static const char *const cells[] = {
        "A",       "B", "LAST", /* heading */
        "longer",  "",  "x",    /* */
        "\u00e9t\u00e9", "22", "a b",
    };
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    check_table(cells, 3, 3, &out);
    assert_string_equal(out.data, "A       B   LAST\n"
                                  "longer      x\n"
                                  "\u00e9t\u00e9     22  a b\n");
    buf_release(&out);
}

static void a_heading_alone(void **state)
{
    static const char *const cells[] = {"ONE", "TWO"};
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    check_table(cells, 1, 2, &out);
    assert_string_equal(out.data, "ONE  TWO\n");
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
        cmocka_unit_test(a_heading_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
