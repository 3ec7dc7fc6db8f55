/*
 * span: sets of time, as spans [from, to) that ascend and neither touch nor
 * overlap. A zeroed set is empty. Pure but for memory; -1 when that is out.
 */
#ifndef ROLLCALL_SPAN_H
#define ROLLCALL_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
    int64_t from, to;
};

struct span_set {
    struct span *spans;
    size_t count, capacity;
};

void span_release(struct span_set *set);
/* An empty or reversed span changes nothing. */
int span_add(struct span_set *set, struct span span);
int span_remove(struct span_set *set, struct span span);
bool span_holds(const struct span_set *set, int64_t at);

#endif
