/* The table of endpoints, authentication, and the small endpoints. */
#include <string.h>

#include "admin.h"
#include "exchange.h"
#include "faults.h"
#include "stamp.h"

enum { URI_BYTES_MAX = 8192 };

struct route {
    const char *path;
    void (*serve)(struct exchange *x);
    bool open; /* needs no authentication */
};

static const struct route routes[] = {
    {"/rest/api/3/users/search", serve_users, false},
    {"/rest/api/3/users", serve_users, false},
    {"/rest/api/3/auditing/record", serve_audit, false},
    {"/rest/api/3/user/bulk/migration", serve_migration, false},
    {"/rest/api/3/user/bulk", serve_bulk, false},
    {"/rest/api/3/myself", serve_myself, false},
    {"/rest/api/3/serverInfo", serve_server_info, true},
    {"/_edge/tenant_info", serve_tenant_info, true},
};

void serve_server_info(struct exchange *x)
{
    char now[STAMP_BYTES];

    stamp_jira(now, x->server->site->now);
    text_fmt(&x->answer.body,
             "{\"baseUrl\":\"%s\",\"version\":\"1001.0.0-SNAPSHOT\","
             "\"versionNumbers\":[1001,0,0],\"deploymentType\":\"Cloud\","
             "\"buildNumber\":100293,\"buildDate\":\"%s\","
             "\"serverTime\":\"%s\",\"serverTitle\":\"Jira\"}",
             x->server->site->base_url, now, now);
}

void serve_tenant_info(struct exchange *x)
{
    text_fmt(&x->answer.body, "{\"cloudId\":\"%s\"}",
             x->server->site->cloud_id);
}

/* The path without the gateway's /ex/jira/CLOUD_ID. */
static const char *site_path(const struct exchange *x)
{
    const char *cloud = x->server->site->cloud_id;
    size_t len = strlen(cloud);

    if (strncmp(x->path, "/ex/jira/", 9) != 0 ||
        strncmp(x->path + 9, cloud, len) != 0 || x->path[9 + len] != '/')
        return x->path;
    return x->path + 9 + len;
}

const char *auth_check(const struct exchange *x, const struct auth *auth)
{
    const char *given = MHD_lookup_connection_value(
        x->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
    const char *wanted = auth->authorization;

    if (auth->cookie_name != NULL) {
        wanted = auth->cookie_value;
        given = MHD_lookup_connection_value(x->connection, MHD_COOKIE_KIND,
                                            auth->cookie_name);
    }
    if (given == NULL)
        return "none";
    return strcmp(given, wanted) == 0 ? "ok" : "bad";
}

static const char *check_auth(struct exchange *x)
{
    const struct server *server = x->server;
    const char *verdict = oauth_check(x);

    if (verdict != NULL)
        return verdict;
    verdict = auth_check(x, &server->auth);
    if (strcmp(verdict, "ok") != 0)
        return verdict;
    if (server->scoped && site_path(x) == x->path)
        return "bad";
    return oauth_allows(server->oauth.scopes, site_path(x)) ? "ok" : "scope";
}

static const struct route *find_route(const struct exchange *x)
{
    const char *path = site_path(x);

    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        if (strcmp(routes[i].path, path) == 0)
            return &routes[i];
    }
    return NULL;
}

static void refuse(struct exchange *x)
{
    x->answer.status = 401;
    answer_header(x, "WWW-Authenticate",
                  "OAuth realm=\"https%3A%2F%2Facme.atlassian.net\"");
    text_str(&x->answer.body,
             "{\"message\":\"Client must be authenticated to access this "
             "resource.\",\"status-code\":401}");
}

static bool is_token_path(const struct exchange *x)
{
    return x->server->oauth.client != NULL &&
           strcmp(x->path, "/oauth/token") == 0;
}

/* An answer that a rule may change is made anew. */
static void serve_route(struct exchange *x, const struct route *route)
{
    struct server *server = x->server;
    bool kept = server->scenario.keep && x->rule == NULL;

    if (kept && keep_get(&server->keep, x->uri, false, &x->answer.body))
        return;
    route->serve(x);
    if (kept && x->answer.status == 200)
        keep_put(&server->keep, x->uri, false, &x->answer.body);
}

static void answer(struct exchange *x)
{
    const struct route *route = find_route(x);

    if (strlen(x->uri) > URI_BYTES_MAX) {
        answer_error(x, 414, "The request line is too long.");
    } else if (is_token_path(x)) {
        serve_oauth(x);
    } else if (admin_owns(x)) {
        serve_admin(x);
    } else if (route == NULL) {
        answer_error(x, 404, "There is nothing at this address.");
    } else if (strcmp(x->method, "GET") != 0) {
        answer_header(x, "Allow", "GET");
        answer_error(x, 405, "This method is not allowed here.");
    } else if (strcmp(x->auth, "bad") == 0 ||
               (!route->open && strcmp(x->auth, "none") == 0)) {
        refuse(x);
    } else if (!route->open && strcmp(x->auth, "scope") == 0) {
        oauth_refuse_scope(x);
    } else {
        serve_route(x, route);
    }
}

void serve(struct exchange *x)
{
    x->answer.status = 200;
    x->answer.type = "application/json;charset=UTF-8";
    x->auth = admin_owns(x) ? admin_auth(x) : check_auth(x);
    nap(x->server, x->server->scenario.latency_ms);
    fault_choose(x);
    if (fault_served(x)) {
        answer(x);
        x->answer.status = 200;
        text_clear(&x->answer.body);
    }
    if (fault_limit(x) || fault_before(x))
        return;
    answer(x);
    fault_after(x);
}
