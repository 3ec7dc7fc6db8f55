/*
 * fuzz: what the fuzz targets share.
 *
 * A target is one file fuzz_NAME.c that defines LLVMFuzzerTestOneInput(); it
 * returns when the bytes were handled as the module's header promises, and
 * aborts through require() when they were not. libFuzzer gives it a main, and
 * so does replay.c, which shows it every file of corpus/NAME.
 */
#ifndef ROLLCALL_FUZZ_H
#define ROLLCALL_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define require(condition)                                                     \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
            abort();                                                           \
        }                                                                      \
    } while (0)

/* A failure has a kind and a text that can be printed as one log line each. */
static inline void require_error(int result, const struct error *err)
{
    require(result == 0 || result == -1);
    require((result == 0) == (err->kind == ERROR_NONE));
    require(result == 0 || err->text[0] != '\0');
}

/* A new folder, in memory where there is such a place. */
static inline void fuzz_folder(char *path, size_t size)
{
    snprintf(path, size, "%s/rollcall-fuzz.XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    require(mkdtemp(path) != NULL);
}

/* The bytes as a file without a name; the same one for every call. */
static inline const char *fuzz_file(const uint8_t *data, size_t size)
{
    static char path[64];
    static int fd = -1;

    if (fd < 0)
        fd = memfd_create("fuzz", MFD_CLOEXEC);
    require(fd >= 0 && ftruncate(fd, 0) == 0);
    require(pwrite(fd, data, size, 0) == (ssize_t)size);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return path;
}

/* One byte of the input, 0 at its end. */
static inline unsigned fuzz_byte(const uint8_t **data, size_t *size)
{
    if (*size == 0)
        return 0;
    (*size)--;
    return *(*data)++;
}

/* The rest of the input as a text; free() it. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    require(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

#endif
