#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "instant.h"
#include "job.h"
#include "temp_file.h"

#define ENDPOINT                                                               \
    "\"endpoints\": {\"jira\": {\"url\": \"https://a.example/\", "             \
    "\"auth\": {\"type\": \"bearer\", \"secret\": {\"env\": \"TOKEN\"}}}}"
#define MAPPINGS  "\"mappings\": [\"inactive_users\"]"
#define JOB(rest) "{" ENDPOINT ", " MAPPINGS ", " rest "}"
#define WITH_ENDPOINT(body)                                                    \
    "{\"endpoints\": {\"jira\": " body "}, " MAPPINGS "}"
#define WITH_AUTH(auth)                                                        \
    WITH_ENDPOINT("{\"url\": \"https://a.example\", \"auth\": " auth "}")

struct fixture {
    struct temp_folder folder;
    struct job job;
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

    job_free(&f->job);
    temp_folder_remove(&f->folder);
    free(f);
    return 0;
}

static int load(struct fixture *f, const char *text)
{
    job_free(&f->job);
    error_clear(&f->err);
    return job_load(&f->job, temp_file(&f->folder, "rollcall.json", text),
                    &f->err);
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

static const char documented[] =
    "{\n"
    "  \"endpoints\": {\n"
    "    \"jira\": {\"url\": \"https://acme.atlassian.net\",\n"
    "      \"auth\": {\"type\": \"basic\", \"user\": \"svc@acme.com\",\n"
    "               \"secret\": {\"env\": \"JIRA_API_TOKEN\"}}},\n"
    "    \"admin\": {\"url\": \"https://api.atlassian.com\",\n"
    "      \"organisation\": \"ORG_ID\", \"directory\": \"-\",\n"
    "      \"auth\": {\"type\": \"bearer\",\n"
    "               \"secret\": {\"file\": \"/run/secrets/key\"}}},\n"
    "    \"adminhub\": {\"url\": \"https://admin.atlassian.com\",\n"
    "      \"organisation\": \"ORG_ID\", \"site\": \"SITE_GUID\",\n"
    "      \"auth\": {\"type\": \"cookie\",\n"
    "               \"name\": \"cloud.session.token\",\n"
    "               \"secret\": {\"env\": \"ATLASSIAN_SESSION\"}}}\n"
    "  },\n"
    "  \"mappings\": [\"inactive_users\"],\n"
    "  \"events\": {\"lookback\": \"180d\", \"overlap\": \"24h\",\n"
    "             \"settle\": \"5m\"},\n"
    "  \"limits\": {\"concurrency\": 4,\n"
    "             \"rate\": {\"jira\": \"10/s\", \"admin\": \"50/min\"},\n"
    "             \"retry_for\": \"15m\", \"run_for\": \"6h\"},\n"
    "  \"guards\": {\"min_users\": 1, \"max_new_inactive\": \"20%\",\n"
    "             \"zero_rows\": \"fail\"},\n"
    "  \"output\": {\"dir\": \"out\", \"formats\": [\"csv\", \"jsonl\"],\n"
    "             \"layout\": \"flat\", \"part_size\": \"200MiB\",\n"
    "             \"csv\": {}},\n"
    "  \"state\": \"state/rollcall.db\",\n"
    "  \"deliver\": []\n"
    "}\n";

static void accepts_the_documented_example(void **state)
{
    struct fixture *f = *state;
    const struct endpoint *jira, *admin, *hub;
    char path[2 * PATH_MAX];

    accepts(f, documented);
    jira = job_endpoint(&f->job, "jira");
    admin = job_endpoint(&f->job, "admin");
    hub = job_endpoint(&f->job, "adminhub");
    assert_int_equal(jira->auth, AUTH_BASIC);
    assert_string_equal(jira->user, "svc@acme.com");
    assert_int_equal(jira->secret.kind, SECRET_ENV);
    assert_string_equal(jira->secret.name, "JIRA_API_TOKEN");
    assert_int_equal(jira->rate_count, 10);
    assert_int_equal(jira->rate_per_ms, 1000);
    assert_string_equal(admin->organisation, "ORG_ID");
    assert_int_equal(admin->secret.kind, SECRET_FILE);
    assert_string_equal(admin->secret.name, "/run/secrets/key");
    assert_int_equal(hub->auth, AUTH_COOKIE);
    assert_string_equal(hub->cookie, "cloud.session.token");
    assert_string_equal(hub->directory, "-");
    assert_int_equal(hub->rate_count, 0);
    assert_null(job_endpoint(&f->job, "other"));
    snprintf(path, sizeof(path), "%s/state/rollcall.db", f->folder.path);
    assert_string_equal(f->job.state, path);
}

static void fills_defaults(void **state)
{
    struct fixture *f = *state;
    char path[2 * PATH_MAX];

    accepts(f, "{" ENDPOINT ", " MAPPINGS "}");
    assert_string_equal(job_endpoint(&f->job, "jira")->url,
                        "https://a.example");
    assert_string_equal(f->job.mappings[0], "inactive_users");
    assert_null(f->job.mappings[1]);
    assert_int_equal(f->job.events.lookback_ms, INT64_C(180) * INSTANT_DAY);
    assert_int_equal(f->job.events.no_access, NO_ACCESS_FAIL);
    assert_int_equal(f->job.guards.max_new_inactive_ppm, 200000);
    assert_int_equal(f->job.guards.zero_rows, ZERO_ROWS_FAIL);
    assert_true(f->job.output.csv && f->job.output.jsonl);
    assert_int_equal(f->job.output.file_mode, 0600);
    assert_int_equal(f->job.output.dir_mode, 0700);
    assert_int_equal(f->job.output.dialect.delimiter, ',');
    snprintf(path, sizeof(path), "%s/out", f->folder.path);
    assert_string_equal(f->job.output.dir, path);
    assert_int_equal(strlen(f->job.sha256), 64);
}

static void needs_endpoints_and_mappings(void **state)
{
    struct fixture *f = *state;

    refuses(f, "{" ENDPOINT "}", "mappings: missing");
    refuses(f, "{" MAPPINGS "}", "endpoints: missing");
    refuses(f, "{\"endpoints\": {}, " MAPPINGS "}", "endpoints: expected 1");
    refuses(f, "{" ENDPOINT ", \"mappings\": []}",
            "mappings: must not be empty");
    refuses(f, "{" ENDPOINT ", \"mappings\": [\"./a.json\", \"a.json\"]}",
            "a.json twice");
    assert_int_equal(job_load(&f->job, "/nonexistent.json", &f->err), -1);
}

static void files_stand_for_endpoints(void **state)
{
    struct fixture *f = *state;
    const struct job_file *file;
    char path[2 * PATH_MAX];

    accepts(f, "{\"files\": {\"a\": \"x.csv\", \"b\": [\"y.csv\", "
               "\"/z.csv.gz\"]}, " MAPPINGS "}");
    assert_int_equal(f->job.endpoint_count, 0);
    assert_int_equal(f->job.file_count, 2);
    assert_int_equal(f->job.guards.max_export_age_ms, 2 * INSTANT_DAY);
    file = job_file(&f->job, "a");
    assert_non_null(file);
    assert_int_equal(file->count, 1);
    assert_string_equal(file->paths[0].given, "x.csv");
    snprintf(path, sizeof(path), "%s/x.csv", f->folder.path);
    assert_string_equal(file->paths[0].path, path);
    file = job_file(&f->job, "b");
    assert_non_null(file);
    assert_int_equal(file->count, 2);
    assert_string_equal(file->paths[1].path, "/z.csv.gz");
    assert_null(job_file(&f->job, "c"));
    accepts(f, JOB("\"guards\": {\"max_export_age\": \"7d\"}"));
    assert_int_equal(f->job.guards.max_export_age_ms, 7 * (int64_t)INSTANT_DAY);
    refuses(f, JOB("\"files\": {\"a\": \"x.xlsx\"}"),
            "files.a: expected the path of a file ending in .csv");
    refuses(f, JOB("\"files\": {\"a\": \".csv\"}"), "files.a: expected");
    refuses(f, JOB("\"files\": {\"a\": [\"x.csv\", 1]}"), "files.a[1]");
    refuses(f, JOB("\"files\": {\"a\": [\"x.csv\", \"x.csv\"]}"),
            "files.a[1]: names x.csv twice");
    refuses(f, JOB("\"files\": {\"a\": []}"), "files.a: expected 1 to");
    refuses(f, JOB("\"files\": {}"), "files: expected 1 to");
    refuses(f, JOB("\"files\": {\"a\": \"x.csv\", \"a\": \"y.csv\"}"),
            "given twice");
    refuses(f, JOB("\"guards\": {\"max_export_age\": \"0s\"}"),
            "guards.max_export_age");
}

static void missing_file_is_no_input(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(job_load(&f->job, "/nonexistent/r.json", &f->err), -1);
    assert_int_equal(error_exit_code(&f->err), 66);
}

static void names_the_nearest_endpoint(void **state)
{
    struct fixture *f = *state;

    refuses(f, JOB("\"limits\": {\"rate\": {\"jria\": \"10/s\"}}"),
            "limits.rate.jria: unknown endpoint \"jria\"; did you mean "
            "\"jira\"?");
    refuses(f, JOB("\"limits\": {\"rate\": {\"jira\": \"10\"}}"),
            "limits.rate.jira: expected a rate");
    /* rates stand before the endpoints they refer to */
    accepts(f, "{\"limits\": {\"rate\": {\"jira\": \"1/h\"}}, " ENDPOINT
               ", " MAPPINGS "}");
}

static void never_repeats_a_secret(void **state)
{
    static const char *const jobs[] = {
        WITH_AUTH("{\"type\": \"bearer\", \"secret\": \"hunter2\"}"),
        WITH_AUTH("{\"type\": \"bearer\", \"secret\": [\"hunter2\"]}"),
        WITH_AUTH("{\"type\": \"bearer\", "
                  "\"secret\": {\"env\": \"ATATT-hunter2\"}}"),
        WITH_ENDPOINT("{\"url\": \"https://me:hunter2@a.example\", "
                      "\"auth\": {\"type\": \"none\"}}"),
        WITH_ENDPOINT("{\"url\": \"https://a.example?token=hunter2\", "
                      "\"auth\": {\"type\": \"none\"}}"),
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
        refuses(f, jobs[i], "endpoints.jira.");
        assert_null(strstr(f->err.text, "hunter2"));
        assert_null(strstr(f->err.hint, "hunter2"));
    }
    refuses(f, jobs[0], "write {\"env\": \"NAME\"}");
    refuses(f, jobs[3], "holds a user or password");
}

#define OAUTH(type, more)                                                      \
    WITH_AUTH("{\"type\": \"" type "\", \"token_url\": "                       \
              "\"https://auth.example/token\", \"client_id\": \"c\", "         \
              "\"secret\": {\"env\": \"S\"}" more "}")
#define REFRESH(token, file)                                                   \
    OAUTH("oauth_refresh", ", \"refresh_token\": {" token "}, "               \
                           "\"token_file\": \"" file "\"")

static void oauth(void **state)
{
    struct fixture *f = *state;
    const struct endpoint *endpoint;
    char path[2 * PATH_MAX];

    accepts(f, OAUTH("oauth_client", ", \"scopes\": [\"a\", \"b\"], "
                                     "\"audience\": \"x\", "
                                     "\"expires\": \"2027-03-01\""));
    endpoint = &f->job.endpoints[0];
    assert_int_equal(endpoint->auth, AUTH_OAUTH_CLIENT);
    assert_string_equal(endpoint->oauth.token_url,
                        "https://auth.example/token");
    assert_string_equal(endpoint->oauth.client_id, "c");
    assert_string_equal(endpoint->oauth.scopes[1], "b");
    assert_string_equal(endpoint->oauth.audience, "x");
    assert_true(endpoint->expires == INT64_C(1803859200000));
    accepts(f, REFRESH("\"env\": \"R\"", "t/jira"));
    endpoint = &f->job.endpoints[0];
    assert_int_equal(endpoint->auth, AUTH_OAUTH_REFRESH);
    assert_string_equal(endpoint->oauth.refresh.name, "R");
    snprintf(path, sizeof(path), "%s/t/jira", f->folder.path);
    assert_string_equal(endpoint->oauth.token_file, path);
    assert_true(endpoint->expires == 0);

    refuses(f, OAUTH("oauth_refresh", ""), "auth.refresh_token: missing");
    refuses(f, OAUTH("oauth_refresh", ""), "auth.token_file: missing");
    refuses(f, OAUTH("oauth_client", ", \"token_file\": \"t\""),
            "unknown key \"token_file\"");
    refuses(f, OAUTH("oauth_client", ", \"scopes\": [\"a b\"]"),
            "one scope in each text");
    refuses(f, OAUTH("oauth_client", ", \"scopes\": []"), "auth.scopes");
    refuses(f, OAUTH("oauth_client", ", \"expires\": \"2027-13-01\""),
            "2027-03-01");
    refuses(f, REFRESH("\"file\": \"t/jira\"", "t/jira"),
            "another file than that of refresh_token");
}

static void auth_keys_follow_the_type(void **state)
{
    struct fixture *f = *state;

    refuses(f, WITH_AUTH("{\"type\": \"basic\", \"secret\": {\"env\": \"T\"}}"),
            "auth.user: missing");
    refuses(f,
            WITH_AUTH("{\"type\": \"basic\", \"user\": \"a:b\", "
                      "\"secret\": {\"env\": \"T\"}}"),
            "must not hold ':'");
    refuses(f,
            WITH_AUTH("{\"type\": \"cookie\", \"secret\": {\"env\": \"T\"}}"),
            "auth.name: missing");
    refuses(f,
            WITH_AUTH("{\"type\": \"bearer\", \"user\": \"u\", "
                      "\"secret\": {\"env\": \"T\"}}"),
            "unknown key \"user\"");
    refuses(f, WITH_AUTH("{\"type\": \"bearer\"}"), "auth.secret: missing");
    refuses(f, WITH_AUTH("{}"), "auth.type: missing");
    refuses(f, WITH_ENDPOINT("{\"url\": \"https://a.example\"}"),
            "auth: missing");
    refuses(f,
            WITH_AUTH("{\"type\": \"bearer\", \"secret\": "
                      "{\"env\": \"A\", \"file\": \"b\"}}"),
            "exactly one of");
}

static void keeps_repeated_arguments(void **state)
{
    struct fixture *f = *state;
    const char *const *argv;
    char path[2 * PATH_MAX];

    accepts(f, WITH_AUTH("{\"type\": \"bearer\", \"secret\": {\"command\": "
                         "[\"./get\", \"\", \"-v\", \"-v\"]}}"));
    argv = f->job.endpoints[0].secret.argv;
    snprintf(path, sizeof(path), "%s/get", f->folder.path);
    assert_string_equal(argv[0], path);
    assert_string_equal(argv[1], "");
    assert_string_equal(argv[3], "-v");
    assert_null(argv[4]);
}

static void urls_are_https_or_loopback(void **state)
{
    struct fixture *f = *state;

    refuses(f,
            WITH_ENDPOINT("{\"url\": \"http://a.example\", "
                          "\"auth\": {\"type\": \"none\"}}"),
            "endpoints.jira.url: expected https://");
    accepts(f, WITH_ENDPOINT("{\"url\": \"http://127.0.0.1:80/ex/jira/1/\", "
                             "\"auth\": {\"type\": \"none\"}}"));
    assert_string_equal(f->job.endpoints[0].url,
                        "http://127.0.0.1:80/ex/jira/1");
}

static void reads_targets(void **state)
{
    struct fixture *f = *state;
    const struct job_target *t;

    accepts(f, JOB("\"deliver\": ["
                   "{\"type\": \"s3\", \"bucket\": \"lake\", \"region\": "
                   "\"eu-central-1\", \"access_key\": \"AK\", \"secret\": "
                   "{\"env\": \"S\"}, \"prefix\": \"a/dt={date}\"}, "
                   "{\"type\": \"s3\", \"bucket\": \"la.ke\", \"region\": "
                   "\"cn-north-1\", \"access_key\": {\"env\": \"A\"}, "
                   "\"secret\": {\"env\": \"S\"}}, "
                   "{\"type\": \"azure\", \"name\": \"blob\", \"url\": "
                   "\"https://a.example/c/\", \"sas\": {\"env\": \"S\"}}, "
                   "{\"type\": \"dir\", \"path\": \"land\"}]"));
    assert_int_equal(f->job.target_count, 4);
    t = f->job.targets;
    assert_string_equal(t[0].name, "deliver[0]");
    assert_string_equal(t[0].url,
                        "https://lake.s3.eu-central-1.amazonaws.com");
    assert_string_equal(t[0].prefix, "a/dt={date}/");
    assert_false(t[0].path_style);
    assert_string_equal(t[1].url, "https://s3.cn-north-1.amazonaws.com.cn");
    assert_true(t[1].path_style);
    assert_null(t[1].access_key);
    assert_string_equal(t[2].name, "blob");
    assert_string_equal(t[2].url, "https://a.example/c");
    assert_string_equal(t[2].prefix, "");
    assert_true(t[3].path[0] == '/');
    refuses(f, JOB("\"deliver\": {}"), "deliver: expected array");
    refuses(f, JOB("\"deliver\": [3]"), "deliver[0]: expected object");
    refuses(f, JOB("\"deliver\": ["
                   "{\"type\": \"dir\", \"name\": \"a\", \"path\": \"x\"}, "
                   "{\"type\": \"dir\", \"name\": \"a\", \"path\": \"y\"}]"),
            "names two targets \"a\"");
}

static void refuses_targets_that_cannot_be(void **state)
{
    static const struct {
        const char *target, *why;
    } cases[] = {
        {"\"type\": \"s3\", \"bucket\": \"B\"",
         "expected the name of a bucket"},
        {"\"type\": \"s3\", \"bucket\": \".b1\"",
         "expected the name of a bucket"},
        {"\"type\": \"s3\", \"bucket\": 3", "bucket: expected string"},
        {"\"type\": \"s3\", \"region\": \"EU 1\"", "expected a region"},
        {"\"type\": \"s3\", \"access_key\": \"A/B\"",
         "expected an access key id"},
        {"\"type\": \"s3\", \"access_key\": \"A B\"",
         "expected an access key id"},
        {"\"type\": \"sftp\", \"url\": \"ftp://a/b\"", "expected sftp://HOST"},
        {"\"type\": \"sftp\", \"url\": \"sftp://a\"", "expected sftp://HOST"},
        {"\"type\": \"sftp\", \"url\": 3", "url: expected string"},
        {"\"type\": \"sftp\", \"key\": {\"env\": \"K\"}", "of a private key"},
        {"\"type\": \"sftp\", \"fingerprint\": \"SHA256:abc\"",
         "SHA256: and 43 more"},
        {"\"type\": \"dir\", \"name\": \"a b\", \"path\": \"x\"",
         "characters without blanks"},
        {"\"type\": \"dir\", \"name\": 3, \"path\": \"x\"",
         "name: expected string"},
        {"\"type\": \"dir\", \"path\": \"x\\u0007{run}\"",
         "holds a control character"},
    };
    struct fixture *f = *state;
    char job[2048];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(job, sizeof(job), JOB("\"deliver\": [{%s}]"),
                 cases[i].target);
        refuses(f, job, cases[i].why);
    }
}

static void reads_csv_over_a_preset(void **state)
{
    struct fixture *f = *state;
    const struct csv_dialect *dialect = &f->job.output.dialect;

    accepts(f, JOB("\"output\": {\"csv\": {\"delimiter\": \";\", "
                   "\"line_end\": \"lf\", \"null\": \"\", "
                   "\"preset\": \"excel\"}}"));
    assert_int_equal(dialect->delimiter, ';');
    assert_false(dialect->crlf);
    assert_true(dialect->bom);
    refuses(f, JOB("\"output\": {\"csv\": {\"delimiter\": \"\\n\"}}"),
            "output.csv: delimiter");
    refuses(f, JOB("\"output\": {\"csv\": {\"delimiter\": \"é\"}}"),
            "output.csv.delimiter: expected one ASCII character");
    refuses(f, JOB("\"output\": {\"csv\": {\"quote\": \",\"}}"),
            "output.csv: delimiter is also the quote");
    refuses(f, JOB("\"output\": {\"csv\": {\"time_format\": \"%q\"}}"),
            "output.csv: time format");
    refuses(f, JOB("\"output\": {\"csv\": {\"preset\": \"exel\"}}"),
            "unknown preset \"exel\"");
}

static void reads_sign(void **state)
{
    struct fixture *f = *state;

    accepts(f, JOB("\"sign\": {\"env\": \"SIGNER\"}"));
    assert_true(f->job.has_sign);
    assert_int_equal(f->job.sign.kind, SECRET_ENV);
    assert_string_equal(f->job.sign.name, "SIGNER");
    accepts(f, JOB("\"sign\": {\"file\": \"/run/key\"}"));
    assert_string_equal(f->job.sign.name, "/run/key");
    accepts(f, JOB("\"sign\": {\"command\": [\"pass\", \"key\"]}"));
    assert_int_equal(f->job.sign.kind, SECRET_COMMAND);
    accepts(f, JOB("\"state\": \"s.db\""));
    assert_false(f->job.has_sign);
    refuses(f, JOB("\"sign\": \"hunter2\""), "sign: a secret is never");
    assert_null(strstr(f->err.text, "hunter2"));
    refuses(f, JOB("\"sign\": {\"file\": \"k\", \"env\": \"K\"}"),
            "sign: expected exactly one");
}

static void reads_output(void **state)
{
    struct fixture *f = *state;

    accepts(f, JOB("\"output\": {\"formats\": [\"jsonl\"], "
                   "\"file_mode\": \"0640\", \"dir_mode\": \"750\"}"));
    assert_false(f->job.output.csv);
    assert_true(f->job.output.jsonl);
    assert_int_equal(f->job.output.file_mode, 0640);
    assert_int_equal(f->job.output.dir_mode, 0750);
    refuses(f, JOB("\"output\": {\"formats\": []}"), "output.formats: ");
    refuses(f, JOB("\"output\": {\"formats\": [\"csv\", \"csv\"]}"),
            "output.formats[1]: given twice");
    refuses(f, JOB("\"output\": {\"file_mode\": \"0666\"}"),
            "output.file_mode: expected at least \"0600\"");
    refuses(f, JOB("\"output\": {\"file_mode\": \"0400\"}"),
            "output.file_mode: ");
    refuses(f, JOB("\"output\": {\"dir_mode\": \"0800\"}"), "octal digits");
    accepts(f, JOB("\"output\": {\"layout\": \"hive\", "
                   "\"redshift_url\": \"s3://landing/rollcall//\"}"));
    assert_int_equal(f->job.output.layout, LAYOUT_HIVE);
    assert_string_equal(f->job.output.redshift_url, "s3://landing/rollcall");
    refuses(f, JOB("\"output\": {\"layout\": \"hives\"}"),
            "output.layout: ");
    refuses(f, JOB("\"output\": {\"redshift_url\": \"https://a/b\"}"),
            "output.redshift_url: expected where");
    refuses(f, JOB("\"output\": {\"redshift_url\": \"s3:///\"}"),
            "output.redshift_url: expected where");
    refuses(f, JOB("\"output\": {\"redshift_url\": \"s3://a?b=c\"}"),
            "output.redshift_url: expected where");
}

static void places_the_journal(void **state)
{
    struct fixture *f = *state;
    char path[PATH_MAX + 32];

    accepts(f, JOB("\"limits\": {}"));
    snprintf(path, sizeof(path), "%s/state/journal.jsonl", f->folder.path);
    assert_string_equal(f->job.actions.journal, path);
    accepts(f, JOB("\"state\": \"/var/x/s.db\""));
    assert_string_equal(f->job.actions.journal, "/var/x/journal.jsonl");
    accepts(f, JOB("\"actions\": {\"journal\": \"log/j\"}"));
    snprintf(path, sizeof(path), "%s/log/j", f->folder.path);
    assert_string_equal(f->job.actions.journal, path);
    refuses(f, JOB("\"actions\": {\"journl\": \"j\"}"),
            "did you mean \"journal\"");
}

static void overlap_is_shorter_than_lookback(void **state)
{
    struct fixture *f = *state;

    refuses(f, JOB("\"events\": {\"lookback\": \"1h\", \"overlap\": \"1h\"}"),
            "events.overlap: must be shorter");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_stand_for_endpoints, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(accepts_the_documented_example, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(fills_defaults, setup, teardown),
        cmocka_unit_test_setup_teardown(needs_endpoints_and_mappings, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(missing_file_is_no_input, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(names_the_nearest_endpoint, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(never_repeats_a_secret, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(oauth, setup, teardown),
        cmocka_unit_test_setup_teardown(auth_keys_follow_the_type, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(keeps_repeated_arguments, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(urls_are_https_or_loopback, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(reads_targets, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_targets_that_cannot_be, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(reads_csv_over_a_preset, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(reads_output, setup, teardown),
        cmocka_unit_test_setup_teardown(reads_sign, setup, teardown),
        cmocka_unit_test_setup_teardown(places_the_journal, setup, teardown),
        cmocka_unit_test_setup_teardown(overlap_is_shorter_than_lookback, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
