#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "instant.h"
#include "tally.h"

enum { MOST = 1000 };

static int64_t at(const char *text)
{
    int64_t instant;

    assert_int_equal(instant_parse_lenient(text, &instant), 0);
    return instant;
}

static void ranks_by_count(void **state)
{
    static const char *const added[] = {"c", "a", "b", "a", NULL, "b", "a",
                                        "d", NULL};
    struct tally tally;

    (void)state;
    tally_init(&tally, MOST);
    for (size_t i = 0; i < sizeof(added) / sizeof(added[0]); i++)
        assert_int_equal(tally_add(&tally, added[i], NULL), 0);
    tally_rank(&tally);
    assert_int_equal(tally.count, 4);
    assert_string_equal(tally.items[0]->key, "a");
    assert_int_equal(tally.items[0]->count, 3);
    assert_string_equal(tally.items[1]->label, "b");
    assert_string_equal(tally.items[2]->key, "c");
    assert_string_equal(tally.items[3]->key, "d");
    assert_int_equal(tally_find(&tally, "c")->rank, 2);
    assert_null(tally_find(&tally, "e"));
    assert_int_equal(tally.absent, 2);
    assert_int_equal(tally.others, 0);
    assert_int_equal(tally.total, 9);
    tally_release(&tally);
}

/* Two people of one name are two. */
static void labels(void **state)
{
    char key[] = "id-2", label[] = "Jo";
    struct tally tally;

    (void)state;
    tally_init(&tally, MOST);
    assert_int_equal(tally_add(&tally, key, label), 0);
    memset(key, 'x', 4);
    memset(label, 'x', 2);
    assert_int_equal(tally_add(&tally, "id-1", "Jo"), 0);
    assert_int_equal(tally_add(&tally, "id-2", "Joanna"), 0);
    tally_rank(&tally);
    assert_int_equal(tally.count, 2);
    assert_string_equal(tally.items[0]->label, "Jo");
    assert_string_equal(tally.items[0]->key, "id-2");
    assert_int_equal(tally.items[0]->count, 2);
    tally_release(&tally);
}

static void different_texts_are_bounded(void **state)
{
    struct tally tally;
    char key[32];

    (void)state;
    tally_init(&tally, MOST);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < MOST + 50; i++) {
            snprintf(key, sizeof(key), "key-%d", i);
            assert_int_equal(tally_add(&tally, key, NULL), 0);
        }
    }
    assert_int_equal(tally.count, MOST);
    assert_int_equal(tally.others, 100);
    assert_int_equal(tally.total, 2 * (MOST + 50));
    assert_int_equal(tally.items[0]->count, 2);
    tally_release(&tally);
}

static void bytes_are_bounded(void **state)
{
    enum { LONG = MOST * TALLY_MEAN_BYTES / 4 };
    static char text[LONG + 1];
    struct tally tally;

    (void)state;
    memset(text, 'x', LONG);
    tally_init(&tally, MOST);
    for (int i = 0; i < 6; i++) {
        text[0] = (char)('a' + i);
        assert_int_equal(tally_add(&tally, text, NULL), 0);
    }
    assert_int_equal(tally.count, 4);
    assert_int_equal(tally.others, 2);
    tally_release(&tally);
}

static void counts_months(void **state)
{
    struct months months;
    char name[16];

    (void)state;
    months_init(&months, at("2026-02-10T12:00:00Z"));
    months_add(&months, true, at("2026-02-01T00:00:00Z"));
    months_add(&months, true, at("2026-01-31T23:59:59.999Z"));
    months_add(&months, true, at("2025-12-01T00:00:00Z"));
    months_add(&months, true, at("2021-03-01T00:00:00Z"));
    months_add(&months, true, at("2021-02-28T23:59:59Z"));
    months_add(&months, true, at("2026-03-01T00:00:00Z"));
    months_add(&months, false, 0);
    assert_int_equal(months.counts[TALLY_MONTHS_MAX - 1], 1);
    assert_int_equal(months.counts[TALLY_MONTHS_MAX - 2], 1);
    assert_int_equal(months.counts[TALLY_MONTHS_MAX - 3], 1);
    assert_int_equal(months.counts[0], 1);
    assert_int_equal(months.earlier, 1);
    assert_int_equal(months.later, 1);
    assert_int_equal(months.absent, 1);
    assert_int_equal(months.total, 7);
    months_name(&months, TALLY_MONTHS_MAX - 3, name);
    assert_string_equal(name, "2025-12");
    months_name(&months, 0, name);
    assert_string_equal(name, "2021-03");
}

static void shows_no_empty_years(void **state)
{
    struct months months;

    (void)state;
    months_init(&months, at("2026-02-10T12:00:00Z"));
    assert_int_equal(months_first(&months, 12), TALLY_MONTHS_MAX - 12);
    months_add(&months, true, at("2025-12-05T00:00:00Z"));
    assert_int_equal(months_first(&months, 12), TALLY_MONTHS_MAX - 12);
    months_add(&months, true, at("2024-01-05T00:00:00Z"));
    assert_int_equal(months_first(&months, 12), TALLY_MONTHS_MAX - 26);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks_by_count),
        cmocka_unit_test(labels),
        cmocka_unit_test(different_texts_are_bounded),
        cmocka_unit_test(bytes_are_bounded),
        cmocka_unit_test(counts_months),
        cmocka_unit_test(shows_no_empty_years),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
