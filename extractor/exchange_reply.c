#include "exchange_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "instant.h"

enum { HTTP_TOO_MANY = 429 };

void task_free(struct task *task)
{
    if (task == NULL)
        return;
    free((char *)(uintptr_t)task->request.path_query);
    free((char *)(uintptr_t)task->request.body);
    page_free(task->page);
    buf_release(&task->body);
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

void reply_note(const struct task *task, const struct http_reply *reply,
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
        if (!reply_is_page(task, reply)) /* its size is known later */
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

static void fail_task(struct task *task)
{
    task->exchange->failed = true;
    task_free(task);
}

void task_done(struct task *task, const struct exchange_answer *answer)
{
    struct exchange *exchange = task->exchange;

    exchange->left--;
    if (task->done(task->context, answer, exchange->err) != 0)
        exchange->failed = true;
    task_free(task);
}

static void deliver(struct task *task, struct http_reply *reply)
{
    const struct exchange_answer answer = {
        .status = reply->answered ? reply->status : 0,
        .body = reply->body.data,
        .len = reply->body.len,
    };

    task->lane->begun--;
    if (record(task, &answer, task->exchange->err) != 0) {
        fail_task(task);
    } else if (reply_is_page(task, reply)) {
        body_take(task, reply);
        reading_start(task);
    } else {
        task_done(task, &answer);
    }
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

void task_tell_retry(const struct task *task, const struct http_reply *reply,
                     int64_t delay_ms)
{
    char cause[CAUSE_TEXT_MAX];

    verdict_cause(reply, cause);
    log_line(task->exchange->options.log, LOG_WARN, "retry",
             "%s: %s; try %d in %lld.%03lld s", task->request.source->name,
             reply->answered ? cause : reply->detail, task->attempts + 1,
             (long long)(delay_ms / INSTANT_SECOND),
             (long long)(delay_ms % INSTANT_SECOND));
}

static void retry_later(struct task *task, int64_t now_ms, int64_t delay_ms)
{
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

enum retry_verdict task_decide(const struct task *task,
                               const struct http_reply *reply, int64_t now_ms,
                               int64_t *asked, int64_t *delay_ms)
{
    struct exchange *exchange = task->exchange;
    struct retry_input input = {
        .transport_failed = !reply->answered,
        .transport_transient = reply->transient,
        .status = reply->status,
        .attempt = task->attempts,
        .spent_ms = now_ms - task->first_ms,
        .budget_ms = exchange->options.job->limits.retry_for_ms,
        .random = next_random(exchange),
        .base_ms = exchange->options.retry_base_ms,
    };

    *asked = asked_ms(task, reply);
    input.has_retry_after = *asked >= 0;
    input.retry_after_ms = *asked;
    return retry_decide(&input, delay_ms);
}

static void retry_or_fail(struct task *task, const struct http_reply *reply,
                          int64_t now_ms)
{
    struct exchange *exchange = task->exchange;
    int64_t asked, delay_ms;

    switch (task_decide(task, reply, now_ms, &asked, &delay_ms)) {
    case RETRY_AGAIN:
        verdict_count(task, reply);
        hold_back(task, reply, now_ms, asked);
        task_tell_retry(task, reply, delay_ms);
        retry_later(task, now_ms, delay_ms);
        return;
    case RETRY_GIVE_UP:
        verdict_count(task, reply);
        verdict_gave_up(task, now_ms, asked, exchange->err);
        break;
    case RETRY_NEVER:
        verdict_refuse(task, reply, exchange->err);
        break;
    }
    task->lane->refused = reply->answered ? reply->status : 0;
    fail_task(task);
}

/* The server may have done what it was asked once. */
static bool outcome_unknown(const struct task *task,
                            const struct http_reply *reply)
{
    if (!task->request.once)
        return false;
    if (reply->answered)
        return reply->status != HTTP_TOO_MANY &&
               retry_status_passes(reply->status);
    return reply->failure == HTTP_FAILED_TRANSPORT ||
           reply->failure == HTTP_FAILED_CEILING;
}

/* What is recorded is whole: its body came unpacked, and is looked at here. */
static void look_at_body(const struct task *task, struct http_reply *reply)
{
    bool page = reply_is_page(task, reply);

    if (!page)
        reply_unpack(task->exchange, reply);
    if (!page || task->exchange->options.record != NULL)
        reply_distrust(reply);
}

void exchange_reply(void *context, struct http_reply *reply)
{
    struct task *task = context;
    struct exchange *exchange = task->exchange;
    int64_t now_ms = exchange_now(exchange);

    take_off_wire(exchange, task);
    look_at_body(task, reply);
    reply_note(task, reply, now_ms);
    login_prove(task, reply);
    if (exchange->failed)
        task_free(task); /* abandoned: the run has its error already */
    else if (verdict_deliver(&task->request, reply) ||
             outcome_unknown(task, reply))
        deliver(task, reply);
    else if (login_renews(task, reply, now_ms))
        retry_later(task, now_ms, 0);
    else
        retry_or_fail(task, reply, now_ms);
}

void exchange_spoilt(struct task *task, const struct http_reply *reply)
{
    task->lane->begun++; /* it is not answered yet */
    retry_or_fail(task, reply, exchange_now(task->exchange));
}
