#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "publish_parts.h"
#include "sink.h"

enum { OPEN_FOLDER = O_RDONLY | O_DIRECTORY | O_CLOEXEC };

enum publish_entry publish_entry(int dir_fd, const char *name,
                                 struct error *err)
{
    struct stat st;

    if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT)
            return ENTRY_ABSENT;
        error_system(err, ERROR_IO, errno, "%s: cannot be looked at", name);
        return ENTRY_FAILED;
    }
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
    return error_system(err, ERROR_CANT_CREATE, errno, "%s: cannot remove",
                        name);
}

static int list_failed(const char *name, struct error *err)
{
    return error_system(err, ERROR_IO, errno, "%s: cannot be listed", name);
}

static int remove_inside(int fd, const char *folder, const char *name,
                         struct error *err)
{
    if (unlinkat(fd, name, 0) == 0)
        return 0;
    remove_failed(name, err);
    return error_prefix(err, "%s", folder);
}

static int empty_folder(DIR *list, const char *name, struct error *err)
{
    struct dirent *entry;
    int result = 0;

    while (result == 0 && (errno = 0, entry = readdir(list)) != NULL) {
        if (!is_dots(entry->d_name))
            result = remove_inside(dirfd(list), name, entry->d_name, err);
    }
    if (result == 0 && errno != 0)
        result = list_failed(name, err);
    return result;
}

int publish_remove(int dir_fd, const char *name, struct error *err)
{
    int result, fd = openat(dir_fd, name, OPEN_FOLDER | O_NOFOLLOW);
    DIR *list;

    if (fd < 0)
        return errno == ENOENT ? 0 : remove_failed(name, err);
    list = fdopendir(fd);
    if (list == NULL) {
        list_failed(name, err);
        close(fd);
        return -1;
    }
    result = empty_folder(list, name, err);
    closedir(list);
    if (result == 0 && unlinkat(dir_fd, name, AT_REMOVEDIR) != 0)
        result = remove_failed(name, err);
    return result;
}

/* A link is removed itself, never what it points at. */
static int remove_entry(int dir_fd, const char *name, struct error *err)
{
    enum publish_entry entry = publish_entry(dir_fd, name, err);

    if (entry == ENTRY_FAILED)
        return -1;
    if (entry == ENTRY_FOLDER)
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
        return list_failed("the output directory", err);
    while (result == 0 && (errno = 0, entry = readdir(list)) != NULL) {
        if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
            result = remove_entry(dir_fd, entry->d_name, err);
    }
    if (result == 0 && errno != 0)
        result = list_failed("the output directory", err);
    closedir(list);
    return result;
}
