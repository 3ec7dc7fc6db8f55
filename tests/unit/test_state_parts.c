/* state_facts, state_names, state_accounts and state_run on one file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "instant.h"
#include "state_accounts.h"
#include "state_facts.h"
#include "state_names.h"
#include "state_run.h"
#include "temp_file.h"

#define RULES "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define OTHER "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

enum { TOLD_MAX = 1024 };

struct stage {
    struct temp_folder folder;
    struct log log;
    struct state *state;
    struct error err;
    char told[TOLD_MAX];
};

static const struct fact_rule rules[] = {
    {.name = "modified",
     .actor_within_ms = 15 * INSTANT_MINUTE,
     .cancelled_by = -1},
    {.name = "off", .actor_within_ms = 0, .cancelled_by = -1}};

static int setup(void **state)
{
    struct stage *stage = calloc(1, sizeof(*stage));

    assert_non_null(stage);
    temp_folder_make(&stage->folder);
    stage->log = (struct log){
        .out = stderr, .level = LOG_ERROR, .clock = clock_system()};
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

    state_close(stage->state);
    temp_folder_remove(&stage->folder);
    free(stage);
    return 0;
}

static void began(struct stage *stage)
{
    assert_int_equal(db_begin(state_db(stage->state), &stage->err), 0);
}

static void committed(struct stage *stage)
{
    assert_int_equal(db_commit(state_db(stage->state), &stage->err), 0);
}

static void fold(struct fact_book *book, const char *subject, const char *id,
                 int64_t at, const char *actor)
{
    static struct event event;

    event.source = "jira_audit";
    for (int i = 0; i < EVENT_FIELD_COUNT; i++)
        event.fields[i] = value_null(event_fields[i].type);
    event.fields[EVENT_AT] = value_instant(at);
    event.fields[EVENT_ID] = value_text(id);
    event.fields[EVENT_ACTOR] = value_text(actor);
    event.fields[EVENT_ACTION] = value_text("User updated");
    event.subjects[0] = subject;
    event.subject_count = 1;
    assert_int_equal(fact_fold(book, &event), 0);
}

static void keep(struct stage *stage, const char *dataset,
                 struct fact_book *book)
{
    began(stage);
    assert_int_equal(
        state_facts_keep(stage->state, dataset, book, &stage->err), 0);
    committed(stage);
}

static void publish(struct stage *stage, const char *dataset, bool whole)
{
    began(stage);
    assert_int_equal(state_facts_publish(stage->state, dataset, RULES, whole,
                                         &stage->err),
                     0);
    assert_int_equal(state_unfinished_drop(stage->state, &stage->err), 0);
    committed(stage);
}

/* The ids of a subject's first fact: newest, and who lends; "" when none. */
static const char *known(struct stage *stage, const char *dataset,
                         bool provisional, const char *subject)
{
    const struct fact_subject *found;
    struct fact_book book;

    fact_book_init(&book, rules, 2);
    if (state_facts_load(stage->state, dataset, provisional, &book,
                         &stage->err) != 0)
        fail_msg("%s", stage->err.text);
    found = fact_find(&book, subject);
    stage->told[0] = '\0';
    if (found != NULL && found->slots[0].newest != NULL)
        snprintf(stage->told, TOLD_MAX, "%s %s %s", found->slots[0].newest->id,
                 found->slots[0].newest->action,
                 found->slots[0].attributed != NULL
                     ? found->slots[0].attributed->actor
                     : "-");
    fact_book_release(&book);
    return stage->told;
}

static void facts_are_provisional_first(void **state)
{
    struct stage *stage = *state;
    struct fact_book book;

    fact_book_init(&book, rules, 2);
    fold(&book, "u", "1", 1000, "ada");
    keep(stage, "d", &book);
    assert_string_equal(known(stage, "d", false, "u"), "");
    assert_string_equal(known(stage, "d", true, "u"), "1 User updated ada");
    assert_string_equal(known(stage, "e", true, "u"), "");
    publish(stage, "d", false);
    assert_string_equal(known(stage, "d", true, "u"), "");
    assert_string_equal(known(stage, "d", false, "u"), "1 User updated ada");
    /* The lender goes with the event it lent to. */
    fold(&book, "u", "2", 1000 + INSTANT_MINUTE, NULL);
    keep(stage, "d", &book);
    publish(stage, "d", false);
    assert_string_equal(known(stage, "d", false, "u"), "2 User updated ada");
    fold(&book, "u", "3", 1000 + INSTANT_DAY, NULL);
    keep(stage, "d", &book);
    publish(stage, "d", false);
    assert_string_equal(known(stage, "d", false, "u"), "3 User updated -");
    fact_book_release(&book);
}

static void whole_facts_take_the_place_of_others(void **state)
{
    struct stage *stage = *state;
    struct fact_book book, again;

    fact_book_init(&book, rules, 2);
    fact_book_init(&again, rules, 2);
    fold(&book, "u", "1", 1000, "ada");
    keep(stage, "d", &book);
    keep(stage, "e", &book); /* nothing is left that changed */
    fold(&book, "v", "2", 1000, "ada");
    keep(stage, "e", &book);
    publish(stage, "d", true);
    assert_string_equal(known(stage, "e", false, "v"), "");
    fold(&again, "w", "9", 500, NULL);
    keep(stage, "d", &again);
    publish(stage, "d", true);
    assert_string_equal(known(stage, "d", false, "u"), "");
    assert_string_equal(known(stage, "d", false, "w"), "9 User updated -");
    fact_book_release(&book);
    fact_book_release(&again);
}

static int tell_cursor(void *context, const char *dataset, const char *source,
                       const struct state_cursor *cursor, struct error *err)
{
    char *told = context;
    size_t len = strlen(told);

    (void)err;
    snprintf(told + len, TOLD_MAX - len, "%s/%s %d-%d %d;", dataset, source,
             (int)cursor->from, (int)cursor->to,
             cursor->has_oldest ? (int)cursor->oldest : -1);
    assert_string_equal(cursor->definition, OTHER);
    return 0;
}

static const char *cursors(struct stage *stage, const char *dataset)
{
    const struct state_cursor_target target = {tell_cursor, stage->told};

    stage->told[0] = '\0';
    assert_int_equal(
        state_cursors(stage->state, dataset, &target, &stage->err), 0);
    return stage->told;
}

static void cursors_belong_to_their_facts(void **state)
{
    struct stage *stage = *state;
    struct state_cursor cursor = {.definition = OTHER, .from = 10, .to = 20};
    char found_rules[DIGEST_HEX_SIZE];
    bool found;

    assert_string_equal(cursors(stage, NULL), "");
    began(stage);
    for (const char *name = "d"; *name != 'f'; name = name[0] == 'd' ? "e" : "f") {
        assert_int_equal(state_facts_publish(stage->state, name, RULES, false,
                                             &stage->err),
                         0);
        assert_int_equal(
            state_cursor_set(stage->state, name, "log", &cursor, &stage->err),
            0);
        cursor.has_oldest = true;
        cursor.oldest = 12;
    }
    committed(stage);
    assert_string_equal(cursors(stage, NULL), "d/log 10-20 -1;e/log 10-20 12;");
    assert_string_equal(cursors(stage, "e"), "e/log 10-20 12;");
    assert_int_equal(state_facts_rules(stage->state, "d", found_rules, &found,
                                       &stage->err),
                     0);
    assert_true(found);
    assert_string_equal(found_rules, RULES);
    assert_int_equal(state_facts_rules(stage->state, "x", found_rules, &found,
                                       &stage->err),
                     0);
    assert_false(found);
    began(stage);
    assert_int_equal(
        state_facts_publish(stage->state, "d", OTHER, false, &stage->err), 0);
    committed(stage);
    assert_string_equal(cursors(stage, "d"), "");
}

static int tell_pair(void *context, const struct state_pair *pair,
                     struct error *err)
{
    char *told = context;
    size_t len = strlen(told);

    (void)err;
    snprintf(told + len, TOLD_MAX - len, "%s=%s%s;", pair->key,
             pair->account_id, pair->bridged ? "!" : "");
    return 0;
}

static const char *pairs(struct stage *stage, const char *scope,
                         bool provisional)
{
    const struct state_pair_target target = {tell_pair, stage->told};

    stage->told[0] = '\0';
    assert_int_equal(state_names_load(stage->state, scope, provisional,
                                      &target, &stage->err),
                     0);
    return stage->told;
}

static void learn(struct stage *stage, const char *key, const char *id,
                  bool bridged)
{
    const struct state_pair pair = {key, id, bridged};
    struct db_statement *writer;

    began(stage);
    writer = state_names_writer(stage->state, &stage->err);
    assert_non_null(writer);
    assert_int_equal(state_names_keep(writer, "s", &pair, &stage->err), 0);
    db_finalize(writer);
    committed(stage);
}

static void names_are_kept_apart_by_what_taught_them(void **state)
{
    struct stage *stage = *state;

    learn(stage, "k", "1", false);
    learn(stage, "k", "2", true);
    assert_string_equal(pairs(stage, "s", false), "");
    assert_string_equal(pairs(stage, "s", true), "k=1;k=2!;");
    assert_string_equal(pairs(stage, "t", true), "");
    began(stage);
    assert_int_equal(state_names_publish(stage->state, "s", false, &stage->err),
                     0);
    assert_int_equal(state_unfinished_drop(stage->state, &stage->err), 0);
    committed(stage);
    assert_string_equal(pairs(stage, "s", false), "k=1;k=2!;");
    learn(stage, "l", "3", false);
    began(stage);
    assert_int_equal(state_names_publish(stage->state, "s", true, &stage->err),
                     0);
    committed(stage);
    assert_string_equal(pairs(stage, "s", false), "l=3;");
}

static int tell_sighting(void *context, const char *id,
                         const struct sighting *sighting, struct error *err)
{
    char *told = context;
    size_t len = strlen(told);

    (void)err;
    snprintf(told + len, TOLD_MAX - len, "%s %d %d;", id,
             sighting->was_active ? (int)sighting->last_active_at : -1,
             sighting->is_inactive ? (int)sighting->first_inactive_at : -1);
    return 0;
}

static void accounts_are_kept_by_universe(void **state)
{
    struct stage *stage = *state;
    const struct state_sighting_target target = {tell_sighting, stage->told};
    struct db_statement *writer =
        state_accounts_writer(stage->state, &stage->err);
    const struct sighting sightings[] = {
        {.was_active = true, .last_active_at = 5},
        {.is_inactive = true, .first_inactive_at = 6},
        {true, true, 7, 8}};

    assert_non_null(writer);
    for (size_t i = 0; i < 3; i++) {
        char id[] = {(char)('a' + i), '\0'};

        assert_int_equal(state_accounts_set(writer, i < 2 ? "x" : "y", id,
                                            &sightings[i], &stage->err),
                         0);
    }
    assert_int_equal(
        state_accounts_set(writer, "x", "a", &sightings[2], &stage->err), 0);
    db_finalize(writer);
    assert_int_equal(
        state_accounts_load(stage->state, "x", &target, &stage->err), 0);
    assert_string_equal(stage->told, "a 7 8;b -1 6;");
}

static int tell_window(void *context, const struct state_window *window,
                       struct error *err)
{
    char *told = context;
    size_t len = strlen(told);

    (void)err;
    snprintf(told + len, TOLD_MAX - len, "%s %d-%d %d %d %d %d;",
             window->source, (int)window->from, (int)window->to,
             (int)window->pages, (int)window->records, (int)window->oldest,
             (int)window->newest);
    return 0;
}

static void runs_and_windows(void **state)
{
    struct stage *stage = *state;
    const struct state_window_target target = {tell_window, stage->told};
    struct state_unfinished unfinished = {
        .run = {"r1", 7}, .plan = RULES, .started_at = 8, .from = 9};
    struct state_window window = {"log", 1, 2, 3, 4, 5, 6};
    struct state_run run = {"r0", 4};
    struct state_record record = {3, "id"};
    bool found;

    assert_int_equal(
        state_published(stage->state, &run, &found, &stage->err), 0);
    assert_false(found);
    began(stage);
    assert_int_equal(state_published_set(stage->state, &run, &stage->err), 0);
    run.as_of = 5;
    assert_int_equal(state_published_set(stage->state, &run, &stage->err), 0);
    assert_int_equal(
        state_unfinished_set(stage->state, &unfinished, &stage->err), 0);
    assert_int_equal(state_window_add(stage->state, &window, &stage->err), 0);
    window.from = 2;
    window.to = 3;
    assert_int_equal(state_window_add(stage->state, &window, &stage->err), 0);
    assert_int_equal(state_newest_set(stage->state, "log", RULES, true,
                                      &record, &stage->err),
                     0);
    committed(stage);
    memset(&run, 0, sizeof(run));
    assert_int_equal(
        state_published(stage->state, &run, &found, &stage->err), 0);
    assert_true(found);
    assert_string_equal(run.run_id, "r0");
    assert_int_equal(run.as_of, 5);
    memset(&unfinished, 0, sizeof(unfinished));
    assert_int_equal(
        state_unfinished(stage->state, &unfinished, &found, &stage->err), 0);
    assert_true(found);
    assert_string_equal(unfinished.run.run_id, "r1");
    assert_string_equal(unfinished.plan, RULES);
    assert_int_equal(unfinished.started_at, 8);
    assert_int_equal(unfinished.from, 9);
    assert_int_equal(state_windows(stage->state, &target, &stage->err), 0);
    assert_string_equal(stage->told, "log 2-3 3 4 5 6;log 1-2 3 4 5 6;");
    assert_int_equal(state_newest(stage->state, "log", RULES, false, &record,
                                  &found, &stage->err),
                     0);
    assert_false(found);
    memset(&record, 0, sizeof(record));
    assert_int_equal(state_newest(stage->state, "log", RULES, true, &record,
                                  &found, &stage->err),
                     0);
    assert_true(found);
    assert_string_equal(record.id, "id");
    began(stage);
    assert_int_equal(state_unfinished_drop(stage->state, &stage->err), 0);
    committed(stage);
    assert_int_equal(
        state_unfinished(stage->state, &unfinished, &found, &stage->err), 0);
    assert_false(found);
    stage->told[0] = '\0';
    assert_int_equal(state_windows(stage->state, &target, &stage->err), 0);
    assert_string_equal(stage->told, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(facts_are_provisional_first),
        TEST(whole_facts_take_the_place_of_others),
        TEST(cursors_belong_to_their_facts),
        TEST(names_are_kept_apart_by_what_taught_them),
        TEST(accounts_are_kept_by_universe),
        TEST(runs_and_windows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
