/*
 * exchange_internal: what the exchange*.c files share. Nobody else includes it.
 *
 * A task is one submitted request until it is answered; a lane is all that
 * happens at one endpoint. exchange.c owns them and runs the loop,
 * exchange_lane.c says which task is next, exchange_reply.c acts on what came
 * back, exchange_verdict.c puts it into words, exchange_replay.c answers from
 * a recording.
 */
#ifndef ROLLCALL_EXCHANGE_INTERNAL_H
#define ROLLCALL_EXCHANGE_INTERNAL_H

#include "exchange.h"
#include "rate.h"
#include "secret.h"

enum {
    TASK_CAUSES_MAX = 8, /* different reasons told in the final error */
    CAUSE_TEXT_MAX = 64,
    DURATION_TEXT_MAX = 32
};

struct task_cause {
    char text[CAUSE_TEXT_MAX];
    unsigned times;
};

struct task {
    struct task *next;
    struct exchange *exchange;
    struct lane *lane;
    struct exchange_request request; /* path_query and body are owned */
    exchange_done_fn *done;
    void *context;
    uint64_t order;     /* of submission */
    int attempts;       /* put on the wire so far */
    int64_t first_ms;   /* when the first attempt was */
    int64_t sent_ms;    /* when the last attempt was */
    int64_t due_ms;     /* not before this */
    int64_t idle_ms;    /* since when it is held back; -1: it is not */
    struct task_cause causes[TASK_CAUSES_MAX];
    size_t cause_count;
};

/* Tasks that were sent before go first, and at most `concurrency` tasks of a
 * lane are begun: an endpoint in trouble does not meet ever more requests. */
struct lane {
    const struct endpoint *endpoint;
    struct secret secret;
    struct rate rate;
    struct task *queue, **queue_end; /* never sent, in order of submission */
    struct task *again;              /* waiting for a retry, same order */
    int begun;                       /* on the wire or waiting for a retry */
    int64_t rate_ms;                 /* held back by the rate until then */
};

struct exchange {
    struct exchange_options options;
    struct http *http;
    struct lane *lanes; /* one for each endpoint of the job */
    size_t lane_count;
    struct task *sent; /* on the wire */
    uint64_t submitted, left;
    uint64_t random;
    int64_t deadline_ms;
    struct buf replayed; /* body of the answer at hand */
    struct error *err; /* of the exchange_run() under way */
    bool failed;
};

int64_t exchange_now(const struct exchange *exchange);

/* Whether the run is to end here: ERROR_INTERRUPTED, ERROR_TRY_LATER. */
int exchange_check_end(const struct exchange *exchange, struct error *err);

/* exchange_lane.c */
void lanes_init(struct exchange *exchange);
struct lane *lane_of(struct exchange *exchange,
                     const struct endpoint *endpoint);
void task_queue(struct lane *lane, struct task *task);
void task_queue_again(struct lane *lane, struct task *task);

/* The task to send now, taken out of its list, with its token of the rate; or
 * NULL when none may go. */
struct task *lanes_take(struct exchange *exchange, int64_t now_ms);

/* When lanes_take() may find a task that time alone holds back; INT64_MAX:
 * there is none. */
int64_t lanes_wake_ms(const struct exchange *exchange, int64_t now_ms);

/* exchange_reply.c: an http_done_fn; context is the task. */
void exchange_reply(void *context, struct http_reply *reply);
/* Gives the answer to `done`, records it, and frees the task. */
void exchange_deliver(struct task *task, const struct exchange_answer *answer);

/* exchange_replay.c: answers the next request from the recording. */
int exchange_replay(struct exchange *exchange, struct error *err);
void task_free(struct task *task); /* NULL allowed */

/* False when a JSON text stops before its brackets or its string are closed,
 * or holds nothing. Whether it is JSON otherwise is not looked at. */
bool verdict_whole(const char *text, size_t len);

/* Whether `done` gets this reply. */
bool verdict_deliver(const struct exchange_request *request,
                     const struct http_reply *reply);

/* Why an attempt failed, in words that are the same each time, e.g. "429 Too
 * Many Requests", "timed out". */
void verdict_cause(const struct http_reply *reply, char out[CAUSE_TEXT_MAX]);

/* The error for a reply that neither `done` gets nor a retry may cure. */
int verdict_refuse(const struct exchange_request *request,
                   const struct http_reply *reply, struct error *err);

/* Counts a failed attempt, and the error when there will be no other. */
void verdict_count(struct task *task, const struct http_reply *reply);
int verdict_gave_up(const struct task *task, int64_t now_ms,
                    int64_t retry_after_ms, struct error *err);

/* "45s", "15m0s", "6h0m0s". */
void verdict_duration(int64_t ms, char out[DURATION_TEXT_MAX]);

/* The path without the query, which may hold names. */
int verdict_path_len(const char *path_query);

#endif
