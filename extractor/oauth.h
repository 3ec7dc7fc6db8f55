/*
 * oauth: what is said to a token endpoint and what its answer means. Pure.
 *
 * Grants: client credentials (RFC 6749, 4.4) and refresh token (6). Requests
 * are JSON, as Atlassian documents its endpoint for both grants (the RFC's own
 * form is url-encoded; Atlassian's client libraries use either). Answers are
 * those of RFC 6749, 5.1 and 5.2. No text of an answer is repeated in an error:
 * it may hold what was sent.
 */
#ifndef ROLLCALL_OAUTH_H
#define ROLLCALL_OAUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "error.h"
#include "http.h"
#include "job.h"
#include "secret.h"

enum { OAUTH_BODY_MAX = 128 * 1024, OAUTH_SCOPES_MAX = 8 * 1024 };

struct oauth_grant {
    struct secret access;
    struct secret refresh; /* text NULL: the server sent none */
    int64_t lifetime_ms;   /* of access; 0: not told */
    char *scopes;          /* with blanks in between; NULL: not told */
};

/* Appends to out, which must be a secret buffer. refresh: NULL with client
 * credentials. */
int oauth_body(const struct endpoint *endpoint, const char *client_secret,
               const char *refresh, struct buf *out, struct error *err);

/* Reads the body of a 200. The refresh token is read first: it is in *grant,
 * to be kept, even when the rest is no good and the result is -1 (ERROR_AUTH).
 * Release the grant either way. */
int oauth_read(const struct endpoint *endpoint, const char *body, size_t len,
               struct oauth_grant *grant, struct error *err);
void oauth_grant_release(struct oauth_grant *grant); /* all zero: allowed */

/* The error for an answer that is no 200 with JSON: ERROR_AUTH. */
int oauth_refuse(const struct endpoint *endpoint,
                 const struct http_reply *reply, struct error *err);

/* Whether all of wanted (NULL terminated; NULL: none) are in a list of granted
 * scopes. */
bool oauth_covers(const char *granted, const char *const *wanted);

#endif
