#include <ctype.h>
#include <string.h>

#include "http.h"
#include "instant.h"
#include "job_read.h"
#include "secret_ref.h"

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
        spec_problem(
            spec, node,
            "expected the name of a cookie, such as \"tenant.session.token\"");
        return;
    }
}

static void read_expires(struct spec *spec, const struct spec_node *node,
                         void *out)
{
    const char *text = spec_text(spec, node);

    if (text != NULL && instant_parse_lenient(text, out) != 0)
        spec_problem(spec, node,
                     "expected the day on which the secret ends, such as "
                     "\"2027-03-01\"");
}

/* RFC 6749, 3.3: printable, without '"' and '\'; here one scope each. */
static void read_scopes(struct spec *spec, const struct spec_node *node,
                        void *out)
{
    const char *const *scopes = spec_texts(spec, node, 1);

    *(const char *const **)out = scopes;
    for (; scopes != NULL && *scopes != NULL; scopes++) {
        if (strpbrk(*scopes, " \"\\\t") != NULL)
            spec_problem(spec, node, "expected one scope in each text");
    }
}

static bool has_user_part(const char *url)
{
    const char *host = strstr(url, "://");

    host = host != NULL ? host + strlen("://") : url;
    return memchr(host, '@', strcspn(host, "/?#")) != NULL;
}

/* The text is not repeated in a problem: it may hold a password. */
void job_read_url(struct spec *spec, const struct spec_node *node, void *out)
{
    const char *url = spec_text(spec, node);
    int allowed;
    size_t len;

    if (url == NULL)
        return;
    len = strlen(url);
    if (has_user_part(url)) {
        spec_problem(spec, node,
                     "holds a user or password; remove it and use \"auth\"");
        return;
    }
    allowed = http_url_allowed(url);
    spec->no_memory |= allowed < 0;
    if (allowed == 0) {
        spec_problem(spec, node,
                     "expected https://HOST or https://HOST/PATH without "
                     "query (http:// for loopback only)");
        return;
    }
    if (url[len - 1] == '/')
        url = arena_strndup(spec->arena, url, len - 1);
    spec->no_memory |= url == NULL;
    *(const char **)out = url;
}

static const char *const auth_words[] = {
    "none", "basic", "bearer", "cookie", "oauth_client", "oauth_refresh", NULL};

#define AUTH_TYPE                                                              \
    {                                                                          \
        .key = "type", .help = "kind of access", .kind = SPEC_ENUM,            \
        .required = true, .offset = offsetof(struct endpoint, auth),           \
        .words = auth_words                                                    \
    }
#define AUTH_SECRET                                                            \
    {                                                                          \
        .key = "secret",                                                       \
        .help = "token, key, password, cookie or client secret",               \
        .type = "secret", .kind = SPEC_CUSTOM, .required = true,               \
        .offset = offsetof(struct endpoint, secret), .read = read_secret       \
    }
#define AUTH_EXPIRES                                                           \
    {                                                                          \
        .key = "expires", .help = "the day the secret ends; warns before",     \
        .type = "day", .kind = SPEC_CUSTOM,                                    \
        .offset = offsetof(struct endpoint, expires), .read = read_expires     \
    }
#define AUTH_TOKEN_URL                                                         \
    {                                                                          \
        .key = "token_url", .help = "where access tokens come from",           \
        .type = "URL", .kind = SPEC_CUSTOM, .required = true,                  \
        .offset = offsetof(struct endpoint, oauth.token_url),                  \
        .read = job_read_url                                                   \
    }
#define AUTH_CLIENT_ID                                                         \
    {                                                                          \
        .key = "client_id", .help = "id of the client", .kind = SPEC_TEXT,     \
        .required = true, .offset = offsetof(struct endpoint, oauth.client_id) \
    }

static const struct spec_field auth_none[] = {AUTH_TYPE, {0}};
static const struct spec_field auth_basic[] = {
    AUTH_TYPE,
    {.key = "user",
     .help = "the account, an e-mail address",
     .type = "text",
     .kind = SPEC_CUSTOM,
     .required = true,
     .read = read_user},
    AUTH_SECRET,
    AUTH_EXPIRES,
    {0},
};
static const struct spec_field auth_bearer[] = {
    AUTH_TYPE, AUTH_SECRET, AUTH_EXPIRES, {0}};
static const struct spec_field auth_cookie[] = {
    AUTH_TYPE,
    {.key = "name",
     .help = "of the cookie",
     .type = "text",
     .kind = SPEC_CUSTOM,
     .required = true,
     .read = read_cookie},
    AUTH_SECRET,
    AUTH_EXPIRES,
    {0},
};
static const struct spec_field auth_oauth_client[] = {
    AUTH_TYPE,
    AUTH_TOKEN_URL,
    AUTH_CLIENT_ID,
    AUTH_SECRET,
    AUTH_EXPIRES,
    {.key = "scopes",
     .help = "what to ask for",
     .fallback = "all the client has",
     .type = "list of texts",
     .kind = SPEC_CUSTOM,
     .offset = offsetof(struct endpoint, oauth.scopes),
     .read = read_scopes},
    {.key = "audience",
     .help = "whom the token is for",
     .kind = SPEC_TEXT,
     .offset = offsetof(struct endpoint, oauth.audience)},
    {0},
};
static const struct spec_field auth_oauth_refresh[] = {
    AUTH_TYPE,
    AUTH_TOKEN_URL,
    AUTH_CLIENT_ID,
    AUTH_SECRET,
    AUTH_EXPIRES,
    {.key = "refresh_token",
     .help = "the first refresh token",
     .type = "secret",
     .kind = SPEC_CUSTOM,
     .required = true,
     .offset = offsetof(struct endpoint, oauth.refresh),
     .read = read_secret},
    {.key = "token_file",
     .help = "keeps the newest refresh token",
     .kind = SPEC_PATH,
     .required = true,
     .offset = offsetof(struct endpoint, oauth.token_file)},
    {0},
};

const struct spec_field *const job_auth_tables[] = {
    [AUTH_NONE] = auth_none,
    [AUTH_BASIC] = auth_basic,
    [AUTH_BEARER] = auth_bearer,
    [AUTH_COOKIE] = auth_cookie,
    [AUTH_OAUTH_CLIENT] = auth_oauth_client,
    [AUTH_OAUTH_REFRESH] = auth_oauth_refresh,
    NULL,
};

/* The file is replaced at each refresh; a reference to it would be read as
 * well, and the old token be told from the new one by nothing. */
static void check_token_file(struct spec *spec, const struct spec_node *node,
                             const struct endpoint *endpoint)
{
    const struct oauth_settings *oauth = &endpoint->oauth;

    if (oauth->token_file != NULL && oauth->refresh.kind == SECRET_FILE &&
        oauth->refresh.name != NULL &&
        strcmp(oauth->refresh.name, oauth->token_file) == 0)
        spec_problem_at(spec, node, "token_file",
                        "must be another file than that of refresh_token");
}

/* The type decides which other keys there are, so it is read first. */
void job_read_auth(struct spec *spec, const struct spec_node *node, void *out)
{
    const struct json *type = json_member(node->json, "type");
    struct spec_node child;
    int word;

    if (!spec_is(spec, node, JSON_OBJECT))
        return;
    if (type == NULL) {
        spec_problem_at(spec, node, "type",
                        "missing; expected one of none, basic, bearer, "
                        "cookie, oauth_client, oauth_refresh");
        return;
    }
    child = spec_child(node, type, 0);
    word = spec_word(spec, &child, auth_words);
    if (word < 0)
        return;
    spec_object(spec, node, job_auth_tables[word], out);
    check_token_file(spec, node, out);
}
