#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_exchange.h"
#include "watch.h"

enum { START = 7000000, SECOND = 1000 };

static int64_t now_ms;

static int64_t test_time(void *context)
{
    (void)context;
    return now_ms;
}

/* A list, its fallback, a log, a source asked account by account, and one that
 * answers for names. */
enum { USERS, FALLBACK, AUDIT, ACTIVE, NAMES, SOURCES };

struct stage {
    char *text;
    size_t size, seen;
    FILE *out;
    struct log log;
    struct setup setup;
    struct source_report sources[SOURCES];
    struct window_report windows[2];
    struct run_report report;
    struct watch *watch;
};

static void name_sources(struct stage *stage)
{
    static const char *const names[] = {"users", "old_users", "audit",
                                        "last_active", "names"};
    struct setup *setup = &stage->setup;

    for (size_t i = 0; i < SOURCES; i++) {
        setup->sources[i].source.name = names[i];
        setup->sources[i].source.kind =
            i == AUDIT ? SOURCE_EVENTS : SOURCE_USERS;
    }
    setup->source_count = SOURCES;
    setup->sources[FALLBACK].is_fallback = true;
    setup->sources[ACTIVE].source.each = true;
    setup->users[0] = &setup->sources[USERS];
    setup->users[1] = &setup->sources[ACTIVE];
    setup->user_count = 2;
}

static int set_stage(void **state, bool screen)
{
    static struct stage stage;
    struct watch_options options = {.log = &stage.log,
                                    .setup = &stage.setup,
                                    .report = &stage.report};

    memset(&stage, 0, sizeof(stage));
    setenv("LANG", "C", 1);
    setenv("LC_ALL", "", 1);
    setenv("LC_CTYPE", "", 1);
    setenv("COLUMNS", "120", 1);
    setenv("LINES", "30", 1);
    now_ms = START;
    name_sources(&stage);
    stage.out = open_memstream(&stage.text, &stage.size);
    stage.log = (struct log){.out = stage.out, .level = LOG_INFO,
                             .terminal = true,
                             .clock = {test_time, test_time, NULL}};
    stage.report.run_id = "run";
    stage.report.sources = stage.sources;
    stage.report.source_count = SOURCES;
    options.screen = screen ? stage.out : NULL;
    stage.watch = watch_new(&options);
    *state = &stage;
    return stage.watch == NULL;
}

static int with_log(void **state)
{
    return set_stage(state, false);
}

static int with_screen(void **state)
{
    return set_stage(state, true);
}

static int teardown(void **state)
{
    struct stage *stage = *state;

    watch_free(stage->watch);
    fclose(stage->out);
    free(stage->text);
    return 0;
}

static const char *written(struct stage *stage)
{
    size_t seen = stage->seen;

    fflush(stage->out);
    stage->seen = stage->size;
    return stage->text + seen;
}

static void pass(struct stage *stage, int64_t ms)
{
    for (int64_t end = now_ms + ms; now_ms < end; now_ms += 500)
        watch_tick(stage->watch);
}

static void assert_shows(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void the_log_is_told_once_a_minute(void **state)
{
    struct stage *stage = *state;
    struct source_report *users = &stage->sources[USERS];

    users->walks = 1;
    pass(stage, 59 * SECOND);
    assert_string_equal(written(stage), "");
    users->items = 600;
    users->pages = 6;
    pass(stage, 2 * SECOND);
    assert_string_equal(written(stage),
                        "info: progress: users: 600 accounts, pages: 6, "
                        "40/s\n");
    pass(stage, 58 * SECOND);
    assert_string_equal(written(stage), "");
    users->whole = true;
    pass(stage, 10 * SECOND);
    assert_string_equal(written(stage), "");
}

static void a_log_is_as_large_as_its_windows_say(void **state)
{
    struct stage *stage = *state;
    struct source_report *audit = &stage->sources[AUDIT];

    audit->windows = stage->windows;
    audit->window_count = 2;
    stage->windows[0] = (struct window_report){.records = 100, .whole = true};
    stage->windows[1] = (struct window_report){.records = 0};
    watch_tick(stage->watch);
    now_ms += SECOND;
    watch_tick(stage->watch);
    audit->items = 150;
    audit->pages = 3;
    stage->windows[1].has_total = true;
    stage->windows[1].total = 200;
    pass(stage, 60 * SECOND);
    assert_shows(written(stage), "audit: 150 records, pages: 3, windows: 1 of "
                                 "2");
    assert_shows(stage->text, "about 1 min ");
    stage->windows[1].whole = true;
    now_ms += 60 * SECOND;
    watch_tick(stage->watch);
    assert_string_equal(written(stage), "");
}

static void frames_show_every_source(void **state)
{
    struct stage *stage = *state;
    struct source_report *active = &stage->sources[ACTIVE];
    const char *text;

    stage->sources[USERS].fallback = "old_users";
    stage->sources[FALLBACK].walks = 1;
    stage->sources[FALLBACK].items = 77;
    stage->sources[FALLBACK].whole = true;
    stage->sources[NAMES].items = 3;
    stage->sources[NAMES].exchange.requests = 4;
    stage->sources[NAMES].exchange.retries = 1;
    active->each = true;
    active->asked = 25;
    active->to_ask = 100;
    watch_tick(stage->watch);
    text = written(stage);
    assert_shows(text, "run  0 ms  4 requests, 1 of them again");
    assert_shows(text, "* users                 77 accounts");
    assert_shows(text, "last_active           25 answers");
    assert_shows(text, "  25%");
    assert_shows(text, "names                  3 names");
    assert_shows(text, ". audit");
    assert_null(strstr(text, "old_users"));
    watch_tick(stage->watch);
    assert_string_equal(written(stage), "");
    log_line(&stage->log, LOG_INFO, "page", "above");
    assert_shows(written(stage), "\r\033[Jinfo: page: above\n\r");
    watch_free(stage->watch);
    stage->watch = NULL;
    assert_string_equal(written(stage), "\r\033[J");
    log_line(&stage->log, LOG_INFO, "page", "alone");
    assert_string_equal(written(stage), "info: page: alone\n");
}

static void rows_are_looked_at_now_and_then(void **state)
{
    struct stage *stage = *state;

    stage->sources[NAMES].exchange.requests = 1;
    watch_writing(stage->watch, "inactive_users", 1000);
    now_ms += SECOND;
    for (int i = 0; i < WATCH_ROWS - 1; i++)
        watch_row(stage->watch);
    assert_string_equal(written(stage), "");
    watch_row(stage->watch);
    assert_shows(written(stage), "writing inactive_users  256 of 1,000 rows");
    assert_shows(stage->text, "* names");
    now_ms += SECOND;
    for (int i = 0; i < WATCH_ROWS; i++)
        watch_item(stage->watch);
    assert_shows(written(stage), "writing inactive_users");
}

static void nobody_may_look_on(void **state)
{
    (void)state;
    watch_tick(NULL);
    watch_item(NULL);
    watch_row(NULL);
    watch_writing(NULL, "rows", 1);
    watch_start(NULL, NULL, NULL);
    watch_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_log_is_told_once_a_minute,
                                        with_log, teardown),
        cmocka_unit_test_setup_teardown(a_log_is_as_large_as_its_windows_say,
                                        with_log, teardown),
        cmocka_unit_test_setup_teardown(frames_show_every_source, with_screen,
                                        teardown),
        cmocka_unit_test_setup_teardown(rows_are_looked_at_now_and_then,
                                        with_screen, teardown),
        cmocka_unit_test(nobody_may_look_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
