/*
 * html: writing an HTML document, piece by piece, so that no text of the data
 * can become markup or script.
 *
 * Calling order: html_init(); calls below; html_finish(), which tells of the
 * first failure of any of them. Memory: one chunk of HTML_CHUNK bytes.
 *
 * What is passed to html_raw() and html_format() is markup of the program's
 * own; html_format() takes numbers and names of the program, never texts of
 * the data. Those go through html_text(), which fits between tags and into
 * attributes in double quotes, or through html_json(), which gives a JSON
 * string that fits into a script element: neither "</script" nor "<!--" can
 * stand in it (HTML Living Standard, 4.12.1.3). Control characters that HTML
 * does not allow become U+FFFD; in JSON they are escaped.
 */
#ifndef ROLLCALL_HTML_H
#define ROLLCALL_HTML_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

enum { HTML_CHUNK = 32 * 1024 };

/* Takes bytes of the document; 0, or -1 with *err set. */
typedef int html_write_fn(void *context, const void *data, size_t len,
                          struct error *err);

struct html {
    html_write_fn *write;
    void *context;
    struct error *err;
    int result; /* 0, or -1 after a failure: then nothing more is written */
    size_t len;
    char chunk[HTML_CHUNK];
};

void html_init(struct html *h, html_write_fn *write, void *context,
               struct error *err);
int html_finish(struct html *h);

void html_bytes(struct html *h, const char *data, size_t len);
void html_raw(struct html *h, const char *markup);
void html_format(struct html *h, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void html_text(struct html *h, const char *text);
void html_json(struct html *h, const char *text);

/* <TAG>text</TAG>; tag may carry attributes ("td class=\"number\""). */
void html_element(struct html *h, const char *tag, const char *text);

/* "1,234,567", for people. */
enum { HTML_COUNT_MAX = 32 };
const char *html_count_text(uint64_t count, char out[HTML_COUNT_MAX]);
void html_count(struct html *h, uint64_t count);

#endif
