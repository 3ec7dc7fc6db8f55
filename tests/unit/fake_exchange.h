/*
 * fake_exchange: exchange.h without a network, for tests of what stands on it.
 *
 * It defines every function of exchange.h, so a program that links its object
 * before the library never pulls in the real ones. Requests wait until
 * exchange_run(); then `answer` is asked about them one after another, in the
 * order of submission or, with a seed, in a random one. As with the real one,
 * `done` sees 200 and accepted statuses only, and a body dies when it returns.
 *
 * Calling order: fake_exchange_new(); use it as an exchange; look at what was
 * asked; exchange_free().
 */
#ifndef ROLLCALL_TEST_FAKE_EXCHANGE_H
#define ROLLCALL_TEST_FAKE_EXCHANGE_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "exchange.h"

/* Appends the body of the answer and returns its status. number: how many
 * requests were answered before. */
typedef int fake_answer_fn(void *context, const char *path, size_t number,
                           struct buf *body);

/* seed 0: in order of submission. */
struct exchange *fake_exchange_new(fake_answer_fn *answer, void *context,
                                   unsigned seed);

/* What exchange_time_left() answers from now on; at first INT64_MAX. */
void fake_time_left(struct exchange *exchange, int64_t ms);

/* The requests in the order they were submitted. */
size_t fake_asked(const struct exchange *exchange);
const char *fake_path(const struct exchange *exchange, size_t index);

/* The number a parameter of a path holds, or otherwise. */
int64_t fake_number(const char *path, const char *name, int64_t otherwise);

/* How often a parameter occurs; values: the decoded ones, or NULL. */
enum { FAKE_VALUES_MAX = 256, FAKE_VALUE_SIZE = 160 };
size_t fake_values(const char *path, const char *name,
                   char (*values)[FAKE_VALUE_SIZE]);

#endif
