/*
 * runs: what stands in an output directory (see publish.h).
 *
 * runs_load() lists it without changing anything and without following a
 * symbolic link; runs_free(). Folders without a manifest are not rollcall's
 * and are left out. A run that changes meanwhile may be listed either way.
 */
#ifndef ROLLCALL_RUNS_H
#define ROLLCALL_RUNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "error.h"
#include "manifest.h"

enum { RUNS_MAX = 100000 };

struct runs_entry {
    const char *name;    /* of the folder */
    const char *problem; /* it cannot be read, or its manifest is of another run;
                            then nothing below is known. NULL: none */
    int64_t as_of;
    const char *supersedes; /* or NULL */
    uint64_t users;
    size_t missing;      /* sites that a merged run lacks */
    uint64_t bytes;      /* of its parts */
    const struct manifest_dataset *datasets;
    size_t dataset_count;
    bool marked;         /* each dataset has its done file, and the companions
                            that its manifest asks for */
};

struct runs {
    struct runs_entry *entries; /* newest as-of time first, those with a
                                   problem last */
    size_t count, capacity;
    const char *latest;             /* what the link says, made plain ASCII;
                                       NULL: no link */
    const struct runs_entry *named; /* the run it means, without problem; or
                                       NULL */
    const char **leftovers; /* names of what dead runs left, ascending and
                               made plain ASCII; of a living one too */
    size_t leftover_count, leftover_capacity;
    struct arena arena;
};

/* ERROR_IO when the directory cannot be listed. */
int runs_load(struct runs *runs, int out_fd, struct error *err);
void runs_free(struct runs *runs);

/* NULL when there is no such run. */
const struct runs_entry *runs_find(const struct runs *runs, const char *name);

/* The run published before: the one it superseded, when that is there. */
const struct runs_entry *runs_before(const struct runs *runs,
                                     const struct runs_entry *entry);

/* Opens an output directory; ERROR_NO_INPUT when there is none. */
int runs_open_out(const char *path, struct error *err);

#endif
