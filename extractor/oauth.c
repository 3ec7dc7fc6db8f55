#include "oauth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "instant.h"
#include "json.h"
#include "jsonw.h"

enum { LIFETIME_MAX_S = 366 * 24 * 3600, HTTP_OK = 200 };

static void put_scopes(struct jsonw *w, const char *const *scopes)
{
    struct buf joined;

    buf_init(&joined, OAUTH_SCOPES_MAX);
    for (; *scopes != NULL; scopes++)
        buf_printf(&joined, "%s%s", joined.len > 0 ? " " : "", *scopes);
    jsonw_text(w, "scope", joined.data);
    w->out->failed |= buf_no_memory(&joined);
    buf_release(&joined);
}

int oauth_body(const struct endpoint *endpoint, const char *client_secret,
               const char *refresh, struct buf *out, struct error *err)
{
    const struct oauth_settings *oauth = &endpoint->oauth;
    struct jsonw w;

    jsonw_init(&w, out, 0);
    jsonw_object(&w, NULL);
    jsonw_text(&w, "grant_type",
               refresh != NULL ? "refresh_token" : "client_credentials");
    jsonw_text(&w, "client_id", oauth->client_id);
    jsonw_text(&w, "client_secret", client_secret);
    if (refresh != NULL)
        jsonw_text(&w, "refresh_token", refresh);
    if (oauth->scopes != NULL)
        put_scopes(&w, oauth->scopes);
    if (oauth->audience != NULL)
        jsonw_text(&w, "audience", oauth->audience);
    jsonw_object_end(&w);
    return buf_ok(out) ? 0 : error_no_memory(err);
}

static const char *text_of(const struct json *object, const char *name)
{
    const struct json *node = json_member(object, name);

    return node != NULL && json_type(node) == JSON_STRING ? json_text(node)
                                                          : NULL;
}

static int no_token(const struct endpoint *endpoint, const char *why,
                    struct error *err)
{
    error_set(err, ERROR_AUTH, "the answer of %s is no access token: %s",
              endpoint->oauth.token_url, why);
    return error_hint(err, "check endpoints.%s.auth.token_url", endpoint->name);
}

/* RFC 6749, 5.1: recommended, a number; some servers send its digits. */
static int read_lifetime(const struct endpoint *endpoint,
                         const struct json *root, struct oauth_grant *grant,
                         struct error *err)
{
    const struct json *node = json_member(root, "expires_in");
    const char *digits;
    char *end;
    long long seconds;

    if (node == NULL || json_type(node) == JSON_NULL)
        return 0;
    if (json_type(node) == JSON_NUMBER)
        digits = json_number_text(node);
    else if (json_type(node) == JSON_STRING)
        digits = json_text(node);
    else
        return no_token(endpoint, "expires_in is no number", err);
    seconds = strtoll(digits, &end, 10);
    if (end == digits || *end != '\0' || seconds < 1 ||
        seconds > LIFETIME_MAX_S)
        return no_token(endpoint, "expires_in is no sensible number of seconds",
                        err);
    grant->lifetime_ms = seconds * INSTANT_SECOND;
    return 0;
}

static int read_refresh(const struct json *root, struct oauth_grant *grant,
                        struct error *err)
{
    const char *text = text_of(root, "refresh_token");

    if (text == NULL)
        return 0;
    return secret_set(&grant->refresh, text, "refresh_token of the answer",
                      err);
}

static int read_access(const struct endpoint *endpoint, const struct json *root,
                       struct oauth_grant *grant, struct error *err)
{
    const char *type = text_of(root, "token_type");
    const char *access = text_of(root, "access_token");
    const char *scopes = text_of(root, "scope");
    struct error wrong = {0};

    if (type == NULL || strcasecmp(type, "bearer") != 0)
        return no_token(endpoint, "token_type is not bearer", err);
    if (access == NULL || *access == '\0')
        return no_token(endpoint, "access_token is missing or empty", err);
    if (secret_set(&grant->access, access, "access_token", &wrong) != 0)
        return wrong.kind == ERROR_BUG
                   ? error_pass(err, &wrong)
                   : no_token(endpoint,
                              "access_token is too long or no one line", err);
    if (scopes != NULL && (grant->scopes = strdup(scopes)) == NULL)
        return error_no_memory(err);
    return read_lifetime(endpoint, root, grant, err);
}

int oauth_read(const struct endpoint *endpoint, const char *body, size_t len,
               struct oauth_grant *grant, struct error *err)
{
    struct error wrong = {0};
    struct json_doc doc;
    int result;

    memset(grant, 0, sizeof(*grant));
    /* The parser's text names a place, and at most one character. */
    if (json_parse(&doc, body, len, JSON_SECRET, "answer", ERROR_AUTH,
                   &wrong) != 0)
        return wrong.kind == ERROR_AUTH
                   ? no_token(endpoint, "it is no JSON", err)
                   : error_pass(err, &wrong);
    if (json_type(doc.root) != JSON_OBJECT)
        result = no_token(endpoint, "it is no object", err);
    else if (read_refresh(doc.root, grant, err) != 0)
        result = -1;
    else
        result = read_access(endpoint, doc.root, grant, err);
    json_free(&doc);
    return result;
}

void oauth_grant_release(struct oauth_grant *grant)
{
    secret_release(&grant->access);
    secret_release(&grant->refresh);
    free(grant->scopes);
    memset(grant, 0, sizeof(*grant));
}

enum cure { CURE_CLIENT, CURE_GRANT, CURE_SCOPE, CURE_REQUEST, CURE_ADDRESS };

/* RFC 6749, 5.2, and what Atlassian's endpoint says besides. */
static const struct {
    const char *error;
    enum cure cure;
} refusals[] = {
    {"invalid_client", CURE_CLIENT},
    {"access_denied", CURE_CLIENT}, /* a wrong client secret, at Atlassian */
    {"invalid_grant", CURE_GRANT},
    {"unauthorized_client", CURE_GRANT},
    {"invalid_scope", CURE_SCOPE},
    {"invalid_request", CURE_REQUEST},
    {"unsupported_grant_type", CURE_REQUEST},
};

static const char *error_of(const struct http_reply *reply, enum cure *cure)
{
    struct error ignored = {0};
    const char *found = NULL, *given;
    struct json_doc doc;

    *cure = reply->status == 401 ? CURE_CLIENT : CURE_ADDRESS;
    if (!reply->json ||
        json_parse(&doc, reply->body.data, reply->body.len, JSON_SECRET,
                   "answer", ERROR_AUTH, &ignored) != 0)
        return NULL;
    given = text_of(doc.root, "error");
    for (size_t i = 0; given != NULL && found == NULL &&
                       i < sizeof(refusals) / sizeof(refusals[0]);
         i++) {
        if (strcmp(given, refusals[i].error) == 0) {
            found = refusals[i].error;
            *cure = refusals[i].cure;
        }
    }
    json_free(&doc);
    return found;
}

static void hint_grant(const struct endpoint *endpoint, struct error *err)
{
    if (endpoint->auth == AUTH_OAUTH_CLIENT) {
        error_hint(err,
                   "the credential of endpoint %s may not log in by itself: "
                   "auth.client_id must be that of a service account's OAuth "
                   "2.0 credential",
                   endpoint->name);
        return;
    }
    error_hint(err,
               "the refresh token of endpoint %s is spent, revoked or too old "
               "(at Atlassian after 90 days without use, or 365 in all): "
               "authorise the account again, put the new token where "
               "auth.refresh_token says and remove %s",
               endpoint->name, endpoint->oauth.token_file);
}

static void put_hint(const struct endpoint *endpoint, enum cure cure,
                     struct error *err)
{
    switch (cure) {
    case CURE_CLIENT:
        error_hint(err,
                   "check auth.client_id and auth.secret of endpoint %s: the "
                   "credential may be revoked or expired, or the secret be "
                   "that of another one",
                   endpoint->name);
        break;
    case CURE_GRANT:
        hint_grant(endpoint, err);
        break;
    case CURE_SCOPE:
        error_hint(err,
                   "auth.scopes of endpoint %s asks for more than the "
                   "credential was made with; make one that has them, or leave "
                   "auth.scopes out to get all it has",
                   endpoint->name);
        break;
    case CURE_REQUEST:
        error_hint(err,
                   "the token endpoint does not offer this kind of login; "
                   "check auth.type and auth.token_url of endpoint %s",
                   endpoint->name);
        break;
    case CURE_ADDRESS:
        error_hint(err,
                   "check auth.token_url of endpoint %s; what came is no "
                   "answer of a token endpoint",
                   endpoint->name);
        break;
    }
}

int oauth_refuse(const struct endpoint *endpoint,
                 const struct http_reply *reply, struct error *err)
{
    enum cure cure;
    const char *known = error_of(reply, &cure);

    if (known != NULL)
        error_set(err, ERROR_AUTH, "%s refuses the login: %d %s",
                  endpoint->oauth.token_url, reply->status, known);
    else if (reply->status == HTTP_OK)
        error_set(err, ERROR_AUTH, "%s answered 200 without JSON",
                  endpoint->oauth.token_url);
    else
        error_set(err, ERROR_AUTH, "%s answered %d%s",
                  endpoint->oauth.token_url, reply->status,
                  reply->location_host[0] != '\0' ? ", a redirect" : "");
    put_hint(endpoint, cure, err);
    return -1;
}

static bool has_scope(const char *granted, const char *scope)
{
    size_t len = strlen(scope);

    while (*granted != '\0') {
        size_t word = strcspn(granted, " ");

        if (word == len && memcmp(granted, scope, len) == 0)
            return true;
        granted += word;
        granted += strspn(granted, " ");
    }
    return false;
}

bool oauth_covers(const char *granted, const char *const *wanted)
{
    for (; wanted != NULL && *wanted != NULL; wanted++) {
        if (!has_scope(granted, *wanted))
            return false;
    }
    return true;
}
