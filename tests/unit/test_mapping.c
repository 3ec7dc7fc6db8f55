#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "mapping.h"
#include "temp_file.h"
#include "transform.h"

#define KEY                                                                    \
    "{\"name\": \"id\", \"type\": \"string\", \"length\": 128, "               \
    "\"key\": true, \"from\": \"user.account_id\"}"
#define MAPPING(more, columns)                                                 \
    "{\"name\": \"d\", \"users\": \"jira_users\", \"events\": "                \
    "[\"jira_audit\"], " more "\"columns\": [" columns "]}"
#define COLUMN(rest)          MAPPING("", KEY ", {\"name\": \"c\", " rest "}")
#define TEXT_COLUMN(rest)     COLUMN("\"type\": \"string\", " rest)
#define FACT(body)            "\"facts\": {\"f\": {" body "}}, "
#define WHERE(condition)      MAPPING("\"where\": " condition ", ", KEY)
#define EVENT_WHEN(condition) MAPPING(FACT("\"when\": " condition), KEY)

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

static void accepts(struct fixture *f, const char *text)
{
    if (load(f, text) != 0)
        fail_msg("%s", f->err.text);
}

static void refuses(struct fixture *f, const char *text, const char *expected)
{
    assert_int_equal(load(f, text), -1);
    assert_int_equal(f->err.kind, ERROR_CONFIG);
    if (strstr(f->err.text, expected) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", expected, f->err.text);
}

static void reads_inactive_users(void **state)
{
    static const char *const names[] = {"account_id",
                                        "display_name",
                                        "email",
                                        "email_status",
                                        "account_type",
                                        "status",
                                        "inactive_since",
                                        "inactive_since_source",
                                        "last_seen_at",
                                        "last_seen_status",
                                        "deactivated_at",
                                        "deactivated_by_id",
                                        "deactivated_by_name",
                                        "last_modified_at",
                                        "last_modified_by_id",
                                        "last_modified_by_name",
                                        "last_modified_action",
                                        "last_modified_source",
                                        "last_modified_status",
                                        "first_observed_inactive_at",
                                        "last_observed_active_at",
                                        "extract_as_of"};
    enum { NAMES = sizeof(names) / sizeof(names[0]) };
    struct fixture *f = *state;
    const struct rules *rules = &f->mapping.rules;

    if (mapping_load(&f->mapping, "inactive_users", shipped, &f->err) != 0)
        fail_msg("%s", f->err.text);
    assert_string_equal(f->mapping.path, "mappings/inactive_users.json");
    assert_int_equal(rules->schema.count, NAMES);
    for (size_t i = 0; i < NAMES; i++)
        assert_string_equal(rules->schema.columns[i].name, names[i]);
    assert_true(rules->schema.columns[0].key);
    assert_false(rules->schema.columns[0].nullable);
    assert_int_equal(rules->fact_count, 3);
    assert_string_equal(rules->facts[1].name, "deactivated");
    assert_int_equal(rules->facts[1].cancelled_by, 2);
    assert_int_equal(rules->facts[0].cancelled_by, -1);
    assert_non_null(rules->facts[0].when);
    assert_int_equal(rules->order_count, 1);
    assert_int_equal(rules->order[0], 0);
}

static void reads_all_users(void **state)
{
    struct fixture *f = *state;

    if (mapping_load(&f->mapping, "all_users", shipped, &f->err) != 0)
        fail_msg("%s", f->err.text);
    assert_null(f->mapping.rules.where);
    assert_non_null(f->mapping.rules.events);
    assert_null(f->mapping.rules.events[0]);
}

static void names_the_nearest_mapping(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        mapping_load(&f->mapping, "inactive_user", shipped, &f->err), -1);
    assert_int_equal(f->err.kind, ERROR_CONFIG);
    assert_string_equal(f->err.text, "unknown mapping \"inactive_user\"; did "
                                     "you mean \"inactive_users\"?");
    assert_non_null(strstr(f->err.hint, "mappings"));
    error_clear(&f->err);
    assert_int_equal(
        mapping_load(&f->mapping, "./missing.json", shipped, &f->err), -1);
    assert_int_equal(f->err.kind, ERROR_NO_INPUT);
}

static void finds_sources(void **state)
{
    const char *folders[] = {NULL, "mappings", NULL};
    struct fixture *f = *state;
    const char *path;

    accepts(f, MAPPING("", KEY));
    folders[0] = f->folder.path;
    path = mapping_source_path(&f->mapping, "jira_users", folders, &f->err);
    assert_string_equal(path, "mappings/sources/jira_users.json");
    path = mapping_source_path(&f->mapping, "jira_user", folders, &f->err);
    assert_null(path);
    assert_non_null(strstr(f->err.text, "unknown source \"jira_user\"; did "
                                        "you mean \"jira_users\"?"));
    refuses(f, "{\"name\": \"d\", \"users\": \"../x\", \"columns\": [" KEY "]}",
            "users: \"../x\" is not the name of a source");
}

static void references_are_resolved(void **state)
{
    struct fixture *f = *state;

    refuses(f, TEXT_COLUMN("\"from\": \"user.emial\""),
            "columns[1].from: unknown field \"emial\"; did you mean "
            "\"email\"?");
    refuses(f, TEXT_COLUMN("\"from\": [\"usr.email\"]"),
            "columns[1].from[0]: unknown or misplaced reference "
            "\"usr.email\"; did you mean \"user.\"?");
    refuses(f, TEXT_COLUMN("\"from\": \"event.id\""), "misplaced reference");
    refuses(f, TEXT_COLUMN("\"from\": \"fact.x.at\""), "unknown fact \"x\"");
    refuses(f,
            MAPPING(FACT("\"sources\": [\"jira_audit\"]"),
                    KEY ", {\"name\": \"c\", \"type\": \"string\", "
                        "\"from\": \"fact.f.actor\"}"),
            "unknown field \"actor\"");
    refuses(f, WHERE("{\"field\": \"run.id\", \"equals\": \"x\"}"),
            "where.field: unknown or misplaced reference");
    refuses(f, EVENT_WHEN("{\"field\": \"user.email\", \"present\": true}"),
            "facts.f.when.field: unknown or misplaced reference");
    /* facts may stand below the columns that use them */
    accepts(f, "{\"name\": \"d\", \"columns\": [" KEY
               ", {\"name\": \"c\", \"type\": \"timestamp\", \"from\": "
               "\"fact.f.at\"}], \"facts\": {\"f\": {}}, "
               "\"events\": [\"jira_audit\"], \"users\": \"jira_users\"}");
    assert_int_equal(f->mapping.rules.columns[1].alternatives[0].ref.part,
                     FACT_AT);
}

static void references_fit_the_column(void **state)
{
    struct fixture *f = *state;

    refuses(f, COLUMN("\"type\": \"timestamp\", \"from\": \"user.email\""),
            "columns[1].from: user.email is a string, but the column's type "
            "is timestamp");
    refuses(f, TEXT_COLUMN("\"from\": [\"user.email\", \"user.added_at\"]"),
            "columns[1].from[1]: user.added_at is a timestamp");
    accepts(f, COLUMN("\"type\": \"date\", \"from\": \"user.added_at\""));
}

static void constants_fit_the_column(void **state)
{
    struct fixture *f = *state;
    const struct alternative *first;

    refuses(f, COLUMN("\"type\": \"integer\", \"from\": {\"value\": \"1\"}"),
            "columns[1].from.value: expected a constant of type integer");
    refuses(f,
            COLUMN("\"type\": \"timestamp\", "
                   "\"from\": {\"value\": \"2026-11-23T02:00:00\"}"),
            "expected a constant of type timestamp");
    refuses(f,
            TEXT_COLUMN("\"values\": [\"known\", \"hidden\"], "
                        "\"from\": [{\"value\": \"hiden\"}]"),
            "columns[1].from[0].value: unknown value for this column "
            "\"hiden\"; did you mean \"hidden\"?");
    refuses(f, TEXT_COLUMN("\"length\": 2, \"from\": [{\"value\": \"éàü\"}]"),
            "longer than the column");
    accepts(f, TEXT_COLUMN("\"length\": 3, \"from\": [{\"value\": \"éàü\"}]"));
    accepts(f, TEXT_COLUMN("\"values\": [\"X\"], \"from\": [{\"value\": "
                           "\"x\"}], \"transforms\": [\"upper\"]"));
    accepts(f, COLUMN("\"type\": \"date\", "
                      "\"from\": {\"value\": \"1970-01-02\"}"));
    first = &f->mapping.rules.columns[1].alternatives[0];
    assert_true(first->constant && first->value.present);
    assert_int_equal(first->value.type, VALUE_DATE);
    assert_int_equal(first->value.integer, 86400000);
    refuses(f,
            TEXT_COLUMN("\"from\": {\"value\": \"a\", \"from\": "
                        "\"user.email\"}"),
            "either \"value\" or \"from\"");
}

/* A run that may not read the log must be able to say so. */
static void status_columns_hold_every_status(void **state)
{
    struct fixture *f = *state;

    refuses(f,
            MAPPING(FACT(""), KEY ", {\"name\": \"c\", \"type\": \"string\", "
                                  "\"values\": [\"known\", \"no_actor\", "
                                  "\"before_log\"], \"from\": "
                                  "\"fact.f.status\"}"),
            "unknown value for this column \"no_access\"");
}

static void keys_make_rows_unique(void **state)
{
    struct fixture *f = *state;

    refuses(f,
            MAPPING("", "{\"name\": \"c\", \"type\": \"string\", \"from\": "
                        "\"user.email\"}"),
            "columns: no column has \"key\": true");
    refuses(f,
            MAPPING("", "{\"name\": \"c\", \"type\": \"string\", \"key\": "
                        "true, \"nullable\": true, \"from\": "
                        "\"user.email\"}"),
            "columns[0].nullable: a key column cannot be nullable");
    refuses(f, MAPPING("", KEY ", " KEY),
            "columns[1].name: column \"id\" is there already");
    accepts(f, MAPPING("\"order\": [\"c\"], ",
                       KEY ", {\"name\": \"c\", \"type\": \"string\", "
                           "\"from\": \"user.email\"}"));
    assert_int_equal(f->mapping.rules.order_count, 2);
    assert_int_equal(f->mapping.rules.order[0], 1);
    assert_int_equal(f->mapping.rules.order[1], 0);
    refuses(f, MAPPING("\"order\": [\"idd\"], ", KEY),
            "order: unknown column \"idd\"; did you mean \"id\"?");
}

static void conditions_have_one_form(void **state)
{
    struct fixture *f = *state;

    refuses(f, WHERE("{\"field\": \"user.email\"}"), "where: is no condition");
    refuses(f,
            WHERE("{\"field\": \"user.email\", \"equals\": \"a\", "
                  "\"in\": [\"b\"]}"),
            "holds both \"equals\" and \"in\"");
    refuses(f, WHERE("{\"all\": []}"), "where.all: must not be empty");
    refuses(f, WHERE("{\"equals\": \"a\"}"), "where.field: missing");
    refuses(f, WHERE("{\"field\": \"user.email\", \"equal\": \"a\"}"),
            "did you mean \"equals\"?");
    refuses(f,
            WHERE("{\"any\": [{\"not\": {\"field\": \"user.active\", "
                  "\"equals\": \"false\"}}]}"),
            "where.any[0].not.equals: expected boolean, found string");
    refuses(f, WHERE("{\"change\": {\"field\": \"x\"}}"),
            "where.change: only the condition of a fact");
    refuses(f, EVENT_WHEN("{\"change\": {}}"), "at least one of");
}

static void values_of_conditions_have_one_form(void **state)
{
    static const struct {
        const char *condition, *expected;
    } wrong[] = {
        {"[]", "where: expected object, found array"},
        {"{\"all\": 1}", "where.all: expected array, found number"},
        {"{\"field\": \"user.email\", \"equals\": 1}",
         "where.equals: expected string, found number"},
        {"{\"field\": \"user.added_at\", \"equals\": 1}",
         "where.equals: expected string, found number"},
        {"{\"field\": \"user.added_at\", \"equals\": \"2026-11-23\"}",
         "where.equals: expected a time with a zone"},
        {"{\"field\": \"user.email\", \"in\": \"a\"}",
         "where.in: expected array, found string"},
        {"{\"field\": \"user.email\", \"in\": []}",
         "where.in: must not be empty"},
        {"{\"field\": \"user.email\", \"matches\": 1}",
         "where.matches: expected string, found number"},
        {"{\"field\": \"user.added_at\", \"older_than\": 90}",
         "where.older_than: expected string, found number"},
        {"{\"field\": \"user.added_at\", \"older_than\": \"long\"}",
         "where.older_than: expected a time span such as \"90d\""},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char text[1024];

        snprintf(text, sizeof(text), WHERE("%s"), wrong[i].condition);
        refuses(f, text, wrong[i].expected);
    }
    refuses(f, EVENT_WHEN("{\"change\": []}"), "change: expected object");
}

static void conditions_fit_the_type(void **state)
{
    struct fixture *f = *state;

    refuses(f, WHERE("{\"field\": \"user.email\", \"older_than\": \"90d\"}"),
            "where.older_than: only a timestamp can be older");
    refuses(f, WHERE("{\"field\": \"user.active\", \"matches\": \"x\"}"),
            "only text can be matched");
    refuses(f, WHERE("{\"field\": \"user.email\", \"matches\": \"(\"}"),
            "expected an extended regular expression");
    refuses(f, EVENT_WHEN("{\"field\": \"event.at\", \"older_than\": \"1d\"}"),
            "cannot depend on the run's time");
    accepts(f, WHERE("{\"field\": \"user.added_at\", \"equals\": "
                     "\"2026-11-23T03:00:00.000+01:00\"}"));
    assert_string_equal(f->mapping.rules.where->texts[0],
                        "2026-11-23T02:00:00Z");
    accepts(f,
            WHERE("{\"field\": \"user.email\", \"matches\": \"@a\\\\.b$\"}"));
    assert_true(
        pattern_matches(f->mapping.rules.where->pattern, "x@a.b", NULL));
    refuses(f,
            MAPPING(FACT("") "\"where\": {\"field\": \"fact.f.status\", "
                             "\"in\": [\"knwon\"]}, ",
                    KEY),
            "where.in[0]: unknown word \"knwon\"; did you mean \"known\"?");
}

static void conditions_have_a_depth(void **state)
{
    struct fixture *f = *state;
    char where[512] = "", text[1024];

    for (int i = 0; i < 16; i++)
        strcat(where, "{\"not\": ");
    strcat(where, "{\"field\": \"user.email\", \"present\": true}");
    for (int i = 0; i < 16; i++)
        strcat(where, "}");
    snprintf(text, sizeof(text), WHERE("%s"), where);
    refuses(f, text, "at most 16 conditions");
}

static void facts_are_checked(void **state)
{
    struct fixture *f = *state;

    refuses(f, MAPPING("\"facts\": {\"F1\": {}}, ", KEY),
            "facts.F1: a fact's name");
    refuses(f, MAPPING(FACT("\"sources\": [\"jira_audits\"]"), KEY),
            "facts.f.sources: unknown source of events \"jira_audits\"; did "
            "you mean \"jira_audit\"?");
    refuses(f, MAPPING(FACT("\"cancelled_by\": \"f\""), KEY),
            "facts.f.cancelled_by: a fact cannot cancel itself");
    refuses(f,
            MAPPING("\"facts\": {\"ab_c\": {}, \"g\": "
                    "{\"cancelled_by\": \"abc\"}}, ",
                    KEY),
            "did you mean \"ab_c\"?");
    refuses(f,
            "{\"name\": \"d\", \"users\": \"u\", \"facts\": {\"f\": {}}, "
            "\"columns\": [" KEY "]}",
            "facts: facts need \"events\"");
}

static void transforms_are_typed_in_a_chain(void **state)
{
    struct fixture *f = *state;
    const struct transform *t;

    accepts(f, TEXT_COLUMN("\"from\": \"user.added_at\", \"transforms\": "
                           "[{\"format_date\": {\"format\": \"%d.%m.%Y\", "
                           "\"offset\": \"-02:30\"}}, \"trim\", "
                           "{\"map\": {\"a\": \"\"}}]"));
    t = f->mapping.rules.columns[1].transforms;
    assert_int_equal(f->mapping.rules.columns[1].transform_count, 3);
    assert_int_equal(t[0].offset_minutes, -150);
    assert_string_equal(strmap_get(&t[2].table, "a"), "");
    refuses(f,
            TEXT_COLUMN("\"from\": \"user.added_at\", "
                        "\"transforms\": [\"trim\"]"),
            "columns[1].transforms[0]: \"trim\" cannot be used on a "
            "timestamp");
    refuses(f,
            COLUMN("\"type\": \"timestamp\", \"from\": \"user.email\", "
                   "\"transforms\": [\"trim\"]"),
            "columns[1].transforms: give a string");
    refuses(f,
            TEXT_COLUMN("\"from\": \"user.email\", "
                        "\"transforms\": [\"tirm\"]"),
            "unknown transform \"tirm\"; did you mean \"trim\"?");
    refuses(f,
            TEXT_COLUMN("\"from\": \"user.email\", "
                        "\"transforms\": [\"truncate\"]"),
            "\"truncate\" needs an argument");
    refuses(f,
            TEXT_COLUMN("\"from\": \"user.email\", "
                        "\"transforms\": [{\"trim\": 1}]"),
            "\"trim\" takes no argument");
    refuses(f,
            TEXT_COLUMN("\"from\": \"user.added_at\", \"transforms\": "
                        "[{\"format_date\": {\"format\": \"%q\"}}]"),
            "is no time format");
    /* a mistake in a reference is told once, although it is looked at twice */
    refuses(f,
            TEXT_COLUMN("\"from\": \"user.emial\", "
                        "\"transforms\": [\"trim\"]"),
            "d.json: columns[1].from: unknown field");
}

#define LOOKUP                                                                 \
    TEXT_COLUMN("\"from\": \"user.email\", \"transforms\": "                   \
                "[{\"lookup\": {\"file\": \"names.csv\"}}]")

static void lookups_come_from_a_file_beside(void **state)
{
    struct fixture *f = *state;

    temp_file(&f->folder, "names.csv",
              "\xEF\xBB\xBFkey,\"a, b\"\nk2,\nk3,x\nk3,x\n");
    accepts(f, LOOKUP);
    assert_string_equal(
        strmap_get(&f->mapping.rules.columns[1].transforms[0].table, "key"),
        "a, b");
    assert_null(
        strmap_get(&f->mapping.rules.columns[1].transforms[0].table, "k2"));
    temp_file(&f->folder, "names.csv", "a,1\na,2\n");
    refuses(f, LOOKUP, "names.csv: row 2: an earlier row");
    temp_file(&f->folder, "names.csv", "a,1,2\n");
    refuses(f, LOOKUP, "names.csv: row 1: expected two cells");
    temp_file(&f->folder, "names.csv", "a,\"1\n");
    refuses(f, LOOKUP, "transforms[0].lookup.file: ");
    assert_int_equal(remove(temp_file(&f->folder, "names.csv", "")), 0);
    refuses(f, LOOKUP, "transforms[0].lookup.file: ");
}

#define SALTED(salt)                                                           \
    TEXT_COLUMN("\"from\": \"user.email\", \"transforms\": "                   \
                "[{\"sha256\": {\"salt\": " salt "}}]")

static void salts_are_secrets(void **state)
{
    struct fixture *f = *state;

    setenv("ROLLCALL_TEST_SALT", "pepper", 1);
    accepts(f, SALTED("{\"env\": \"ROLLCALL_TEST_SALT\"}"));
    assert_string_equal(f->mapping.rules.columns[1].transforms[0].text,
                        "pepper");
    unsetenv("ROLLCALL_TEST_SALT");
    refuses(f, SALTED("{\"env\": \"ROLLCALL_TEST_SALT\"}"),
            "ROLLCALL_TEST_SALT");
    refuses(f, SALTED("\"hunter2\""), "sha256.salt: a secret is never");
    assert_null(strstr(f->err.text, "hunter2"));
    refuses(f, SALTED("{\"command\": [\"id\"]}"), "unknown key \"command\"");
    temp_file(&f->folder, "salt", "salt-in-file\n");
    accepts(f, SALTED("{\"file\": \"salt\"}"));
    assert_string_equal(f->mapping.rules.columns[1].transforms[0].text,
                        "salt-in-file");
}

#define SOURCES(users)                                                         \
    "{\"name\": \"d\", \"users\": " users ", \"columns\": [" KEY "]}"

static void users_come_from_one_source_and_more(void **state)
{
    struct fixture *f = *state;
    const struct rules *rules = &f->mapping.rules;

    accepts(f, SOURCES("\"a\""));
    assert_string_equal(rules->users, "a");
    assert_null(rules->enrich[0]);
    accepts(f, SOURCES("{\"enrich\": [\"b\", \"c\"], \"from\": \"a\"}"));
    assert_string_equal(rules->users, "a");
    assert_string_equal(rules->enrich[0], "b");
    assert_string_equal(rules->enrich[1], "c");
    assert_null(rules->enrich[2]);
    refuses(f, SOURCES("{\"from\": \"a\"}"), "users.enrich: missing");
    refuses(f, SOURCES("{\"enrich\": [\"b\"]}"), "users.from: missing");
    refuses(f, SOURCES("{\"from\": \"a\", \"enrich\": []}"), "users.enrich");
    refuses(f, SOURCES("{\"from\": \"a\", \"enrich\": [\"b\", \"a\"]}"),
            "users.enrich: \"a\" is the source they enrich; "
            "take it out of here");
    refuses(f, SOURCES("{\"from\": \"a\", \"enrich\": [\"../b\"]}"),
            "is not the name of a source");
    refuses(f, SOURCES("{\"from\": \"a\", \"enrich\": [\"b\", \"b\"]}"),
            "users.enrich");
    refuses(f, SOURCES("{\"from\": \"a\", \"enrich\": [\"1\", \"2\", "
                       "\"3\", \"4\", \"5\", \"6\"]}"),
            "users.enrich: at most 5 sources can enrich");
    refuses(f, SOURCES("{\"from\": \"a\", \"enrch\": [\"b\"]}"),
            "did you mean \"enrich\"");
}

static void a_field_has_a_source(void **state)
{
    struct fixture *f = *state;
    const struct ref *ref;

    accepts(f, WHERE("{\"field\": \"user.active.source\", "
                     "\"equals\": \"jira_users\"}"));
    ref = &f->mapping.rules.where->ref;
    assert_int_equal(ref->kind, REF_USER);
    assert_int_equal(ref->index, USER_ACTIVE);
    assert_true(ref->origin);
    accepts(f, WHERE("{\"field\": \"user.active\", \"equals\": true}"));
    assert_false(f->mapping.rules.where->ref.origin);
    refuses(f, WHERE("{\"field\": \"user.activ.source\", \"equals\": \"x\"}"),
            "unknown field \"activ\"");
    refuses(f, WHERE("{\"field\": \"user.active.sauce\", \"equals\": \"x\"}"),
            "unknown field \"active.sauce\"");
    refuses(f, WHERE("{\"field\": \"user.last_seen_at.source\", "
                     "\"older_than\": \"9d\"}"),
            "where.");
}

static void reads_the_mappings_of_the_organisation(void **state)
{
    struct fixture *f = *state;

    if (mapping_load(&f->mapping, "inactive_users_org", shipped, &f->err) != 0)
        fail_msg("%s", f->err.text);
    assert_string_equal(f->mapping.rules.enrich[0], "adminhub_org_users");
    mapping_free(&f->mapping);
    if (mapping_load(&f->mapping, "inactive_users_adminhub", shipped,
                     &f->err) != 0)
        fail_msg("%s", f->err.text);
    assert_null(f->mapping.rules.enrich[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(users_come_from_one_source_and_more,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_field_has_a_source, setup, teardown),
        cmocka_unit_test_setup_teardown(reads_the_mappings_of_the_organisation,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(reads_inactive_users, setup, teardown),
        cmocka_unit_test_setup_teardown(reads_all_users, setup, teardown),
        cmocka_unit_test_setup_teardown(names_the_nearest_mapping, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(finds_sources, setup, teardown),
        cmocka_unit_test_setup_teardown(references_are_resolved, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(references_fit_the_column, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(constants_fit_the_column, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(status_columns_hold_every_status, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(keys_make_rows_unique, setup, teardown),
        cmocka_unit_test_setup_teardown(conditions_have_one_form, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(values_of_conditions_have_one_form,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(conditions_fit_the_type, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(conditions_have_a_depth, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(facts_are_checked, setup, teardown),
        cmocka_unit_test_setup_teardown(transforms_are_typed_in_a_chain, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(lookups_come_from_a_file_beside, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(salts_are_secrets, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
