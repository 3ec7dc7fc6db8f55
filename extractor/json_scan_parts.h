/*
 * json_scan_parts: what the parts of the scanner share. json_scan.c
 * begins and ends a text, json_value.c reads containers and what is in them,
 * json_token.c what has no parts, and the space between. Private to json*.c.
 *
 * Functions that read return 0, or -1 with line, column and reason of the scan
 * set, or with an empty reason when memory is out.
 */
#ifndef ROLLCALL_JSON_SCAN_PARTS_H
#define ROLLCALL_JSON_SCAN_PARTS_H

#include "json_names.h"
#include "json_scan.h"

struct scanner {
    struct json_scan *scan;
    struct json_scan *owner; /* of what is left for later */
    char *at;
    const char *end;
    size_t depth; /* of open containers */
    struct names *names;
};

/* json_value.c. Blanks in front were skipped; expected is what an error says
 * should be there; select NULL: everything. */
int scan_value(struct scanner *s, const char *key,
               const struct json_select *select, const char *expected);
int scan_container(struct scanner *s, const char *key,
                   const struct json_select *select);

/* json_token.c */
int scan_unexpected(struct scanner *s, const char *want);
int scan_make_room(struct scanner *s); /* for more nodes */
int scan_string(struct scanner *s, const char *key);
int scan_number(struct scanner *s, const char *key);
int scan_word(struct scanner *s, const char *key, const char *expected);
int scan_blanks(struct scanner *s, const char *expected);

struct number_fault {
    const char *where, *reason;
};

/* Behind the number at start, a digit or '-'; NULL after a fault. */
char *scan_number_end(char *start, struct number_fault *fault);

/* json_skip.c: behind the value at s->at, which is checked and left as it is;
 * NULL when it is none, or too deep. of: the selection of what it is or stands
 * in. */
char *scan_skip(const struct scanner *s, const struct json_select *of);

/* A node behind those there are; NULL after a fault. Capacity never passes
 * JSON_VALUES_MAX. */
static inline struct json *scan_add_node(struct scanner *s, const char *key,
                                         enum json_type type)
{
    struct json_scan *scan = s->scan;
    struct json *node;

    if (scan->count == scan->capacity && scan_make_room(s) != 0)
        return NULL;
    node = &scan->nodes[scan->count++];
    *node = (struct json){.key = key, .type = (uint8_t)type};
    return node;
}

/* To the next byte that is neither blank nor comment. Most tokens follow each
 * other without any. */
static inline int skip_blanks(struct scanner *s, const char *expected)
{
    unsigned char c = (unsigned char)*s->at;

    return c > ' ' && c != '/' ? 0 : scan_blanks(s, expected);
}

#endif
