#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "setup.h"
#include "temp_file.h"

#define JOB(endpoint, mappings)                                                \
    "{\"endpoints\": {\"" endpoint "\": {\"url\": \"https://a.example\", "     \
    "\"auth\": {\"type\": \"bearer\", \"secret\": {\"env\": \"T\"}}}}, "       \
    "\"mappings\": [" mappings "]}"
#define USERS(name)                                                            \
    "{\"name\": \"" name "\", \"kind\": \"users\", \"endpoint\": \"jira\", "   \
    "\"request\": {\"method\": \"GET\", \"path\": \"/u\"}, \"paging\": "       \
    "{\"style\": \"single\"}, \"items\": \"\", \"fields\": {\"account_id\": "  \
    "\"/id\"}}"
#define EVENTS(name) "\"events\": [\"" name "\"], "
#define MAPPING(name, users, events)                                           \
    "{\"name\": \"" name "\", \"grain\": \"user\", \"users\": \"" users        \
    "\", " events                                                              \
    "\"columns\": [{\"name\": \"account_id\", \"type\": \"string\", "          \
    "\"key\": true, \"from\": \"user.account_id\"}]}"

/* A job of its own, with the shipped mappings in reach. */
struct stage {
    struct temp_folder folder;
    struct setup setup;
    struct error err;
};

static int setup(void **state)
{
    struct stage *stage = calloc(1, sizeof(*stage));
    char shipped[PATH_MAX];

    assert_non_null(stage);
    temp_folder_make(&stage->folder);
    assert_non_null(realpath("mappings", shipped));
    setenv("ROLLCALL_MAPPINGS", shipped, 1);
    *state = stage;
    return 0;
}

static int teardown(void **state)
{
    struct stage *stage = *state;
    char command[2 * PATH_MAX];

    setup_free(&stage->setup);
    setup_free(&stage->setup);
    snprintf(command, sizeof(command), "rm -rf %s", stage->folder.path);
    assert_int_equal(system(command), 0);
    free(stage);
    return 0;
}

static int load(struct stage *stage, const char *job,
                const char *const *mappings)
{
    struct setup_options options = {.mappings = mappings};

    setup_free(&stage->setup);
    error_clear(&stage->err);
    options.job_path = temp_file(&stage->folder, "job.json", job);
    return setup_load(&stage->setup, &options, &stage->err);
}

/* A file beside the job, in FOLDER/mappings or FOLDER/mappings/sources. */
static void put(struct stage *stage, const char *name, const char *text)
{
    char path[2 * PATH_MAX];
    FILE *out;

    snprintf(path, sizeof(path), "%s/mappings", stage->folder.path);
    mkdir(path, 0700);
    snprintf(path, sizeof(path), "%s/mappings/sources", stage->folder.path);
    mkdir(path, 0700);
    snprintf(path, sizeof(path), "%s/mappings/%s", stage->folder.path, name);
    out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    assert_int_equal(fclose(out), 0);
}

static void loads(struct stage *stage, const char *job)
{
    if (load(stage, job, NULL) != 0)
        fail_msg("%s", stage->err.text);
}

static void refuses(struct stage *stage, const char *job, const char *text)
{
    assert_int_equal(load(stage, job, NULL), -1);
    assert_int_equal(stage->err.kind, ERROR_CONFIG);
    if (strstr(stage->err.text, text) == NULL)
        fail_msg("%s", stage->err.text);
}

static void all_that_a_mapping_leads_to(void **state)
{
    struct stage *stage = *state;
    static const char *const names[] = {"jira_users", "jira_audit",
                                        "jira_user_keys", "jira_user_names"};

    loads(stage, JOB("jira", "\"inactive_users\""));
    assert_int_equal(stage->setup.mapping_count, 1);
    assert_int_equal(stage->setup.source_count, 8);
    for (size_t i = 0; i < 4; i++) {
        const struct setup_source *entry =
            setup_source(&stage->setup, names[i]);

        assert_non_null(entry);
        assert_null(entry->skipped);
        assert_string_equal(entry->endpoint->url, "https://a.example");
    }
    assert_null(setup_source(&stage->setup, "jira"));
    assert_null(setup_source(&stage->setup, NULL));
}

static void sources_are_loaded_once(void **state)
{
    struct stage *stage = *state;

    put(stage, "mine.json",
        MAPPING("mine", "jira_users", EVENTS("jira_audit")));
    loads(stage, JOB("jira", "\"inactive_users\", \"mine\""));
    assert_int_equal(stage->setup.mapping_count, 2);
    assert_int_equal(stage->setup.source_count, 8);
}

static void options_instead_of_the_job(void **state)
{
    struct stage *stage = *state;
    static const char *const all[] = {"all_users", NULL};
    const char *job = JOB("jira", "\"inactive_users\"");
    struct setup_options options = {.mappings = all, .out_dir = "elsewhere"};

    options.job_path = temp_file(&stage->folder, "job.json", job);
    assert_int_equal(setup_load(&stage->setup, &options, &stage->err), 0);
    assert_string_equal(stage->setup.mappings[0].rules.schema.name,
                        "all_users");
    assert_string_equal(stage->setup.out_dir, "elsewhere");
    loads(stage, job);
    assert_non_null(strstr(stage->setup.out_dir, stage->folder.path));
}

static void beside_the_job_comes_first(void **state)
{
    struct stage *stage = *state;

    put(stage, "all_users.json", MAPPING("all_users", "mine", ""));
    put(stage, "sources/mine.json", USERS("mine"));
    loads(stage, JOB("jira", "\"all_users\""));
    assert_int_equal(stage->setup.source_count, 1);
    assert_string_equal(stage->setup.sources[0].source.name, "mine");
}

static void missing_job(void **state)
{
    struct stage *stage = *state;
    const struct setup_options options = {.job_path = "/nonexistent.json"};

    assert_int_equal(setup_load(&stage->setup, &options, &stage->err), -1);
    assert_int_equal(stage->err.kind, ERROR_NO_INPUT);
}

static void unknown_words(void **state)
{
    struct stage *stage = *state;

    refuses(stage, JOB("jira", "\"inactive_user\""), "inactive_users");
    put(stage, "mine.json", MAPPING("mine", "jira_user", ""));
    refuses(stage, JOB("jira", "\"mine\""), "jira_users");
}

static void endpoint_the_job_lacks(void **state)
{
    struct stage *stage = *state;

    refuses(stage, JOB("admin", "\"inactive_users\""), "endpoint \"jira\"");
    assert_string_not_equal(stage->err.hint, "");
}

#define TWO_LOGS "\"events\": [\"org_events\", \"jira_audit\"], "

static void a_log_without_endpoint_is_skipped(void **state)
{
    struct stage *stage = *state;
    const struct setup_source *entry;

    put(stage, "mine.json", MAPPING("mine", "jira_users", TWO_LOGS));
    loads(stage, JOB("jira", "\"inactive_users\", \"mine\""));
    entry = setup_source(&stage->setup, "org_events");
    assert_non_null(entry);
    assert_null(entry->endpoint);
    assert_string_equal(entry->skipped, "the job has no endpoint \"admin\"");
    assert_null(setup_source(&stage->setup, "jira_audit")->skipped);
}

static void one_log_must_be_left(void **state)
{
    struct stage *stage = *state;

    put(stage, "mine.json",
        MAPPING("mine", "jira_users", EVENTS("org_events")));
    refuses(stage, JOB("jira", "\"mine\""),
            "source \"org_events\" needs an endpoint \"admin\"");
    refuses(stage, JOB("jira", "\"inactive_users\", \"mine\""),
            "source \"org_events\" needs an endpoint \"admin\"");
}

#define FILES(files, mappings)                                                 \
    "{\"files\": {" files "}, \"mappings\": [" mappings "]}"
#define EXPORT "\"inactive_users_export\""

static void files_stand_for_endpoints(void **state)
{
    struct stage *stage = *state;
    const struct setup_source *entry;

    loads(stage, FILES("\"export_users\": \"u.csv\"", EXPORT));
    entry = setup_source(&stage->setup, "export_users_csv");
    assert_non_null(entry);
    assert_null(entry->skipped);
    assert_null(entry->endpoint);
    assert_string_equal(entry->files->paths[0].given, "u.csv");
    assert_true(setup_uses_file(&stage->setup, entry->files));
    entry = setup_source(&stage->setup, "managed_accounts_csv");
    assert_string_equal(entry->skipped,
                        "the job has no file \"managed_accounts\"");
    assert_int_equal(stage->setup.user_count, 1);
    refuses(stage, FILES("\"audit\": \"a.csv\"", EXPORT),
            "source \"export_users_csv\" needs a file \"export_users\"");
}

static void logs_may_be_optional(void **state)
{
    struct stage *stage = *state;

    loads(stage, FILES("\"export_users\": \"u.csv\"", EXPORT));
    assert_true(setup_lacks_log(&stage->setup, 0));
    loads(stage, FILES("\"export_users\": \"u.csv\", "
                       "\"audit\": \"a.csv\"", EXPORT));
    assert_false(setup_lacks_log(&stage->setup, 0));
    put(stage, "mine.json",
        MAPPING("mine", "export_users_csv", EVENTS("audit_csv")));
    refuses(stage, FILES("\"export_users\": \"u.csv\"", "\"mine\""),
            "source \"audit_csv\" needs a file \"audit\"");
    put(stage, "mine.json", MAPPING("mine", "export_users_csv", ""));
    loads(stage, FILES("\"export_users\": \"u.csv\"", "\"mine\""));
    assert_false(setup_lacks_log(&stage->setup, 0));
    put(stage, "mine.json",
        MAPPING("mine", "export_users_csv",
                "\"events\": {\"from\": [\"audit_csv\"], "
                "\"optionl\": true}, "));
    refuses(stage, FILES("\"export_users\": \"u.csv\"", "\"mine\""),
            "did you mean \"optional\"");
}

static void a_file_that_nothing_reads(void **state)
{
    struct stage *stage = *state;

    refuses(stage, FILES("\"export_users\": \"u.csv\", "
                         "\"aduit\": \"a.csv\"", EXPORT),
            "files.aduit: no source reads it; did you mean \"audit\"?");
    loads(stage, FILES("\"export_users\": \"u.csv\", "
                       "\"holidays\": \"a.csv\"", EXPORT));
    assert_false(setup_uses_file(&stage->setup,
                                 job_file(&stage->setup.job, "holidays")));
}

static void old_exports_cannot_be_the_universe(void **state)
{
    struct stage *stage = *state;

    put(stage, "mine.json", MAPPING("mine", "export_users_legacy_csv", ""));
    refuses(stage, FILES("\"export_users_legacy\": \"u.csv\"", "\"mine\""),
            "may lack account ids");
}

static void source_of_another_name(void **state)
{
    struct stage *stage = *state;

    put(stage, "mine.json", MAPPING("mine", "people", ""));
    put(stage, "sources/people.json", USERS("persons"));
    refuses(stage, JOB("jira", "\"mine\""), "expected \"people\"");
}

static void source_of_another_kind(void **state)
{
    struct stage *stage = *state;

    put(stage, "mine.json", MAPPING("mine", "jira_audit", ""));
    refuses(stage, JOB("jira", "\"mine\""), "something else");
    put(stage, "mine.json",
        MAPPING("mine", "jira_users", EVENTS("jira_users")));
    refuses(stage, JOB("jira", "\"mine\""), "something else");
    put(stage, "mine.json",
        MAPPING("mine", "jira_users", EVENTS("jira_user_keys")));
    refuses(stage, JOB("jira", "\"mine\""), "something else");
}

static void one_dataset_twice(void **state)
{
    struct stage *stage = *state;

    refuses(stage, JOB("jira", "\"all_users\", \"all_users\""), "twice");
    put(stage, "mine.json", MAPPING("all_users", "jira_users", ""));
    refuses(stage, JOB("jira", "\"all_users\", \"mine\""), "already");
}

static void two_lists_of_users(void **state)
{
    struct stage *stage = *state;

    put(stage, "mine.json", MAPPING("mine", "mine", ""));
    put(stage, "sources/mine.json", USERS("mine"));
    refuses(stage, JOB("jira", "\"all_users\", \"mine\""), "\"mine\"");
}

static void broken_source(void **state)
{
    struct stage *stage = *state;

    put(stage, "mine.json", MAPPING("mine", "mine", ""));
    put(stage, "sources/mine.json", "{\"name\": \"mine\"}");
    refuses(stage, JOB("jira", "\"mine\""), "sources/mine.json");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#define BOTH(more, mappings)                                                   \
    "{\"endpoints\": {\"jira\": {\"url\": \"https://a.example\", " NO_AUTH        \
    "}, \"hub\": {\"url\": \"https://b.example\", " more NO_AUTH "}}, "            \
    "\"mappings\": [" mappings "], \"output\": {\"dir\": \"out\"}}"
#define NO_AUTH "\"auth\": {\"type\": \"none\"}"
#define ENRICHED(name, enrich)                                                 \
    "{\"name\": \"" name "\", \"users\": {\"from\": \"people\", "               \
    "\"enrich\": [" enrich "]}, \"columns\": [{\"name\": \"id\", "               \
    "\"type\": \"string\", \"key\": true, \"from\": \"user.account_id\"}]}"
#define LIST(name, endpoint, path, fields, more)                               \
    "{\"name\": \"" name "\", \"kind\": \"users\", \"endpoint\": \"" endpoint  \
    "\", \"request\": {\"method\": \"GET\", \"path\": \"" path "\"}, "           \
    "\"paging\": {\"style\": \"single\"}, \"items\": \"\", "                     \
    "\"fields\": {\"account_id\": " fields "}" more "}"

static void put_lists(struct stage *stage)
{
    put(stage, "sources/people.json",
        LIST("people", "jira", "/p", "\"/id\"", ""));
    put(stage, "sources/one.json", LIST("one", "hub", "/1", "\"/id\"", ""));
    put(stage, "sources/two.json",
        LIST("two", "hub", "/{site}", "\"/id\"", ""));
    put(stage, "sources/mail.json",
        LIST("mail", "hub", "/3",
             "{\"at\": \"/id\", \"required\": false}, \"email\": \"/m\"", ""));
    put(stage, "a.json", ENRICHED("a", "\"one\", \"two\""));
    put(stage, "b.json", ENRICHED("b", "\"one\""));
    put(stage, "c.json", ENRICHED("c", "\"two\", \"one\""));
}

static void what_enriches_may_be_skipped(void **state)
{
    struct stage *stage = *state;
    const struct setup *setup = &stage->setup;

    put_lists(stage);
    loads(stage, JOB("jira", "\"a\""));
    assert_int_equal(setup->user_count, 1);
    assert_string_equal(setup_source(setup, "one")->skipped,
                        "the job has no endpoint \"hub\"");
    loads(stage, BOTH("", "\"a\""));
    assert_int_equal(setup->user_count, 2);
    assert_null(setup_source(setup, "one")->skipped);
    assert_string_equal(setup_source(setup, "two")->skipped,
                        "endpoint \"hub\" has no site");
    loads(stage, BOTH("\"site\": \"s\", ", "\"a\""));
    assert_int_equal(setup->user_count, 3);
    assert_string_equal(setup->user_names[2], "two");
}

static void mappings_have_the_first_part_of_one_list(void **state)
{
    struct stage *stage = *state;
    const struct setup *setup = &stage->setup;

    put_lists(stage);
    loads(stage, BOTH("\"site\": \"s\", ", "\"b\", \"a\""));
    assert_int_equal(setup->user_count, 3);
    assert_int_equal(setup->mapping_users[0], 2);
    assert_int_equal(setup->mapping_users[1], 3);
    refuses(stage, BOTH("\"site\": \"s\", ", "\"a\", \"c\""),
            "\"two\" enriches in another place");
    loads(stage, BOTH("", "\"a\", \"c\"")); /* without "two" they agree */
    assert_int_equal(setup->mapping_users[1], 2);
}

static void the_universe_has_account_ids(void **state)
{
    struct stage *stage = *state;

    put_lists(stage);
    put(stage, "d.json", MAPPING("d", "mail", ""));
    refuses(stage, BOTH("", "\"d\""), "may lack account ids");
}

static void fallbacks_stand_alone(void **state)
{
    struct stage *stage = *state;

    put_lists(stage);
    put(stage, "sources/one.json",
        LIST("one", "hub", "/1", "\"/id\"", ", \"fallback\": \"other\""));
    put(stage, "sources/other.json",
        LIST("other", "hub", "/1", "\"/id\"", ""));
    loads(stage, BOTH("", "\"b\""));
    assert_true(setup_source(&stage->setup, "other")->is_fallback);
    assert_int_equal(stage->setup.user_count, 2);
    put(stage, "c.json", ENRICHED("c", "\"one\", \"other\""));
    refuses(stage, BOTH("", "\"c\""), "is the fallback of another");
    put(stage, "c.json", ENRICHED("c", "\"other\", \"one\""));
    refuses(stage, BOTH("", "\"c\""), "is used on its own as well");
    put(stage, "sources/other.json",
        LIST("other", "hub", "/1", "\"/id\"", ", \"fallback\": \"two\""));
    refuses(stage, BOTH("", "\"b\""), "has a fallback itself");
}

#define EVENT_MAPPING(name, users)                                             \
    "{\"name\": \"" name "\", \"grain\": \"event\", " users                    \
    "\"events\": [\"jira_audit\", \"org_events\"], \"columns\": ["             \
    "{\"name\": \"s\", \"type\": \"string\", \"key\": true, "                \
    "\"from\": \"event.source\"}, "                                            \
    "{\"name\": \"e\", \"type\": \"string\", \"key\": true, "                \
    "\"from\": \"event.id\"}, "                                                \
    "{\"name\": \"a\", \"type\": \"string\", \"key\": true, "                \
    "\"from\": \"subject.id\"}]}"

static void account_by_account_only_enriches(void **state)
{
    struct stage *stage = *state;

    put_lists(stage);
    put(stage, "sources/one.json",
        LIST("one", "hub", "/{account}", "\"/id\"", ", \"each\": {}"));
    loads(stage, BOTH("", "\"b\""));
    assert_int_equal(stage->setup.user_count, 2);
    put(stage, "d.json", MAPPING("d", "one", ""));
    refuses(stage, BOTH("", "\"d\""), "asked account by account, so it can");
    put(stage, "e.json",
        EVENT_MAPPING("e", "\"users\": {\"from\": \"people\", "
                           "\"enrich\": [\"one\"]}, "));
    refuses(stage, BOTH("", "\"e\""), "only for rows of accounts");
    put(stage, "sources/two.json",
        LIST("two", "hub", "/2", "\"/id\"", ", \"fallback\": \"one\""));
    put(stage, "c.json", ENRICHED("c", "\"two\""));
    refuses(stage, BOTH("", "\"c\""), "gives no list");
}

static void names_are_asked_in_batches(void **state)
{
    struct stage *stage = *state;

    put_lists(stage);
    put(stage, "sources/log.json",
        "{\"name\": \"log\", \"kind\": \"events\", \"endpoint\": \"jira\","
        "\"request\": {\"method\": \"GET\", \"path\": \"/l\"},"
        "\"paging\": {\"style\": \"single\"}, \"items\": \"\","
        "\"fields\": {\"id\": \"/id\", \"at\": \"/at\"},"
        "\"subjects\": [{\"items\": \"/o\", \"name\": [\"/id\"]}],"
        "\"resolve\": {\"names\": \"people\"}}");
    put(stage, "d.json", MAPPING("d", "people", EVENTS("log")));
    refuses(stage, BOTH("", "\"d\""), "has no \"batch\"");
}

/* Rows of events do without what the job cannot reach. */
static void events_need_no_accounts(void **state)
{
    struct stage *stage = *state;

    put(stage, "e.json", EVENT_MAPPING("e", ""));
    put(stage, "f.json",
        EVENT_MAPPING("f", "\"users\": {\"from\": \"jira_users\", "
                           "\"enrich\": [\"org_directory_users\"]}, "));
    loads(stage, JOB("jira", "\"e\""));
    assert_int_equal(stage->setup.user_count, 0);
    assert_null(setup_source(&stage->setup, "jira_users"));
    assert_non_null(setup_source(&stage->setup, "org_events")->skipped);
    loads(stage, JOB("jira", "\"e\", \"f\""));
    assert_int_equal(stage->setup.user_count, 1);
    assert_int_equal(stage->setup.mapping_users[0], 0);
    assert_int_equal(stage->setup.mapping_users[1], 1);
    loads(stage,
          "{\"endpoints\": {\"admin\": {\"url\": \"https://a.example\", "
          "\"organisation\": \"o\", \"auth\": {\"type\": \"bearer\", "
          "\"secret\": {\"env\": \"T\"}}}}, \"mappings\": [\"f\"]}");
    assert_non_null(setup_source(&stage->setup, "jira_users")->skipped);
    assert_string_equal(stage->setup.user_names[0], "org_directory_users");
}

static void events_share_the_universe(void **state)
{
    struct stage *stage = *state;

    put(stage, "sources/others.json", USERS("others"));
    put(stage, "e.json", EVENT_MAPPING("e", "\"users\": \"others\", "));
    put(stage, "d.json", MAPPING("d", "jira_users", ""));
    assert_int_equal(load(stage, JOB("jira", "\"d\", \"e\""), NULL), -1);
    assert_non_null(strstr(stage->err.text, "reads \"others\", but \"d\" of "
                                            "the same run reads "
                                            "\"jira_users\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_enriches_may_be_skipped),
        TEST(mappings_have_the_first_part_of_one_list),
        TEST(the_universe_has_account_ids),
        TEST(events_need_no_accounts),
        TEST(events_share_the_universe),
        TEST(fallbacks_stand_alone),
        TEST(files_stand_for_endpoints),
        TEST(logs_may_be_optional),
        TEST(a_file_that_nothing_reads),
        TEST(old_exports_cannot_be_the_universe),
        TEST(account_by_account_only_enriches),
        TEST(names_are_asked_in_batches),
        TEST(all_that_a_mapping_leads_to),
        TEST(sources_are_loaded_once),
        TEST(options_instead_of_the_job),
        TEST(beside_the_job_comes_first),
        TEST(missing_job),
        TEST(unknown_words),
        TEST(endpoint_the_job_lacks),
        TEST(a_log_without_endpoint_is_skipped),
        TEST(one_log_must_be_left),
        TEST(source_of_another_name),
        TEST(source_of_another_kind),
        TEST(one_dataset_twice),
        TEST(two_lists_of_users),
        TEST(broken_source),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
