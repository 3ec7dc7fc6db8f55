/* The Hive folders of a run: built beside, renamed into place, then marked. */
#include "publish_hive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "publish.h"
#include "publish_parts.h"
#include "seal.h"
#include "sink.h"

#define TEMP_NAME SINK_TEMP_PREFIX "_hive" /* no run id begins with '_' */

enum {
    OPEN_FOLDER = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
    COPY_CHUNK = 64 * 1024
};

/* One dataset's folder. */
struct place {
    const struct publish_hive *hive;
    const char *dataset;
    char path[PUBLISH_HIVE_PATH_MAX];
    struct buf text; /* of its manifest */
};

static int copy_bytes(int from, int to, const char *name, struct error *err)
{
    char *chunk = malloc(COPY_CHUNK);
    ssize_t got = 0;
    int result = chunk != NULL ? 0 : error_no_memory(err);

    while (result == 0 && (got = read(from, chunk, COPY_CHUNK)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            result =
                error_system(err, ERROR_IO, errno, "%s: cannot read", name);
        else if (file_write_all(to, chunk, (size_t)got) != 0)
            result = file_write_error(err, name);
    }
    free(chunk);
    return result;
}

static int copy_part(const struct publish_hive *hive, int to_fd,
                     const char *name, struct error *err)
{
    int result, to, from = file_open_read(hive->run_fd, name, err);

    if (from < 0)
        return -1;
    to = openat(to_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (to < 0) {
        result = file_create_error(err, name);
    } else {
        result = copy_bytes(from, to, name, err);
        if (result == 0 && (fchmod(to, hive->file_mode) != 0 || file_sync(to) != 0))
            result = file_write_error(err, name);
        if (close(to) != 0 && result == 0)
            result = file_write_error(err, name);
    }
    close(from);
    return result;
}

/* A second name of the same bytes; a copy where a file system has none. */
static int link_part(const struct publish_hive *hive, int to_fd,
                     const char *name, struct error *err)
{
    if (linkat(hive->run_fd, name, to_fd, name, 0) == 0)
        return 0;
    if (errno == EPERM || errno == EMLINK || errno == EXDEV ||
        errno == ENOSYS || errno == EOPNOTSUPP)
        return copy_part(hive, to_fd, name, err);
    return file_create_error(err, name);
}

static int sign(const struct place *place, int fd, struct error *err)
{
    const struct publish_hive *hive = place->hive;

    if (hive->sign_key != NULL)
        return seal_write(fd, MANIFEST_PART_NAME, place->text.data,
                          place->text.len, hive->sign_key, hive->file_mode,
                          err);
    error_set(err, ERROR_CONFIG, "the run is signed, and its folder lacks the "
                                 "signature");
    return error_hint(err, "run again with the --sign-key of the run");
}

static int fill(struct place *place, int fd, struct error *err)
{
    const struct publish_hive *hive = place->hive;
    const struct manifest *m = hive->manifest;

    for (size_t i = 0; i < m->resource_count; i++) {
        if (strcmp(m->resources[i].dataset, place->dataset) == 0 &&
            link_part(hive, fd, m->resources[i].path, err) != 0)
            return -1;
    }
    if (write_whole_file(fd, MANIFEST_PART_NAME, place->text.data,
                         place->text.len, hive->file_mode, err) != 0)
        return -1;
    if (m->is_signed && sign(place, fd, err) != 0)
        return -1;
    if (fchmod(fd, hive->dir_mode) != 0 || file_sync(fd) != 0)
        return file_write_error(err, TEMP_NAME);
    return 0;
}

static int build(struct place *place, struct error *err)
{
    int fd, result, out_fd = place->hive->out_fd;

    if (publish_remove(out_fd, TEMP_NAME, err) != 0)
        return -1;
    if (mkdirat(out_fd, TEMP_NAME, 0700) != 0)
        return file_create_error(err, TEMP_NAME);
    fd = openat(out_fd, TEMP_NAME, OPEN_FOLDER);
    if (fd < 0)
        return file_create_error(err, TEMP_NAME);
    result = fill(place, fd, err);
    close(fd);
    return result;
}

/* What was begun is of no use to anybody. */
static int drop(const struct place *place)
{
    struct error ignored = {0};

    publish_remove(place->hive->out_fd, TEMP_NAME, &ignored);
    return -1;
}

/* The folder that run=RUNID stands in, made where it is missing. */
static int open_day(const struct place *place, struct error *err)
{
    char path[PUBLISH_HIVE_PATH_MAX];
    int fd = openat(place->hive->out_fd, ".", OPEN_FOLDER);
    char *rest = path, *name;

    snprintf(path, sizeof(path), "%.*s",
             (int)(publish_hive_name(place->path) - place->path - 1),
             place->path);
    while (fd >= 0 && (name = strsep(&rest, "/")) != NULL) {
        int next = folder_enter(fd, name, place->hive->dir_mode, O_NOFOLLOW);

        close(fd);
        fd = next;
    }
    return fd >= 0 ? fd : file_create_error(err, place->path);
}

static int show(const struct place *place, int day_fd, struct error *err)
{
    const char *name = publish_hive_name(place->path);
    int out_fd = place->hive->out_fd, result;

    switch (publish_entry(day_fd, name, err)) {
    case ENTRY_FAILED:
        return -1;
    case ENTRY_ABSENT:
        result = renameat(out_fd, TEMP_NAME, day_fd, name);
        break;
    case ENTRY_FOLDER:
        result = renameat2(out_fd, TEMP_NAME, day_fd, name, RENAME_EXCHANGE);
        break;
    default:
        error_set(err, ERROR_CANT_CREATE, "%s: exists and is not a folder",
                  place->path);
        return error_usual(err, "move it away, then run again");
    }
    if (result != 0)
        return file_create_error(err, place->path);
    if (file_sync(day_fd) != 0)
        return file_write_error(err, place->path);
    return publish_remove(out_fd, TEMP_NAME, err);
}

static bool is_sealed(const struct place *place)
{
    char name[PUBLISH_HIVE_PATH_MAX +
              sizeof("/" MANIFEST_PART_NAME SEAL_SUFFIX)];

    snprintf(name, sizeof(name), "%s/" MANIFEST_PART_NAME SEAL_SUFFIX,
             place->path);
    return !place->hive->manifest->is_signed ||
           faccessat(place->hive->out_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) ==
               0;
}

/* A folder appears whole, so its manifest speaks for all of it. */
static int is_there(const struct place *place, struct error *err)
{
    char name[PUBLISH_HIVE_PATH_MAX + sizeof("/" MANIFEST_PART_NAME)];
    struct error local = {0};
    size_t len;
    char *text;
    int same;

    snprintf(name, sizeof(name), "%s/" MANIFEST_PART_NAME, place->path);
    text = read_whole_file(place->hive->out_fd, name, MANIFEST_BYTES_MAX, &len,
                           &local);
    if (text == NULL && local.kind != ERROR_NO_INPUT &&
        local.kind != ERROR_DATA) {
        *err = local;
        return -1;
    }
    same = text != NULL && len == place->text.len &&
           memcmp(text, place->text.data, len) == 0 && is_sealed(place);
    free(text);
    return same;
}

static int lay(struct place *place, struct error *err)
{
    int day_fd, result, there;

    if (manifest_write_part(place->hive->manifest, place->dataset,
                            &place->text, err) != 0)
        return -1;
    there = is_there(place, err);
    if (there != 0)
        return there > 0 ? 0 : -1;
    if (build(place, err) != 0) {
        error_prefix(err, "%s", place->path);
        return drop(place);
    }
    day_fd = open_day(place, err);
    if (day_fd < 0)
        return drop(place);
    result = show(place, day_fd, err);
    close(day_fd);
    return result == 0 ? 0 : drop(place);
}

/* An empty file has no half; only its name must last. */
static int make_mark(const struct place *place, int folder, struct error *err)
{
    int result = 0, fd = openat(folder, PUBLISH_SUCCESS_NAME,
                                O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
                                0600);

    if (fd < 0)
        return file_create_error(err, PUBLISH_SUCCESS_NAME);
    if (fchmod(fd, place->hive->file_mode) != 0 || file_sync(fd) != 0)
        result = file_write_error(err, PUBLISH_SUCCESS_NAME);
    if (close(fd) != 0 && result == 0)
        result = file_write_error(err, PUBLISH_SUCCESS_NAME);
    if (result == 0 && file_sync(folder) != 0)
        result = file_write_error(err, PUBLISH_SUCCESS_NAME);
    return result;
}

static int mark(struct place *place, struct error *err)
{
    int result, folder = openat(place->hive->out_fd, place->path, OPEN_FOLDER);

    if (folder < 0)
        return file_create_error(err, place->path);
    result = make_mark(place, folder, err);
    close(folder);
    return result == 0 ? 0 : error_prefix(err, "%s", place->path);
}

static int each_dataset(const struct publish_hive *hive,
                        int (*visit)(struct place *place, struct error *err),
                        struct error *err)
{
    const struct manifest *m = hive->manifest;
    int result = 0;

    for (size_t i = 0; i < m->dataset_count && result == 0; i++) {
        struct place place = {.hive = hive, .dataset = m->datasets[i].name};

        if (publish_hive_path(place.dataset, m->as_of, m->run_id, place.path) !=
            0) {
            error_set(err, ERROR_CANT_CREATE,
                      "%s: the name of its folder would be too long",
                      place.dataset);
            return error_usual(err,
                               "choose a shorter \"name\" for the mapping");
        }
        buf_init(&place.text, MANIFEST_BYTES_MAX);
        result = visit(&place, err);
        buf_release(&place.text);
    }
    return result;
}

int publish_hive_lay(const struct publish_hive *hive, struct error *err)
{
    if (hive->manifest->hive && each_dataset(hive, lay, err) != 0)
        return -1;
    if (publish_hive_prune(hive->out_fd, hive->manifest->run_id,
                           hive->manifest, err) != 0)
        return -1;
    return hive->manifest->hive ? each_dataset(hive, mark, err) : 0;
}
