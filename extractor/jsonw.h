/*
 * jsonw: writing JSON into a buf. Commas, escapes and indentation are its
 * business; the caller opens and closes objects and arrays in pairs.
 *
 * Calling order: jsonw_init(&w, &buf, indent); calls below; test buf_ok().
 * indent 0 writes one line without blanks (JSONL, logs), 2 is for people.
 * In an object pass the member's name; in an array or at the root pass NULL.
 * Text must be valid UTF-8; only `"`, `\` and control characters are escaped.
 * Numbers are written from integers or from their exact source text, never
 * from a double.
 */
#ifndef ROLLCALL_JSONW_H
#define ROLLCALL_JSONW_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

enum { JSONW_DEPTH_MAX = 64 };

struct jsonw {
    struct buf *out;
    int indent;
    int depth;
    bool filled[JSONW_DEPTH_MAX]; /* this level has a member already */
};

void jsonw_init(struct jsonw *w, struct buf *out, int indent);

void jsonw_object(struct jsonw *w, const char *name);
void jsonw_object_end(struct jsonw *w);
void jsonw_array(struct jsonw *w, const char *name);
void jsonw_array_end(struct jsonw *w);

void jsonw_null(struct jsonw *w, const char *name);
void jsonw_bool(struct jsonw *w, const char *name, bool value);
void jsonw_int(struct jsonw *w, const char *name, int64_t value);
void jsonw_number(struct jsonw *w, const char *name, const char *digits);
void jsonw_text(struct jsonw *w, const char *name, const char *text);
void jsonw_text_or_null(struct jsonw *w, const char *name, const char *text);

/* An instant as RFC 3339 UTC text. */
void jsonw_instant(struct jsonw *w, const char *name, int64_t instant);

#endif
