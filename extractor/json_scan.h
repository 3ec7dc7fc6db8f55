/*
 * json_scan: a text checked against RFC 8259 and turned into a list of nodes.
 * Private to json*.c, which say what the rest of rollcall sees of it.
 *
 * Calling order: a zeroed struct; fill what is asked below; json_scan_room() and
 * copy the text there; json_scan(); on JSON_SCAN_OK the nodes, and everything
 * they point at, are good until the next json_scan_room(), which keeps the
 * memory for the next text; json_scan_release().
 *
 * Why not a library's tree: a page has some eighty values a record, of which
 * a rule reads six. Here a value costs one node of a growing array and no
 * allocation, and a text is left where it stands: in a copy of the whole page,
 * its escapes decoded in place (a decoded text is never longer than its
 * source) and ended by a NUL over its closing quote. A number is moved one
 * byte towards its start, over a byte that was read already, and so has room
 * for its NUL too.
 *
 * Nodes stand in the order of the text: a container, then its children. Between
 * an object that is read by a selection and its children are cells, which tell
 * where the child of each selected name is.
 *
 * In strings "\u0000", a lone surrogate escape and each ill-formed UTF-8
 * sequence (maximal subpart, Unicode 15 chapter 3.9) become U+FFFD, which can
 * be longer than what it stands for; such a text moves to memory of its own.
 *
 * What nobody selected is read by the same grammar, but leaves no node.
 * Containers are read by functions that call each other, JSON_DEPTH_MAX deep.
 */
#ifndef ROLLCALL_JSON_SCAN_H
#define ROLLCALL_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "json.h"
#include "json_select.h"

enum { JSON_REASON_MAX = 160 };

enum { JSON_CELL_SLOTS = 8 };

struct json {
    union {
        struct {
            const char *key; /* of a member; NULL elsewhere */
            union {
                const char *text; /* string: decoded; number: its digits */
                uint32_t size;    /* array, object: children */
                bool flag;        /* boolean */
                char *later; /* where the container that is not read yet begins */
                const struct json *opened; /* the same container once it is */
                struct json_scan *owner; /* of the two nodes behind such a */
                const struct json_select *select; /* container: how to read it */
            };
            uint32_t skip; /* nodes to the next sibling; 0: the last one */
            uint8_t type;  /* enum json_type */
            uint8_t state; /* enum json_state */
            uint8_t cells; /* of an object: nodes between it and its children */
            bool slotted;  /* and these tell of each of its children */
        };
        /* A cell: nodes from the object to the child; 0: it has none. */
        uint16_t slots[JSON_CELL_SLOTS];
    };
};

enum json_state { JSON_READ, JSON_LATER, JSON_OPENED };

enum json_scan_result {
    JSON_SCAN_OK,
    JSON_SCAN_EMPTY, /* nothing but white space and comments */
    JSON_SCAN_WRONG, /* line, column and reason are set */
    JSON_SCAN_NO_MEMORY
};

struct json_scan {
    const char *text; /* as it was before the copy; NULL: it is gone, and
                         columns count bytes */
    size_t len;
    const struct json_select *select; /* NULL: everything */
    bool comments; /* line and block comments are white space */
    bool secret;   /* the copy is wiped */
    bool unique;   /* an object with one name twice is wrong */

    char *copy;  /* behind one byte of room; ended by NULs */
    size_t room; /* bytes of text the copy can take */
    struct json *nodes;
    size_t count, capacity;
    struct arena repaired; /* texts that grew */
    struct arena opened;   /* nodes of containers read later */
    bool failed;           /* one of them could not be read; see reason */
    size_t repairs;        /* strings that were changed */
    size_t line;           /* from 1 */
    size_t column;         /* from 1, in characters or bytes */
    char reason[JSON_REASON_MAX];
};

/* Where len bytes of text go; NULL when they are too many or memory is out. */
char *json_scan_room(struct json_scan *scan, size_t len);
enum json_scan_result json_scan(struct json_scan *scan);
void json_scan_release(struct json_scan *scan);

/* The container in whose place a node of JSON_LATER or JSON_OPENED stands; NULL
 * when memory is out or it has a name twice, and then the scan it belongs to
 * has `failed`, as json_scan() does. */
const struct json *json_scan_open(struct json *node);

/* Whether no two members of an object have one name: 1 or 0; -1: memory is
 * out. In json_unique.c. */
int json_scan_unique(const struct json *object);

/* Between json_scan.c (tokens) and json_string.c (what is in a string). */
enum { JSON_SCAN_ROOM = 1, JSON_SCAN_PAD = 32 }; /* before and behind copy */

/* Sets reason, line and column for a place in the copy. Returns -1. */
int json_scan_fail(struct json_scan *scan, const char *where,
                   const char *reason);

/* Reads the string whose opening quote is at *at, moves *at behind its end and
 * gives its text; NULL after a fault, or with an empty reason when memory is
 * out. end: of the copy's text. */
const char *json_scan_string(struct json_scan *scan, char **at,
                             const char *end);

#endif
