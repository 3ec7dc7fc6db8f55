#include "exchange_internal.h"

#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "instant.h"

enum { TEXT_CEILING = ERROR_TEXT_MAX };

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

/* The quote that ends the string which begins at start, or NULL. */
static const char *string_end(const char *start, const char *end)
{
    const char *quote = start, *p;

    while ((quote = memchr(quote, '"', (size_t)(end - quote))) != NULL) {
        for (p = quote; p > start && p[-1] == '\\'; p--)
            ;
        if ((quote - p) % 2 == 0)
            return quote;
        quote++;
    }
    return NULL;
}

bool verdict_whole(const char *text, size_t len)
{
    const char *end = text + len, *p = text;
    size_t depth = 0;

    while (p < end && strchr(" \t\r\n", *p) != NULL)
        p++;
    if (p == end)
        return false;
    for (; p < end; p++) {
        if (*p == '"') {
            p = string_end(p + 1, end);
            if (p == NULL)
                return false;
        } else if (*p == '{' || *p == '[') {
            depth++;
        } else if ((*p == '}' || *p == ']') && depth > 0) {
            depth--;
        }
    }
    return depth == 0;
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

bool verdict_lacks_scope(const struct http_reply *reply)
{
    return reply->answered && reply->status == 401 &&
           strcasestr(reply->body.data, "scope does not match") != NULL;
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
    return error_hint(err, "run again later, or raise limits.retry_for; if it "
                      "never answers, see that its url in the job and the way "
                      "to it are right");
}
