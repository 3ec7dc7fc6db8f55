/*
 * faults: what a scenario's rules and rate limit do to an exchange.
 *
 * Order in serve(): fault_choose(), fault_limit() and fault_before() may
 * finish the answer; otherwise the endpoint answers, with fault_row() called
 * for each row, and fault_after() spoils the result.
 */
#ifndef FAKESITE_FAULTS_H
#define FAKESITE_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

#include "text.h"

struct exchange;

bool fault_known(const char *name);
/* Sets x->rule to the first rule that fires, or NULL; counts all. */
void fault_choose(struct exchange *x);
/* true: the answer is a 429. */
bool fault_limit(struct exchange *x);
/* true: the request takes effect before its answer is replaced. */
bool fault_served(const struct exchange *x);
/* true: the answer is complete. */
bool fault_before(struct exchange *x);
/* true: CHANGED replaces ROW. */
bool fault_row(const struct exchange *x, size_t index, const struct text *row,
               struct text *changed);
void fault_after(struct exchange *x);

#endif
