#include "exchange_internal.h"

static struct recorded_request recorded_of(const struct task *task)
{
    return (struct recorded_request){
        .endpoint = task->request.endpoint->name,
        .source = task->request.source->name,
        .method = task->request.method,
        .path_query = task->request.path_query,
        .body = task->request.body,
    };
}

/* No request waits for its turn, so the first one of any lane is next. Of a
 * run that failed some requests were under way and have no answer; they wait
 * like then, so that the replay comes to what ended the run. */
static struct task *next_task(struct exchange *exchange)
{
    struct task *task;

    while ((task = lanes_take(exchange, exchange_now(exchange))) != NULL) {
        struct recorded_request request = recorded_of(task);

        if (recording_has(exchange->options.replay, &request))
            return task;
        task->next = exchange->sent;
        exchange->sent = task;
    }
    task = exchange->sent;
    if (task != NULL)
        exchange->sent = task->next;
    return task;
}

static void count(const struct task *task, size_t bytes)
{
    struct exchange_stats *stats = task->request.stats;

    if (stats == NULL)
        return;
    stats->requests++;
    stats->body_bytes += bytes;
}

int exchange_replay(struct exchange *exchange, struct error *err)
{
    struct buf *body = &exchange->replayed;
    struct exchange_answer answer;
    struct recorded_request request;
    struct task *task;

    if (exchange_check_end(exchange, err) != 0)
        return -1;
    task = next_task(exchange);
    if (task == NULL)
        return error_set(err, ERROR_BUG, "replay: a request that cannot go");
    request = recorded_of(task);
    buf_reset(body);
    if (recording_get(exchange->options.replay, &request, &answer.status, body,
                      err) != 0) {
        task_free(task);
        return -1;
    }
    count(task, body->len);
    answer.body = body->data;
    answer.len = body->len;
    exchange_deliver(task, &answer);
    return exchange->failed ? -1 : 0;
}
