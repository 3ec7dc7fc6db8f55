#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "condition.h"
#include "join.h"

#define CHANGE(field, from, to) ((struct event_change){field, from, to})

/* One event about "u", whom the roster calls Ursula. */
struct stage {
    struct rules rules;
    struct roster roster;
    struct strmap actors;
    struct arena arena;
    struct event event;
    struct join_input input;
    struct join_subject subject;
    struct joined joined;
    struct error err;
};

static const char *const sources[] = {"jira_users", "other", NULL};

static void add(struct stage *stage, const char *id, const char *name,
                const char *type)
{
    struct user user = {.source = sources[0]};

    for (int i = 0; i < USER_FIELD_COUNT; i++)
        user.fields[i] = value_null(user_fields[i].type);
    user.fields[USER_ACCOUNT_ID] = value_text(id);
    user.fields[USER_DISPLAY_NAME] = value_text(name);
    user.fields[USER_ACCOUNT_TYPE] = value_text(type);
    assert_non_null(roster_add(&stage->roster, &user, true));
}

static int setup(void **state)
{
    static struct stage stage;

    memset(&stage, 0, sizeof(stage));
    roster_init(&stage.roster);
    arena_init(&stage.arena);
    stage.rules.grain = GRAIN_EVENT;
    stage.rules.schema.name = "events";
    stage.event.source = "jira_audit";
    for (int i = 0; i < EVENT_FIELD_COUNT; i++)
        stage.event.fields[i] = value_null(event_fields[i].type);
    stage.event.fields[EVENT_ID] = value_text("17");
    stage.event.fields[EVENT_AT] = value_instant(1500);
    stage.input = (struct join_input){.rules = &stage.rules,
                                      .roster = &stage.roster,
                                      .actors = &stage.actors,
                                      .as_of = 9000,
                                      .run_id = "R1"};
    stage.subject = (struct join_subject){"ug:u", "u", "bridge"};
    add(&stage, "u", "Ursula", "atlassian");
    *state = &stage;
    return 0;
}

static int teardown(void **state)
{
    struct stage *stage = *state;

    roster_release(&stage->roster);
    arena_release(&stage->arena);
    strmap_release(&stage->actors);
    return 0;
}

static struct value value(struct stage *stage, enum ref_kind kind, size_t index)
{
    const struct ref ref = {.kind = kind, .index = index};
    struct scope scope = {.event = &stage->event, .joined = &stage->joined};

    if (joined_fill_event(&stage->joined, &stage->input, &stage->event,
                          &stage->subject, &stage->arena, &stage->err) != 0)
        fail_msg("%s", stage->err.text);
    return scope_value(&scope, &ref);
}

#define SAYS(kind, index, expected)                                            \
    assert_string_equal(value(stage, kind, index).text, expected)
#define NULL_IS(kind, index) assert_false(value(stage, kind, index).present)

static void a_subject_that_is_known(void **state)
{
    struct stage *stage = *state;

    SAYS(REF_SUBJECT, SUBJECT_ID, "u");
    SAYS(REF_SUBJECT, SUBJECT_ACCOUNT_ID, "u");
    SAYS(REF_SUBJECT, SUBJECT_NAME, "Ursula");
    SAYS(REF_SUBJECT, SUBJECT_STATUS, "bridge");
    SAYS(REF_USER, USER_ACCOUNT_TYPE, "atlassian");
    SAYS(REF_RUN, RUN_ID, "R1");
    SAYS(REF_EVENT, EVENT_SOURCE, "jira_audit");
    assert_string_equal(joined_item(&stage->joined), "17");
}

static void a_subject_that_is_not(void **state)
{
    struct stage *stage = *state;

    stage->subject = (struct join_subject){"ug:x", NULL, "unresolved"};
    SAYS(REF_SUBJECT, SUBJECT_ID, "ug:x");
    NULL_IS(REF_SUBJECT, SUBJECT_ACCOUNT_ID);
    NULL_IS(REF_SUBJECT, SUBJECT_NAME);
    NULL_IS(REF_USER, USER_ACTIVE);
    assert_int_equal(value(stage, REF_USER, USER_ACTIVE).type, VALUE_BOOLEAN);
    stage->subject.name = "\xff" "ann@x.test";
    SAYS(REF_SUBJECT, SUBJECT_ID, "ann@x.test");
    stage->subject = (struct join_subject){"gone", "gone", "account_id"};
    SAYS(REF_SUBJECT, SUBJECT_ACCOUNT_ID, "gone");
    NULL_IS(REF_SUBJECT, SUBJECT_NAME);
}

static void no_subject(void **state)
{
    struct stage *stage = *state;

    stage->subject = (struct join_subject){0};
    for (size_t i = 0; i < SUBJECT_PART_COUNT; i++)
        NULL_IS(REF_SUBJECT, i);
    assert_int_equal(joined_fill_event(&stage->joined, &stage->input,
                                       &stage->event, NULL, &stage->arena,
                                       &stage->err), 0);
    assert_null(stage->joined.account);
}

static void kinds_of_actors(void **state)
{
    struct stage *stage = *state;
    struct value *actor = &stage->event.fields[EVENT_ACTOR];
    struct value *name = &stage->event.fields[EVENT_ACTOR_NAME];

    SAYS(REF_ACTOR, ACTOR_KIND, "nobody");
    NULL_IS(REF_ACTOR, ACTOR_ID);
    NULL_IS(REF_ACTOR, ACTOR_NAME);
    *actor = value_text("u");
    *name = value_text("as the log says");
    SAYS(REF_ACTOR, ACTOR_KIND, "person");
    SAYS(REF_ACTOR, ACTOR_NAME, "Ursula");
    *actor = value_text("\xfescim");
    SAYS(REF_ACTOR, ACTOR_KIND, "app");
    SAYS(REF_ACTOR, ACTOR_ID, "scim");
    SAYS(REF_ACTOR, ACTOR_NAME, "as the log says");
    add(stage, "bot", "Robot", "app");
    strmap_put(&stage->actors, "ug:bot", (void *)"bot");
    *actor = value_text("ug:bot");
    SAYS(REF_ACTOR, ACTOR_KIND, "app");
    SAYS(REF_ACTOR, ACTOR_ID, "bot");
    *actor = value_text("\xff" "ann@x.test");
    SAYS(REF_ACTOR, ACTOR_KIND, "person");
    NULL_IS(REF_ACTOR, ACTOR_ID);
    SAYS(REF_ACTOR, ACTOR_NAME, "as the log says");
    SAYS(REF_EVENT, EVENT_ACTOR, "ann@x.test");
}

static void changes_are_one_text(void **state)
{
    struct stage *stage = *state;

    NULL_IS(REF_EVENT, EVENT_CHANGES);
    stage->event.changes[0] = CHANGE("A / B", NULL, "say \"x\"\n");
    stage->event.changes[1] = CHANGE(NULL, "", "\xc3\xa9");
    stage->event.change_count = 2;
    SAYS(REF_EVENT, EVENT_CHANGES,
         "[{\"field\":\"A / B\",\"from\":null,\"to\":\"say \\\"x\\\"\\n\"},"
         "{\"field\":null,\"from\":\"\",\"to\":\"\xc3\xa9\"}]");
}

static void changes_have_a_limit(void **state)
{
    struct stage *stage = *state;
    static char text[JOIN_CHANGES_MAX];

    memset(text, 'x', sizeof(text) - 1);
    stage->event.changes[0] = CHANGE("A", NULL, text);
    stage->event.change_count = 1;
    assert_int_equal(joined_fill_event(&stage->joined, &stage->input,
                                       &stage->event, NULL, &stage->arena,
                                       &stage->err), -1);
    assert_int_equal(stage->err.kind, ERROR_DATA);
    assert_non_null(strstr(stage->err.text, "the changes of event 17"));
}

/* A row sees only what its dataset's sources told of the account. */
static void sources_of_other_datasets(void **state)
{
    struct stage *stage = *state;

    stage->input.sources = sources;
    stage->input.source_count = 1;
    SAYS(REF_USER, USER_DISPLAY_NAME, "Ursula");
    stage->input.source_count = 0;
    NULL_IS(REF_USER, USER_DISPLAY_NAME);
    SAYS(REF_SUBJECT, SUBJECT_NAME, "Ursula");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_subject_that_is_known, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_subject_that_is_not, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(no_subject, setup, teardown),
        cmocka_unit_test_setup_teardown(kinds_of_actors, setup, teardown),
        cmocka_unit_test_setup_teardown(changes_are_one_text, setup, teardown),
        cmocka_unit_test_setup_teardown(changes_have_a_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(sources_of_other_datasets, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
