/*
 * buf: a growable byte buffer with a ceiling, always NUL terminated.
 *
 * Calling order: buf_init(&b, CEILING); append…; check buf_ok(&b) once, at the
 * end; buf_release(&b). An append that would pass the ceiling, or finds no
 * memory, leaves the content as it was and sets a sticky flag, so a chain of
 * appends needs one test. data is valid until the next append; before the
 * first it is an empty string. A zeroed struct is a valid buffer with the
 * ceiling 0. With `secret` set after buf_init() no byte is left behind in freed
 * memory, neither by growing nor by buf_release().
 */
#ifndef ROLLCALL_BUF_H
#define ROLLCALL_BUF_H

#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>

struct buf {
    char *data;     /* NUL terminated; not NULL after buf_init() */
    size_t len;     /* bytes in use, without the NUL */
    size_t cap;     /* bytes allocated; 0: data is the static empty string */
    size_t ceiling; /* len never passes this */
    bool failed;    /* an append was refused */
    bool secret;    /* memory is wiped before it is freed */
    bool full;      /* and it was the ceiling that refused it, not memory */
};

void buf_init(struct buf *b, size_t ceiling);
void buf_release(struct buf *b); /* frees; the struct may be initialised again */
void buf_reset(struct buf *b);   /* empties, clears the flag, keeps memory */
bool buf_ok(const struct buf *b);

/* An append was refused because memory is out: the content is not too long,
 * and nothing may be concluded from it. */
bool buf_no_memory(const struct buf *b);

/* Each returns 0, or -1 with the sticky flag set. */
int buf_append(struct buf *b, const void *data, size_t len);
int buf_puts(struct buf *b, const char *text);
int buf_printf(struct buf *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Room for len bytes behind the content, which they belong to at once: the
 * caller writes all of them. NULL with the sticky flag set. */
char *buf_room(struct buf *b, size_t len);

/* In line: texts are written byte by byte where something may stand between. */
static inline int buf_putc(struct buf *b, char c)
{
    if (b->failed || b->len + 1 >= b->cap || b->len >= b->ceiling)
        return buf_append(b, &c, 1);
    b->data[b->len++] = c;
    b->data[b->len] = '\0';
    return 0;
}

#endif
