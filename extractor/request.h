/*
 * request: path, query and body of one request, from a source definition.
 *
 * Fills {organisation} {directory} {site} {from} {to} {account} as template.h
 * says and adds paging and batch parameters, percent-encoded too. A cursor of a
 * source with "only_cursor" leaves out every other parameter. Paging "in" the
 * body adds its parameters there as members: the cursor as text, index and
 * size as numbers. Pure.
 */
#ifndef ROLLCALL_REQUEST_H
#define ROLLCALL_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "error.h"
#include "job.h"
#include "json.h"
#include "pager.h"
#include "source.h"
#include "template.h"

enum {
    REQUEST_BYTES_MAX = 8000,                /* of one path and query */
    REQUEST_BODY_MAX = 4 * TEMPLATE_BODY_MAX /* bytes, filled */
};

struct request_window {
    int64_t from, to; /* [from, to) */
};

struct request_parts {
    const struct request_window *window; /* NULL: the source has none */
    const char *account;                 /* id; NULL: no {account} */
    const struct page_ask *page;         /* NULL: no paging parameters */
    const char *const *batch;            /* names of a lookup, or NULL */
    size_t batch_count;
};

/* Appends to out. ERROR_CONFIG when the endpoint lacks a placeholder's value
 * or the text would pass the buffer's ceiling. */
int request_path(const struct source *source, const struct endpoint *endpoint,
                 const struct request_parts *parts, struct buf *out,
                 struct error *err);

/* The same for the body; nothing is appended when the source has none. */
int request_body(const struct source *source, const struct endpoint *endpoint,
                 const struct request_parts *parts, struct buf *out,
                 struct error *err);

/* The name of a placeholder the request has and the endpoint no value for;
 * NULL: none. */
const char *request_lacks(const struct source *source,
                          const struct endpoint *endpoint);

/* The list of actions of a source; it must have one. */
int request_actions_path(const struct source *source,
                         const struct endpoint *endpoint, struct buf *out,
                         struct error *err);

/* The probe of a source; it must have one. */
int request_probe_path(const struct source *source,
                       const struct endpoint *endpoint, struct buf *out,
                       struct error *err);

/* The cursor of the page after this answer, appended to out: bare, or inside a
 * URL, of which only the cursor parameter is used, so that a server cannot
 * send us elsewhere; empty: none. ERROR_DATA when it passes the ceiling. */
int request_next_cursor(const struct source *source, const struct json *root,
                        struct buf *out, struct error *err);

/* The decoded value of a parameter of a URL, appended to out. -1: text is no
 * URL ("scheme://" or "/…?") or has no such parameter. */
int request_query_value(const char *text, const char *name, struct buf *out);

#endif
