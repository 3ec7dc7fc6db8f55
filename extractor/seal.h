/*
 * seal: the signature of a manifest, in a file beside it: its name and
 * SEAL_SUFFIX, the 64 raw bytes of signature.h over the manifest's bytes.
 *
 * The manifest has the hash of every part, so its signature speaks for the
 * run. Keys come from a secret reference or, the public one, from a file;
 * what is wrong with one is ERROR_CONFIG, a public key's file that is not
 * there ERROR_NO_INPUT.
 */
#ifndef ROLLCALL_SEAL_H
#define ROLLCALL_SEAL_H

#include <sys/types.h>

#include "error.h"
#include "job.h"
#include "signature.h"

#define SEAL_SUFFIX ".sig"

enum { SEAL_NAME_MAX = 64 };

/* Before a run, so that a bad key costs nothing. job: whose commands may be
 * run, or NULL; see secret.h. NULL with *err set. */
struct signature_key *seal_load_key(const struct secret_ref *ref,
                                    const struct job *job, struct error *err);
struct signature_key *seal_load_public(const char *path, struct error *err);

void seal_name(const char *manifest, char out[SEAL_NAME_MAX]);

/* Durable when it returns 0. key NULL: nothing is written. */
int seal_write(int dir_fd, const char *manifest, const void *text, size_t len,
               const struct signature_key *key, mode_t mode, struct error *err);

enum seal {
    SEAL_UNREAD = -1, /* *err is set */
    SEAL_GOOD,
    SEAL_MISSING,
    SEAL_NO_SIGNATURE, /* no plain file of 64 bytes */
    SEAL_OTHER         /* of another text, or by another key */
};

/* What is beside the manifest, whose text is given. key NULL: SEAL_GOOD when
 * it may be a signature. */
enum seal seal_look(int dir_fd, const char *manifest, const void *text,
                    size_t len, const struct signature_key *key,
                    struct error *err);

#endif
