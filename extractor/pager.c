#include "pager.h"

#include <stdlib.h>
#include <string.h>

#include "strmap.h"

int pager_init(struct pager *pager, const struct paging *rules,
               struct error *err)
{
    *pager = (struct pager){.rules = rules, .size = rules->size};
    arena_init(&pager->arena);
    pager->expect = rules->first;
    pager->planned = rules->first;
    pager->end = rules->first;
    pager->newest_end = rules->first;
    pager->cursors = calloc(1, sizeof(*pager->cursors));
    return pager->cursors != NULL ? 0 : error_no_memory(err);
}

void pager_release(struct pager *pager)
{
    if (pager->cursors != NULL)
        strmap_release(pager->cursors);
    free(pager->cursors);
    free(pager->anchors);
    arena_release(&pager->arena);
    *pager = (struct pager){0};
}

static int64_t overlap_of(const struct pager *pager, int64_t rows)
{
    int64_t overlap = pager->rules->overlap;

    return overlap < rows / 2 ? overlap : rows / 2;
}

/* Everything under way becomes stale; the next page to take starts here. */
static void restart_at(struct pager *pager, int64_t start)
{
    pager->generation++;
    pager->asked = 0;
    pager->ahead = false;
    pager->expect = start;
    pager->planned = start;
}

bool pager_ask(struct pager *pager, size_t most, struct page_ask *ask)
{
    if (pager->done || pager->asked >= most)
        return false;
    if (pager->asked > 0 && (!pager->ahead || pager->asked >= 2 * pager->taken))
        return false;
    *ask = (struct page_ask){.start = pager->planned,
                             .size = pager->size,
                             .cursor = pager->cursor,
                             .generation = pager->generation};
    pager->asked++;
    if (pager->rules->style == PAGING_OFFSET)
        pager->planned += pager->size - overlap_of(pager, pager->size);
    return true;
}

enum pager_order pager_accepts(const struct pager *pager,
                               const struct page_ask *ask)
{
    if (pager->done || ask->generation != pager->generation)
        return PAGER_STALE;
    if (pager->rules->style != PAGING_OFFSET || ask->start == pager->expect)
        return PAGER_NOW;
    return PAGER_LATER;
}

/* The newest anchor is 0; anchor_count: none. */
static size_t find_anchor(const struct pager *pager, const char *id)
{
    size_t i = 0;

    while (i < pager->anchor_count &&
           (id == NULL || strcmp(id, pager->anchors[i]) != 0))
        i++;
    return i;
}

/* Whether the page goes on where the one before it ended: it shows anchors in
 * their order and one after another, though some may be gone, and begins with
 * one, or shows half of them. One that merely turns up somewhere proves
 * nothing in a list without order. */
static bool joins(const struct pager *pager, const char *const *ids,
                  size_t count)
{
    size_t last = pager->anchor_count, shown = 0, before = 0;
    bool ended = false;

    for (size_t i = 0; i < count; i++) {
        size_t found = find_anchor(pager, ids[i]);

        if (ids[i] == NULL)
            continue;
        if (found == pager->anchor_count) {
            before += shown == 0;
            ended = shown > 0;
            continue;
        }
        if (ended || found >= last)
            return false;
        last = found;
        shown++;
    }
    return shown > 0 && (before == 0 || 2 * shown >= pager->anchor_count);
}

/* Reading on would prove nothing: the walk ends, and the caller starts anew. */
static void disordered(struct pager *pager)
{
    pager->moved = true;
    pager->done = true;
}

void pager_known(struct pager *pager, const char *id, size_t fresh)
{
    if (fresh > 0 && find_anchor(pager, id) < pager->anchor_count)
        disordered(pager);
}

/* Whether the page to take now is right without an anchor. */
static bool joins_anyway(const struct pager *pager, size_t count)
{
    if (pager->rules->style != PAGING_OFFSET || pager->anchor_count == 0)
        return true;
    if (pager->beyond > 0)
        return true;
    /* It begins where a page without news ended. As many rows as that one had
     * may come from behind its window, and none of those can have slipped past
     * when most of that window held no row. */
    if (pager->tail)
        return count == 0 || ((int64_t)count <= pager->rows &&
                              pager->rows <= pager->largest / 2);
    return pager->back == 0;
}

bool pager_fits(struct pager *pager, const char *const *ids, size_t count)
{
    int64_t start = pager->end - pager->back;

    if (joins_anyway(pager, count) || joins(pager, ids, count))
        return true;
    /* A guess ran ahead of the last row really seen; or more rows went than
     * pages overlap. */
    if (start < pager->expect) {
        pager->wary = pager->rows < pager->size;
        restart_at(pager, start);
    } else {
        disordered(pager);
    }
    return false;
}

static bool among(const char *const *texts, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++) {
        if (texts[i] != NULL && strcmp(texts[i], text) == 0)
            return true;
    }
    return false;
}

/* Keeps the last ids as anchors; a page with fewer adds to the older ones. */
static int keep_anchors(struct pager *pager, const char *const *ids,
                        size_t count, struct error *err)
{
    size_t most = (size_t)pager->rules->overlap, found = 0;
    struct arena old = pager->arena;
    const char **kept;

    if (most == 0)
        return 0;
    kept = calloc(most, sizeof(*kept));
    if (kept == NULL)
        return error_no_memory(err);
    arena_init(&pager->arena);
    for (size_t i = count; i-- > 0 && found < most;) {
        if (ids[i] != NULL)
            kept[found++] = arena_strdup(&pager->arena, ids[i]);
    }
    for (size_t i = 0; i < pager->anchor_count && found < most; i++) {
        if (!among(kept, found, pager->anchors[i]))
            kept[found++] = arena_strdup(&pager->arena, pager->anchors[i]);
    }
    free(pager->anchors);
    arena_release(&old);
    pager->anchors = kept;
    pager->anchor_count = found;
    for (size_t i = 0; i < found; i++) {
        if (kept[i] == NULL)
            return error_no_memory(err);
    }
    return 0;
}

/* An empty page: the end, once the windows past it are empty as well. */
static void took_nothing(struct pager *pager)
{
    if (pager->beyond >= pager->rules->past_end) {
        pager->done = true;
        return;
    }
    pager->beyond++;
    restart_at(pager, pager->expect + pager->size);
}

/* A window that begins behind the whole window that last had a new row shares
 * no row with it, unless the server does not look at the offset at all. Rows
 * that shifted meanwhile may make one short page of old ones. */
static int check_progress(const struct pager *pager, int64_t rows,
                          size_t fresh, struct error *err)
{
    if (fresh > 0 || pager->expect < pager->newest_end)
        return 0;
    if (rows < pager->largest && !pager->tail)
        return 0;
    error_set(err, ERROR_DATA, "paging does not advance: the rows at index "
              "%lld came before", (long long)pager->expect);
    return error_hint(err, "check the paging parameters \"%s\" and \"%s\" of "
                      "the source definition",
                      pager->rules->offset_parameter,
                      pager->rules->limit_parameter != NULL
                          ? pager->rules->limit_parameter
                          : "");
}

/* Rows to read again, so that the next page can show that it joins: at least
 * one with an id, which placeholders have not. None, where that would be more
 * than half of the page. */
static int64_t back_of(const struct pager *pager, const char *const *ids,
                       size_t count)
{
    int64_t back = overlap_of(pager, (int64_t)count), last = (int64_t)count;

    while (last > 0 && ids[last - 1] == NULL)
        last--;
    last = (int64_t)count - last + 1;
    if (back == 0 || last > (int64_t)count / 2)
        return 0;
    return back > last ? back : last;
}

/* Jira leaves out rows of a window that it may not show. Where pages do not
 * overlap nothing could tell that from a cap. */
static bool fills_window(const struct pager *pager, int64_t rows)
{
    int64_t missing = pager->size - rows;

    return missing == 0 || (missing <= pager->size / 8 && !pager->wary &&
                            pager->rules->overlap > 0);
}

/* Where the page after this one begins, and whether more may be guessed. */
static void plan_next(struct pager *pager, int64_t start, int64_t rows)
{
    bool full = fills_window(pager, rows);
    bool guess = (full || pager->asked > 0) &&
                 pager->back <= overlap_of(pager, pager->size);

    if (pager->tail || !guess) {
        restart_at(pager, pager->end - pager->back);
        return;
    }
    pager->ahead = full; /* else those under way may be the last */
    pager->expect = start + pager->size - overlap_of(pager, pager->size);
    if (pager->asked == 0)
        pager->planned = pager->expect;
}

/* The second page is as short as the first: that is the server's cap. */
static void learn_cap(struct pager *pager, int64_t start, int64_t rows,
                      size_t fresh)
{
    if (pager->taken++ != 1 || rows >= pager->size || rows != pager->rows ||
        fresh == 0)
        return;
    pager->size = rows;
    restart_at(pager, start);
}

static int took_offset(struct pager *pager, const char *const *ids,
                       size_t count, size_t fresh, struct error *err)
{
    int64_t rows = (int64_t)count, start = pager->expect;

    pager->asked -= pager->asked > 0;
    if (count == 0) {
        took_nothing(pager);
        return 0;
    }
    if (check_progress(pager, rows, fresh, err) != 0 ||
        keep_anchors(pager, ids, count, err) != 0)
        return -1;
    if (fresh > 0 && start + pager->size > pager->newest_end)
        pager->newest_end = start + pager->size;
    learn_cap(pager, start, rows, fresh);
    pager->beyond = 0;
    if (rows > pager->largest)
        pager->largest = rows;
    pager->tail = fresh == 0 && rows < pager->largest;
    pager->rows = rows;
    pager->end = start + rows;
    pager->back = pager->tail ? 0 : back_of(pager, ids, count);
    plan_next(pager, start, rows);
    return 0;
}

static int took_cursor(struct pager *pager, size_t count, const char *next,
                       struct error *err)
{
    pager->asked = 0;
    if (count == 0 || next == NULL || *next == '\0') {
        pager->done = true;
        return 0;
    }
    if (strmap_get(pager->cursors, next) != NULL) {
        error_set(err, ERROR_DATA, "paging does not advance: a cursor came "
                  "a second time");
        return error_hint(err, "run again; if it stays, check the paging of "
                          "the source definition");
    }
    pager->cursor = arena_strdup(&pager->arena, next);
    if (pager->cursor == NULL ||
        strmap_put(pager->cursors, pager->cursor, pager->cursor) != 0)
        return error_no_memory(err);
    return 0;
}

int pager_took(struct pager *pager, const char *const *ids, size_t count,
               size_t fresh, const char *next_cursor, struct error *err)
{
    switch (pager->rules->style) {
    case PAGING_OFFSET:
        return took_offset(pager, ids, count, fresh, err);
    case PAGING_CURSOR:
        return took_cursor(pager, count, next_cursor, err);
    case PAGING_SINGLE:
        pager->done = true;
        return 0;
    }
    return 0;
}

void pager_again(struct pager *pager)
{
    restart_at(pager, pager->expect);
}

bool pager_halve(struct pager *pager)
{
    if (pager->size <= PAGER_SIZE_MIN)
        return false;
    pager->size /= 2;
    if (pager->size < PAGER_SIZE_MIN)
        pager->size = PAGER_SIZE_MIN;
    restart_at(pager, pager->expect);
    return true;
}
