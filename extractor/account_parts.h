/*
 * account_parts: what the account*.c files share. Private to module account.
 */
#ifndef ROLLCALL_ACCOUNT_PARTS_H
#define ROLLCALL_ACCOUNT_PARTS_H

#include "account.h"
#include "exchange.h"
#include "template.h"

enum verdict {
    VERDICT_PENDING, /* to be sent, or in the end: not sent */
    VERDICT_DONE,
    VERDICT_ALREADY,
    VERDICT_REFUSED,
    VERDICT_FAILED,
    VERDICT_NOT_CONFIRMED,
    VERDICTS
};

struct account_entry {
    const char *id;
    const char *name, *email; /* as read back; may be NULL */
    bool looked;              /* its state was asked for */
    bool own;
    const char *url, *path; /* of the request that would change it */
    const char *body;       /* or NULL */
    bool sent;
    int status; /* its answer's; 0: none */
    enum account_state before, after;
    enum verdict verdict;
    enum error_kind kind; /* of what is not as wished */
    const char *reason;   /* NULL: nothing to add */
};

struct account_run {
    struct account_options options;
    const struct endpoint *endpoint;
    struct exchange *exchange;
    struct account_entry *entries;
    size_t count;
    const char **own; /* account ids */
    size_t own_count;
    bool own_told; /* it is known whose login changes the accounts */
    bool applied;
    struct arena arena;
};

/* Path and body of a request about an account, appended. */
int account_fill(const struct account_run *run, const char *id,
                 const struct account_request *from, struct buf *path,
                 struct buf *body, struct error *err);

/* account_ask.c. Each returns -1 when the exchange has ended with *err. */
int account_ask_own(struct account_run *run, struct error *err);

/* What a question about the state of an account found. */
struct account_seen {
    enum account_state state;
    const char *name, *email;
    enum error_kind kind; /* of why it is unknown */
    const char *reason;
};
int account_ask_state(struct account_run *run, const char *id,
                      struct account_seen *seen, struct error *err);

/* Sends the request of an entry, once, and fills sent, status and reason. */
int account_send(struct account_run *run, struct account_entry *entry,
                 struct error *err);

const char *account_verdict_name(const struct account_run *run,
                                 const struct account_entry *entry);

#endif
