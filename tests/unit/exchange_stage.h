/*
 * exchange_stage: what the tests of exchange share: a job built by hand whose
 * endpoints are scripted servers, and a `done` that notes its calls. Change
 * job and options between stage_new() and the first submit(). Test files
 * include exchange_stage.c, because the Makefile links one file per test.
 */
#ifndef ROLLCALL_EXCHANGE_STAGE_H
#define ROLLCALL_EXCHANGE_STAGE_H

#include <signal.h>

#include "exchange.h"
#include "script_server.h"

#define JSON       "Content-Type: application/json\r\n"
#define OK_REPLY   "HTTP/1.1 200 OK\r\n" JSON "Content-Length: 2\r\n\r\n{}"
#define NO_BODY    "Content-Length: 0\r\n\r\n"
#define COUNT(a)   (sizeof(a) / sizeof((a)[0]))
#define SECRET     "s3cr3t-token"
#define PATH       "/rest/api/3/users/search"
#define NAME_QUERY "?q=jane.doe%40acme.com"

enum { CALLS_MAX = 64, BASE_MS = 2, URL_SIZE = 64 };

/* A job with two endpoints, each a scripted server, and one source. */
struct stage {
    struct server *server, *second;
    char url[URL_SIZE], second_url[URL_SIZE];
    struct endpoint endpoints[2];
    struct job job;
    struct source source;
    struct exchange_options options;
    struct exchange *exchange;
    struct exchange_stats stats;
    struct log log;
    char *log_text;
    size_t log_size;
    int64_t began_ms;
    struct error err;
};

/* The context of one submitted request. */
struct call {
    struct stage *stage;
    int number;
};

/* What `done` was called with, in order. */
struct calls {
    int count;
    int number[CALLS_MAX];
    int status[CALLS_MAX];
    int64_t at_ms[CALLS_MAX];
    int fail_at; /* call number that returns -1; 0: none */
};

extern struct calls calls;
extern const struct http_limits quick;
extern const struct script_step ok_steps[1];
extern volatile sig_atomic_t stop;

int64_t elapsed(const struct stage *stage);
struct stage *stage_new(const struct script_step *steps, size_t count);
void close_down(struct stage *stage);
void stage_free(struct stage *stage);
int note_call(void *context, const struct exchange_answer *answer,
              struct error *err);
struct call *submit_to(struct stage *stage, int endpoint, int number,
                       const int *accept);
void submit(struct stage *stage, int count);
int run(struct stage *stage);
void assert_ran(struct stage *stage);
void assert_discreet(const struct stage *stage);
void assert_has(const char *text, const char *part);
int set_up(void **state);
int tear_down(void **state);

#endif
