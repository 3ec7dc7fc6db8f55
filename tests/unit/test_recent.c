#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "recent.h"

enum { SPAN = 10, LONG_LOG = 20000 };

static bool add(struct recent *recent, unsigned number)
{
    char id[16];
    bool seen;

    snprintf(id, sizeof(id), "%u", number);
    assert_int_equal(recent_add(recent, id, &seen), 0);
    memset(id, 'x', sizeof(id)); /* ids are copied */
    return seen;
}

static void the_span_is_remembered(void **state)
{
    (void)state;
    for (unsigned length = 1; length < 5 * SPAN; length++) {
        struct recent recent;

        recent_init(&recent, SPAN);
        for (unsigned i = 0; i < length; i++)
            assert_false(add(&recent, i));
        for (unsigned i = length > SPAN ? length - SPAN : 0; i < length; i++)
            assert_true(add(&recent, i));
        recent_release(&recent);
    }
}

static void what_is_long_past_is_forgotten(void **state)
{
    struct recent recent;

    (void)state;
    recent_init(&recent, SPAN);
    for (unsigned i = 0; i < 2 * SPAN + 1; i++)
        add(&recent, i);
    assert_false(add(&recent, 0));
    recent_release(&recent);
}

static void memory_is_bounded(void **state)
{
    struct recent recent;

    (void)state;
    recent_init(&recent, SPAN);
    for (unsigned i = 0; i < LONG_LOG; i++)
        add(&recent, i);
    assert_true(recent.maps[0].count <= SPAN);
    assert_true(recent.maps[1].count <= SPAN);
    assert_true(recent.maps[0].capacity <= 8 * SPAN);
    recent_release(&recent);
}

static void a_span_of_one(void **state)
{
    struct recent recent;

    (void)state;
    recent_init(&recent, 1);
    assert_false(add(&recent, 1));
    assert_true(add(&recent, 1));
    assert_false(add(&recent, 2));
    assert_true(add(&recent, 2));
    recent_release(&recent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_span_is_remembered),
        cmocka_unit_test(what_is_long_past_is_forgotten),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(a_span_of_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
