#include "mask.h"

#include <stdint.h>
#include <string.h>

enum { CODE_CHARS = 10, DASH_AT = 5 };

int mask_code(const unsigned char *key, const char *id,
              char out[MASK_CODE_SIZE])
{
    /* Without what is easily taken for another (Crockford's base 32). */
    static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
    unsigned char raw[DIGEST_BYTES];
    uint64_t bits = 0;
    size_t used = 0;

    if (digest_hmac(key, DIGEST_BYTES, id, strlen(id), raw) != 0)
        return -1;
    for (size_t i = 0; i < sizeof(bits); i++)
        bits = bits << 8 | raw[i];
    for (size_t i = 0; i < CODE_CHARS; i++, bits >>= 5) {
        if (i == DASH_AT)
            out[used++] = '-';
        out[used++] = alphabet[bits & 31];
    }
    out[used] = '\0';
    return 0;
}
