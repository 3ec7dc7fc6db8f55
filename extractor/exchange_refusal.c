#include "exchange_internal.h"

#include <string.h>

#include "buf.h"
#include "expiry.h"

enum { HINT_CEILING = ERROR_HINT_MAX, TEXT_CEILING = ERROR_TEXT_MAX };

/* A server's text: only what a media type, a host name or a list of scopes may
 * hold. */
static void put_clean(struct buf *out, const struct task *task,
                      const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789/+.-_:[] ";

    if (echo_in(text, task->lane))
        buf_puts(out, "(not shown: it holds what was sent)");
    else
        buf_append(out, text, strspn(text, allowed));
}

static void put_list(struct buf *out, const char *before,
                     const char *const *texts)
{
    if (texts == NULL)
        return;
    for (; *texts != NULL; texts++, before = ", ")
        buf_printf(out, "%s%s", before, *texts);
}

/* "permission 'Administer Jira', scopes a and b, …": what the source says. */
static void put_needs(struct buf *out, const struct source *source)
{
    if (source->needs_permission != NULL)
        buf_printf(out, "; %s needs the permission %s", source->name,
                   source->needs_permission);
    put_list(out, "; scopes: ", source->needs_scopes);
    put_list(out,
             source->needs_scopes != NULL ? ", or granular: " : "; scopes: ",
             source->needs_granular);
    if (source->needs_how != NULL)
        buf_printf(out, "; %s", source->needs_how);
}

static void put_token_hint(struct buf *out, const struct task *task)
{
    const struct endpoint *endpoint = task->request.endpoint;
    int64_t now = clock_wall(&task->exchange->options.clock);
    int64_t expiry = expiry_of(endpoint, task->lane->secret.text);
    char ended[EXPIRY_TEXT_MAX];

    if (expiry <= now) {
        expiry_text(expiry, now, ended);
        buf_printf(out, "the secret of endpoint %s %s: make a new one; ",
                   endpoint->name, ended);
    }
    buf_printf(out,
               "the %s of endpoint %s is not accepted: check that it has not "
               "expired or been revoked",
               endpoint->auth == AUTH_COOKIE ? "session" : "token",
               endpoint->name);
    if (endpoint->auth == AUTH_BASIC)
        buf_puts(out, ", and that auth.user is its owner");
    if (endpoint->auth != AUTH_COOKIE)
        buf_puts(out, "; a token with scopes works at "
                      "https://api.atlassian.com/ex/jira/CLOUD_ID only: "
                      "rollcall check tells the exact url");
}

/* What the token endpoint said the token may do. */
static void put_granted(struct buf *out, const struct task *task)
{
    const char *scopes = task->lane->login.grant.scopes;

    if (scopes == NULL)
        return;
    buf_puts(out, "; it has: ");
    put_clean(out, task, scopes);
}

static void hint_unauthorized(struct buf *out, const struct task *task,
                              const struct http_reply *reply)
{
    if (!verdict_lacks_scope(reply)) {
        put_token_hint(out, task);
        return;
    }
    buf_printf(out,
               "the token of endpoint %s lacks a scope; a new login will not "
               "help, make a token that has it",
               task->request.endpoint->name);
    put_granted(out, task);
    put_needs(out, task->request.source);
}

static void hint_forbidden(struct buf *out, const struct task *task,
                           const struct http_reply *reply)
{
    (void)reply;
    buf_printf(out, "the account of endpoint %s may not read this",
               task->request.endpoint->name);
    put_needs(out, task->request.source);
}

static void hint_moved(struct buf *out, const struct task *task,
                       const struct http_reply *reply)
{
    (void)reply;
    buf_printf(out,
               "check url, organisation, directory and site of endpoint %s; "
               "when the API has moved, edit %s",
               task->request.endpoint->name, task->request.source->path);
}

static void hint_request(struct buf *out, const struct task *task,
                         const struct http_reply *reply)
{
    (void)reply;
    buf_printf(out,
               "the server does not take the request that %s describes; edit "
               "that file when the API has changed",
               task->request.source->path);
}

static void hint_proxy(struct buf *out, const struct task *task,
                       const struct http_reply *reply)
{
    (void)reply;
    buf_printf(out,
               "check https_proxy in the environment and its login, or name "
               "the host of endpoint %s in no_proxy",
               task->request.endpoint->name);
}

static void hint_login_page(struct buf *out, const struct task *task,
                            const struct http_reply *reply)
{
    (void)reply;
    put_token_hint(out, task);
    buf_puts(out, "; what came is a login page or a proxy's, not data");
}

static void hint_certificate(struct buf *out, const struct task *task,
                             const struct http_reply *reply)
{
    (void)reply;
    buf_printf(out,
               "when a proxy or a private CA stands in between, give its PEM "
               "file as endpoints.%s.ca_file",
               task->request.endpoint->name);
}

static void hint_ca_file(struct buf *out, const struct task *task,
                         const struct http_reply *reply)
{
    (void)reply;
    buf_printf(out, "endpoints.%s.ca_file must be a readable PEM file",
               task->request.endpoint->name);
}

static void hint_ceiling(struct buf *out, const struct task *task,
                         const struct http_reply *reply)
{
    (void)reply;
    buf_printf(out, "ask for fewer items at once: lower the page size in %s",
               task->request.source->path);
}

static void hint_none(struct buf *out, const struct task *task,
                      const struct http_reply *reply)
{
    (void)out;
    (void)task;
    (void)reply;
}

typedef void hint_fn(struct buf *out, const struct task *task,
                     const struct http_reply *reply);

struct refusal {
    int from, to; /* statuses, or values of enum http_failure */
    enum error_kind kind;
    hint_fn *hint;
};

/* First match wins. 200 is here when it is not JSON. */
static const struct refusal answers[] = {
    {200, 200, ERROR_AUTH, hint_login_page},
    {300, 399, ERROR_AUTH, hint_login_page},
    {401, 401, ERROR_AUTH, hint_unauthorized},
    {403, 403, ERROR_AUTH, hint_forbidden},
    {404, 404, ERROR_DATA, hint_moved},
    {410, 410, ERROR_DATA, hint_moved},
    {407, 407, ERROR_CONFIG, hint_proxy},
    {0, 999, ERROR_DATA, hint_request},
};

static const struct refusal breakdowns[] = {
    {HTTP_FAILED_CERTIFICATE, HTTP_FAILED_CERTIFICATE, ERROR_UNAVAILABLE,
     hint_certificate},
    {HTTP_FAILED_CA_FILE, HTTP_FAILED_CA_FILE, ERROR_CONFIG, hint_ca_file},
    {HTTP_FAILED_PROXY, HTTP_FAILED_PROXY, ERROR_CONFIG, hint_proxy},
    {HTTP_FAILED_CEILING, HTTP_FAILED_CEILING, ERROR_DATA, hint_ceiling},
    {0, HTTP_FAILED_PROXY, ERROR_UNAVAILABLE, hint_none},
};

static const struct refusal *find(const struct refusal *table, int value)
{
    while (value < table->from || value > table->to)
        table++;
    return table;
}

static void put_answer(struct buf *out, const struct task *task,
                       const struct http_reply *reply)
{
    const struct exchange_request *request = &task->request;

    buf_printf(out, "%s: %s answered %d", request->source->name,
               request->endpoint->url, reply->status);
    if (reply->status == 200) {
        buf_puts(out, " with ");
        if (reply->content_type[0] == '\0')
            buf_puts(out, "no content type");
        else
            put_clean(out, task, reply->content_type);
        buf_puts(out, " instead of JSON");
    } else if (reply->location_host[0] != '\0') {
        buf_puts(out, ", a redirect to ");
        put_clean(out, task, reply->location_host);
    } else if (reply->status != 401 && reply->status != 403) {
        buf_printf(out, " to %s %.*s", request->method,
                   verdict_path_len(request->path_query), request->path_query);
    }
}

static void put_breakdown(struct buf *out,
                          const struct exchange_request *request,
                          const struct http_reply *reply)
{
    buf_printf(out, "%s: %s: %s", request->source->name, request->endpoint->url,
               reply->detail);
    if (reply->proxy_status != 0)
        buf_printf(out, ", which answered %d", reply->proxy_status);
}

int verdict_refuse(const struct task *task, const struct http_reply *reply,
                   struct error *err)
{
    const struct exchange_request *request = &task->request;
    const struct refusal *refusal;
    struct buf text, hint;

    buf_init(&text, TEXT_CEILING);
    buf_init(&hint, HINT_CEILING);
    if (reply->answered) {
        refusal = find(answers, reply->status);
        put_answer(&text, task, reply);
    } else {
        refusal = find(breakdowns, (int)reply->failure);
        put_breakdown(&text, request, reply);
    }
    refusal->hint(&hint, task, reply);
    if (buf_no_memory(&text))
        error_no_memory(err);
    error_set(err, refusal->kind, "%s", text.data);
    if (hint.len != 0)
        error_hint(err, "%s", hint.data);
    buf_release(&text);
    buf_release(&hint);
    return -1;
}
