/*
 * problems: several mistakes of one file, reported in one go.
 *
 * Calling order: problems_init(); problems_add() for each mistake found;
 * problems_error() turns them into one error: a single mistake becomes its
 * text, several become one line each. problems_release().
 * At most PROBLEMS_MAX are kept; the rest are counted.
 */
#ifndef ROLLCALL_PROBLEMS_H
#define ROLLCALL_PROBLEMS_H

#include <stddef.h>

#include "arena.h"
#include "error.h"

enum { PROBLEMS_MAX = 50 };

struct problems {
    struct arena arena;
    const char *texts[PROBLEMS_MAX];
    size_t kept;
    size_t found;
};

void problems_init(struct problems *problems);
void problems_release(struct problems *problems);
void problems_add(struct problems *problems, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* 0 when none were added, else -1 with *err set to `kind`. */
int problems_error(const struct problems *problems, enum error_kind kind,
                   struct error *err);

#endif
