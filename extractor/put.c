#include "put.h"

#include <errno.h>
#include <stdio.h>

int put_flush(struct error *err)
{
    if (!ferror(stdout) && fflush(stdout) == 0)
        return 0;
    return error_system(err, ERROR_IO, errno, "cannot write to stdout");
}

int put_text(const struct buf *text, struct error *err)
{
    if (!buf_ok(text)) /* nothing is better than half of it */
        return error_no_memory(err);
    fwrite(text->data, 1, text->len, stdout);
    return put_flush(err);
}
