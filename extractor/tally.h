/*
 * tally: how often each text occurs, and how many things fall into each month.
 * Memory is bounded whatever the data: counted singly are the first different
 * texts, as many as tally_init() is told, of at most TALLY_MEAN_BYTES each on
 * average; all others make one sum, `others`.
 *
 * tally_init(); tally_add() for each; tally_rank() once, which sorts by count
 * (equal counts by label, then by key) so that the outcome does not depend on
 * order; tally_release(). Texts are copied. What is in a tally does not depend
 * on order as long as `others` is 0.
 */
#ifndef ROLLCALL_TALLY_H
#define ROLLCALL_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "strmap.h"

enum {
    TALLY_MEAN_BYTES = 256,
    TALLY_MONTHS_MAX = 60
};

struct tally_item {
    const char *key;
    const char *label; /* of its first occurrence */
    uint64_t count;
    size_t rank; /* ranked: index into items */
};

struct tally {
    struct tally_item **items; /* in order of arrival; ranked: the most first */
    size_t count, capacity;
    size_t most, bytes;
    uint64_t absent; /* NULL was added */
    uint64_t others;
    uint64_t total;  /* of all three */
    struct strmap map;
    struct arena arena;
};

void tally_init(struct tally *tally, size_t most);
void tally_release(struct tally *tally);

/* key NULL: absent. label NULL: the key. -1 when memory is out. */
int tally_add(struct tally *tally, const char *key, const char *label);
void tally_rank(struct tally *tally);
/* NULL: not counted singly. */
const struct tally_item *tally_find(const struct tally *tally,
                                    const char *key);

/* Months that end with the month of `last`. */
struct months {
    int64_t last; /* months since January of year 0 */
    uint64_t counts[TALLY_MONTHS_MAX]; /* [MAX - 1] is the last one */
    uint64_t earlier, later, absent;
    uint64_t total; /* of all */
};

void months_init(struct months *months, int64_t last_instant);
void months_add(struct months *months, bool present, int64_t instant);
/* The first month that is not empty, but at least `least` of them: an index
 * into counts. */
size_t months_first(const struct months *months, size_t least);
/* "2026-11" of an index; out has 16 bytes. */
void months_name(const struct months *months, size_t index, char out[16]);

#endif
