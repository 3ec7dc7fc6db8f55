#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "item.h"

static void every_field_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < USER_FIELD_COUNT; i++) {
        assert_non_null(user_fields[i].name);
        assert_int_equal(user_field_find(user_fields[i].name), i);
    }
    for (int i = 0; i < EVENT_FIELD_COUNT; i++) {
        assert_non_null(event_fields[i].name);
        assert_int_equal(event_field_find(event_fields[i].name), i);
    }
}

static void names_are_the_published_ones(void **state)
{
    (void)state;
    assert_int_equal(user_field_find("account_id"), USER_ACCOUNT_ID);
    assert_int_equal(user_field_find("last_seen_at"), USER_LAST_SEEN_AT);
    assert_int_equal(event_field_find("actor_email"), EVENT_ACTOR_EMAIL);
    assert_int_equal(event_field_find("at"), EVENT_AT);
    assert_int_equal(user_field_find("Account_id"), -1);
    assert_int_equal(user_field_find(""), -1);
    assert_int_equal(event_field_find("account_id"), -1);
}

static void fields_have_their_types(void **state)
{
    (void)state;
    assert_int_equal(user_fields[USER_ACTIVE].type, VALUE_BOOLEAN);
    assert_int_equal(user_fields[USER_DEACTIVATED_AT].type, VALUE_TIMESTAMP);
    assert_int_equal(user_fields[USER_EMAIL].type, VALUE_STRING);
    assert_int_equal(event_fields[EVENT_AT].type, VALUE_TIMESTAMP);
}

static void every_value_type_has_a_name(void **state)
{
    static const char *const names[] = {"string",  "integer",   "number",
                                        "boolean", "timestamp", "date"};

    (void)state;
    for (int i = 0; i < VALUE_TYPE_COUNT; i++)
        assert_string_equal(value_type_name((enum value_type)i), names[i]);
}

static void values_know_null_from_empty(void **state)
{
    (void)state;
    assert_false(value_text(NULL).present);
    assert_int_equal(value_text(NULL).type, VALUE_STRING);
    assert_true(value_text("").present);
    assert_false(value_null(VALUE_DATE).present);
    assert_int_equal(value_null(VALUE_DATE).type, VALUE_DATE);
    assert_true(value_instant(0).present);
    assert_true(value_bool(false).present);
    assert_int_equal(value_bool(true).integer, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_has_a_name_of_its_own),
        cmocka_unit_test(names_are_the_published_ones),
        cmocka_unit_test(fields_have_their_types),
        cmocka_unit_test(every_value_type_has_a_name),
        cmocka_unit_test(values_know_null_from_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
