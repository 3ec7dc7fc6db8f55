/*
 * digest: SHA-256. Sole owner of libcrypto.
 *
 * Calling order: digest_new(); digest_update()…; digest_final() once;
 * digest_free(), which accepts NULL. libcrypto failing is reported once, by
 * digest_final().
 */
#ifndef ROLLCALL_DIGEST_H
#define ROLLCALL_DIGEST_H

#include <stddef.h>

enum { DIGEST_HEX_SIZE = 65 }; /* 64 lower-case hex digits and NUL */

struct digest;

struct digest *digest_new(void); /* NULL when memory is out */
void digest_free(struct digest *digest);
void digest_update(struct digest *digest, const void *data, size_t len);
int digest_final(struct digest *digest, char hex[DIGEST_HEX_SIZE]); /* 0/-1 */

/* All at once. */
int digest_hex(const void *data, size_t len, char hex[DIGEST_HEX_SIZE]);

#endif
