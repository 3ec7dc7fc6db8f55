#include "seal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "secret.h"
#include "sink.h"

enum { PUBLIC_BYTES_MAX = 64 * 1024 };

struct signature_key *seal_load_key(const struct secret_ref *ref,
                                    const struct job *job, struct error *err)
{
    struct signature_key *key;
    struct secret secret;

    if (secret_load_lines(&secret, ref, job, err) != 0) {
        error_prefix(err, "sign");
        return NULL;
    }
    key = signature_private(secret.text, secret_name(ref), err);
    secret_release(&secret);
    if (key == NULL)
        error_prefix(err, "sign");
    return key;
}

struct signature_key *seal_load_public(const char *path, struct error *err)
{
    size_t len;
    char *text = read_whole_file(AT_FDCWD, path, PUBLIC_BYTES_MAX, &len, err);
    struct signature_key *key;

    if (text == NULL)
        return NULL;
    key = signature_public(text, path, err);
    free(text);
    return key;
}

void seal_name(const char *manifest, char out[SEAL_NAME_MAX])
{
    snprintf(out, SEAL_NAME_MAX, "%s" SEAL_SUFFIX, manifest);
}

int seal_write(int dir_fd, const char *manifest, const void *text, size_t len,
               const struct signature_key *key, mode_t mode, struct error *err)
{
    unsigned char signature[SIGNATURE_BYTES];
    char name[SEAL_NAME_MAX];

    if (key == NULL)
        return 0;
    if (signature_make(key, text, len, signature) != 0)
        return error_set(err, ERROR_BUG, "%s: signing failed, perhaps for "
                         "want of memory", manifest);
    seal_name(manifest, name);
    return write_whole_file(dir_fd, name, signature, sizeof(signature), mode,
                            err);
}

enum seal seal_look(int dir_fd, const char *manifest, const void *text,
                    size_t len, const struct signature_key *key,
                    struct error *err)
{
    char name[SEAL_NAME_MAX];
    struct stat st;
    char *found;
    int fits;
    size_t size;

    seal_name(manifest, name);
    if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT)
            return SEAL_MISSING;
        error_system(err, ERROR_IO, errno, "%s: cannot be looked at", name);
        return SEAL_UNREAD;
    }
    if (!S_ISREG(st.st_mode) || st.st_size != SIGNATURE_BYTES)
        return SEAL_NO_SIGNATURE;
    if (key == NULL)
        return SEAL_GOOD;
    found = read_whole_file(dir_fd, name, SIGNATURE_BYTES, &size, err);
    if (found == NULL)
        return SEAL_UNREAD;
    fits = size != SIGNATURE_BYTES
               ? 0
               : signature_fits(key, text, len, (const unsigned char *)found);
    free(found);
    if (fits < 0) {
        error_set(err, ERROR_BUG, "%s: checking failed, perhaps for want of "
                  "memory", name);
        return SEAL_UNREAD;
    }
    return fits > 0 ? SEAL_GOOD : SEAL_OTHER;
}
