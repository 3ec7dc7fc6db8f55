#include "exchange_internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "instant.h"
#include "retry.h"

void task_free(struct task *task)
{
    if (task == NULL)
        return;
    free((char *)(uintptr_t)task->request.path_query);
    free((char *)(uintptr_t)task->request.body);
    free(task);
}

/* splitmix64 by Sebastiano Vigna (public domain). */
static uint64_t next_random(struct exchange *exchange)
{
    uint64_t z = exchange->random += 0x9e3779b97f4a7c15U;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

static void take_off_wire(struct exchange *exchange, struct task *task)
{
    struct task **at = &exchange->sent;

    while (*at != task)
        at = &(*at)->next;
    *at = task->next;
    task->next = NULL;
}

static void note_reply(const struct task *task, const struct http_reply *reply,
                       int64_t now_ms)
{
    const struct exchange_request *request = &task->request;
    char cause[CAUSE_TEXT_MAX];

    verdict_cause(reply, cause);
    log_line(task->exchange->options.log, LOG_DEBUG, "request",
             "%s: %s %s%.*s: %s, %zu bytes, %lld ms", request->source->name,
             request->method, request->endpoint->url,
             verdict_path_len(request->path_query), request->path_query, cause,
             reply->body.len, (long long)(now_ms - task->sent_ms));
    if (request->stats != NULL) {
        request->stats->wire_bytes += reply->wire_bytes;
        request->stats->body_bytes += reply->body.len;
    }
}

static int record(const struct task *task,
                  const struct exchange_answer *answer, struct error *err)
{
    const struct exchange_request *request = &task->request;
    const struct recorded_request recorded = {
        .endpoint = request->endpoint->name,
        .source = request->source->name,
        .method = request->method,
        .path_query = request->path_query,
        .body = request->body,
    };
    struct recording *recording = task->exchange->options.record;

    return recording == NULL
               ? 0
               : recording_put(recording, &recorded, answer->status,
                               answer->body, answer->len, err);
}

void exchange_deliver(struct task *task, const struct exchange_answer *answer)
{
    struct exchange *exchange = task->exchange;

    task->lane->begun--;
    exchange->left--;
    if (record(task, answer, exchange->err) != 0 ||
        task->done(task->context, answer, exchange->err) != 0)
        exchange->failed = true;
    task_free(task);
}

static void fail_task(struct task *task)
{
    task->exchange->failed = true;
    task_free(task);
}

/* Milliseconds the server asked for, or -1. Only the plain Retry-After is
 * read: X-RateLimit-* and Beta-* describe limits that may not be in force. */
static int64_t asked_ms(const struct task *task, const struct http_reply *reply)
{
    int64_t now_ms = clock_wall(&task->exchange->options.clock);
    int64_t delay_ms;

    if (!reply->answered || !reply->has_retry_after ||
        retry_after_parse(reply->retry_after, now_ms, &delay_ms) != 0)
        return -1;
    return delay_ms;
}

static void retry_later(struct task *task, const struct http_reply *reply,
                        int64_t now_ms, int64_t delay_ms)
{
    char cause[CAUSE_TEXT_MAX];

    verdict_cause(reply, cause);
    log_line(task->exchange->options.log, LOG_WARN, "retry",
             "%s: %s; try %d in %lld.%03lld s", task->request.source->name,
             reply->answered ? cause : reply->detail, task->attempts + 1,
             (long long)(delay_ms / INSTANT_SECOND),
             (long long)(delay_ms % INSTANT_SECOND));
    task->due_ms = now_ms + delay_ms;
    task->idle_ms = now_ms;
    task_queue_again(task->lane, task);
}

/* A server that asks one request to wait means all of them. */
static void hold_back(struct task *task, const struct http_reply *reply,
                      int64_t now_ms, int64_t asked)
{
    if (asked < 0 || (reply->status != 429 && reply->status != 503))
        return;
    if (asked > RETRY_AFTER_MAX_MS)
        asked = RETRY_AFTER_MAX_MS;
    rate_pause(&task->lane->rate, now_ms + asked);
}

static void retry_or_fail(struct task *task, const struct http_reply *reply,
                          int64_t now_ms)
{
    struct exchange *exchange = task->exchange;
    int64_t asked = asked_ms(task, reply), delay_ms;
    const struct retry_input input = {
        .transport_failed = !reply->answered,
        .transport_transient = reply->transient,
        .status = reply->status,
        .attempt = task->attempts,
        .has_retry_after = asked >= 0,
        .retry_after_ms = asked,
        .spent_ms = now_ms - task->first_ms,
        .budget_ms = exchange->options.job->limits.retry_for_ms,
        .random = next_random(exchange),
        .base_ms = exchange->options.retry_base_ms,
    };

    switch (retry_decide(&input, &delay_ms)) {
    case RETRY_AGAIN:
        verdict_count(task, reply);
        hold_back(task, reply, now_ms, asked);
        retry_later(task, reply, now_ms, delay_ms);
        return;
    case RETRY_GIVE_UP:
        verdict_count(task, reply);
        verdict_gave_up(task, now_ms, asked, exchange->err);
        break;
    case RETRY_NEVER:
        verdict_refuse(&task->request, reply, exchange->err);
        break;
    }
    fail_task(task);
}

/* libcurl cannot see the cut of a body that ends with its connection, nor of
 * a compressed one whose length is right. */
static void distrust(struct http_reply *reply)
{
    if (!reply->answered || reply->status != 200 || !reply->json ||
        verdict_whole(reply->body.data, reply->body.len))
        return;
    reply->answered = false;
    reply->transient = true;
    reply->failure = HTTP_FAILED_TRANSPORT;
    reply->cause = "answer cut short";
    snprintf(reply->detail, sizeof(reply->detail),
             "%s: JSON without its end, %zu bytes", reply->cause,
             reply->body.len);
}

void exchange_reply(void *context, struct http_reply *reply)
{
    struct task *task = context;
    struct exchange *exchange = task->exchange;
    int64_t now_ms = exchange_now(exchange);
    struct exchange_answer answer;

    take_off_wire(exchange, task);
    distrust(reply);
    note_reply(task, reply, now_ms);
    answer = (struct exchange_answer){reply->status, reply->body.data,
                                      reply->body.len};
    if (exchange->failed)
        task_free(task); /* abandoned: the run has its error already */
    else if (verdict_deliver(&task->request, reply))
        exchange_deliver(task, &answer);
    else
        retry_or_fail(task, reply, now_ms);
}
