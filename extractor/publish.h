/*
 * publish: a run's directory, invisible until it is whole.
 *
 * Calling order: publish_open() takes the lock of the output directory
 * (OUT/.rollcall.lock; held: ERROR_TRY_LATER, naming the holder's pid and
 * run), removes what dead runs left (OUT/.tmp-*), and, unless the run is there
 * and is not to be replaced, makes OUT/.tmp-RUNID; files are written into
 * publish_dir_fd(); publish_commit() fsyncs that directory, renames it to
 * OUT/RUNID, fsyncs OUT, points OUT/latest at it by rename, then writes one
 * done file per dataset, each durable before the call returns;
 * publish_abort() removes the temporary directory. Both free.
 *
 * With replace, an existing OUT/RUNID is exchanged in one rename, and the old
 * one removed when the new one has its markers; where that rename fails (not
 * every file system has it) the old one stays, with its done files. Without
 * it an existing one is an error, because the caller asks publish_exists()
 * first.
 * A crash may come between that rename and the last done file. Then
 * publish_exists() is true for the next run of that id, and publish_complete()
 * sets what is missing from the run's own manifest.
 *
 * Done file: OUT/DATASET_YYYYMMDD_RUNID.done (the day of as_of, UTC), JSON:
 * {"runId", "dataset", "rows", "manifestSha256"}. It is written last; where
 * the manifest asks for companions (companion.h), after those of its
 * dataset. All of them go with their run, done files first.
 *
 * With a redshift_url each dataset and format also has a list of its parts as
 * Redshift's COPY reads it, OUT/DATASET_YYYYMMDD_RUNID.FORMAT.manifest, before
 * the done files: url/RUNID/PART, where deliver puts them.
 *
 * An output directory that was moved, removed or replaced since
 * publish_open() is ERROR_CANT_CREATE at publish_commit().
 *
 * Hive layout (the manifest's "layout"): once the run is visible each dataset
 * gets OUT/dataset=NAME/dt=YYYY-MM-DD/run=RUNID (the day of as_of, UTC) with
 * its parts, which are links to those of the run (copies where the file
 * system has no links), and _manifest.json, the manifest of this dataset
 * alone. A folder is built in OUT/.tmp-_hive and appears by one rename. When
 * all are there each gets an empty _SUCCESS, so one _SUCCESS speaks for the
 * whole run, and the done files come after. A replaced run first loses its
 * done files and _SUCCESS; its folders are exchanged like the run, and what
 * the new run does not have is taken away, each by one rename.
 *
 * A signed run (the manifest's "signature") has manifest.json.sig, written by
 * the caller before publish_commit(). Each of its Hive folders gets
 * _manifest.json.sig, which needs sign_key where a folder is still to be made.
 *
 * "latest" never moves back to a run of an earlier as-of time. Symbolic links
 * in place of the run's or the temporary directory are refused.
 */
#ifndef ROLLCALL_PUBLISH_H
#define ROLLCALL_PUBLISH_H

#include <stdbool.h>
#include <sys/types.h>

#include "beside.h"
#include "error.h"
#include "lock.h"
#include "manifest.h"

struct publish;

struct publish_options {
    const char *out_dir; /* made, with parents, when missing */
    const char *run_id;  /* [A-Za-z0-9][A-Za-z0-9._-]{0,63} */
    mode_t file_mode, dir_mode;
    bool replace;
    const struct signature_key *sign_key; /* of a signed run's Hive folders;
                                             it outlives the publish */
    const char *redshift_url; /* where the parts will lie, or NULL */
};

struct publish *publish_open(const struct publish_options *options,
                             struct error *err);
bool publish_exists(
    const struct publish *publish);                /* OUT/RUNID/manifest.json */
int publish_out_fd(const struct publish *publish); /* OUT itself */
/* Where files go; -1 when the run is there and is not to be replaced. */
int publish_dir_fd(const struct publish *publish);
int publish_commit(struct publish *publish, struct error *err);
/* For an OUT/RUNID that exists already: points latest at it and writes its
 * done files, as publish_commit() does; with a sign_key the run must be signed
 * by it. Frees. */
int publish_complete(struct publish *publish, struct error *err);
void publish_abort(struct publish *publish); /* NULL allowed */

/* The lock alone, for who takes runs away: a descriptor, closed to release it,
 * or -1 (ERROR_TRY_LATER when it is held). who stands for the run. */
int publish_hold(int out_fd, const char *who, struct error *err);

/* Under the lock: removes a run, its done files and Hive folders: done files
 * and _SUCCESS first, then the Hive folders and last the run, each by a rename
 * to .tmp-…, which is deleted; at no moment is there less than the whole run
 * under its name. What is no plain file in it is not
 * removed and an error; the caller looks before. "latest" is left alone. */
int publish_retire(int out_fd, const char *run_id, struct error *err);

/* Under the lock: removes what dead runs left (.tmp-*). */
int publish_sweep(int out_fd, struct error *err);

/* Whether the lock is held, without touching it (/proc/locks), and what its
 * holder wrote: "pid 1 run R". A holder this process may not see is missed. */
enum { PUBLISH_HOLDER_MAX = LOCK_HOLDER_MAX };
bool publish_holder(int out_fd, char text[PUBLISH_HOLDER_MAX]);

/* Names of the files beside the runs. */
#define PUBLISH_LOCK_NAME   ".rollcall.lock"
#define PUBLISH_LATEST_NAME "latest"
/* And in a Hive folder. */
#define PUBLISH_SUCCESS_NAME "_SUCCESS"
#define PUBLISH_HIVE_RUN     "run="
enum {
    PUBLISH_RUN_ID_MAX = MANIFEST_RUN_ID_MAX,
    PUBLISH_DONE_NAME_MAX = BESIDE_NAME_MAX,
    PUBLISH_HIVE_PATH_MAX = 256
};

/* The done file's name; -1 when it would be too long. */
int publish_done_name(const char *dataset, int64_t as_of, const char *run_id,
                      char out[PUBLISH_DONE_NAME_MAX]);

/* A dataset's Hive folder, relative to OUT; -1 when it would be too long. */
int publish_hive_path(const char *dataset, int64_t as_of, const char *run_id,
                      char out[PUBLISH_HIVE_PATH_MAX]);

/* As manifest_run_id_valid(), and not "latest". */
bool publish_run_id_valid(const char *run_id);

#endif
