#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "condition.h"
#include "instant.h"
#include "join.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define TEXTS(...)                                                             \
    .texts = (const char *const[]){__VA_ARGS__},                               \
    .text_count = COUNT(((const char *const[]){__VA_ARGS__}))
#define USER(field)                                                            \
    {                                                                          \
        .kind = REF_USER, .index = (field)                                     \
    }
#define EVENT(field)                                                           \
    {                                                                          \
        .kind = REF_EVENT, .index = (field)                                    \
    }

static const int64_t as_of = 1795399200000; /* 2026-11-23T02:00:00Z */

/* Inactive, no e-mail, seen at as_of - 90 days. */
struct stage {
    struct roster roster;
    struct event event;
    struct scope scope;
};

static int setup(void **state)
{
    static struct stage stage;
    struct user user = {0};

    memset(&stage, 0, sizeof(stage));
    for (int i = 0; i < USER_FIELD_COUNT; i++)
        user.fields[i] = value_null(user_fields[i].type);
    user.fields[USER_ACCOUNT_ID] = value_text("712020:a");
    user.fields[USER_DISPLAY_NAME] = value_text("");
    user.fields[USER_ACCOUNT_TYPE] = value_text("atlassian");
    user.fields[USER_ACTIVE] = value_bool(false);
    user.fields[USER_LAST_SEEN_AT] =
        value_instant(as_of - 90 * (int64_t)INSTANT_DAY);
    roster_init(&stage.roster);
    for (int i = 0; i < EVENT_FIELD_COUNT; i++)
        stage.event.fields[i] = value_null(event_fields[i].type);
    stage.event.fields[EVENT_ACTION] = value_text("User updated");
    stage.event.fields[EVENT_AT] = value_instant(1500);
    stage.scope.account = roster_add(&stage.roster, &user, true);
    stage.scope.event = &stage.event;
    stage.scope.as_of = as_of;
    *state = &stage;
    return 0;
}

static int teardown(void **state)
{
    struct stage *stage = *state;

    roster_release(&stage->roster);
    return 0;
}

static bool holds(void **state, struct condition condition)
{
    const struct stage *stage = *state;

    return condition_holds(&condition, &stage->scope);
}

#define HOLDS(...) assert_true(holds(state, (struct condition){__VA_ARGS__}))
#define FAILS(...) assert_false(holds(state, (struct condition){__VA_ARGS__}))

static void equals(void **state)
{
    HOLDS(.kind = CONDITION_EQUALS, .ref = USER(USER_ACCOUNT_TYPE),
          TEXTS("atlassian"));
    FAILS(.kind = CONDITION_EQUALS, .ref = USER(USER_ACCOUNT_TYPE),
          TEXTS("atlassia"));
    FAILS(.kind = CONDITION_EQUALS, .ref = USER(USER_ACCOUNT_TYPE),
          TEXTS("Atlassian"));
    HOLDS(.kind = CONDITION_EQUALS, .ref = EVENT(EVENT_ACTION),
          TEXTS("User updated"));
}

static void empty_text_is_a_text(void **state)
{
    HOLDS(.kind = CONDITION_EQUALS, .ref = USER(USER_DISPLAY_NAME), TEXTS(""));
    HOLDS(.kind = CONDITION_PRESENT, .ref = USER(USER_DISPLAY_NAME),
          .flag = true);
}

static void booleans_read_true_and_false(void **state)
{
    struct stage *stage = *state;
    struct user user = {0};

    HOLDS(.kind = CONDITION_EQUALS, .ref = USER(USER_ACTIVE), TEXTS("false"));
    FAILS(.kind = CONDITION_EQUALS, .ref = USER(USER_ACTIVE), TEXTS("0"));
    user.fields[USER_ACCOUNT_ID] = value_text("b");
    user.fields[USER_ACTIVE] = value_bool(true);
    stage->scope.account = roster_add(&stage->roster, &user, true);
    HOLDS(.kind = CONDITION_EQUALS, .ref = USER(USER_ACTIVE), TEXTS("true"));
    FAILS(.kind = CONDITION_EQUALS, .ref = USER(USER_ACTIVE), TEXTS("1"));
}

static void instants_read_rfc3339(void **state)
{
    HOLDS(.kind = CONDITION_EQUALS, .ref = EVENT(EVENT_AT),
          TEXTS("1970-01-01T00:00:01.500Z"));
    HOLDS(.kind = CONDITION_IN, .ref = USER(USER_LAST_SEEN_AT),
          TEXTS("x", "2026-08-25T02:00:00Z"));
}

static void null_equals_nothing(void **state)
{
    FAILS(.kind = CONDITION_EQUALS, .ref = USER(USER_EMAIL), TEXTS(""));
    FAILS(.kind = CONDITION_EQUALS, .ref = USER(USER_ADDED_AT),
          TEXTS("1970-01-01T00:00:00Z"));
    FAILS(.kind = CONDITION_IN, .ref = EVENT(EVENT_ACTOR), TEXTS("", "null"));
}

static void in_a_list(void **state)
{
    HOLDS(.kind = CONDITION_IN, .ref = USER(USER_ACCOUNT_TYPE),
          TEXTS("customer", "atlassian"));
    FAILS(.kind = CONDITION_IN, .ref = USER(USER_ACCOUNT_TYPE),
          TEXTS("customer", "app"));
    FAILS(.kind = CONDITION_IN, .ref = USER(USER_ACCOUNT_TYPE));
}

static void matches(void **state)
{
    struct pattern any = {0}, user = {0};
    char reason[PATTERN_REASON_MAX];

    assert_int_equal(pattern_compile(&any, "", reason), PATTERN_GOOD);
    assert_int_equal(pattern_compile(&user, "^User (up|de)", reason),
                     PATTERN_GOOD);
    HOLDS(.kind = CONDITION_MATCHES, .ref = EVENT(EVENT_ACTION),
          .pattern = &user);
    FAILS(.kind = CONDITION_MATCHES, .ref = USER(USER_ACCOUNT_TYPE),
          .pattern = &user);
    HOLDS(.kind = CONDITION_MATCHES, .ref = USER(USER_DISPLAY_NAME),
          .pattern = &any);
    FAILS(.kind = CONDITION_MATCHES, .ref = USER(USER_EMAIL), .pattern = &any);
    pattern_release(&any);
    pattern_release(&user);
}

static void present(void **state)
{
    HOLDS(.kind = CONDITION_PRESENT, .ref = USER(USER_ACTIVE), .flag = true);
    FAILS(.kind = CONDITION_PRESENT, .ref = USER(USER_ACTIVE), .flag = false);
    HOLDS(.kind = CONDITION_PRESENT, .ref = USER(USER_EMAIL), .flag = false);
    FAILS(.kind = CONDITION_PRESENT, .ref = USER(USER_EMAIL), .flag = true);
}

static void older_than(void **state)
{
    const int64_t age = 90 * (int64_t)INSTANT_DAY;

    FAILS(.kind = CONDITION_OLDER, .ref = USER(USER_LAST_SEEN_AT),
          .age_ms = age);
    HOLDS(.kind = CONDITION_OLDER, .ref = USER(USER_LAST_SEEN_AT),
          .age_ms = age - 1);
    FAILS(.kind = CONDITION_OLDER, .ref = USER(USER_LAST_SEEN_AT),
          .age_ms = age + 1);
    FAILS(.kind = CONDITION_OLDER, .ref = USER(USER_ADDED_AT), .age_ms = 0);
}

static void changes(void **state)
{
    struct stage *stage = *state;

    stage->event.changes[0] = (struct event_change){"email", "", "a@b"};
    stage->event.changes[1] =
        (struct event_change){"Active / Inactive", "Active", "Inactive"};
    stage->event.changes[2] = (struct event_change){NULL, NULL, "x"};
    stage->event.change_count = 3;
    HOLDS(.kind = CONDITION_CHANGE,
          .change = {"Active / Inactive", "Active", "Inactive"});
    HOLDS(.kind = CONDITION_CHANGE, .change = {.to = "Inactive"});
    HOLDS(.kind = CONDITION_CHANGE, .change = {.field = "email", .from = ""});
    HOLDS(.kind = CONDITION_CHANGE, .change = {.to = "x"});
    FAILS(.kind = CONDITION_CHANGE, .change = {.field = "x"});
    /* Members of one change, not of any two. */
    FAILS(.kind = CONDITION_CHANGE,
          .change = {.field = "email", .to = "Inactive"});
    FAILS(.kind = CONDITION_CHANGE,
          .change = {"Active / Inactive", "Inactive", "Active"});
    /* An absent member is no empty text. */
    FAILS(.kind = CONDITION_CHANGE, .change = {.from = "", .to = "x"});
    HOLDS(.kind = CONDITION_CHANGE, .change = {0});
    stage->event.change_count = 0;
    FAILS(.kind = CONDITION_CHANGE, .change = {0});
}

static struct condition yes(void)
{
    return (struct condition){
        .kind = CONDITION_PRESENT, .ref = USER(USER_ACTIVE), .flag = true};
}

static struct condition no(void)
{
    return (struct condition){
        .kind = CONDITION_PRESENT, .ref = USER(USER_ACTIVE), .flag = false};
}

static void combined(void **state)
{
    struct condition both[] = {yes(), no()}, same[] = {yes(), yes()};
    struct condition none[] = {no(), no()};

    HOLDS(.kind = CONDITION_ALL, .children = same, .child_count = 2);
    FAILS(.kind = CONDITION_ALL, .children = both, .child_count = 2);
    HOLDS(.kind = CONDITION_ANY, .children = both, .child_count = 2);
    FAILS(.kind = CONDITION_ANY, .children = none, .child_count = 2);
    HOLDS(.kind = CONDITION_NOT, .children = none, .child_count = 1);
    FAILS(.kind = CONDITION_NOT, .children = same, .child_count = 1);
    HOLDS(.kind = CONDITION_ALL);
    FAILS(.kind = CONDITION_ANY);
}

static void nested(void **state)
{
    struct condition leaves[] = {yes(), no()};
    struct condition any = {
        .kind = CONDITION_ANY, .children = leaves, .child_count = 2};
    struct condition all = {
        .kind = CONDITION_ALL, .children = leaves, .child_count = 2};
    struct condition not_all = {
        .kind = CONDITION_NOT, .children = &all, .child_count = 1};
    struct condition top[] = {any, not_all};

    HOLDS(.kind = CONDITION_ALL, .children = top, .child_count = 2);
    top[1] = all;
    FAILS(.kind = CONDITION_ALL, .children = top, .child_count = 2);
}

/* "not equal" holds for null, which is what a filter on an unknown needs. */
static void not_of_null(void **state)
{
    struct condition equals_app = {
        .kind = CONDITION_EQUALS, .ref = USER(USER_EMAIL), TEXTS("app")};

    HOLDS(.kind = CONDITION_NOT, .children = &equals_app, .child_count = 1);
}

/* Fields that are unknown; with may_come their values are on their way. */
static enum decision decide(void **state, uint32_t fields, bool may_come,
                            struct condition condition)
{
    const struct stage *stage = *state;
    const struct unknowns unknown = {.fields = fields, .may_come = may_come};

    return condition_decide(&condition, &stage->scope, &unknown);
}

#define SEEN (1u << USER_LAST_SEEN_AT)
#define DECIDES(expected, fields, may_come, ...)                               \
    assert_int_equal(decide(state, fields, may_come,                           \
                            (struct condition){__VA_ARGS__}),                  \
                     expected)

static void what_is_unknown_decides_nothing(void **state)
{
    DECIDES(UNDECIDED, SEEN, true, .kind = CONDITION_OLDER,
            .ref = USER(USER_LAST_SEEN_AT));
    DECIDES(UNDECIDED, SEEN, false, .kind = CONDITION_OLDER,
            .ref = USER(USER_LAST_SEEN_AT));
    DECIDES(DECIDED_YES, 0, true, .kind = CONDITION_OLDER,
            .ref = USER(USER_LAST_SEEN_AT));
    DECIDES(DECIDED_NO, SEEN, true, .kind = CONDITION_EQUALS,
            .ref = USER(USER_ACCOUNT_TYPE), TEXTS("app"));
    DECIDES(UNDECIDED, 1u << USER_EMAIL, false, .kind = CONDITION_IN,
            .ref = USER(USER_EMAIL), TEXTS("app"));
    /* Event fields are numbered as well, but are no fields of the user. */
    DECIDES(DECIDED_YES, ~0u, true, .kind = CONDITION_EQUALS,
            .ref = EVENT(EVENT_ACTION), TEXTS("User updated"));
    DECIDES(DECIDED_NO, ~0u, true, .kind = CONDITION_CHANGE);
}

static void absence_is_decided_once_nothing_may_come(void **state)
{
    DECIDES(UNDECIDED, 1u << USER_EMAIL, true, .kind = CONDITION_PRESENT,
            .ref = USER(USER_EMAIL), .flag = false);
    DECIDES(DECIDED_YES, 1u << USER_EMAIL, false, .kind = CONDITION_PRESENT,
            .ref = USER(USER_EMAIL), .flag = false);
    DECIDES(DECIDED_NO, 1u << USER_EMAIL, false, .kind = CONDITION_PRESENT,
            .ref = USER(USER_EMAIL), .flag = true);
    DECIDES(UNDECIDED, SEEN, true, .kind = CONDITION_PRESENT,
            .ref = {.kind = REF_USER, .index = USER_LAST_SEEN_AT,
                    .origin = true},
            .flag = true);
}

/* Kleene's tables: for each pair of values what all and any of them are. */
static void three_values_are_combined(void **state)
{
    static const enum decision all[3][3] = {
        {DECIDED_NO, DECIDED_NO, DECIDED_NO},
        {DECIDED_NO, UNDECIDED, UNDECIDED},
        {DECIDED_NO, UNDECIDED, DECIDED_YES}};
    static const enum decision any[3][3] = {
        {DECIDED_NO, UNDECIDED, DECIDED_YES},
        {UNDECIDED, UNDECIDED, DECIDED_YES},
        {DECIDED_YES, DECIDED_YES, DECIDED_YES}};
    const struct condition values[3] = {
        no(), {.kind = CONDITION_OLDER, .ref = USER(USER_LAST_SEEN_AT)}, yes()};

    for (int a = DECIDED_NO; a <= DECIDED_YES; a++) {
        struct condition one[] = {values[a]};

        DECIDES(DECIDED_YES - a, SEEN, true, .kind = CONDITION_NOT,
                .children = one, .child_count = 1);
        for (int b = DECIDED_NO; b <= DECIDED_YES; b++) {
            struct condition two[] = {values[a], values[b]};

            DECIDES(all[a][b], SEEN, true, .kind = CONDITION_ALL,
                    .children = two, .child_count = 2);
            DECIDES(any[a][b], SEEN, true, .kind = CONDITION_ANY,
                    .children = two, .child_count = 2);
        }
    }
}

static void facts_and_the_run(void **state)
{
    struct stage *stage = *state;
    struct rules rules = {.fact_count = 1};
    const int64_t first = 1000;
    struct strmap actors = {0}, observed = {0};
    struct join_input input = {.rules = &rules,
                               .roster = &stage->roster,
                               .actors = &actors,
                               .observed = &observed,
                               .as_of = as_of,
                               .run_id = "R1"};
    struct fact_event event = {.at = 5, .id = "1", .source = "jira"};
    struct joined joined = {.input = &input,
                            .account = stage->scope.account,
                            .facts_known = true};
    const struct ref at = {.kind = REF_FACT, .part = FACT_AT};
    const struct ref status = {.kind = REF_FACT, .part = FACT_STATUS};

    stage->scope.joined = &joined;
    FAILS(.kind = CONDITION_PRESENT, .ref = at, .flag = true);
    HOLDS(.kind = CONDITION_EQUALS, .ref = status, TEXTS("before_log"));
    joined.facts[0].event = &event;
    HOLDS(.kind = CONDITION_OLDER, .ref = at, .age_ms = 0);
    HOLDS(.kind = CONDITION_EQUALS, .ref = status, TEXTS("no_actor"));
    HOLDS(.kind = CONDITION_EQUALS, .ref = {.kind = REF_RUN, .index = RUN_ID},
          TEXTS("R1"));
    HOLDS(.kind = CONDITION_EQUALS,
          .ref = {.kind = REF_RUN, .index = RUN_AS_OF},
          TEXTS("2026-11-23T02:00:00Z"));
    FAILS(.kind = CONDITION_OLDER, .ref = {.kind = REF_OBSERVED}, .age_ms = 0);
    assert_int_equal(strmap_put(&observed, "712020:a", (void *)&first), 0);
    HOLDS(.kind = CONDITION_OLDER, .ref = {.kind = REF_OBSERVED}, .age_ms = 0);
    strmap_release(&observed);
}

/* What can be said of an event before its accounts are known. */
static void may_hold(void **state)
{
    struct stage *stage = *state;
    const struct scope scope = {.event = &stage->event, .as_of = as_of};
    struct condition fails = {.kind = CONDITION_EQUALS,
                              .ref = EVENT(EVENT_ACTION), TEXTS("other")};
    struct condition holds_true = {.kind = CONDITION_EQUALS,
                                   .ref = EVENT(EVENT_ACTION),
                                   TEXTS("User updated")};
    struct condition unknown = {.kind = CONDITION_PRESENT,
                                .ref = USER(USER_EMAIL), .flag = true};
    struct condition parts[2] = {fails, unknown};
    struct condition not_event = {
        .kind = CONDITION_NOT, .children = &holds_true, .child_count = 1};
    struct condition not_user = {
        .kind = CONDITION_NOT, .children = &unknown, .child_count = 1};
    struct condition all = {
        .kind = CONDITION_ALL, .children = parts, .child_count = 2};
    struct condition any = {
        .kind = CONDITION_ANY, .children = parts, .child_count = 2};

    assert_false(condition_may_hold(&fails, &scope));
    assert_true(condition_may_hold(&holds_true, &scope));
    assert_true(condition_may_hold(&unknown, &scope));
    assert_false(condition_may_hold(&not_event, &scope));
    assert_true(condition_may_hold(&not_user, &scope));
    assert_false(condition_may_hold(&all, &scope));
    assert_true(condition_may_hold(&any, &scope));
    parts[1] = not_event;
    assert_false(condition_may_hold(&any, &scope));
    parts[0] = holds_true;
    parts[1] = not_user;
    assert_true(condition_may_hold(&all, &scope));
}

static void an_event_has_a_source_and_shows_names(void **state)
{
    struct stage *stage = *state;

    stage->event.source = "org_events";
    stage->event.fields[EVENT_ACTOR] = value_text("\xfescim");
    HOLDS(.kind = CONDITION_EQUALS, .ref = EVENT(EVENT_SOURCE),
          TEXTS("org_events"));
    HOLDS(.kind = CONDITION_EQUALS, .ref = EVENT(EVENT_ACTOR), TEXTS("scim"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(equals, setup, teardown),
        cmocka_unit_test_setup_teardown(empty_text_is_a_text, setup, teardown),
        cmocka_unit_test_setup_teardown(booleans_read_true_and_false, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(instants_read_rfc3339, setup, teardown),
        cmocka_unit_test_setup_teardown(null_equals_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(in_a_list, setup, teardown),
        cmocka_unit_test_setup_teardown(matches, setup, teardown),
        cmocka_unit_test_setup_teardown(present, setup, teardown),
        cmocka_unit_test_setup_teardown(older_than, setup, teardown),
        cmocka_unit_test_setup_teardown(changes, setup, teardown),
        cmocka_unit_test_setup_teardown(combined, setup, teardown),
        cmocka_unit_test_setup_teardown(nested, setup, teardown),
        cmocka_unit_test_setup_teardown(not_of_null, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_unknown_decides_nothing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            absence_is_decided_once_nothing_may_come, setup, teardown),
        cmocka_unit_test_setup_teardown(three_values_are_combined, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(facts_and_the_run, setup, teardown),
        cmocka_unit_test_setup_teardown(may_hold, setup, teardown),
        cmocka_unit_test_setup_teardown(an_event_has_a_source_and_shows_names,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
