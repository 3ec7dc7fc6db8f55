/*
 * http_internal: what the http_*.c files share. Nobody else includes it.
 *
 * A transfer is one easy handle with its request and reply. http.c keeps them
 * in two lists: running, and idle ones that were reset and may be used again.
 * transfer_prepare() sets every option from nothing; the handle is reset after
 * use, so that no option and no credential stays in an idle one.
 */
#ifndef ROLLCALL_HTTP_INTERNAL_H
#define ROLLCALL_HTTP_INTERNAL_H

#include <stddef.h>

#include "http.h"

enum { HTTP_ERROR_TEXT_MAX = 256 }; /* CURL_ERROR_SIZE */

struct curl_slist;

struct transfer {
    struct transfer *next;
    struct transfer **link; /* what points at this one, while running */
    void *easy;             /* CURL */
    struct curl_slist *headers;
    const struct http_limits *limits;
    http_done_fn *done;
    void *context;
    struct http_upload upload;
    uint64_t sent;       /* bytes of it */
    http_take_fn *take;  /* instead of the reply's body */
    void *take_context;
    bool is_sftp;
    bool packed;         /* the body is kept as it comes */
    size_t header_bytes;
    bool headers_full, body_full;
    char error_text[HTTP_ERROR_TEXT_MAX];
    struct http_reply reply;
};

/* http_url.c: http_url_allowed() for a whole request, so a query is fine. Each
 * is 1, 0, or -1 when memory is out. */
int http_request_url_allowed(const char *url);
int http_url_is_loopback(const char *url);

/* http.c: a transfer to prepare; NULL with *err set. Then one of the other
 * two. */
struct transfer *transfer_new(struct http *http, http_done_fn *done,
                              void *context, struct error *err);
int transfer_launch(struct http *http, struct transfer *transfer,
                    struct error *err);
void transfer_put(struct http *http, struct transfer *transfer);

/* http_request.c: what every exchange has, of whatever protocol. */
bool transfer_prepare_any(struct transfer *transfer);
/* The body comes from the file. */
bool transfer_set_upload(struct transfer *transfer,
                         const struct http_upload *upload);

/* http_request.c */
int transfer_prepare(struct transfer *transfer, const char *user_agent,
                     const struct http_request *request, struct error *err);

/* http_reply.c: fills the reply from the handle; result is a CURLcode. */
void transfer_finish(struct transfer *transfer, int result);

#endif
