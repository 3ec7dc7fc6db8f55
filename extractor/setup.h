/*
 * setup: everything a run knows before its first request: the job, its
 * mappings and every source definition they lead to.
 *
 * setup_load() reads all files and checks that they fit together; all of it
 * is ERROR_CONFIG or ERROR_NO_INPUT with the file named. setup_free() releases
 * it; a zeroed struct may be freed.
 *
 * Of a job with several sites one is named; without a name it is ERROR_USAGE,
 * unless the caller can do with the job alone (setup_has_sites()).
 *
 * Accounts are read once for all mappings, so those share the universe, and
 * of what enriches it each has the first part of one list. A source that only
 * enriches, or is one of several logs of a mapping, or the accounts of a
 * mapping of events, is skipped when the job has no endpoint or no file for
 * it, or the endpoint lacks a value the request needs; it is listed with the
 * reason, and what only serves it is not. Where a mapping says that its logs
 * are optional, all of them may be skipped. A mapping of events may have no
 * accounts at all.
 */
#ifndef ROLLCALL_SETUP_H
#define ROLLCALL_SETUP_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "job.h"
#include "mapping.h"
#include "roster.h"
#include "source.h"

enum { SETUP_SOURCES_MAX = 32, SETUP_MAPPINGS_MAX = 32, SETUP_FOLDERS_MAX = 5 };

struct setup_options {
    const char *job_path;
    const char *site;            /* of the job, or NULL */
    const char *const *mappings; /* instead of the job's, or NULL */
    const char *out_dir;         /* instead of the job's, or NULL */
    bool several; /* a job of several sites is loaded without a site named:
                     its job alone, no mapping and no source */
};

struct setup_source {
    struct source source;
    const struct endpoint *endpoint; /* may be NULL when skipped; NULL of a
                                        source that is a file */
    const struct job_file *files;    /* of such a one; NULL when skipped */
    const char *skipped;             /* why it is not read, or NULL */
    bool is_fallback;                /* read only instead of another */
};

struct setup {
    struct job job;
    struct mapping mappings[SETUP_MAPPINGS_MAX];
    size_t mapping_count;
    struct setup_source sources[SETUP_SOURCES_MAX]; /* in order of mention */
    size_t source_count;
    const struct setup_source *users[ROSTER_SOURCES_MAX]; /* the universe and
                                                    what enriches it */
    const char *user_names[ROSTER_SOURCES_MAX]; /* of these */
    size_t user_count; /* 0: mappings of events only */
    size_t mapping_users[SETUP_MAPPINGS_MAX]; /* a mapping has the first ones */
    const char *out_dir;
    const char *folders[SETUP_FOLDERS_MAX]; /* of mappings; NULL terminated */
    struct arena arena;
};

int setup_load(struct setup *setup, const struct setup_options *options,
               struct error *err);
void setup_free(struct setup *setup);

/* Whether it is of a job with several sites, and of none of them. */
bool setup_has_sites(const struct setup *setup);

/* ERROR_USAGE for a job with several sites, of which none is named. */
int setup_need_site(const struct job *job, struct error *err);

/* Where files of mappings/ are looked for, in order; allocated in the arena. */
int setup_folders(const struct job *job, struct arena *arena,
                  const char *folders[SETUP_FOLDERS_MAX], struct error *err);

/* Whether a mapping of the run makes rows of events, and so needs them all. */
bool setup_makes_event_rows(const struct setup *setup);

/* NULL when name is NULL or no mapping led to it. */
const struct setup_source *setup_source(const struct setup *setup,
                                        const char *name);

/* Whether a mapping has logs and none of them is read. */
bool setup_lacks_log(const struct setup *setup, size_t mapping);
/* Whether a source of the run reads the job's file. */
bool setup_uses_file(const struct setup *setup, const struct job_file *file);

#endif
