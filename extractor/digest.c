#include "digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct digest {
    EVP_MD_CTX *context;
    bool failed;
};

static struct digest *start(const EVP_MD *kind)
{
    struct digest *digest = calloc(1, sizeof(*digest));

    if (digest == NULL)
        return NULL;
    digest->context = EVP_MD_CTX_new();
    if (digest->context == NULL) {
        free(digest);
        return NULL;
    }
    if (EVP_DigestInit_ex(digest->context, kind, NULL) != 1)
        digest->failed = true;
    return digest;
}

struct digest *digest_new(void)
{
    return start(EVP_sha256());
}

struct digest *digest_new_md5(void)
{
    return start(EVP_md5());
}

void digest_free(struct digest *digest)
{
    if (digest == NULL)
        return;
    EVP_MD_CTX_free(digest->context);
    free(digest);
}

void digest_update(struct digest *digest, const void *data, size_t len)
{
    if (!digest->failed && EVP_DigestUpdate(digest->context, data, len) != 1)
        digest->failed = true;
}

/* raw is for EVP_MAX_MD_SIZE bytes. */
static int final(struct digest *digest, unsigned char *raw, unsigned expected)
{
    unsigned len = 0;

    return !digest->failed &&
                   EVP_DigestFinal_ex(digest->context, raw, &len) == 1 &&
                   len == expected
               ? 0
               : -1;
}

void digest_put_hex(const unsigned char *raw, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[raw[i] >> 4];
        out[2 * i + 1] = digits[raw[i] & 15];
    }
    out[2 * len] = '\0';
}

void digest_put_base64(const unsigned char *raw, size_t len, char *out)
{
    EVP_EncodeBlock((unsigned char *)out, raw, (int)len);
}

int digest_final(struct digest *digest, char hex[DIGEST_HEX_SIZE])
{
    unsigned char raw[EVP_MAX_MD_SIZE];

    hex[0] = '\0';
    if (final(digest, raw, DIGEST_BYTES) != 0)
        return -1;
    digest_put_hex(raw, DIGEST_BYTES, hex);
    return 0;
}

int digest_final_md5(struct digest *digest, unsigned char raw[DIGEST_MD5_BYTES])
{
    unsigned char whole[EVP_MAX_MD_SIZE];

    if (final(digest, whole, DIGEST_MD5_BYTES) != 0)
        return -1;
    memcpy(raw, whole, DIGEST_MD5_BYTES);
    return 0;
}

int digest_hmac(const void *key, size_t key_len, const void *data, size_t len,
                unsigned char raw[DIGEST_BYTES])
{
    unsigned char whole[EVP_MAX_MD_SIZE];
    unsigned got = 0;

    if (HMAC(EVP_sha256(), key, (int)key_len, data, len, whole, &got) == NULL ||
        got != DIGEST_BYTES)
        return -1;
    memcpy(raw, whole, DIGEST_BYTES);
    return 0;
}

int digest_hex(const void *data, size_t len, char hex[DIGEST_HEX_SIZE])
{
    struct digest *digest = digest_new();
    int status;

    hex[0] = '\0';
    if (digest == NULL)
        return -1;
    digest_update(digest, data, len);
    status = digest_final(digest, hex);
    digest_free(digest);
    return status;
}
