#include "outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink.h"

struct outfile {
    char path[PATH_MAX];
    const char *base; /* in path */
    char temp[NAME_MAX + 1];
    int folder;
    struct sink *sink;
};

int outfile_folder(const struct outfile *file)
{
    return file->folder;
}

static int open_folder(struct outfile *file, struct error *err)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(file->path, '/');

    file->base = slash == NULL ? file->path : slash + 1;
    if (*file->base == '\0' || strlen(file->base) > NAME_MAX) {
        error_set(err, ERROR_CANT_CREATE, "%s: is no file name", file->path);
        return error_usual(
            err, "give the path of a file, with a name of at most 255 bytes");
    }
    snprintf(folder, sizeof(folder), "%.*s", (int)(file->base - file->path),
             file->path);
    file->folder = open(slash == NULL ? "." : folder,
                        O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return file->folder >= 0 ? 0 : file_create_error(err, file->path);
}

/* Replacing a device or a folder is never what was meant. */
static int check_target(const struct outfile *file, struct error *err)
{
    struct stat st;

    if (fstatat(file->folder, file->base, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? 0 : file_create_error(err, file->path);
    if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode)) {
        error_set(err, ERROR_CANT_CREATE,
                  "%s: exists and is not a regular file", file->path);
        return error_usual(err, "move it away, or choose another place");
    }
    return 0;
}

static int open_sink(struct outfile *file, struct error *err)
{
    const struct sink_options options = {.mode = 0600};

    snprintf(file->temp, sizeof(file->temp), SINK_TEMP_PREFIX "%ld-%.128s",
             (long)getpid(), file->base);
    file->sink = sink_open(file->folder, file->temp, &options, err);
    return file->sink != NULL ? 0 : -1;
}

static void release(struct outfile *file)
{
    if (file->folder >= 0)
        close(file->folder);
    free(file);
}

struct outfile *outfile_open(const char *path, struct error *err)
{
    struct outfile *file = calloc(1, sizeof(*file));

    if (file == NULL) {
        error_no_memory(err);
        return NULL;
    }
    file->folder = -1;
    if (strlen(path) >= sizeof(file->path)) {
        errno = ENAMETOOLONG;
        file_create_error(err, path);
        release(file);
        return NULL;
    }
    memcpy(file->path, path, strlen(path) + 1);
    if (open_folder(file, err) == 0 && check_target(file, err) == 0 &&
        open_sink(file, err) == 0)
        return file;
    release(file);
    return NULL;
}

int outfile_write(struct outfile *file, const void *data, size_t len,
                  struct error *err)
{
    return sink_write(file->sink, data, len, err);
}

int outfile_commit(struct outfile *file, struct error *err)
{
    struct sink_facts facts;
    int result = sink_close(file->sink, &facts, err);

    file->sink = NULL;
    if (result == 0 && renameat(file->folder, file->temp, file->folder,
                                file->base) != 0)
        result = file_create_error(err, file->path);
    if (result != 0)
        unlinkat(file->folder, file->temp, 0);
    else if (file_sync(file->folder) != 0)
        result = file_write_error(err, file->path);
    release(file);
    return result;
}

void outfile_abort(struct outfile *file)
{
    if (file == NULL)
        return;
    sink_abort(file->sink);
    release(file);
}
