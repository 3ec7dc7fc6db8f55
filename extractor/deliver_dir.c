/* A folder, local or mounted: a file goes to a hidden name, is synced, read
 * back, and is then renamed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deliver_parts.h"
#include "folder.h"
#include "sink.h"

enum { COPY_CHUNK = 64 * 1024, NAME_MAX_LENGTH = 300 };

/* The folder, or of those above it the first that is there. */
static int probe(struct delivery *d, const struct deliver_file *file,
                 enum presence *presence, struct error *err)
{
    char path[PLACE_MAX + 1];
    char *slash;

    (void)file;
    snprintf(path, sizeof(path), "%s", d->place.data);
    while (access(path, W_OK | X_OK) != 0) {
        slash = strrchr(path, '/');
        if (errno != ENOENT || slash == NULL || slash == path)
            return file_create_error(err, path);
        *slash = '\0';
    }
    *presence = PRESENCE_ABSENT;
    return 0;
}

/* Made when there is something to put into it. */
static int check_folder(struct delivery *d, struct error *err)
{
    struct stat there, here;

    if (stat(d->place.data, &there) != 0 ||
        fstat(d->plan->out_fd, &here) != 0 || there.st_dev != here.st_dev ||
        there.st_ino != here.st_ino)
        return 0;
    error_set(err, ERROR_CONFIG, "path: is the output directory itself");
    return error_usual(err, "name another folder");
}

/* The folder of a file, made where it is missing; *name: what is in it. */
static int enter(const struct delivery *d, const struct deliver_file *file,
                 const char **name, struct error *err)
{
    const char *slash = strrchr(file->path, '/');
    char path[2 * PLACE_MAX];

    *name = slash != NULL ? slash + 1 : file->path;
    snprintf(path, sizeof(path), "%s/%.*s", d->place.data,
             slash != NULL ? (int)(slash - file->path) : 0, file->path);
    return folder_make(path, d->options->job->output.dir_mode, err);
}

static int compare(int dir_fd, const char *name,
                   const struct deliver_file *file, enum presence *presence,
                   struct error *err)
{
    int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    struct deliver_file found = {0};
    struct stat st;
    int result = 0;

    *presence = PRESENCE_OTHER;
    if (fd < 0 && errno == ENOENT) {
        *presence = PRESENCE_ABSENT;
        return 0;
    }
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        error_set(err, ERROR_CANT_CREATE,
                  "%s: what is there is no file, or this user may not read it",
                  file->path);
        result = error_usual(err, "move it away there");
    } else if ((uint64_t)st.st_size == file->bytes)
        result = plan_hash(fd, &found, err);
    if (result == 0 && strcmp(found.sha256, file->sha256) == 0)
        *presence = PRESENCE_SAME;
    if (fd >= 0)
        close(fd);
    return result;
}

static int look(struct delivery *d, const struct deliver_file *file,
                enum presence *presence, struct error *err)
{
    const char *name;
    int dir_fd = enter(d, file, &name, err), result;

    if (dir_fd < 0)
        return -1;
    result = compare(dir_fd, name, file, presence, err);
    close(dir_fd);
    return result;
}

static int copy(struct delivery *d, const struct deliver_file *file,
                struct sink *sink, struct error *err)
{
    int fd = plan_open_file(d->plan, file, err), result = 0;
    char data[COPY_CHUNK];
    ssize_t got = 1;

    if (fd < 0)
        return -1;
    while (result == 0 && (got = read(fd, data, sizeof(data))) != 0) {
        if (got < 0 && errno != EINTR)
            result = error_system(err, ERROR_IO, errno, "%s: cannot read",
                                  file->path);
        else if (got > 0)
            result = sink_write(sink, data, (size_t)got, err);
        if (result == 0)
            result = deliver_check_stop(d, err);
    }
    close(fd);
    return result;
}

static int write_temp(struct delivery *d, const struct deliver_file *file,
                      int dir_fd, const char *temp, struct error *err)
{
    const struct sink_options options = {.mode =
                                             d->options->job->output.file_mode};
    struct sink_facts facts;
    struct sink *sink;

    if (unlinkat(dir_fd, temp, 0) != 0 && errno != ENOENT)
        return file_create_error(err, temp);
    sink = sink_open(dir_fd, temp, &options, err);
    if (sink == NULL)
        return -1;
    if (copy(d, file, sink, err) == 0)
        return sink_close(sink, &facts, err);
    sink_abort(sink);
    return -1;
}

static int show(const struct deliver_file *file, int dir_fd, const char *temp,
                const char *name, struct error *err)
{
    enum presence presence;

    if (compare(dir_fd, temp, file, &presence, err) != 0)
        return -1;
    if (presence != PRESENCE_SAME)
        return 1;
    if (renameat(dir_fd, temp, dir_fd, name) != 0)
        return file_create_error(err, file->path);
    return file_sync(dir_fd) == 0 ? 0 : file_write_error(err, file->path);
}

static int send_and_rename(struct delivery *d, const struct deliver_file *file,
                           bool over, struct error *err)
{
    char temp[NAME_MAX_LENGTH];
    const char *name;
    int dir_fd = enter(d, file, &name, err), result;

    (void)over; /* a rename replaces in one step */
    if (dir_fd < 0)
        return -1;
    snprintf(temp, sizeof(temp), SINK_TEMP_PREFIX "%s", name);
    result = write_temp(d, file, dir_fd, temp, err);
    if (result == 0)
        result = show(file, dir_fd, temp, name, err);
    if (result != 0)
        unlinkat(dir_fd, temp, 0);
    close(dir_fd);
    return result;
}

static int take_away(struct delivery *d, const struct deliver_file *file,
                     struct error *err)
{
    const char *name;
    int dir_fd = enter(d, file, &name, err), result = 0;

    if (dir_fd < 0)
        return -1;
    if ((unlinkat(dir_fd, name, 0) != 0 && errno != ENOENT) ||
        file_sync(dir_fd) != 0)
        result = file_write_error(err, file->path);
    close(dir_fd);
    return result;
}

const struct deliver_driver deliver_dir = {
    .open = check_folder,
    .look = look,
    .send = send_and_rename,
    .take_away = take_away,
    .probe = probe,
};
