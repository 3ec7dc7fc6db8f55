/*
 * pattern: does a text match a POSIX extended regular expression? Sole owner
 * of <regex.h>.
 *
 * Calling order: pattern_compile(); pattern_matches() as often as wanted;
 * pattern_release(), after an error too. Patterns that begin with "^" and plain
 * characters, as those of names do, refuse most texts by comparing these alone.
 */
#ifndef ROLLCALL_PATTERN_H
#define ROLLCALL_PATTERN_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

enum { PATTERN_REASON_MAX = 128 };

struct pattern {
    regex_t regex;
    bool compiled;
    const char *start; /* what each match begins with … */
    size_t start_len;  /* … so many bytes; 0: anything */
};

enum pattern_result { PATTERN_GOOD, PATTERN_WRONG, PATTERN_NO_MEMORY };

/* Into a zeroed struct. text must live as long. reason: why it is wrong. */
enum pattern_result pattern_compile(struct pattern *pattern, const char *text,
                                    char reason[PATTERN_REASON_MAX]);

/* Sets *no_memory, which may be NULL, when memory ran out; then false. */
bool pattern_matches(const struct pattern *pattern, const char *text,
                     bool *no_memory);

void pattern_release(struct pattern *pattern);

#endif
