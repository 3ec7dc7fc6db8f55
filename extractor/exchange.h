/*
 * exchange: requests with retries, rates and bounds, above http.
 *
 * Calling order: exchange_new(); exchange_submit() for each request;
 * exchange_run() until every submitted request was answered. `done` is called
 * once a request, from exchange_run(), with a whole JSON answer, and may
 * submit more; when it returns -1 (with *err set) the run stops. At most
 * `concurrency` exchanges are on the wire; the rest wait in order of
 * submission. An endpoint's rate, pauses after 429, backoff and the run's
 * deadline are kept here.
 *
 * What `done` never sees: a failed, redirected, non-JSON or refused answer.
 * They end the run with an error that names source and endpoint:
 *   401, 3xx, HTML or another type than JSON   ERROR_AUTH, hint: token
 *   no access token to be had (OAuth)          ERROR_AUTH or _UNAVAILABLE
 *   its rotated refresh token cannot be kept   ERROR_CANT_CREATE, ERROR_IO
 *   403                                        ERROR_AUTH, hint: permission
 *                                              and scopes of the source
 *   400, 404, other 4xx                        ERROR_DATA; 404 names the
 *                                              source file to edit
 *   another 2xx than 200, above a ceiling      ERROR_DATA
 *   407, a proxy's refusal, unreadable ca_file ERROR_CONFIG
 *   certificate, no HTTP                       ERROR_UNAVAILABLE
 *   transient, retries used up                 ERROR_UNAVAILABLE, with each
 *                                              different cause once
 *   run_for passed                             ERROR_TRY_LATER
 *   *stop set                                  ERROR_INTERRUPTED
 * unless the request lists the status in `accept`: then `done` gets it.
 *
 * A request for a document gets its body as a page that was parsed, by the
 * worker where there is one, while other answers come in. Pages are given in
 * the order in which their bodies came.
 *
 * With a recording to replay nothing is put on the wire, no secret is loaded
 * and no rate is kept.
 *
 * A request that changes something is submitted with `once`: it is repeated
 * only after 429, which says that it was not processed. Where the outcome
 * stays unknown (no whole answer, 408, 409, 425, 5xx) `done` gets it, with
 * the status 0 when there was no whole answer.
 *
 * With OAuth an endpoint's first request waits for an access token, asked of
 * auth.token_url. It is renewed before it ends, and when a request gets a 401 on
 * the way (once for each, unless the 401 names a missing scope or another request
 * has shown that the token was good). A rotated refresh
 * token is on disk before the access token is used, see token_file.h; an
 * exchange that stops waits up to 30 s for one that is under way.
 */
#ifndef ROLLCALL_EXCHANGE_H
#define ROLLCALL_EXCHANGE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clock.h"
#include "error.h"
#include "http.h"
#include "job.h"
#include "log.h"
#include "page.h"
#include "recording.h"
#include "source.h"
#include "worker.h"

struct exchange_stats { /* of one source; the caller zeroes it */
    uint64_t requests;  /* put on the wire, retries included */
    uint64_t retries;
    uint64_t wire_bytes, body_bytes;
    int64_t waited_ms;  /* for rates, Retry-After and backoff, summed */
};

struct exchange_request {
    const struct endpoint *endpoint; /* of the job; auth and rate */
    const struct source *source;     /* for texts and hints */
    const char *path_query;          /* "/rest/api/3/…?a=b", encoded; copied */
    const char *body;                /* JSON text or NULL; copied */
    const char *method;
    const int *accept;               /* statuses given to done; ended by 0;
                                        NULL: none */
    bool once;                       /* never sent again blindly, see above */
    struct exchange_stats *stats;    /* NULL: not counted */
    bool document;                   /* a 200 is given as a page */
    const struct json_select *select; /* of its document; NULL: everything */
};

struct exchange_answer {
    int status;       /* 200, or one of `accept`; `once`: or unknown outcome */
    const char *body; /* NUL terminated; valid during done. NULL with a page */
    size_t len;
    struct page *page; /* of a request for a document, valid during done unless
                          `kept` is set in it; then exchange_page_back() */
};

typedef int exchange_done_fn(void *context,
                             const struct exchange_answer *answer,
                             struct error *err);

struct exchange_options {
    const struct job *job;
    bool allow_commands;   /* secrets by command: the job came with -c */
    const struct log *log;
    struct clock clock;
    const volatile sig_atomic_t *stop; /* NULL: never */
    uint64_t seed;         /* of the jitter */
    const struct http_limits *limits;  /* NULL: production's */
    int64_t retry_base_ms;             /* 0: RETRY_BASE_MS */
    struct recording *record; /* keeps every answer that `done` gets, or NULL */
    struct recording *replay; /* answers instead of the network, or NULL */
    struct worker *worker;    /* reads large pages beside the caller; NULL: they
                                 are read by the caller */
    /* Called in every turn of exchange_run(), so ten times a second at least,
     * to show how far things are; it must not call the exchange but for
     * exchange_wait(). NULL: nobody looks. */
    void (*tick)(void *context);
    void *tick_context;
};

struct exchange;

/* Loads the secrets of the job's endpoints on first use of each and wipes them
 * in exchange_free(). The job outlives the exchange. */
struct exchange *exchange_new(const struct exchange_options *options,
                              struct error *err);
void exchange_free(struct exchange *exchange); /* NULL allowed */

int exchange_submit(struct exchange *exchange,
                    const struct exchange_request *request,
                    exchange_done_fn *done, void *context, struct error *err);

/* A page that was kept, back for the next answer. */
void exchange_page_back(struct exchange *exchange, struct page *page);

/* Milliseconds until run_for has passed; INT64_MAX: it has no end. */
int64_t exchange_time_left(const struct exchange *exchange);

/* Returns when nothing is left, or -1 at the first error; what was still
 * under way is then abandoned without calling done, and the exchange is good
 * for exchange_free() only. limits.run_for counts from exchange_new(). */
int exchange_run(struct exchange *exchange, struct error *err);

/* After an error: forgets all requests, keeps secrets, access tokens and rates,
 * and is good for submitting again. */
int exchange_recover(struct exchange *exchange, struct error *err);

/* What is known of an endpoint's credential once it was used. */
struct exchange_credential {
    int64_t expiry;     /* an instant, see expiry.h; EXPIRY_UNKNOWN */
    const char *scopes; /* of the access token, blanks in between; NULL: not
                           told; valid until the next exchange_run() */
    int refused;        /* status that ended the last exchange_run(); 0: none */
};
void exchange_credential(const struct exchange *exchange,
                         const struct endpoint *endpoint,
                         struct exchange_credential *credential);

/* What holds back the requests of a source just now. */
enum exchange_hold {
    EXCHANGE_FREE,    /* nothing does, or it has none */
    EXCHANGE_RATE,    /* its endpoint's rate */
    EXCHANGE_ASKED,   /* the server asked the endpoint to wait: Retry-After */
    EXCHANGE_BACKOFF  /* all it has under way failed and is to be sent again */
};

enum { EXCHANGE_CAUSE_MAX = 64 };

struct exchange_wait {
    enum exchange_hold hold;
    int64_t until_ms;  /* monotonic */
    int attempt;       /* that comes next; of BACKOFF */
    char cause[EXCHANGE_CAUSE_MAX]; /* "429 Too Many Requests"; "": not known */
};
void exchange_wait(const struct exchange *exchange,
                   const struct endpoint *endpoint,
                   const struct source *source, struct exchange_wait *wait);

/* For long work between requests: ERROR_INTERRUPTED when *stop is set. */
int exchange_check_stop(const struct exchange *exchange, struct error *err);

#endif
