/*
 * manifest: manifest.json, a Data Package 2.0 descriptor of one run.
 * Source: datapackage.org/standard; compression as its recipe says: `bytes`
 * and `hash` describe the gz file. One resource per part. Everything rollcall
 * adds is under names that begin with "x-".
 *
 * Layout of the additions:
 *   resource: "x-dataset", "x-part", "x-rows", "x-uncompressedBytes",
 *             "x-uncompressedHash", "x-maxRecordBytes"
 *   package:  "x-rollcall": {"manifestVersion": 1, "tool", "runId", "asOf",
 *             "verdict": "complete", "datasets": [...], "sources": [...],
 *             "keys", "guards", "timings", …}, from struct run_report
 *
 * manifest_load() reads back what verify, cat and the next run need.
 */
#ifndef ROLLCALL_MANIFEST_H
#define ROLLCALL_MANIFEST_H

#include "buf.h"
#include "error.h"
#include "json.h"
#include "reject.h"
#include "report.h"

enum { MANIFEST_BYTES_MAX = 64 * 1024 * 1024 };

#define MANIFEST_NAME "manifest.json"

/* Appends the text, for people (indented), ending with LF. */
int manifest_write(const struct run_report *report, struct buf *out,
                   struct error *err);

struct manifest_resource {
    const char *path, *format, *dataset;
    uint64_t bytes, rows, plain_bytes, longest;
    const char *sha256, *plain_sha256;
    struct csv_dialect dialect; /* CSV resources */
    struct schema schema;
};

struct manifest {
    struct json_doc doc; /* owns the texts */
    struct arena arena;
    const char *run_id;
    int64_t as_of;
    struct manifest_resource *resources; /* in file order */
    size_t resource_count;
    uint64_t users;
};

/* Reads manifest.json in dir_fd, strictly: what is missing or ill-typed is
 * ERROR_DATA; a missing file ERROR_NO_INPUT. */
int manifest_load(struct manifest *manifest, int dir_fd, struct error *err);
void manifest_free(struct manifest *manifest);

/* Sums over the manifest for the next run's guards: rows of a dataset (by its
 * JSONL or else CSV parts), items of a source. 0 and *found false: unknown. */
uint64_t manifest_rows(const struct manifest *manifest, const char *dataset,
                       bool *found);
uint64_t manifest_source_items(const struct manifest *manifest,
                               const char *source, bool *found);

#endif
