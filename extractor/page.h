/*
 * page: the body of an answer on its way to a document.
 *
 * Calling order: page_new(); then, as often as wanted, page_room(), len bytes
 * at `room` or a `fill` that will put them there, and page_parse(), which
 * touches the page alone and so can be a worker's job; page_free(). Memory is
 * kept from one text to the next.
 */
#ifndef ROLLCALL_PAGE_H
#define ROLLCALL_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "json.h"
#include "worker.h"

/* Below this many bytes handing a page to another thread costs more than
 * reading it. */
enum { PAGE_APART_BYTES = 32 * 1024 };

/* Puts len bytes at room. Returns 0 or -1. */
typedef int page_fill_fn(void *context, char *room, size_t len,
                         struct error *err);

struct page {
    struct json_doc doc;  /* good when problem is empty */
    struct error problem; /* why it is no JSON */
    struct error unread;  /* why it could not be filled */
    const struct json_select *select; /* NULL: everything is read */
    bool kept; /* by whoever it was given to: it is to come back */

    char *room;
    size_t len;
    page_fill_fn *fill; /* NULL: the text is there */
    void *fill_context;
    struct worker_job job;
    struct page *next;
};

struct page *page_new(void); /* NULL when memory is out */
void page_free(struct page *page);

/* Forgets the text before. Returns 0, or -1 when memory is out. */
int page_room(struct page *page, size_t len, struct error *err);

/* context: the page. Fills it where that is still to be done. */
void page_parse(void *context);

#endif
