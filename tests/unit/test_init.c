#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "init.h"
#include "job.h"
#include "temp_file.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct fixture {
    struct temp_folder folder;
    struct job job;
    struct error err;
    struct init_answers answers;
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

/* One way of answering; what has no default has one answer. */
static const char *const fixed[INIT_QUESTIONS] = {
    [INIT_SITE] = "https://acme.atlassian.net",
    [INIT_USER] = "svc@acme.com",
    [INIT_CLIENT_ID] = "client \"1\"",
};

/* Answers each question that is asked: as `given`, or as above, or by its
 * default. */
static void answer(struct fixture *f, const char *const *given)
{
    memset(&f->answers, 0, sizeof(f->answers));
    for (int i = 0; i < INIT_QUESTIONS; i++) {
        enum init_question q = (enum init_question)i;
        const char *text = given[i] != NULL ? given[i] : fixed[i];
        const char *problem;

        if (!init_asked(q, &f->answers))
            continue;
        f->answers.texts[i] = text != NULL ? text : init_default(q);
        assert_non_null(f->answers.texts[i]);
        problem = init_problem(q, f->answers.texts[i]);
        if (problem != NULL)
            fail_msg("%s: %s: %s", init_name(q), f->answers.texts[i], problem);
    }
}

static void load(struct fixture *f)
{
    struct buf text;

    job_free(&f->job);
    error_clear(&f->err);
    buf_init(&text, INIT_JOB_MAX);
    init_job(&f->answers, &text);
    assert_true(buf_ok(&text));
    if (job_load(&f->job, temp_file(&f->folder, "rollcall.json", text.data),
                 &f->err) != 0)
        fail_msg("%s in\n%s", f->err.text, text.data);
    buf_release(&text);
}

static const struct {
    const char *word;
    enum auth_type type;
} accesses[] = {
    {"basic", AUTH_BASIC},
    {"bearer", AUTH_BEARER},
    {"cookie", AUTH_COOKIE},
    {"oauth_client", AUTH_OAUTH_CLIENT},
    {"oauth_refresh", AUTH_OAUTH_REFRESH},
};
static const struct {
    const char *text;
    enum secret_kind kind;
    const char *name; /* that it ends in; of a command: the last word */
} secrets[] = {
    {"env:TOKEN", SECRET_ENV, "TOKEN"},
    {"file:/run/a b:c", SECRET_FILE, "/run/a b:c"},
    {"command:pass  show jira", SECRET_COMMAND, "jira"},
};
static const char *const organisations[] = {NULL, "none", "0c1d-ORG"};
static const struct {
    const char *text;
    bool csv, jsonl;
} formats[] = {
    {NULL, true, true},
    {"csv", true, false},
    {"jsonl", false, true},
    {"jsonl,csv", true, true},
};

static void is_secret(const struct secret_ref *ref, size_t secret)
{
    const char *name = ref->name;

    assert_int_equal(ref->kind, secrets[secret].kind);
    if (ref->kind == SECRET_COMMAND) {
        assert_string_equal(ref->argv[0], "pass");
        assert_string_equal(ref->argv[1], "show");
        name = ref->argv[2];
        assert_null(ref->argv[3]);
    }
    assert_string_equal(name, secrets[secret].name);
}

static void is_site(const struct fixture *f, size_t access, size_t secret)
{
    const struct endpoint *jira = job_endpoint(&f->job, "jira");

    assert_string_equal(jira->url, "https://acme.atlassian.net");
    assert_int_equal(jira->auth, accesses[access].type);
    is_secret(&jira->secret, secret);
    if (jira->auth == AUTH_BASIC)
        assert_string_equal(jira->user, "svc@acme.com");
    if (jira->auth == AUTH_COOKIE)
        assert_string_equal(jira->cookie, "cloud.session.token");
    if (jira->auth >= AUTH_OAUTH_CLIENT) {
        assert_string_equal(jira->oauth.client_id, "client \"1\"");
        assert_string_equal(jira->oauth.token_url,
                            "https://auth.atlassian.com/oauth/token");
    }
    if (jira->auth == AUTH_OAUTH_REFRESH)
        is_secret(&jira->oauth.refresh, secret);
}

static void is_organisation(const struct fixture *f, const char *id,
                            size_t secret)
{
    const struct endpoint *admin = job_endpoint(&f->job, "admin");

    if (id == NULL || strcmp(id, "none") == 0) {
        assert_null(admin);
        return;
    }
    assert_string_equal(admin->url, "https://api.atlassian.com");
    assert_string_equal(admin->organisation, id);
    assert_int_equal(admin->auth, AUTH_BEARER);
    is_secret(&admin->secret, secret);
}

static void try(struct fixture *f, size_t access, size_t secret,
                const char *organisation, size_t format)
{
    const char *const given[INIT_QUESTIONS] = {
        [INIT_ACCESS] = accesses[access].word,
        [INIT_REFRESH_TOKEN] = secrets[secret].text,
        [INIT_SECRET] = secrets[secret].text,
        [INIT_ORGANISATION] = organisation,
        [INIT_ORGANISATION_SECRET] = secrets[secret].text,
        [INIT_MAPPING] = format == 0 ? NULL : "all_users, my map.json",
        [INIT_OUT] = format == 0 ? NULL : "/srv/\"\xc3\xa4\\out",
        [INIT_FORMATS] = formats[format].text,
    };

    answer(f, given);
    load(f);
    is_site(f, access, secret);
    is_organisation(f, organisation, secret);
    assert_int_equal(f->job.output.csv, formats[format].csv);
    assert_int_equal(f->job.output.jsonl, formats[format].jsonl);
    if (format == 0) {
        assert_string_equal(f->job.mappings[0], "inactive_users");
        assert_null(f->job.mappings[1]);
        return;
    }
    assert_string_equal(f->job.mappings[0], "all_users");
    assert_string_equal(strrchr(f->job.mappings[1], '/'), "/my map.json");
    assert_null(f->job.mappings[2]);
    assert_string_equal(f->job.output.dir, "/srv/\"\xc3\xa4\\out");
}

static void every_combination_is_a_job(void **state)
{
    for (size_t a = 0; a < COUNT(accesses); a++)
        for (size_t s = 0; s < COUNT(secrets); s++)
            for (size_t o = 0; o < COUNT(organisations); o++)
                for (size_t i = 0; i < COUNT(formats); i++)
                    try(*state, a, s, organisations[o], i);
}

/* Questions are asked only where an answer before calls for them. */
static void asks_what_is_needed(void **state)
{
    static const struct {
        const char *access;
        bool asked[INIT_QUESTIONS];
    } rows[] = {
        {"basic", {[INIT_USER] = true}},
        {"bearer", {false}},
        {"cookie", {[INIT_COOKIE] = true}},
        {"oauth_client", {[INIT_TOKEN_URL] = true, [INIT_CLIENT_ID] = true}},
        {"oauth_refresh",
         {[INIT_TOKEN_URL] = true,
          [INIT_CLIENT_ID] = true,
          [INIT_REFRESH_TOKEN] = true}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct init_answers answers = {
            .texts = {[INIT_ACCESS] = rows[i].access}};

        for (int q = INIT_USER; q <= INIT_REFRESH_TOKEN; q++)
            assert_int_equal(init_asked((enum init_question)q, &answers),
                             rows[i].asked[q]);
        assert_true(init_asked(INIT_SECRET, &answers));
        assert_false(init_asked(INIT_ORGANISATION_SECRET, &answers));
    }
}

static const struct {
    enum init_question question;
    const char *text, *expected;
} wrong[] = {
    {INIT_SITE, "", "an answer"},
    {INIT_SITE, "acme.atlassian.net", "https://NAME.atlassian.net"},
    {INIT_SITE, "http://acme.atlassian.net", "loopback"},
    {INIT_SITE, "https://me:pw@acme.atlassian.net", "without user"},
    {INIT_SITE, "https://acme.atlassian.net/jira/projects", "pages"},
    {INIT_ACCESS, "Basic", "basic, bearer"},
    {INIT_ACCESS, "oauth_", "oauth_client"},
    {INIT_USER, "me:secret", "':'"},
    {INIT_COOKIE, "a=b", "name of a cookie"},
    {INIT_TOKEN_URL, "ftp://x", "https://HOST"},
    {INIT_CLIENT_ID, "a\tb", "control"},
    {INIT_CLIENT_ID, "\xff", "UTF-8"},
    {INIT_SECRET, "ATATT3xFf", "never the secret"},
    {INIT_SECRET, "env:ATATT3xFf-=", "not the secret"},
    {INIT_SECRET, "env:", "name of an environment"},
    {INIT_SECRET, "env:1A", "name of an environment"},
    {INIT_SECRET, "file:", "file:PATH"},
    {INIT_SECRET, "command:  ", "command:PROGRAM"},
    {INIT_MAPPING, "a,,b", "commas"},
    {INIT_MAPPING, ",", "commas"},
    {INIT_FORMATS, "csv,csv", "csv,jsonl"},
    {INIT_FORMATS, "parquet", "csv,jsonl"},
};

static void refuses_what_is_no_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        const char *problem = init_problem(wrong[i].question, wrong[i].text);

        if (problem == NULL || strstr(problem, wrong[i].expected) == NULL)
            fail_msg("%s: %s", wrong[i].text, problem);
    }
    assert_null(init_problem(INIT_SITE, "https://acme.atlassian.net/"));
    assert_null(init_problem(INIT_SITE,
                             "https://api.atlassian.com/ex/jira/0-1"));
}

static void refuses_what_is_too_long(void **state)
{
    char text[INIT_ANSWER_MAX + 2];

    (void)state;
    memset(text, 'x', sizeof(text));
    text[INIT_ANSWER_MAX + 1] = '\0';
    assert_non_null(init_problem(INIT_OUT, text));
    text[INIT_ANSWER_MAX] = '\0';
    assert_null(init_problem(INIT_OUT, text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_combination_is_a_job, setup,
                                        teardown),
        cmocka_unit_test(asks_what_is_needed),
        cmocka_unit_test(refuses_what_is_no_answer),
        cmocka_unit_test(refuses_what_is_too_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
