/*
 * digest: SHA-256, and what protocols of storage ask for besides: MD5, HMAC,
 * base64. Sole owner of libcrypto.
 *
 * Calling order: digest_new(); digest_update()…; digest_final() once;
 * digest_free(), which accepts NULL. libcrypto failing is reported once, by
 * digest_final().
 */
#ifndef ROLLCALL_DIGEST_H
#define ROLLCALL_DIGEST_H

#include <stddef.h>

enum {
    DIGEST_HEX_SIZE = 65, /* 64 lower-case hex digits and NUL */
    DIGEST_BYTES = 32,
    DIGEST_MD5_BYTES = 16,
    DIGEST_MD5_TEXT_SIZE = 33 /* of its hex digits, or shorter its base64 */
};

struct digest;

struct digest *digest_new(void); /* NULL when memory is out */
void digest_free(struct digest *digest);
void digest_update(struct digest *digest, const void *data, size_t len);
int digest_final(struct digest *digest, char hex[DIGEST_HEX_SIZE]); /* 0/-1 */

/* MD5 (RFC 1321), for headers that ask for it; no protection against anybody.
 * NULL when memory is out; it ends with digest_final_md5(). */
struct digest *digest_new_md5(void);
int digest_final_md5(struct digest *digest,
                     unsigned char raw[DIGEST_MD5_BYTES]); /* 0/-1 */

/* HMAC with SHA-256 (RFC 2104). */
int digest_hmac(const void *key, size_t key_len, const void *data, size_t len,
                unsigned char raw[DIGEST_BYTES]); /* 0/-1 */

/* Lower-case hex digits and NUL; out has room for 2 * len + 1. */
void digest_put_hex(const unsigned char *raw, size_t len, char *out);
/* RFC 4648 with padding, and NUL; out has room for (len + 2) / 3 * 4 + 1. */
void digest_put_base64(const unsigned char *raw, size_t len, char *out);

/* All at once. */
int digest_hex(const void *data, size_t len, char hex[DIGEST_HEX_SIZE]);

#endif
