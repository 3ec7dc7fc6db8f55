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
static int next_task(struct exchange *exchange, struct task **next,
                     struct error *err)
{
    struct task *task;

    *next = NULL;
    while ((task = lanes_take(exchange, exchange_now(exchange))) != NULL) {
        struct recorded_request request = recorded_of(task);
        int has = recording_has(exchange->options.replay, &request, err);

        if (has > 0) {
            *next = task;
            return 0;
        }
        task->next = exchange->sent;
        exchange->sent = task;
        if (has < 0)
            return -1;
    }
    return 0;
}

static struct task *take_waiting(struct exchange *exchange)
{
    struct task *task = exchange->sent;

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

/* Fills a page, in the worker. */
static int fill(void *context, char *room, size_t len, struct error *err)
{
    const struct task *task = context;

    (void)len;
    return recording_body(&task->recorded, room, err);
}

static int start_page(struct task *task, struct error *err)
{
    struct page *page = reading_page(task, task->recorded.bytes, err);

    if (page == NULL) {
        task_free(task);
        return -1;
    }
    task->lane->begun--;
    page->fill = fill;
    page->fill_context = task;
    reading_start(task);
    return 0;
}

static int give_body(struct task *task, struct error *err)
{
    const struct recorded_answer *recorded = &task->recorded;
    struct buf *body = &task->exchange->replayed;
    struct exchange_answer answer = {.status = recorded->status,
                                     .len = recorded->bytes};

    buf_reset(body);
    if (buf_room(body, recorded->bytes) == NULL)
        error_no_memory(err);
    else if (recording_body(recorded, body->data, err) == 0) {
        answer.body = body->data;
        task->lane->begun--;
        task_done(task, &answer);
        return 0;
    }
    task_free(task);
    return -1;
}

static int answer(struct task *task, struct error *err)
{
    const struct recorded_request request = recorded_of(task);

    if (recording_next(task->exchange->options.replay, &request,
                       &task->recorded, err) != 0) {
        task_free(task);
        return -1;
    }
    count(task, task->recorded.bytes);
    return task->request.document && task->recorded.status == 200
               ? start_page(task, err)
               : give_body(task, err);
}

int exchange_replay(struct exchange *exchange, struct error *err)
{
    struct task *task = NULL;

    if (exchange_check_end(exchange, err) != 0)
        return -1;
    if (exchange->reading_count < READING_MAX &&
        next_task(exchange, &task, err) != 0)
        return -1;
    if (task == NULL && exchange->reading != NULL) {
        reading_wait(exchange);
        return exchange->failed ? -1 : 0;
    }
    if (task == NULL)
        task = take_waiting(exchange);
    if (task == NULL)
        return error_set(err, ERROR_BUG, "replay: a request that cannot go");
    if (answer(task, err) != 0)
        return -1;
    return exchange->failed ? -1 : 0;
}
