/*
 * gzip: bytes in, one gzip member out.
 */
#ifndef FAKESITE_GZIP_H
#define FAKESITE_GZIP_H

#include <stddef.h>

#include <zlib.h>

#include "text.h"

struct gzip {
    z_stream stream;
    struct text *out;
};

void gzip_open(struct gzip *gzip, struct text *out);
void gzip_add(struct gzip *gzip, const char *bytes, size_t len);
void gzip_close(struct gzip *gzip);

#endif
