/*
 * json_scan: checks a text against RFC 8259 and writes a copy cJSON can read
 * without loss. Used by json.c only.
 *
 * Calling order: fill text, len and comments; json_scan(); read the results;
 * json_scan_release() whatever the outcome.
 *
 * The copy has no white space and no comments. A number 1.50 is written as
 * the string "<JSON_NUMBER_MARK>1.50": the mark is a byte that valid UTF-8
 * never holds, so no string of the text can be taken for a number. In strings
 * "\u0000", a lone surrogate escape and each ill-formed UTF-8 sequence
 * (maximal subpart, Unicode 15 chapter 3.9) become U+FFFD.
 *
 * Nesting is kept in an array of JSON_DEPTH_MAX, not on the call stack.
 */
#ifndef ROLLCALL_JSON_SCAN_H
#define ROLLCALL_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

enum { JSON_NUMBER_MARK = 0xFF, JSON_REASON_MAX = 160 };

enum json_scan_result {
    JSON_SCAN_OK,
    JSON_SCAN_EMPTY, /* nothing but white space and comments */
    JSON_SCAN_WRONG, /* line, column and reason are set */
    JSON_SCAN_NO_MEMORY
};

struct json_scan {
    const char *text;
    size_t len;
    bool comments; /* line and block comments are white space */
    bool secret;   /* the copy is wiped */

    struct buf copy;
    size_t repairs; /* strings that were changed */
    size_t line;    /* from 1 */
    size_t column;  /* from 1, in characters */
    char reason[JSON_REASON_MAX];
};

enum json_scan_result json_scan(struct json_scan *scan);
void json_scan_release(struct json_scan *scan);

#endif
