#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oauth.h"
#include "no_memory.h"

#define SECRET "s3cr3t"
#define GOOD   "\"access_token\":\"abc\",\"token_type\":\"bearer\""

static const char *const scopes[] = {"read:a", "read:b", NULL};

static struct endpoint endpoint = {
    .name = "jira",
    .auth = AUTH_OAUTH_CLIENT,
    .oauth = {.token_url = "https://auth.test/token",
              .client_id = "id\"1",
              .token_file = "/t/jira"},
};

static void assert_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("\"%s\" not in \"%s\"", part, text);
}

/* --- requests --------------------------------------------------------------
 */

static void bodies(void **state)
{
    struct endpoint full = endpoint;
    struct error err = {0};
    struct buf body;

    (void)state;
    buf_init(&body, OAUTH_BODY_MAX);
    body.secret = true;
    assert_int_equal(oauth_body(&endpoint, SECRET, NULL, &body, &err), 0);
    assert_string_equal(body.data,
                        "{\"grant_type\":\"client_credentials\","
                        "\"client_id\":\"id\\\"1\","
                        "\"client_secret\":\"" SECRET "\"}");
    buf_reset(&body);
    full.oauth.scopes = scopes;
    full.oauth.audience = "api.test";
    assert_int_equal(oauth_body(&full, SECRET, NULL, &body, &err), 0);
    assert_has(body.data, "\"scope\":\"read:a read:b\"");
    assert_has(body.data, "\"audience\":\"api.test\"");
    buf_reset(&body);
    assert_int_equal(oauth_body(&endpoint, SECRET, "old", &body, &err), 0);
    assert_has(body.data, "\"grant_type\":\"refresh_token\"");
    assert_has(body.data, "\"refresh_token\":\"old\"");
    buf_release(&body);
}

/* --- answers ---------------------------------------------------------------
 */

static int read_text(const char *text, struct oauth_grant *grant,
                     struct error *err)
{
    memset(err, 0, sizeof(*err));
    return oauth_read(&endpoint, text, strlen(text), grant, err);
}

static void good_answers(void **state)
{
    struct oauth_grant grant;
    struct error err;

    (void)state;
    assert_int_equal(read_text("{" GOOD ",\"expires_in\":3600,\"scope\":\"a b\""
                               ",\"refresh_token\":\"new\",\"other\":[1]}",
                               &grant, &err), 0);
    assert_string_equal(grant.access.text, "abc");
    assert_string_equal(grant.refresh.text, "new");
    assert_string_equal(grant.scopes, "a b");
    assert_true(grant.lifetime_ms == 3600 * 1000);
    oauth_grant_release(&grant);
    assert_int_equal(read_text("{" GOOD ",\"expires_in\":\"60\"}", &grant,
                               &err), 0);
    assert_true(grant.lifetime_ms == 60 * 1000);
    assert_null(grant.refresh.text);
    assert_null(grant.scopes);
    oauth_grant_release(&grant);
    assert_int_equal(read_text("{" GOOD "}", &grant, &err), 0);
    assert_true(grant.lifetime_ms == 0);
    oauth_grant_release(&grant);
    oauth_grant_release(&grant);
}

static void bad_answers(void **state)
{
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "null",
        "{\"access_token\":\"abc\"}",
        "{\"access_token\":\"abc\",\"token_type\":\"mac\"}",
        "{\"access_token\":\"abc\",\"token_type\":7}",
        "{\"token_type\":\"bearer\"}",
        "{\"token_type\":\"bearer\",\"access_token\":\"\"}",
        "{\"token_type\":\"bearer\",\"access_token\":\"a\\nb\"}",
        "{" GOOD ",\"expires_in\":0}",
        "{" GOOD ",\"expires_in\":-1}",
        "{" GOOD ",\"expires_in\":1.5}",
        "{" GOOD ",\"expires_in\":31622401}",
        "{" GOOD ",\"expires_in\":\"\"}",
        "{" GOOD ",\"expires_in\":true}",
    };
    struct oauth_grant grant;
    struct error err;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (read_text(texts[i], &grant, &err) != -1)
            fail_msg("%s", texts[i]);
        assert_int_equal(err.kind, ERROR_AUTH);
        assert_has(err.text, "https://auth.test/token");
        assert_has(err.hint, "endpoints.jira.auth.token_url");
        assert_null(strstr(err.text, "abc"));
        oauth_grant_release(&grant);
    }
}

/* The server has killed the old one, whatever else it says. */
static void the_refresh_token_is_read_from_bad_answers_too(void **state)
{
    struct oauth_grant grant;
    struct error err;

    (void)state;
    assert_int_equal(read_text("{\"refresh_token\":\"new\"}", &grant, &err),
                     -1);
    assert_string_equal(grant.refresh.text, "new");
    oauth_grant_release(&grant);
    assert_int_equal(read_text("{" GOOD ",\"expires_in\":0,"
                               "\"refresh_token\":\"new\"}",
                               &grant, &err), -1);
    assert_string_equal(grant.refresh.text, "new");
    oauth_grant_release(&grant);
}

static struct error refused(int status, const char *body, bool json)
{
    struct http_reply reply = {.answered = true, .status = status,
                               .json = json};
    struct error err = {0};

    buf_init(&reply.body, 4096);
    buf_puts(&reply.body, body);
    assert_int_equal(oauth_refuse(&endpoint, &reply, &err), -1);
    buf_release(&reply.body);
    assert_int_equal(err.kind, ERROR_AUTH);
    assert_null(strstr(err.text, SECRET));
    assert_null(strstr(err.hint, SECRET));
    return err;
}

static void refusals(void **state)
{
    static const struct {
        int status;
        const char *body;
        bool json;
        const char *text, *hint;
    } cases[] = {
        {401, "{\"error\":\"access_denied\"}", true, "401 access_denied",
         "auth.secret"},
        {401, "{}", true, "answered 401", "auth.client_id"},
        {403, "{\"error\":\"unauthorized_client\"}", true,
         "unauthorized_client", "service account"},
        {400, "{\"error\":\"invalid_scope\"}", true, "invalid_scope",
         "auth.scopes"},
        {400, "{\"error\":\"" SECRET "\",\"error_description\":\"" SECRET
              "\"}", true, "answered 400", "auth.token_url"},
        {400, "{\"error\":5}", true, "answered 400", "auth.token_url"},
        {400, "{\"error\"", true, "answered 400", "auth.token_url"},
        {200, "<html>", false, "200 without JSON", "auth.token_url"},
        {404, "{\"error\":\"invalid_grant\"}", false, "answered 404",
         "auth.token_url"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error err =
            refused(cases[i].status, cases[i].body, cases[i].json);

        assert_has(err.text, cases[i].text);
        assert_has(err.hint, cases[i].hint);
    }
}

static void a_spent_refresh_token(void **state)
{
    struct error err;

    (void)state;
    endpoint.auth = AUTH_OAUTH_REFRESH;
    err = refused(403, "{\"error\":\"invalid_grant\"}", true);
    endpoint.auth = AUTH_OAUTH_CLIENT;
    assert_has(err.hint, "authorise the account again");
    assert_has(err.hint, "remove /t/jira");
}

static void scopes_are_whole_words(void **state)
{
    static const char *const none[] = {NULL};

    (void)state;
    assert_true(oauth_covers("read:a read:b", scopes));
    assert_true(oauth_covers(" read:b  x read:a ", scopes));
    assert_false(oauth_covers("read:a", scopes));
    assert_false(oauth_covers("read:ab read:b", scopes));
    assert_false(oauth_covers("", scopes));
    assert_true(oauth_covers("", none));
    assert_true(oauth_covers("", NULL));
}

/* --- no memory -------------------------------------------------------------
 */

static int try_body(void *context, struct error *err)
{
    struct buf body;
    int result;

    buf_init(&body, OAUTH_BODY_MAX);
    result = oauth_body(context, SECRET, "old", &body, err);
    if (result == 0)
        assert_has(body.data, "\"scope\":\"read:a read:b\"");
    buf_release(&body);
    return result;
}

static int try_answer(void *context, struct error *err)
{
    const char *text = context;
    struct oauth_grant grant;
    int result = oauth_read(&endpoint, text, strlen(text), &grant, err);

    if (result == 0) {
        assert_string_equal(grant.access.text, "abc");
        assert_string_equal(grant.refresh.text, "new");
        assert_string_equal(grant.scopes, "a b");
    }
    oauth_grant_release(&grant);
    return result;
}

static void without_memory_it_is_no_bad_answer(void **state)
{
    static char answer[] = "{" GOOD ",\"scope\":\"a b\","
                           "\"refresh_token\":\"new\"}";
    struct endpoint full = endpoint;

    (void)state;
    full.oauth.scopes = scopes;
    no_memory_try(try_body, &full, 1, 1);
    no_memory_try(try_answer, answer, 1, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies),
        cmocka_unit_test(good_answers),
        cmocka_unit_test(bad_answers),
        cmocka_unit_test(the_refresh_token_is_read_from_bad_answers_too),
        cmocka_unit_test(refusals),
        cmocka_unit_test(a_spent_refresh_token),
        cmocka_unit_test(scopes_are_whole_words),
        cmocka_unit_test(without_memory_it_is_no_bad_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
