#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "instant.h"
#include "recall.h"
#include "no_memory.h"
#include "temp_file.h"

#define DAY   ((int64_t)INSTANT_DAY)
#define AS_OF (INT64_C(1795305600000)) /* 2026-11-22 */

enum { LOG_MAX = 8192, OVERLAP_DAYS = 1, LOOKBACK_DAYS = 100 };

struct stage {
    struct temp_folder folder;
    struct setup setup;
    struct endpoint endpoint;
    struct fact_rule rule;
    struct log log;
    char text[LOG_MAX];
    struct state *state;
    struct recall_options options;
    struct recall *recall;
    struct fact_book book;
    struct strmap maps[5];
    struct arena arena;
    struct source_report report;
    struct error err;
};

static const char *const events[] = {"log", NULL};

static void make_setup(struct stage *stage)
{
    struct setup *setup = &stage->setup;
    struct mapping *mapping = &setup->mappings[0];

    stage->endpoint = (struct endpoint){.name = "jira", .url = "https://x"};
    stage->rule = (struct fact_rule){.name = "any", .cancelled_by = -1};
    setup->job.events.overlap_ms = OVERLAP_DAYS * DAY;
    setup->mapping_count = 1;
    mapping->rules.schema.name = "d";
    mapping->rules.events = events;
    mapping->rules.facts = &stage->rule;
    mapping->rules.fact_count = 1;
    strcpy(mapping->facts_sha256, "rules");
    setup->source_count = 2;
    setup->sources[0] = (struct setup_source){
        .source = {.name = "log", .kind = SOURCE_EVENTS},
        .endpoint = &stage->endpoint};
    setup->sources[1] = (struct setup_source){
        .source = {.name = "users", .kind = SOURCE_USERS},
        .endpoint = &stage->endpoint};
    setup->users[0] = &setup->sources[1];
    setup->user_count = 1;
}

static int setup(void **state)
{
    struct stage *stage = calloc(1, sizeof(*stage));

    assert_non_null(stage);
    temp_folder_make(&stage->folder);
    make_setup(stage);
    stage->log = (struct log){.out = fmemopen(stage->text, LOG_MAX, "w"),
                              .level = LOG_INFO,
                              .clock = clock_system()};
    assert_non_null(stage->log.out);
    snprintf(stage->folder.file, sizeof(stage->folder.file), "%s/s.db",
             stage->folder.path);
    stage->state =
        state_open(stage->folder.file, "run", &stage->log, &stage->err);
    assert_non_null(stage->state);
    arena_init(&stage->arena);
    fact_book_init(&stage->book, &stage->rule, 1);
    *state = stage;
    return 0;
}

static struct recall_names names(struct stage *stage)
{
    return (struct recall_names){
        .pairs = &stage->maps[0], .pair_ids = &stage->maps[1],
        .bridged = &stage->maps[2], .fresh = &stage->maps[3],
        .answered = &stage->maps[4], .arena = &stage->arena};
}

static void end(struct stage *stage)
{
    recall_free(stage->recall);
    stage->recall = NULL;
    fact_book_release(&stage->book);
    fact_book_init(&stage->book, &stage->rule, 1);
}

static int teardown(void **state)
{
    struct stage *stage = *state;

    end(stage);
    fact_book_release(&stage->book);
    for (size_t i = 0; i < 5; i++)
        strmap_release(&stage->maps[i]);
    arena_release(&stage->arena);
    state_close(stage->state);
    fclose(stage->log.out);
    temp_folder_remove(&stage->folder);
    free(stage);
    return 0;
}

/* A run as of so many days after AS_OF. */
static void begin(struct stage *stage, int day)
{
    const struct recall_names n = names(stage);

    stage->options.setup = &stage->setup;
    stage->options.state = stage->state;
    stage->options.as_of = AS_OF + day * DAY;
    stage->options.run_id = "run";
    stage->options.window = (struct span){
        stage->options.as_of - LOOKBACK_DAYS * DAY, stage->options.as_of};
    stage->options.log = &stage->log;
    stage->recall = recall_open(&stage->options, &stage->err);
    if (stage->recall == NULL)
        return;
    assert_int_equal(
        recall_load(stage->recall, &stage->book, &n, &stage->err), 0);
}

static void publish(struct stage *stage)
{
    const struct recall_names n = names(stage);
    struct dataset_report dataset = {0};
    struct source_report reports[2] = {{.name = "log"}, {.name = "users"}};
    struct run_report report = {.sources = reports, .source_count = 2,
                                .datasets = &dataset, .dataset_count = 1};
    struct roster roster;

    roster_init(&roster);
    assert_int_equal(recall_keep(stage->recall, NULL, NULL, &stage->book, &n,
                                 &stage->err),
                     0);
    assert_int_equal(recall_report(stage->recall, &report, &stage->err), 0);
    assert_int_equal(dataset.log_count, 1);
    assert_int_equal(
        recall_commit(stage->recall, &roster, NULL, &n, &stage->err), 0);
    roster_release(&roster);
    end(stage);
}

/* The one span to be read, in days from AS_OF. */
static void expect_todo(const struct stage *stage, int from, int to)
{
    const struct span_set *todo =
        recall_todo(stage->recall, &stage->setup.sources[0]);

    assert_int_equal(todo->count, 1);
    assert_int_equal(todo->spans[0].from, AS_OF + from * DAY);
    assert_int_equal(todo->spans[0].to, AS_OF + to * DAY);
}

static void fold(struct stage *stage, int64_t at, const char *id)
{
    static struct event event;

    event.source = "log";
    for (int i = 0; i < EVENT_FIELD_COUNT; i++)
        event.fields[i] = value_null(event_fields[i].type);
    event.fields[EVENT_AT] = value_instant(at);
    event.fields[EVENT_ID] = value_text(id);
    event.subjects[0] = "u";
    event.subject_count = 1;
    assert_int_equal(fact_fold(&stage->book, &event), 0);
    recall_saw(stage->recall, &stage->setup.sources[0], &event);
}

static bool knows(const struct stage *stage)
{
    return fact_find(&stage->book, "u") != NULL;
}

static void goes_on_from_the_cursor(void **state)
{
    struct stage *stage = *state;

    begin(stage, 0);
    expect_todo(stage, -LOOKBACK_DAYS, 0);
    assert_true(recall_reads_all(stage->recall, &stage->setup.sources[0]));
    fold(stage, AS_OF - 50 * DAY, "1");
    publish(stage);
    begin(stage, 1);
    expect_todo(stage, -OVERLAP_DAYS, 1);
    assert_false(recall_reads_all(stage->recall, &stage->setup.sources[0]));
    assert_true(knows(stage));
}

static void begins_anew(void **state)
{
    struct stage *stage = *state;

    begin(stage, 0);
    fold(stage, AS_OF - 50 * DAY, "1");
    publish(stage);
    strcpy(stage->setup.mappings[0].facts_sha256, "others");
    begin(stage, 1);
    expect_todo(stage, 1 - LOOKBACK_DAYS, 1);
    assert_false(knows(stage));
    end(stage);
    strcpy(stage->setup.mappings[0].facts_sha256, "rules");
    stage->endpoint.url = "https://y";
    begin(stage, 1);
    expect_todo(stage, 1 - LOOKBACK_DAYS, 1);
    end(stage);
    stage->endpoint.url = "https://x";
    stage->options.full = true;
    begin(stage, 1);
    expect_todo(stage, 1 - LOOKBACK_DAYS, 1);
    end(stage);
    stage->options.full = false;
    begin(stage, 1 + LOOKBACK_DAYS);
    expect_todo(stage, 1, 1 + LOOKBACK_DAYS);
    assert_false(knows(stage));
}

static void leaves_the_past_alone(void **state)
{
    struct stage *stage = *state;

    begin(stage, 0);
    fold(stage, AS_OF - 50 * DAY, "1");
    publish(stage);
    begin(stage, -1);
    expect_todo(stage, -1 - LOOKBACK_DAYS, -1);
    assert_false(knows(stage));
    publish(stage);
    begin(stage, 1);
    expect_todo(stage, -OVERLAP_DAYS, 1);
}

static void keep_window(struct stage *stage, int from, int to,
                        uint64_t records, uint64_t rejected)
{
    const struct recall_names n = names(stage);
    const struct window_report window = {.from = AS_OF + from * DAY,
                                         .to = AS_OF + to * DAY,
                                         .records = records,
                                         .rejected = rejected};

    assert_int_equal(recall_keep(stage->recall, &stage->setup.sources[0],
                                 &window, &stage->book, &n, &stage->err),
                     0);
}

static void resumes(void **state)
{
    struct stage *stage = *state;
    size_t count;

    begin(stage, 0);
    fold(stage, AS_OF - 5 * DAY, "1");
    keep_window(stage, -30, 0, 1, 0);
    keep_window(stage, -60, -30, 0, 0);
    keep_window(stage, -90, -60, 3, 1);
    end(stage);
    begin(stage, 0);
    expect_todo(stage, -LOOKBACK_DAYS, -30);
    assert_true(knows(stage));
    assert_non_null(recall_resumed(stage->recall, &stage->setup.sources[0],
                                   &count));
    assert_int_equal(count, 1);
    end(stage);
    stage->options.read_all = true;
    stage->options.look_only = true;
    begin(stage, 0);
    expect_todo(stage, -LOOKBACK_DAYS, 0);
    end(stage);
    stage->options.read_all = stage->options.look_only = false;
    begin(stage, 1);
    assert_int_equal(recall_todo(stage->recall,
                                 &stage->setup.sources[0])->count, 2);
    recall_resumed(stage->recall, &stage->setup.sources[0], &count);
    assert_int_equal(count, 1);
    end(stage);
    begin(stage, 2); /* the window was read at day 0, not at day 1 */
    assert_int_equal(recall_todo(stage->recall, &stage->setup.sources[0])
                         ->spans[1].from,
                     AS_OF - OVERLAP_DAYS * DAY);
}

static void forgets_what_is_not_trusted(void **state)
{
    static const enum error_kind kinds[] = {ERROR_UNAVAILABLE, ERROR_AUTH,
                                            ERROR_TRY_LATER, ERROR_INTERRUPTED,
                                            ERROR_DATA};
    struct stage *stage = *state;

    for (size_t i = 0; i < 5; i++) {
        struct error cause = {.kind = kinds[i]};

        begin(stage, 0);
        fold(stage, AS_OF - 5 * DAY, "1");
        keep_window(stage, -30, 0, 1, 0);
        recall_end(stage->recall, &cause);
        end(stage);
        begin(stage, 0);
        assert_int_equal(knows(stage), kinds[i] != ERROR_DATA);
        end(stage);
    }
}

static int check(struct stage *stage)
{
    struct source_report reports[2] = {{.name = "log"}, {.name = "users"}};
    struct run_report report = {.sources = reports, .source_count = 2};

    return recall_check(stage->recall, &report, &stage->err);
}

static void the_newest_record_must_come(void **state)
{
    struct stage *stage = *state;

    begin(stage, 0);
    fold(stage, AS_OF - 1000, "7");
    assert_int_equal(check(stage), 0);
    publish(stage);
    begin(stage, 1);
    fold(stage, AS_OF + 5, "8");
    assert_int_equal(check(stage), -1);
    assert_int_equal(stage->err.kind, ERROR_DATA);
    error_clear(&stage->err);
    fold(stage, AS_OF - 1000, "7");
    assert_int_equal(check(stage), 0);
}

static void a_gap_is_refused(void **state)
{
    struct stage *stage = *state;

    stage->options.backfill =
        (struct span){AS_OF - 200 * DAY, AS_OF - 101 * DAY};
    begin(stage, 0);
    assert_null(stage->recall);
    assert_int_equal(stage->err.kind, ERROR_USAGE);
    error_clear(&stage->err);
    stage->options.backfill.to = AS_OF - 100 * DAY;
    begin(stage, 0);
    expect_todo(stage, -200, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static int try_anew(void *context, struct error *err)
{
    struct stage *stage = context;
    const struct recall_names n = names(stage);
    struct recall *recall = recall_open(&stage->options, err);
    struct fact_book book;
    int result = -1;

    fact_book_init(&book, &stage->rule, 1);
    if (recall != NULL)
        result = recall_load(recall, &book, &n, err);
    if (result == 0)
        assert_true(recall_reads_all(recall, &stage->setup.sources[0]));
    recall_free(recall);
    fact_book_release(&book);
    return result;
}

static void without_memory_it_does_not_go_on(void **state)
{
    struct stage *stage = *state;

    begin(stage, 0);
    publish(stage);
    stage->endpoint.url = "https://y";
    stage->options.as_of += DAY;
    no_memory_try(try_anew, stage, 1, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(goes_on_from_the_cursor),  TEST(begins_anew),
        TEST(leaves_the_past_alone),    TEST(resumes),
        TEST(forgets_what_is_not_trusted), TEST(the_newest_record_must_come),
        TEST(a_gap_is_refused),
        TEST(without_memory_it_does_not_go_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
