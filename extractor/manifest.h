/*
 * manifest: manifest.json, a Data Package 2.0 descriptor of one run.
 * Source: datapackage.org/standard; compression as its recipe says: `bytes`
 * and `hash` describe the gz file. A file that is not compressed has no
 * "compression". One resource per part. Everything rollcall
 * adds is under names that begin with "x-".
 *
 * Layout of the additions:
 *   resource: "x-dataset", "x-part", "x-rows", "x-uncompressedBytes",
 *             "x-uncompressedHash", "x-maxRecordBytes"
 *   dialect:  "x-headerCase", "x-timeFormat", "x-decimalChar", "x-excelSafe",
 *             "x-byteOrderMark": with them verify can check any dialect
 *   schema:   "x-order": the fields the rows ascend by. A CSV resource names
 *             its fields as its header does
 *   package:  "x-rollcall": {"manifestVersion": 1, "tool", "runId", "asOf",
 *             "verdict": "complete", "layout": "hive" and "signature": "ed25519" where asked for,
 *             "companions": {"lst", "par": whether there are such files
 *             beside the done files, "section"} where there are,
 *             "datasets": [...], "sources": [...],
 *             "keys", "guards", "timings", ...}, from struct run_report
 *             "site": whose run it is, where the job has several
 *   merged run (merge.h): "site" is the first column of every dataset and of
 *             the refused rows; "sites": [{"site", "runId", "asOf",
 *             "manifestSha256", and of that run's manifest "tool",
 *             "jobSha256", "users", "datasets", "sources", "keys", "guards",
 *             "timings"}]; "asOf" is the earliest of theirs. Where a site
 *             lacks, "verdict" is "partial" and "missing": [{"site",
 *             "verdict", "exit"}] says which and why. "omitted":
 *             [{"dataset", "reason"}]: not merged
 *   dataset of changes: "changes": {"of", "baseline": run id or null, then
 *             "reason"; "inserts", "updates", "deletes"}, see changes.h
 * The refused rows are a resource without schema, "x-dataset": "rejects".
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
#include "seal.h"

enum {
    MANIFEST_BYTES_MAX = 64 * 1024 * 1024,
    MANIFEST_VERSION = 1,
    MANIFEST_RESOURCES_MAX = 100000,
    MANIFEST_RUN_ID_MAX = 64
};

#define MANIFEST_NAME      "manifest.json"
#define MANIFEST_PART_NAME "_manifest.json" /* of one dataset alone */
#define REJECTS_DATASET    "rejects"        /* its "x-dataset" */
#define MANIFEST_SITE_COLUMN "site"         /* the first of a merged run */

/* Appends the text, for people (indented), ending with LF. */
int manifest_write(const struct run_report *report, struct buf *out,
                   struct error *err);

/* Writes it and, with a key, its signature into dir_fd, each durable. */
int manifest_store(const struct run_report *report, int dir_fd, mode_t mode,
                   const struct signature_key *key, struct error *err);

struct manifest;

/* The same of one dataset alone, as it lies in a folder of its own: what the
 * run's manifest says, without the parts and counts of other datasets. */
int manifest_write_part(const struct manifest *manifest, const char *dataset,
                        struct buf *out, struct error *err);

struct manifest_resource {
    const char *path, *format, *dataset;
    uint64_t bytes, rows, plain_bytes, longest;
    uint64_t part;
    const char *sha256, *plain_sha256;
    struct csv_dialect dialect; /* CSV resources */
    struct schema schema;       /* no columns: the refused rows */
    const size_t *order;        /* column indexes, see struct dataset_report */
    size_t order_count;
};

struct manifest_dataset {
    const char *name;
    uint64_t rows;
    bool changes; /* it is the changes of another */
};

struct manifest {
    struct json_doc doc; /* owns the texts */
    struct arena arena;
    const char *file; /* its name */
    const char *run_id;
    const char *supersedes; /* NULL: no run was published before */
    bool hive;              /* its datasets lie in a Hive layout as well */
    bool is_signed;         /* a signature stands beside it, see seal.h */
    struct companions companions; /* beside the done files */
    int64_t as_of;
    struct manifest_resource *resources; /* in file order */
    size_t resource_count;
    struct manifest_dataset *datasets;
    size_t dataset_count;
    uint64_t users;
    const char *site;     /* whose run it is, or NULL */
    bool merged;          /* of several sites */
    const char **missing; /* sites it lacks; */
    size_t missing_count; /* 0: the verdict is "complete" */
};

/* Reads manifest.json in dir_fd, strictly: what is missing, ill-typed or
 * names a file outside the folder is ERROR_DATA that names the member; a
 * missing file ERROR_NO_INPUT. On -1 manifest_free() is not needed. */
int manifest_load(struct manifest *manifest, int dir_fd, struct error *err);
/* The same under another name: MANIFEST_PART_NAME. */
int manifest_load_named(struct manifest *manifest, int dir_fd,
                        const char *name, struct error *err);
void manifest_free(struct manifest *manifest);

/* [A-Za-z0-9][A-Za-z0-9._-]{0,63} */
bool manifest_run_id_valid(const char *run_id);

/* Sums over the manifest for the next run's guards: rows of a dataset (by its
 * JSONL or else CSV parts), items of a source. 0 and *found false: unknown. */
uint64_t manifest_rows(const struct manifest *manifest, const char *dataset,
                       bool *found);
uint64_t manifest_source_items(const struct manifest *manifest,
                               const char *source, bool *found);

#endif
