#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "actions.h"
#include "fake_exchange.h"

enum { EVENTS, SOURCES, OK = 200, FORBIDDEN = 403 };

#define ACTION(id, name)                                                       \
    "{\"id\": \"" id "\", \"attributes\": {\"displayName\": " name "}}"

/* The shipped source and mapping, and the answer every request gets. */
struct stage {
    struct setup setup;
    struct endpoint endpoint;
    struct source_report reports[SOURCES];
    struct run_report report;
    struct gather_options options;
    struct actions actions;
    struct event event;
    FILE *out;
    struct log log;
    const char *answers[4];
    int status;
    struct error err;
};

static struct stage stage;

static int group_setup(void **state)
{
    static const char *const folders[] = {"mappings", NULL};
    struct error err = {0};

    (void)state;
    if (source_load(&stage.setup.sources[EVENTS].source,
                    "mappings/sources/org_events.json", &err) != 0 ||
        mapping_load(&stage.setup.mappings[0], "inactive_users", folders,
                     &err) != 0) {
        print_error("%s\n", err.text);
        return -1;
    }
    stage.setup.sources[EVENTS].endpoint = &stage.endpoint;
    stage.setup.source_count = SOURCES;
    stage.setup.mapping_count = 1;
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    source_free(&stage.setup.sources[EVENTS].source);
    mapping_free(&stage.setup.mappings[0]);
    return 0;
}

static int serve(void *context, const char *path, size_t number,
                 struct buf *body)
{
    (void)context;
    (void)path;
    buf_puts(body, stage.answers[number]);
    return stage.status;
}

static int setup(void **state)
{
    (void)state;
    stage.endpoint = (struct endpoint){
        .name = "admin", .url = "https://x", .organisation = "o 1"};
    memset(stage.reports, 0, sizeof(stage.reports));
    memset(&stage.actions, 0, sizeof(stage.actions));
    stage.report =
        (struct run_report){.sources = stage.reports, .source_count = SOURCES};
    stage.out = tmpfile();
    stage.log = (struct log){
        .out = stage.out, .level = LOG_INFO, .clock = clock_system()};
    stage.setup.job.events.no_access = NO_ACCESS_FAIL;
    stage.options =
        (struct gather_options){.setup = &stage.setup,
                                .exchange = fake_exchange_new(serve, NULL, 0),
                                .log = &stage.log,
                                .report = &stage.report};
    stage.status = OK;
    stage.err = (struct error){0};
    return stage.out != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    fclose(stage.out);
    exchange_free(stage.options.exchange);
    actions_release(&stage.actions);
    return 0;
}

static int fetch(const char *answer)
{
    stage.answers[0] = answer;
    return actions_fetch(&stage.actions, &stage.options,
                         &stage.setup.sources[EVENTS], &stage.err);
}

static void note(const char *action)
{
    stage.event.fields[EVENT_ACTION] = value_text(action);
    assert_int_equal(actions_note(&stage.actions, &stage.event, &stage.err), 0);
}

static void report(void)
{
    assert_int_equal(actions_report(&stage.actions, &stage.options,
                                    &stage.setup.sources[EVENTS], &stage.err),
                     0);
}

static void reported(size_t index, const char *id, uint64_t events, bool known)
{
    const struct action_report *action = &stage.reports[EVENTS].actions[index];

    assert_true(index < stage.reports[EVENTS].action_count);
    assert_string_equal(action->id, id);
    assert_true(action->events == events);
    assert_int_equal(action->known, known);
}

/* How many lines of the log hold a text. */
static size_t logged(const char *text)
{
    char line[1024];
    size_t count = 0;

    rewind(stage.out);
    while (fgets(line, sizeof(line), stage.out) != NULL)
        count += strstr(line, text) != NULL;
    return count;
}

static void asks_once(void **state)
{
    (void)state;
    assert_int_equal(
        fetch("{\"data\": [" ACTION("a", "\"An action\"") "," ACTION(
            "b", "null") ",{\"id\": 5},{}]}"),
        0);
    assert_int_equal(fake_asked(stage.options.exchange), 1);
    assert_string_equal(fake_path(stage.options.exchange, 0),
                        "/admin/v1/orgs/o%201/event-actions");
    assert_string_equal(strmap_get(&stage.actions.names, "a"), "An action");
    assert_null(strmap_get(&stage.actions.names, "b"));
    report();
    assert_int_equal(stage.reports[EVENTS].action_count, 2);
    assert_string_equal(stage.reports[EVENTS].actions[0].name, "An action");
    assert_int_equal(stage.reports[EVENTS].exchange.requests, 1);
    assert_int_equal(logged("action"), 0);
}

static void names_what_no_rule_knows(void **state)
{
    (void)state;
    assert_int_equal(fetch("{\"data\": []}"), 0);
    note("user_reviewed");
    note("managed_account_deactivated");
    note("user_reviewed");
    note("user_login");               /* known, because it is left out */
    note("user_deactivated_by_hand"); /* by an expression */
    report();
    reported(0, "managed_account_deactivated", 1, true);
    reported(1, "user_deactivated_by_hand", 1, true);
    reported(2, "user_login", 1, true);
    reported(3, "user_reviewed", 2, false);
    assert_int_equal(logged("action"), 1);
    assert_int_equal(logged("no rule of a fact names \"user_reviewed\", "
                            "events: 2"),
                     1);
}

static void known_by_its_name(void **state)
{
    (void)state;
    assert_int_equal(
        fetch("{\"data\": [" ACTION("x1", "\"Deactivated account\"") "," ACTION(
            "x2", "\"Something else\"") "]}"),
        0);
    note("x1");
    note("x2");
    report();
    reported(0, "x1", 1, true);
    reported(1, "x2", 1, false);
    assert_int_equal(logged("\"x2\""), 1);
}

static void a_refusal_the_job_allows(void **state)
{
    (void)state;
    stage.status = FORBIDDEN;
    stage.setup.job.events.no_access = NO_ACCESS_ALLOW;
    assert_int_equal(fetch("{}"), 0);
    assert_int_equal(stage.actions.all.count, 0);
}

static void a_list_of_another_shape(void **state)
{
    (void)state;
    assert_int_equal(fetch("{\"data\": {}}"), -1);
    assert_int_equal(stage.err.kind, ERROR_DATA);
    assert_non_null(strstr(stage.err.hint, "org_events.json"));
}

static void asks_again_after_garbage(void **state)
{
    (void)state;
    stage.answers[1] = "{\"data\": [" ACTION("a", "\"A\"") "]}";
    assert_int_equal(fetch("{\"da"), 0);
    assert_int_equal(fake_asked(stage.options.exchange), 2);
    assert_string_equal(strmap_get(&stage.actions.names, "a"), "A");
}

static void garbage_has_an_end(void **state)
{
    (void)state;
    for (size_t i = 1; i < 4; i++)
        stage.answers[i] = "<";
    assert_int_equal(fetch("<"), -1);
    assert_int_equal(stage.err.kind, ERROR_DATA);
    assert_int_equal(fake_asked(stage.options.exchange), 4);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(asks_once),
        TEST(names_what_no_rule_knows),
        TEST(known_by_its_name),
        TEST(a_refusal_the_job_allows),
        TEST(a_list_of_another_shape),
        TEST(asks_again_after_garbage),
        TEST(garbage_has_an_end),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
