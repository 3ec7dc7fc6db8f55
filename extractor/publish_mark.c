/* What stands beside the runs: "latest" and the done files. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "beside.h"
#include "jsonw.h"
#include "publish.h"
#include "publish_parts.h"
#include "sink.h"

enum { DONE_TEXT_MAX = 4096 };

#define LATEST_TEMP SINK_TEMP_PREFIX "latest"

int publish_check_latest(int out_fd, struct error *err)
{
    struct stat st;

    if (fstatat(out_fd, PUBLISH_LATEST_NAME, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? 0
                               : file_write_error(err, PUBLISH_LATEST_NAME);
    if (S_ISLNK(st.st_mode))
        return 0;
    error_set(err, ERROR_CANT_CREATE, "%s: exists and is not a symbolic link",
              PUBLISH_LATEST_NAME);
    return error_usual(err, "move it away, then run again");
}

enum age { AGE_UNKNOWN = -1, AGE_OLDER, AGE_NEWER };

/* A run whose manifest is damaged has only its name, which is its time unless
 * --run-id said otherwise. Equal times go by name too, so that latest does not
 * depend on which run was published first. */
static enum age compare(int run_fd, const char *name, const char *run_id,
                        int64_t as_of, struct error *err)
{
    bool newer = strcmp(name, run_id) > 0;
    struct error trouble = {0};
    struct manifest manifest;

    if (manifest_load(&manifest, run_fd, &trouble) == 0) {
        if (manifest.as_of != as_of)
            newer = manifest.as_of > as_of;
        manifest_free(&manifest);
    } else if (trouble.kind != ERROR_DATA && trouble.kind != ERROR_NO_INPUT) {
        error_prefix(&trouble, "%s", name);
        error_pass(err, &trouble);
        return AGE_UNKNOWN;
    }
    return newer ? AGE_NEWER : AGE_OLDER;
}

static enum age unknown(const char *name, struct error *err)
{
    error_system(err, ERROR_IO, errno, "%s: cannot be looked at", name);
    return AGE_UNKNOWN;
}

/* Of the run that `latest` names, as far as it is still there. */
static enum age age_of_latest(int out_fd, const char *run_id, int64_t as_of,
                              struct error *err)
{
    char target[PATH_MAX];
    enum age age;
    int fd;
    ssize_t len =
        readlinkat(out_fd, PUBLISH_LATEST_NAME, target, sizeof(target) - 1);

    if (len < 0)
        return errno == ENOENT ? AGE_OLDER
                               : unknown(PUBLISH_LATEST_NAME, err);
    target[len] = '\0';
    if (!publish_run_id_valid(target))
        return AGE_OLDER;
    fd = openat(out_fd, target,
                O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR || errno == ELOOP
                   ? AGE_OLDER
                   : unknown(target, err);
    age = compare(fd, target, run_id, as_of, err);
    close(fd);
    return age;
}

int publish_latest(int out_fd, const char *run_id, int64_t as_of,
                   struct error *err)
{
    enum age age = age_of_latest(out_fd, run_id, as_of, err);

    if (age != AGE_OLDER)
        return age == AGE_NEWER ? 0 : -1;
    if (unlinkat(out_fd, LATEST_TEMP, 0) != 0 && errno != ENOENT)
        return file_create_error(err, PUBLISH_LATEST_NAME);
    if (symlinkat(run_id, out_fd, LATEST_TEMP) != 0)
        return file_create_error(err, PUBLISH_LATEST_NAME);
    if (renameat(out_fd, LATEST_TEMP, out_fd, PUBLISH_LATEST_NAME) != 0) {
        file_create_error(err, PUBLISH_LATEST_NAME);
        unlinkat(out_fd, LATEST_TEMP, 0);
        return -1;
    }
    if (file_sync(out_fd) != 0)
        return file_write_error(err, PUBLISH_LATEST_NAME);
    return 0;
}

int publish_done_name(const char *dataset, int64_t as_of, const char *run_id,
                      char out[PUBLISH_DONE_NAME_MAX])
{
    return beside_name(dataset, as_of, run_id, BESIDE_DONE, out);
}

int publish_write_done(int out_fd, const struct publish_done *done,
                       struct error *err)
{
    char name[PUBLISH_DONE_NAME_MAX];
    struct jsonw w;
    struct buf text;
    int result = -1;

    if (publish_done_name(done->dataset, done->as_of, done->run_id, name) !=
        0) {
        error_set(err, ERROR_CANT_CREATE,
                  "%s: the name of its done file would be too long",
                  done->dataset);
        return error_usual(err, "choose a shorter \"name\" for the mapping");
    }
    buf_init(&text, DONE_TEXT_MAX);
    jsonw_init(&w, &text, 0);
    jsonw_object(&w, NULL);
    jsonw_text(&w, "runId", done->run_id);
    jsonw_text(&w, "dataset", done->dataset);
    jsonw_int(&w, "rows", (int64_t)done->rows);
    jsonw_text(&w, "manifestSha256", done->manifest_sha256);
    jsonw_object_end(&w);
    buf_putc(&text, '\n');
    if (!buf_ok(&text))
        error_no_memory(err);
    else
        result = write_whole_file(out_fd, name, text.data, text.len, done->mode,
                                  err);
    buf_release(&text);
    return result;
}

static int remove_beside(int out_fd, const char *run_id, const char *suffix,
                         struct error *err)
{
    int result = 0,
        fd = openat(out_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    bool removed = false;
    struct dirent *entry;

    if (list == NULL) {
        if (fd >= 0)
            close(fd);
        return file_write_error(err, "done files");
    }
    while (result == 0 && (errno = 0, entry = readdir(list)) != NULL) {
        if (!beside_is_of(entry->d_name, run_id, suffix))
            continue;
        if (unlinkat(out_fd, entry->d_name, 0) != 0)
            result = file_write_error(err, entry->d_name);
        removed = true;
    }
    if (result == 0 && errno != 0)
        result = file_write_error(err, "done files");
    closedir(list);
    if (result == 0 && removed && file_sync(out_fd) != 0)
        result = file_write_error(err, "done files");
    return result;
}

/* In the order of beside_suffixes, and on disk in it too: nobody finds a done
 * file without the rest. */
int publish_remove_done(int out_fd, const char *run_id, struct error *err)
{
    for (size_t i = 0; beside_suffixes[i] != NULL; i++) {
        if (remove_beside(out_fd, run_id, beside_suffixes[i], err) != 0)
            return -1;
    }
    return 0;
}
