#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "sink.h"

enum { LOCKS_LINE_MAX = 256 };

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
    char text[LOCK_HOLDER_MAX] = "";
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
    char text[LOCK_HOLDER_MAX];
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

/* A line of /proc/locks tells of a flock(2) on that file. The device may be
 * another there than stat(2) says (overlay file systems), so the process
 * that the lock file names counts as well. */
static bool tells_of(const char *line, const struct stat *st, long pid)
{
    unsigned major_number, minor_number;
    unsigned long inode;
    char kind[16];
    long holder;

    if (sscanf(line, "%*s %15s %*s %*s %ld %x:%x:%lu", kind, &holder,
               &major_number, &minor_number, &inode) != 5 ||
        strcmp(kind, "FLOCK") != 0 || inode != st->st_ino)
        return false;
    return holder == pid || (major_number == major(st->st_dev) &&
                             minor_number == minor(st->st_dev));
}

static bool is_locked(const struct stat *st, long pid)
{
    FILE *locks = fopen("/proc/locks", "re");
    char line[LOCKS_LINE_MAX];
    bool found = false;

    while (locks != NULL && !found &&
           fgets(line, sizeof(line), locks) != NULL)
        found = tells_of(line, st, pid);
    if (locks != NULL)
        fclose(locks);
    return found;
}

bool lock_holder(int dir_fd, const char *name, char text[LOCK_HOLDER_MAX])
{
    int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    long pid = -1;
    bool held;
    ssize_t got;

    text[0] = '\0';
    if (fd < 0)
        return false;
    got = pread(fd, text, LOCK_HOLDER_MAX - 1, 0);
    text[got > 0 ? got : 0] = '\0';
    lock_plain_line(text);
    if (sscanf(text, "pid %ld", &pid) != 1)
        pid = -1;
    held = fstat(fd, &st) == 0 && is_locked(&st, pid);
    close(fd);
    return held;
}
