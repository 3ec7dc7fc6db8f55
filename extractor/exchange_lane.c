#include "exchange_internal.h"

void lanes_init(struct exchange *exchange)
{
    const struct job *job = exchange->options.job;
    int64_t now_ms = exchange_now(exchange);
    size_t i;

    for (i = 0; i < job->endpoint_count; i++) {
        struct lane *lane = &exchange->lanes[i];

        lane->endpoint = &job->endpoints[i];
        lane->queue_end = &lane->queue;
        lane->rate_ms = now_ms;
        rate_init(&lane->rate,
                  exchange->options.replay == NULL ? lane->endpoint->rate_count
                                                   : 0,
                  lane->endpoint->rate_per_ms, now_ms);
    }
    exchange->lane_count = job->endpoint_count;
}

struct lane *lane_of(struct exchange *exchange, const struct endpoint *endpoint)
{
    size_t i;

    for (i = 0; i < exchange->lane_count; i++)
        if (exchange->lanes[i].endpoint == endpoint)
            return &exchange->lanes[i];
    return NULL;
}

void task_queue(struct lane *lane, struct task *task)
{
    *lane->queue_end = task;
    lane->queue_end = &task->next;
}

void task_queue_again(struct lane *lane, struct task *task)
{
    struct task **at = &lane->again;

    while (*at != NULL && (*at)->order < task->order)
        at = &(*at)->next;
    task->next = *at;
    *at = task;
}

/* What points at the next task of a lane, its rate aside; NULL: none. */
static struct task **next_of(struct lane *lane, int concurrency, int64_t now_ms)
{
    struct task **at;

    for (at = &lane->again; *at != NULL; at = &(*at)->next)
        if ((*at)->due_ms <= now_ms)
            return at;
    if (lane->queue != NULL && lane->begun < concurrency)
        return &lane->queue;
    return NULL;
}

static void unlink_task(struct lane *lane, struct task **at)
{
    struct task *task = *at;

    if (at == &lane->queue)
        lane->begun++;
    *at = task->next;
    if (lane->queue == NULL)
        lane->queue_end = &lane->queue;
    task->next = NULL;
}

struct task *lanes_take(struct exchange *exchange, int64_t now_ms)
{
    int concurrency = exchange->options.job->limits.concurrency;

    for (;;) {
        struct lane *first = NULL;
        struct task **at = NULL, *task;
        size_t i;

        for (i = 0; i < exchange->lane_count; i++) {
            struct lane *lane = &exchange->lanes[i];
            struct task **own = next_of(lane, concurrency, now_ms);

            if (own != NULL && lane->rate_ms <= now_ms &&
                (at == NULL || (*own)->order < (*at)->order)) {
                first = lane;
                at = own;
            }
        }
        if (at == NULL)
            return NULL;
        task = *at;
        first->rate_ms = now_ms + rate_take(&first->rate, now_ms);
        if (first->rate_ms <= now_ms) {
            unlink_task(first, at);
            return task;
        }
        if (task->idle_ms < 0)
            task->idle_ms = now_ms;
    }
}

int64_t lanes_wake_ms(const struct exchange *exchange, int64_t now_ms)
{
    int64_t wake_ms = INT64_MAX;
    size_t i;

    for (i = 0; i < exchange->lane_count; i++) {
        const struct lane *lane = &exchange->lanes[i];
        const struct task *task;

        if (lane->rate_ms > now_ms && lane->rate_ms < wake_ms)
            wake_ms = lane->rate_ms;
        for (task = lane->again; task != NULL; task = task->next)
            if (task->due_ms > now_ms && task->due_ms < wake_ms)
                wake_ms = task->due_ms;
    }
    return wake_ms;
}
