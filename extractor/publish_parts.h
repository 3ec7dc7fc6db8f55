/*
 * publish_parts: folders and markers below publish.c. Private to
 * publish*.c. Names in error texts are relative to the output directory.
 */
#ifndef ROLLCALL_PUBLISH_PARTS_H
#define ROLLCALL_PUBLISH_PARTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"
#include "manifest.h"

enum publish_entry {
    ENTRY_FAILED = -1,
    ENTRY_ABSENT,
    ENTRY_FOLDER,
    ENTRY_OTHER
};

/* What NAME is, without following a link; ENTRY_FAILED with *err set when
 * that cannot be told, which is never taken for absent. */
enum publish_entry publish_entry(int dir_fd, const char *name,
                                 struct error *err);

/* Removes the folder NAME and the files in it; never follows a link, never
 * goes into a folder inside it. Absent: done. */
int publish_remove(int dir_fd, const char *name, struct error *err);

/* Removes every entry of the directory whose name begins with prefix. */
int publish_remove_prefixed(int dir_fd, const char *prefix, struct error *err);

/* Points OUT/latest at the run, unless one with a later as-of is there. */
int publish_latest(int out_fd, const char *run_id, int64_t as_of,
                   struct error *err);

/* Fails unless OUT/latest is absent or a symbolic link. */
int publish_check_latest(int out_fd, struct error *err);

struct publish_done {
    const char *run_id, *dataset;
    int64_t as_of;
    uint64_t rows;
    const char *manifest_sha256;
    mode_t mode;
};

int publish_write_done(int out_fd, const struct publish_done *done,
                       struct error *err);

/* DATASET_YYYYMMDD_RUNID.FORMAT.manifest for each dataset and format. */
int publish_write_redshift(int out_fd, const struct manifest *manifest,
                           const char *url, mode_t mode, struct error *err);

/* Of the run's manifest, for its done files. */
int publish_hash_manifest(int run_fd, char hex[DIGEST_HEX_SIZE],
                          struct error *err);

/* Whether the run has its manifest's signature by this key: what is still to
 * be set must not speak for another's. key NULL: not asked. */
int publish_check_seal(int run_fd, const char *run_id,
                       const struct signature_key *key, struct error *err);

/* Removes the done files of a run that is about to be replaced, and then what
 * else stands beside it under its name. */
int publish_remove_done(int out_fd, const char *run_id, struct error *err);

#endif
