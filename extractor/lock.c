#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink.h"

enum { HOLDER_TEXT_MAX = 128 };

void lock_plain_line(char *text)
{
    text[strcspn(text, "\n")] = '\0';
    for (; *text != '\0'; text++) {
        if (*text < ' ' || *text > '~')
            *text = '?';
    }
}

static int lock_held(int fd, const char *name, struct error *err)
{
    char text[HOLDER_TEXT_MAX] = "";
    ssize_t got = pread(fd, text, sizeof(text) - 1, 0);

    lock_plain_line(text);
    error_set(err, ERROR_TRY_LATER, "%s: another run holds the lock: %s", name,
              got > 0 ? text : "pid unknown");
    return error_hint(err, "wait until it ends; the lock goes with the "
                           "process, the file may stay");
}

static int write_holder(int fd, const char *name, const char *run_id,
                        struct error *err)
{
    char text[HOLDER_TEXT_MAX];
    int len = snprintf(text, sizeof(text), "pid %ld run %s\n", (long)getpid(),
                       run_id);

    if (ftruncate(fd, 0) != 0 || file_write_all(fd, text, (size_t)len) != 0)
        return file_write_error(err, name);
    return 0;
}

int lock_take(int dir_fd, const char *name, const char *run_id, mode_t mode,
              struct error *err)
{
    int fd = openat(dir_fd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
                    0600);

    if (fd < 0)
        return file_create_error(err, name);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            lock_held(fd, name, err);
        else
            file_write_error(err, name);
        goto fail;
    }
    if (fchmod(fd, mode) != 0) {
        file_create_error(err, name);
        goto fail;
    }
    if (write_holder(fd, name, run_id, err) != 0)
        goto fail;
    return fd;

fail:
    close(fd);
    return -1;
}
