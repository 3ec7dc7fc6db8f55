#include "previous.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "publish.h"

static void open_run(struct previous *previous, int out_fd, const char *name,
                     const struct log *log)
{
    struct error err = {0};

    previous->dir_fd =
        openat(out_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (previous->dir_fd < 0) {
        previous->damaged = errno != ENOENT;
        if (previous->damaged)
            log_line(log, LOG_WARN, "previous", "the run %s cannot be opened: "
                     "%s", name, strerror(errno));
        return;
    }
    previous->found =
        manifest_load(&previous->manifest, previous->dir_fd, &err) == 0;
    if (previous->found)
        return;
    previous->damaged = true;
    log_line(log, LOG_WARN, "previous", "the run %s is not used: %s", name,
             err.text);
    close(previous->dir_fd);
}

void previous_close(struct previous *previous)
{
    if (!previous->found)
        return;
    manifest_free(&previous->manifest);
    close(previous->dir_fd);
    previous->found = false;
}

void previous_open(struct previous *previous, int out_fd, const char *run_id,
                   int64_t as_of, const struct log *log)
{
    char older[PUBLISH_RUN_ID_MAX + 1];

    previous->found = previous->damaged = false;
    open_run(previous, out_fd, PUBLISH_LATEST_NAME, log);
    if (previous->found && strcmp(previous->manifest.run_id, run_id) == 0) {
        const char *name = previous->manifest.supersedes;

        older[0] = '\0';
        if (name != NULL && publish_run_id_valid(name))
            memcpy(older, name, strlen(name) + 1);
        previous_close(previous);
        if (older[0] != '\0')
            open_run(previous, out_fd, older, log);
    }
    if (previous->found && previous->manifest.as_of >= as_of)
        previous_close(previous);
}
