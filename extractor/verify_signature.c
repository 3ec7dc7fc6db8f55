/* The signature beside a manifest. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "verify_parts.h"

static void tell(struct verify *v, const char *folder, const char *manifest,
                 enum seal seal)
{
    char name[SEAL_NAME_MAX], file[PATH_MAX];
    bool due = v->public_key != NULL || v->manifest.is_signed;

    seal_name(manifest, name);
    snprintf(file, sizeof(file), "%s%s", folder, name);
    if (seal == SEAL_MISSING && due)
        verify_found(v, file, "is missing");
    if (seal == SEAL_NO_SIGNATURE)
        verify_found(v, file, "is no signature, which is a regular file of %d "
                     "bytes", SIGNATURE_BYTES);
    if (seal == SEAL_OTHER)
        verify_found(v, file, "is not the signature of %s by this key",
                     manifest);
}

int verify_signature(struct verify *v, int dir_fd, const char *folder,
                     const char *manifest, struct error *err)
{
    struct error local = {0};
    enum seal seal;
    size_t len;
    char *text =
        verify_read(dir_fd, manifest, MANIFEST_BYTES_MAX, &len, &local);

    /* A manifest that is none is found as such. */
    if (text == NULL &&
        (local.kind == ERROR_NO_INPUT || local.kind == ERROR_DATA))
        return 0;
    if (text == NULL) {
        *err = local;
        return -1;
    }
    seal = seal_look(dir_fd, manifest, text, len, v->public_key, err);
    free(text);
    tell(v, folder, manifest, seal);
    return seal == SEAL_UNREAD ? -1 : 0;
}
