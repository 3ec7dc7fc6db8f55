#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mapping.h"
#include "temp_file.h"

#define COLUMN(name, type, more, from)                                         \
    "{\"name\": \"" name "\", \"type\": \"" type "\", " more                   \
    "\"from\": " from "}"
#define KEY(name, from) COLUMN(name, "string", "\"key\": true, ", from)
#define SOURCE          KEY("source", "\"event.source\"")
#define ID              KEY("id", "\"event.id\"")
#define SUBJECT         KEY("subject", "\"subject.id\"")
#define KEYS            SOURCE ", " ID ", " SUBJECT
#define AT              COLUMN("at", "timestamp", "", "\"event.at\"")
#define MAPPING(more, columns)                                                 \
    "{\"name\": \"d\", \"grain\": \"event\", " more "\"columns\": [" columns   \
    "]}"
#define EVENTS           "\"events\": [\"jira_audit\"], "
#define USERS            "\"users\": \"jira_users\", "
#define WHERE(condition) MAPPING(EVENTS USERS "\"where\": " condition ", ", KEYS)
#define TEXT(from)       MAPPING(EVENTS, KEYS ", " COLUMN("c", "string", "", from))

static const char *const shipped[] = {"mappings", NULL};

struct fixture {
    struct temp_folder folder;
    struct mapping mapping;
    struct error err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    temp_folder_make(&f->folder);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    mapping_free(&f->mapping);
    temp_folder_remove(&f->folder);
    free(f);
    return 0;
}

static int load(struct fixture *f, const char *text)
{
    mapping_free(&f->mapping);
    error_clear(&f->err);
    return mapping_load(&f->mapping, temp_file(&f->folder, "d.json", text),
                        shipped, &f->err);
}

static const struct rules *accepts(struct fixture *f, const char *text)
{
    if (load(f, text) != 0)
        fail_msg("%s", f->err.text);
    return &f->mapping.rules;
}

static void refuses(struct fixture *f, const char *text, const char *expected)
{
    assert_int_equal(load(f, text), -1);
    assert_int_equal(f->err.kind, ERROR_CONFIG);
    if (strstr(f->err.text, expected) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", expected, f->err.text);
}

static void reads_the_shipped_ones(void **state)
{
    static const char *const names[] = {"user_events", "access_changes"};
    struct fixture *f = *state;

    for (size_t i = 0; i < 2; i++) {
        const struct rules *rules = &f->mapping.rules;

        mapping_free(&f->mapping);
        if (mapping_load(&f->mapping, names[i], shipped, &f->err) != 0)
            fail_msg("%s", f->err.text);
        assert_int_equal(rules->grain, GRAIN_EVENT);
        assert_false(rules->without_subject);
        assert_true(rules_in_event_order(rules));
    }
}

static void users_are_optional(void **state)
{
    struct fixture *f = *state;

    assert_null(accepts(f, MAPPING(EVENTS, KEYS))->users);
    assert_string_equal(accepts(f, MAPPING(EVENTS USERS, KEYS))->users,
                        "jira_users");
    refuses(f, TEXT("\"user.email\""),
            "from: needs \"users\", the source of accounts");
    refuses(f, TEXT("\"user.email.source\""), "needs \"users\"");
    refuses(f, "{\"name\": \"d\", \"columns\": [" SOURCE "]}",
            "users: missing");
}

static void needs_events_and_no_facts(void **state)
{
    struct fixture *f = *state;

    refuses(f, MAPPING("", KEYS), "events: missing; a mapping of events");
    refuses(f, MAPPING(EVENTS "\"facts\": {\"f\": {}}, ", KEYS),
            "facts: a mapping of events has none");
    refuses(f, TEXT("\"fact.f.at\""), "misplaced reference");
    refuses(f, TEXT("\"observed.first_inactive_at\""), "misplaced reference");
}

static void subjects_have_two_words(void **state)
{
    struct fixture *f = *state;

    assert_true(accepts(f, MAPPING(EVENTS "\"subjects\": \"any\", ", KEYS))
                    ->without_subject);
    refuses(f, MAPPING(EVENTS "\"subjects\": \"all\", ", KEYS), "subjects");
    refuses(f, "{\"name\": \"d\", \"subjects\": \"any\", \"users\": "
               "\"jira_users\", \"columns\": [" SOURCE "]}",
            "subjects: only a mapping of events");
}

static void keys_tell_rows_apart(void **state)
{
    struct fixture *f = *state;

    refuses(f, MAPPING(EVENTS, SOURCE ", " ID),
            "\"key\": true from subject.id");
    refuses(f, MAPPING(EVENTS, ID ", " SUBJECT),
            "\"key\": true from event.source");
    refuses(f, MAPPING(EVENTS, SOURCE ", " SUBJECT),
            "\"key\": true from event.id");
    accepts(f, MAPPING(EVENTS, SOURCE ", " ID ", " KEY(
                                   "s", "[\"subject.id\", {\"value\": \"\"}]")));
}

static void references_have_words(void **state)
{
    struct fixture *f = *state;

    accepts(f, TEXT("\"event.changes\""));
    accepts(f, TEXT("\"event.object_name\""));
    accepts(f, TEXT("\"actor.name\""));
    refuses(f, TEXT("\"actor.nam\""), "unknown field \"nam\"; did you mean");
    refuses(f, TEXT("\"subjekt.id\""), "subject.");
    refuses(f, MAPPING(EVENTS, KEYS ", " COLUMN("c", "string",
                                                "\"values\": [\"email\"], ",
                                                "\"subject.status\"")),
            "unknown value for this column \"account_id\"");
    refuses(f, MAPPING(EVENTS, KEYS ", " COLUMN("c", "string", "\"length\": 5, ",
                                                "\"actor.kind\"")),
            "\"person\" is longer");
    refuses(f, WHERE("{\"field\": \"actor.kind\", \"equals\": \"human\"}"),
            "where.equals");
    refuses(f,
            "{\"name\": \"d\", " USERS "\"columns\": [" COLUMN(
                "c", "string", "\"key\": true, ", "\"subject.id\"") "]}",
            "misplaced reference");
}

static void conditions_look_at_everything(void **state)
{
    struct fixture *f = *state;

    accepts(f, WHERE("{\"all\": [{\"change\": {\"to\": \"Inactive\"}}, "
                     "{\"field\": \"event.at\", \"older_than\": \"7d\"}, "
                     "{\"field\": \"user.active\", \"equals\": false}, "
                     "{\"field\": \"subject.status\", \"equals\": \"email\"}]}"));
    refuses(f, WHERE("{\"field\": \"run.id\", \"equals\": \"x\"}"),
            "misplaced reference");
    refuses(f,
            "{\"name\": \"d\", " USERS EVENTS "\"facts\": {\"f\": {\"when\": "
            "{\"field\": \"event.changes\", \"present\": true}}}, "
            "\"columns\": [" COLUMN("c", "string", "\"key\": true, ",
                                    "\"user.account_id\"") "]}",
            "when.field: is for columns");
}

static void order(const struct rules *rules, const char *first,
                  const char *second, const char *third, const char *fourth)
{
    const char *const expected[] = {first, second, third, fourth};
    size_t count = 0;

    while (count < 4 && expected[count] != NULL)
        count++;
    assert_int_equal(rules->order_count, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(rules->schema.columns[rules->order[i]].name,
                            expected[i]);
}

static void the_order_is_that_of_time(void **state)
{
    struct fixture *f = *state;
    const struct rules *rules =
        accepts(f, MAPPING(EVENTS, SUBJECT ", " AT ", " ID ", " SOURCE));

    order(rules, "at", "source", "id", "subject");
    assert_true(rules_in_event_order(rules));
    rules = accepts(f, MAPPING(EVENTS, SUBJECT ", " ID ", " SOURCE));
    order(rules, "source", "id", "subject", NULL);
    assert_false(rules_in_event_order(rules));
    rules = accepts(f, MAPPING(EVENTS "\"order\": [\"at\", \"source\", \"id\"], ",
                               SUBJECT ", " AT ", " ID ", " SOURCE));
    assert_true(rules_in_event_order(rules));
    rules = accepts(
        f, MAPPING(EVENTS, KEYS ", " COLUMN("day", "date", "", "\"event.at\"")));
    order(rules, "day", "source", "id", "subject");
    assert_false(rules_in_event_order(rules));
    rules = accepts(
        f, MAPPING(EVENTS, AT ", " SOURCE ", " ID ", " COLUMN(
                               "subject", "string",
                               "\"key\": true, \"transforms\": [\"lower\"], ",
                               "\"subject.id\"")));
    assert_false(rules_in_event_order(rules));
    refuses(f,
            MAPPING(EVENTS "\"order\": [\"n\"], ",
                    KEYS ", " COLUMN("n", "number", "", "{\"value\": 1.5}")),
            "order: events cannot be ordered by \"n\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_the_shipped_ones, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(users_are_optional, setup, teardown),
        cmocka_unit_test_setup_teardown(needs_events_and_no_facts, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(subjects_have_two_words, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(keys_tell_rows_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(references_have_words, setup, teardown),
        cmocka_unit_test_setup_teardown(conditions_look_at_everything, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_order_is_that_of_time, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
