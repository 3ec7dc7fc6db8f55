/*
 * exchange: one request and the answer being built for it.
 *
 * Each connection has its own thread, so an exchange belongs to one thread;
 * only `server` is shared, and its counters are guarded by server->lock.
 */
#ifndef FAKESITE_EXCHANGE_H
#define FAKESITE_EXCHANGE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <microhttpd.h>

#include "keep.h"
#include "oauth.h"
#include "org.h"
#include "scenario.h"
#include "site.h"
#include "text.h"

enum {
    ANSWER_HEADERS_MAX = 16,
    UPLOAD_BYTES_MAX = 1 << 20,
    ADMIN_ROUTES_MAX = 32
};

struct auth {
    char *authorization; /* the header's whole value, or NULL */
    char *cookie_name;
    char *cookie_value;
};

/* Requests to one route within the present minute. */
struct quota {
    int64_t since; /* ms */
    size_t used;
};

struct server {
    const struct site *site;
    struct scenario scenario;
    struct auth auth;
    size_t *listed; /* accounts that /users/search knows, in order */
    size_t listed_count;
    struct org org;
    struct auth admin_auth; /* of /admin and /users */
    struct auth hub_auth;   /* of /gateway */
    bool scoped;   /* the token is good behind the gateway only */
    struct oauth oauth;
    struct keep keep;
    int log_fd;    /* -1: none */
    atomic_bool stopping;
    pthread_mutex_t lock;
    size_t requests; /* guarded, as all below */
    size_t user_requests;
    size_t audit_requests;
    size_t hub_requests;
    size_t event_requests;
    struct quota quotas[ADMIN_ROUTES_MAX];
    int64_t added_at; /* when the scenario's extra records appeared */
};

enum delivery {
    DELIVER_WHOLE,
    DELIVER_CUT,         /* a declared length, half of it sent */
    DELIVER_CUT_CHUNKED, /* half sent, no last chunk */
    DELIVER_STALL,       /* a pause in the middle */
    DELIVER_ENDLESS,
    DELIVER_RESET /* RST, before any byte or after half */
};

struct header {
    char *name;
    char *value;
};

struct answer {
    unsigned status;
    const char *type;
    struct text body;
    struct header headers[ANSWER_HEADERS_MAX];
    size_t header_count;
    enum delivery delivery;
    int stall_ms;
    bool reset_half;
    bool gzipped; /* the body is gzip already */
};

struct parameter {
    char *name;
    char *value;
};

struct exchange {
    struct server *server;
    struct MHD_Connection *connection;
    const char *method;
    char *uri; /* as received */
    char *path;
    struct parameter *query;
    size_t query_count;
    struct text upload;
    char *argument; /* what stood for {id} in the path */
    bool begun;
    size_t number; /* from 1 */
    int64_t started;
    const char *auth; /* ok, bad, none, scope */
    struct rule *rule;
    struct answer answer;
};

struct exchange *exchange_new(struct server *server, const char *uri);
void exchange_free(struct exchange *x);

/* First value of a parameter, or NULL. */
const char *query_get(const struct exchange *x, const char *name);
/* false: the answer is a 400 already. */
bool query_number(struct exchange *x, const char *name, long otherwise,
                  long min, long *value);

void answer_header(struct exchange *x, const char *name, const char *value);
void answer_error(struct exchange *x, unsigned status, const char *message);
/* What a browser session sees when it is over. */
void answer_login_page(struct exchange *x);
void answer_redirect(struct exchange *x, const char *location);
/* Appends ROW to the body, with the commas of an array, as row INDEX of the
 * page; row faults happen here. */
void answer_row(struct exchange *x, size_t index, const struct text *row);

/* ok, bad, or none. */
const char *auth_check(const struct exchange *x, const struct auth *auth);

void serve(struct exchange *x);
void serve_users(struct exchange *x);
void serve_bulk(struct exchange *x);
void serve_myself(struct exchange *x);
void serve_audit(struct exchange *x);
void serve_migration(struct exchange *x);
void serve_server_info(struct exchange *x);
void serve_tenant_info(struct exchange *x);

/* The public row of an account, with the noise real rows carry. */
void user_row(struct server *server, size_t index, struct text *out);

/* Sleeps, but not past the end of the server. */
void nap(struct server *server, int64_t ms);
int64_t clock_ms(void);

void log_request(const struct exchange *x);
enum MHD_Result send_answer(struct exchange *x);

#endif
