/* Bodies become documents beside the loop: while the worker reads one, others
 * come in and the one before is made use of. */
#include "exchange_internal.h"

struct page *reading_page(struct task *task, size_t len, struct error *err)
{
    struct exchange *exchange = task->exchange;
    struct page *page = exchange->pages;

    if (page != NULL)
        exchange->pages = page->next;
    else
        page = page_new();
    if (page == NULL) {
        error_no_memory(err);
        return NULL;
    }
    task->page = page;
    page->select = task->request.select;
    return page_room(page, len, err) == 0 ? page : NULL;
}

void exchange_page_back(struct exchange *exchange, struct page *page)
{
    if (page == NULL)
        return;
    page->next = exchange->pages;
    exchange->pages = page;
}

/* The loop may be waiting for the network just then. */
static void wake(void *context)
{
    http_wake(context);
}

static void count_bytes(const struct task *task)
{
    /* A replay counts what it gives when it does. */
    if (task->exchange->options.replay == NULL && task->request.stats != NULL)
        task->request.stats->body_bytes += task->page->len;
}

/* As if its connection had broken. */
static void ask_again(struct task *task)
{
    struct http_reply reply = {.body.data = (char[]){""}};

    reply_flaw(&reply, task->flaw, task->body_size);
    exchange_page_back(task->exchange, task->page);
    task->page = NULL;
    exchange_spoilt(task, &reply);
}

static void give(struct task *task)
{
    struct exchange *exchange = task->exchange;
    struct page *page = task->page;
    const struct exchange_answer answer = {
        .status = 200, .len = page->len, .page = page};

    count_bytes(task);
    task->page = NULL;
    task_done(task, &answer);
    if (!page->kept)
        exchange_page_back(exchange, page);
}

static void deliver(struct task *task)
{
    struct exchange *exchange = task->exchange;

    if (exchange->failed) {
        task_free(task);
    } else if (task->page->unread.kind != ERROR_NONE) {
        *exchange->err = task->page->unread;
        exchange->failed = true;
        task_free(task);
    } else if (task->flaw != BODY_SOUND) {
        ask_again(task);
    } else {
        give(task);
    }
}

/* Room for a body is taken when it is unpacked and not before: packed it is a
 * tenth. */
static bool prepare(struct task *task)
{
    struct exchange *exchange = task->exchange;

    if (task->page == NULL) {
        if (reading_page(task, task->body_size, exchange->err) == NULL) {
            exchange->failed = true;
            return false;
        }
        task->page->fill = body_fill;
        task->page->fill_context = task;
    }
    task->page->job = (struct worker_job){
        .run = page_parse,
        .context = task->page,
        .told = exchange->http != NULL ? wake : NULL,
        .told_context = exchange->http,
    };
    return true;
}

static void hand_over(struct exchange *exchange)
{
    while (exchange->unread != NULL && exchange->at_worker < READING_MAX &&
           !exchange->failed && prepare(exchange->unread)) {
        worker_submit(exchange->options.worker, &exchange->unread->page->job);
        exchange->unread = exchange->unread->next;
        exchange->at_worker++;
    }
}

void reading_start(struct task *task)
{
    struct exchange *exchange = task->exchange;
    size_t size = task->page != NULL ? task->page->len : task->body_size;

    if (size < PAGE_APART_BYTES || exchange->options.worker == NULL) {
        if (!prepare(task)) {
            task_free(task);
            return;
        }
        worker_submit(NULL, &task->page->job);
        deliver(task);
        return;
    }
    task->next = NULL;
    *exchange->reading_end = task;
    exchange->reading_end = &task->next;
    exchange->reading_count++;
    if (exchange->unread == NULL)
        exchange->unread = task;
    hand_over(exchange);
}

static struct task *take_first(struct exchange *exchange)
{
    struct task *task = exchange->reading;

    if (exchange->unread == task)
        exchange->unread = task->next;
    else
        exchange->at_worker--;
    exchange->reading = task->next;
    if (exchange->reading == NULL)
        exchange->reading_end = &exchange->reading;
    exchange->reading_count--;
    task->next = NULL;
    return task;
}

static void deliver_first(struct exchange *exchange)
{
    struct task *task = take_first(exchange);

    hand_over(exchange);
    deliver(task);
}

void reading_wait(struct exchange *exchange)
{
    if (exchange->at_worker == 0)
        return; /* memory is out */
    worker_wait(exchange->options.worker, &exchange->reading->page->job);
    deliver_first(exchange);
}

bool reading_ready(const struct exchange *exchange)
{
    return exchange->at_worker > 0 &&
           worker_finished(exchange->options.worker,
                           &exchange->reading->page->job);
}

void reading_deliver(struct exchange *exchange)
{
    if (reading_ready(exchange))
        deliver_first(exchange);
}

void reading_drop(struct exchange *exchange)
{
    while (exchange->reading != NULL) {
        if (exchange->at_worker > 0)
            worker_wait(exchange->options.worker,
                        &exchange->reading->page->job);
        task_free(take_first(exchange));
    }
}

void reading_release(struct exchange *exchange)
{
    while (exchange->pages != NULL) {
        struct page *page = exchange->pages;

        exchange->pages = page->next;
        page_free(page);
    }
}
