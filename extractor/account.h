/*
 * account: turning accounts on or off, one after another, and proving it.
 *
 * Calling order: account_list_add() and account_list_read() gather the ids;
 * account_new(); account_look() asks who the job itself is and reads the state
 * of each account, which sends nothing that changes anything;
 * account_ready() says whether account_apply() may follow; account_apply();
 * account_text() or account_json() tell it, whatever came of it;
 * account_problem() gives the gravest kind of what is not as wished;
 * account_free().
 *
 * What account_apply() keeps: the journal has an intent on disk before a
 * request is sent and an outcome after; a request is sent once, and repeated
 * only after 429, which says that it was not processed; whatever it is
 * answered, the state read back decides, a few times over some seconds,
 * because Atlassian's lists follow late; an account already as wished is not
 * written to; one of the job's own is never. An account that fails does not
 * stop the rest; a login that is not accepted, an unavailable site, an
 * unwritable journal or a signal does (-1).
 *
 * JSON: {"verb", "via", "endpoint" (url), "applied", "own_accounts": [ids],
 * "accounts": [{"account_id", "display_name", "before", "request": {"method",
 * "url", "body"} or null, "sent", "status", "after", "verdict", "reason"}]}.
 * States are "active", "inactive" or null. The texts hold personal data.
 */
#ifndef ROLLCALL_ACCOUNT_H
#define ROLLCALL_ACCOUNT_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "account_action.h"
#include "account_journal.h"
#include "arena.h"
#include "buf.h"
#include "error.h"
#include "job.h"
#include "log.h"

enum {
    ACCOUNTS_MAX = 1000,
    ACCOUNT_ID_MAX = 128,           /* bytes */
    ACCOUNT_LIST_MAX = 1024 * 1024, /* bytes of a file of ids */
    ACCOUNT_TEXT_MAX = 16 * 1024 * 1024
};

/* Each id once, in the order of mention. A zeroed struct is empty. */
struct account_list {
    const char *ids[ACCOUNTS_MAX];
    size_t count;
    struct arena arena;
};

/* ERROR_USAGE for what cannot be an account id, such as an e-mail address. */
int account_list_add(struct account_list *list, const char *id,
                     struct error *err);
/* One id a line; blank lines and what follows '#' are skipped; "-" is stdin.
 * ERROR_NO_INPUT when there is no such file. */
int account_list_read(struct account_list *list, const char *path,
                      struct error *err);
void account_list_release(struct account_list *list);

struct account_options {
    const struct job *job;
    const struct account_action *action;
    enum account_verb verb;
    const struct account_list *list;
    const char *myself; /* one more own account, "none", or NULL */
    bool allow_commands;
    const struct log *log;
    const volatile sig_atomic_t *stop;
};

struct account_run;

/* ERROR_CONFIG when the job has not what the action needs. */
struct account_run *account_new(const struct account_options *options,
                                struct error *err);
void account_free(struct account_run *run); /* NULL allowed */

int account_look(struct account_run *run, struct error *err);

/* -1 with ERROR_USAGE when an account is the job's own, or when it is not
 * known which is, and --myself does not say. */
int account_ready(const struct account_run *run, struct error *err);

/* How many would be sent, and their names in text. */
size_t account_pending(const struct account_run *run);
void account_names(const struct account_run *run, struct buf *out);

int account_apply(struct account_run *run, struct account_journal *journal,
                  struct error *err);

/* Appends; at most ACCOUNT_TEXT_MAX bytes are ever needed. */
void account_text(const struct account_run *run, struct buf *out);
void account_json(const struct account_run *run, struct buf *out);

/* 0 when every account is as wished, or would be sent; else -1. */
int account_problem(const struct account_run *run, struct error *err);

#endif
