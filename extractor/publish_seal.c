/* The manifest of a run that is there: its hash, and whose it is. */
#include <stdlib.h>

#include "digest.h"
#include "publish_parts.h"
#include "seal.h"
#include "sink.h"

int publish_hash_manifest(int run_fd, char hex[DIGEST_HEX_SIZE],
                          struct error *err)
{
    size_t len;
    char *text =
        read_whole_file(run_fd, MANIFEST_NAME, MANIFEST_BYTES_MAX, &len, err);
    int result;

    if (text == NULL)
        return -1;
    result = digest_hex(text, len, hex);
    free(text);
    return result == 0
               ? 0
               : error_set(err, ERROR_BUG, "%s: hashing failed, perhaps "
                         "for want of memory", MANIFEST_NAME);
}

static int judge(enum seal seal, const char *run_id, struct error *err)
{
    if (seal == SEAL_UNREAD)
        return -1;
    if (seal == SEAL_GOOD)
        return 0;
    if (seal == SEAL_MISSING)
        error_set(err, ERROR_DATA, "%s: is published already, and not signed",
                  run_id);
    else
        error_set(err, ERROR_DATA,
                  "%s/" MANIFEST_NAME SEAL_SUFFIX ": is not the signature of "
                  "its manifest by this key",
                  run_id);
    return error_hint(err, "--force publishes the run anew, signed");
}

int publish_check_seal(int run_fd, const char *run_id,
                       const struct signature_key *key, struct error *err)
{
    enum seal seal;
    size_t len;
    char *text;

    if (key == NULL)
        return 0;
    text = read_whole_file(run_fd, MANIFEST_NAME, MANIFEST_BYTES_MAX, &len,
                           err);
    if (text == NULL)
        return -1;
    seal = seal_look(run_fd, MANIFEST_NAME, text, len, key, err);
    free(text);
    return judge(seal, run_id, err);
}
