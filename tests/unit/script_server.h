/*
 * script_server: a TCP server on 127.0.0.1 that plays bytes as written.
 *
 * It says what an HTTP library cannot be made to say: wrong lengths, endless
 * headers, resets. Calling order: server_start(); point requests at
 * server.port; server_stop() joins all threads, then the counters and
 * server.request[] are safe to read. Request number i gets steps[i]; the last
 * step is repeated. Test files include script_server.c, because the Makefile
 * links one file per test.
 */
#ifndef ROLLCALL_SCRIPT_SERVER_H
#define ROLLCALL_SCRIPT_SERVER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    SERVER_CONNECTIONS_MAX = 64,
    SERVER_REQUESTS_MAX = 256,
    SERVER_REQUEST_SIZE = 4096
};

enum script_end { /* after the bytes */
    SCRIPT_KEEP,  /* wait for the next request */
    SCRIPT_CLOSE,
    SCRIPT_RESET,
    SCRIPT_STALL, /* until the client closes */
    SCRIPT_REPEAT /* send `again` until the client closes */
};

struct script_step {
    const char *bytes;
    size_t len;     /* 0: strlen(bytes) */
    enum script_end end;
    const char *again;
    int delay_ms;   /* before the bytes */
    bool unasked;   /* first step only: play it when a client connects */
};

struct server;

struct connection {
    struct server *server;
    pthread_t thread;
    int fd;
};

struct server {
    const struct script_step *steps;
    size_t step_count;
    int listener;
    int port;
    pthread_t thread;
    pthread_mutex_t lock;
    bool stopping;
    struct connection connections[SERVER_CONNECTIONS_MAX];
    int connection_count;
    int request_count;
    int now, most; /* requests being answered, and the most at one time */
    char request[SERVER_REQUESTS_MAX][SERVER_REQUEST_SIZE];
};

struct server *server_start(const struct script_step *steps, size_t count);
void server_stop(struct server *server); /* keeps the counters */
void server_free(struct server *server); /* stops when still running */
int server_requests(struct server *server); /* safe while it runs */

#endif
