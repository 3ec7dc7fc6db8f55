/*
 * merge_parts: what the files of merge share: opening (merge_open.c), shapes
 * (merge_shape.c), lines (merge_copy.c), counts (merge_count.c). Private to
 * merge*.c.
 */
#ifndef ROLLCALL_MERGE_PARTS_H
#define ROLLCALL_MERGE_PARTS_H

#include "arena.h"
#include "digest.h"
#include "manifest.h"
#include "merge.h"
#include "worker.h"

enum { MERGE_FORMATS = 2 };
extern const char *const merge_formats[MERGE_FORMATS];

struct merge_run {
    const char *path;
    char site[JOB_SITE_NAME_MAX + 1];
    int fd; /* -1: nothing of it is held */
    struct manifest manifest;
    char sha256[DIGEST_HEX_SIZE]; /* of the manifest */
};

struct merge {
    const struct merge_options *options;
    struct merge_run runs[JOB_SITES_MAX]; /* ascending by site */
    size_t count;
    struct site_report sites[JOB_SITES_MAX];
    struct omitted_report omitted[JOB_SITES_MAX];
    struct run_report report;
    struct worker *worker;
    int dir_fd;
    mode_t file_mode;
    struct arena arena;
};

/* Verifies and opens all runs, names and sorts them. */
int merge_open(struct merge *merge, struct error *err);
void merge_close(struct merge *merge);

/* The first part of a dataset in a format, or NULL. */
const struct manifest_resource *merge_first(const struct manifest *manifest,
                                            const char *dataset,
                                            const char *format);

/* ERROR_DATA for runs that do not fit together. */
int merge_check_shapes(const struct merge *merge, struct error *err);
/* Schema and order of a dataset of the first run, with the site. */
int merge_schema(struct merge *merge, const char *dataset,
                 struct dataset_report *report, struct error *err);

/* What the runs' manifests count of it, and its changes. *omit: why it cannot
 * be merged, or NULL. */
int merge_count(struct merge *merge, struct dataset_report *report,
                const char **omit, struct error *err);
/* What was replaced in a format's texts. */
void merge_count_format(const struct merge *merge, const char *dataset,
                        struct writer_report *report);

/* The rows of a dataset in all formats; the refused rows. */
int merge_dataset(struct merge *merge, struct dataset_report *report,
                  struct error *err);
int merge_rejects(struct merge *merge, struct error *err);

#endif
