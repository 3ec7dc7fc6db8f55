/* Job, mappings and sources are read, and what loads them is written, without
 * memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "no_memory.h"
#include "recording.h"
#include "setup.h"
#include "source.h"
#include "target.h"
#include "temp_file.h"

#define AUTH "\"auth\": {\"type\": \"bearer\", \"secret\": {\"env\": \"T\"}}"

/* All that a job can have, but for sites. */
static const char job[] =
    "{\"endpoints\": {"
    "\"jira\": {\"url\": \"https://a.example\", \"auth\": {\"type\": "
    "\"basic\", \"user\": \"u\", \"secret\": {\"file\": \"secret\"}}},"
    "\"admin\": {\"url\": \"https://b.example\", \"organisation\": \"o\", "
    "\"directory\": \"d\", " AUTH "},"
    "\"oauth\": {\"url\": \"https://d.example\", \"auth\": {\"type\": "
    "\"oauth_refresh\", \"client_id\": \"c\", \"secret\": {\"env\": \"C\"}, "
    "\"token_url\": \"https://d.example/token\", \"token_file\": \"t\", "
    "\"refresh_token\": {\"file\": \"secret\"}}},"
    "\"adminhub\": {\"url\": \"https://c.example\", \"organisation\": \"o\", "
    "\"site\": \"s\", \"auth\": {\"type\": \"cookie\", \"name\": \"n\", "
    "\"secret\": {\"command\": [\"cat\", \"secret\"]}}}},"
    "\"files\": {\"audit\": [\"log-*.csv\"]},"
    "\"mappings\": [\"./own.json\", \"access_changes\", \"inactive_users\", "
    "\"user_events\", \"all_users\"],"
    "\"events\": {\"lookback\": \"90d\", \"no_access\": \"allow\"},"
    "\"keys\": {\"map_file\": \"keys.csv\"},"
    "\"limits\": {\"rate\": {\"jira\": \"10/s\", \"admin\": \"50/min\"}},"
    "\"output\": {\"dir\": \"out\", \"compression\": \"none\", \"redshift_url\": \"s3://b/p\", "
    "\"companions\": [\"lst\", \"par\"], "
    "\"csv\": {\"preset\": \"powercenter\", \"null\": \"NULL\"}},"
    "\"deliver\": ["
    "{\"type\": \"dir\", \"path\": \"mount/{date}\"},"
    "{\"type\": \"s3\", \"bucket\": \"landing\", \"region\": \"r\", "
    "\"prefix\": \"in/{run}\", \"access_key\": {\"env\": \"A\"}, "
    "\"secret\": {\"env\": \"S\"}, \"session_token\": {\"env\": \"X\"}},"
    "{\"type\": \"azure\", \"url\": \"https://a.example/c\", "
    "\"sas\": {\"env\": \"S\"}},"
    "{\"type\": \"sftp\", \"url\": \"sftp://h/drop\", \"user\": \"u\", "
    "\"key\": {\"file\": \"k\"}, \"known_hosts\": \"kh\", "
    "\"passphrase\": {\"env\": \"P\"}}]}";

static const char sites[] =
    "{\"sites\": ["
    "{\"name\": \"acme\", \"mappings\": [\"all_users\"], \"endpoints\": "
    "{\"jira\": {\"url\": \"https://a.example\", " AUTH "}}},"
    "{\"name\": \"beta\", \"state\": \"beta.db\", "
    "\"limits\": {\"run_for\": \"1h\"}, \"endpoints\": "
    "{\"jira\": {\"url\": \"https://b.example\", " AUTH "}}}],"
    "\"mappings\": [\"inactive_users\"], \"output\": {\"sites\": \"together\"}}";

/* All that a mapping of users can have. */
static const char own[] =
    "{\"name\": \"own\", \"title\": \"Own\", \"changes\": true,"
    "\"users\": {\"from\": \"jira_users\", "
    "\"enrich\": [\"org_directory_users\"]},"
    "\"events\": {\"from\": [\"jira_audit\"], \"optional\": true},"
    "\"facts\": {\"left\": {\"sources\": [\"jira_audit\"], "
    "\"actor_within\": \"15m\", \"when\": {\"any\": ["
    "{\"change\": {\"field\": \"Active\", \"from\": \"true\", "
    "\"to\": \"false\"}},"
    "{\"field\": \"event.action\", \"matches\": \"^user_left\"}]}},"
    "\"came\": {\"sources\": [\"jira_audit\"], \"cancelled_by\": \"left\", "
    "\"when\": {\"field\": \"event.action\", \"equals\": \"came\"}}},"
    "\"where\": {\"all\": [{\"not\": {\"field\": \"user.active\", "
    "\"equals\": true}}, {\"field\": \"user.account_type\", "
    "\"in\": [\"atlassian\", \"customer\"]},"
    "{\"any\": [{\"field\": \"fact.left.at\", \"older_than\": \"9d\"},"
    "{\"field\": \"fact.came.at\", \"present\": false}]}]},"
    "\"columns\": ["
    "{\"name\": \"account_id\", \"type\": \"string\", \"key\": true, "
    "\"length\": 128, \"from\": \"user.account_id\"},"
    "{\"name\": \"mail\", \"type\": \"string\", \"description\": \"d\", "
    "\"over_length\": \"truncate\", \"length\": 64, \"from\": \"user.email\", "
    "\"transforms\": [{\"sha256\": {\"salt\": {\"file\": \"secret\"}}}]},"
    "{\"name\": \"kind\", \"type\": \"string\", \"values\": [\"a\", \"b\"], "
    "\"from\": [{\"when\": {\"field\": \"fact.left.actor_id\", "
    "\"present\": true}, \"value\": \"a\"}, \"user.account_type\"],"
    "\"transforms\": [\"trim\", \"lower\", {\"map\": {\"x\": \"a\"}}, "
    "{\"default\": \"b\"}]},"
    "{\"name\": \"unit\", \"type\": \"string\", \"from\": \"user.time_zone\", "
    "\"transforms\": [{\"lookup\": {\"file\": \"units.csv\"}}, "
    "{\"truncate\": 20}, {\"replace_newlines\": \" \"}, "
    "{\"concat\": {\"before\": \"<\", \"after\": \">\"}}]},"
    "{\"name\": \"day\", \"type\": \"string\", \"from\": \"fact.left.at\", "
    "\"transforms\": [{\"format_date\": {\"format\": \"%d.%m.%Y\", "
    "\"offset\": \"+02:00\"}}]},"
    "{\"name\": \"born\", \"type\": \"date\", "
    "\"from\": {\"value\": \"2026-11-23\"}}],"
    "\"order\": [\"account_id\"], \"over_length\": \"reject\"}";

struct stage {
    struct temp_folder folder;
    char job[PATH_MAX + 16], sites[PATH_MAX + 16];
    struct mapping mapping;
    size_t texts; /* bytes and their sum, of all texts for loaders */
};

static int setup(void **state)
{
    struct stage *s = calloc(1, sizeof(*s));
    char shipped[PATH_MAX];

    assert_non_null(s);
    temp_folder_make(&s->folder);
    assert_non_null(realpath("mappings", shipped));
    setenv("ROLLCALL_MAPPINGS", shipped, 1);
    temp_file(&s->folder, "own.json", own);
    temp_file(&s->folder, "secret", "grain of salt\n");
    temp_file(&s->folder, "units.csv", "from,to\nx,y\nz,\"a, b\"\n");
    strcpy(s->sites, temp_file(&s->folder, "sites.json", sites));
    strcpy(s->job, temp_file(&s->folder, "job.json", job));
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct stage *s = *state;

    char command[PATH_MAX + 32];

    snprintf(command, sizeof(command), "rm -rf %s", s->folder.path);
    assert_int_equal(system(command), 0);
    free(s);
    return 0;
}

static int try_setup(void *context, struct error *err)
{
    const struct stage *s = context;
    const struct setup_options options = {.job_path = s->job};
    struct setup *setup = test_calloc(1, sizeof(*setup));
    int result = setup_load(setup, &options, err);

    if (result == 0) {
        assert_int_equal(setup->mapping_count, 5);
        assert_int_equal(setup->job.target_count, 4);
        assert_int_equal(setup->mappings[0].rules.schema.count, 6);
    }
    setup_free(setup);
    test_free(setup);
    return result;
}

static void a_job_is_read_or_not(void **state)
{
    no_memory_try(try_setup, *state, 1, 100);
}

static int try_site(void *context, struct error *err)
{
    const struct stage *s = context;
    const struct setup_options options = {.job_path = s->sites,
                                          .site = "beta"};
    struct setup *setup = test_calloc(1, sizeof(*setup));
    int result = setup_load(setup, &options, err);

    if (result == 0)
        assert_string_equal(setup->job.site, "beta");
    setup_free(setup);
    test_free(setup);
    return result;
}

static void one_of_several_sites_is_read_or_not(void **state)
{
    no_memory_try(try_site, *state, 1, 20);
}

/* Of the text: another one has another, most likely. */
static size_t sum(const struct buf *text)
{
    size_t total = 0;

    for (size_t i = 0; i < text->len; i++)
        total = total * 31 + (unsigned char)text->data[i];
    return total;
}

static int write_parts(const struct target_format *format,
                       const struct target_table *table, size_t *texts,
                       struct error *err)
{
    const struct target_part *part = target_parts(format);
    struct buf text;
    int result = 0;

    for (; result == 0 && part->name != NULL; part++) {
        buf_init(&text, TARGET_TEXT_MAX);
        result = target_write(format, part, table, &text, err);
        *texts += sum(&text);
        buf_release(&text);
    }
    return result;
}

static int try_targets(void *context, struct error *err)
{
    static const char *const names[] = {
        "powercenter", "postgres", "snowflake", "bigquery",
        "redshift",    "duckdb",   "spark",     "jsonschema"};
    struct stage *s = context;
    struct csv_dialect dialect;
    size_t texts = 0;

    assert_true(csv_preset("rfc4180", &dialect));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct target_format *format = target_find(names[i], err);
        const struct target_table table = {.schema = &s->mapping.rules.schema,
                                           .dialect = &dialect,
                                           .csv = true,
                                           .gzip = true,
                                           .table = "crm.people",
                                           .location = "s3://landing/in",
                                           .repository_version = "186",
                                           .repository = "REP",
                                           .folder = "CRM",
                                           .created = 0};

        assert_non_null(format);
        if (write_parts(format, &table, &texts, err) != 0)
            return -1;
    }
    if (s->texts == 0)
        s->texts = texts;
    return texts == s->texts ? 0 : error_set(err, ERROR_DATA, "other texts");
}

static void what_loads_it_is_written_or_not(void **state)
{
    struct stage *s = *state;
    const char *folders[] = {s->folder.path, getenv("ROLLCALL_MAPPINGS"),
                             NULL};
    struct error err = {0};
    char path[PATH_MAX + 16];

    snprintf(path, sizeof(path), "%s/own.json", s->folder.path);
    if (mapping_load(&s->mapping, path, folders, &err) != 0)
        fail_msg("%s", err.text);
    no_memory_try(try_targets, s, 1, 10);
    mapping_free(&s->mapping);
}

static int put_and_get(struct recording *recording, const char *folder,
                       struct error *err)
{
    const struct recorded_request request = {.endpoint = "jira",
                                             .source = "jira_users",
                                             .method = "GET",
                                             .path_query = "/u?startAt=0"};
    struct recorded_answer answer;
    char room[8];
    int result = -1;

    if (recording_put(recording, &request, 200, "[1, 2]", 6, err) == 0 &&
        recording_finish(recording, err) == 0)
        result = 0;
    recording_close(recording);
    if (result != 0)
        return -1;
    recording = recording_open(folder, err);
    if (recording == NULL)
        return -1;
    result = recording_next(recording, &request, &answer, err);
    if (result == 0)
        result = recording_body(&answer, room, err);
    if (result == 0)
        assert_memory_equal(room, "[1, 2]", 6);
    recording_close(recording);
    return result;
}

static int try_recording(void *context, struct error *err)
{
    const struct stage *s = context;
    const struct recording_head head = {.as_of = 0, .concurrency = 1};
    char folder[PATH_MAX + 16], command[PATH_MAX + 32];
    struct recording *recording;

    snprintf(folder, sizeof(folder), "%s/record", s->folder.path);
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
    recording = recording_create(folder, &head, err);
    return recording != NULL ? put_and_get(recording, folder, err) : -1;
}

static void an_answer_is_kept_and_found_or_not(void **state)
{
    no_memory_try(try_recording, *state, 1, 15);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_job_is_read_or_not),
        TEST(one_of_several_sites_is_read_or_not),
        TEST(what_loads_it_is_written_or_not),
        TEST(an_answer_is_kept_and_found_or_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
