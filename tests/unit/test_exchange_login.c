/* Access tokens: an exchange whose first endpoint is a scripted API and whose
 * token endpoint is the second scripted server of the stage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange_stage.c"

#define GRANT_1                                                                \
    "{\"access_token\":\"one\",\"token_type\":\"bearer\",\"expires_in\":3600," \
    "\"scope\":\"read:a\"}"
#define GRANT_REPLY                                                            \
    "HTTP/1.1 200 OK\r\n" JSON "Content-Length: 79\r\n\r\n" GRANT_1
#define UNAUTHORIZED "HTTP/1.1 401 No\r\n" NO_BODY
#define SCOPE_BODY   "{\"message\":\"scope does not match\"}"

static const struct script_step grants[] = {
    {.bytes = GRANT_REPLY},
};

_Static_assert(sizeof(GRANT_1) == 79 + 1, "Content-Length of the grant");

static char token_url[URL_SIZE + 8];

/* The stage's second server becomes the token endpoint. */
static struct stage *stage_oauth(const struct script_step *steps, size_t count,
                                 const struct script_step *tokens,
                                 size_t token_count)
{
    struct stage *stage = stage_new(steps, count);
    struct endpoint *endpoint = &stage->endpoints[0];

    server_stop(stage->second);
    server_free(stage->second);
    stage->second = server_start(tokens, token_count);
    snprintf(token_url, sizeof(token_url), "http://127.0.0.1:%d/token",
             stage->second->port);
    stage->job.limits.concurrency = 1;
    endpoint->auth = AUTH_OAUTH_CLIENT;
    endpoint->oauth.token_url = token_url;
    endpoint->oauth.client_id = "client";
    return stage;
}

static void one_token_for_all(void **state)
{
    struct stage *stage =
        stage_oauth(ok_steps, 1, grants, COUNT(grants));
    struct exchange_credential credential;

    (void)state;
    submit(stage, 3);
    assert_int_equal(exchange_run(stage->exchange, &stage->err), 0);
    assert_int_equal(calls.count, 3);
    exchange_credential(stage->exchange, &stage->endpoints[0], &credential);
    assert_string_equal(credential.scopes, "read:a");
    close_down(stage);
    assert_int_equal(stage->second->request_count, 1);
    assert_int_equal(stage->stats.requests, 3);
    assert_has(stage->second->request[0], "POST /token HTTP/1.1");
    assert_has(stage->second->request[0], "Content-Type: application/json");
    assert_null(strstr(stage->second->request[0], "Authorization"));
    for (int i = 0; i < 3; i++)
        assert_has(stage->server->request[i], "Authorization: Bearer one\r\n");
    assert_discreet(stage);
    stage_free(stage);
}

static void renewed_once_for_a_401(void **state)
{
    static const struct script_step steps[] = {
        {.bytes = UNAUTHORIZED}, {.bytes = OK_REPLY}};
    struct stage *stage =
        stage_oauth(steps, COUNT(steps), grants, COUNT(grants));

    (void)state;
    submit(stage, 1);
    assert_ran(stage);
    close_down(stage);
    assert_int_equal(calls.count, 1);
    assert_int_equal(stage->server->request_count, 2);
    assert_int_equal(stage->second->request_count, 2);
    stage_free(stage);
}

static void a_second_401_is_final(void **state)
{
    static const struct script_step steps[] = {{.bytes = UNAUTHORIZED}};
    struct stage *stage =
        stage_oauth(steps, COUNT(steps), grants, COUNT(grants));

    (void)state;
    submit(stage, 1);
    assert_int_equal(run(stage), -1);
    close_down(stage);
    assert_int_equal(stage->err.kind, ERROR_AUTH);
    assert_int_equal(stage->server->request_count, 2);
    assert_int_equal(stage->second->request_count, 2);
    stage_free(stage);
}

static void a_missing_scope_is_not_renewed(void **state)
{
    static const struct script_step steps[] = {
        {.bytes = "HTTP/1.1 401 No\r\n" JSON
                  "Content-Length: 34\r\n\r\n" SCOPE_BODY}};
    struct stage *stage =
        stage_oauth(steps, COUNT(steps), grants, COUNT(grants));

    (void)state;
    assert_int_equal(strlen(SCOPE_BODY), 34);
    submit(stage, 1);
    assert_int_equal(run(stage), -1);
    close_down(stage);
    assert_int_equal(stage->err.kind, ERROR_AUTH);
    assert_has(stage->err.hint, "lacks a scope");
    assert_has(stage->err.hint, "it has: read:a");
    assert_int_equal(stage->second->request_count, 1);
    stage_free(stage);
}

static void no_request_without_a_token(void **state)
{
    static const struct script_step tokens[] = {
        {.bytes = "HTTP/1.1 401 No\r\n" JSON "Content-Length: 2\r\n\r\n{}"}};
    struct stage *stage =
        stage_oauth(ok_steps, 1, tokens, COUNT(tokens));

    (void)state;
    submit(stage, 1);
    assert_int_equal(run(stage), -1);
    close_down(stage);
    assert_int_equal(stage->err.kind, ERROR_AUTH);
    assert_has(stage->err.text, "endpoint jira");
    assert_int_equal(stage->server->request_count, 0);
    stage_free(stage);
}

/* Other endpoints do not wait for a token that is not theirs. */
static void a_login_that_waits_holds_back_its_own_endpoint_only(void **state)
{
    static const struct script_step tokens[] = {
        {.bytes = GRANT_REPLY, .delay_ms = 300}};
    struct stage *stage;

    (void)state;
    stage = stage_oauth(ok_steps, 1, tokens, COUNT(tokens));
    stage->job.limits.concurrency = 2;
    stage->endpoints[1].url = stage->url;
    submit_to(stage, 0, 0, NULL);
    submit_to(stage, 1, 1, NULL);
    assert_ran(stage);
    assert_int_equal(calls.number[0], 1);
    assert_int_equal(calls.number[1], 0);
    stage_free(stage);
}

static void good_again_after_an_error(void **state)
{
    static const struct script_step steps[] = {
        {.bytes = "HTTP/1.1 403 No\r\n" NO_BODY}, {.bytes = OK_REPLY}};
    struct stage *stage =
        stage_oauth(steps, COUNT(steps), grants, COUNT(grants));
    struct exchange_credential credential;

    (void)state;
    submit(stage, 3);
    assert_int_equal(exchange_run(stage->exchange, &stage->err), -1);
    exchange_credential(stage->exchange, &stage->endpoints[0], &credential);
    assert_int_equal(credential.refused, 403);
    stage->err = (struct error){0};
    assert_int_equal(exchange_recover(stage->exchange, &stage->err), 0);
    exchange_credential(stage->exchange, &stage->endpoints[0], &credential);
    assert_int_equal(credential.refused, 0);
    submit(stage, 2);
    assert_ran(stage);
    close_down(stage);
    assert_int_equal(calls.count, 2);
    assert_int_equal(stage->second->request_count, 1); /* token kept */
    assert_int_equal(stage->server->request_count, 3);
    stage_free(stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_token_for_all),
        cmocka_unit_test(renewed_once_for_a_401),
        cmocka_unit_test(a_second_401_is_final),
        cmocka_unit_test(a_missing_scope_is_not_renewed),
        cmocka_unit_test(no_request_without_a_token),
        cmocka_unit_test(a_login_that_waits_holds_back_its_own_endpoint_only),
        cmocka_unit_test(good_again_after_an_error),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
