/* A list and how it is served: sizes, then a byte for each request that may
 * delete an account. A walk ends; and when it says that the list held still,
 * every account that is still there was taken. */
#include "fuzz.h"
#include "pager.h"

enum { ROWS_MAX = 600, QUEUE_MAX = 4, REQUESTS_MAX = 5000 };

struct list {
    int rows[ROWS_MAX]; /* account numbers, in the order of the list */
    size_t count;
    bool gone[ROWS_MAX], taken[ROWS_MAX];
    int64_t cap;
};

static char names[ROWS_MAX][12]; /* by account number */

struct page {
    struct page_ask ask;
    const char *ids[ROWS_MAX];
    size_t count;
};

struct input {
    const uint8_t *data;
    size_t size;
};

static void delete_some(struct list *list, struct input *in)
{
    unsigned what = fuzz_byte(&in->data, &in->size);
    size_t at, many;

    if (what < 128 || list->count == 0)
        return;
    at = fuzz_byte(&in->data, &in->size) * list->count / 256;
    for (many = what & 31; many > 0 && at < list->count; many--) {
        list->gone[list->rows[at]] = true;
        memmove(&list->rows[at], &list->rows[at + 1],
                (list->count - at - 1) * sizeof(list->rows[0]));
        list->count--;
    }
}

static void serve(struct list *list, struct page *page, struct input *in)
{
    int64_t size = page->ask.size < list->cap ? page->ask.size : list->cap;

    page->count = 0;
    for (int64_t i = page->ask.start;
         i < page->ask.start + size && i < (int64_t)list->count; i++)
        page->ids[page->count++] = names[list->rows[i]];
    delete_some(list, in);
}

static int take(struct pager *pager, struct list *list, const struct page *page,
                struct error *err)
{
    size_t fresh = 0;

    if (!pager_fits(pager, page->ids, page->count))
        return 0;
    for (size_t i = 0; i < page->count; i++) {
        int number = atoi(page->ids[i]);

        if (list->taken[number]) {
            pager_known(pager, page->ids[i], fresh);
            continue;
        }
        list->taken[number] = true;
        fresh++;
    }
    return pager_took(pager, page->ids, page->count, fresh, NULL, err);
}

/* True when the list is said to have held still. */
static bool walk(struct pager *pager, struct list *list, size_t most,
                 struct input *in, struct error *err)
{
    static struct page queue[QUEUE_MAX];
    size_t queued = 0, requests = 0;

    while (!pager->done) {
        bool progress = false;

        while (queued < QUEUE_MAX &&
               pager_ask(pager, most, &queue[queued].ask)) {
            serve(list, &queue[queued++], in);
            require(++requests < REQUESTS_MAX);
        }
        for (size_t i = 0; i < queued && !progress; i++) {
            static struct page page;
            enum pager_order order = pager_accepts(pager, &queue[i].ask);

            if (order == PAGER_LATER)
                continue;
            page = queue[i];
            queue[i] = queue[--queued];
            progress = true;
            if (order == PAGER_NOW && take(pager, list, &page, err) != 0)
                return false;
        }
        require(progress);
    }
    return !pager->moved;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct paging rules = {.style = PAGING_OFFSET,
                           .offset_parameter = "startAt",
                           .limit_parameter = "maxResults",
                           .past_end = 1};
    struct input in = {data, size};
    static struct list list;
    struct error err = {0};
    struct pager pager;
    size_t most;

    memset(&list, 0, sizeof(list));
    list.count = fuzz_byte(&in.data, &in.size) * 2;
    rules.size = 10 + fuzz_byte(&in.data, &in.size) % 100;
    rules.overlap = 2 + fuzz_byte(&in.data, &in.size) % 30;
    list.cap = 5 + fuzz_byte(&in.data, &in.size) % 100;
    most = 1 + fuzz_byte(&in.data, &in.size) % QUEUE_MAX;
    for (int i = 0; i < ROWS_MAX; i++) {
        list.rows[i] = i;
        if (names[i][0] == '\0')
            snprintf(names[i], sizeof(names[i]), "%d", i);
    }
    require(pager_init(&pager, &rules, &err) == 0);
    if (walk(&pager, &list, most, &in, &err)) {
        for (size_t i = 0; i < list.count; i++)
            require(list.taken[list.rows[i]]);
    }
    pager_release(&pager);
    return 0;
}
