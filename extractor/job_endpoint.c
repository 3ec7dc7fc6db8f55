#include "job_read.h"

#include <ctype.h>
#include <string.h>

#include "http.h"
#include "secret_ref.h"
#include "units.h"

enum { ENDPOINT_NAME_MAX = 32, ENDPOINTS_MAX = 32 };

static void read_secret(struct spec *spec, const struct spec_node *node,
                        void *out)
{
    secret_ref_read(spec, node, true, out);
}

/* RFC 7617: the first ':' ends the user, so a user cannot hold one. */
static void read_user(struct spec *spec, const struct spec_node *node,
                      void *out)
{
    struct endpoint *endpoint = out;

    endpoint->user = spec_text(spec, node);
    if (endpoint->user != NULL && strchr(endpoint->user, ':') != NULL)
        spec_problem(spec, node, "a user must not hold ':'");
}

/* RFC 6265 asks for a token (RFC 9110, 5.6.2). */
static void read_cookie(struct spec *spec, const struct spec_node *node,
                        void *out)
{
    struct endpoint *endpoint = out;
    const char *name = spec_text(spec, node);

    endpoint->cookie = name;
    for (; name != NULL && *name != '\0'; name++) {
        if (isalnum((unsigned char)*name) ||
            strchr("!#$%&'*+-.^_`|~", *name) != NULL)
            continue;
        spec_problem(spec, node, "is not a cookie name");
        return;
    }
}

static const char *const auth_words[] = {"none", "basic", "bearer", "cookie",
                                         NULL};

#define AUTH_TYPE                                                              \
    {                                                                          \
        .key = "type", .kind = SPEC_ENUM, .required = true,                    \
        .offset = offsetof(struct endpoint, auth), .words = auth_words         \
    }
#define AUTH_SECRET                                                            \
    {                                                                          \
        .key = "secret", .kind = SPEC_CUSTOM, .required = true,                \
        .offset = offsetof(struct endpoint, secret), .read = read_secret       \
    }

static const struct spec_field auth_none[] = {AUTH_TYPE, {0}};
static const struct spec_field auth_basic[] = {
    AUTH_TYPE,
    {.key = "user", .kind = SPEC_CUSTOM, .required = true, .read = read_user},
    AUTH_SECRET,
    {0},
};
static const struct spec_field auth_bearer[] = {AUTH_TYPE, AUTH_SECRET, {0}};
static const struct spec_field auth_cookie[] = {
    AUTH_TYPE,
    {.key = "name", .kind = SPEC_CUSTOM, .required = true, .read = read_cookie},
    AUTH_SECRET,
    {0},
};

static const struct spec_field *const auth_tables[] = {
    [AUTH_NONE] = auth_none,
    [AUTH_BASIC] = auth_basic,
    [AUTH_BEARER] = auth_bearer,
    [AUTH_COOKIE] = auth_cookie,
};

/* The type decides which other keys there are, so it is read first. */
static void read_auth(struct spec *spec, const struct spec_node *node,
                      void *out)
{
    const struct json *type = json_member(node->json, "type");
    struct spec_node child;
    int word;

    if (!spec_is(spec, node, JSON_OBJECT))
        return;
    if (type == NULL) {
        spec_problem_at(spec, node, "type",
                        "missing; expected one of "
                        "none, basic, bearer, cookie");
        return;
    }
    child = spec_child(node, type, 0);
    word = spec_word(spec, &child, auth_words);
    if (word >= 0)
        spec_object(spec, node, auth_tables[word], out);
}

static bool has_user_part(const char *url)
{
    const char *host = strstr(url, "://");

    host = host != NULL ? host + strlen("://") : url;
    return memchr(host, '@', strcspn(host, "/?#")) != NULL;
}

/* The text is not repeated in a problem: it may hold a password. */
static void read_url(struct spec *spec, const struct spec_node *node, void *out)
{
    struct endpoint *endpoint = out;
    const char *url = spec_text(spec, node);
    size_t len;

    if (url == NULL)
        return;
    len = strlen(url);
    if (has_user_part(url)) {
        spec_problem(spec, node,
                     "holds a user or password; remove it and use \"auth\"");
        return;
    }
    if (!http_url_allowed(url)) {
        spec_problem(spec, node,
                     "expected https://HOST or https://HOST/PATH without "
                     "query (http:// for loopback only)");
        return;
    }
    if (url[len - 1] == '/')
        url = arena_strndup(spec->arena, url, len - 1);
    spec->no_memory |= url == NULL;
    endpoint->url = url;
}

static const struct spec_field endpoint_fields[] = {
    {.key = "url", .kind = SPEC_CUSTOM, .required = true, .read = read_url},
    {.key = "organisation",
     .kind = SPEC_TEXT,
     .offset = offsetof(struct endpoint, organisation)},
    {.key = "directory",
     .kind = SPEC_TEXT,
     .offset = offsetof(struct endpoint, directory)},
    {.key = "site",
     .kind = SPEC_TEXT,
     .offset = offsetof(struct endpoint, site)},
    {.key = "ca_file",
     .kind = SPEC_PATH,
     .offset = offsetof(struct endpoint, ca_file)},
    {.key = "auth", .kind = SPEC_CUSTOM, .required = true, .read = read_auth},
    {0},
};

static bool endpoint_name(const char *text)
{
    size_t len = strlen(text);

    if (len == 0 || len > ENDPOINT_NAME_MAX)
        return false;
    for (; *text != '\0'; text++) {
        if (!isalnum((unsigned char)*text) && *text != '_' && *text != '-')
            return false;
    }
    return true;
}

void job_read_endpoints(struct spec *spec, const struct spec_node *node,
                        void *out)
{
    struct job *job = out;
    size_t size = json_size(node->json);

    if (!spec_is_container(spec, node, JSON_OBJECT))
        return;
    if (size == 0 || size > ENDPOINTS_MAX) {
        spec_problem(spec, node, "expected 1 to %d endpoints", ENDPOINTS_MAX);
        return;
    }
    job->endpoints = spec_alloc(spec, size, sizeof(*job->endpoints));
    if (job->endpoints == NULL)
        return;
    for (const struct json *item = json_first(node->json); item != NULL;
         item = json_next(item)) {
        struct endpoint *endpoint = &job->endpoints[job->endpoint_count++];
        struct spec_node child = spec_child(node, item, 0);

        endpoint->name = spec_copy(spec, json_key(item));
        endpoint->directory = "-";
        if (!endpoint_name(json_key(item)))
            spec_problem(spec, &child,
                         "an endpoint's name is 1 to %d letters, digits, "
                         "'_' or '-'",
                         ENDPOINT_NAME_MAX);
        spec_object(spec, &child, endpoint_fields, endpoint);
    }
}

static struct endpoint *find_endpoint(struct spec *spec, struct job *job,
                                      const struct spec_node *node)
{
    struct nearest nearest;

    nearest_start(&nearest, node->key);
    for (size_t i = 0; i < job->endpoint_count; i++) {
        const char *name = job->endpoints[i].name;

        if (name == NULL)
            continue;
        if (strcmp(name, node->key) == 0)
            return &job->endpoints[i];
        nearest_offer(&nearest, name);
    }
    spec_unknown(spec, node, "endpoint", &nearest);
    return NULL;
}

void job_read_rate(struct spec *spec, const struct spec_node *node, void *out)
{
    if (!spec_is_container(spec, node, JSON_OBJECT))
        return;
    for (const struct json *item = json_first(node->json); item != NULL;
         item = json_next(item)) {
        struct spec_node child = spec_child(node, item, 0);
        struct endpoint *endpoint = find_endpoint(spec, out, &child);
        const char *text = spec_text(spec, &child);
        int64_t count, per_ms;

        if (endpoint == NULL || text == NULL)
            continue;
        if (units_rate(text, &count, &per_ms) != 0 || count < 1) {
            spec_problem(spec, &child,
                         "expected a rate such as \"10/s\" or \"50/min\", "
                         "found \"%.*s\"",
                         SPEC_PATH_MAX, text);
            continue;
        }
        endpoint->rate_count = count;
        endpoint->rate_per_ms = per_ms;
    }
}
