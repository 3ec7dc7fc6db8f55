#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "expiry.h"
#include "instant.h"

/* Payloads, base64url without padding. */
#define HEAD      "eyJhbGciOiJSUzI1NiJ9"
#define EXP_2027  "eyJzdWIiOiJ4IiwiZXhwIjoxODAzODU5MjAwfQ" /* 1803859200 */
#define EXP_FRAC  "eyJleHAiOjE4MDM4NTkyMDAuNX0"            /* 1803859200.5 */
#define EXP_TEXT  "eyJleHAiOiIxODAzODU5MjAwIn0"            /* "1803859200" */
#define EXP_MINUS "eyJleHAiOi0xfQ"                         /* -1 */
#define EXP_HUGE  "eyJleHAiOjFlMzB9"                       /* 1e30 */
#define NO_EXP    "eyJzdWIiOiJ4In0"
#define ARRAY     "WzFd"
#define TAIL      "c2ln"

static const int64_t day = INSTANT_DAY;

static void jwt(void **state)
{
    static const struct {
        const char *token;
        int64_t expiry;
    } cases[] = {
        {HEAD "." EXP_2027 "." TAIL, INT64_C(1803859200000)},
        {HEAD "." EXP_2027 ".", INT64_C(1803859200000)},
        {HEAD "." EXP_FRAC "." TAIL, INT64_C(1803859200000)},
        {HEAD "." EXP_TEXT "." TAIL, EXPIRY_UNKNOWN},
        {HEAD "." EXP_MINUS "." TAIL, EXPIRY_UNKNOWN},
        {HEAD "." EXP_HUGE "." TAIL, EXPIRY_UNKNOWN},
        {HEAD "." NO_EXP "." TAIL, EXPIRY_UNKNOWN},
        {HEAD "." ARRAY "." TAIL, EXPIRY_UNKNOWN},
        {HEAD "." EXP_2027, EXPIRY_UNKNOWN},
        {HEAD "." EXP_2027 "." TAIL "." TAIL, EXPIRY_UNKNOWN},
        {HEAD "." EXP_2027 "=." TAIL, EXPIRY_UNKNOWN},
        {HEAD ".!!." TAIL, EXPIRY_UNKNOWN},
        {"..", EXPIRY_UNKNOWN},
        {"ATATT3xFfGF0token=0A1B2C3D", EXPIRY_UNKNOWN},
        {"", EXPIRY_UNKNOWN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (expiry_of_jwt(cases[i].token) != cases[i].expiry)
            fail_msg("%s", cases[i].token);
    }
}

static void a_long_token_is_none(void **state)
{
    static char token[64 * 1024];

    (void)state;
    memset(token, 'A', sizeof(token) - 1);
    token[5] = token[sizeof(token) - 5] = '.';
    assert_true(expiry_of_jwt(token) == EXPIRY_UNKNOWN);
}

static void the_earlier_of_both(void **state)
{
    struct endpoint endpoint = {.expires = 0};
    const char *token = HEAD "." EXP_2027 "." TAIL;

    (void)state;
    assert_true(expiry_of(&endpoint, NULL) == EXPIRY_UNKNOWN);
    assert_true(expiry_of(&endpoint, "token") == EXPIRY_UNKNOWN);
    assert_true(expiry_of(&endpoint, token) == INT64_C(1803859200000));
    endpoint.expires = 5 * day;
    assert_true(expiry_of(&endpoint, token) == 5 * day);
    endpoint.expires = INT64_C(1903859200000);
    assert_true(expiry_of(&endpoint, token) == INT64_C(1803859200000));
}

static void near(void **state)
{
    (void)state;
    assert_false(expiry_near(EXPIRY_UNKNOWN, 0));
    assert_false(expiry_near(14 * day, 0));
    assert_true(expiry_near(14 * day - 1, 0));
    assert_true(expiry_near(day, 5 * day));
}

static void words(void **state)
{
    static const struct {
        int64_t expiry, now;
        const char *text;
    } cases[] = {
        {9 * INSTANT_DAY + 5, 0, "ends 1970-01-10T00:00:00Z, in 9 days"},
        {INSTANT_DAY, 3 * INSTANT_DAY,
         "ended 1970-01-02T00:00:00Z, 2 days ago"},
        {47 * INSTANT_HOUR, 0, "ends 1970-01-02T23:00:00Z, in 47 hours"},
        {90 * INSTANT_MINUTE, 0, "ends 1970-01-01T01:30:00Z, in 90 minutes"},
        {0, 0, "ended 1970-01-01T00:00:00Z, 0 minutes ago"},
    };
    char text[EXPIRY_TEXT_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        expiry_text(cases[i].expiry, cases[i].now, text);
        assert_string_equal(text, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jwt),
        cmocka_unit_test(a_long_token_is_none),
        cmocka_unit_test(the_earlier_of_both),
        cmocka_unit_test(near),
        cmocka_unit_test(words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
