/*
 * pager: which page to ask for next, and whether a list was read whole. Pure.
 *
 * Offset paging. A server may cap pages below what was asked, drop rows after
 * cutting a window, and shift rows when an account is deleted between two
 * requests. So a page is not trusted by its length: it must repeat some of the
 * last `overlap` ids of the page before it (the anchors), in their order and
 * one after another, at its beginning or at least half of them. If it does,
 * nothing lies between them. If it does not, the pager steps back to the last
 * row it really saw; if that does not join either, or a new row stands
 * among those that were read, the list moved: the walk ends, and the caller
 * reads the list once more.
 * Only an empty page right behind the last row seen ends the list, and
 * past_end more windows are looked at in case a whole window was dropped.
 * Pages may be asked ahead: a page that is full, or nearly so because rows were
 * dropped from its window, is expected to be followed by one that begins
 * `overlap` rows before the window's end; as many as were taken, twice, so that
 * a short list costs few requests past its end. A guess that fails is thrown
 * away, and only full pages are trusted from then on.
 *
 * With overlap 0 (a newest-first log whose upper bound is frozen, where rows
 * only shift to later offsets) every page counts.
 *
 * Cursor paging asks one page after another; a cursor seen before is an error;
 * no items or no cursor ends it. Single: one page.
 *
 * Calling order: pager_init(); then pager_ask() as long as it answers true;
 * when a page has come, pager_accepts() tells in which order to take pages:
 * only the one it is waiting for, others wait or are stale; pager_fits() judges
 * it; if it fits, the caller takes its items, tells which of them had been read
 * before (pager_known), and calls pager_took(). It ends when `done` is set;
 * pager_release().
 */
#ifndef ROLLCALL_PAGER_H
#define ROLLCALL_PAGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "error.h"
#include "source.h"

enum { PAGER_SIZE_MIN = 10 }; /* halving stops here */

struct page_ask {
    int64_t start;       /* offset paging */
    int64_t size;
    const char *cursor;  /* cursor paging; NULL for the first page */
    unsigned generation; /* a page of an older generation is stale */
};

enum pager_order { PAGER_NOW, PAGER_LATER, PAGER_STALE };

struct pager {
    const struct paging *rules;
    int64_t size;            /* asked for now */
    int64_t expect;          /* start of the page to take next */
    int64_t planned;         /* start of the next page to ask ahead */
    unsigned generation;
    size_t asked;            /* pages asked and not yet taken or stale */
    bool ahead;              /* asking ahead is worth it */
    bool wary;               /* a guess after a page that was not full failed */
    bool done;
    bool moved;              /* the list changed under the walk */
    size_t taken;            /* pages that fitted and were not empty */
    int64_t rows;            /* of the last of these */
    int64_t end;             /* its start + its rows */
    int64_t back;            /* rows the present page overlaps with that */
    int64_t newest_end;      /* of the last window with a new row */
    int64_t largest;         /* rows of the longest page */
    bool tail;               /* the last page was short and brought nothing
                                new */
    int64_t beyond;          /* windows looked at past the end so far */
    struct arena arena;      /* anchors, cursor */
    const char **anchors;
    size_t anchor_count;
    char *cursor;
    struct strmap *cursors;  /* seen */
};

int pager_init(struct pager *pager, const struct paging *rules,
               struct error *err);
void pager_release(struct pager *pager);

/* The next page to ask for, at most `most` under way at once; false: none. */
bool pager_ask(struct pager *pager, size_t most, struct page_ask *ask);

enum pager_order pager_accepts(const struct pager *pager,
                               const struct page_ask *ask);

/* The page to take now has these ids (NULL where a row has none). False: it
 * does not join what was read; the pager has stepped back and made every page
 * under way stale. */
bool pager_fits(struct pager *pager, const char *const *ids, size_t count);

/* A row of a fitting page that had been read before; fresh: new rows in front
 * of it. Where the page before it ended, no new row can stand among the known
 * ones unless the order of the list is not what it was: then it moved. */
void pager_known(struct pager *pager, const char *id, size_t fresh);

/* After the rows of a fitting page were taken: how many were new, and the
 * next cursor the answer holds (cursor paging; NULL: none). Returns 0, or -1
 * with *err set when paging does not advance. */
int pager_took(struct pager *pager, const char *const *ids, size_t count,
               size_t fresh, const char *next_cursor, struct error *err);

/* The page to take now was unusable: it is asked for again, alone. */
void pager_again(struct pager *pager);

/* The server could not give a page of this size. Returns false when it cannot
 * be made smaller. */
bool pager_halve(struct pager *pager);

#endif
