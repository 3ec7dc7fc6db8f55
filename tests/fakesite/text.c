#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum { TEXT_FIRST_BYTES = 256, READ_CHUNK_BYTES = 1 << 16 };

void die(int code, const char *format, ...)
{
    va_list args;

    fputs("fakesite: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(code);
}

void *must_grow(void *old, size_t size)
{
    void *new = realloc(old, size == 0 ? 1 : size);

    if (new == NULL)
        die(EX_OSERR, "out of memory");
    return new;
}

void *must_alloc(size_t size)
{
    void *new = must_grow(NULL, size);

    memset(new, 0, size);
    return new;
}

char *must_copy(const char *bytes, size_t len)
{
    char *copy = must_alloc(len + 1);

    memcpy(copy, bytes, len);
    return copy;
}

static void reserve(struct text *text, size_t more)
{
    size_t cap = text->cap == 0 ? TEXT_FIRST_BYTES : text->cap;

    while (cap - text->len <= more || cap <= text->len)
        cap *= 2;
    if (cap == text->cap)
        return;
    text->data = must_grow(text->data, cap);
    text->cap = cap;
}

void text_add(struct text *text, const char *bytes, size_t len)
{
    reserve(text, len);
    if (len > 0)
        memcpy(text->data + text->len, bytes, len);
    text->len += len;
    text->data[text->len] = '\0';
}

void text_str(struct text *text, const char *str)
{
    text_add(text, str, strlen(str));
}

void text_fmt(struct text *text, const char *format, ...)
{
    char *formatted = NULL;
    va_list args;
    int len;

    va_start(args, format);
    len = vasprintf(&formatted, format, args);
    va_end(args);
    if (len < 0)
        die(EX_OSERR, "out of memory");
    text_add(text, formatted, (size_t)len);
    free(formatted);
}

void text_json(struct text *text, const char *str)
{
    text_add(text, "\"", 1);
    for (; *str != '\0'; str++) {
        unsigned char c = (unsigned char)*str;

        if (c == '"' || c == '\\')
            text_fmt(text, "\\%c", c);
        else if (c < 0x20)
            text_fmt(text, "\\u%04x", c);
        else
            text_add(text, str, 1);
    }
    text_add(text, "\"", 1);
}

void text_clear(struct text *text)
{
    text->len = 0;
    if (text->data != NULL)
        text->data[0] = '\0';
}

void text_free(struct text *text)
{
    free(text->data);
    *text = (struct text){0};
}

void text_read_file(struct text *text, const char *path)
{
    FILE *file = fopen(path, "rb");
    size_t got;

    if (file == NULL)
        die(EX_NOINPUT, "cannot open %s", path);
    do {
        reserve(text, READ_CHUNK_BYTES);
        got = fread(text->data + text->len, 1, READ_CHUNK_BYTES, file);
        text->len += got;
        text->data[text->len] = '\0';
    } while (got > 0);
    if (ferror(file))
        die(EX_IOERR, "cannot read %s", path);
    fclose(file);
}
