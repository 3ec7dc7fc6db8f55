#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "pattern.h"

/* What the C library says of each is what is said. */
static void says_what_the_library_says(void **state)
{
    static const char *const patterns[] = {
        "",          ".",        "^",          "$",          "^$",
        "^user_log", "user_log", "^user_logx*", "^user_log+", "^user_logx?",
        "^user_log(in|out)", "^user|admin", "^(user|admin)", "^user_log{1}",
        "^user[_]log", "^user[|]log", "^user\\_log", "^us\\|er", "^a(b|c)|user",
        "^user_login$", "^.ser", "^x*user", "^\xC3\xA9t\xC3\xA9*",
        "^user_log\xC3\xA9?", "^^user", "(^user)", "^\\^user", "^a\\\\|user"};
    static const char *const texts[] = {
        "", "user_login", "user_log", "user_lo", "admin", "xuser_log", "a",
        "ab", "us|er", "user|log", "^user", "\xC3\xA9t\xC3\xA9", "user\nlog",
        "x\nuser_log", "userXlog", "a\\", "user_log\xC3\xA9"};

    (void)state;
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        struct pattern pattern = {0};
        char reason[PATTERN_REASON_MAX];
        regex_t regex;

        assert_int_equal(pattern_compile(&pattern, patterns[i], reason),
                         PATTERN_GOOD);
        assert_int_equal(
            regcomp(&regex, patterns[i], REG_EXTENDED | REG_NOSUB), 0);
        for (size_t t = 0; t < sizeof(texts) / sizeof(texts[0]); t++) {
            if (pattern_matches(&pattern, texts[t], NULL) !=
                (regexec(&regex, texts[t], 0, NULL, 0) == 0))
                fail_msg("'%s' and '%s'", patterns[i], texts[t]);
        }
        regfree(&regex);
        pattern_release(&pattern);
    }
}

static void the_start_is_compared(void **state)
{
    static const struct {
        const char *pattern, *start;
    } cases[] = {{"^user_log(in|out|ged_)", "user_log"},
                 {"^user_deactiv", "user_deactiv"},
                 {"^Added to", "Added to"},
                 {"^abc*", "ab"},
                 {"^a|b", ""},
                 {"^[a]b", ""},
                 {"user", ""},
                 {".", ""}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pattern pattern = {0};
        char reason[PATTERN_REASON_MAX];

        pattern_compile(&pattern, cases[i].pattern, reason);
        assert_int_equal(pattern.start_len, strlen(cases[i].start));
        assert_memory_equal(pattern.start_len > 0 ? pattern.start : "",
                            cases[i].start, pattern.start_len);
        pattern_release(&pattern);
    }
}

static void what_is_wrong_is_said(void **state)
{
    struct pattern pattern = {0};
    char reason[PATTERN_REASON_MAX] = "";

    (void)state;
    assert_int_equal(pattern_compile(&pattern, "(", reason), PATTERN_WRONG);
    assert_non_null(strchr(reason, '('));
    pattern_release(&pattern);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_the_library_says),
        cmocka_unit_test(the_start_is_compared),
        cmocka_unit_test(what_is_wrong_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
