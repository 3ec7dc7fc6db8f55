/*
 * walk_parts: what walk.c (pages) and walk_items.c (the items of one page)
 * share. Private to walk*.c.
 */
#ifndef ROLLCALL_WALK_PARTS_H
#define ROLLCALL_WALK_PARTS_H

#include "json.h"
#include "pager.h"
#include "recent.h"
#include "walk.h"

/* Ids of this many pages are remembered to leave out a log's duplicates. */
enum { WALK_RECENT_PAGES = 3 };

enum { WALK_ACCEPT_MAX = 8, HTTP_OK = 200, HTTP_FORBIDDEN = 403 };

/* A page under way, or one that came before its turn. */
struct slot {
    struct walk *walk;
    struct slot *next;
    struct page_ask ask;
    struct page *page; /* NULL: under way */
};

struct walk {
    struct walk_options options;
    struct walk_target target;
    struct request_window window;
    struct pager pager;
    struct recent recent;
    struct event event; /* of the item at hand: large, so kept here */
    struct slot *slots;
    int accept[WALK_ACCEPT_MAX + 1]; /* statuses we deal with; ended by 0 */
    int accept_first[WALK_ACCEPT_MAX + 1 + SOURCE_FALLBACK_STATUSES];
    bool answered;      /* a request was; no fallback any more */
    int refused;        /* status for which the fallback is read; 0: none */
    int bad_bodies;     /* in a row */
    bool no_access;
    bool announced;     /* its end is in the log */
    const char *row_of; /* the file that is read; NULL: a list */
    bool told;          /* of its end, who wants to know */
    const char **ids;   /* of the page at hand */
    size_t id_capacity;
};

/* The ids of a page's items into walk->ids, NULL where an item has none. */
int walk_collect_ids(struct walk *walk, const struct json *items,
                     size_t *count, struct error *err);

/* Gives the items of a page that fits to the target; *fresh counts those that
 * this walk had not given before. walk->ids must be this page's. */
int walk_take_items(struct walk *walk, const struct json *items,
                    const struct page_ask *ask, size_t *fresh,
                    struct error *err);

/* The same for a row of a file, which has no page and no order. */
int walk_take_row(struct walk *walk, const struct json *item, uint64_t number,
                  struct error *err);

#endif
