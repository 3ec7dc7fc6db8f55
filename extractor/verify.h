/*
 * verify: a published run against everything its manifest claims.
 *
 * verify_run() takes a run's directory, its manifest.json, or OUT (then the
 * run that `latest` names). Checked per part: present, regular file, size,
 * sha256 of the file, one whole gzip member, size and sha256 of the content,
 * rows, longest record; CSV: strict syntax, header, cell count, types,
 * required cells, lengths, value lists, keys unique and in order; JSONL: one
 * object a line with exactly the schema's members, same checks; CSV and JSONL
 * of a dataset hold the same rows. Per run: no stray files, manifest syntax.
 * Every finding is reported to `finding`, not only the first; the result is
 * ERROR_DATA when there was one. Memory does not grow with rows.
 */
#ifndef ROLLCALL_VERIFY_H
#define ROLLCALL_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

struct verify_summary {
    uint64_t parts, rows, findings;
    char run_id[72];
};

typedef void verify_finding_fn(void *context, const char *file,
                               const char *text);

int verify_run(const char *path, verify_finding_fn *finding, void *context,
               struct verify_summary *summary, struct error *err);

/* `rollcall cat`: the rows of one dataset (NULL: the only one) in a format,
 * all parts in order, header once unless header is false, to a descriptor.
 * Each part's hash is checked while it is read; a mismatch is ERROR_DATA. */
struct cat_options {
    const char *dataset;
    const char *format; /* "csv" (default) or "jsonl" */
    bool header;
};
int cat_run(const char *path, const struct cat_options *options, int fd,
            struct error *err);

#endif
