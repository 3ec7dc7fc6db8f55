/* The files for PowerCenter beside the done file. */
#include <stdlib.h>
#include <string.h>

#include "companion.h"
#include "sink.h"
#include "verify_parts.h"

enum { COMPANION_BYTES_MAX = 16 * 1024 * 1024 };

/* A list or parameter file is to hold what it was written with; a copy of the
 * output elsewhere would send a session to the files of the first place. */
static int check_companion(struct verify *v, int out_fd, const char *dataset,
                           enum companion which, struct error *err)
{
    char file[BESIDE_NAME_MAX];
    struct error local = {0};
    struct buf expected;
    size_t len;
    char *text;

    /* It fits, as the longer name of the done file did. */
    (void)companion_name(&v->manifest, dataset, which, file);
    buf_init(&expected, COMPANION_BYTES_MAX);
    if (companion_text(&v->manifest, dataset, which, out_fd, &expected,
                               err) != 0) {
        buf_release(&expected);
        return -1;
    }
    text = verify_read(out_fd, file, COMPANION_BYTES_MAX, &len, &local);
    if (text == NULL && local.kind != ERROR_NO_INPUT &&
        local.kind != ERROR_DATA) {
        *err = local;
        buf_release(&expected);
        return -1;
    }
    if (text == NULL)
        verify_found_error(v, file, &local);
    else if (len != expected.len || memcmp(text, expected.data, len) != 0)
        verify_found(v, file,
                     "does not say what the manifest and its place "
                     "say");
    free(text);
    buf_release(&expected);
    return 0;
}

int verify_companions(struct verify *v, int out_fd, const char *dataset,
                      struct error *err)
{
    for (int i = 0; i < COMPANION_COUNT; i++) {
        const enum companion which = (enum companion)i;

        if (companion_wanted(&v->manifest, which) &&
            check_companion(v, out_fd, dataset, which, err) != 0)
            return -1;
    }
    return 0;
}
