#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "name.h"
#include "normalise.h"

enum { TEXT_MAX = 1024 * 1024 };

#define EVENT(members)                                                         \
    "{\"id\": \"e1\", \"type\": \"events\", \"attributes\": {\"time\": "       \
    "\"2026-06-11T02:58:12.345Z\", \"processedAt\": "                          \
    "\"2026-06-11T09:00:00.000Z\", \"action\": "                               \
    "\"managed_account_deactivated\"" members "}}"
#define ACTOR(json)     ", \"actor\": " json
#define CONTEXT(json)   ", \"context\": [" json "]"
#define CONTAINER(json) ", \"container\": [" json "]"
#define ANN             "{\"id\": \"712020:ann\", \"type\": \"users\"}"
#define BOB             "{\"id\": \"712020:bob\", \"type\": \"users\"}"
#define SITE            "{\"id\": \"712020:site\", \"type\": \"sites\"}"
#define BY_EMAIL(email)                                                        \
    "{\"type\": \"users\", \"attributes\": {\"email\": " email "}}"

/* The shipped stream, and what the last event became. */
struct stage {
    struct source source;
    struct json_doc doc;
    bool parsed;
    struct event event;
    struct item_notes notes;
};

static struct stage stage;

static int group_setup(void **state)
{
    struct error err = {0};

    (void)state;
    if (source_load(&stage.source, "mappings/sources/org_events.json", &err)) {
        print_error("%s\n", err.text);
        return -1;
    }
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    if (stage.parsed)
        json_free(&stage.doc);
    source_free(&stage.source);
    return 0;
}

static enum item_verdict event(const char *text)
{
    struct error err = {0};

    if (stage.parsed)
        json_free(&stage.doc);
    stage.parsed = json_parse(&stage.doc, text, strlen(text), JSON_STRICT,
                              "event", ERROR_DATA, &err) == 0;
    if (!stage.parsed)
        fail_msg("%s: %s", err.text, text);
    memset(&stage.notes, 0, sizeof(stage.notes));
    return normalise_event(&stage.source, stage.doc.root, &stage.event,
                           &stage.notes);
}

static void good(const char *text)
{
    if (event(text) != ITEM_GOOD)
        fail_msg("%s %s: %s", stage.notes.field, stage.notes.reason, text);
}

static void refused(const char *text, const char *reason)
{
    assert_int_equal(event(text), ITEM_REFUSED);
    assert_string_equal(stage.notes.reason, reason);
}

static void has(enum event_field field, const char *text)
{
    const struct value *value = &stage.event.fields[field];

    assert_int_equal(value->present, text != NULL);
    if (text != NULL)
        assert_string_equal(value->text, text);
}

static void actor(const char *id, const char *name, const char *email)
{
    has(EVENT_ACTOR, id);
    has(EVENT_ACTOR_NAME, name);
    has(EVENT_ACTOR_EMAIL, email);
}

static void subjects(size_t count, const char *first, const char *second)
{
    assert_int_equal(stage.event.subject_count, count);
    if (count > 0)
        assert_string_equal(stage.event.subjects[0], first);
    if (count > 1)
        assert_string_equal(stage.event.subjects[1], second);
}

static void a_simple_event(void **state)
{
    (void)state;
    good(EVENT(ACTOR("{\"id\": \"5b10a2844c20165700ede002\", \"name\": "
                     "\"Ada\", \"email\": \"ada@x.test\", \"auth\": {}}")
                   CONTEXT(ANN) CONTAINER("{\"type\": \"organization\"}")));
    actor("5b10a2844c20165700ede002", "Ada", "ada@x.test");
    subjects(1, "712020:ann", NULL);
    has(EVENT_ID, "e1");
    has(EVENT_ACTION, "managed_account_deactivated");
    has(EVENT_ACTION_NAME, NULL);
    assert_true(stage.event.fields[EVENT_AT].integer == 1781146692345);
    assert_string_equal(stage.event.source, "org_events");
}

static void the_person_behind_an_app(void **state)
{
    (void)state;
    good(EVENT(ACTOR("{\"id\": \"scim\", \"name\": \"Provisioning\", "
                     "\"email\": \"Atlassian app\", \"onBehalfOf\": "
                     "{\"id\": \"712020:noor\", \"name\": \"Noor\"}}")));
    actor("712020:noor", "Noor", NULL);
    /* What the app is called is not what the person is called. */
    good(EVENT(ACTOR("{\"id\": \"scim\", \"name\": \"Provisioning\", "
                     "\"onBehalfOf\": {\"id\": \"712020:noor\"}}")));
    actor("712020:noor", NULL, NULL);
    good(EVENT(ACTOR("{\"id\": \"scim\", \"onBehalfOf\": "
                     "{\"email\": \"Noor@X.test\"}}")));
    actor("\xffnoor@x.test", "Noor@X.test", "Noor@X.test");
}

static void nobody_behind_an_app(void **state)
{
    static const char *const nobodies[] = {"null", "{}", "{\"id\": \"\"}",
                                           "{\"id\": null, \"email\": \"x\"}"};
    char text[2048];

    (void)state;
    for (size_t i = 0; i < sizeof(nobodies) / sizeof(nobodies[0]); i++) {
        snprintf(text, sizeof(text),
                 EVENT(ACTOR("{\"id\": \"712020:a\", \"onBehalfOf\": %s}")),
                 nobodies[i]);
        good(text);
        actor("712020:a", NULL, NULL);
    }
}

static void an_app_stays_an_app(void **state)
{
    (void)state;
    good(EVENT(ACTOR("{\"id\": \"confluence\", \"name\": \"Confluence\", "
                     "\"email\": \"Atlassian app\", \"picture\": null}")));
    actor("\xfe"
          "confluence",
          "Confluence", NULL);
    good(EVENT(ACTOR("{\"id\": \"identity\"}")));
    actor("\xfeidentity", NULL, NULL);
    /* An app with an account of its own. */
    good(EVENT(ACTOR("{\"id\": \"557058:okta\", \"name\": \"Okta\", "
                     "\"email\": \"Atlassian app\"}")));
    actor("557058:okta", "Okta", NULL);
}

static void nobody(void **state)
{
    (void)state;
    good(EVENT());
    actor(NULL, NULL, NULL);
    good(EVENT(ACTOR("null")));
    actor(NULL, NULL, NULL);
    good(EVENT(ACTOR("{\"id\": \"\", \"name\": \"\"}")));
    actor(NULL, NULL, NULL);
    good(EVENT(ACTOR("{\"name\": \"System\", \"email\": \"Atlassian app\"}")));
    actor(NULL, NULL, NULL);
}

static void an_actor_by_email(void **state)
{
    (void)state;
    good(EVENT(ACTOR("{\"name\": \"Ada\", \"email\": \"ADA@x.test\"}")));
    actor("\xff"
          "ada@x.test",
          "Ada", "ADA@x.test");
}

static void actors_of_another_shape(void **state)
{
    (void)state;
    refused(EVENT(ACTOR("\"Ada\"")), "is not an object");
    refused(EVENT(ACTOR("{\"id\": 5}")), "holds a member that is not a text");
    refused(EVENT(ACTOR("{\"id\": \"a\", \"name\": []}")),
            "holds a member that is not a text");
}

static void subjects_by_email(void **state)
{
    (void)state;
    good(EVENT(CONTEXT(
        BY_EMAIL("\"Lars@X.test\"") "," ANN "," BY_EMAIL("\"lars@x.TEST\""))));
    subjects(2, "\xfflars@x.test", "712020:ann");
    good(EVENT(CONTEXT("{\"id\": \"\", \"type\": \"users\", \"attributes\": "
                       "{\"email\": \"lars@x.test\"}}")));
    subjects(1, "\xfflars@x.test", NULL);
    /* With an id the e-mail says nothing. */
    good(EVENT(CONTEXT("{\"id\": \"712020:ann\", \"type\": \"users\", "
                       "\"attributes\": {\"email\": \"lars@x.test\"}}")));
    subjects(1, "712020:ann", NULL);
    good(EVENT(CONTEXT(BY_EMAIL("\"Atlassian app\""))));
    subjects(0, NULL, NULL);
}

static void subjects_that_are_nobody(void **state)
{
    (void)state;
    refused(EVENT(CONTEXT(BY_EMAIL("null"))), "does not say which account");
    refused(EVENT(CONTEXT(BY_EMAIL("\"\""))), "names its account with no text");
    refused(EVENT(CONTEXT(BY_EMAIL("7"))), "names its account with no text");
    refused(EVENT(CONTEXT("{\"type\": \"users\", \"id\": 7}")),
            "names its account with no text");
    refused(EVENT(CONTEXT("5")), "does not hold an object");
}

static void context_before_container(void **state)
{
    (void)state;
    good(EVENT());
    subjects(0, NULL, NULL);
    good(EVENT(", \"context\": null, \"container\": null"));
    subjects(0, NULL, NULL);
    good(EVENT(", \"context\": []" CONTAINER(SITE)));
    subjects(0, NULL, NULL);
    good(EVENT(CONTAINER(ANN)));
    subjects(1, "712020:ann", NULL);
    good(EVENT(CONTEXT(SITE) CONTAINER(ANN "," SITE "," BOB)));
    subjects(2, "712020:ann", "712020:bob");
    good(EVENT(CONTEXT(ANN) CONTAINER(BOB)));
    subjects(1, "712020:ann", NULL);
    good(EVENT(CONTEXT(BY_EMAIL("\"lars@x.test\"")) CONTAINER(BOB)));
    subjects(1, "\xfflars@x.test", NULL);
}

/* Names that were made have an end; what does not fit is no subject less. */
static void too_many_names(void **state)
{
    char *text = malloc(TEXT_MAX), *end = text;

    (void)state;
    assert_non_null(text);
    end += sprintf(end, "{\"id\": \"e1\", \"attributes\": {\"time\": "
                        "\"2026-06-11T02:58:12.345Z\", \"context\": [");
    for (int i = 0; i < EVENT_NAMES_MAX / 40; i++)
        end += sprintf(end,
                       "%s{\"type\": \"users\", \"attributes\": {\"email\": "
                       "\"somebody-with-a-long-name-%013d@x.test\"}}",
                       i > 0 ? "," : "", i);
    sprintf(end, "]}}");
    refused(text, "names more accounts than fit");
    free(text);
}

#define GROUP(id, name)                                                        \
    "{\"id\": " id ", \"type\": \"groups\", \"attributes\": {\"name\": " name  \
    "}}"
#define PRODUCT "{\"id\": \"p1\", \"type\": \"products\"}"

static void object(const char *type, const char *id, const char *name)
{
    has(EVENT_OBJECT_TYPE, type);
    has(EVENT_OBJECT_ID, id);
    has(EVENT_OBJECT_NAME, name);
}

static void the_object_of_an_event(void **state)
{
    (void)state;
    good(EVENT(CONTEXT(ANN)));
    object(NULL, NULL, NULL);
    good(EVENT(CONTEXT(ANN "," GROUP("\"g1\"", "\"staff\""))));
    object("group", "g1", "staff");
    good(EVENT(CONTEXT(ANN "," GROUP("\"g1\"", "null"))));
    object("group", "g1", NULL);
    good(EVENT(CONTEXT(ANN "," PRODUCT)));
    object("product", "p1", NULL);
    good(EVENT(CONTEXT(ANN) CONTAINER(SITE)));
    object("site", "712020:site", NULL);
    good(EVENT(CONTEXT(PRODUCT "," ANN "," GROUP("\"g1\"", "\"\""))));
    object("group", "g1", NULL);
}

static void several_objects_are_all_told(void **state)
{
    (void)state;
    good(EVENT(CONTEXT(GROUP("\"g1\"", "\"a\"") "," GROUP(
        "\"g2\"", "null") "," GROUP("3", "\"c\""))));
    object("group", "g1; g2; 3", "a; c");
    refused(EVENT(CONTEXT(GROUP("{}", "\"a\""))), "is not a text");
    assert_string_equal(stage.notes.field, "object_id");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_simple_event),
        cmocka_unit_test(the_person_behind_an_app),
        cmocka_unit_test(nobody_behind_an_app),
        cmocka_unit_test(an_app_stays_an_app),
        cmocka_unit_test(nobody),
        cmocka_unit_test(an_actor_by_email),
        cmocka_unit_test(actors_of_another_shape),
        cmocka_unit_test(subjects_by_email),
        cmocka_unit_test(subjects_that_are_nobody),
        cmocka_unit_test(context_before_container),
        cmocka_unit_test(too_many_names),
        cmocka_unit_test(the_object_of_an_event),
        cmocka_unit_test(several_objects_are_all_told),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
