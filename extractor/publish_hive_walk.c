/* The Hive folders of a run id: found, unmarked, taken away. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "instant.h"
#include "publish.h"
#include "publish_hive.h"
#include "publish_parts.h"
#include "sink.h"

#define DATASET_PREFIX "dataset="
#define DAY_PREFIX     "dt="
#define TEMP_NAME      SINK_TEMP_PREFIX "_hive-old"

enum { OPEN_FOLDER = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

struct walk {
    int out_fd;
    const char *run_id;
    publish_hive_visit *visit;
    void *context;
    char path[PUBLISH_HIVE_PATH_MAX];
};

static int list_failed(const struct walk *walk, struct error *err)
{
    return error_system(err, ERROR_IO, errno,
                        "%s: Hive folders cannot be listed",
                        walk->path[0] == '\0' ? walk->run_id : walk->path);
}

/* Calls `enter` for each folder in dir_fd whose name begins with prefix, its
 * name after the first len bytes of the path. */
static int each_folder(struct walk *walk, int dir_fd, const char *prefix,
                       size_t len,
                       int (*enter)(struct walk *walk, int fd, size_t len,
                                    struct error *err),
                       struct error *err)
{
    int result = 0, copy = openat(dir_fd, ".", OPEN_FOLDER);
    DIR *list = copy < 0 ? NULL : fdopendir(copy);
    struct dirent *entry;

    walk->path[len] = '\0';
    if (list == NULL) {
        list_failed(walk, err);
        if (copy >= 0)
            close(copy);
        return -1;
    }
    while (result == 0 && (errno = 0, entry = readdir(list)) != NULL) {
        size_t name = strlen(entry->d_name);
        int fd;

        if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0 ||
            len + name + 2 > sizeof(walk->path))
            continue;
        memcpy(walk->path + len, entry->d_name, name + 1);
        fd = openat(dir_fd, entry->d_name, OPEN_FOLDER);
        if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
            continue;
        if (fd < 0) {
            result = list_failed(walk, err);
            break;
        }
        memcpy(walk->path + len + name, "/", 2);
        result = enter(walk, fd, len + name + 1, err);
        close(fd);
        walk->path[len] = '\0';
        errno = 0;
    }
    if (result == 0 && errno != 0)
        result = list_failed(walk, err);
    closedir(list);
    return result;
}

static int enter_day(struct walk *walk, int fd, size_t len, struct error *err)
{
    enum publish_entry entry;
    int name = snprintf(walk->path + len, sizeof(walk->path) - len,
                        PUBLISH_HIVE_RUN "%s", walk->run_id);

    if (name < 0 || (size_t)name >= sizeof(walk->path) - len)
        return 0;
    entry = publish_entry(fd, walk->path + len, err);
    if (entry == ENTRY_FAILED)
        return -1;
    if (entry != ENTRY_FOLDER)
        return 0;
    return walk->visit(walk->context, fd, walk->path, err);
}

static int enter_dataset(struct walk *walk, int fd, size_t len,
                         struct error *err)
{
    return each_folder(walk, fd, DAY_PREFIX, len, enter_day, err);
}

int publish_hive_each(int out_fd, const char *run_id,
                      publish_hive_visit *visit, void *context,
                      struct error *err)
{
    struct walk walk = {.out_fd = out_fd,
                        .run_id = run_id,
                        .visit = visit,
                        .context = context};

    return each_folder(&walk, out_fd, DATASET_PREFIX, 0, enter_dataset, err);
}

const char *publish_hive_name(const char *path)
{
    return strrchr(path, '/') + 1;
}

int publish_hive_path(const char *dataset, int64_t as_of, const char *run_id,
                      char out[PUBLISH_HIVE_PATH_MAX])
{
    char day[INSTANT_TEXT_MAX];
    int len;

    if (instant_format(as_of, "%Y-%m-%d", 0, day, sizeof(day)) != 0)
        return -1;
    len = snprintf(out, PUBLISH_HIVE_PATH_MAX,
                   DATASET_PREFIX "%s/" DAY_PREFIX "%s/" PUBLISH_HIVE_RUN "%s",
                   dataset, day, run_id);
    return len < 0 || len >= PUBLISH_HIVE_PATH_MAX ? -1 : 0;
}

static int unmark(void *context, int day_fd, const char *path,
                  struct error *err)
{
    int fd = openat(day_fd, publish_hive_name(path), OPEN_FOLDER);
    int result = 0;

    (void)context;
    if (fd < 0)
        return file_write_error(err, path);
    if (unlinkat(fd, PUBLISH_SUCCESS_NAME, 0) == 0
            ? file_sync(fd) != 0
            : errno != ENOENT) {
        file_write_error(err, PUBLISH_SUCCESS_NAME);
        result = error_prefix(err, "%s", path);
    }
    close(fd);
    return result;
}

int publish_hive_unmark(int out_fd, const char *run_id, struct error *err)
{
    return publish_hive_each(out_fd, run_id, unmark, NULL, err);
}

struct prune {
    int out_fd;
    const struct manifest *keep;
};

static bool is_kept(const struct manifest *keep, const char *path)
{
    char own[PUBLISH_HIVE_PATH_MAX];

    if (keep == NULL || !keep->hive)
        return false;
    for (size_t i = 0; i < keep->dataset_count; i++) {
        if (publish_hive_path(keep->datasets[i].name, keep->as_of,
                              keep->run_id, own) == 0 &&
            strcmp(own, path) == 0)
            return true;
    }
    return false;
}

/* Folders of days and datasets go with the last run in them. */
static int remove_empty(int out_fd, const char *path, struct error *err)
{
    char above[PUBLISH_HIVE_PATH_MAX];
    char *slash;

    snprintf(above, sizeof(above), "%s", path);
    while ((slash = strrchr(above, '/')) != NULL) {
        *slash = '\0';
        if (unlinkat(out_fd, above, AT_REMOVEDIR) == 0)
            continue;
        return errno == ENOTEMPTY || errno == EEXIST
                   ? 0
                   : file_write_error(err, above);
    }
    return file_sync(out_fd) == 0 ? 0 : file_write_error(err, path);
}

static int prune(void *context, int day_fd, const char *path,
                 struct error *err)
{
    const struct prune *p = context;

    if (is_kept(p->keep, path))
        return 0;
    if (publish_remove(p->out_fd, TEMP_NAME, err) != 0)
        return -1;
    if (renameat(day_fd, publish_hive_name(path), p->out_fd, TEMP_NAME) != 0 ||
        file_sync(day_fd) != 0)
        return file_write_error(err, path);
    if (publish_remove(p->out_fd, TEMP_NAME, err) != 0)
        return -1;
    return remove_empty(p->out_fd, path, err);
}

int publish_hive_prune(int out_fd, const char *run_id,
                       const struct manifest *keep, struct error *err)
{
    struct prune context = {.out_fd = out_fd, .keep = keep};

    return publish_hive_each(out_fd, run_id, prune, &context, err);
}
