#include "buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUF_FIRST_CAPACITY = 256 };

static char empty_text[1] = "";

void buf_init(struct buf *b, size_t ceiling)
{
    memset(b, 0, sizeof(*b));
    b->data = empty_text;
    b->ceiling = ceiling;
}

static void drop(struct buf *b)
{
    if (b->cap == 0)
        return;
    if (b->secret)
        explicit_bzero(b->data, b->cap);
    free(b->data);
}

void buf_release(struct buf *b)
{
    drop(b);
    buf_init(b, b->ceiling);
}

void buf_reset(struct buf *b)
{
    b->len = 0;
    b->failed = b->full = false;
    if (b->cap != 0)
        b->data[0] = '\0';
}

bool buf_ok(const struct buf *b)
{
    return !b->failed;
}

bool buf_no_memory(const struct buf *b)
{
    return b->failed && !b->full;
}

/* realloc(), which may leave a copy of a secret behind, by hand for those. */
static char *grow(struct buf *b, size_t cap)
{
    char *grown;

    if (!b->secret)
        return realloc(b->cap != 0 ? b->data : NULL, cap);
    grown = malloc(cap);
    if (grown == NULL)
        return NULL;
    memcpy(grown, b->data, b->len + 1);
    drop(b);
    return grown;
}

/* Makes room for `more` bytes and the NUL. */
static int reserve(struct buf *b, size_t more)
{
    size_t need, cap;
    char *grown;

    if (b->failed)
        return -1;
    if (more > b->ceiling || b->len > b->ceiling - more) {
        b->failed = b->full = true;
        return -1;
    }
    need = b->len + more + 1;
    if (need <= b->cap)
        return 0;
    cap = b->cap != 0 ? b->cap : BUF_FIRST_CAPACITY;
    while (cap < need)
        cap *= 2;
    grown = grow(b, cap);
    if (grown == NULL) {
        b->failed = true;
        return -1;
    }
    b->data = grown;
    b->cap = cap;
    return 0;
}

int buf_append(struct buf *b, const void *data, size_t len)
{
    if (reserve(b, len) != 0)
        return -1;
    if (len != 0)
        memcpy(b->data + b->len, data, len);
    b->len += len;
    b->data[b->len] = '\0';
    return 0;
}

char *buf_room(struct buf *b, size_t len)
{
    char *room;

    if (reserve(b, len) != 0)
        return NULL;
    room = b->data + b->len;
    b->len += len;
    b->data[b->len] = '\0';
    return room;
}

int buf_puts(struct buf *b, const char *text)
{
    return buf_append(b, text, strlen(text));
}

int buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0 || reserve(b, (size_t)len) != 0) {
        b->failed = true;
        return -1;
    }
    va_start(args, format);
    vsnprintf(b->data + b->len, (size_t)len + 1, format, args);
    va_end(args);
    b->len += (size_t)len;
    return 0;
}
