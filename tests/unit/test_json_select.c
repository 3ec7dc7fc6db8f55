#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "json.h"
#include "json_select.h"

struct fixture {
    struct arena arena;
    struct json_select select;
    struct json_doc doc;
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
    struct fixture *f = *state;

    json_free(&f->doc);
    arena_release(&f->arena);
    return 0;
}

static void select_at(struct fixture *f, const char *base, const char *pointer)
{
    assert_int_equal(json_select_add(&f->select, &f->arena, base, pointer), 0);
}

static int parse(struct fixture *f, const char *text)
{
    char *room = json_room(&f->doc, strlen(text));

    assert_non_null(room);
    memcpy(room, text, strlen(text));
    error_clear(&f->err);
    return json_parse_room(&f->doc, &f->select, "page", ERROR_DATA, &f->err);
}

static void reads(struct fixture *f, const char *text)
{
    if (parse(f, text) != 0)
        fail_msg("%s", f->err.text);
}

static void refuses(struct fixture *f, const char *text, const char *reason)
{
    assert_int_equal(parse(f, text), -1);
    assert_string_equal(f->err.text, reason);
}

static void holds(struct fixture *f, const char *pointer, const char *text)
{
    const struct json *node = json_at(f->doc.root, pointer);

    if (node == NULL)
        fail_msg("nothing at %s", pointer);
    assert_string_equal(json_text(node), text);
}

static void lacks(struct fixture *f, const char *pointer)
{
    assert_null(json_at(f->doc.root, pointer));
}

static void only_what_is_selected_is_there(void **state)
{
    struct fixture *f = *state;

    select_at(f, "/records", "/id");
    select_at(f, "/records", "/who/name");
    select_at(f, NULL, "/next");
    reads(f, "{\"x\": [1, {\"id\": \"no\"}], \"records\": ["
             "{\"id\": \"a\", \"y\": {\"z\": \"\\u00e9\\n\"}, \"who\": "
             "{\"name\": \"Ada\", \"mail\": \"m\"}}, {\"id\": \"b\"}], "
             "\"next\": \"c\"}");
    holds(f, "/records/0/id", "a");
    holds(f, "/records/0/who/name", "Ada");
    holds(f, "/records/1/id", "b");
    holds(f, "/next", "c");
    lacks(f, "/x");
    lacks(f, "/records/0/y");
    lacks(f, "/records/0/who/mail");
    assert_int_equal(json_size(f->doc.root), 2);
    assert_int_equal(json_size(json_at(f->doc.root, "/records")), 2);
}

static void a_selected_value_is_whole(void **state)
{
    struct fixture *f = *state;

    select_at(f, NULL, "/a");
    select_at(f, NULL, "/a/b");
    reads(f, "{\"a\": {\"b\": \"1\", \"c\": [\"2\"]}, \"d\": 3}");
    holds(f, "/a/b", "1");
    holds(f, "/a/c/0", "2");
    lacks(f, "/d");
}

static void names_are_compared_decoded(void **state)
{
    struct fixture *f = *state;

    select_at(f, NULL, "/a~1b~0c");
    select_at(f, NULL, "/\xC3\xA9");
    select_at(f, NULL, "/");
    reads(f, "{\"a\\/b~c\": \"1\", \"\\u00e9\": \"2\", \"\": \"3\"}");
    holds(f, "/a~1b~0c", "1");
    holds(f, "/\xC3\xA9", "2");
    holds(f, "/", "3");
}

static void an_index_selects_in_every_element(void **state)
{
    struct fixture *f = *state;

    select_at(f, NULL, "/mails/0/value");
    reads(f, "{\"mails\": [{\"value\": \"a\", \"x\": 1}, {\"value\": \"b\"}]}");
    holds(f, "/mails/0/value", "a");
    holds(f, "/mails/1/value", "b");
    lacks(f, "/mails/0/x");
    reads(f, "{\"mails\": {\"0\": {\"value\": \"c\"}, \"value\": \"d\"}}");
    holds(f, "/mails/0/value", "c");
}

static void what_stands_instead_is_kept(void **state)
{
    struct fixture *f = *state;

    select_at(f, "/records", "/id");
    reads(f, "{\"records\": \"none\"}");
    holds(f, "/records", "none");
    reads(f, "{\"records\": [\"text\", {\"id\": \"a\"}]}");
    holds(f, "/records/0", "text");
    holds(f, "/records/1/id", "a");
}

static void the_rest_is_checked_as_strictly(void **state)
{
    struct fixture *f = *state;

    select_at(f, NULL, "/a");
    refuses(f, "{\"b\": [1, 02]}", "page:1:11: number with a leading zero");
    refuses(f, "{\"b\": \"\\x\"}",
            "page:1:8: wrong escape, expected one of \\\" \\\\ \\/ \\b \\f "
            "\\n \\r \\t \\u");
    refuses(f, "{\"b\": \"\\u12g4\"}",
            "page:1:8: wrong escape, expected four hex digits after \\u");
    refuses(f, "{\"b\": \"\x01\"}",
            "page:1:8: control character 0x01 in a string, expected '\"' or "
            "the escape \\u0001");
    refuses(f, "{\"b\": {\"c\" 1}}", "page:1:12: unexpected '1', expected ':'");
    refuses(f, "{\"b\": \"open",
            "page:1:7: string without an end, expected '\"'");
    refuses(f, "{\"b\": [1,]}",
            "page:1:10: unexpected ']', expected a value");
    refuses(f, "{\"a\": 1, \"a\": 2}",
            "page:1:16: an object ends here that has a name twice");
    reads(f, "{\"b\": \"\xFF\xC3 \\ud800\", \"a\": \"\xFF\"}");
    holds(f, "/a", "\xEF\xBF\xBD");
    assert_int_equal(json_repairs(&f->doc), 1);
}

static void later_is_read_when_it_is_looked_into(void **state)
{
    struct fixture *f = *state;

    select_at(f, "/records/changes", "/to");
    assert_int_equal(json_select_later(&f->select, &f->arena, "/records",
                                       "/changes"),
                     0);
    reads(f, "{\"records\": [{\"changes\": [{\"to\": \"\\ud800\", \"x\": 1}, "
             "{\"to\": \"b\\n\"}, 5]}, {\"changes\": {\"to\": \"c\"}}, "
             "{\"changes\": \"d\"}, {\"changes\": []}]}");
    assert_int_equal(json_repairs(&f->doc), 0);
    assert_int_equal(json_size(json_at(f->doc.root, "/records/0/changes")), 3);
    assert_int_equal(json_repairs(&f->doc), 1);
    holds(f, "/records/0/changes/1/to", "b\n");
    holds(f, "/records/0/changes/0/to", "\xEF\xBF\xBD");
    lacks(f, "/records/0/changes/0/x");
    holds(f, "/records/1/changes/to", "c");
    holds(f, "/records/2/changes", "d");
    assert_int_equal(json_size(json_at(f->doc.root, "/records/3/changes")), 0);
    assert_int_equal(json_repairs(&f->doc), 1);
    assert_int_equal(json_check(&f->doc, "page", ERROR_DATA, &f->err), 0);
}

static void a_name_twice_in_what_is_read_later(void **state)
{
    struct fixture *f = *state;

    select_at(f, "/a", "/b");
    assert_int_equal(json_select_later(&f->select, &f->arena, NULL, "/a"), 0);
    reads(f, "{\"a\": {\"b\": 1, \"b\": 2}}");
    assert_int_equal(json_check(&f->doc, "page", ERROR_DATA, &f->err), 0);
    assert_int_equal(json_size(json_at(f->doc.root, "/a")), 0);
    assert_int_equal(json_check(&f->doc, "page", ERROR_DATA, &f->err), -1);
    assert_string_equal(f->err.text,
                        "page:1:22: an object ends here that has a name twice");
}

static void nothing_selected_leaves_the_root(void **state)
{
    struct fixture *f = *state;

    reads(f, "[1, {\"a\": 2}]");
    assert_int_equal(json_type(f->doc.root), JSON_ARRAY);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_what_is_selected_is_there),
        TEST(a_selected_value_is_whole),
        TEST(names_are_compared_decoded),
        TEST(an_index_selects_in_every_element),
        TEST(what_stands_instead_is_kept),
        TEST(the_rest_is_checked_as_strictly),
        TEST(later_is_read_when_it_is_looked_into),
        TEST(a_name_twice_in_what_is_read_later),
        TEST(nothing_selected_leaves_the_root),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
