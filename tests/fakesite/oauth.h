/*
 * oauth: the token endpoint and the access tokens it gave out.
 *
 * Everything behind `lock` may be used from any thread through the functions
 * only. A site without --oauth-client has no token endpoint.
 */
#ifndef FAKESITE_OAUTH_H
#define FAKESITE_OAUTH_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OAUTH_TOKENS_MAX = 4096, OAUTH_TOKEN_BYTES = 64 };

struct exchange;
struct server;

struct access_token {
    char text[OAUTH_TOKEN_BYTES];
    char *scopes; /* NULL: all */
    int64_t issued_ms;
    size_t used; /* requests */
};

struct oauth {
    const char *client; /* ID=SECRET; NULL: no OAuth */
    const char *scopes; /* of every token of the site; NULL: all */
    const char *first;  /* refresh token; NULL: client credentials only */
    pthread_mutex_t lock;
    char refresh[OAUTH_TOKEN_BYTES];  /* the newest; "": revoked */
    char previous[OAUTH_TOKEN_BYTES]; /* the one before it */
    size_t refreshes;
    struct access_token tokens[OAUTH_TOKENS_MAX];
    size_t token_count;
};

void oauth_init(struct oauth *oauth, const char *client, const char *refresh,
                const char *scopes);
void oauth_free(struct oauth *oauth);

/* Whether the request brings an access token of ours: ok, bad, or scope when
 * that may not call this path; counts the use. NULL: it brings none. */
const char *oauth_check(struct exchange *x);
/* Whether a list of scopes (NULL: all) is enough for a path without gateway. */
bool oauth_allows(const char *scopes, const char *path);
/* 401 as for a token that lacks a scope. */
void oauth_refuse_scope(struct exchange *x);

void serve_oauth(struct exchange *x);

#endif
