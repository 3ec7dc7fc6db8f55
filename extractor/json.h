/*
 * json: reading JSON text into a tree.
 *
 * Calling order: json_parse() a whole text, or json_room() and
 * json_parse_room() for one page after another; walk it with the accessors;
 * json_free(). Every node and string belongs to the document and dies with it.
 *
 * The text is checked strictly against RFC 8259, and nothing in it is lost
 * silently: numbers keep their exact source text (json_number_text), a lone
 * surrogate, "\u0000" and invalid UTF-8 in strings become U+FFFD and are
 * counted in the document. Trailing text, raw control characters, a byte order
 * mark, nesting deeper than JSON_DEPTH_MAX and more values than
 * JSON_VALUES_MAX are errors that name line and column. With JSON_COMMENTS, //
 * and block comments are white space (job, mapping and source files only).
 *
 * Member names are compared byte for byte. What an object with one name twice
 * means is nobody's to guess (RFC 8259 §4): with JSON_UNIQUE it is an error,
 * without it lookup gives the first. Member lookup and array indexing
 * are linear: walk long arrays with json_first/json_next.
 */
#ifndef ROLLCALL_JSON_H
#define ROLLCALL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "jsonw.h"

enum {
    JSON_DEPTH_MAX = 200,
    JSON_VALUES_MAX = 2 * 1024 * 1024 /* of one text; 24 bytes of memory each */
};

enum json_flags {
    JSON_STRICT = 0,
    JSON_COMMENTS = 1,
    JSON_SECRET = 2, /* json_free() overwrites its strings */
    JSON_UNIQUE = 4  /* an object with one member twice is an error */
};

enum json_type {
    JSON_NULL,
    JSON_BOOLEAN,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

struct json; /* a node; never NULL inside a document */
struct json_scan;
struct json_select;

struct json_doc {
    const struct json *root;
    struct json_scan *scan; /* owned */
};

/* Reads text[0..len). name stands in error texts ("job.json:3:7: …"). The
 * error kind is the caller's choice, e.g. ERROR_CONFIG for a job file and
 * ERROR_DATA for a page. Returns 0 or -1; on -1 the doc needs no json_free. */
int json_parse(struct json_doc *doc, const char *text, size_t len,
               unsigned flags, const char *name, enum error_kind kind,
               struct error *err);
void json_free(struct json_doc *doc);

/* The same for page after page, in memory that is kept from one to the next:
 * into a zeroed document json_room() and len bytes of text there, then
 * json_parse_room(), as often as there are pages; json_free() at the end, and
 * after an error too. Only what is selected becomes nodes (json_select.h;
 * NULL: everything), and of what is selected no object may have a name twice.
 * Errors name the byte instead of line and column, as column of line 1. A
 * document of which nothing is selected still has its
 * root. */
char *json_room(struct json_doc *doc, size_t len);
int json_parse_room(struct json_doc *doc, const struct json_select *select,
                    const char *name, enum error_kind kind, struct error *err);

/* Strings changed so far to be valid UTF-8 without NUL. */
size_t json_repairs(const struct json_doc *doc);

/* -1 when a container that had been selected for later could not be read when
 * it was looked into, and so seemed empty: memory was out, or an object in it
 * has a name twice. Asked before anything of the document is relied on. */
int json_check(const struct json_doc *doc, const char *name,
               enum error_kind kind, struct error *err);

enum json_type json_type(const struct json *node);
const char *json_type_name(enum json_type type); /* "string", "object", … */

/* NULL when the node is no object or has no such member; first duplicate. */
const struct json *json_member(const struct json *object, const char *name);

/* RFC 6901 pointer below node; "" is node itself; NULL when nothing there. */
const struct json *json_at(const struct json *node, const char *pointer);

/* The same, sooner, for who asks for it in one object after another: slot is
 * json_select_slot() of the pointer in the selection that the node was read
 * by; 0: it has none. */
const struct json *json_slot(const struct json *node, unsigned slot,
                             const char *pointer);

/* Children of an array or object, in order; NULL at the end. */
const struct json *json_first(const struct json *node);
const struct json *json_next(const struct json *child);
/* Fetches the texts of the children, which are going to be read and were last in
 * the hands of another core: waiting for one after another takes longer than
 * all that is done with them. */
void json_expect(const struct json *node);
const char *json_key(const struct json *child); /* NULL inside an array */
size_t json_size(const struct json *node);

/* Each needs a node of the right type; asserts otherwise. */
bool json_bool(const struct json *node);
const char *json_text(const struct json *node);        /* JSON_STRING */
const char *json_number_text(const struct json *node); /* exact digits */

/* 0, or -1 unless node is a number that is written as an integer and fits. */
int json_int64(const struct json *node, int64_t *out);

/* What texts become when a tree is written; NULL stops the writing. The text
 * given back need not outlive the next call. */
struct json_filling {
    const char *(*text)(void *context, const char *text);
    void *context;
};

/* Writes a tree, its texts (not its keys) through the filling unless that is
 * NULL. False when the filling stopped it, or it is deeper than a jsonw. */
bool json_write(struct jsonw *w, const char *name, const struct json *node,
                const struct json_filling *filling);

#endif
