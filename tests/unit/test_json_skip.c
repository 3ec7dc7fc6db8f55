/* What nobody selected is refused exactly where it would be if all were
 * selected, and in the same words. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "json_select.h"

enum { BYTES = 256, DEEP = JSON_DEPTH_MAX - 1 };

static const char rich[] =
    "{\"text\": \"a\\n\\u00e9\\\"\\/ plain, and longer than one register\", "
    "\"numbers\": [0, -1, 12.50, 1e9, -0.1E-7, 1E+2], "
    "\"words\" : [true , false,null ] ,\r\n\t\"none\": {}, \"empty\": [], "
    "\"nested\": [[{\"deeper\": {\"text\": \"\"}}]]}";

struct fixture {
    struct arena arena;
    struct json_select select;
    struct json_doc one, all;
};

static int setup(void **state)
{
    static struct fixture fixture;

    memset(&fixture, 0, sizeof(fixture));
    arena_init(&fixture.arena);
    assert_int_equal(
        json_select_add(&fixture.select, &fixture.arena, "", "/wanted"), 0);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    json_free(&f->one);
    json_free(&f->all);
    arena_release(&f->arena);
    return 0;
}

/* {"skipped": VALUE, "wanted": 1} */
static int parse(struct json_doc *doc, const struct json_select *select,
                 const char *value, size_t len, struct error *err)
{
    static const char before[] = "{\"skipped\": ", after[] = ", \"wanted\": 1}";
    char *room = json_room(doc, strlen(before) + len + strlen(after));

    assert_non_null(room);
    memcpy(room, before, strlen(before));
    memcpy(room + strlen(before), value, len);
    memcpy(room + strlen(before) + len, after, strlen(after));
    return json_parse_room(doc, select, "page", ERROR_DATA, err);
}

/* True when both take it. */
static bool agree(struct fixture *f, const char *value, size_t len)
{
    struct error skipped = {0}, read = {0};
    int result = parse(&f->one, &f->select, value, len, &skipped);

    assert_int_equal(result, parse(&f->all, NULL, value, len, &read));
    assert_string_equal(skipped.text, read.text);
    if (result == 0)
        assert_non_null(json_member(f->one.root, "wanted"));
    return result == 0;
}

static void values(void **state)
{
    static const char *const good[] = {
        rich,
        "0",
        "-0",
        "1.5e+10",
        "\"\"",
        "\"\\ud83d\\ude00\"",
        "[]",
        "{}",
        "true",
        "false",
        "null",
        " [ 1 , 2 ] ",
        "\"\xff\"",
        "\"\x7f\"",
        "\"fifteen bytes..\"",
        "\"sixteen bytes...\"",
        "\"seventeen bytes.\\n\"",
    };
    static const char *const bad[] = {
        "",           "01",        "-",          "+1",
        ".5",         "1.",        "1e",         "1e+",
        "0x1",        "tru",       "nul",        "True",
        "NaN",        "\"",        "\"\\x\"",    "\"\\u12g4\"",
        "\"\\u123\"", "\"a\nb\"",  "\"\t\"",     "[",
        "[1",         "[1,",       "[1,]",       "[,1]",
        "[1 2]",      "]",         "{",          "{\"a\"",
        "{\"a\":",    "{\"a\":1",  "{\"a\":1,}", "{a:1}",
        "{1:1}",      "{\"a\" 1}", "{,}",        "}",
        "[}",         "{]",        "/* */ 1",    "1 1",
        "'a'",
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        if (!agree(f, good[i], strlen(good[i])))
            fail_msg("refused: %s", good[i]);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (agree(f, bad[i], strlen(bad[i])))
            fail_msg("taken: %s", bad[i]);
    }
}

static void every_byte_of_a_value_as_any_other(void **state)
{
    struct fixture *f = *state;
    char value[sizeof(rich)];
    size_t taken = 0, len = strlen(rich);

    for (size_t at = 0; at < len; at++) {
        memcpy(value, rich, sizeof(rich));
        for (int byte = 0; byte < BYTES; byte++) {
            value[at] = (char)byte;
            taken += agree(f, value, len);
        }
    }
    assert_true(taken > len && taken < len * BYTES);
}

static void every_beginning_of_a_value(void **state)
{
    struct fixture *f = *state;

    for (size_t len = 0; len < strlen(rich); len++)
        assert_false(agree(f, rich, len));
}

static void containers_in_each_other(void **state)
{
    struct fixture *f = *state;
    char value[2 * (DEEP + 1)];

    for (int depth = DEEP; depth <= DEEP + 1; depth++) {
        memset(value, '[', (size_t)depth);
        memset(value + depth, ']', (size_t)depth);
        assert_int_equal(agree(f, value, 2 * (size_t)depth), depth == DEEP);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values, setup, teardown),
        cmocka_unit_test_setup_teardown(every_byte_of_a_value_as_any_other,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(every_beginning_of_a_value, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(containers_in_each_other, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
