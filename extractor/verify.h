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
 * The manifest's signature (seal.h) is checked with a public key.
 * Inside an output directory (beside the lock file) the run must be in the
 * folder of its name, and each dataset's done file must name this manifest;
 * what else has the run's name there must be of one of its datasets, and a list
 * for Redshift name its parts;
 * of a run in a Hive layout, each dataset's folder must hold the same parts,
 * its manifest and _SUCCESS. Every file must be a plain one. Such a folder may be named itself, wherever it
 * was copied to: then it is checked like a run of one dataset.
 * What lies in an output directory, or has _SUCCESS, and no manifest is a run
 * that lost it, a finding; any other folder is ERROR_NO_INPUT.
 * Every finding is reported to `finding`, up to VERIFY_SHOWN_MAX a part; the
 * result is ERROR_DATA when there was one. A finding names row and column,
 * never a cell's value. Memory does not grow with rows.
 *
 * CSV and JSONL are compared by a digest over the rows' cells as the CSV
 * dialect holds them: JSONL values are brought to that form first (line ends
 * and controls in text replaced, excel_safe's apostrophe, time format,
 * decimal). With a null text that is not empty, text equal to it counts as
 * null in both. What the CSV form cannot tell any more is not guessed: rows
 * whose order hangs on a lost millisecond or a replaced character are taken
 * as ordered in the CSV; the JSONL decides.
 *
 * Keys: when the order columns all belong to the key, ascending rows have
 * unique keys. Otherwise hashes of the keys are collected, at most
 * VERIFY_KEYS_MAX at a time, and large tables are read once for each lot.
 */
#ifndef ROLLCALL_VERIFY_H
#define ROLLCALL_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "manifest.h"
#include "seal.h"

enum {
    VERIFY_SHOWN_MAX = 100,           /* findings about the rows of a part */
    VERIFY_KEYS_MAX = 2 * 1024 * 1024 /* 16 bytes each, twice */
};

struct verify_summary {
    uint64_t parts, rows, findings; /* rows: of each dataset, once */
    char run_id[72];
    uint64_t missing; /* sites that a merged run says it lacks */
};

typedef void verify_finding_fn(void *context, const char *file,
                               const char *text);

/* public_key: the manifest's signature by it is demanded; NULL: one that is
 * there is only to look like one. */
int verify_run(const char *path, const struct signature_key *public_key,
               verify_finding_fn *finding, void *context,
               struct verify_summary *summary, struct error *err);

/* The folder of the run that path stands for; -1 with *err set. */
int verify_open_run(const char *path, struct error *err);

/* The manifest of that folder: of a run, or of one dataset in a Hive layout,
 * which may have been copied to anywhere. */
int verify_load(struct manifest *manifest, int run_fd, struct error *err);
bool verify_is_part(const struct manifest *manifest);

/* `rollcall cat`: the rows of one dataset in a format,
 * all parts in order, header once unless header is false, to a descriptor.
 * Each part's hash is checked while it is read; a mismatch is ERROR_DATA. */
struct cat_options {
    const char *dataset; /* NULL: the only one but for its changes */
    const char *format; /* "csv" (default) or "jsonl" */
    bool header;
};
int cat_run(const char *path, const struct cat_options *options, int fd,
            struct error *err);

#endif
