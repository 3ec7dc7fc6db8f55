#include "exchange_internal.h"

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
    /* No request waits for its turn, so the first one of any lane is next. */
    task = lanes_take(exchange, exchange_now(exchange));
    if (task == NULL)
        return error_set(err, ERROR_BUG, "replay: a request that cannot go");
    request = (struct recorded_request){
        .endpoint = task->request.endpoint->name,
        .source = task->request.source->name,
        .method = task->request.method,
        .path_query = task->request.path_query,
        .body = task->request.body,
    };
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
