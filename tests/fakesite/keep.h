/*
 * keep: bodies that are made once and given again, for measurements: a server
 * that computes its pages takes the time of the client that shares its cores.
 *
 * An answer is known by its URI alone, so the lists stand still. A zeroed
 * struct keep is empty; any thread may call.
 */
#ifndef FAKESITE_KEEP_H
#define FAKESITE_KEEP_H

#include <pthread.h>
#include <stdbool.h>

#include "text.h"

enum { KEEP_BUCKETS = 4096 };

struct kept;

struct keep {
    pthread_mutex_t lock;
    struct kept *buckets[KEEP_BUCKETS];
};

void keep_init(struct keep *keep);
void keep_release(struct keep *keep);

/* The body appended to OUT; PACKED: its gzip form. false: not yet known. */
bool keep_get(struct keep *keep, const char *uri, bool packed,
              struct text *out);
/* Copies BODY; a body that is known already stays. */
void keep_put(struct keep *keep, const char *uri, bool packed,
              const struct text *body);

#endif
