/*
 * account_journal: the local record of what was done to accounts.
 *
 * One JSON object a line, appended and fsynced: an "intent" before a request
 * that changes an account is sent, an "outcome" when its state was read back.
 * An intent without an outcome is a request whose fate nobody has seen.
 * Members: at (RFC 3339), phase, verb, via, account_id, host, before, by (the
 * name of the operating system's user), and of an outcome status (of HTTP, or
 * null), after, verdict. Never a secret, a name or an e-mail address.
 *
 * Calling order: account_journal_open() makes the folder (0700) and the file
 * (0600) where they are missing, and refuses what is no plain file, or a link;
 * account_journal_write() for each line; account_journal_close(). When one of
 * the first two fails (ERROR_CANT_CREATE, ERROR_IO), send nothing.
 */
#ifndef ROLLCALL_ACCOUNT_JOURNAL_H
#define ROLLCALL_ACCOUNT_JOURNAL_H

#include <stdint.h>

#include "error.h"

enum { JOURNAL_LINE_MAX = 4 * 1024 };

struct account_record {
    int64_t at;
    const char *verb, *via;
    const char *account_id;
    const char *url;     /* of the endpoint; only its host is written */
    const char *before;  /* "active", "inactive" */
    const char *verdict; /* NULL: an intent, without what follows */
    int status;          /* 0: none came */
    const char *after;   /* NULL: unknown */
};

struct account_journal;

struct account_journal *account_journal_open(const char *path,
                                             struct error *err);
int account_journal_write(struct account_journal *journal,
                          const struct account_record *record,
                          struct error *err);
void account_journal_close(struct account_journal *journal); /* NULL allowed */

#endif
