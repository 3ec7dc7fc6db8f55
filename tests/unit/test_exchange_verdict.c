#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "exchange_stage.h"
/* The Makefile links one file per test. */
#include "exchange_stage.c"

static const struct {
    const char *bytes;
    enum error_kind kind;
    const char *text, *hint;
} refusals[] = {
    {"HTTP/1.1 400 Bad\r\n" NO_BODY, ERROR_DATA, "answered 400 to GET " PATH,
     "jira_users.json"},
    {"HTTP/1.1 401 No\r\n" NO_BODY, ERROR_AUTH, "answered 401",
     "token of endpoint jira is not accepted"},
    {"HTTP/1.1 401 No\r\n" JSON "\r\n"
     "{\"code\":401,\"m\":\"Unauthorized; Scope Does Not "
     "Match PRIVATE\"}",
     ERROR_AUTH, "answered 401",
     "a new login will not help, make a token that has it; jira_users "
     "needs the permission Browse users and groups; scopes: "
     "read:user:jira, read:jira-user; ask a Jira administrator"},
    {"HTTP/1.1 403 No\r\n" NO_BODY, ERROR_AUTH, "answered 403",
     "Browse users and groups; scopes: read:user:jira, read:jira-user"},
    {"HTTP/1.1 404 No\r\n" NO_BODY, ERROR_DATA, "answered 404 to GET " PATH,
     "edit mappings/sources/jira_users.json"},
    {"HTTP/1.1 410 Gone\r\n" NO_BODY, ERROR_DATA, "answered 410",
     "edit mappings/sources/jira_users.json"},
    {"HTTP/1.1 407 Proxy\r\n" NO_BODY, ERROR_CONFIG, "answered 407",
     "https_proxy"},
    {"HTTP/1.1 302 Found\r\nLocation: https://id.example/login?u="
     "jane.doe\r\n" NO_BODY,
     ERROR_AUTH, "answered 302, a redirect to id.example", "login page"},
    {"HTTP/1.1 200 OK\r\nContent-Type: text/html;x=\"\r\n"
     "Content-Length: 7\r\n\r\nPRIVATE",
     ERROR_AUTH, "answered 200 with text/html instead of JSON", "login page"},
    {"HTTP/1.1 200 OK\r\n" NO_BODY, ERROR_AUTH, "no content type",
     "login page"},
    {"HTTP/1.1 204 Nothing\r\n\r\n", ERROR_DATA, "answered 204",
     "jira_users.json"},
    {"HTTP/1.1 206 Part\r\n" JSON "Content-Length: 2\r\n\r\n{}", ERROR_DATA,
     "answered 206", "jira_users.json"},
    {"PRIVATE what is HTTP\r\n\r\n", ERROR_UNAVAILABLE, "no HTTP answer", ""},
};

static void refuses_at_once(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(refusals); i++) {
        const struct script_step step = {.bytes = refusals[i].bytes,
                                         .end = SCRIPT_CLOSE};
        struct stage *stage = stage_new(&step, 1);

        submit(stage, 1);
        assert_int_equal(run(stage), -1);
        if (stage->err.kind != refusals[i].kind)
            fail_msg("%s: %s", error_kind_name(stage->err.kind),
                     stage->err.text);
        assert_has(stage->err.text, "jira_users: http://127.0.0.1:");
        assert_has(stage->err.text, refusals[i].text);
        assert_has(stage->err.hint, refusals[i].hint);
        assert_int_equal(calls.count, 0);
        assert_int_equal(stage->server->request_count, 1);
        assert_discreet(stage);
        stage_free(stage);
    }
}

static void accepted_statuses_go_to_done(void **state)
{
    static const int accept[] = {409, 404, 204, 0};
    static const struct script_step steps[] = {
        {.bytes = "HTTP/1.1 409 Busy\r\n" NO_BODY},
        {.bytes = "HTTP/1.1 404 No\r\n" NO_BODY},
        {.bytes = "HTTP/1.1 204 Done\r\n\r\n"},
        {.bytes = OK_REPLY},
    };
    struct stage *stage = stage_new(steps, COUNT(steps));
    int i;

    (void)state;
    stage->job.limits.concurrency = 1;
    for (i = 0; i < 4; i++)
        submit_to(stage, 0, i, accept);
    assert_ran(stage);
    assert_int_equal(calls.count, 4);
    assert_int_equal(calls.status[0], 409);
    assert_int_equal(calls.status[1], 404);
    assert_int_equal(calls.status[2], 204);
    assert_int_equal(calls.status[3], 200);
    assert_int_equal(stage->server->request_count, 4);
    stage_free(stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_at_once),
        cmocka_unit_test(accepted_statuses_go_to_done),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
