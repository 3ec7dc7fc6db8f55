#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "recent.h"

enum { SPAN = 10, LONG_LOG = 20000 };

static bool add_text(struct recent *recent, const char *text)
{
    char id[32];
    bool seen;

    snprintf(id, sizeof(id), "%s", text);
    assert_int_equal(recent_add(recent, id, &seen), 0);
    memset(id, 'x', sizeof(id)); /* ids are copied */
    return seen;
}

static bool add(struct recent *recent, unsigned number)
{
    char id[16];

    snprintf(id, sizeof(id), "%u", number);
    return add_text(recent, id);
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
    for (unsigned i = 0; i < LONG_LOG; i++) {
        char id[16];

        add(&recent, i);
        snprintf(id, sizeof(id), "r%u", i);
        assert_false(add_text(&recent, id));
    }
    for (int i = 0; i < 2; i++) {
        assert_true(recent.halves[i].count <= SPAN);
        assert_true(recent.halves[i].capacity <= 8 * SPAN);
        assert_true(recent.halves[i].texts.capacity <= 8 * SPAN);
    }
    recent_release(&recent);
}

/* Numbers are kept as numbers, and yet each of these is an id of its own. */
static void texts_and_numbers_are_told_apart(void **state)
{
    static const char *const ids[] = {
        "1", "01", "001", "0", "00", "-1", "+1", " 1", "1 ", "1.0", "1e0", "a",
        "1a", "9999999999999999999", "99999999999999999999",
        "18446744073709551616", "18446744073709551617", "184467440737095516170",
        "10000-1", "1\xC3\xA9"};
    size_t count = sizeof(ids) / sizeof(ids[0]);
    struct recent recent;

    (void)state;
    recent_init(&recent, count);
    for (size_t i = 0; i < count; i++)
        assert_false(add_text(&recent, ids[i]));
    for (size_t i = 0; i < count; i++)
        assert_true(add_text(&recent, ids[i]));
    recent_release(&recent);
}

/* The span counts both kinds. */
static void numbers_and_texts_are_forgotten_alike(void **state)
{
    struct recent recent;

    (void)state;
    recent_init(&recent, SPAN);
    assert_false(add_text(&recent, "a"));
    assert_false(add_text(&recent, "7"));
    for (unsigned i = 100; i < 100 + 2 * SPAN - 1; i++)
        add(&recent, i);
    assert_false(add_text(&recent, "a"));
    assert_false(add_text(&recent, "7"));
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
        cmocka_unit_test(texts_and_numbers_are_told_apart),
        cmocka_unit_test(numbers_and_texts_are_forgotten_alike),
        cmocka_unit_test(a_span_of_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
