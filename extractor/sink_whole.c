#include "sink.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"

enum {
    READ_CHUNK = 16 * 1024, /* bytes of one read(2) */
    TEMP_NAMES_MAX = 100    /* tries for a free temporary name */
};

static int read_to_end(int fd, const char *path, struct buf *text,
                       struct error *err)
{
    char chunk[READ_CHUNK];
    ssize_t got;

    while ((got = read(fd, chunk, sizeof(chunk))) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_system(err, ERROR_IO, errno, "%s: cannot read", path);
        if (text->len + (size_t)got > text->ceiling) {
            error_set(err, ERROR_DATA, "%s: is larger than %zu bytes", path,
                      text->ceiling);
            return error_usual(err, "see that it is the file that is meant");
        }
        if (buf_append(text, chunk, (size_t)got) != 0)
            return error_no_memory(err);
    }
    return 0;
}

char *read_whole_file(int dir_fd, const char *path, size_t max, size_t *len,
                      struct error *err)
{
    struct buf text;
    char *result = NULL;
    int fd = file_open_read(dir_fd, path, err);

    if (fd < 0)
        return NULL;
    buf_init(&text, max);
    if (read_to_end(fd, path, &text, err) == 0) {
        *len = text.len;
        result = malloc(text.len + 1);
        if (result == NULL)
            error_no_memory(err);
        else
            memcpy(result, text.data, text.len + 1);
    }
    buf_release(&text);
    close(fd);
    return result;
}

/* Opens the folder NAME is in; *base is the last part of NAME. */
static int open_folder(int dir_fd, const char *name, const char **base,
                       struct error *err)
{
    const char *slash = strrchr(name, '/');
    char folder[PATH_MAX];
    size_t len;
    int fd;

    *base = slash == NULL ? name : slash + 1;
    len = slash == NULL ? 0 : (size_t)(slash - name);
    if (len >= sizeof(folder)) {
        errno = ENAMETOOLONG;
        return file_create_error(err, name);
    }
    memcpy(folder, name, len);
    folder[len] = '\0';
    if (len == 0)
        memcpy(folder, slash == NULL ? "." : "/", 2);
    fd = openat(dir_fd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 ? fd : file_create_error(err, name);
}

/* Replacing a device or a folder is never what was meant. */
static int check_target(int folder, const char *base, const char *name,
                        struct error *err)
{
    struct stat st;

    if (*base == '\0' || strlen(base) > NAME_MAX) {
        error_set(err, ERROR_CANT_CREATE, "%s: is no file name", name);
        return error_usual(
            err, "give the path of a file, with a name of at most 255 bytes");
    }
    if (fstatat(folder, base, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? 0 : file_create_error(err, name);
    if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode)) {
        error_set(err, ERROR_CANT_CREATE,
                  "%s: exists and is not a regular file", name);
        return error_usual(err, "move it away, or choose another place");
    }
    return 0;
}

static int open_temp(int folder, const char *base, char temp[NAME_MAX + 1])
{
    int fd = -1;

    for (int i = 0; i < TEMP_NAMES_MAX; i++) {
        int len = snprintf(temp, NAME_MAX + 1, SINK_TEMP_PREFIX "%ld-%d-%.128s",
                           (long)getpid(), i, base);

        if (len < 0)
            return -1;
        fd = openat(folder, temp,
                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd >= 0 || errno != EEXIST)
            break;
    }
    return fd;
}

int file_write_all(int fd, const void *data, size_t len)
{
    const char *rest = data;

    while (len > 0) {
        ssize_t written = write(fd, rest, len);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -1;
        rest += written;
        len -= (size_t)written;
    }
    return 0;
}

int file_sync(int fd)
{
    int result;

    do {
        result = fsync(fd);
    } while (result != 0 && errno == EINTR);
    return result;
}

struct content {
    const void *data;
    size_t len;
    mode_t mode;
};

/* Fills and closes fd. */
static int fill_temp(int fd, const struct content *content, const char *name,
                     struct error *err)
{
    int result = 0;

    if (file_write_all(fd, content->data, content->len) != 0 ||
        fchmod(fd, content->mode) != 0 || file_sync(fd) != 0)
        result = file_write_error(err, name);
    if (close(fd) != 0 && result == 0)
        result = file_write_error(err, name);
    return result;
}

static int replace_file(int folder, const char *base,
                        const struct content *content, const char *name,
                        struct error *err)
{
    char temp[NAME_MAX + 1];
    int fd = open_temp(folder, base, temp);

    if (fd < 0)
        return file_create_error(err, name);
    if (fill_temp(fd, content, name, err) != 0)
        goto fail;
    if (renameat(folder, temp, folder, base) != 0) {
        file_create_error(err, name);
        goto fail;
    }
    if (file_sync(folder) != 0)
        return file_write_error(err, name);
    return 0;

fail:
    unlinkat(folder, temp, 0);
    return -1;
}

int write_whole_file(int dir_fd, const char *name, const void *data, size_t len,
                     mode_t mode, struct error *err)
{
    struct content content = {data, len, mode};
    const char *base;
    int result, folder = open_folder(dir_fd, name, &base, err);

    if (folder < 0)
        return -1;
    result = check_target(folder, base, name, err);
    if (result == 0)
        result = replace_file(folder, base, &content, name, err);
    close(folder);
    return result;
}
