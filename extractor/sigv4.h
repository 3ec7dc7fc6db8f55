/*
 * sigv4: signs a request as S3 and what speaks its language ask for it.
 *
 * AWS Signature Version 4, in the header Authorization. Source: Amazon S3 API
 * reference, "Authenticating Requests: Using the Authorization Header". The
 * path is encoded once, as S3 alone has it. Pure: the time is given.
 *
 * Every header that is given is signed; host, x-amz-date (sigv4_time()) and
 * x-amz-content-sha256 must be among them, and x-amz-security-token where
 * there is one.
 */
#ifndef ROLLCALL_SIGV4_H
#define ROLLCALL_SIGV4_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"

enum { SIGV4_TIME_SIZE = 17, SIGV4_HEADERS_MAX = 16 };

/* SHA-256 of no bytes, of a request without body. */
#define SIGV4_EMPTY_SHA256                                                     \
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

struct sigv4_header {
    const char *name;  /* lower case */
    const char *value; /* no blanks at its ends, nor two together */
};

struct sigv4_request {
    const char *method;
    const char *path;  /* as sigv4_encode_path() has it; begins with '/' */
    const char *query; /* "a=1&b=", encoded, ascending by name; "": none */
    const char *payload_sha256; /* hex, as in x-amz-content-sha256 */
    const struct sigv4_header *headers; /* in any order */
    size_t header_count;                /* at most SIGV4_HEADERS_MAX */
    int64_t at;                         /* an instant */
};

struct sigv4_key {
    const char *access_key, *secret;
    const char *region, *service; /* "eu-central-1", "s3" */
};

/* "20130524T000000Z". */
void sigv4_time(int64_t at, char out[SIGV4_TIME_SIZE]);

/* Appends: all but unreserved characters and '/' percent-encoded. */
void sigv4_encode_path(struct buf *out, const char *path);

/* Appends the value of Authorization. 0, or -1 when memory is out. */
int sigv4_sign(const struct sigv4_request *request, const struct sigv4_key *key,
               struct buf *authorization);

#endif
