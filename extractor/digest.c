#include "digest.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>

enum { SHA256_BYTES = 32 };

struct digest {
    EVP_MD_CTX *context;
    bool failed;
};

struct digest *digest_new(void)
{
    struct digest *digest = calloc(1, sizeof(*digest));

    if (digest == NULL)
        return NULL;
    digest->context = EVP_MD_CTX_new();
    if (digest->context == NULL) {
        free(digest);
        return NULL;
    }
    if (EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL) != 1)
        digest->failed = true;
    return digest;
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

int digest_final(struct digest *digest, char hex[DIGEST_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char raw[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    hex[0] = '\0';
    if (digest->failed || EVP_DigestFinal_ex(digest->context, raw, &len) != 1 ||
        len != SHA256_BYTES)
        return -1;
    for (unsigned i = 0; i < SHA256_BYTES; i++) {
        hex[2 * i] = digits[raw[i] >> 4];
        hex[2 * i + 1] = digits[raw[i] & 15];
    }
    hex[2 * SHA256_BYTES] = '\0';
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
