#include "gzip.h"

#include <string.h>
#include <sysexits.h>

enum { GZIP_LEVEL = 1, GZIP_WINDOW = 15 + 16, GZIP_CHUNK_BYTES = 1 << 15 };

void gzip_open(struct gzip *gzip, struct text *out)
{
    memset(gzip, 0, sizeof(*gzip));
    gzip->out = out;
    if (deflateInit2(&gzip->stream, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, 8,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        die(EX_OSERR, "cannot compress");
}

static void run(struct gzip *gzip, int flush)
{
    unsigned char chunk[GZIP_CHUNK_BYTES];

    do {
        gzip->stream.next_out = chunk;
        gzip->stream.avail_out = sizeof(chunk);
        deflate(&gzip->stream, flush);
        text_add(gzip->out, (const char *)chunk,
                 sizeof(chunk) - gzip->stream.avail_out);
    } while (gzip->stream.avail_out == 0);
}

void gzip_add(struct gzip *gzip, const char *bytes, size_t len)
{
    gzip->stream.next_in = (unsigned char *)(size_t)bytes;
    gzip->stream.avail_in = (unsigned)len;
    run(gzip, Z_NO_FLUSH);
}

void gzip_close(struct gzip *gzip)
{
    run(gzip, Z_FINISH);
    deflateEnd(&gzip->stream);
}
