/*
 * beside: names of the files that stand beside the runs and are about one
 * dataset of one run: DATASET_YYYYMMDD_RUNID.SUFFIX (the day of as_of, UTC).
 */
#ifndef ROLLCALL_BESIDE_H
#define ROLLCALL_BESIDE_H

#include <stdbool.h>
#include <stdint.h>

enum { BESIDE_NAME_MAX = 256 };

#define BESIDE_DONE ".done" /* publish.h */
#define BESIDE_LST  ".lst"  /* companion.h */
#define BESIDE_PAR  ".par"
#define BESIDE_REDSHIFT ".manifest" /* after .csv or .jsonl; publish.h */

/* All there are, the done file's first; NULL terminated. What removes them
 * begins with it, what writes them ends with it. */
extern const char *const beside_suffixes[];

/* -1 when it would be too long. */
int beside_name(const char *dataset, int64_t as_of, const char *run_id,
                const char *suffix, char out[BESIDE_NAME_MAX]);

/* Whether it is such a name, of this run and with this suffix. */
bool beside_is_of(const char *name, const char *run_id, const char *suffix);

#endif
