#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "publish.h"
#include "publish_parts.h"
#include "sink.h"

enum { OPEN_FOLDER = O_RDONLY | O_DIRECTORY | O_CLOEXEC };

/* One level below dir_fd: opened, or made and made durable. */
static int enter(int dir_fd, const char *name, mode_t mode)
{
    int fd = openat(dir_fd, name, OPEN_FOLDER);

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

int publish_make_dirs(const char *path, mode_t mode, struct error *err)
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
        next = enter(fd, name, mode);
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

enum publish_entry publish_entry(int dir_fd, const char *name)
{
    struct stat st;

    if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return ENTRY_ABSENT;
    return S_ISDIR(st.st_mode) ? ENTRY_FOLDER : ENTRY_OTHER;
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* A stream over the folder that can be closed without closing fd. */
static DIR *list_folder(int fd)
{
    int copy = openat(fd, ".", OPEN_FOLDER);
    DIR *list;

    if (copy < 0)
        return NULL;
    list = fdopendir(copy);
    if (list == NULL)
        close(copy);
    return list;
}

static int remove_failed(const char *name, struct error *err)
{
    int cause = errno;

    error_set(err, ERROR_CANT_CREATE, "%s: cannot remove: %s", name,
              strerror(cause));
    return error_hint(err, "an earlier run left it; remove it by hand");
}

static int empty_folder(int fd, const char *name, struct error *err)
{
    DIR *list = list_folder(fd);
    struct dirent *entry;
    int result = 0;

    if (list == NULL)
        return remove_failed(name, err);
    while (result == 0 && (errno = 0, entry = readdir(list)) != NULL) {
        if (!is_dots(entry->d_name) && unlinkat(fd, entry->d_name, 0) != 0)
            result = remove_failed(name, err);
    }
    if (result == 0 && errno != 0)
        result = remove_failed(name, err);
    closedir(list);
    return result;
}

int publish_remove(int dir_fd, const char *name, struct error *err)
{
    int result, fd = openat(dir_fd, name, OPEN_FOLDER | O_NOFOLLOW);

    if (fd < 0)
        return errno == ENOENT ? 0 : remove_failed(name, err);
    result = empty_folder(fd, name, err);
    close(fd);
    if (result == 0 && unlinkat(dir_fd, name, AT_REMOVEDIR) != 0)
        result = remove_failed(name, err);
    return result;
}

/* A link is removed itself, never what it points at. */
static int remove_entry(int dir_fd, const char *name, struct error *err)
{
    if (publish_entry(dir_fd, name) == ENTRY_FOLDER)
        return publish_remove(dir_fd, name, err);
    if (unlinkat(dir_fd, name, 0) != 0 && errno != ENOENT)
        return remove_failed(name, err);
    return 0;
}

int publish_remove_prefixed(int dir_fd, const char *prefix, struct error *err)
{
    DIR *list = list_folder(dir_fd);
    struct dirent *entry;
    int result = 0;

    if (list == NULL)
        return remove_failed(prefix, err);
    while (result == 0 && (errno = 0, entry = readdir(list)) != NULL) {
        if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
            result = remove_entry(dir_fd, entry->d_name, err);
    }
    if (result == 0 && errno != 0)
        result = remove_failed(prefix, err);
    closedir(list);
    return result;
}
