/* Several sites in one job. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "instant.h"
#include "job.h"
#include "temp_file.h"

#define BEARER(name)                                                           \
    "\"auth\": {\"type\": \"bearer\", \"secret\": {\"env\": \"" name "\"}}"
#define ENDPOINT(name, host, token)                                            \
    "\"" name "\": {\"url\": \"https://" host "\", " BEARER(token) "}"
#define JIRA(host, token) "\"endpoints\": {" ENDPOINT("jira", host, token) "}"
#define MAPPINGS          "\"mappings\": [\"inactive_users\"]"
#define SITES(list)       "{" MAPPINGS ", \"sites\": [" list "]}"
#define SITE(name, rest)  "{\"name\": \"" name "\", " rest "}"

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

static int load(struct fixture *f, const char *text, const char *site)
{
    job_free(&f->job);
    error_clear(&f->err);
    return job_load_site(&f->job, temp_file(&f->folder, "rollcall.json", text),
                         site, &f->err);
}

static void accepts(struct fixture *f, const char *text, const char *site)
{
    if (load(f, text, site) != 0)
        fail_msg("%s", f->err.text);
}

static void refuses(struct fixture *f, const char *text, const char *expected)
{
    assert_int_equal(load(f, text, NULL), -1);
    assert_int_equal(f->err.kind, ERROR_CONFIG);
    if (strstr(f->err.text, expected) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", expected, f->err.text);
}

static void under(const struct fixture *f, const char *path, const char *rest)
{
    char expected[2 * PATH_MAX];

    snprintf(expected, sizeof(expected), "%s/%s", f->folder.path, rest);
    assert_string_equal(path, expected);
}

static const char three[] =
    "{\"endpoints\": {" ENDPOINT("admin", "api.example", "KEY") ", "
    ENDPOINT("jira", "top.example", "TOP") "}, " MAPPINGS ",\n"
    "\"events\": {\"lookback\": \"40d\", \"overlap\": \"2h\"},\n"
    "\"limits\": {\"rate\": {\"jira\": \"10/s\", \"hub\": \"1/min\"},\n"
    "           \"sites\": 2, \"retry_for\": \"1m\"},\n"
    "\"guards\": {\"min_users\": 7},\n"
    "\"output\": {\"dir\": \"out\", \"formats\": [\"csv\"],\n"
    "           \"redshift_url\": \"s3://bucket/pre\"},\n"
    "\"deliver\": [{\"type\": \"dir\", \"path\": \"land/{date}\"}],\n"
    "\"on_site_failure\": \"publish_others\",\n"
    "\"sites\": [\n"
    SITE("acme", JIRA("acme.example", "ACME")) ",\n"
    SITE("beta-2", "\"endpoints\": {" ENDPOINT("jira", "b.example", "BETA")
         ", " ENDPOINT("hub", "hub.example", "HUB") "},\n"
         "\"limits\": {\"rate\": {\"jira\": \"3/s\"}, \"concurrency\": 2},\n"
         "\"guards\": {\"zero_rows\": \"allow\"}, \"state\": \"b.db\",\n"
         "\"mappings\": [\"all_users\"], \"events\": {\"overlap\": \"1h\"}")
    ",\n" SITE("c_3", "\"limits\": {\"rate\": {\"admin\": \"5/s\"}}") "]}";

static void the_top_knows_all_sites(void **state)
{
    struct fixture *f = *state;

    accepts(f, three, NULL);
    assert_null(f->job.site);
    assert_int_equal(f->job.site_count, 3);
    assert_string_equal(f->job.sites[0], "acme");
    assert_string_equal(f->job.sites[2], "c_3");
    assert_null(f->job.sites[3]);
    assert_int_equal(f->job.limits.sites, 2);
    assert_int_equal(f->job.on_site_failure, SITE_FAILURE_PUBLISH_OTHERS);
    assert_int_equal(f->job.output.sites, SITES_APART);
    under(f, job_out_dir(&f->job, NULL), "out");
}

static void a_site_has_its_own_and_the_rest_of_the_top(void **state)
{
    struct fixture *f = *state;
    const struct endpoint *jira;

    accepts(f, three, "acme");
    jira = job_endpoint(&f->job, "jira");
    assert_string_equal(f->job.site, "acme");
    assert_string_equal(jira->url, "https://acme.example");
    assert_string_equal(jira->secret.name, "ACME");
    assert_int_equal(jira->rate_count, 10);
    assert_string_equal(job_endpoint(&f->job, "admin")->secret.name, "KEY");
    assert_null(job_endpoint(&f->job, "hub"));
    assert_int_equal(f->job.endpoint_count, 2);
    assert_string_equal(f->job.mappings[0], "inactive_users");
    assert_int_equal(f->job.events.lookback_ms, INT64_C(40) * INSTANT_DAY);
    assert_int_equal(f->job.limits.retry_for_ms, INSTANT_MINUTE);
    assert_int_equal(f->job.guards.min_users, 7);
    assert_false(f->job.output.jsonl);
    under(f, f->job.state, "state/acme/rollcall.db");
    under(f, f->job.actions.journal, "state/acme/journal.jsonl");
    under(f, job_out_dir(&f->job, NULL), "out/acme");
    assert_string_equal(job_out_dir(&f->job, "/else"), "/else/acme");
    assert_string_equal(f->job.output.redshift_url, "s3://bucket/pre/acme");
    under(f, f->job.targets[0].path, "land/{date}/acme");
}

static void what_a_site_says_is_for_itself(void **state)
{
    struct fixture *f = *state;

    accepts(f, three, "beta-2");
    assert_int_equal(job_endpoint(&f->job, "jira")->rate_count, 3);
    assert_int_equal(job_endpoint(&f->job, "hub")->rate_per_ms, 60000);
    assert_int_equal(f->job.limits.concurrency, 2);
    assert_int_equal(f->job.limits.retry_for_ms, INSTANT_MINUTE);
    assert_int_equal(f->job.guards.zero_rows, ZERO_ROWS_ALLOW);
    assert_int_equal(f->job.guards.min_users, 7);
    assert_int_equal(f->job.events.overlap_ms, INSTANT_HOUR);
    assert_string_equal(f->job.mappings[0], "all_users");
    under(f, f->job.state, "b.db");
    accepts(f, three, "c_3");
    assert_string_equal(job_endpoint(&f->job, "jira")->secret.name, "TOP");
    assert_int_equal(job_endpoint(&f->job, "admin")->rate_count, 5);
    accepts(f, three, NULL);
    assert_int_equal(job_endpoint(&f->job, "admin")->rate_count, 0);
    assert_int_equal(f->job.limits.concurrency, 4);
}

/* Never half of an endpoint: a secret of the top and the address of a site. */
static void an_endpoint_is_taken_whole(void **state)
{
    struct fixture *f = *state;

    refuses(f,
            "{" JIRA("top.example", "TOP") ", " MAPPINGS ", \"sites\": ["
            SITE("acme", "\"endpoints\": {\"jira\": {\"url\": "
                 "\"https://acme.example\"}}") "]}",
            "sites[0].endpoints.jira.auth: missing");
}

static void mistakes_are_told_with_their_place(void **state)
{
    struct fixture *f = *state;

    refuses(f,
            SITES(SITE("a", JIRA("a.example", "A")) ", "
                  SITE("b", JIRA("b.example", "B")) ", "
                  "{\"name\": \"c\", \"endpoints\": {\"jira\": {\"url\": "
                  "\"ftp://c\", " BEARER("C") "}}}"),
            "sites[2].endpoints.jira.url");
    refuses(f, SITES("{" JIRA("a.example", "A") "}"),
            "sites[0].name: missing");
    refuses(f, SITES(SITE("a", "\"state\": \"s.db\"")),
            "sites[0].endpoints: missing");
    refuses(f,
            SITES(SITE("a", JIRA("a.example", "A")) ", "
                  SITE("a", JIRA("b.example", "B"))),
            "sites[1].name: \"a\" is the name of another site");
    refuses(f, SITES(SITE("a", JIRA("a.example", "A") ", \"limit\": {}")),
            "did you mean \"limits\"");
    refuses(f,
            SITES(SITE("a", JIRA("a.example", "A")
                       ", \"limits\": {\"rate\": {\"jra\": \"1/s\"}}")),
            "sites[0].limits.rate.jra");
    refuses(f,
            SITES(SITE("a", JIRA("a.example", "A")
                       ", \"limits\": {\"sites\": 2}")),
            "sites[0].limits.sites: is of the whole job");
    refuses(f,
            SITES(SITE("a", JIRA("a.example", "A")
                       ", \"events\": {\"lookback\": \"1h\"}")),
            "sites[0].events.overlap: must be shorter");
    refuses(f,
            "{" MAPPINGS ", \"limits\": {\"rate\": {\"jra\": \"1/s\"}}, "
            "\"sites\": [" SITE("a", JIRA("a.example", "A")) "]}",
            "limits.rate.jra");
    refuses(f, SITES(""), "sites: expected 1 to 64 sites");
    refuses(f, "{" MAPPINGS ", \"sites\": {}}", "sites: expected");
    refuses(f, SITES("7"), "sites[0]: expected");
}

static void names_are_plain(void **state)
{
    struct fixture *f = *state;
    static const char *const bad[] = {"Acme",   "a b", "-a", "_a", "latest",
                                      "a/b",    "..",  "ä",
                                      "a23456789012345678901234567890123"};
    char text[512];

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(text, sizeof(text),
                 SITES(SITE("%s", JIRA("a.example", "A"))), bad[i]);
        refuses(f, text, "sites[0].name: a site's name is");
        assert_false(job_site_name_valid(bad[i]));
    }
    assert_true(job_site_name_valid("0-a_b"));
    assert_true(job_site_name_valid("a2345678901234567890123456789012"));
    assert_false(job_site_name_valid(""));
}

static void a_site_that_is_not_there_is_told(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(load(f, three, "acne"), -1);
    assert_int_equal(f->err.kind, ERROR_USAGE);
    assert_non_null(strstr(f->err.text, "has no site \"acne\""));
    assert_non_null(strstr(f->err.hint, "acme"));
    assert_int_equal(load(f, "{" JIRA("a.example", "A") ", " MAPPINGS "}",
                          "acme"),
                     -1);
    assert_int_equal(f->err.kind, ERROR_USAGE);
    assert_non_null(strstr(f->err.text, "has no \"sites\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_top_knows_all_sites, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            a_site_has_its_own_and_the_rest_of_the_top, setup, teardown),
        cmocka_unit_test_setup_teardown(what_a_site_says_is_for_itself, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_endpoint_is_taken_whole, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(mistakes_are_told_with_their_place,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(names_are_plain, setup, teardown),
        cmocka_unit_test_setup_teardown(a_site_that_is_not_there_is_told,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
