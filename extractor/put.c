#include "put.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int put_flush(struct error *err)
{
    if (!ferror(stdout) && fflush(stdout) == 0)
        return 0;
    return error_set(err, ERROR_IO, "cannot write to stdout: %s",
                     strerror(errno));
}

int put_text(const struct buf *text, struct error *err)
{
    if (!buf_ok(text)) /* nothing is better than half of it */
        return error_no_memory(err);
    fwrite(text->data, 1, text->len, stdout);
    return put_flush(err);
}
