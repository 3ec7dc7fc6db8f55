/*
 * utf8: whether bytes are well-formed UTF-8 (Unicode 15, table 3-7). Pure.
 */
#ifndef ROLLCALL_UTF8_H
#define ROLLCALL_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the character at text, which a NUL ends; 0 when it is none. */
size_t utf8_length(const char *text);

bool utf8_valid(const char *text);

#endif
