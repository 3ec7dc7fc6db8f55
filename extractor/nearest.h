/*
 * nearest: "did you mean", for every list of words a user can mistype.
 *
 * Calling order: nearest_start() with the word that was not found;
 * nearest_offer() for each word that would have been right; then
 * nearest_word(), or nearest_advice() for the end of an error text. Words are
 * kept by pointer. Pure.
 *
 * Near is an edit distance (insert, delete, replace, swap of neighbours;
 * ASCII case ignored) of at most 2, or of 1 for words up to 3 bytes.
 */
#ifndef ROLLCALL_NEAREST_H
#define ROLLCALL_NEAREST_H

#include <stddef.h>

enum { NEAREST_LIST_MAX = 200 }; /* bytes of the list of known words */

struct nearest {
    const char *word;
    const char *best;
    size_t distance;
    char known[NEAREST_LIST_MAX]; /* "a, b, c", cut with "…" */
    size_t used;
};

void nearest_start(struct nearest *nearest, const char *word);
void nearest_offer(struct nearest *nearest, const char *known);

/* NULL when no offered word is near. */
const char *nearest_word(const struct nearest *nearest);

/* `did you mean "lookback"?`, or `expected one of a, b, c`, or `none is known
 * here`. The result is cut to `size`, which should be NEAREST_ADVICE_MAX. */
enum { NEAREST_ADVICE_MAX = NEAREST_LIST_MAX + 32 };
void nearest_advice(const struct nearest *nearest, char *out, size_t size);

#endif
