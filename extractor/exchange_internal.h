/*
 * exchange_internal: what the exchange*.c files share. Nobody else includes it.
 *
 * A task is one submitted request until it is answered; a lane is all that
 * happens at one endpoint. exchange.c owns them and runs the loop,
 * exchange_page.c has pages read by the worker, exchange_body.c has their bodies
 * unpacked there,
 * exchange_lane.c says which task is next, exchange_wait.c why none is, exchange_login.c fetches access
 * tokens, exchange_reply.c acts on what came back, exchange_verdict.c judges it
 * and exchange_refusal.c puts it into words, exchange_replay.c answers from a
 * recording.
 */
#ifndef ROLLCALL_EXCHANGE_INTERNAL_H
#define ROLLCALL_EXCHANGE_INTERNAL_H

#include "exchange.h"
#include "oauth.h"
#include "rate.h"
#include "retry.h"
#include "secret.h"
#include "token_file.h"

enum {
    TASK_CAUSES_MAX = 8, /* different reasons told in the final error */
    CAUSE_TEXT_MAX = 64,
    DURATION_TEXT_MAX = 32
};

struct task_cause {
    char text[CAUSE_TEXT_MAX];
    unsigned times;
};

/* What may be wrong with a body that has come. */
enum body_flaw {
    BODY_SOUND,
    BODY_NO_END,  /* JSON without its end */
    BODY_CUT,     /* compressed data without its end */
    BODY_DAMAGED, /* no compressed data */
    BODY_FULL,    /* above its ceiling once it is unpacked */
    BODY_NO_MEMORY
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
    unsigned login;     /* the lane's login it was sent with last */
    int renewals;       /* times a 401 was answered by a new login */
    struct task_cause causes[TASK_CAUSES_MAX];
    size_t cause_count;
    struct buf body;   /* as it came, until it is unpacked into a page */
    bool gzip;         /* it is a member of that */
    size_t body_size;  /* once it is unpacked */
    enum body_flaw flaw;
    struct page *page; /* being read; NULL: none */
    struct recorded_answer recorded; /* of a replay */
};

/* The access token of a lane, with OAuth. Its requests are a task of their own,
 * of a source and an endpoint made up for them, and are no lane's. */
struct login {
    struct task ask;
    struct source source;
    struct endpoint endpoint; /* the lane's, at its token_url */
    struct oauth_grant grant; /* of the newest answer; refresh is not kept */
    unsigned number;          /* of answers so far; 0: there is no token */
    unsigned proved;          /* the newest whose token was taken somewhere */
    bool asked;               /* on the wire */
    int64_t renew_ms;         /* the token is good until then */
    int64_t busy_ms;          /* since when others hold the file; -1: nobody */
    struct token_file file;   /* of AUTH_OAUTH_REFRESH, while asked */
};

/* Tasks that were sent before go first, and at most `concurrency` tasks of a
 * lane are begun: an endpoint in trouble does not meet ever more requests. */
struct lane {
    const struct endpoint *endpoint;
    struct secret secret;
    struct login login;
    struct rate rate;
    struct task *queue, **queue_end; /* never sent, in order of submission */
    struct task *again;              /* waiting for a retry, same order */
    int begun;                       /* on the wire or waiting for a retry */
    int refused;                     /* status of the last refusal; 0: none */
    int64_t rate_ms;                 /* held back by the rate until then */
};

struct exchange {
    struct exchange_options options;
    struct http *http;
    struct lane *lanes; /* one for each endpoint of the job */
    size_t lane_count;
    struct task *sent; /* on the wire */
    struct task *reading, **reading_end; /* bodies that came, in this order */
    size_t reading_count;
    struct task *unread;  /* the first of them that the worker has not got */
    size_t at_worker;     /* those before it */
    struct page *pages; /* to be used again */
    uint64_t submitted, left;
    uint64_t random;
    int64_t deadline_ms;
    struct buf replayed; /* body of an answer that is no page */
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
/* A page that is not one after all: asked for again, or the run's end. */
void exchange_spoilt(struct task *task, const struct http_reply *reply);

/* Pages the worker has at once, and bodies that may wait for it beyond the
 * requests that may be under way: it has one thread, so more would only be
 * memory. */
enum { READING_MAX = 4 };

/* exchange_body.c. What is wrong with a reply whose body is. */
void reply_flaw(struct http_reply *reply, enum body_flaw flaw, size_t bytes);
/* Whether the reply is a page whose body the worker will look at. */
bool reply_is_page(const struct task *task, const struct http_reply *reply);
/* Any other body, at once. */
void reply_unpack(const struct exchange *exchange, struct http_reply *reply);
/* Takes a JSON that stops before its end for a broken connection. */
void reply_distrust(struct http_reply *reply);
/* The body becomes the task's, to be unpacked into a page. */
void body_take(struct task *task, struct http_reply *reply);
/* A page_fill_fn: unpacks it. context is the task; touches its body and
 * flaw. */
int body_fill(void *context, char *room, size_t len, struct error *err);

/* exchange_page.c. A page for the task to fill; NULL when memory is out. */
struct page *reading_page(struct task *task, size_t len, struct error *err);
/* Has the task's page, or its body, read; by the worker when it is large. */
void reading_start(struct task *task);
/* Whether reading_deliver() has something to give. */
bool reading_ready(const struct exchange *exchange);
/* Gives `done` the next page if it has been read by now. One at a time, so that
 * what it makes `done` ask for is sent before the next one is taken. */
void reading_deliver(struct exchange *exchange);
/* The same, waiting for it. */
void reading_wait(struct exchange *exchange);
/* Waits for the worker and drops what it has read. */
void reading_drop(struct exchange *exchange);
void reading_release(struct exchange *exchange);
/* The end of a task: its answer to `done`. */
void task_done(struct task *task, const struct exchange_answer *answer);

/* exchange_replay.c: answers the next request from the recording. */
int exchange_replay(struct exchange *exchange, struct error *err);
void task_free(struct task *task); /* NULL allowed */

void reply_note(const struct task *task, const struct http_reply *reply,
                int64_t now_ms);

/* What is to become of a task that got no usable answer; *asked_ms is what
 * the server asked for, or -1. */
enum retry_verdict task_decide(const struct task *task,
                               const struct http_reply *reply, int64_t now_ms,
                               int64_t *asked_ms, int64_t *delay_ms);
void task_tell_retry(const struct task *task, const struct http_reply *reply,
                     int64_t delay_ms);

/* exchange_login.c. A lane without OAuth is always ready. */
void login_init(struct lane *lane);
void login_release(struct lane *lane);
bool login_ready(const struct lane *lane, int64_t now_ms);

/* Asks for the tokens that are missing or about to end, where requests wait
 * for one; a failure goes to exchange->err when it comes with the answer. */
int logins_tend(struct exchange *exchange, int64_t now_ms, struct error *err);

/* When logins_tend() has something to do that time alone holds back. */
int64_t login_wake_ms(const struct lane *lane);

/* Notes that a token is good when a reply is no 401. */
void login_prove(struct task *task, const struct http_reply *reply);

/* Whether a 401 may be cured by a new login; then the task waits for it. A
 * second time only when the token it was sent with had been good for another
 * request: then it has ended on the way, and does not lack a right. */
bool login_renews(struct task *task, const struct http_reply *reply,
                  int64_t now_ms);

/* Lets a refresh token that is being rotated come home before the end. */
void logins_settle(struct exchange *exchange);

/* exchange_echo.c: whether a server's text holds a good part of the lane's
 * credential, in any of the forms in which it was sent. */
bool echo_in(const char *text, const struct lane *lane);

/* exchange.c: the job when its commands may tell secrets, or NULL. */
const struct job *exchange_commands_of(const struct exchange *exchange);

/* exchange.c: loads the lane's secret when it is not there yet. */
int lane_load_secret(struct exchange *exchange, struct lane *lane,
                     struct error *err);

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
int verdict_refuse(const struct task *task, const struct http_reply *reply,
                   struct error *err);

/* A 401 that a new login does not cure, as Atlassian words it. */
bool verdict_lacks_scope(const struct http_reply *reply);

/* Counts a failed attempt, and the error when there will be no other. */
void verdict_count(struct task *task, const struct http_reply *reply);
int verdict_gave_up(const struct task *task, int64_t now_ms,
                    int64_t retry_after_ms, struct error *err);

/* "45s", "15m0s", "6h0m0s". */
void verdict_duration(int64_t ms, char out[DURATION_TEXT_MAX]);

/* The path without the query, which may hold names. */
int verdict_path_len(const char *path_query);

#endif
