/*
 * log: what happened, one line an event, on stderr.
 *
 * Text form, in a file or pipe, and on a terminal:
 *   2026-11-23T02:00:00Z warn  retry jira_users: 429, again in 2.1 s
 *   warn: retry: jira_users: 429, again in 2.1 s
 * Of one of several sites its name stands before the message: "acme: …".
 * A line break in a message is followed by blanks, so that no text of a server
 * can pass for a line of its own.
 * JSON form, one object a line with stable member names:
 *   {"ts":"…","level":"info","event":"page","run":"…","site":"…",
 *    "message":"…"}
 * It is JSON whatever the message holds. README lists members and events; a
 * test holds the list against the calls.
 * Never pass a secret, a name, an e-mail or a response body to a log call;
 * account ids and user keys are allowed.
 */
#ifndef ROLLCALL_LOG_H
#define ROLLCALL_LOG_H

#include <stdbool.h>
#include <stdio.h>

#include "clock.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

enum { LOG_SITE_MAX = 40 };

struct log {
    FILE *out;
    enum log_level level; /* lines above this level are dropped */
    bool json;
    bool terminal;        /* text form for a person: no time */
    bool color;           /* text form only */
    const char *run_id;   /* NULL until the run has one */
    char site[LOG_SITE_MAX]; /* whose run it is, where there are several */
    struct clock clock;
    uint64_t *warnings; /* counts lines of LOG_WARN, dropped or not; or NULL */
    /* Called before a line is written and before it is flushed, for who draws
     * on the same stream; NULL: nobody does. */
    void (*around)(void *context, bool before);
    void *around_context;
};

/* event: a short stable word such as "page", "retry", "publish". */
void log_line(const struct log *log, enum log_level level, const char *event,
              const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Text laid out for a person, as it is; not for the JSON form. It must hold
 * nothing that a server said. */
void log_text(const struct log *log, enum log_level level, const char *text);

#endif
