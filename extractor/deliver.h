/*
 * deliver: brings a published run to the targets of its job.
 *
 * deliver_run() reads the run's files, holds them against its manifest, and
 * goes through the targets one after the other; each gets a verdict of its
 * own, and none hinders another. Under the lock of the output directory.
 *
 * What is sent: all of the run's folder, its folders in Hive's layout where
 * there are any, and what stands beside it for the run (its done files, and
 * whatever else is named as they are), under the names they have in the output
 * directory. In this order: the parts, other files of the folders, the
 * manifests, what stands beside, the _SUCCESS of Hive folders, last the done
 * files.
 *
 * What is there already, the same by hash, is not sent again; so a delivery
 * that failed or was killed is finished by the next. Where something is
 * missing or differs, a done file that is there is taken away first: it is
 * never there without the rest. Nothing is remembered from call to call.
 *
 * Errors: ERROR_DATA when the run is damaged, and nothing is sent;
 * ERROR_NO_INPUT when there is no such run; ERROR_TRY_LATER when the lock is
 * held. Of the targets: ERROR_UNAVAILABLE after all retries, or when what
 * arrives is not what was sent; ERROR_AUTH when refused; ERROR_CONFIG for a
 * missing secret and the like; ERROR_CANT_CREATE and ERROR_IO for folders.
 */
#ifndef ROLLCALL_DELIVER_H
#define ROLLCALL_DELIVER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "job.h"
#include "log.h"

struct deliver_options {
    const struct job *job;
    const char *out_dir;
    const char *run_id;
    bool allow_commands; /* secrets by command: the job came with -c */
    const struct log *log;
    const volatile sig_atomic_t *stop; /* NULL: never */
};

enum deliver_verdict {
    DELIVER_FAILED,
    DELIVER_SENT,
    DELIVER_ALREADY /* all of it was there */
};

enum { DELIVER_ADDRESS_MAX = 512 };

struct deliver_outcome {
    const struct job_target *target;
    char address[DELIVER_ADDRESS_MAX]; /* where to, without secrets */
    enum deliver_verdict verdict;
    uint64_t files, sent, sent_bytes;  /* of the run; put there by this call */
    struct error error;                /* DELIVER_FAILED */
};

struct deliver_result {
    struct deliver_outcome *outcomes; /* one a target, in the job's order */
    size_t count;
};

/* 0 when each target has the run, else -1 and the gravest error. The result
 * is filled as far as it went, and released in either case. */
int deliver_run(const struct deliver_options *options,
                struct deliver_result *result, struct error *err);
void deliver_release(struct deliver_result *result);

/* "sent", … */
const char *deliver_verdict_word(enum deliver_verdict verdict);

/* Whether a target can be reached and may be asked, with one question that
 * changes nothing; out_dir is not needed. *hidden: it may not be looked at,
 * which does not keep anybody from sending to it. */
int deliver_probe(const struct deliver_options *options,
                  const struct job_target *target, int64_t as_of, bool *hidden,
                  struct error *err);

/* Where a target is, as far as that is known without a run: for plan. */
void deliver_address(const struct job_target *target,
                     char out[DELIVER_ADDRESS_MAX]);

#endif
