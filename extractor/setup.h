/*
 * setup: everything a run knows before its first request: the job, its
 * mappings and every source definition they lead to.
 *
 * setup_load() reads all files and checks that they fit together; all of it
 * is ERROR_CONFIG or ERROR_NO_INPUT with the file named. An event source whose
 * endpoint the job does not have is left out, as long as its mapping has
 * another one. setup_free() releases it; a zeroed struct may be freed.
 */
#ifndef ROLLCALL_SETUP_H
#define ROLLCALL_SETUP_H

#include <stddef.h>

#include "error.h"
#include "job.h"
#include "mapping.h"
#include "source.h"

enum { SETUP_SOURCES_MAX = 32, SETUP_MAPPINGS_MAX = 32, SETUP_FOLDERS_MAX = 5 };

struct setup_options {
    const char *job_path;
    const char *const *mappings; /* instead of the job's, or NULL */
    const char *out_dir;         /* instead of the job's, or NULL */
};

struct setup_source {
    struct source source;
    const struct endpoint *endpoint;
};

/* An event source whose endpoint the job does not configure. */
struct setup_skipped {
    const char *source, *endpoint;
};

struct setup {
    struct job job;
    struct mapping mappings[SETUP_MAPPINGS_MAX];
    size_t mapping_count;
    struct setup_source sources[SETUP_SOURCES_MAX]; /* in order of mention */
    size_t source_count;
    struct setup_skipped skipped[SETUP_SOURCES_MAX]; /* once each */
    size_t skipped_count;
    const char *out_dir;
    const char *folders[SETUP_FOLDERS_MAX]; /* of mappings; NULL terminated */
    struct arena arena;
};

int setup_load(struct setup *setup, const struct setup_options *options,
               struct error *err);
void setup_free(struct setup *setup);

/* NULL when name is NULL or no mapping led to it. */
const struct setup_source *setup_source(const struct setup *setup,
                                        const char *name);

#endif
