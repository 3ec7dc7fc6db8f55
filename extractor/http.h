/*
 * http: one exchange at a time or several at once, over HTTP and for files
 * that are delivered over SFTP. Sole owner of libcurl.
 *
 * Calling order: http_global_init() once in main before anything else;
 * http_new(); http_start() for each request; http_wait() again and again: it
 * moves bytes and calls `done` for each exchange that ended, from the calling
 * thread; http_free(). `done` may call http_start(). Connections are reused.
 *
 * Rules kept here: https, or http to a loopback address only; TLS verified;
 * redirects never followed; ceilings on header and decoded body bytes that
 * hold for chunked and compressed bodies too; time limits for connecting, for
 * a stalled body and for the whole; NOSIGNAL; gzip asked for. Credentials are
 * given to libcurl's own options, never formatted into a text of ours, and go
 * only to the URL's host.
 *
 * SFTP: the server's key is always checked, against a file of known hosts or a
 * fingerprint; http_start_sftp() refuses to go without. libcurl has it by
 * libssh2, which neither offers an RSA key in a form today's servers take nor
 * renames onto a file that is there.
 *
 * Bodies that are sent from a file are read as they go, never held in memory.
 */
#ifndef ROLLCALL_HTTP_H
#define ROLLCALL_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "error.h"

enum {
    HTTP_BODY_MAX = 64 * 1024 * 1024, /* decoded bytes of one body */
    HTTP_HEADER_MAX = 64 * 1024,      /* all header bytes of one answer */
    HTTP_CONNECT_TIMEOUT_MS = 20 * 1000,
    HTTP_STALL_SECONDS = 60,          /* fewer than HTTP_STALL_BYTES/s */
    HTTP_STALL_BYTES = 16,
    HTTP_TOTAL_TIMEOUT_MS = 10 * 60 * 1000,
    HTTP_FILE_TIMEOUT_MS = 6 * 60 * 60 * 1000, /* the whole, where a file is
                                                  sent or fetched */
    HTTP_DETAIL_MAX = 256
};

enum http_auth_type { HTTP_NO_AUTH, HTTP_BASIC, HTTP_BEARER, HTTP_COOKIE };

struct http_auth {
    enum http_auth_type type;
    const char *user;   /* basic */
    const char *name;   /* cookie */
    const char *secret;
};

/* Bytes of an open file, which stays open until `done`. */
struct http_upload {
    int fd;
    uint64_t offset, length;
};

struct http_request {
    const char *method;           /* "GET", "POST", … */
    const char *url;              /* percent-encoded */
    const char *body;             /* JSON text, or NULL */
    const struct http_upload *upload;  /* the body is this, by PUT; or NULL */
    const char *const *headers;   /* "Name: value", NULL terminated, instead of
                                     those that speak of JSON and gzip; or NULL
                                     */
    const struct http_auth *auth; /* NULL: none */
    const char *ca_file;          /* NULL: the system's */
    bool fresh;                   /* on a connection of its own: libcurl sends
                                     a request again by itself when a reused
                                     connection closes without an answer */
    bool secret_reply;            /* its body is wiped after `done` */
    bool packed;                  /* its body is not decoded, see `gzip` of the
                                     reply */
};

enum http_failure {
    HTTP_NOT_FAILED,
    HTTP_FAILED_TRANSPORT,   /* no connection, broken off, no HTTP, … */
    HTTP_FAILED_CERTIFICATE,
    HTTP_FAILED_CA_FILE,
    HTTP_FAILED_CEILING,     /* body or headers */
    HTTP_FAILED_PROXY,       /* it refused the tunnel; see proxy_status */
    /* Of SFTP only: */
    HTTP_FAILED_HOST_KEY,
    HTTP_FAILED_LOGIN,
    HTTP_FAILED_ACCESS,      /* no permission */
    HTTP_FAILED_ABSENT,      /* no such file */
    HTTP_FAILED_COMMAND,     /* a command after the transfer */
    HTTP_FAILED_DISK         /* the server's is full */
};

struct http_reply {
    bool answered;       /* a complete HTTP answer; else see the next five */
    bool transient;      /* the failure may pass: connection, cut, stall */
    enum http_failure failure;
    const char *cause;   /* short, always the same words, e.g. "timed out" */
    char detail[HTTP_DETAIL_MAX]; /* the cause and what libcurl says of it */
    int proxy_status;
    int status;
    char content_type[128];
    bool json;           /* content type is application/json or …+json */
    bool has_retry_after;
    char retry_after[64];
    char location_host[128]; /* of a redirect, for the error text only */
    uint64_t wire_bytes; /* body bytes before decompression */
    struct buf body;     /* decoded; valid during `done` only, unless it is
                            taken out and an empty one left */
    bool gzip;           /* the body is a gzip member: asked for as `packed` */
    const void *handle;  /* for http_reply_header() */
};

/* Called once for each started exchange. */
typedef void http_done_fn(void *context, struct http_reply *reply);

/* Test servers need shorter times; production passes NULL to http_new(). */
struct http_limits {
    size_t body_max;
    size_t header_max;
    long connect_timeout_ms, stall_seconds, total_timeout_ms;
};

struct http;

int http_global_init(struct error *err);
void http_global_cleanup(void);

struct http *http_new(const char *user_agent, int max_connections,
                      const struct http_limits *limits, struct error *err);
void http_free(struct http *http); /* NULL allowed; abandons what runs */

/* Copies what it needs of the request. Returns 0, or -1 with *err set when
 * the URL is not allowed (ERROR_CONFIG) or memory is out. */
int http_start(struct http *http, const struct http_request *request,
               http_done_fn *done, void *context, struct error *err);

/* A header of the answer; during `done` only. False when it is not there or
 * does not fit. */
bool http_reply_header(const struct http_reply *reply, const char *name,
                       char *out, size_t size);

/* Bytes as they are fetched. 0, or -1 to break off. */
typedef int http_take_fn(void *context, const void *data, size_t len);

struct http_sftp {
    const char *url;         /* of the file, encoded */
    const char *user;
    const char *key_file;    /* private, in a format libssh2 reads */
    const char *passphrase;  /* of it, or NULL */
    const char *known_hosts; /* a file, or NULL: then */
    const char *fingerprint; /* SHA-256 of the key, base64 without padding */
    const struct http_upload *upload; /* NULL: the file is fetched */
    http_take_fn *take;      /* gets what is fetched */
    void *take_context;
    const char *const *after; /* SFTP commands once it is sent ("rename A B"),
                                 NULL terminated, or NULL. A leading '*': its
                                 failure does not matter */
    bool only_after;         /* nothing is sent nor fetched; then url is that
                                of a folder and ends in '/' */
    long file_mode, dir_mode; /* of what is made; folders are made */
};

/* As http_start(). A reply that is `answered` says that all went well; its
 * status is 0. */
int http_start_sftp(struct http *http, const struct http_sftp *request,
                    http_done_fn *done, void *context, struct error *err);

/* Whether text is sftp://HOST[:PORT]/PATH without user, query or fragment, and
 * its path only of letters, digits and /._~=+@,:- which need no quotes in
 * commands. 1, 0, or -1 when memory is out. */
int http_sftp_url_allowed(const char *url);

/* Works until something happened or timeout_ms passed. */
int http_wait(struct http *http, int timeout_ms, struct error *err);
size_t http_running(const struct http *http);

/* Ends the http_wait() under way, or the next one: the one function that
 * another thread may call. */
void http_wake(struct http *http);

/* Whether text may be an endpoint: https, or http with a loopback host
 * (127.0.0.0/8, [::1], localhost); no user part, query or fragment. 1, 0, or
 * -1 when memory is out. */
int http_url_allowed(const char *url);

/* Percent-encodes all but RFC 3986 unreserved characters onto out. */
void http_encode(struct buf *out, const char *text);

/* "libcurl/7.88.1 OpenSSL/3.0…", for --version. */
const char *http_library_version(void);

#endif
