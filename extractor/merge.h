/*
 * merge: the runs of several sites as one run, for who loads one table.
 *
 * merge_runs() verifies each run (verify.h; of a signature, that it looks like
 * one), holds their datasets against
 * each other, writes the rows of all, with the site's name as the first
 * column, `site`, and publishes that as one run; merge_result_release().
 *
 * Rows ascend by site, then as the mapping orders them: the runs follow one
 * another, and a row is the line its run has behind the site's name, in each
 * format the runs have. So nothing is read and written anew, memory does not
 * grow with rows, and the same runs give the same files. `site` is part of the
 * key. Refused rows get the same member.
 *
 * A site's name is the one given, or that of the run's manifest, or that of
 * the folder the run's folder is in (OUT/NAME/RUN).
 *
 * A dataset of changes is merged when all runs count from the run of one id:
 * only then does the whole have a baseline. Else it is left out, and log and
 * manifest say so; the dataset it is the changes of has all rows anyway.
 *
 * Sites that are known to lack are named by the caller; then the verdict of
 * the run is "partial". A run of that id that is published already stays,
 * unless it is partial and this one lacks fewer sites, or replace is set.
 *
 * Errors: ERROR_DATA for a run that is damaged, merged already, or of another
 * shape than the first (columns, keys, order, CSV dialect, formats), named;
 * ERROR_NO_INPUT for none; ERROR_USAGE for names; as publish.h and writer.h.
 */
#ifndef ROLLCALL_MERGE_H
#define ROLLCALL_MERGE_H

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"
#include "job.h"
#include "log.h"
#include "report.h"
#include "signature.h"

struct merge_input {
    const char *path; /* as for verify_run() */
    const char *site; /* or NULL */
};

struct merge_options {
    const struct merge_input *inputs;
    size_t input_count;  /* 1 to JOB_SITES_MAX */
    const struct missing_report *missing;
    size_t missing_count;
    const char *out_dir;
    const char *run_id;    /* NULL: made from the as-of time */
    const struct job *job; /* whose "output" says how files are; NULL: the
                              defaults, and the layout of the first run */
    bool replace;
    const struct signature_key *sign_key; /* of the manifest, or NULL */
    const struct log *log;
    const volatile sig_atomic_t *stop; /* NULL: never */
};

struct merge_dataset {
    const char *name;
    uint64_t rows, rejected;
};

struct merge_result {
    bool already;
    char run_id[72];
    char dir[PATH_MAX];
    int64_t as_of;
    struct merge_dataset *datasets;
    size_t dataset_count;
    struct arena arena; /* owns the names */
};

/* merge_result_release() is needed after either outcome. */
int merge_runs(const struct merge_options *options,
               struct merge_result *result, struct error *err);
/* What a dataset's schema becomes by merging, in the arena; NULL: memory is
 * out. There must be room for a column. */
const struct schema *merge_schema_of(struct arena *arena,
                                     const struct schema *schema);
void merge_result_release(struct merge_result *result);

#endif
