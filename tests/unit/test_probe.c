#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_exchange.h"
#include "instant.h"
#include "probe.h"

enum { USERS, AUDIT, KEYS, SOURCES, OK = 200 };

static const char *const files[SOURCES] = {
    "mappings/sources/jira_users.json", "mappings/sources/jira_audit.json",
    "mappings/sources/jira_user_keys.json"};

/* A window of one day, 2026-11-22, and the answer every request gets. */
struct stage {
    struct setup setup;
    struct endpoint endpoint;
    struct source_report reports[SOURCES];
    struct run_report report;
    struct manifest previous;
    struct gather_options options;
    const char *answer;
    int status;
    struct error err;
};

static struct stage stage;

static int group_setup(void **state)
{
    struct error err = {0};

    (void)state;
    for (int i = 0; i < SOURCES; i++) {
        if (source_load(&stage.setup.sources[i].source, files[i], &err) != 0) {
            print_error("%s\n", err.text);
            return -1;
        }
        stage.setup.sources[i].endpoint = &stage.endpoint;
    }
    stage.setup.source_count = SOURCES;
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    for (int i = 0; i < SOURCES; i++)
        source_free(&stage.setup.sources[i].source);
    return 0;
}

static int serve(void *context, const char *path, size_t number,
                 struct buf *body)
{
    (void)context;
    (void)path;
    (void)number;
    buf_puts(body, stage.answer);
    return stage.status;
}

static int setup(void **state)
{
    (void)state;
    stage.endpoint = (struct endpoint){.name = "jira", .url = "https://x"};
    memset(stage.reports, 0, sizeof(stage.reports));
    stage.report =
        (struct run_report){.sources = stage.reports, .source_count = SOURCES};
    memset(&stage.previous, 0, sizeof(stage.previous));
    stage.options = (struct gather_options){
        .setup = &stage.setup,
        .exchange = fake_exchange_new(serve, NULL, 0),
        .window = {.from = 1795305600000, .to = 1795392000000},
        .report = &stage.report};
    stage.status = OK;
    stage.err = (struct error){0};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    exchange_free(stage.options.exchange);
    if (stage.previous.doc.scan != NULL)
        json_free(&stage.previous.doc);
    return 0;
}

static int credential(const char *answer)
{
    stage.answer = answer;
    error_clear(&stage.err);
    return probe_credential(&stage.options, &stage.setup.sources[USERS],
                            &stage.err);
}

static void somebody(void **state)
{
    (void)state;
    assert_int_equal(credential("{\"accountId\": \"712020:a\"}"), 0);
    assert_string_equal(fake_path(stage.options.exchange, 0),
                        "/rest/api/3/myself");
    assert_int_equal(stage.reports[USERS].exchange.requests, 1);
}

static void nobody(void **state)
{
    static const char *const answers[] = {"{}",
                                          "[]",
                                          "null",
                                          "{\"accountId\": null}",
                                          "{\"accountId\": \"\"}",
                                          "{\"accountId\": 5}",
                                          "{\"accountid\": \"a\"}"};

    (void)state;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        assert_int_equal(credential(answers[i]), -1);
        assert_int_equal(stage.err.kind, ERROR_AUTH);
        assert_non_null(strstr(stage.err.text, "jira_users: https://x"));
        assert_non_null(strstr(stage.err.hint, "token"));
    }
}

static void a_probe_that_is_refused(void **state)
{
    (void)state;
    stage.status = 403;
    assert_int_equal(credential("{}"), -1);
    assert_int_equal(stage.err.kind, ERROR_AUTH);
}

static void a_probe_that_is_no_json(void **state)
{
    (void)state;
    assert_int_equal(credential("hello"), -1);
    assert_int_equal(stage.err.kind, ERROR_DATA);
}

/* --- an empty log --------------------------------------------------------- */

/* Asked for the window, the whole lookback. */
static int ask_emptiness(void)
{
    struct span window = {stage.options.window.from, stage.options.window.to};
    const struct span_set asked = {&window, window.from < window.to, 1};

    return probe_emptiness(&stage.options, &stage.setup.sources[AUDIT], &asked,
                           true, &stage.err);
}

static int emptiness(const char *created)
{
    static char text[256];

    snprintf(text, sizeof(text), "{\"records\": [%s%s%s]}",
             created ? "{\"id\": 1, \"created\": \"" : "",
             created ? created : "", created ? "\"}" : "");
    stage.answer = text;
    error_clear(&stage.err);
    return ask_emptiness();
}

static void an_empty_log(void **state)
{
    (void)state;
    assert_int_equal(emptiness(NULL), 0);
    assert_string_equal(fake_path(stage.options.exchange, 0),
                        "/rest/api/3/auditing/record?limit=1000");
}

static void a_log_that_is_not_empty(void **state)
{
    (void)state;
    assert_int_equal(emptiness("2026-11-22T12:00:00.000+0000"), -1);
    assert_int_equal(stage.err.kind, ERROR_DATA);
    assert_non_null(strstr(stage.err.text, "jira_audit"));
    assert_non_null(strstr(stage.err.hint, "Administer Jira"));
    assert_non_null(strstr(stage.err.hint, "jira_audit.json"));
}

static void records_at_the_edges(void **state)
{
    (void)state;
    assert_int_equal(emptiness("2026-11-21T23:59:59.999+0000"), 0);
    assert_int_equal(emptiness("2026-11-22T00:00:00.000+0000"), -1);
    assert_int_equal(emptiness("2026-11-22T23:59:59.999+0000"), -1);
    assert_int_equal(emptiness("2026-11-23T00:00:00.000+0000"), 0);
    assert_int_equal(emptiness("2026-11-23T00:30:00.000+0100"), -1);
    assert_int_equal(emptiness("no time"), 0);
}

static void any_record_counts(void **state)
{
    (void)state;
    stage.answer = "{\"records\": [{\"id\": 3, \"created\": "
                   "\"2026-11-23T05:00:00.000+0000\"}, 5, {\"id\": 1}, "
                   "{\"created\": \"2026-11-22T05:00:00.000+0000\"}]}";
    assert_int_equal(ask_emptiness(), -1);
}

static void answers_of_another_shape(void **state)
{
    static const char *const answers[] = {"[]", "{}", "{\"records\": 5}",
                                          "{\"records\": \"x\"}", "null"};

    (void)state;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        stage.answer = answers[i];
        assert_int_equal(ask_emptiness(), 0);
    }
}

static void no_window_no_question(void **state)
{
    (void)state;
    stage.options.window.to = stage.options.window.from;
    assert_int_equal(emptiness("2026-11-22T12:00:00.000+0000"), 0);
    assert_int_equal(fake_asked(stage.options.exchange), 0);
}

static void published_before(int64_t as_of, const char *source, int items)
{
    static char text[160];
    struct error err = {0};

    snprintf(text, sizeof(text),
             "{\"x-rollcall\": {\"sources\": [{\"name\": "
             "\"%s\", \"items\": %d}]}}",
             source, items);
    if (stage.previous.doc.scan != NULL)
        json_free(&stage.previous.doc);
    assert_int_equal(json_parse(&stage.previous.doc, text, strlen(text),
                                JSON_STRICT, "manifest", ERROR_DATA, &err),
                     0);
    stage.previous.as_of = as_of;
    stage.options.previous = &stage.previous;
}

static void the_run_before_saw_records(void **state)
{
    const int64_t from = stage.options.window.from;

    (void)state;
    published_before(from + 1, "jira_audit", 5);
    assert_int_equal(emptiness(NULL), -1);
    assert_int_equal(stage.err.kind, ERROR_DATA);
    assert_non_null(strstr(stage.err.text, "published before"));
    published_before(from, "jira_audit", 5); /* of a time that is over */
    assert_int_equal(emptiness(NULL), 0);
    published_before(from + 1, "jira_audit", 0);
    assert_int_equal(emptiness(NULL), 0);
    published_before(from + 1, "jira_users", 5);
    assert_int_equal(emptiness(NULL), 0);
}

/* --- samples of `check` ----------------------------------------------------
 */

static struct probe_sample sample(int source, const char *answer)
{
    struct probe_sample result;

    stage.answer = answer;
    if (probe_sample(&stage.options, &stage.setup.sources[source], &result,
                     &stage.err) != 0)
        fail_msg("%s", stage.err.text);
    return result;
}

static void samples(void **state)
{
    struct probe_sample s;

    (void)state;
    s = sample(USERS, "[{\"accountId\": \"a\"}]");
    assert_int_equal(s.items, 1);
    assert_false(s.has_at);
    assert_string_equal(fake_path(stage.options.exchange, 0),
                        "/rest/api/3/users/search?startAt=0&maxResults=1");
    s = sample(AUDIT, "{\"records\": [{\"id\": 1, \"created\": "
                      "\"1970-01-01T00:00:01.000+0000\"}]}");
    assert_true(s.has_at);
    assert_true(s.at == 1000);
    assert_non_null(strstr(fake_path(stage.options.exchange, 1), "limit=1"));
    s = sample(AUDIT, "{\"records\": []}");
    assert_int_equal(s.items, 0);
    s = sample(KEYS, "[]");
    assert_int_equal(
        fake_values(fake_path(stage.options.exchange, 3), "key", NULL), 1);
}

/* The last record of a log that is newest first. */
static int last(const char *total, const char *answer, bool *found, int64_t *at)
{
    struct probe_sample s;
    char text[160];

    snprintf(text, sizeof(text),
             "{\"total\": %s, \"records\": [{\"id\": 9, \"created\": "
             "\"1970-01-01T00:00:05.000+0000\"}]}",
             total);
    s = sample(AUDIT, text);
    *found = false;
    if (!probe_has_last(&stage.setup.sources[AUDIT], &s))
        return -1;
    stage.answer = answer;
    return probe_last(&stage.options, &stage.setup.sources[AUDIT], &s, found,
                      at, &stage.err);
}

#define RECORD(second)                                                         \
    "{\"id\": 1, \"created\": \"1970-01-01T00:00:0" second ".000+0000\"}"

static void the_last_record(void **state)
{
    int64_t at;
    bool found;

    (void)state;
    assert_int_equal(last("7", "{\"records\": [" RECORD("1") "]}", &found, &at),
                     0);
    assert_true(found && at == 1000);
    assert_non_null(strstr(fake_path(stage.options.exchange, 1), "offset=6"));
    assert_non_null(strstr(fake_path(stage.options.exchange, 1), "limit=2"));
    last("7", "{\"records\": [" RECORD("2") "," RECORD("1") "]}", &found, &at);
    assert_false(found); /* there is another one after it */
    last("7", "{\"records\": []}", &found, &at);
    assert_false(found);
    last("7", "{\"records\": [" RECORD("6") "]}", &found, &at);
    assert_false(found); /* newer than the newest */
    assert_int_equal(last("0", "", &found, &at), -1);
    assert_int_equal(last("\"7\"", "", &found, &at), -1);
    assert_int_equal(last("null", "", &found, &at), -1);
}

static void cloud_ids(void **state)
{
    const struct source *source = &stage.setup.sources[USERS].source;
    char *id;

    (void)state;
    stage.answer = "{\"cloudId\": \"abc-1\"}";
    assert_int_equal(probe_cloud_id(&stage.options, source, &stage.endpoint,
                                    &id, &stage.err), 0);
    assert_string_equal(id, "abc-1");
    assert_string_equal(fake_path(stage.options.exchange, 0),
                        "/_edge/tenant_info");
    free(id);
    stage.answer = "{\"cloudId\": 1}";
    assert_int_equal(probe_cloud_id(&stage.options, source, &stage.endpoint,
                                    &id, &stage.err), -1);
    assert_null(id);
}

static void sample_of_another_shape(void **state)
{
    struct probe_sample s;

    (void)state;
    stage.answer = "{\"errorMessages\": []}";
    assert_int_equal(probe_sample(&stage.options, &stage.setup.sources[USERS],
                                  &s, &stage.err),
                     -1);
    assert_int_equal(stage.err.kind, ERROR_DATA);
}

static void without_a_report(void **state)
{
    (void)state;
    stage.options.report = NULL;
    assert_int_equal(credential("{\"accountId\": \"a\"}"), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(somebody),
        TEST(nobody),
        TEST(a_probe_that_is_refused),
        TEST(a_probe_that_is_no_json),
        TEST(an_empty_log),
        TEST(a_log_that_is_not_empty),
        TEST(records_at_the_edges),
        TEST(any_record_counts),
        TEST(answers_of_another_shape),
        TEST(no_window_no_question),
        TEST(the_run_before_saw_records),
        TEST(samples),
        TEST(the_last_record),
        TEST(cloud_ids),
        TEST(sample_of_another_shape),
        TEST(without_a_report),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
