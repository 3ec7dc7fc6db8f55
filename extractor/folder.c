#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink.h"

enum { OPEN_FOLDER = O_RDONLY | O_DIRECTORY | O_CLOEXEC };

int folder_enter(int dir_fd, const char *name, mode_t mode, int flags)
{
    int fd = openat(dir_fd, name, OPEN_FOLDER | flags);

    if (fd >= 0 || errno != ENOENT)
        return fd;
    if (mkdirat(dir_fd, name, 0700) != 0 && errno != EEXIST)
        return -1;
    fd = openat(dir_fd, name, OPEN_FOLDER | O_NOFOLLOW);
    if (fd >= 0 && (fchmod(fd, mode) != 0 || fsync(dir_fd) != 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

int folder_make(const char *path, mode_t mode, struct error *err)
{
    char copy[PATH_MAX], *rest = copy, *name;
    int next, fd = open(path[0] == '/' ? "/" : ".", OPEN_FOLDER);

    if (strlen(path) >= sizeof(copy)) {
        errno = ENAMETOOLONG;
        goto fail;
    }
    memcpy(copy, path, strlen(path) + 1);
    while (fd >= 0 && (name = strsep(&rest, "/")) != NULL) {
        if (*name == '\0')
            continue;
        next = folder_enter(fd, name, mode, 0);
        if (next < 0)
            goto fail;
        close(fd);
        fd = next;
    }
    if (fd >= 0)
        return fd;

fail:
    file_create_error(err, path);
    if (fd >= 0)
        close(fd);
    return -1;
}
