/*
 * http_stage: what the tests of http share: a client with short limits, one
 * request at a time, and what is left of its reply. Test files include
 * http_stage.c, because the Makefile links one file per test.
 */
#ifndef ROLLCALL_HTTP_STAGE_H
#define ROLLCALL_HTTP_STAGE_H

#include "http.h"
#include "script_server.h"

#define JSON_HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
#define OK_REPLY  JSON_HEAD "Content-Length: 2\r\n\r\n{}"
#define STEPS(s)  (s), sizeof(s) / sizeof((s)[0])

enum { BODY_MAX = 100 * 1000, HEADER_MAX = 8 * 1000, URL_SIZE = 256 };

/* What is left of a reply after `done`. */
struct seen {
    int calls;
    struct http_reply reply;
    char body[256];
    size_t body_len;
};

void keep(void *context, struct http_reply *reply);
struct http *client(int connections);
void wait_all(struct http *http);
void start(struct http *http, const struct http_request *request,
           struct seen *seen);
const char *url_of(const struct server *server, const char *path);
void get(struct http *http, const char *url, struct seen *seen);
struct seen get_step(struct script_step step);
struct seen get_bytes(const char *bytes);
void assert_failed(struct seen seen, const char *cause, bool transient);
int set_up(void **state);
int tear_down(void **state);

#endif
