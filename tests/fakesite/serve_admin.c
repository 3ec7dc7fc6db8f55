/* The organisation's routes, their authentication and their quotas. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin.h"
#include "stamp.h"

enum { DIGITS_BYTES = 24 };

static const char gateway[] = "/gateway/";
static const char login_url[] = "https://id.atlassian.com/login";

struct admin_route {
    const char *name; /* in the scenario's per_minute */
    const char *method;
    const char *path; /* {org}, {dir}, {site} are ours, {id} is anybody */
    void (*serve)(struct exchange *x);
};

#define V1  "/admin/v1/orgs/{org}"
#define V2  "/admin/v2/orgs/{org}/directories/{dir}/users"
#define HUB "/gateway/api/adminhub/um"

static const struct admin_route routes[] = {
    {"managed", "GET", V1 "/users", serve_managed},
    {"stream", "GET", V1 "/events-stream", serve_stream},
    {"events", "GET", V1 "/events", serve_events},
    {"event", "GET", V1 "/events/{id}", serve_event},
    {"actions", "GET", V1 "/event-actions", serve_actions},
    {"last_active", "GET", V1 "/directory/users/{id}/last-active-dates",
     serve_last_active},
    {"directory", "GET", V2, serve_directory},
    {"search", "POST", V2 "/search", serve_search},
    {"suspend", "POST", V2 "/{id}/suspend", serve_suspend},
    {"restore", "POST", V2 "/{id}/restore", serve_restore},
    {"profile", "GET", "/users/{id}/manage/profile", serve_profile},
    {"lifecycle", "POST", "/users/{id}/manage/lifecycle/disable",
     serve_disable},
    {"lifecycle", "POST", "/users/{id}/manage/lifecycle/enable", serve_enable},
    {"hub_site", "GET", HUB "/site/{site}/users", serve_hub_site},
    {"hub_org", "GET", HUB "/org/{org}/users", serve_hub_org},
    {"hub_user", "GET", HUB "/site/{site}/users/{id}", serve_hub_user},
    {"hub_user", "GET", HUB "/org/{org}/users/{id}", serve_hub_user},
    {"hub_me", "GET", "/gateway/api/me", serve_hub_me},
    {"hub_deactivate", "POST", HUB "/site/{site}/users/{id}/deactivate",
     serve_hub_deactivate},
    {"hub_deactivate", "POST", HUB "/org/{org}/users/{id}/deactivate",
     serve_hub_deactivate},
    {"hub_activate", "POST", "/gateway/api/users/{id}/activate",
     serve_hub_activate},
};

enum { ROUTES = sizeof(routes) / sizeof(routes[0]) };
_Static_assert((int)ROUTES <= (int)ADMIN_ROUTES_MAX, "quotas are too few");

bool admin_route_known(const char *name)
{
    for (size_t i = 0; i < ROUTES; i++) {
        if (strcmp(routes[i].name, name) == 0)
            return true;
    }
    return false;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

bool admin_owns(const struct exchange *x)
{
    return x->server->org.id != NULL &&
           (begins(x->path, "/admin/") || begins(x->path, "/users/") ||
            begins(x->path, gateway));
}

static const char *check_session(const struct exchange *x)
{
    struct server *server = x->server;
    const struct org_faults *faults = &server->scenario.org;
    const char *verdict = auth_check(x, &server->hub_auth);
    size_t seen;

    pthread_mutex_lock(&server->lock);
    seen = server->hub_requests++;
    pthread_mutex_unlock(&server->lock);
    if (faults->session_ends && seen >= faults->session_after &&
        strcmp(verdict, "ok") == 0)
        return "bad";
    return verdict;
}

const char *admin_auth(struct exchange *x)
{
    const char *verdict;

    if (begins(x->path, gateway))
        return check_session(x);
    verdict = oauth_check(x);
    return verdict != NULL ? verdict : auth_check(x, &x->server->admin_auth);
}

void admin_error(struct exchange *x, unsigned status, const char *code,
                 const char *detail)
{
    struct text *body = &x->answer.body;

    x->answer.status = status;
    text_clear(body);
    text_fmt(body, "{\"errors\":[{\"id\":\"%zu\",\"status\":\"%u\",\"code\":",
             x->number, status);
    text_json(body, code);
    text_str(body, ",\"detail\":");
    text_json(body, detail);
    text_str(body, "}]}");
}

long admin_member(struct exchange *x)
{
    long index = org_find(&x->server->org, x->argument);

    if (index == SITE_NONE)
        admin_error(x, 404, "not.found", "There is no such user.");
    return index;
}

size_t admin_page(const struct exchange *x, size_t wanted)
{
    size_t cap = x->server->scenario.org.page_cap;

    return cap > 0 && cap < wanted ? cap : wanted;
}

void admin_url(const struct exchange *x, const char *path, const char *cursor,
               struct text *out)
{
    const char *host = x->server->scenario.org.next_host;

    if (host == NULL)
        host = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND,
                                           MHD_HTTP_HEADER_HOST);
    text_fmt(out, "\"http://%s%s", host == NULL ? "127.0.0.1" : host, path);
    if (cursor != NULL)
        text_fmt(out, "?cursor=%s", cursor);
    text_str(out, "\"");
}

void admin_cursor(const char *cursor, struct text *out)
{
    if (cursor == NULL)
        text_str(out, "null");
    else
        text_json(out, cursor);
}

/* A placeholder's value must be ours, but {id}, which is kept. */
static bool segment_fits(struct exchange *x, struct span wanted,
                         struct span given)
{
    const struct org *org = &x->server->org;

    if (raw_is(wanted, "{org}"))
        return raw_is(given, org->id);
    if (raw_is(wanted, "{site}"))
        return raw_is(given, org->site_id);
    if (raw_is(wanted, "{dir}"))
        return raw_is(given, "-") || raw_is(given, org->directory);
    if (!raw_is(wanted, "{id}"))
        return wanted.len == given.len &&
               memcmp(wanted.at, given.at, given.len) == 0;
    free(x->argument);
    x->argument = must_copy(given.at, given.len);
    return given.len > 0;
}

static bool path_fits(struct exchange *x, const char *wanted)
{
    const char *given = x->path;

    while (*wanted == '/' && *given == '/') {
        struct span left = {wanted + 1, strcspn(wanted + 1, "/")};
        struct span right = {given + 1, strcspn(given + 1, "/")};

        if (!segment_fits(x, left, right))
            return false;
        wanted = left.at + left.len;
        given = right.at + right.len;
    }
    return *wanted == '\0' && *given == '\0';
}

static const struct admin_route *find_route(struct exchange *x)
{
    for (size_t i = 0; i < ROUTES; i++) {
        if (path_fits(x, routes[i].path))
            return &routes[i];
    }
    return NULL;
}

static void refuse(struct exchange *x)
{
    if (begins(x->path, gateway)) {
        enum session_end end = x->server->scenario.org.session_end;

        if (end == SESSION_END_HTML) {
            answer_login_page(x);
            return;
        }
        if (end == SESSION_END_REDIRECT) {
            answer_redirect(x, login_url);
            return;
        }
    }
    x->answer.status = 401;
    text_str(&x->answer.body, "{\"code\":401,\"message\":\"Unauthorized\"}");
}

static void header_number(struct exchange *x, const char *name, int64_t value)
{
    char text[DIGITS_BYTES];

    snprintf(text, sizeof(text), "%lld", (long long)value);
    answer_header(x, name, text);
}

/* true: the answer is a 429. */
static bool over_quota(struct exchange *x, const struct admin_route *route)
{
    const struct org_faults *faults = &x->server->scenario.org;
    const cJSON *limit =
        cJSON_GetObjectItemCaseSensitive(faults->per_minute, route->name);
    struct quota *quota = &x->server->quotas[route - routes];
    int64_t now = clock_ms();
    int64_t left;
    char reset[STAMP_BYTES];

    if (limit == NULL)
        return false;
    if (quota->used == 0 || now - quota->since >= faults->minute_ms)
        *quota = (struct quota){.since = now};
    left = (int64_t)limit->valuedouble - (int64_t)++quota->used;
    stamp_minute(reset, stamp_now() + faults->minute_ms);
    header_number(x, "X-RateLimit-Limit", (int64_t)limit->valuedouble);
    header_number(x, "X-RateLimit-Remaining", left < 0 ? 0 : left);
    answer_header(x, "X-RateLimit-Reset", reset);
    if (left >= 0)
        return false;
    header_number(x, "Retry-After",
                  (faults->minute_ms - (now - quota->since) + 999) / 1000);
    admin_error(x, 429, "rate.limit", "Too many requests in this minute.");
    return true;
}

void serve_admin(struct exchange *x)
{
    const struct admin_route *route = find_route(x);
    struct org *org = &x->server->org;

    if (route == NULL) {
        admin_error(x, 404, "not.found", "There is nothing at this address.");
    } else if (strcmp(x->method, route->method) != 0) {
        answer_header(x, "Allow", route->method);
        admin_error(x, 405, "method.not.allowed",
                    "This method is not allowed here.");
    } else if (strcmp(x->auth, "scope") == 0) {
        oauth_refuse_scope(x);
    } else if (strcmp(x->auth, "ok") != 0) {
        refuse(x);
    } else {
        pthread_mutex_lock(&org->lock);
        org_prepare(org);
        if (!over_quota(x, route))
            route->serve(x);
        pthread_mutex_unlock(&org->lock);
    }
}
