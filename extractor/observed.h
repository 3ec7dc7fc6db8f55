/*
 * observed: what the run published before knew of each account.
 *
 * Reads one column of one dataset of a published run (its JSONL parts, or
 * else its CSV parts): account id -> first_observed_inactive_at. That is how
 * the first observation of an account outlives the log's retention.
 */
#ifndef ROLLCALL_OBSERVED_H
#define ROLLCALL_OBSERVED_H

#include "arena.h"
#include "error.h"
#include "manifest.h"
#include "strmap.h"

struct observed {
    struct strmap by_id; /* int64_t * */
    struct arena arena;
    bool loaded;         /* the earlier run has the dataset and the column */
};

void observed_init(struct observed *observed);
void observed_release(struct observed *observed);

/* dir_fd: of the published run. key and column: names in the dataset. A
 * dataset or column the run does not have leaves `loaded` false. Damaged parts
 * are ERROR_DATA. */
int observed_load(struct observed *observed, const struct manifest *manifest,
                  int dir_fd, const char *dataset, const char *key,
                  const char *column, struct error *err);

#endif
