/*
 * clean: takes old runs out of an output directory.
 *
 * clean_plan() decides, clean_apply() removes, clean_release(). Both under the
 * lock of the directory, which clean_plan() takes (held: ERROR_TRY_LATER) and
 * clean_release() gives back; a dry run takes nothing and only looks.
 *
 * Kept are: the newest `keep` runs by as-of time; what is younger than
 * older_than_ms; the run `latest` names and the one it superseded, which the
 * next run reads. Left alone, with a reason, is every folder that is not
 * wholly a run: its manifest cannot be read or is of another run, or it, or a
 * Hive folder of it, holds anything the manifest does not list, or no plain
 * file. Folders without a
 * manifest are not looked at. No symbolic link is followed.
 * Removed besides runs: their done files and Hive folders, done files of runs that are gone,
 * and what dead runs left (.tmp-*).
 *
 * An end in the middle, whatever it comes from, leaves whole runs, runs
 * without done file, and .tmp-*, which the next clean or run removes.
 */
#ifndef ROLLCALL_CLEAN_H
#define ROLLCALL_CLEAN_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "error.h"
#include "log.h"

struct clean_options {
    const char *out_dir;
    size_t keep;           /* at least 1 */
    int64_t older_than_ms; /* 0: any age */
    int64_t now;
    bool dry_run;
    const struct log *log;
    const volatile sig_atomic_t *stop;
};

enum clean_kind {
    CLEAN_LEFTOVER, /* .tmp-* */
    CLEAN_RUN,
    CLEAN_DONE,     /* a done file without its run, or a companion of it */
    CLEAN_SKIPPED   /* left alone, for a reason */
};

struct clean_item {
    enum clean_kind kind;
    const char *name;
    const char *reason; /* CLEAN_SKIPPED */
    int64_t as_of;      /* CLEAN_RUN */
    uint64_t bytes;     /* CLEAN_RUN: of its parts */
    bool removed;
};

struct clean {
    struct clean_options options;
    int out_fd, lock_fd;
    struct clean_item *items; /* in the order of removal: oldest run first */
    size_t count, capacity;
    size_t kept;              /* runs */
    struct arena arena;
};

/* clean_release() is needed after either outcome. */
int clean_plan(struct clean *clean, const struct clean_options *options,
               struct error *err);
/* Stops at the first item that cannot be removed. */
int clean_apply(struct clean *clean, struct error *err);
void clean_release(struct clean *clean);

#endif
