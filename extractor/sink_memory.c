#include "sink.h"

#include <zlib.h>

enum {
    GUNZIP_WINDOW = 15 + 16, /* largest window, gzip framing only */
    MEMBER_MIN = 18,         /* head, an empty block and trailer */
    DEFLATE_MOST = 1032,     /* bytes that can come of one, and some */
    WASTE = 16 * 1024
};

size_t gunzip_size(const void *data, size_t len, size_t most)
{
    const unsigned char *end = (const unsigned char *)data + len;
    size_t size;

    if (len < MEMBER_MIN)
        return 0;
    size = (size_t)end[-4] | (size_t)end[-3] << 8 | (size_t)end[-2] << 16 |
           (size_t)end[-1] << 24;
    return size > most || size / DEFLATE_MOST > len ? 0 : size;
}

/* Goes on where there was no room left, to see what is wrong. */
static int inflate_waste(z_stream *z, size_t most)
{
    unsigned char waste[WASTE];
    int result = Z_OK;

    while (result == Z_OK && z->total_out <= most) {
        z->next_out = waste;
        z->avail_out = sizeof(waste);
        result = inflate(z, Z_NO_FLUSH);
    }
    return result;
}

static enum gzip_outcome outcome_of(const z_stream *z, int result, size_t size,
                                    size_t most)
{
    if (result == Z_MEM_ERROR)
        return GZIP_NO_MEMORY;
    if (z->total_out > most)
        return GZIP_FULL;
    if (result == Z_STREAM_END)
        return z->avail_in == 0 && z->total_out == size ? GZIP_WHOLE
                                                        : GZIP_DAMAGED;
    return result == Z_BUF_ERROR && z->avail_in == 0 ? GZIP_CUT : GZIP_DAMAGED;
}

enum gzip_outcome gunzip(const void *data, size_t len, char *room, size_t size,
                         size_t most)
{
    z_stream z = {.next_in = (z_const Bytef *)(uintptr_t)data,
                  .avail_in = (uInt)len};
    enum gzip_outcome outcome;
    int result;

    if (len > UINT32_MAX || size > UINT32_MAX)
        return GZIP_DAMAGED;
    if (inflateInit2(&z, GUNZIP_WINDOW) != Z_OK)
        return GZIP_NO_MEMORY;
    z.next_out = (Bytef *)room;
    z.avail_out = (uInt)size;
    result = size > 0 ? inflate(&z, Z_FINISH) : Z_BUF_ERROR;
    if (result == Z_BUF_ERROR && z.avail_out == 0)
        result = inflate_waste(&z, most);
    outcome = outcome_of(&z, result, size, most);
    inflateEnd(&z);
    return outcome;
}
