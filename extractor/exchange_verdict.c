#include "exchange_internal.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "instant.h"

enum { HINT_CEILING = ERROR_HINT_MAX, TEXT_CEILING = ERROR_TEXT_MAX };

static const struct {
    int status;
    const char *words;
} phrases[] = {
    {408, "Request Timeout"},
    {409, "Conflict"},
    {425, "Too Early"},
    {429, "Too Many Requests"},
    {500, "Internal Server Error"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
};

bool verdict_whole(const char *text, size_t len)
{
    bool in_string = false, any = false;
    size_t depth = 0, i;

    for (i = 0; i < len; i++) {
        char c = text[i];

        any = any || strchr(" \t\r\n", c) == NULL;
        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '{' || c == '['))
            depth++;
        else if (!in_string && (c == '}' || c == ']') && depth > 0)
            depth--;
    }
    return any && !in_string && depth == 0;
}

bool verdict_deliver(const struct exchange_request *request,
                     const struct http_reply *reply)
{
    const int *status = request->accept;

    if (!reply->answered)
        return false;
    for (; status != NULL && *status != 0; status++)
        if (*status == reply->status)
            return true;
    return reply->status == 200 && reply->json;
}

void verdict_cause(const struct http_reply *reply, char out[CAUSE_TEXT_MAX])
{
    const char *words = "";
    size_t i;

    if (!reply->answered) {
        snprintf(out, CAUSE_TEXT_MAX, "%s", reply->cause);
        return;
    }
    for (i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
        if (phrases[i].status == reply->status)
            words = phrases[i].words;
    snprintf(out, CAUSE_TEXT_MAX, "%d%s%s", reply->status,
             *words != '\0' ? " " : "", words);
}

int verdict_path_len(const char *path_query)
{
    return (int)strcspn(path_query, "?");
}

void verdict_duration(int64_t ms, char out[DURATION_TEXT_MAX])
{
    long long seconds = ms / INSTANT_SECOND;

    if (seconds >= 3600)
        snprintf(out, DURATION_TEXT_MAX, "%lldh%lldm%llds", seconds / 3600,
                 seconds / 60 % 60, seconds % 60);
    else if (seconds >= 60)
        snprintf(out, DURATION_TEXT_MAX, "%lldm%llds", seconds / 60,
                 seconds % 60);
    else
        snprintf(out, DURATION_TEXT_MAX, "%llds", seconds);
}

/* "permission 'Administer Jira', scopes a and b, …": what the source says. */
static void put_needs(struct buf *out, const struct source *source)
{
    const char *const *scope = source->needs_scopes;

    if (source->needs_permission != NULL)
        buf_printf(out, "; %s needs the permission %s", source->name,
                   source->needs_permission);
    if (scope != NULL && *scope != NULL) {
        buf_printf(out, "; scopes: %s", *scope);
        while (*++scope != NULL)
            buf_printf(out, ", %s", *scope);
    }
    if (source->needs_how != NULL)
        buf_printf(out, "; %s", source->needs_how);
}

static void put_token_hint(struct buf *out,
                           const struct exchange_request *request)
{
    const struct endpoint *endpoint = request->endpoint;

    buf_printf(out,
               "the %s of endpoint %s is not accepted: check that it has not "
               "expired or been revoked",
               endpoint->auth == AUTH_COOKIE ? "session" : "token",
               endpoint->name);
    if (endpoint->auth == AUTH_BASIC)
        buf_puts(out, ", and that auth.user is its owner; a token with scopes "
                      "works at https://api.atlassian.com/ex/jira/CLOUD_ID "
                      "only");
}

static void hint_unauthorized(struct buf *out,
                              const struct exchange_request *request,
                              const struct http_reply *reply)
{
    if (strcasestr(reply->body.data, "scope does not match") == NULL) {
        put_token_hint(out, request);
        return;
    }
    buf_printf(out,
               "the token of endpoint %s lacks a scope; a new login will not "
               "help, make a token that has it",
               request->endpoint->name);
    put_needs(out, request->source);
}

static void hint_forbidden(struct buf *out,
                           const struct exchange_request *request,
                           const struct http_reply *reply)
{
    (void)reply;
    buf_printf(out, "the account of endpoint %s may not read this",
               request->endpoint->name);
    put_needs(out, request->source);
}

static void hint_moved(struct buf *out, const struct exchange_request *request,
                       const struct http_reply *reply)
{
    (void)reply;
    buf_printf(out,
               "check url, organisation, directory and site of endpoint %s; "
               "when the API has moved, edit %s",
               request->endpoint->name, request->source->path);
}

static void hint_request(struct buf *out,
                         const struct exchange_request *request,
                         const struct http_reply *reply)
{
    (void)reply;
    buf_printf(out,
               "the server does not take the request that %s describes; edit "
               "that file when the API has changed",
               request->source->path);
}

static void hint_proxy(struct buf *out, const struct exchange_request *request,
                       const struct http_reply *reply)
{
    (void)reply;
    buf_printf(out,
               "check https_proxy in the environment and its login, or name "
               "the host of endpoint %s in no_proxy",
               request->endpoint->name);
}

static void hint_login_page(struct buf *out,
                            const struct exchange_request *request,
                            const struct http_reply *reply)
{
    (void)reply;
    put_token_hint(out, request);
    buf_puts(out, "; what came is a login page or a proxy's, not data");
}

static void hint_certificate(struct buf *out,
                             const struct exchange_request *request,
                             const struct http_reply *reply)
{
    (void)reply;
    buf_printf(out,
               "when a proxy or a private CA stands in between, give its PEM "
               "file as endpoints.%s.ca_file",
               request->endpoint->name);
}

static void hint_ca_file(struct buf *out,
                         const struct exchange_request *request,
                         const struct http_reply *reply)
{
    (void)reply;
    buf_printf(out, "endpoints.%s.ca_file must be a readable PEM file",
               request->endpoint->name);
}

static void hint_ceiling(struct buf *out,
                         const struct exchange_request *request,
                         const struct http_reply *reply)
{
    (void)reply;
    buf_printf(out, "ask for fewer items at once: lower the page size in %s",
               request->source->path);
}

static void hint_none(struct buf *out, const struct exchange_request *request,
                      const struct http_reply *reply)
{
    (void)out;
    (void)request;
    (void)reply;
}

typedef void hint_fn(struct buf *out, const struct exchange_request *request,
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

/* A server's text: only what a media type or a host name may hold. */
static void put_clean(struct buf *out, const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789/+.-_:[]";

    buf_append(out, text, strspn(text, allowed));
}

static void put_answer(struct buf *out, const struct exchange_request *request,
                       const struct http_reply *reply)
{
    buf_printf(out, "%s: %s answered %d", request->source->name,
               request->endpoint->url, reply->status);
    if (reply->status == 200) {
        buf_puts(out, " with ");
        if (reply->content_type[0] == '\0')
            buf_puts(out, "no content type");
        else
            put_clean(out, reply->content_type);
        buf_puts(out, " instead of JSON");
    } else if (reply->location_host[0] != '\0') {
        buf_puts(out, ", a redirect to ");
        put_clean(out, reply->location_host);
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

int verdict_refuse(const struct exchange_request *request,
                   const struct http_reply *reply, struct error *err)
{
    const struct refusal *refusal;
    struct buf text, hint;

    buf_init(&text, TEXT_CEILING);
    buf_init(&hint, HINT_CEILING);
    if (reply->answered) {
        refusal = find(answers, reply->status);
        put_answer(&text, request, reply);
    } else {
        refusal = find(breakdowns, (int)reply->failure);
        put_breakdown(&text, request, reply);
    }
    refusal->hint(&hint, request, reply);
    if (!buf_ok(&text) && !text.full)
        error_no_memory(err);
    error_set(err, refusal->kind, "%s", text.data);
    if (hint.len != 0)
        error_hint(err, "%s", hint.data);
    buf_release(&text);
    buf_release(&hint);
    return -1;
}

void verdict_count(struct task *task, const struct http_reply *reply)
{
    char text[CAUSE_TEXT_MAX];
    size_t i;

    verdict_cause(reply, text);
    for (i = 0; i < task->cause_count; i++)
        if (strcmp(task->causes[i].text, text) == 0)
            break;
    if (i == TASK_CAUSES_MAX)
        i--; /* more kinds than anyone reads: counted with the last */
    if (i == task->cause_count) {
        memcpy(task->causes[i].text, text, sizeof(text));
        task->cause_count++;
    }
    task->causes[i].times++;
}

static void put_causes(struct buf *out, const struct task *task)
{
    size_t i;

    for (i = 0; i < task->cause_count; i++) {
        const struct task_cause *cause = &task->causes[i];

        buf_printf(out, "%s%s", i > 0 ? ", " : "", cause->text);
        if (cause->times > 1)
            buf_printf(out, " (%u times)", cause->times);
        else
            buf_puts(out, " (once)");
    }
}

int verdict_gave_up(const struct task *task, int64_t now_ms,
                    int64_t retry_after_ms, struct error *err)
{
    char spent[DURATION_TEXT_MAX], asked[DURATION_TEXT_MAX];
    struct buf causes;

    buf_init(&causes, TEXT_CEILING);
    put_causes(&causes, task);
    verdict_duration(now_ms - task->first_ms, spent);
    verdict_duration(retry_after_ms, asked);
    error_set(err, ERROR_UNAVAILABLE, "%s: %s: gave up after %d %s in %s: %s",
              task->request.source->name, task->request.endpoint->url,
              task->attempts, task->attempts == 1 ? "try" : "tries", spent,
              causes.data);
    buf_release(&causes);
    if (retry_after_ms > 0)
        return error_hint(err,
                          "%s asked to wait %s; run again after that, or raise "
                          "limits.retry_for",
                          task->request.endpoint->url, asked);
    return error_hint(err, "run again later, or raise limits.retry_for");
}
