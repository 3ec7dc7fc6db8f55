#include "fake_exchange.h"

#include <stdlib.h>
#include <string.h>

#include "request.h"

enum { ASKED_MAX = 20000, BODY_MAX = 16 * 1024 * 1024 };

struct waiting {
    char *path; /* of the list of all that was asked */
    const int *accept;
    struct exchange_stats *stats;
    bool document;
    const struct json_select *select;
    exchange_done_fn *done;
    void *context;
};

struct exchange {
    fake_answer_fn *answer;
    void *context;
    unsigned random;
    int64_t time_left_ms;
    char *asked[ASKED_MAX];
    size_t asked_count, answered_count;
    struct waiting waiting[ASKED_MAX];
    size_t waiting_count;
};

int exchange_check_stop(const struct exchange *exchange, struct error *err)
{
    (void)exchange, (void)err;
    return 0;
}

void exchange_wait(const struct exchange *exchange,
                   const struct endpoint *endpoint,
                   const struct source *source, struct exchange_wait *wait)
{
    (void)exchange, (void)endpoint, (void)source;
    *wait = (struct exchange_wait){0};
}

struct exchange *fake_exchange_new(fake_answer_fn *answer, void *context,
                                   unsigned seed)
{
    struct exchange *exchange = calloc(1, sizeof(*exchange));

    if (exchange == NULL)
        abort();
    exchange->answer = answer;
    exchange->context = context;
    exchange->random = seed;
    exchange->time_left_ms = INT64_MAX;
    return exchange;
}

struct exchange *exchange_new(const struct exchange_options *options,
                              struct error *err)
{
    (void)options;
    error_set(err, ERROR_BUG, "the fake is made by fake_exchange_new()");
    return NULL;
}

void exchange_free(struct exchange *exchange)
{
    if (exchange == NULL)
        return;
    for (size_t i = 0; i < exchange->asked_count; i++)
        free(exchange->asked[i]);
    free(exchange);
}

int64_t exchange_time_left(const struct exchange *exchange)
{
    return exchange->time_left_ms;
}

void fake_time_left(struct exchange *exchange, int64_t ms)
{
    exchange->time_left_ms = ms;
}

int exchange_submit(struct exchange *exchange,
                    const struct exchange_request *request,
                    exchange_done_fn *done, void *context, struct error *err)
{
    char *path = strdup(request->path_query);

    if (path == NULL || exchange->asked_count == ASKED_MAX) {
        free(path);
        return error_set(err, ERROR_BUG, "more requests than the fake holds");
    }
    exchange->asked[exchange->asked_count++] = path;
    exchange->waiting[exchange->waiting_count++] =
        (struct waiting){path, request->accept, request->stats,
                         request->document, request->select, done, context};
    return 0;
}

static struct waiting take_one(struct exchange *exchange)
{
    size_t at = 0;
    struct waiting taken;

    if (exchange->random != 0) {
        exchange->random = exchange->random * 1103515245u + 12345u;
        at = (exchange->random >> 8) % exchange->waiting_count;
    }
    taken = exchange->waiting[at];
    exchange->waiting_count--;
    memmove(&exchange->waiting[at], &exchange->waiting[at + 1],
            (exchange->waiting_count - at) * sizeof(taken));
    return taken;
}

static bool accepted(const int *accept, int status)
{
    while (accept != NULL && *accept != 0 && *accept != status)
        accept++;
    return status == 200 || (accept != NULL && *accept != 0);
}

void exchange_page_back(struct exchange *exchange, struct page *page)
{
    (void)exchange;
    page_free(page);
}

/* The body as the page that was asked for. */
static int give_page(const struct waiting *one, struct exchange_answer *answer,
                     struct error *err)
{
    struct page *page = page_new();
    int result;

    if (page == NULL || page_room(page, answer->len, err) != 0)
        abort();
    memcpy(page->room, answer->body, answer->len);
    page->select = one->select;
    page_parse(page);
    answer->body = NULL;
    answer->page = page;
    result = one->done(one->context, answer, err);
    if (!page->kept)
        page_free(page);
    return result;
}

static int give(const struct waiting *one, struct exchange_answer *answer,
                struct error *err)
{
    return one->document && answer->status == 200
               ? give_page(one, answer, err)
               : one->done(one->context, answer, err);
}

static int answer_one(struct exchange *exchange, struct error *err)
{
    struct waiting one = take_one(exchange);
    struct exchange_answer answer = {0};
    struct buf body;
    int result;

    buf_init(&body, BODY_MAX);
    answer.status = exchange->answer(exchange->context, one.path,
                                     exchange->answered_count++, &body);
    answer.body = body.data;
    answer.len = body.len;
    if (one.stats != NULL)
        one.stats->requests++;
    if (accepted(one.accept, answer.status))
        result = give(&one, &answer, err);
    else
        result = error_set(err, answer.status == 403 ? ERROR_AUTH : ERROR_DATA,
                           "status %d", answer.status);
    buf_release(&body);
    return result;
}

int exchange_run(struct exchange *exchange, struct error *err)
{
    while (exchange->waiting_count > 0) {
        if (answer_one(exchange, err) != 0)
            return -1;
    }
    return 0;
}

size_t fake_asked(const struct exchange *exchange)
{
    return exchange->asked_count;
}

const char *fake_path(const struct exchange *exchange, size_t index)
{
    if (index >= exchange->asked_count)
        abort();
    return exchange->asked[index];
}

size_t fake_values(const char *path, const char *name,
                   char (*values)[FAKE_VALUE_SIZE])
{
    size_t count = 0;

    for (const char *p = strchr(path, '?'); p != NULL; p = strchr(p, '&')) {
        char url[4 + FAKE_VALUE_SIZE * 3] = "/?";
        struct buf value;
        size_t len = strcspn(++p, "&");

        if (len > FAKE_VALUE_SIZE * 3)
            abort();
        memcpy(url + 2, p, len);
        buf_init(&value, FAKE_VALUE_SIZE - 1);
        if (request_query_value(url, name, &value) == 0) {
            if (values != NULL && count < FAKE_VALUES_MAX)
                memcpy(values[count], value.data, value.len + 1);
            count++;
        }
        buf_release(&value);
    }
    return count;
}

int64_t fake_number(const char *path, const char *name, int64_t otherwise)
{
    static char values[FAKE_VALUES_MAX][FAKE_VALUE_SIZE];

    if (fake_values(path, name, values) == 0)
        return otherwise;
    return strtoll(values[0], NULL, 10);
}
