#include "command_init.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "setup.h"
#include "sink.h"

#define TEMPORARY ".XXXXXX"

int command_init_exists(const char *path, struct error *err)
{
    error_set(err, ERROR_CANT_CREATE, "%s: is there already", path);
    return error_hint(err, "name another file with -c, or replace it with "
                           "--force");
}

static int fill(int fd, const char *text)
{
    return file_write_all(fd, text, strlen(text)) == 0 ? file_sync(fd) : -1;
}

/* Makes and fills the temporary file, whose name replaces the template. */
static int make(char *temp, const char *path, const char *text,
                struct error *err)
{
    int fd = mkostemp(temp, O_CLOEXEC);
    int result;

    if (fd < 0)
        return error_system(err, ERROR_CANT_CREATE, errno, "%s", path);
    result = fill(fd, text);
    if (close(fd) == 0 && result == 0)
        return 0;
    error_system(err, ERROR_IO, errno, "%s", path);
    unlink(temp);
    return -1;
}

/* Nobody knows the temporary file: what is told is told of the job. */
static void cut_all(char *text, const char *part)
{
    size_t len = strlen(part);

    while ((text = strstr(text, part)) != NULL)
        memmove(text, text + len, strlen(text + len) + 1);
}

/* As a run would read it, mappings and their sources included. */
static int check(const char *temp, struct error *err)
{
    const struct setup_options options = {.job_path = temp};
    const char *suffix = temp + strlen(temp) - strlen(TEMPORARY);
    struct setup *setup = calloc(1, sizeof(*setup));
    int result;

    if (setup == NULL)
        return error_no_memory(err);
    result = setup_load(setup, &options, err);
    if (result == 0)
        setup_free(setup);
    free(setup);
    cut_all(err->text, suffix);
    cut_all(err->hint, suffix);
    return result;
}

/* A link, unlike a rename, never replaces what somebody made meanwhile. */
static int place(const char *temp, const char *path, bool over,
                 struct error *err)
{
    if (over && rename(temp, path) == 0)
        return 0;
    if (!over && link(temp, path) == 0)
        return unlink(temp);
    if (!over && errno == EEXIST)
        return command_init_exists(path, err);
    return error_system(err, ERROR_CANT_CREATE, errno, "%s", path);
}

static int sync_folder(const char *path, struct error *err)
{
    char copy[PATH_MAX];
    int fd, result;

    snprintf(copy, sizeof(copy), "%s", path);
    fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    result = fd < 0 ? -1 : file_sync(fd);
    if (result != 0)
        error_system(err, ERROR_IO, errno, "folder of %s", path);
    if (fd >= 0)
        close(fd);
    return result;
}

int command_init_write(const char *path, const char *text, bool over,
                       struct error *err)
{
    char temp[PATH_MAX];
    int len = snprintf(temp, sizeof(temp), "%s" TEMPORARY, path);

    if (len < 0 || (size_t)len >= sizeof(temp)) {
        error_set(err, ERROR_USAGE, "--job: the path is too long");
        return error_hint(err, "choose a shorter path");
    }
    if (make(temp, path, text, err) != 0)
        return -1;
    if (check(temp, err) != 0 || place(temp, path, over, err) != 0) {
        unlink(temp);
        return -1;
    }
    return sync_folder(path, err);
}
