#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "log.h"

struct fixture {
    char *text;
    size_t size;
    struct log log;
};

static int64_t fixed_time(void *context)
{
    (void)context;
    return 1795399200999;
}

static int setup(void **state)
{
    static struct fixture fixture;

    memset(&fixture, 0, sizeof(fixture));
    fixture.log.out = open_memstream(&fixture.text, &fixture.size);
    fixture.log.level = LOG_INFO;
    fixture.log.clock = (struct clock){fixed_time, fixed_time, NULL};
    *state = &fixture;
    return fixture.log.out == NULL ? -1 : 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    fclose(fixture->log.out);
    free(fixture->text);
    return 0;
}

static void text_lines(void **state)
{
    struct fixture *fixture = *state;

    log_line(&fixture->log, LOG_INFO, "page", "%s: %d rows", "jira", 7);
    log_line(&fixture->log, LOG_DEBUG, "page", "dropped");
    log_line(&fixture->log, LOG_ERROR, "stop", "over");
    assert_string_equal(fixture->text,
                        "2026-11-23T02:00:00Z info  page jira: 7 rows\n"
                        "2026-11-23T02:00:00Z error stop over\n");
}

static void a_server_cannot_forge_a_line_or_drive_the_terminal(void **state)
{
    struct fixture *fixture = *state;

    log_line(&fixture->log, LOG_WARN, "page", "%s", "a\nb\r\033[31m\x7f");
    assert_string_equal(fixture->text, "2026-11-23T02:00:00Z warn  page "
                                       "a\n    b\\u000d\\u001b[31m\\u007f\n");
}

static void color_ends_with_its_line(void **state)
{
    struct fixture *fixture = *state;

    fixture->log.color = true;
    log_line(&fixture->log, LOG_ERROR, "stop", "over");
    log_line(&fixture->log, LOG_INFO, "page", "plain");
    assert_string_equal(fixture->text,
                        "\033[31m2026-11-23T02:00:00Z error stop over\033[0m\n"
                        "2026-11-23T02:00:00Z info  page plain\n");
}

static void json_lines_are_json(void **state)
{
    struct fixture *fixture = *state;
    struct error err = {0};
    struct json_doc doc;

    fixture->log.json = true;
    fixture->log.run_id = "20261123T020000Z";
    log_line(&fixture->log, LOG_WARN, "retry", "%s", "\"a\\b\"\n\x01\xC3\xA9");
    assert_int_equal(json_parse(&doc, fixture->text, fixture->size, JSON_STRICT,
                                "log", ERROR_BUG, &err),
                     0);
    assert_string_equal(json_text(json_member(doc.root, "message")),
                        "\"a\\b\"\n\x01\xC3\xA9");
    assert_string_equal(json_text(json_member(doc.root, "run")),
                        "20261123T020000Z");
    assert_string_equal(json_text(json_member(doc.root, "level")), "warn");
    assert_string_equal(json_text(json_member(doc.root, "ts")),
                        "2026-11-23T02:00:00Z");
    assert_int_equal(fixture->text[fixture->size - 1], '\n');
    json_free(&doc);
}

/* Invalid bytes, control characters above ASCII, a character cut in two by the
 * message's end. */
static void json_lines_are_json_whatever_they_hold(void **state)
{
    struct fixture *fixture = *state;
    struct error err = {0};
    struct json_doc doc;
    char text[4096] = "\xff\xc2\x9b\xed\xa0\x80\xf0\x9f\x98\x80";

    fixture->log.json = true;
    log_line(&fixture->log, LOG_WARN, "retry", "%s", text);
    assert_non_null(strstr(fixture->text,
                           "\"message\":\"\\ufffd\\u009b\\ufffd\\ufffd\\ufffd"
                           "\xf0\x9f\x98\x80\"}\n"));
    rewind(fixture->log.out);
    for (size_t at = 0; at + 4 < sizeof(text); at += 4)
        memcpy(text + at, "\xf0\x9f\x98\x80", 5);
    log_line(&fixture->log, LOG_WARN, "retry", "x%s", text);
    assert_int_equal(json_parse(&doc, fixture->text,
                                strcspn(fixture->text, "\n"), JSON_STRICT,
                                "log", ERROR_BUG, &err),
                     0);
    assert_int_equal(json_repairs(&doc), 0);
    json_free(&doc);
    rewind(fixture->log.out);
    fixture->log.json = false;
    log_line(&fixture->log, LOG_WARN, "retry", "\xff\xc2\x9b\xc3\xa9");
    assert_non_null(strstr(fixture->text, "retry ?\\u009b\xc3\xa9\n"));
}

static void warnings_are_counted_though_dropped(void **state)
{
    struct fixture *fixture = *state;
    uint64_t warnings = 0;

    fixture->log.warnings = &warnings;
    fixture->log.level = LOG_ERROR;
    log_line(&fixture->log, LOG_WARN, "retry", "dropped");
    log_line(&fixture->log, LOG_INFO, "page", "dropped");
    log_line(&fixture->log, LOG_ERROR, "stop", "told");
    assert_int_equal(warnings, 1);
}

static void text_for_a_person_is_for_nobody_else(void **state)
{
    struct fixture *fixture = *state;

    log_text(&fixture->log, LOG_DEBUG, "dropped\n");
    log_text(&fixture->log, LOG_INFO, "one\n  two\n");
    fixture->log.json = true;
    log_text(&fixture->log, LOG_INFO, "no JSON\n");
    assert_string_equal(fixture->text, "one\n  two\n");
}

static void a_json_line_without_a_run_has_no_such_member(void **state)
{
    struct fixture *fixture = *state;

    fixture->log.json = true;
    log_line(&fixture->log, LOG_INFO, "start", "x");
    assert_string_equal(fixture->text,
                        "{\"ts\":\"2026-11-23T02:00:00Z\",\"level\":\"info\","
                        "\"event\":\"start\",\"message\":\"x\"}\n");
}

int main(void)
{
#define LOG_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        LOG_TEST(text_lines),
        LOG_TEST(a_server_cannot_forge_a_line_or_drive_the_terminal),
        LOG_TEST(color_ends_with_its_line),
        LOG_TEST(json_lines_are_json),
        LOG_TEST(json_lines_are_json_whatever_they_hold),
        LOG_TEST(warnings_are_counted_though_dropped),
        LOG_TEST(text_for_a_person_is_for_nobody_else),
        LOG_TEST(a_json_line_without_a_run_has_no_such_member),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
