/*
 * signature: Ed25519 (RFC 8032) over a text, with keys in PEM. Besides digest
 * the only one to use libcrypto.
 *
 * A private key is PKCS#8 as `openssl genpkey -algorithm ed25519` writes it,
 * without a passphrase; a public key SubjectPublicKeyInfo, as `openssl pkey
 * -pubout` does. A private key can check as well. Keys of any other kind, and
 * texts that hold none, are ERROR_CONFIG that names the key by `name`; no
 * error ever holds a byte of the text. signature_key_free() accepts NULL and
 * wipes the key.
 *
 * A signature is 64 bytes, as `openssl pkeyutl -sign -rawin` writes them, and
 * the same whenever key and text are.
 */
#ifndef ROLLCALL_SIGNATURE_H
#define ROLLCALL_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

enum { SIGNATURE_BYTES = 64 };

struct signature_key;

/* NULL with *err set. */
struct signature_key *signature_private(const char *pem, const char *name,
                                        struct error *err);
struct signature_key *signature_public(const char *pem, const char *name,
                                       struct error *err);
void signature_key_free(struct signature_key *key);

/* 0, or -1: libcrypto failed, perhaps for want of memory. */
int signature_make(const struct signature_key *key, const void *data,
                   size_t len, unsigned char out[SIGNATURE_BYTES]);
/* 1: it is the signature, 0: it is not, -1 as above. */
int signature_fits(const struct signature_key *key, const void *data,
                   size_t len, const unsigned char signature[SIGNATURE_BYTES]);

#endif
