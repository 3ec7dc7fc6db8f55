#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink.h"

enum { OPEN_FOLDER = O_RDONLY | O_DIRECTORY | O_CLOEXEC };

/* Links of ours and of root are how a machine is laid out; one of anybody else
 * would take what we write to a place of his choice. */
static bool link_of_another(int dir_fd, const char *name)
{
    struct stat st;

    return fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISLNK(st.st_mode) && st.st_uid != geteuid() && st.st_uid != 0;
}

int folder_enter(int dir_fd, const char *name, mode_t mode, int flags)
{
    int fd = openat(dir_fd, name, OPEN_FOLDER | O_NOFOLLOW);

    if (fd < 0 && errno == ENOTDIR) { /* perhaps a link */
        errno = ELOOP;
        if ((flags & O_NOFOLLOW) == 0 && !link_of_another(dir_fd, name))
            fd = openat(dir_fd, name, OPEN_FOLDER);
    }
    if (fd >= 0 || errno != ENOENT)
        return fd;
    if (mkdirat(dir_fd, name, 0700) != 0 && errno != EEXIST)
        return -1;
    fd = openat(dir_fd, name, OPEN_FOLDER | O_NOFOLLOW);
    if (fd >= 0 && (fchmod(fd, mode) != 0 || file_sync(dir_fd) != 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

static int refuse(struct error *err, const char *path)
{
    if (errno != ELOOP)
        return file_create_error(err, path);
    error_set(err, ERROR_CANT_CREATE,
              "%s: a link on the way belongs to another user, or leads to "
              "itself",
              path);
    return error_hint(err, "name the folder itself, or remove the link");
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
    if (fd < 0)
        goto fail;
    while ((name = strsep(&rest, "/")) != NULL) {
        if (*name == '\0')
            continue;
        next = folder_enter(fd, name, mode, 0);
        if (next < 0)
            goto fail;
        close(fd);
        fd = next;
    }
    return fd;

fail:
    refuse(err, path);
    if (fd >= 0)
        close(fd);
    return -1;
}
