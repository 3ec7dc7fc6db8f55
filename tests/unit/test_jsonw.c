#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "jsonw.h"

static void lines_have_no_blanks(void **state)
{
    struct buf out;
    struct jsonw w;

    (void)state;
    buf_init(&out, 1024);
    jsonw_init(&w, &out, 0);
    jsonw_object(&w, NULL);
    jsonw_text(&w, "t", "x");
    jsonw_text_or_null(&w, "n", NULL);
    jsonw_text_or_null(&w, "m", "");
    jsonw_int(&w, "i", INT64_MIN);
    jsonw_number(&w, "d", "10.10");
    jsonw_bool(&w, "b", false);
    jsonw_instant(&w, "at", 1);
    jsonw_array(&w, "a");
    jsonw_array(&w, NULL);
    jsonw_array_end(&w);
    jsonw_object(&w, NULL);
    jsonw_object_end(&w);
    jsonw_int(&w, NULL, 7);
    jsonw_array_end(&w);
    jsonw_null(&w, "z");
    jsonw_object_end(&w);
    assert_true(buf_ok(&out));
    assert_string_equal(out.data,
                        "{\"t\":\"x\",\"n\":null,\"m\":\"\","
                        "\"i\":-9223372036854775808,\"d\":10.10,\"b\":false,"
                        "\"at\":\"1970-01-01T00:00:00.001Z\",\"a\":[[],{},7],"
                        "\"z\":null}");
    buf_release(&out);
}

static void indented_text_is_for_people(void **state)
{
    struct buf out;
    struct jsonw w;

    (void)state;
    buf_init(&out, 1024);
    jsonw_init(&w, &out, 2);
    jsonw_object(&w, NULL);
    jsonw_int(&w, "a", 1);
    jsonw_array(&w, "b");
    jsonw_int(&w, NULL, 2);
    jsonw_int(&w, NULL, 3);
    jsonw_array_end(&w);
    jsonw_object(&w, "c");
    jsonw_object_end(&w);
    jsonw_object_end(&w);
    assert_string_equal(out.data, "{\n  \"a\": 1,\n  \"b\": [\n    2,\n    3\n"
                                  "  ],\n  \"c\": {}\n}");
    buf_release(&out);
}

static void only_what_must_be_is_escaped(void **state)
{
    struct buf out;
    struct jsonw w;

    (void)state;
    buf_init(&out, 1024);
    jsonw_init(&w, &out, 0);
    jsonw_object(&w, NULL);
    jsonw_text(&w, "k\"\n", "\"\\/\b\f\n\r\t\x01\x1f\x7f\xC3\xA9<");
    jsonw_object_end(&w);
    assert_string_equal(out.data,
                        "{\"k\\\"\\n\":\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f"
                        "\x7f\xC3\xA9<\"}");
    buf_release(&out);
}

static void a_full_buffer_is_told_once_at_the_end(void **state)
{
    struct buf out;
    struct jsonw w;

    (void)state;
    buf_init(&out, 5);
    jsonw_init(&w, &out, 0);
    jsonw_array(&w, NULL);
    jsonw_text(&w, NULL, "too long");
    jsonw_array_end(&w);
    assert_false(buf_ok(&out));
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_have_no_blanks),
        cmocka_unit_test(indented_text_is_for_people),
        cmocka_unit_test(only_what_must_be_is_escaped),
        cmocka_unit_test(a_full_buffer_is_told_once_at_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
