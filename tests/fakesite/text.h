/*
 * text: growing text, and the few process-wide conveniences of the fake site.
 *
 * A zeroed struct text is empty and valid. `data` is NUL-terminated once
 * anything was added. Running out of memory ends the process.
 */
#ifndef FAKESITE_TEXT_H
#define FAKESITE_TEXT_H

#include <stddef.h>

struct text {
    char *data;
    size_t len;
    size_t cap;
};

void text_add(struct text *text, const char *bytes, size_t len);
void text_str(struct text *text, const char *str);
void text_fmt(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* STR as a JSON string, quotes included. */
void text_json(struct text *text, const char *str);
void text_clear(struct text *text);
void text_free(struct text *text);

void *must_alloc(size_t size);
void *must_grow(void *old, size_t size);
char *must_copy(const char *bytes, size_t len);

/* Whole file into TEXT; ends the process when it cannot be read. */
void text_read_file(struct text *text, const char *path);

/* One line on stderr, then exit(CODE). */
_Noreturn void die(int code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
