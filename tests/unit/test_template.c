#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "template.h"

static const struct template_value values[] = {
    {"organisation", "o/1"}, {"site", NULL}, {"account_id", "712020:\"a\"?&"},
    {NULL, NULL}};

static void paths_are_encoded(void **state)
{
    struct error err = {0};
    struct buf out;

    (void)state;
    buf_init(&out, 200);
    assert_int_equal(template_fill("/o/{organisation}/u/{account_id}/x", values,
                                   &out, &err), 0);
    assert_string_equal(out.data, "/o/o%2F1/u/712020%3A%22a%22%3F%26/x");
    buf_reset(&out);
    assert_int_equal(template_fill("/plain%2F", values, &out, &err), 0);
    assert_string_equal(out.data, "/plain%2F");
    buf_reset(&out);
    assert_int_equal(template_fill_query("a/{organisation}", values, &out,
                                         &err), 0);
    assert_string_equal(out.data, "a%2Fo%2F1");
    buf_release(&out);
}

static void bodies_are_json(void **state)
{
    struct error err = {0};
    struct buf out;

    (void)state;
    buf_init(&out, 200);
    assert_int_equal(template_fill_body(
        "{\"a\":[\"{account_id}\",1.50,null],\"{site}\":\"x {organisation}\"}",
        values, &out, &err), 0);
    assert_string_equal(out.data,
                        "{\"a\":[\"712020:\\\"a\\\"?&\",1.50,null],"
                        "\"{site}\":\"x o/1\"}");
    buf_release(&out);
}

static void members_join_an_open_object(void **state)
{
    struct error err = {0};
    struct jsonw w;
    struct buf out;

    (void)state;
    buf_init(&out, 200);
    jsonw_init(&w, &out, 0);
    jsonw_object(&w, NULL);
    assert_int_equal(template_fill_members("{\"a\":\"{organisation}\",\"b\":1}",
                                           values, &w, &err), 0);
    jsonw_int(&w, "c", 2);
    jsonw_object_end(&w);
    assert_string_equal(out.data, "{\"a\":\"o/1\",\"b\":1,\"c\":2}");
    buf_release(&out);
}

static void what_is_lacking_is_named(void **state)
{
    struct error err = {0};
    struct buf out;

    (void)state;
    assert_null(template_lacks("/{organisation}/{account_id}", values));
    assert_string_equal(template_lacks("/{organisation}/{site}", values),
                        "site");
    assert_null(template_lacks(NULL, values));
    assert_true(template_uses("{x}{site}", "site"));
    assert_false(template_uses("{sites}site", "site"));
    buf_init(&out, 200);
    assert_int_equal(template_fill("/{site}", values, &out, &err), -1);
    assert_int_equal(err.kind, ERROR_BUG);
    buf_release(&out);
}

static void lengths_are_bounded(void **state)
{
    struct error err = {0};
    struct buf out;

    (void)state;
    buf_init(&out, 5);
    assert_int_equal(template_fill("/{account_id}", values, &out, &err), -1);
    assert_int_equal(err.kind, ERROR_CONFIG);
    error_clear(&err);
    buf_reset(&out);
    assert_int_equal(template_fill_body("\"{account_id}\"", values, &out, &err),
                     -1);
    assert_int_equal(err.kind, ERROR_CONFIG);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_encoded),
        cmocka_unit_test(bodies_are_json),
        cmocka_unit_test(members_join_an_open_object),
        cmocka_unit_test(what_is_lacking_is_named),
        cmocka_unit_test(lengths_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
