#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "transform.h"

struct fixture {
    struct arena arena;
    struct error err;
};

static int setup(void **state)
{
    static struct fixture fixture;

    memset(&fixture, 0, sizeof(fixture));
    arena_init(&fixture.arena);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    arena_release(&fixture->arena);
    return 0;
}

static struct value apply(void **state, const struct transform *transform,
                          struct value value)
{
    struct fixture *fixture = *state;

    assert_int_equal(
        transform_apply(transform, &value, &fixture->arena, &fixture->err), 0);
    return value;
}

static void check(void **state, const struct transform *transform,
                  const char *in, const char *out)
{
    struct value value = apply(state, transform, value_text(in));

    assert_true(value.present);
    assert_int_equal(value.type, VALUE_STRING);
    assert_string_equal(value.text, out);
}

static void names_and_kinds_agree(void **state)
{
    (void)state;
    for (int i = 0; i < TRANSFORM_KIND_COUNT; i++)
        assert_int_equal(transform_find(transform_name((enum transform_kind)i)),
                         i);
    assert_int_equal(transform_find("format_date"), TRANSFORM_FORMAT_DATE);
    assert_int_equal(transform_find("Trim"), -1);
    assert_int_equal(transform_find(""), -1);
}

static void types_are_checked_before_a_run(void **state)
{
    (void)state;
    assert_int_equal(transform_type(TRANSFORM_TRIM, VALUE_STRING),
                     VALUE_STRING);
    assert_int_equal(transform_type(TRANSFORM_TRIM, VALUE_TIMESTAMP), -1);
    assert_int_equal(transform_type(TRANSFORM_SHA256, VALUE_INTEGER), -1);
    assert_int_equal(transform_type(TRANSFORM_FORMAT_DATE, VALUE_TIMESTAMP),
                     VALUE_STRING);
    assert_int_equal(transform_type(TRANSFORM_FORMAT_DATE, VALUE_DATE),
                     VALUE_STRING);
    assert_int_equal(transform_type(TRANSFORM_FORMAT_DATE, VALUE_STRING), -1);
}

static void trim_takes_both_ends(void **state)
{
    const struct transform t = {.kind = TRANSFORM_TRIM};

    check(state, &t, " \t\r\n a  b \v\f", "a  b");
    check(state, &t, " \n ", "");
    check(state, &t, "", "");
    check(state, &t, "\xC2\xA0x", "\xC2\xA0x");
}

static void case_is_changed_for_ascii_only(void **state)
{
    const struct transform lower = {.kind = TRANSFORM_LOWER};
    const struct transform upper = {.kind = TRANSFORM_UPPER};

    check(state, &lower, "AZ@[`{az \xC3\x84", "az@[`{az \xC3\x84");
    check(state, &upper, "AZ@[`{az \xC3\xA4", "AZ@[`{AZ \xC3\xA4");
}

static void truncate_counts_characters(void **state)
{
    struct transform t = {.kind = TRANSFORM_TRUNCATE, .characters = 3};

    check(state, &t, "abcd", "abc");
    check(state, &t, "abc", "abc");
    check(state, &t, "\xC3\xA9\xF0\x9F\x98\x80z\xC3\xA9",
          "\xC3\xA9\xF0\x9F\x98\x80z");
    check(state, &t, "\xC3\xA9\xC3\xA9\xC3\xA9", "\xC3\xA9\xC3\xA9\xC3\xA9");
    t.characters = 0;
    check(state, &t, "a", "");
}

static void newlines_become_a_text(void **state)
{
    struct transform t = {.kind = TRANSFORM_REPLACE_NEWLINES, .text = " / "};

    check(state, &t, "a\r\nb\rc\nd\n\re", "a / b / c / d /  / e");
    check(state, &t, "\r\n", " / ");
    check(state, &t, "none", "none");
    t.text = "";
    check(state, &t, "a\nb\r", "ab");
}

static void only_default_sees_null(void **state)
{
    for (int i = 0; i < TRANSFORM_KIND_COUNT; i++) {
        struct transform t = {.kind = (enum transform_kind)i, .text = "x"};
        enum value_type in =
            i == TRANSFORM_FORMAT_DATE ? VALUE_TIMESTAMP : VALUE_STRING;
        struct value value = apply(state, &t, value_null(in));

        assert_int_equal(value.present, i == TRANSFORM_DEFAULT);
        assert_int_equal(value.type, VALUE_STRING);
    }
}

static void default_leaves_empty_text(void **state)
{
    const struct transform t = {.kind = TRANSFORM_DEFAULT, .text = "d"};

    check(state, &t, "", "");
    check(state, &t, NULL, "d");
}

static void map_keeps_and_lookup_drops_what_is_not_found(void **state)
{
    struct transform t = {.kind = TRANSFORM_MAP};
    char to[] = "B";

    assert_int_equal(strmap_put(&t.table, "b", to), 0);
    check(state, &t, "b", "B");
    check(state, &t, "c", "c");
    t.kind = TRANSFORM_LOOKUP;
    check(state, &t, "b", "B");
    assert_false(apply(state, &t, value_text("c")).present);
    strmap_release(&t.table);
}

static void concat_goes_around(void **state)
{
    struct transform t = {
        .kind = TRANSFORM_CONCAT, .text = "<", .after = "%s>"};

    check(state, &t, "a", "<a%s>");
    t.text = NULL;
    t.after = NULL;
    check(state, &t, "a", "a");
}

static void dates_are_formatted_in_their_zone(void **state)
{
    struct fixture *fixture = *state;
    struct transform t = {.kind = TRANSFORM_FORMAT_DATE,
                          .text = "%d.%m.%Y %H:%M",
                          .offset_minutes = 120};
    struct value value = apply(state, &t, value_instant(1767222000000));

    assert_string_equal(value.text, "01.01.2026 01:00");
    t.text = "%q";
    value = value_instant(0);
    assert_int_equal(
        transform_apply(&t, &value, &fixture->arena, &fixture->err), -1);
    assert_int_equal(fixture->err.kind, ERROR_CONFIG);
}

static void sha256_is_of_salt_then_text(void **state)
{
    const struct transform t = {.kind = TRANSFORM_SHA256, .text = "a"};
    const struct transform bare = {.kind = TRANSFORM_SHA256};
    static const char abc[] =
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    check(state, &t, "bc", abc);
    check(state, &bare, "abc", abc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_kinds_agree),
        cmocka_unit_test(types_are_checked_before_a_run),
        cmocka_unit_test(trim_takes_both_ends),
        cmocka_unit_test(case_is_changed_for_ascii_only),
        cmocka_unit_test(truncate_counts_characters),
        cmocka_unit_test(newlines_become_a_text),
        cmocka_unit_test(only_default_sees_null),
        cmocka_unit_test(default_leaves_empty_text),
        cmocka_unit_test(map_keeps_and_lookup_drops_what_is_not_found),
        cmocka_unit_test(concat_goes_around),
        cmocka_unit_test(dates_are_formatted_in_their_zone),
        cmocka_unit_test(sha256_is_of_salt_then_text),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
