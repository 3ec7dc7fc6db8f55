#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>

#include "span.h"

enum { POINTS = 40, ROUNDS = 3000 };

static void adds_and_removes(void **state)
{
    struct span_set set = {0};

    (void)state;
    assert_int_equal(span_add(&set, (struct span){10, 20}), 0);
    assert_int_equal(span_add(&set, (struct span){30, 40}), 0);
    assert_int_equal(set.count, 2);
    assert_int_equal(span_add(&set, (struct span){20, 30}), 0);
    assert_int_equal(set.count, 1);
    assert_int_equal(set.spans[0].from, 10);
    assert_int_equal(set.spans[0].to, 40);
    assert_int_equal(span_remove(&set, (struct span){15, 16}), 0);
    assert_int_equal(set.count, 2);
    assert_int_equal(set.spans[0].to, 15);
    assert_int_equal(set.spans[1].from, 16);
    assert_true(span_holds(&set, 10));
    assert_false(span_holds(&set, 15));
    assert_true(span_holds(&set, 39));
    assert_false(span_holds(&set, 40));
    span_release(&set);
    assert_int_equal(set.count, 0);
}

static void empty_spans_change_nothing(void **state)
{
    struct span_set set = {0};

    (void)state;
    assert_int_equal(span_add(&set, (struct span){5, 5}), 0);
    assert_int_equal(span_add(&set, (struct span){5, 4}), 0);
    assert_int_equal(set.count, 0);
    assert_int_equal(span_add(&set, (struct span){0, 9}), 0);
    assert_int_equal(span_remove(&set, (struct span){6, 3}), 0);
    assert_int_equal(set.count, 1);
    span_release(&set);
}

/* Ascending, and neither touching nor overlapping. */
static void check(const struct span_set *set, const bool *points)
{
    for (size_t i = 0; i < set->count; i++) {
        assert_true(set->spans[i].from < set->spans[i].to);
        if (i > 0)
            assert_true(set->spans[i - 1].to < set->spans[i].from);
    }
    for (int64_t at = 0; at < POINTS; at++)
        assert_int_equal(span_holds(set, at), points[at]);
}

static void is_a_set_of_points(void **state)
{
    struct span_set set = {0};
    bool points[POINTS] = {false};

    (void)state;
    srand(7);
    for (int i = 0; i < ROUNDS; i++) {
        struct span span = {rand() % POINTS, rand() % (POINTS + 1)};
        bool add = rand() % 2 == 0;

        assert_int_equal(add ? span_add(&set, span) : span_remove(&set, span),
                         0);
        for (int64_t at = span.from; at < span.to; at++)
            points[at] = add;
        check(&set, points);
    }
    span_release(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adds_and_removes),
        cmocka_unit_test(empty_spans_change_nothing),
        cmocka_unit_test(is_a_set_of_points),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
