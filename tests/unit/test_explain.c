#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "explain.h"
#include "transform.h"

enum { T0 = 1000, WITHIN = 100, COLUMNS = 4, ANY = 0, OFF = 1, ON = 2 };

static const int64_t as_of = 1795399200000;
static const char *const off_text[] = {"off"}, *const on_text[] = {"on"};
static struct condition is_off = {.kind = CONDITION_EQUALS,
                                  .ref = {REF_EVENT, EVENT_ACTION, 0, false},
                                  .texts = off_text,
                                  .text_count = 1};
static struct condition is_on = {.kind = CONDITION_EQUALS,
                                 .ref = {REF_EVENT, EVENT_ACTION, 0, false},
                                 .texts = on_text,
                                 .text_count = 1};
static const struct fact_rule fact_rules[] = {
    [ANY] = {.name = "any", .actor_within_ms = WITHIN, .cancelled_by = -1},
    [OFF] = {.name = "off",
             .when = &is_off,
             .actor_within_ms = WITHIN,
             .cancelled_by = ON},
    [ON] = {.name = "on", .when = &is_on, .cancelled_by = -1}};

/* The account "u", its events, and a dataset of four columns. */
struct stage {
    struct alternative alternatives[COLUMNS][2];
    struct transform upper;
    struct column columns[COLUMNS];
    struct column_rule rules_of[COLUMNS];
    struct rules rules;
    struct fact_book book;
    struct roster roster;
    struct strmap actors, observed;
    struct arena arena;
    struct join_input input;
    struct joined joined;
    struct explain_log log;
    struct explain_column told[COLUMNS];
    struct join_notes notes;
    struct error err;
};

static void make_columns(struct stage *stage)
{
    static const char *const names[COLUMNS] = {"email", "by", "kind", "since"};

    for (size_t i = 0; i < COLUMNS; i++) {
        stage->columns[i] = (struct column){
            .name = names[i], .type = VALUE_STRING, .nullable = true};
        stage->rules_of[i] = (struct column_rule){
            .alternatives = stage->alternatives[i], .alternative_count = 1};
    }
    stage->alternatives[0][0].ref =
        (struct ref){REF_USER, USER_EMAIL, 0, false};
    stage->alternatives[1][0].ref =
        (struct ref){REF_FACT, ANY, FACT_ACTOR_ID, false};
    stage->alternatives[2][0].ref =
        (struct ref){REF_USER, USER_STATUS, 0, false};
    stage->alternatives[2][1] =
        (struct alternative){.constant = true, .value = value_text("plain")};
    stage->rules_of[2].alternative_count = 2;
    stage->upper.kind = TRANSFORM_UPPER;
    stage->rules_of[2].transforms = &stage->upper;
    stage->rules_of[2].transform_count = 1;
    stage->columns[3].type = VALUE_TIMESTAMP;
    stage->alternatives[3][0].ref =
        (struct ref){REF_OBSERVED, 0, 0, false};
}

static int setup(void **state)
{
    static struct stage stage;
    struct user user = {.source = "people"};

    memset(&stage, 0, sizeof(stage));
    roster_init(&stage.roster);
    arena_init(&stage.arena);
    explain_init(&stage.log);
    fact_book_init(&stage.book, fact_rules, 3);
    make_columns(&stage);
    stage.rules = (struct rules){.schema = {.name = "people",
                                            .columns = stage.columns,
                                            .count = COLUMNS},
                                 .columns = stage.rules_of,
                                 .facts = fact_rules,
                                 .fact_count = 3};
    stage.input = (struct join_input){.rules = &stage.rules,
                                      .book = &stage.book,
                                      .roster = &stage.roster,
                                      .actors = &stage.actors,
                                      .observed = &stage.observed,
                                      .as_of = as_of,
                                      .run_id = "R1"};
    user.fields[USER_ACCOUNT_ID] = value_text("u");
    user.fields[USER_EMAIL] = value_text("u@example.test");
    assert_non_null(roster_add(&stage.roster, &user, true));
    *state = &stage;
    return 0;
}

static int teardown(void **state)
{
    struct stage *stage = *state;

    explain_release(&stage->log);
    roster_release(&stage->roster);
    arena_release(&stage->arena);
    fact_book_release(&stage->book);
    strmap_release(&stage->actors);
    strmap_release(&stage->observed);
    return 0;
}

static const struct event *event_of(int64_t at, const char *id,
                                    const char *actor, const char *action)
{
    static struct event event;

    memset(&event, 0, sizeof(event));
    event.source = "log";
    event.fields[EVENT_AT] = value_instant(at);
    event.fields[EVENT_ID] = value_text(id);
    event.fields[EVENT_ACTION] = value_text(action);
    event.fields[EVENT_ACTOR] = value_text(actor);
    event.subjects[0] = "u";
    event.subject_count = 1;
    event.changes[0] = (struct event_change){"Name", NULL, "New"};
    event.change_count = 1;
    return &event;
}

static void keep(struct stage *stage, const struct event *event)
{
    assert_int_equal(
        explain_keep(&stage->log, &stage->rules, event, "u", &stage->err), 0);
}

static void happen(struct stage *stage, int64_t at, const char *id,
                   const char *actor, const char *action)
{
    const struct event *event = event_of(at, id, actor, action);

    assert_int_equal(fact_fold(&stage->book, event), 0);
    keep(stage, event);
}

static void conclude(struct stage *stage)
{
    explain_settle(&stage->log);
    joined_fill(&stage->joined, &stage->input,
                roster_find(&stage->roster, "u"));
    assert_int_equal(explain_check(&stage->log, &stage->joined, &stage->err),
                     0);
}

/* What the event of an id was to a fact; other: the id of the event that the
 * answer refers to. */
static void mark_is(struct stage *stage, const char *id, size_t fact,
                    struct explain_mark expected, const char *other)
{
    struct explain_mark mark;
    size_t i = 0;

    while (strcmp(stage->log.events[i].event.id, id) != 0)
        assert_true(++i < stage->log.count);
    mark = explain_mark(&stage->log, &stage->joined, i, fact);
    assert_int_equal(mark.role, expected.role);
    assert_int_equal(mark.reason, expected.reason);
    if (other == NULL)
        assert_null(mark.other);
    else
        assert_string_equal(mark.other->id, other);
}

#define MARK(role, reason) ((struct explain_mark){role, reason, NULL})

static void events_are_told_in_order_and_once(void **state)
{
    struct stage *stage = *state;
    static const char *const order[] = {"9", "10", "2"};

    happen(stage, T0 + 1, "2", NULL, "x");
    happen(stage, T0, "10", NULL, "x");
    happen(stage, T0, "9", "a", "x");
    keep(stage, event_of(T0, "10", NULL, "x"));
    conclude(stage);
    assert_int_equal(stage->log.count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(stage->log.events[i].event.id, order[i]);
    assert_string_equal(stage->log.events[0].subject, "u");
    assert_string_equal(stage->log.events[0].changes[0].to, "New");
    assert_null(stage->log.events[0].changes[0].from);
}

static void the_only_event_wins_without_a_rival(void **state)
{
    struct stage *stage = *state;

    happen(stage, T0, "1", "a", "x");
    conclude(stage);
    mark_is(stage, "1", ANY, MARK(EXPLAIN_WON, FACT_SAME), NULL);
    mark_is(stage, "1", OFF, MARK(EXPLAIN_NONE, FACT_SAME), NULL);
    assert_int_equal(explain_counted(&stage->log, ANY), 1);
    assert_int_equal(explain_counted(&stage->log, OFF), 0);
}

static void each_reason_is_told(void **state)
{
    static const struct {
        int64_t at;
        const char *loser, *loser_actor;
        enum fact_reason reason;
    } rivals[] = {{T0 - 1, "9", "b", FACT_BY_TIME},
                  {T0, "9", NULL, FACT_BY_ACTOR},
                  {T0, "4", "b", FACT_BY_ID}};

    for (size_t i = 0; i < sizeof(rivals) / sizeof(rivals[0]); i++) {
        struct stage *stage = *state;

        happen(stage, T0, "5", "a", "x");
        happen(stage, rivals[i].at, rivals[i].loser, rivals[i].loser_actor,
               "x");
        conclude(stage);
        mark_is(stage, "5", ANY, MARK(EXPLAIN_WON, rivals[i].reason),
                rivals[i].loser);
        mark_is(stage, rivals[i].loser, ANY,
                MARK(EXPLAIN_LOST, rivals[i].reason), "5");
        teardown(state);
        setup(state);
    }
}

/* Two events lost; the reason is that against the better one. */
static void a_winner_is_held_against_the_next_best(void **state)
{
    struct stage *stage = *state;

    happen(stage, T0 - 5, "1", "a", "x");
    happen(stage, T0, "2", NULL, "x");
    happen(stage, T0, "3", NULL, "x");
    conclude(stage);
    mark_is(stage, "3", ANY, MARK(EXPLAIN_WON, FACT_BY_ID), "2");
    mark_is(stage, "1", ANY, MARK(EXPLAIN_LENT, FACT_BY_TIME), "3");
}

static void one_that_could_have_lent_but_need_not_has_lost(void **state)
{
    struct stage *stage = *state;

    happen(stage, T0, "1", "a", "x");
    happen(stage, T0 + 1, "2", "b", "x");
    conclude(stage);
    mark_is(stage, "1", ANY, MARK(EXPLAIN_LOST, FACT_BY_TIME), "2");
}

static void too_old_to_lend_has_lost(void **state)
{
    struct stage *stage = *state;

    happen(stage, T0, "1", "a", "x");
    happen(stage, T0 + WITHIN + 1, "2", NULL, "x");
    conclude(stage);
    mark_is(stage, "1", ANY, MARK(EXPLAIN_LOST, FACT_BY_TIME), "2");
    assert_null(joined_fact(&stage->joined, ANY)->lender);
}

static void all_events_of_a_cancelled_fact_are(void **state)
{
    struct stage *stage = *state;

    happen(stage, T0, "1", "a", "off");
    happen(stage, T0 + 1, "2", "a", "off");
    happen(stage, T0 + 2, "3", "b", "on");
    conclude(stage);
    mark_is(stage, "1", OFF, MARK(EXPLAIN_CANCELLED, FACT_SAME), "3");
    mark_is(stage, "2", OFF, MARK(EXPLAIN_CANCELLED, FACT_SAME), "3");
    mark_is(stage, "3", ON, MARK(EXPLAIN_WON, FACT_SAME), NULL);
    assert_string_equal(joined_fact(&stage->joined, OFF)->cancelled->id, "2");
}

/* --- a log that is not the one the facts are from ----------------------- */

static void changed(struct stage *stage)
{
    explain_settle(&stage->log);
    joined_fill(&stage->joined, &stage->input,
                roster_find(&stage->roster, "u"));
    assert_int_equal(explain_check(&stage->log, &stage->joined, &stage->err),
                     -1);
    assert_int_equal(stage->err.kind, ERROR_DATA);
}

static void a_winner_that_is_gone(void **state)
{
    struct stage *stage = *state;

    assert_int_equal(fact_fold(&stage->book, event_of(T0, "1", NULL, "x")), 0);
    changed(stage);
}

static void a_lender_that_is_gone(void **state)
{
    struct stage *stage = *state;

    assert_int_equal(fact_fold(&stage->book, event_of(T0, "1", "a", "x")), 0);
    happen(stage, T0 + 1, "2", NULL, "x");
    changed(stage);
}

static void a_winner_that_has_come(void **state)
{
    struct stage *stage = *state;

    happen(stage, T0, "1", "a", "x");
    keep(stage, event_of(T0 + 1, "2", "a", "x"));
    changed(stage);
}

static void more_events_than_are_kept(void **state)
{
    struct stage *stage = *state;
    const struct event *event = event_of(T0, "1", NULL, "x");

    for (int i = 0; i < EXPLAIN_EVENTS_MAX; i++)
        keep(stage, event);
    assert_int_equal(
        explain_keep(&stage->log, &stage->rules, event, "u", &stage->err), -1);
    assert_int_equal(stage->err.kind, ERROR_DATA);
    assert_non_null(strstr(stage->err.text, "10000"));
}

/* --- columns ------------------------------------------------------------ */

static enum join_outcome tell(struct stage *stage, bool publish)
{
    conclude(stage);
    return join_explain(&stage->joined, publish, stage->told, &stage->arena,
                        &stage->notes, &stage->err);
}

static void columns_tell_what_gave_their_value(void **state)
{
    struct stage *stage = *state;

    happen(stage, T0, "1", "a", "x");
    happen(stage, T0 + 1, "2", NULL, "x");
    assert_int_equal(tell(stage, true), JOIN_ROW);
    assert_string_equal(stage->told[0].from, "user.email");
    assert_string_equal(stage->told[0].value.text, "u@example.test");
    assert_null(stage->told[0].view);
    assert_string_equal(stage->told[1].from, "fact.any.actor_id");
    assert_string_equal(stage->told[1].value.text, "a");
    assert_string_equal(stage->told[1].view->event->id, "2");
    assert_string_equal(stage->told[1].view->lender->id, "1");
    assert_string_equal(stage->told[2].from, "constant");
    assert_int_equal(stage->told[2].alternative, 1);
    assert_string_equal(stage->told[2].value.text, "PLAIN");
    assert_string_equal(stage->told[3].from, "observed.first_inactive_at");
    assert_true(stage->told[3].value.integer == as_of);
    assert_string_equal(
        account_source(&stage->roster, stage->joined.account, USER_EMAIL),
        "people");
}

static void nothing_gave_the_value(void **state)
{
    struct stage *stage = *state;

    stage->rules_of[2].alternative_count = 1;
    assert_int_equal(tell(stage, true), JOIN_ROW);
    assert_null(stage->told[2].from);
    assert_int_equal(stage->told[2].alternative, 1);
    assert_false(stage->told[2].value.present);
    assert_null(stage->told[1].from);
}

static void values_are_cut_as_the_row_is(void **state)
{
    struct stage *stage = *state;

    stage->columns[0].length = 3;
    stage->rules.over_length = OVER_LENGTH_TRUNCATE;
    assert_int_equal(tell(stage, true), JOIN_ROW);
    assert_string_equal(stage->told[0].value.text, "u@e");
    assert_int_equal(stage->notes.truncated, 1);
}

static void a_refused_row_keeps_its_values(void **state)
{
    struct stage *stage = *state;

    stage->columns[1].nullable = false;
    assert_int_equal(tell(stage, true), JOIN_REJECTED);
    assert_string_equal(stage->notes.column, "by");
    assert_string_equal(stage->told[2].value.text, "PLAIN");
}

static void an_account_without_a_row_is_refused_for_nothing(void **state)
{
    struct stage *stage = *state;

    stage->columns[1].nullable = false;
    assert_int_equal(tell(stage, false), JOIN_ROW);
    assert_null(stage->notes.column);
}

static void references_read_as_they_are_written(void **state)
{
    static const struct {
        struct ref ref;
        const char *text;
    } refs[] = {{{REF_USER, USER_EMAIL, 0, false}, "user.email"},
                {{REF_USER, USER_EMAIL, 0, true}, "user.email.source"},
                {{REF_EVENT, EVENT_ACTION, 0, false}, "event.action"},
                {{REF_FACT, OFF, FACT_STATUS, false}, "fact.off.status"},
                {{REF_RUN, RUN_AS_OF, 0, false}, "run.as_of"},
                {{REF_RUN, RUN_ID, 0, false}, "run.id"}};
    struct stage *stage = *state;

    for (size_t i = 0; i < sizeof(refs) / sizeof(refs[0]); i++)
        assert_string_equal(
            rules_ref_text(&stage->rules, &refs[i].ref, &stage->arena),
            refs[i].text);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(events_are_told_in_order_and_once),
        TEST(the_only_event_wins_without_a_rival),
        TEST(each_reason_is_told),
        TEST(a_winner_is_held_against_the_next_best),
        TEST(one_that_could_have_lent_but_need_not_has_lost),
        TEST(too_old_to_lend_has_lost),
        TEST(all_events_of_a_cancelled_fact_are),
        TEST(a_winner_that_is_gone),
        TEST(a_lender_that_is_gone),
        TEST(a_winner_that_has_come),
        TEST(more_events_than_are_kept),
        TEST(columns_tell_what_gave_their_value),
        TEST(nothing_gave_the_value),
        TEST(values_are_cut_as_the_row_is),
        TEST(a_refused_row_keeps_its_values),
        TEST(an_account_without_a_row_is_refused_for_nothing),
        TEST(references_read_as_they_are_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
