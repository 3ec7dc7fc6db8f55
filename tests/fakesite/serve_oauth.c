/* POST /oauth/token (RFC 6749, 4.4 and 6), as Atlassian's answers it: JSON in
 * and out, refresh tokens rotate, and one that is used again ends them all. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cjson/cJSON.h>

#include "exchange.h"
#include "oauth.h"

/* What a path needs: all of the first list or all of the second. */
static const struct {
    const char *path; /* its beginning */
    const char *classic, *granular;
} needs[] = {
    {"/rest/api/3/users", "read:jira-user",
     "read:user:jira read:application-role:jira read:avatar:jira "
     "read:group:jira"},
    {"/rest/api/3/auditing/record", "manage:jira-configuration",
     "read:audit-log:jira read:user:jira"},
    {"/rest/api/3/user/bulk", "read:jira-user", "read:user:jira"},
    {"/rest/api/3/myself", "read:jira-user", "read:user:jira"},
    {"/admin/v2/orgs/", "read:directories:admin", NULL},
};

void oauth_init(struct oauth *oauth, const char *client, const char *refresh,
                const char *scopes)
{
    oauth->client = client;
    oauth->first = refresh;
    oauth->scopes = scopes;
    pthread_mutex_init(&oauth->lock, NULL);
    if (refresh != NULL)
        snprintf(oauth->refresh, OAUTH_TOKEN_BYTES, "%s", refresh);
}

void oauth_free(struct oauth *oauth)
{
    for (size_t i = 0; i < oauth->token_count; i++)
        free(oauth->tokens[i].scopes);
}

static bool has(const char *list, const char *word, size_t len)
{
    while (*list != '\0') {
        size_t size = strcspn(list, " ");

        if (size == len && memcmp(list, word, len) == 0)
            return true;
        list += size;
        list += strspn(list, " ");
    }
    return false;
}

static bool covers(const char *list, const char *wanted)
{
    if (wanted == NULL)
        return false;
    while (*wanted != '\0') {
        size_t size = strcspn(wanted, " ");

        if (!has(list, wanted, size))
            return false;
        wanted += size;
        wanted += strspn(wanted, " ");
    }
    return true;
}

bool oauth_allows(const char *scopes, const char *path)
{
    if (scopes == NULL)
        return true;
    for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
        if (strncmp(path, needs[i].path, strlen(needs[i].path)) == 0)
            return covers(scopes, needs[i].classic) ||
                   covers(scopes, needs[i].granular);
    }
    return true;
}

void oauth_refuse_scope(struct exchange *x)
{
    x->answer.status = 401;
    text_clear(&x->answer.body);
    text_str(&x->answer.body, "{\"code\":401,\"message\":\"Unauthorized; scope "
                              "does not match\"}");
}

/* The path behind the gateway; NULL: it is not one of a gateway. */
static const char *behind_gateway(const struct exchange *x)
{
    const char *slash;

    if (strncmp(x->path, "/admin/", 7) == 0)
        return x->path;
    if (strncmp(x->path, "/ex/jira/", 9) != 0)
        return NULL;
    slash = strchr(x->path + 9, '/');
    return slash;
}

static const char *judge(struct exchange *x, struct access_token *token)
{
    const struct oauth_faults *faults = &x->server->scenario.oauth;
    const char *path = behind_gateway(x);

    if (path == NULL)
        return "bad";
    if (faults->expires && token->used >= faults->expires_after)
        return "bad";
    if (faults->expires_in > 0 &&
        clock_ms() - token->issued_ms >= faults->expires_in * 1000)
        return "bad";
    token->used++;
    return oauth_allows(token->scopes, path) ? "ok" : "scope";
}

const char *oauth_check(struct exchange *x)
{
    struct oauth *oauth = &x->server->oauth;
    const char *header = MHD_lookup_connection_value(
        x->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
    const char *verdict = NULL;

    if (header == NULL || strncmp(header, "Bearer ", 7) != 0)
        return NULL;
    pthread_mutex_lock(&oauth->lock);
    for (size_t i = 0; i < oauth->token_count && verdict == NULL; i++) {
        if (strcmp(oauth->tokens[i].text, header + 7) == 0)
            verdict = judge(x, &oauth->tokens[i]);
    }
    pthread_mutex_unlock(&oauth->lock);
    return verdict;
}

static void refuse(struct exchange *x, unsigned status, const char *error,
                   const char *words)
{
    struct text *body = &x->answer.body;

    x->answer.status = status;
    text_clear(body);
    text_str(body, "{\"error\":");
    text_json(body, error);
    text_str(body, ",\"error_description\":");
    text_json(body, words);
    text_str(body, "}");
}

/* Only what the grant knows, and texts only. */
static bool members_fit(const cJSON *body, const char *const *known)
{
    const cJSON *item;

    if (!cJSON_IsObject(body))
        return false;
    cJSON_ArrayForEach(item, body)
    {
        const char *const *name = known;

        while (*name != NULL && strcmp(*name, item->string) != 0)
            name++;
        if (*name == NULL || !cJSON_IsString(item) ||
            item->valuestring[0] == '\0')
            return false;
    }
    return true;
}

static const char *member(const cJSON *body, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(body, name));
}

static bool is_client(const struct oauth *oauth, const cJSON *body)
{
    const char *id = member(body, "client_id");
    const char *secret = member(body, "client_secret");
    size_t len = strcspn(oauth->client, "=");

    return id != NULL && secret != NULL && strlen(id) == len &&
           memcmp(id, oauth->client, len) == 0 &&
           oauth->client[len] == '=' &&
           strcmp(secret, oauth->client + len + 1) == 0;
}

static void grant(struct exchange *x, const char *scopes, bool refreshed)
{
    struct oauth *oauth = &x->server->oauth;
    const struct oauth_faults *faults = &x->server->scenario.oauth;
    struct access_token *token = &oauth->tokens[oauth->token_count];
    struct text *body = &x->answer.body;

    if (oauth->token_count == OAUTH_TOKENS_MAX) {
        refuse(x, 429, "too_many_requests", "Too many tokens.");
        return;
    }
    oauth->token_count++;
    snprintf(token->text, sizeof(token->text), "fakesite-access-%zu-0A1B2C3D",
             oauth->token_count);
    token->issued_ms = clock_ms();
    if (scopes != NULL)
        token->scopes = must_copy(scopes, strlen(scopes));
    text_fmt(body, "{\"access_token\":\"%s\",\"token_type\":\"Bearer\"",
             token->text);
    text_fmt(body, ",\"expires_in\":%ld",
             faults->expires_in > 0 ? (long)faults->expires_in : 3600L);
    if (refreshed && !faults->keeps)
        text_fmt(body, ",\"refresh_token\":\"%s\"", oauth->refresh);
    if (scopes != NULL) {
        text_str(body, ",\"scope\":");
        text_json(body, scopes);
    }
    text_str(body, "}");
}

static void rotate(struct oauth *oauth)
{
    snprintf(oauth->previous, OAUTH_TOKEN_BYTES, "%s", oauth->refresh);
    snprintf(oauth->refresh, OAUTH_TOKEN_BYTES, "fakesite-refresh-%zu-4E5F6A7B",
             ++oauth->refreshes);
}

static void serve_refresh(struct exchange *x, const cJSON *body)
{
    static const char *const known[] = {"grant_type", "client_id",
                                        "client_secret", "refresh_token", NULL};
    struct oauth *oauth = &x->server->oauth;
    const struct oauth_faults *faults = &x->server->scenario.oauth;
    const char *given = member(body, "refresh_token");

    if (!members_fit(body, known) || given == NULL) {
        refuse(x, 400, "invalid_request", "The request is not understood.");
        return;
    }
    if (oauth->refresh[0] != '\0' && strcmp(given, oauth->refresh) == 0) {
        if (!faults->keeps)
            rotate(oauth);
    } else if (!faults->grace || oauth->previous[0] == '\0' ||
               strcmp(given, oauth->previous) != 0) {
        /* Two have the same token: one of them is a thief. */
        if (given[0] != '\0' && strcmp(given, oauth->previous) == 0)
            oauth->refresh[0] = '\0';
        refuse(x, 403, "invalid_grant", "Unknown or invalid refresh token.");
        return;
    }
    grant(x, oauth->scopes, true);
}

static void serve_client(struct exchange *x, const cJSON *body)
{
    static const char *const known[] = {"grant_type",    "client_id",
                                        "client_secret", "scope",
                                        "audience",      NULL};
    const struct oauth *oauth = &x->server->oauth;
    const char *scope = member(body, "scope");
    const char *audience = member(body, "audience");

    if (!members_fit(body, known) ||
        (audience != NULL && strcmp(audience, "api.atlassian.com") != 0))
        refuse(x, 400, "invalid_request", "The request is not understood.");
    else if (oauth->first != NULL)
        refuse(x, 403, "unauthorized_client", "This client acts for users.");
    else if (scope != NULL && oauth->scopes != NULL &&
             !covers(oauth->scopes, scope))
        refuse(x, 400, "invalid_scope", "A scope was not granted.");
    else
        grant(x, scope != NULL ? scope : oauth->scopes, false);
}

static void serve_body(struct exchange *x, const cJSON *body)
{
    const char *type = member(body, "grant_type");

    if (type == NULL)
        refuse(x, 400, "invalid_request", "There is no grant_type.");
    else if (!is_client(&x->server->oauth, body))
        refuse(x, 401, "access_denied", "Unauthorized");
    else if (strcmp(type, "refresh_token") == 0)
        serve_refresh(x, body);
    else if (strcmp(type, "client_credentials") == 0)
        serve_client(x, body);
    else
        refuse(x, 403, "unsupported_grant_type", "There is no such grant.");
}

void serve_oauth(struct exchange *x)
{
    struct oauth *oauth = &x->server->oauth;
    const char *type = MHD_lookup_connection_value(
        x->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE);
    cJSON *body;

    if (strcmp(x->method, "POST") != 0) {
        answer_header(x, "Allow", "POST");
        answer_error(x, 405, "This method is not allowed here.");
        return;
    }
    if (type == NULL || strcasecmp(type, "application/json") != 0) {
        refuse(x, 415, "invalid_request", "The body must be JSON.");
        return;
    }
    body = cJSON_ParseWithLength(x->upload.data, x->upload.len);
    pthread_mutex_lock(&oauth->lock);
    serve_body(x, body);
    pthread_mutex_unlock(&oauth->lock);
    cJSON_Delete(body);
}
