#include "error.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int exit_code;
} catalogue[ERROR_KIND_COUNT] = {
    [ERROR_NONE] = {"none", 0},
    [ERROR_USAGE] = {"usage", 64},
    [ERROR_DATA] = {"data", 65},
    [ERROR_NO_INPUT] = {"no_input", 66},
    [ERROR_UNAVAILABLE] = {"unavailable", 69},
    [ERROR_BUG] = {"bug", 70},
    [ERROR_CANT_CREATE] = {"cant_create", 73},
    [ERROR_IO] = {"io", 74},
    [ERROR_TRY_LATER] = {"try_later", 75},
    [ERROR_AUTH] = {"auth", 77},
    [ERROR_CONFIG] = {"config", 78},
    [ERROR_INTERRUPTED] = {"interrupted", 130},
};

int error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
    va_list args;

    if (err->kind != ERROR_NONE) {
        err->closed = true;
        return -1;
    }
    err->kind = kind;
    err->closed = false;
    err->hint[0] = '\0';
    va_start(args, format);
    vsnprintf(err->text, sizeof(err->text), format, args);
    va_end(args);
    return -1;
}

int error_hint(struct error *err, const char *format, ...)
{
    va_list args;

    if (err->closed || err->hint[0] != '\0')
        return -1;
    va_start(args, format);
    vsnprintf(err->hint, sizeof(err->hint), format, args);
    va_end(args);
    return -1;
}

int error_prefix(struct error *err, const char *format, ...)
{
    char cause[ERROR_TEXT_MAX];
    va_list args;
    size_t used;

    memcpy(cause, err->text, sizeof(cause));
    va_start(args, format);
    vsnprintf(err->text, sizeof(err->text) - strlen(": "), format, args);
    va_end(args);
    used = strlen(err->text);
    snprintf(err->text + used, sizeof(err->text) - used, ": %.*s",
             (int)(sizeof(err->text) - used - sizeof(": ")), cause);
    return -1;
}

int error_no_memory(struct error *err)
{
    return error_set(err, ERROR_BUG, "out of memory");
}

void error_clear(struct error *err)
{
    err->kind = ERROR_NONE;
    err->text[0] = '\0';
    err->hint[0] = '\0';
    err->closed = false;
}

int error_exit_code(const struct error *err)
{
    return catalogue[err->kind].exit_code;
}

const char *error_kind_name(enum error_kind kind)
{
    return catalogue[kind].name;
}
