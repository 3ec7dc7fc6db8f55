/*
 * state_answers: what a source said of single accounts, kept from run to run.
 *
 * A source that is asked account by account takes hours; a run that ends
 * before its time goes on where it stopped. Answers are kept for one source in
 * one scope: a text that stands for its definition and for where it was asked,
 * so that an answer is never taken for that of another organisation or of
 * other rules. Those older than the source's max_age, or from the future of a
 * clock that was set back, are forgotten when the source's are opened.
 *
 * Calling order: answers_open(); answers_find() and answers_keep() as often as
 * needed, answers_commit() now and then: what was kept after the last one is
 * lost; answers_close(), which accepts NULL. The first answers_keep() after a
 * commit locks the file. ERROR_DATA means that the file is damaged.
 */
#ifndef ROLLCALL_STATE_ANSWERS_H
#define ROLLCALL_STATE_ANSWERS_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "item.h"
#include "state.h"

struct answers_options {
    const char *source; /* its name */
    const char *scope;
    int64_t now; /* instant */
    int64_t max_age_ms;
};

struct answer {
    bool known;       /* the source knows the account */
    int64_t asked_at; /* instant */
    struct user user; /* of a known one; without account id. Its texts die with
                         the next answers_find() */
};

struct answers;

/* What the options point to must outlive the answers. */
struct answers *answers_open(struct state *state,
                             const struct answers_options *options,
                             struct error *err);
void answers_close(struct answers *answers);

/* 1 when there is one, 0 when there is none, -1 with *err set. */
int answers_find(struct answers *answers, const char *account_id,
                 struct answer *answer, struct error *err);

/* In place of an earlier one. The account id of the user is not looked at. */
int answers_keep(struct answers *answers, const char *account_id,
                 const struct answer *answer, struct error *err);
int answers_commit(struct answers *answers, struct error *err);

#endif
