#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_scan_parts.h"

/* Bytes as the caller of a comparison wants them: never negative. */
static int byte_at(const struct scanner *s, const char *p)
{
    return p < s->end ? (unsigned char)*p : -1;
}

int json_scan_fail(struct json_scan *scan, const char *where,
                   const char *reason)
{
    const char *text = scan->text != NULL ? scan->text : scan->copy;
    const char *stop = text + (where - scan->copy);

    if (reason != scan->reason)
        snprintf(scan->reason, sizeof(scan->reason), "%s", reason);
    scan->line = 1;
    scan->column = 1;
    if (scan->text == NULL)
        scan->column += (size_t)(where - scan->copy);
    for (const char *p = text; scan->text != NULL && p < stop; p++) {
        if (*p == '\n') {
            scan->line++;
            scan->column = 1;
        } else if (((unsigned char)*p & 0xC0) != 0x80) {
            scan->column++;
        }
    }
    return -1;
}

int scan_unexpected(struct scanner *s, const char *want)
{
    int c = byte_at(s, s->at);
    char *reason = s->scan->reason;

    if (c == -1)
        snprintf(reason, JSON_REASON_MAX, "text ends early, expected %s", want);
    else if (c > ' ' && c < 0x7F)
        snprintf(reason, JSON_REASON_MAX, "unexpected '%c', expected %s", c,
                 want);
    else
        snprintf(reason, JSON_REASON_MAX, "unexpected byte 0x%02X, expected %s",
                 (unsigned)c, want);
    return json_scan_fail(s->scan, s->at, reason);
}

static int grow_nodes(struct json_scan *scan)
{
    size_t twice = scan->capacity * 2;
    size_t capacity = twice < JSON_VALUES_MAX ? twice : JSON_VALUES_MAX;
    struct json *grown = realloc(scan->nodes, capacity * sizeof(*grown));

    if (grown == NULL)
        return -1;
    scan->nodes = grown;
    scan->capacity = capacity;
    return 0;
}

/* A text of two bytes a value would need twelve times its size. */
static void too_many(struct scanner *s)
{
    snprintf(s->scan->reason, JSON_REASON_MAX, "more than %d values",
             JSON_VALUES_MAX);
    json_scan_fail(s->scan, s->at, s->scan->reason);
}

int scan_make_room(struct scanner *s)
{
    if (s->scan->capacity == JSON_VALUES_MAX) {
        too_many(s);
        return -1;
    }
    return grow_nodes(s->scan);
}

int scan_string(struct scanner *s, const char *key)
{
    const char *text = json_scan_string(s->scan, &s->at, s->end);
    struct json *node = text != NULL ? scan_add_node(s, key, JSON_STRING) : NULL;

    if (node == NULL)
        return -1;
    node->text = text;
    return 0;
}

/* Behind the digits that must be at p. The NULs behind the copy end every
 * number. */
static char *need_digits(char *p, struct number_fault *fault)
{
    char *stop = p;

    while (*stop >= '0' && *stop <= '9')
        stop++;
    if (stop > p)
        return stop;
    *fault = (struct number_fault){p, "incomplete number, expected a digit"};
    return NULL;
}

char *scan_number_end(char *start, struct number_fault *fault)
{
    char *p = start + (*start == '-'), *digits = p;

    p = need_digits(p, fault);
    if (p != NULL && *digits == '0' && p > digits + 1) {
        *fault = (struct number_fault){start, "number with a leading zero"};
        return NULL;
    }
    if (p != NULL && *p == '.')
        p = need_digits(p + 1, fault);
    if (p != NULL && (*p == 'e' || *p == 'E')) {
        p++;
        p = need_digits(p + (*p == '+' || *p == '-'), fault);
    }
    return p;
}

int scan_number(struct scanner *s, const char *key)
{
    struct number_fault fault;
    char *start = s->at, *stop = scan_number_end(start, &fault);
    struct json *node;

    if (stop == NULL)
        return json_scan_fail(s->scan, fault.where, fault.reason);
    node = scan_add_node(s, key, JSON_NUMBER);
    if (node == NULL)
        return -1;
    memmove(start - 1, start, (size_t)(stop - start));
    stop[-1] = '\0';
    node->text = start - 1;
    s->at = stop;
    return 0;
}

int scan_word(struct scanner *s, const char *key, const char *expected)
{
    static const struct {
        const char *text;
        size_t len;
        enum json_type type;
        bool flag;
    } words[] = {{"true", 4, JSON_BOOLEAN, true},
                 {"false", 5, JSON_BOOLEAN, false},
                 {"null", 4, JSON_NULL, false}};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        struct json *node;

        if (memcmp(s->at, words[i].text, words[i].len) != 0)
            continue;
        node = scan_add_node(s, key, words[i].type);
        if (node == NULL)
            return -1;
        node->flag = words[i].flag;
        s->at += words[i].len;
        return 0;
    }
    return scan_unexpected(s, expected);
}

static int skip_comment(struct scanner *s, const char *expected)
{
    char *start = s->at, *stop;
    size_t rest = (size_t)(s->end - s->at);

    if (byte_at(s, start + 1) == '/') {
        stop = memchr(start, '\n', rest);
        s->at = stop != NULL ? stop : start + rest;
        return 0;
    }
    if (byte_at(s, start + 1) != '*')
        return scan_unexpected(s, expected);
    stop = memmem(start + 2, rest - 2, "*/", 2);
    if (stop == NULL)
        return json_scan_fail(s->scan, start,
                              "comment without an end, expected '*/'");
    s->at = stop + 2;
    return 0;
}

int scan_blanks(struct scanner *s, const char *expected)
{
    for (;;) {
        while (*s->at == ' ' || *s->at == '\n' || *s->at == '\r' ||
               *s->at == '\t')
            s->at++;
        if (*s->at != '/' || !s->scan->comments)
            return 0;
        if (skip_comment(s, expected) != 0)
            return -1;
    }
}
