/* Why a source's requests do not go out, for who looks on. */
#include <stdio.h>
#include <string.h>

#include "exchange_internal.h"

/* The first task of the source in a list. */
static const struct task *find(const struct task *task,
                               const struct source *source)
{
    while (task != NULL && task->request.source != source)
        task = task->next;
    return task;
}

static void tell_cause(const struct task *task, struct exchange_wait *wait)
{
    if (task != NULL && task->cause_count > 0)
        snprintf(wait->cause, sizeof(wait->cause), "%s",
                 task->causes[task->cause_count - 1].text);
}

/* The one of the source that is sent again first; NULL: one may go now. */
static const struct task *next_again(const struct task *task,
                                     const struct source *source,
                                     int64_t now_ms)
{
    const struct task *first = NULL;

    for (; task != NULL; task = task->next) {
        if (task->request.source != source)
            continue;
        if (task->due_ms <= now_ms)
            return NULL;
        if (first == NULL || task->due_ms < first->due_ms)
            first = task;
    }
    return first;
}

static void wait_of(const struct exchange *exchange, struct lane *lane,
                    const struct source *source, struct exchange_wait *wait)
{
    int64_t now_ms = exchange_now(exchange);
    const struct task *queued = find(lane->queue, source);
    const struct task *again = find(lane->again, source), *next;

    if (queued == NULL && again == NULL)
        return;
    if (lane->rate.paused_until_ms > now_ms) {
        wait->hold = EXCHANGE_ASKED;
        wait->until_ms = lane->rate.paused_until_ms;
        tell_cause(again != NULL ? again : lane->again, wait);
        return;
    }
    if (find(exchange->sent, source) != NULL)
        return;
    next = next_again(lane->again, source, now_ms);
    if (next != NULL &&
        (queued == NULL ||
         lane->begun >= exchange->options.job->limits.concurrency)) {
        wait->hold = EXCHANGE_BACKOFF;
        wait->until_ms = next->due_ms;
        wait->attempt = next->attempts + 1;
        tell_cause(next, wait);
    } else if (lane->rate_ms > now_ms) {
        wait->hold = EXCHANGE_RATE;
        wait->until_ms = lane->rate_ms;
    }
}

void exchange_wait(const struct exchange *exchange,
                   const struct endpoint *endpoint,
                   const struct source *source, struct exchange_wait *wait)
{
    *wait = (struct exchange_wait){0};
    for (size_t i = 0; i < exchange->lane_count; i++) {
        if (exchange->lanes[i].endpoint == endpoint)
            wait_of(exchange, &exchange->lanes[i], source, wait);
    }
}
