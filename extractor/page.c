#include "page.h"

#include <stdlib.h>
#include <string.h>

struct page *page_new(void)
{
    return calloc(1, sizeof(struct page));
}

void page_free(struct page *page)
{
    if (page == NULL)
        return;
    json_free(&page->doc);
    free(page);
}

int page_room(struct page *page, size_t len, struct error *err)
{
    memset(&page->problem, 0, sizeof(page->problem));
    memset(&page->unread, 0, sizeof(page->unread));
    page->kept = false;
    page->fill = NULL;
    page->len = len;
    page->room = json_room(&page->doc, len);
    return page->room != NULL ? 0 : error_no_memory(err);
}

void page_parse(void *context)
{
    struct page *page = context;

    if (page->fill == NULL || page->fill(page->fill_context, page->room,
                                         page->len, &page->unread) == 0)
        json_parse_room(&page->doc, page->select, "answer", ERROR_DATA,
                        &page->problem);
}
