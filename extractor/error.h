/*
 * error: one mistake, said once, where its subject is known.
 *
 * Calling order: the caller owns a `struct error err = {0}` and passes its
 * address down; the function that detects a problem calls error_set() and
 * returns -1 (or NULL); functions in between return -1 untouched, or call
 * error_prefix() when they know a subject the callee could not; the command
 * prints it once and exits with error_exit_code().
 *
 * Text: lower case, subject first, no full stop. A hint is a full cure the
 * user can act on. Nothing is allocated, so running out of memory can be
 * reported too; text beyond the arrays is cut.
 *
 * The kinds are the whole catalogue; each has one exit code (sysexits.h
 * numbers; a scheduler may treat every code it does not know as failure).
 */
#ifndef ROLLCALL_ERROR_H
#define ROLLCALL_ERROR_H

#include <stdarg.h>
#include <stdbool.h>

enum { ERROR_TEXT_MAX = 1024, ERROR_HINT_MAX = 1024 };

enum error_kind {
    ERROR_NONE,        /* 0 */
    ERROR_USAGE,       /* 64: command line */
    ERROR_DATA,        /* 65: data not trustworthy, nothing published */
    ERROR_NO_INPUT,    /* 66: an input file is missing */
    ERROR_UNAVAILABLE, /* 69: source unavailable after retries */
    ERROR_BUG,         /* 70: broken invariant, or out of memory */
    ERROR_CANT_CREATE, /* 73: cannot create an output */
    ERROR_IO,          /* 74: reading or writing failed */
    ERROR_TRY_LATER,   /* 75: locked, or the run's time budget is spent */
    ERROR_AUTH,        /* 77: authentication or permission */
    ERROR_CONFIG,      /* 78: job, mapping or source definition wrong */
    ERROR_INTERRUPTED, /* 130, but main ends by the signal that came */
    ERROR_KIND_COUNT
};

struct error {
    enum error_kind kind;
    char text[ERROR_TEXT_MAX];
    char hint[ERROR_HINT_MAX];
    bool usual;  /* the hint is of error_usual(): a better one replaces it */
    bool closed; /* a later error was refused, and so is the hint it brings */
};

/* Records the first error; later calls on the same struct change nothing, so
 * clean-up code cannot hide the cause. Returns -1 always. */
int error_set(struct error *err, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for a call of the system that failed with errno `cause`: puts ": "
 * and the system's words behind the text, and hints at the usual cure. */
int error_system(struct error *err, enum error_kind kind, int cause,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Attaches a cure to the error just set. Returns -1 always. */
int error_hint(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same for the cure that most often helps: error_hint() of a caller, who
 * knows what the failure means, replaces it. Returns -1 always. */
int error_usual(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Takes over another error with kind, text and hint, by the rule of
 * error_set(): the first one stays. Returns -1 always. */
int error_pass(struct error *err, const struct error *from);

/* Puts "subject: " before the text of an error that is set. Returns -1. */
int error_prefix(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "out of memory", as ERROR_BUG. Returns -1. */
int error_no_memory(struct error *err);

void error_clear(struct error *err);

/* 0 for ERROR_NONE, else the sysexits number of the kind. */
int error_exit_code(const struct error *err);

/* Short stable name of a kind for logs and --result-json, e.g. "auth". */
const char *error_kind_name(enum error_kind kind);

#endif
