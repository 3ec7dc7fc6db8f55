#include "sigv4.h"

#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "instant.h"

#define ALGORITHM  "AWS4-HMAC-SHA256"
#define TERMINATOR "aws4_request"

enum {
    CANONICAL_MAX = 64 * 1024,
    SCOPE_MAX = 256,
    DAY_LENGTH = 8 /* of a time */
};

struct signing {
    const struct sigv4_request *request;
    const struct sigv4_key *key;
    struct sigv4_header sorted[SIGV4_HEADERS_MAX];
    char time[SIGV4_TIME_SIZE];
    struct buf names, scope;
};

void sigv4_time(int64_t at, char out[SIGV4_TIME_SIZE])
{
    char text[INSTANT_TEXT_MAX];

    instant_compact(at, text);
    text[SIGV4_TIME_SIZE - 1] = '\0';
    memcpy(out, text, SIGV4_TIME_SIZE);
}

void sigv4_encode_path(struct buf *out, const char *path)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz0123456789-._~/";

    for (; *path != '\0'; path++) {
        if (strchr(plain, *path) != NULL)
            buf_putc(out, *path);
        else
            buf_printf(out, "%%%02X", (unsigned)(unsigned char)*path);
    }
}

static int by_name(const void *left, const void *right)
{
    const struct sigv4_header *a = left, *b = right;

    return strcmp(a->name, b->name);
}

static void prepare(struct signing *s, const struct sigv4_request *request,
                    const struct sigv4_key *key)
{
    s->request = request;
    s->key = key;
    memcpy(s->sorted, request->headers,
           request->header_count * sizeof(*s->sorted));
    qsort(s->sorted, request->header_count, sizeof(*s->sorted), by_name);
    sigv4_time(request->at, s->time);
    buf_init(&s->names, CANONICAL_MAX);
    for (size_t i = 0; i < request->header_count; i++)
        buf_printf(&s->names, "%s%s", i > 0 ? ";" : "", s->sorted[i].name);
    buf_init(&s->scope, SCOPE_MAX);
    buf_printf(&s->scope, "%.*s/%s/%s/" TERMINATOR, DAY_LENGTH, s->time,
               key->region, key->service);
}

/* The request in the one form both sides hash. It holds the session token. */
static int hash_canonical(const struct signing *s, char hex[DIGEST_HEX_SIZE])
{
    const struct sigv4_request *request = s->request;
    struct buf text;
    int result = -1;

    buf_init(&text, CANONICAL_MAX);
    text.secret = true;
    buf_printf(&text, "%s\n%s\n%s\n", request->method, request->path,
               request->query);
    for (size_t i = 0; i < request->header_count; i++)
        buf_printf(&text, "%s:%s\n", s->sorted[i].name, s->sorted[i].value);
    buf_printf(&text, "\n%s\n%s", s->names.data, request->payload_sha256);
    if (buf_ok(&text))
        result = digest_hex(text.data, text.len, hex);
    buf_release(&text);
    return result;
}

static int hmac_text(const unsigned char key[DIGEST_BYTES], const char *text,
                     unsigned char out[DIGEST_BYTES])
{
    return digest_hmac(key, DIGEST_BYTES, text, strlen(text), out);
}

/* The key of the day: made anew for each request, kept by nobody. */
static int derive(const struct signing *s, unsigned char key[DIGEST_BYTES])
{
    struct buf first;
    int result = -1;

    buf_init(&first, CANONICAL_MAX);
    first.secret = true;
    buf_printf(&first, "AWS4%s", s->key->secret);
    if (buf_ok(&first) &&
        digest_hmac(first.data, first.len, s->time, DAY_LENGTH, key) == 0 &&
        hmac_text(key, s->key->region, key) == 0 &&
        hmac_text(key, s->key->service, key) == 0)
        result = hmac_text(key, TERMINATOR, key);
    buf_release(&first);
    return result;
}

static int sign(const struct signing *s, const char *canonical,
                char hex[DIGEST_HEX_SIZE])
{
    unsigned char key[DIGEST_BYTES], signature[DIGEST_BYTES];
    struct buf text;
    int result = -1;

    buf_init(&text, CANONICAL_MAX);
    buf_printf(&text, ALGORITHM "\n%s\n%s\n%s", s->time, s->scope.data,
               canonical);
    if (buf_ok(&text) && derive(s, key) == 0 &&
        hmac_text(key, text.data, signature) == 0) {
        digest_put_hex(signature, DIGEST_BYTES, hex);
        result = 0;
    }
    explicit_bzero(key, sizeof(key));
    buf_release(&text);
    return result;
}

int sigv4_sign(const struct sigv4_request *request, const struct sigv4_key *key,
               struct buf *authorization)
{
    char canonical[DIGEST_HEX_SIZE], signature[DIGEST_HEX_SIZE];
    struct signing s;
    int result = -1;

    prepare(&s, request, key);
    if (buf_ok(&s.names) && buf_ok(&s.scope) &&
        hash_canonical(&s, canonical) == 0 &&
        sign(&s, canonical, signature) == 0)
        result =
            buf_printf(authorization,
                       ALGORITHM " Credential=%s/%s, SignedHeaders=%s, "
                                 "Signature=%s",
                       key->access_key, s.scope.data, s.names.data, signature);
    buf_release(&s.names);
    buf_release(&s.scope);
    return result;
}
