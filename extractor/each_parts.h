/*
 * each_parts: what each.c (whom to ask), each_request.c (asking) and
 * each_keep.c (answers of earlier runs, and what the log is told) share.
 * Private to each*.c.
 */
#ifndef ROLLCALL_EACH_PARTS_H
#define ROLLCALL_EACH_PARTS_H

#include "digest.h"
#include "each.h"
#include "state_answers.h"

/* One source being asked. */
struct each {
    const struct each_options *options;
    const struct gather_options *gather;
    const struct setup_source *entry;
    unsigned index; /* of the source among the lists of the run */
    struct source_report *report;

    struct account **accounts; /* to ask about, ascending by id */
    size_t count, capacity;
    size_t next;     /* to be submitted */
    size_t answered; /* of count */
    uint64_t heard;  /* answers of this run that told something */
    uint64_t known;  /* the same of earlier runs */
    bool forbidden;  /* a 403 was among those that did not */

    char scope[DIGEST_HEX_SIZE];
    struct answers *answers; /* NULL: nothing is kept */
    size_t pending;          /* kept and not committed */
    size_t committed;

    int64_t started_ms, told_ms; /* monotonic */
    size_t told;                 /* answered when the log was told last */
};

/* each.c: what the source says of an account becomes the roster's. */
int each_fill(struct each *each, const struct account *account,
              const struct user *user, struct error *err);

/* each_request.c: asks about all of each->accounts. */
int each_request_all(struct each *each, struct error *err);

/* each_keep.c */
int each_open_answers(struct each *each, struct error *err);
/* Takes out of each->accounts whom an earlier run has asked about. */
int each_use_again(struct each *each, struct error *err);
/* user NULL: the source does not know the account. */
int each_keep(struct each *each, const struct account *account,
              const struct user *user, struct error *err);
/* Commits what may stay, whether the asking failed or not. */
int each_close_answers(struct each *each, struct error *err);

/* each_log.c */
void each_log_start(struct each *each);
void each_log_progress(struct each *each);
void each_log_end(const struct each *each);
/* The asking failed with *err: says how far it came and what is kept. */
void each_log_failure(const struct each *each, struct error *err);

#endif
