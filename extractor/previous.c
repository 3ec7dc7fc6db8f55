#include "previous.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "publish.h"

static int open_folder(int out_fd, const char *name, bool *damaged,
                       const struct log *log, struct error *err)
{
    int fd = openat(out_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0 || errno == ENOENT)
        return fd;
    *damaged = true;
    if (errno != ENOTDIR && errno != ELOOP && errno != EACCES)
        return error_system(err, ERROR_IO, errno, "%s: cannot open", name);
    log_line(log, LOG_WARN, "previous", "the run %s cannot be opened: %s",
             name, strerror(errno));
    return fd;
}

static int open_run(struct previous *previous, int out_fd, const char *name,
                    const struct log *log, struct error *err)
{
    struct error trouble = {0};

    previous->dir_fd =
        open_folder(out_fd, name, &previous->damaged, log, err);
    if (previous->dir_fd < 0)
        return err->kind == ERROR_NONE ? 0 : -1;
    previous->found =
        manifest_load(&previous->manifest, previous->dir_fd, &trouble) == 0;
    if (previous->found)
        return 0;
    previous->damaged = true;
    close(previous->dir_fd);
    if (trouble.kind != ERROR_DATA && trouble.kind != ERROR_NO_INPUT) {
        error_prefix(&trouble, "the run %s", name);
        return error_pass(err, &trouble);
    }
    log_line(log, LOG_WARN, "previous", "the run %s is not used: %s", name,
             trouble.text);
    return 0;
}

void previous_close(struct previous *previous)
{
    if (!previous->found)
        return;
    manifest_free(&previous->manifest);
    close(previous->dir_fd);
    previous->found = false;
}

int previous_open(struct previous *previous, int out_fd, const char *run_id,
                  int64_t as_of, const struct log *log, struct error *err)
{
    char older[PUBLISH_RUN_ID_MAX + 1];
    int result;

    previous->found = previous->damaged = false;
    result = open_run(previous, out_fd, PUBLISH_LATEST_NAME, log, err);
    if (previous->found && strcmp(previous->manifest.run_id, run_id) == 0) {
        const char *name = previous->manifest.supersedes;

        older[0] = '\0';
        if (name != NULL && publish_run_id_valid(name))
            memcpy(older, name, strlen(name) + 1);
        previous_close(previous);
        if (older[0] != '\0')
            result = open_run(previous, out_fd, older, log, err);
    }
    if (previous->found && previous->manifest.as_of >= as_of)
        previous_close(previous);
    return result;
}
