/* Taking published runs away again, and who holds the lock. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lock.h"
#include "publish.h"
#include "publish_parts.h"
#include "sink.h"

enum { LOCK_FILE_MODE = 0600, LOCKS_LINE_MAX = 256 };

int publish_hold(int out_fd, const char *who, struct error *err)
{
    mode_t mode = LOCK_FILE_MODE;
    struct stat st;

    /* A run gave it the mode its job wants. */
    if (fstatat(out_fd, PUBLISH_LOCK_NAME, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISREG(st.st_mode))
        mode = st.st_mode & 0777;
    return lock_take(out_fd, PUBLISH_LOCK_NAME, who, mode, err);
}

int publish_retire(int out_fd, const char *run_id, struct error *err)
{
    char temp[sizeof(SINK_TEMP_PREFIX) + PUBLISH_RUN_ID_MAX];

    snprintf(temp, sizeof(temp), SINK_TEMP_PREFIX "%s", run_id);
    if (publish_remove(out_fd, temp, err) != 0 ||
        publish_remove_done(out_fd, run_id, err) != 0)
        return -1;
    if (renameat(out_fd, run_id, out_fd, temp) != 0)
        return file_write_error(err, run_id);
    if (fsync(out_fd) != 0)
        return file_write_error(err, run_id);
    return publish_remove(out_fd, temp, err);
}

int publish_sweep(int out_fd, struct error *err)
{
    return publish_remove_prefixed(out_fd, SINK_TEMP_PREFIX, err);
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

bool publish_holder(int out_fd, char text[PUBLISH_HOLDER_MAX])
{
    int fd = openat(out_fd, PUBLISH_LOCK_NAME,
                    O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    long pid = -1;
    bool held;
    ssize_t got;

    text[0] = '\0';
    if (fd < 0)
        return false;
    got = pread(fd, text, PUBLISH_HOLDER_MAX - 1, 0);
    text[got > 0 ? got : 0] = '\0';
    lock_plain_line(text);
    if (sscanf(text, "pid %ld", &pid) != 1)
        pid = -1;
    held = fstat(fd, &st) == 0 && is_locked(&st, pid);
    close(fd);
    return held;
}
