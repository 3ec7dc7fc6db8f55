/*
 * mask: names for people that tell them apart and do not tell who they are.
 *
 * A code is made of an account id (or of whatever else a person is known by)
 * with HMAC-SHA-256 under a key, so the same id gives the same code in one
 * document, and nobody who lacks the key can try ids out. 50 bits of it are
 * shown: among 200,000 people two share one with odds of 1 in 50,000.
 */
#ifndef ROLLCALL_MASK_H
#define ROLLCALL_MASK_H

#include "digest.h"

enum { MASK_CODE_SIZE = 12 }; /* "k7q2a-9fmax" and NUL */

/* key: DIGEST_BYTES. 0, or -1 when libcrypto fails. */
int mask_code(const unsigned char *key, const char *id,
              char out[MASK_CODE_SIZE]);

#endif
