/*
 * publish_hive: the datasets of a visible run in a Hive layout. Private to
 * publish*.c; its rules are told in publish.h.
 */
#ifndef ROLLCALL_PUBLISH_HIVE_H
#define ROLLCALL_PUBLISH_HIVE_H

#include <stdbool.h>
#include <sys/types.h>

#include "error.h"
#include "manifest.h"

/* A run that is visible. */
struct publish_hive {
    int out_fd, run_fd;
    const struct manifest *manifest;
    const struct signature_key *sign_key; /* for a signed run */
    mode_t file_mode, dir_mode;
};

/* Makes what is there of the run what its manifest says: each dataset's folder
 * where it has a Hive layout, then their marks, and nothing else. */
int publish_hive_lay(const struct publish_hive *hive, struct error *err);

/* Takes the marks off all folders of a run id. */
int publish_hive_unmark(int out_fd, const char *run_id, struct error *err);

/* Removes the folders of a run id, each by one rename, but for those of the
 * manifest's datasets; with NULL all. */
int publish_hive_prune(int out_fd, const char *run_id,
                       const struct manifest *keep, struct error *err);

/* Calls visit for each dataset=…/dt=…/run=RUNID, whosever it is: day_fd is
 * the folder it is in, path its name in OUT. A folder that is not readable is
 * an error, what is no folder or a link is passed over. */
typedef int publish_hive_visit(void *context, int day_fd, const char *path,
                               struct error *err);
int publish_hive_each(int out_fd, const char *run_id,
                      publish_hive_visit *visit, void *context,
                      struct error *err);

/* The folder's own name in its path: "run=RUNID". */
const char *publish_hive_name(const char *path);

#endif
