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

static void deliver(struct task *task)
{
    struct exchange *exchange = task->exchange;
    struct page *page = task->page;
    const struct exchange_answer answer = {
        .status = 200, .len = page->len, .page = page};

    if (exchange->failed) {
        task_free(task);
    } else if (page->unread.kind != ERROR_NONE) {
        *exchange->err = page->unread;
        exchange->failed = true;
        task_free(task);
    } else {
        task->page = NULL;
        task_done(task, &answer);
        if (!page->kept)
            exchange_page_back(exchange, page);
    }
}

void reading_start(struct task *task)
{
    struct exchange *exchange = task->exchange;
    struct page *page = task->page;
    bool apart = page->len >= PAGE_APART_BYTES;

    page->job = (struct worker_job){
        .run = page_parse,
        .context = page,
        .told = exchange->http != NULL ? wake : NULL,
        .told_context = exchange->http,
    };
    if (apart && exchange->reading_count == READING_MAX)
        reading_wait(exchange);
    worker_submit(apart ? exchange->options.worker : NULL, &page->job);
    if (!apart || exchange->options.worker == NULL) {
        deliver(task);
        return;
    }
    task->next = NULL;
    *exchange->reading_end = task;
    exchange->reading_end = &task->next;
    exchange->reading_count++;
}

static struct task *take_first(struct exchange *exchange)
{
    struct task *task = exchange->reading;

    exchange->reading = task->next;
    if (exchange->reading == NULL)
        exchange->reading_end = &exchange->reading;
    exchange->reading_count--;
    task->next = NULL;
    return task;
}

void reading_wait(struct exchange *exchange)
{
    worker_wait(exchange->options.worker, &exchange->reading->page->job);
    deliver(take_first(exchange));
}

void reading_deliver(struct exchange *exchange)
{
    while (exchange->reading != NULL &&
           worker_finished(exchange->options.worker,
                           &exchange->reading->page->job))
        deliver(take_first(exchange));
}

void reading_drop(struct exchange *exchange)
{
    while (exchange->reading != NULL) {
        worker_wait(exchange->options.worker, &exchange->reading->page->job);
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
