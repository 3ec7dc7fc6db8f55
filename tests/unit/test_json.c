#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

/* An exact heap copy, so that a read past the end is seen by ASan. */
static int parse_bytes(struct json_doc *doc, const char *text, size_t len,
                       unsigned flags, struct error *err)
{
    char *copy = malloc(len + 1);
    char *exact = copy + 1;
    int status;

    assert_non_null(copy);
    memcpy(exact, text, len);
    status = json_parse(doc, exact, len, flags, "t.json", ERROR_CONFIG, err);
    free(copy);
    return status;
}

static int parse(struct json_doc *doc, const char *text, struct error *err)
{
    return parse_bytes(doc, text, strlen(text), JSON_STRICT, err);
}

static void parse_ok(struct json_doc *doc, const char *text)
{
    struct error err = {0};

    if (parse(doc, text, &err) != 0)
        fail_msg("refused: %s (%s)", text, err.text);
}

static void takes_what_rfc_8259_allows(void **state)
{
    static const char *const texts[] = {
        "null",
        "true",
        "false",
        "0",
        "-0",
        "\"\"",
        "[]",
        "{}",
        " \t\r\n[ \n] ",
        "[[]]",
        "[{}]",
        "[null,true,false]",
        "{\"\":0}",
        "{\"a\":{\"b\":[1]},\"c\":\"d\"}",
        "[0.5]",
        "[-0.5e-10]",
        "[1E400]",
        "[1e+2]",
        "[0e0]",
        "[0.0E-0]",
        "[123456789012345678901234567890]",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
        "\"\\u0041\\uABCD\\uabcd\"",
        "\"\\uD83D\\uDE00\"",
        "\"\x7f\"",
        "\"\xC2\x80\"",
        "\"\xEF\xBF\xBF\"",
        "\"\xF4\x8F\xBF\xBF\"",
        "\"//\"",
        "\"/*\"",
        "{\"a\":1,\"a\":2}",
        "[1 , 2\n]",
        "{ \"a\" : 1 }",
    };
    struct json_doc doc;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        parse_ok(&doc, texts[i]);
        assert_int_equal(json_repairs(&doc), 0);
        json_free(&doc);
    }
}

static void refuses_what_rfc_8259_does_not_allow(void **state)
{
    static const char *const texts[] = {
        "nul",
        "nullx",
        "True",
        "NaN",
        "Infinity",
        "-Infinity",
        "undefined",
        "01",
        "-01",
        "00",
        "0123",
        "1.",
        "-",
        "+1",
        ".5",
        "1.e1",
        "1e",
        "1e+",
        "1ee1",
        "0x10",
        "1 2",
        "--1",
        "1.2.3",
        "-a",
        "[",
        "]",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1,,2]",
        "[1 2]",
        "[}",
        "[1}",
        "{",
        "}",
        "{]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,}",
        "{1:2}",
        "{a:1}",
        "{'a':1}",
        "{\"a\" 1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":1]",
        "{\"a\":1,,\"b\":2}",
        "{\"a\":1:2}",
        "[1:2]",
        "{\"a\",1}",
        "\"",
        "\"abc",
        "'abc'",
        "\"\\x\"",
        "\"\\",
        "\"\\\"",
        "\"\\u\"",
        "\"\\u12\"",
        "\"\\u12G4\"",
        "\"\\U0041\"",
        "\"\\u 041\"",
        "\"\\a\"",
        "\"\\0\"",
        "\"\\\xC3\xA9\"",
        "\"a\nb\"",
        "\"a\tb\"",
        "\"\x1f\"",
        "[1]x",
        "[1]]",
        "{}{}",
        "null null",
        "\x0c[1]",
        "\xC2\xA0[1]",
        "[1]\xC2\xA0",
        "// c\n1",
        "/* c */1",
        "[1/**/]",
        "<html>",
        "\xEF\xBB\xBF{}",
        "\xFE\xFF",
        "\xFF\xFE{",
        "\xFF",
        "tru",
        "[fals]",
        "\"\\uD83D\\u12\"",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct error err = {0};
        struct json_doc doc;

        if (parse(&doc, texts[i], &err) == 0)
            fail_msg("accepted: %s", texts[i]);
        assert_int_equal(err.kind, ERROR_CONFIG);
        assert_null(doc.root);
    }
}

static void refuses_a_nul_byte_anywhere(void **state)
{
    static const char texts[][8] = {"[1]\0", "\0[1]", "[\"a\0\"]", "[1\0]"};
    static const size_t lengths[] = {4, 4, 6, 4};

    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct error err = {0};
        struct json_doc doc;

        assert_int_equal(
            parse_bytes(&doc, texts[i], lengths[i], JSON_STRICT, &err), -1);
    }
}

static void every_cut_of_a_text_is_refused(void **state)
{
    static const char text[] =
        "{\"a\":[1.5e3,true,\"\\ud83d\\ude00\\n\xF0\x9F\x98\x80\"],\"b\":{}}";

    (void)state;
    for (size_t len = 0; len < sizeof(text) - 1; len++) {
        struct error err = {0};
        struct json_doc doc;

        if (parse_bytes(&doc, text, len, JSON_STRICT, &err) == 0)
            fail_msg("accepted the first %zu bytes", len);
    }
}

static void errors_name_place_and_expectation(void **state)
{
    static const struct {
        const char *text;
        const char *error;
    } cases[] = {
        {"{\n  \"a\" 1}", "t.json:2:7: unexpected '1', expected ':'"},
        {"[1,\n2", "t.json:2:2: text ends early, expected ',' or ']'"},
        {"{\"a\":1,}", "t.json:1:8: unexpected '}', expected a member name in "
                       "double quotes"},
        {"{}x", "t.json:1:3: unexpected 'x', expected the end of the text"},
        {"[\"\xC3\xA9\xC3\xA9\" 1]",
         "t.json:1:7: unexpected '1', expected ',' or ']'"},
        {"[01]", "t.json:1:2: number with a leading zero"},
        {"[1.]", "t.json:1:4: incomplete number, expected a digit"},
        {"[\"abc", "t.json:1:2: string without an end, expected '\"'"},
        {"[\"a\tb\"]", "t.json:1:4: control character 0x09 in a string, "
                       "expected '\"' or the escape \\u0009"},
        {"[\"\\q\"]", "t.json:1:3: wrong escape, expected one of \\\" \\\\ "
                      "\\/ \\b \\f \\n \\r \\t \\u"},
        {"\xEF\xBB\xBF{}",
         "t.json:1:1: byte order mark, expected UTF-8 without one"},
        {"\xFF\xFE{", "t.json:1:1: text is UTF-16, expected UTF-8"},
        {"[\x01]", "t.json:1:2: unexpected byte 0x01, expected a value or "
                   "']'"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error err = {0};
        struct json_doc doc;

        assert_int_equal(parse(&doc, cases[i].text, &err), -1);
        assert_string_equal(err.text, cases[i].error);
    }
}

static void an_empty_text_says_so(void **state)
{
    struct error err = {0}, blank = {0};
    struct json_doc doc;

    (void)state;
    assert_int_equal(parse(&doc, "", &err), -1);
    assert_string_equal(err.text, "t.json: is empty, expected JSON");
    assert_int_equal(parse(&doc, " \n\t\n", &blank), -1);
    assert_string_equal(blank.text, "t.json: is empty, expected JSON");
}

static void numbers_keep_their_text(void **state)
{
    static const char *const numbers[] = {
        "9007199254740993",
        "9223372036854775807",
        "1e400",
        "0.1",
        "-0",
        "10.10",
        "0.30000000000000004",
        "1E+2",
        "123456789012345678901234567890.123456789012345678901234567890",
    };
    char text[128];

    (void)state;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct json_doc doc;
        const struct json *node;

        snprintf(text, sizeof(text), "[ %s ]", numbers[i]);
        parse_ok(&doc, text);
        node = json_first(doc.root);
        assert_int_equal(json_type(node), JSON_NUMBER);
        assert_string_equal(json_number_text(node), numbers[i]);
        assert_int_equal(json_repairs(&doc), 0);
        json_free(&doc);
    }
}

static void a_string_is_never_taken_for_a_number(void **state)
{
    struct json_doc doc;
    const struct json *node;

    (void)state;
    parse_ok(&doc, "[\"\xFF"
                   "1.5\",\"\\u00ff1\",\"15\"]");
    node = json_first(doc.root);
    assert_int_equal(json_type(node), JSON_STRING);
    assert_string_equal(json_text(node), "\xEF\xBF\xBD"
                                         "1.5");
    node = json_next(node);
    assert_int_equal(json_type(node), JSON_STRING);
    assert_string_equal(json_text(node), "\xC3\xBF"
                                         "1");
    assert_int_equal(json_type(json_next(node)), JSON_STRING);
    assert_int_equal(json_repairs(&doc), 1);
    json_free(&doc);
}

static void int64_takes_whole_numbers_that_fit(void **state)
{
    static const struct {
        const char *text;
        int status;
        int64_t value;
    } cases[] = {
        {"0", 0, 0},
        {"-0", 0, 0},
        {"9007199254740993", 0, 9007199254740993},
        {"9223372036854775807", 0, INT64_MAX},
        {"-9223372036854775808", 0, INT64_MIN},
        {"9223372036854775808", -1, 0},
        {"-9223372036854775809", -1, 0},
        {"1.0", -1, 0},
        {"1e3", -1, 0},
        {"\"5\"", -1, 0},
        {"null", -1, 0},
        {"[5]", -1, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct json_doc doc;
        int64_t value = 0;

        parse_ok(&doc, cases[i].text);
        assert_int_equal(json_int64(doc.root, &value), cases[i].status);
        assert_true(value == cases[i].value);
        json_free(&doc);
    }
}

#define FFFD "\xEF\xBF\xBD"

static void broken_strings_are_repaired_and_counted(void **state)
{
    static const struct {
        const char *text;
        const char *value;
    } cases[] = {
        {"\"a\\u0000b\"", "a" FFFD "b"},
        {"\"a\\ud83d\"", "a" FFFD},
        {"\"\\ud83dx\"", FFFD "x"},
        {"\"\\ude00\\ud83d\"", FFFD FFFD},
        {"\"\\ud83d\\ud83d\\ude00\"", FFFD "\xF0\x9F\x98\x80"},
        {"\"\\ud83d\\n\"", FFFD "\n"},
        {"\"\\uDBFFx\"", FFFD "x"},
        {"\"\\uDc00\"", FFFD},
        {"\"\\ud83d\\ue000\"", FFFD "\xEE\x80\x80"},
        {"\"\x80\"", FFFD},
        {"\"\xC0\xAF\"", FFFD FFFD},          /* overlong '/' */
        {"\"\xE0\x80\xAF\"", FFFD FFFD FFFD}, /* overlong, three bytes */
        {"\"\xED\xA0\x80\"", FFFD FFFD FFFD}, /* surrogate as UTF-8 */
        {"\"\xF4\x90\x80\x80\"", FFFD FFFD FFFD FFFD}, /* past U+10FFFF */
        {"\"\xE2\x82\"", FFFD}, /* cut: one replacement */
        {"\"\xF0\x9F\x98x\"", FFFD "x"},
        {"\"\xE2\x82\xC3\xA9\"", FFFD "\xC3\xA9"},
        {"\"\xFE\xFF\"", FFFD FFFD},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct json_doc doc;

        parse_ok(&doc, cases[i].text);
        assert_string_equal(json_text(doc.root), cases[i].value);
        assert_int_equal(json_repairs(&doc), 1);
        json_free(&doc);
    }
}

static void member_names_are_repaired_too(void **state)
{
    struct json_doc doc;

    (void)state;
    parse_ok(&doc, "{\"a\\u0000b\":1,\"c\":\"\\ud800\",\"d\":\"ok\"}");
    assert_string_equal(json_key(json_first(doc.root)), "a" FFFD "b");
    assert_int_equal(json_repairs(&doc), 2);
    json_free(&doc);
}

static void escapes_are_decoded(void **state)
{
    struct json_doc doc;

    (void)state;
    parse_ok(&doc, "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00\"");
    assert_string_equal(json_text(doc.root),
                        "\"\\/\b\f\n\r\t\xC3\xA9\xF0\x9F\x98\x80");
    assert_int_equal(json_repairs(&doc), 0);
    json_free(&doc);
}

/* Sixteen bytes are looked at together: the odd one may be any of them. */
static void strings_of_every_length_end_where_they_end(void **state)
{
    enum { LONGEST = 70 };
    char text[2 * LONGEST], wanted[2 * LONGEST];
    struct json_doc doc;

    (void)state;
    for (int len = 0; len < LONGEST; len++) {
        snprintf(text, sizeof(text), "[\"%0*d\",1]", len, 0);
        snprintf(wanted, sizeof(wanted), "%0*d", len, 0);
        parse_ok(&doc, text);
        assert_string_equal(json_text(json_first(doc.root)), wanted);
        assert_string_equal(json_number_text(json_at(doc.root, "/1")), "1");
        json_free(&doc);
        snprintf(text, sizeof(text), "\"%0*d\\n\xC3\xA9\"", len, 0);
        snprintf(wanted, sizeof(wanted), "%0*d\n\xC3\xA9", len, 0);
        parse_ok(&doc, text);
        assert_string_equal(json_text(doc.root), wanted);
        json_free(&doc);
    }
}

static int parse_nested(size_t depth, struct error *err)
{
    char *text = malloc(2 * depth);
    struct json_doc doc;
    int status;

    assert_non_null(text);
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    status = parse_bytes(&doc, text, 2 * depth, JSON_STRICT, err);
    if (status == 0)
        json_free(&doc);
    free(text);
    return status;
}

static void depth_has_a_limit(void **state)
{
    struct error err = {0}, deep = {0};

    (void)state;
    assert_int_equal(parse_nested(JSON_DEPTH_MAX - 1, &err), 0);
    assert_int_equal(parse_nested(JSON_DEPTH_MAX, &err), 0);
    assert_int_equal(parse_nested(JSON_DEPTH_MAX + 1, &err), -1);
    assert_string_equal(err.text, "t.json:1:201: nested deeper than 200 "
                                  "levels");
    assert_int_equal(parse_nested(1000000, &deep), -1);
}

static void depth_is_nesting_not_the_number_of_containers(void **state)
{
    struct json_doc doc;
    char text[4 * JSON_DEPTH_MAX + 2];
    char *p = text;

    (void)state;
    *p++ = '[';
    for (int i = 0; i < JSON_DEPTH_MAX; i++)
        p = memcpy(p, "[],", 3), p += 3;
    memcpy(p - 1, "]", 2);
    parse_ok(&doc, text);
    assert_int_equal(json_size(doc.root), JSON_DEPTH_MAX);
    json_free(&doc);
}

/* 0 in an array, and so on COUNT values in all. */
static int parse_many(size_t count, struct error *err)
{
    size_t len = 2 * count - 1;
    char *text = malloc(len);
    struct json_doc doc;
    int status;

    assert_non_null(text);
    memset(text, '0', len);
    for (size_t i = 2; i < len; i += 2)
        text[i] = ',';
    text[0] = '[';
    text[len - 1] = ']';
    status = json_parse(&doc, text, len, JSON_STRICT, "t.json", ERROR_DATA,
                        err);
    if (status == 0) {
        assert_int_equal(json_size(doc.root), count - 1);
        json_free(&doc);
    }
    free(text);
    return status;
}

static void the_number_of_values_has_a_ceiling(void **state)
{
    struct error err = {0};

    (void)state;
    assert_int_equal(parse_many(JSON_VALUES_MAX, &err), 0);
    assert_int_equal(parse_many(JSON_VALUES_MAX + 1, &err), -1);
    assert_string_equal(err.text,
                        "t.json:1:4194304: more than 2097152 values");
}

static void comments_are_blanks_when_allowed(void **state)
{
    static const char text[] =
        "// first \xFF \x01\n{/* a */\"a\"/**/:/* * // */1,// x\r\n"
        "\"b\":\"// no /* comment */\"}// end";
    struct error err = {0};
    struct json_doc doc;

    (void)state;
    assert_int_equal(parse_bytes(&doc, text, strlen(text), JSON_COMMENTS, &err),
                     0);
    assert_string_equal(json_number_text(json_member(doc.root, "a")), "1");
    assert_string_equal(json_text(json_member(doc.root, "b")),
                        "// no /* comment */");
    json_free(&doc);
}

static void wrong_comments_are_refused(void **state)
{
    static const struct {
        const char *text;
        const char *error;
    } cases[] = {
        {"{}\n /* open", "t.json:2:2: comment without an end, expected '*/'"},
        {"/*/", "t.json:1:1: comment without an end, expected '*/'"},
        {"1 /", "t.json:1:3: unexpected '/', expected the end of the text"},
        {"/* a */ // b", "t.json: is empty, expected JSON"},
        {"// a\n[1 /* b\n */ x",
         "t.json:3:5: unexpected 'x', expected ',' or ']'"},
        {"1/**/2", "t.json:1:6: unexpected '2', expected the end of the text"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error err = {0};
        struct json_doc doc;

        assert_int_equal(parse_bytes(&doc, cases[i].text, strlen(cases[i].text),
                                     JSON_COMMENTS, &err),
                         -1);
        assert_string_equal(err.text, cases[i].error);
    }
}

static void members_are_case_sensitive_and_duplicates_stay(void **state)
{
    struct json_doc doc;
    const struct json *child;

    (void)state;
    parse_ok(&doc, "{\"Key\":1,\"key\":2,\"key\":3}");
    child = json_member(doc.root, "key");
    assert_string_equal(json_number_text(child), "2");
    assert_string_equal(json_key(json_next(child)), "key");
    assert_string_equal(json_number_text(json_next(child)), "3");
    assert_null(json_next(json_next(child)));
    assert_null(json_member(doc.root, "KEY"));
    assert_int_equal(json_size(doc.root), 3);
    json_free(&doc);
}

/* {"0":0,"1":0,…} of so many members, the last named as the one at `same`. */
static int parse_members(int count, int same, struct error *err)
{
    char text[1024] = "{", *p = text + 1;
    struct json_doc doc;
    int status;

    for (int i = 0; i < count; i++)
        p += sprintf(p, "\"%d\":0,", i == count - 1 ? same : i);
    p[-1] = '}';
    status = json_parse(&doc, text, strlen(text), JSON_UNIQUE, "t.json",
                        ERROR_DATA, err);
    if (status == 0)
        json_free(&doc);
    return status;
}

static void a_name_stands_once_where_that_is_asked(void **state)
{
    static const int counts[] = {2, 10, 24, 25, 100};
    static const char nested[] = "[{\"a\":1},{\"a\":{\"b\":[],\"b\":1}}]";
    struct error err = {0}, deep = {0};
    struct json_doc doc;

    (void)state;
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct error clean = {0};
        int count = counts[i];

        assert_int_equal(parse_members(count, count, &clean), 0);
        assert_int_equal(parse_members(count, 0, &clean), -1);
        error_clear(&clean);
        assert_int_equal(parse_members(count, count - 2, &clean), -1);
    }
    assert_int_equal(parse_members(2, 0, &err), -1);
    assert_string_equal(
        err.text, "t.json:1:13: an object ends here that has a name twice");
    assert_int_equal(parse_bytes(&doc, nested, strlen(nested), JSON_UNIQUE,
                                 &deep),
                     -1);
    assert_string_equal(
        deep.text, "t.json:1:28: an object ends here that has a name twice");
    parse_ok(&doc, nested);
    json_free(&doc);
}

static void member_of_no_object_is_nothing(void **state)
{
    struct json_doc doc;

    (void)state;
    parse_ok(&doc, "[{\"a\":1}]");
    assert_null(json_member(doc.root, "a"));
    assert_null(json_key(json_first(doc.root)));
    assert_null(json_first(json_at(doc.root, "/0/a")));
    json_free(&doc);
}

static void pointers_follow_rfc_6901(void **state)
{
    static const struct {
        const char *pointer;
        const char *number; /* NULL: nothing there */
    } cases[] = {
        {"/foo/0", "10"},
        {"/foo/1", "11"},
        {"/", "0"},
        {"/a~1b", "1"},
        {"/m~0n", "8"},
        {"/~01", "9"},
        {"/c%d", "2"},
        {"/o/o/o", "7"},
        {"/foo/2", NULL},
        {"/foo/01", NULL},
        {"/foo/-", NULL},
        {"/foo/", NULL},
        {"/foo/+1", NULL},
        {"/foo/1x", NULL},
        {"/foo/99999999999999999999999", NULL},
        {"foo", NULL},
        {"/m~n", NULL},
        {"/m~", NULL},
        {"/o/o/o/o", NULL},
        {"/fo", NULL},
        {"/fooo", NULL},
        {"/FOO/0", NULL},
        {"//", NULL},
    };
    struct json_doc doc;

    (void)state;
    parse_ok(&doc, "{\"foo\":[10,11],\"\":0,\"a/b\":1,\"c%d\":2,\"m~n\":8,"
                   "\"~1\":9,\"o\":{\"o\":{\"o\":7}}}");
    assert_ptr_equal(json_at(doc.root, ""), doc.root);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct json *node = json_at(doc.root, cases[i].pointer);

        if (cases[i].number == NULL) {
            assert_null(node);
        } else {
            assert_non_null(node);
            assert_string_equal(json_number_text(node), cases[i].number);
        }
    }
    json_free(&doc);
}

static void types_are_told_apart(void **state)
{
    static const enum json_type types[] = {JSON_NULL,   JSON_BOOLEAN,
                                           JSON_NUMBER, JSON_STRING,
                                           JSON_ARRAY,  JSON_OBJECT};
    struct json_doc doc;
    const struct json *node;
    size_t i = 0;

    (void)state;
    parse_ok(&doc, "[null,true,1,\"\",[],{}]");
    for (node = json_first(doc.root); node != NULL; node = json_next(node))
        assert_int_equal(json_type(node), types[i++]);
    assert_int_equal(i, 6);
    assert_true(json_bool(json_at(doc.root, "/1")));
    assert_string_equal(json_type_name(JSON_OBJECT), "object");
    json_free(&doc);
}

static void a_freed_document_may_be_freed_again(void **state)
{
    struct json_doc doc;

    (void)state;
    parse_ok(&doc, "[1]");
    json_free(&doc);
    json_free(&doc);
    assert_null(doc.root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_what_rfc_8259_allows),
        cmocka_unit_test(refuses_what_rfc_8259_does_not_allow),
        cmocka_unit_test(refuses_a_nul_byte_anywhere),
        cmocka_unit_test(every_cut_of_a_text_is_refused),
        cmocka_unit_test(errors_name_place_and_expectation),
        cmocka_unit_test(an_empty_text_says_so),
        cmocka_unit_test(numbers_keep_their_text),
        cmocka_unit_test(a_string_is_never_taken_for_a_number),
        cmocka_unit_test(int64_takes_whole_numbers_that_fit),
        cmocka_unit_test(broken_strings_are_repaired_and_counted),
        cmocka_unit_test(member_names_are_repaired_too),
        cmocka_unit_test(escapes_are_decoded),
        cmocka_unit_test(strings_of_every_length_end_where_they_end),
        cmocka_unit_test(depth_has_a_limit),
        cmocka_unit_test(depth_is_nesting_not_the_number_of_containers),
        cmocka_unit_test(the_number_of_values_has_a_ceiling),
        cmocka_unit_test(comments_are_blanks_when_allowed),
        cmocka_unit_test(wrong_comments_are_refused),
        cmocka_unit_test(members_are_case_sensitive_and_duplicates_stay),
        cmocka_unit_test(a_name_stands_once_where_that_is_asked),
        cmocka_unit_test(member_of_no_object_is_nothing),
        cmocka_unit_test(pointers_follow_rfc_6901),
        cmocka_unit_test(types_are_told_apart),
        cmocka_unit_test(a_freed_document_may_be_freed_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
