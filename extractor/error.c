#include "error.h"

#include <errno.h>
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

/* What most often helps; the words of the system come first, in the text. */
static const struct {
    int cause;
    const char *cure;
} usual[] = {
    {EACCES, "this user may not: see the owner and mode of it and of the "
             "folders above it (ls -ld)"},
    {EPERM, "this user may not: see the owner and mode of it and of the "
            "folders above it (ls -ld)"},
    {ENOENT, "see that the path is right and the folders of it are there"},
    {ENOTDIR, "a step of the path is no folder; see that the path is right"},
    {EISDIR, "a folder is there; name a file"},
    {EEXIST, "something of that name is there; move it away or choose another"},
    {ENOTEMPTY, "the folder holds something; move that away"},
    {ELOOP, "symbolic links are not followed here; name what they lead to"},
    {ENAMETOOLONG, "choose a shorter name or a folder less deep"},
    {ENOSPC, "make room on that disk, then run again"},
    {EDQUOT, "make room or have the disk quota raised, then run again"},
    {EFBIG, "raise the limit on the size of files (ulimit -f)"},
    {EROFS, "that disk is mounted read-only; choose another place"},
    {EIO, "the disk or the network to it fails; see the system's log (dmesg)"},
    {ESTALE, "the network disk forgot the file; run again"},
    {EMFILE, "raise the limit on open files (ulimit -n)"},
    {ENFILE, "this machine has too many files open; run again later"},
    {ENOMEM, "this machine is short of memory; end other programs or raise "
             "the limit, then run again"},
    {EAGAIN, "this machine is short of memory or processes; run again later, "
             "or raise the limit (ulimit -u)"},
    {EPIPE, "the program that reads the output ended first"},
};

static int begin(struct error *err, enum error_kind kind, const char *format,
                 va_list args)
{
    err->kind = kind;
    err->closed = false;
    err->usual = false;
    err->hint[0] = '\0';
    vsnprintf(err->text, sizeof(err->text), format, args);
    return -1;
}

int error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
    va_list args;

    if (err->kind != ERROR_NONE) {
        err->closed = true;
        return -1;
    }
    va_start(args, format);
    begin(err, kind, format, args);
    va_end(args);
    return -1;
}

int error_system(struct error *err, enum error_kind kind, int cause,
                 const char *format, ...)
{
    va_list args;
    size_t used;

    if (err->kind != ERROR_NONE) {
        err->closed = true;
        return -1;
    }
    va_start(args, format);
    begin(err, kind, format, args);
    va_end(args);
    used = strlen(err->text);
    snprintf(err->text + used, sizeof(err->text) - used, ": %s",
             strerror(cause));
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
        if (usual[i].cause == cause)
            error_usual(err, "%s", usual[i].cure);
    return -1;
}

int error_hint(struct error *err, const char *format, ...)
{
    va_list args;

    if (err->closed || (err->hint[0] != '\0' && !err->usual))
        return -1;
    err->usual = false;
    va_start(args, format);
    vsnprintf(err->hint, sizeof(err->hint), format, args);
    va_end(args);
    return -1;
}

int error_usual(struct error *err, const char *format, ...)
{
    va_list args;

    if (err->closed || err->hint[0] != '\0')
        return -1;
    va_start(args, format);
    vsnprintf(err->hint, sizeof(err->hint), format, args);
    va_end(args);
    err->usual = true;
    return -1;
}

int error_pass(struct error *err, const struct error *from)
{
    error_set(err, from->kind, "%s", from->text);
    if (from->hint[0] == '\0' || err->closed)
        return -1;
    error_hint(err, "%s", from->hint);
    err->usual = from->usual;
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
    err->usual = false;
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
