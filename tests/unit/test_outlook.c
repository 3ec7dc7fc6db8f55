#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "instant.h"
#include "outlook.h"
#include "state_run.h"
#include "temp_file.h"

#define DAY   ((int64_t)INSTANT_DAY)
#define AS_OF (INT64_C(1795305600000)) /* 2026-11-22 */

enum { TEXT_MAX = 4096 };

struct stage {
    struct temp_folder folder;
    struct setup setup;
    struct endpoint endpoint;
    struct log log;
    char text[TEXT_MAX];
    struct state *state;
    struct recall *recall;
    struct error err;
};

static const char *const events[] = {"log", NULL};

static int setup(void **state)
{
    struct stage *stage = calloc(1, sizeof(*stage));
    struct setup *setup;

    assert_non_null(stage);
    temp_folder_make(&stage->folder);
    stage->log = (struct log){.out = fmemopen(stage->text, TEXT_MAX, "w"),
                              .level = LOG_INFO,
                              .clock = clock_system()};
    setup = &stage->setup;
    stage->endpoint = (struct endpoint){.name = "jira", .url = "https://x"};
    setup->job.events.overlap_ms = DAY;
    setup->job.events.lookback_ms = 100 * DAY;
    setup->job.limits.concurrency = 4;
    setup->mapping_count = 1;
    setup->mappings[0].rules.schema.name = "d";
    setup->mappings[0].rules.events = events;
    strcpy(setup->mappings[0].facts_sha256, "rules");
    setup->source_count = 1;
    setup->sources[0] = (struct setup_source){
        .source = {.name = "log", .kind = SOURCE_EVENTS},
        .endpoint = &stage->endpoint};
    snprintf(stage->folder.file, sizeof(stage->folder.file), "%s/s.db",
             stage->folder.path);
    stage->state =
        state_open(stage->folder.file, "run", &stage->log, &stage->err);
    assert_non_null(stage->state);
    *state = stage;
    return 0;
}

static int teardown(void **state)
{
    struct stage *stage = *state;

    recall_free(stage->recall);
    state_close(stage->state);
    fclose(stage->log.out);
    temp_folder_remove(&stage->folder);
    free(stage);
    return 0;
}

static struct outlook_log look(struct stage *stage, struct state *known)
{
    const struct outlook_options options = {.setup = &stage->setup,
                                            .state = known,
                                            .as_of = AS_OF,
                                            .run_id = "run",
                                            .log = &stage->log};

    recall_free(stage->recall);
    stage->recall = outlook_open(&options, &stage->err);
    assert_non_null(stage->recall);
    return outlook_log(stage->recall, &stage->setup.sources[0],
                       &stage->setup.job);
}

static void expect_text(const struct outlook_log *log, const char *expected)
{
    char text[TEXT_MAX] = "";
    FILE *out = fmemopen(text, sizeof(text), "w");

    assert_non_null(out);
    outlook_print(log, out);
    fclose(out);
    assert_string_equal(text, expected);
}

static void nothing_is_known(void **state)
{
    struct outlook_log log = look(*state, NULL);

    assert_int_equal(log.count, 1);
    assert_int_equal(log.spans[0].from, AS_OF - 100 * DAY);
    assert_int_equal(log.spans[0].to, AS_OF);
    assert_int_equal(log.windows, 4);
    assert_true(log.reads_all);
    expect_text(&log, "2026-08-14T00:00:00Z to 2026-11-22T00:00:00Z in 4 "
                      "windows");
}

static void how_spans_are_told(void **state)
{
    const struct span spans[] = {{AS_OF - 9 * DAY, AS_OF - 8 * DAY},
                                 {AS_OF - DAY, AS_OF}};
    struct outlook_log log = {spans, 2, 2, false};

    (void)state;
    expect_text(&log, "2026-11-13T00:00:00Z to 2026-11-14T00:00:00Z and "
                      "2026-11-21T00:00:00Z to 2026-11-22T00:00:00Z in 2 "
                      "windows, the rest is known");
    log.count = log.windows = 1;
    log.reads_all = true;
    expect_text(&log, "2026-11-13T00:00:00Z to 2026-11-14T00:00:00Z in 1 "
                      "window");
    log.count = log.windows = 0;
    log.reads_all = false;
    expect_text(&log, "nothing that is not known, the rest is known");
}

/* What a run of the same options would leave, were it stopped now. */
static void begin(struct stage *stage, bool full)
{
    const struct recall_options options = {
        .setup = &stage->setup,
        .state = stage->state,
        .as_of = AS_OF,
        .run_id = "stopped",
        .window = {AS_OF - 100 * DAY, AS_OF},
        .full = full,
        .log = &stage->log};
    struct recall *recall = recall_open(&options, &stage->err);

    assert_non_null(recall);
    recall_free(recall);
}

static const char *unused(struct stage *stage, bool *found)
{
    struct state_unfinished unfinished;
    const char *why;

    look(stage, stage->state);
    assert_int_equal(recall_unfinished(stage->recall, &unfinished, &why,
                                       found, &stage->err),
                     0);
    if (*found)
        assert_string_equal(unfinished.run.run_id, "stopped");
    return why;
}

static void the_unfinished_run(void **state)
{
    const struct state_run later = {.run_id = "later", .as_of = AS_OF + DAY};
    struct stage *stage = *state;
    struct db *db = state_db(stage->state);
    bool found;

    assert_null(unused(stage, &found));
    assert_false(found);
    begin(stage, false);
    assert_null(unused(stage, &found));
    assert_true(found);
    begin(stage, true);
    assert_non_null(strstr(unused(stage, &found), "other mappings"));
    assert_int_equal(db_begin(db, &stage->err), 0);
    assert_int_equal(
        state_published_set(stage->state, &later, &stage->err), 0);
    assert_int_equal(db_commit(db, &stage->err), 0);
    assert_non_null(strstr(unused(stage, &found), "a later time"));
    look(stage, NULL);
    assert_int_equal(recall_unfinished(stage->recall,
                                       &(struct state_unfinished){0},
                                       &(const char *){NULL}, &found,
                                       &stage->err),
                     0);
    assert_false(found);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_known),
        TEST(how_spans_are_told),
        TEST(the_unfinished_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
