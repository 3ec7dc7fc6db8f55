/* The calls that change files and folders. */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITES = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC };

/* Does the call of an int function, or fails it. */
#define STRIKE_INT(order, call)             \
    do {                                    \
        enum shim_order order_ = (order);   \
        int result_;                        \
                                            \
        if (order_ == SHIM_FAIL)            \
            return -1;                      \
        result_ = (call);                   \
        shim_after(order_);                 \
        return result_;                     \
    } while (0)

static enum shim_set set_of(int flags)
{
    return (flags & WRITES) != 0 ? SHIM_WRITE : SHIM_READ;
}

static enum shim_order on_open(int dir_fd, const char *path, int flags)
{
    return shim_on_at(set_of(flags), "open", dir_fd, path);
}

static mode_t mode_of(int flags, va_list args)
{
    return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(args, mode_t) : 0;
}

#define OPEN(name)                                               \
    int name(const char *path, int flags, ...)                   \
    {                                                            \
        va_list args;                                            \
        mode_t mode;                                             \
                                                                 \
        va_start(args, flags);                                   \
        mode = mode_of(flags, args);                             \
        va_end(args);                                            \
        STRIKE_INT(on_open(AT_FDCWD, path, flags),               \
                   REAL(name)(path, flags, mode));               \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                             \
    int name(int dir_fd, const char *path, int flags, ...)       \
    {                                                            \
        va_list args;                                            \
        mode_t mode;                                             \
                                                                 \
        va_start(args, flags);                                   \
        mode = mode_of(flags, args);                             \
        va_end(args);                                            \
        STRIKE_INT(on_open(dir_fd, path, flags),                 \
                   REAL(name)(dir_fd, path, flags, mode));       \
    }
OPENAT(openat)
OPENAT(openat64)

/* What _FORTIFY_SOURCE makes of calls without a mode. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int dir_fd, const char *path, int flags);
int __openat64_2(int dir_fd, const char *path, int flags);

int __open_2(const char *path, int flags)
{
    return open(path, flags);
}

int __open64_2(const char *path, int flags)
{
    return open64(path, flags);
}

int __openat_2(int dir_fd, const char *path, int flags)
{
    return openat(dir_fd, path, flags);
}

int __openat64_2(int dir_fd, const char *path, int flags)
{
    return openat64(dir_fd, path, flags);
}

int creat(const char *path, mode_t mode)
{
    return open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

int creat64(const char *path, mode_t mode)
{
    return open64(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

#define MKOSTEMP(name)                                                  \
    int name(char *path, int flags)                                     \
    {                                                                   \
        STRIKE_INT(shim_on_at(SHIM_WRITE, "mkostemp", AT_FDCWD, path),  \
                   REAL(name)(path, flags));                            \
    }
MKOSTEMP(mkostemp)
MKOSTEMP(mkostemp64)

#define MKSTEMP(name)                                                  \
    int name(char *path)                                               \
    {                                                                  \
        STRIKE_INT(shim_on_at(SHIM_WRITE, "mkstemp", AT_FDCWD, path),  \
                   REAL(name)(path));                                  \
    }
MKSTEMP(mkstemp)
MKSTEMP(mkstemp64)

/* Half of the bytes, where that is the order. */
static size_t length(enum shim_order order, size_t len)
{
    return order == SHIM_SHORT || order == SHIM_DIE_HALF ? (len + 1) / 2 : len;
}

ssize_t write(int fd, const void *data, size_t len)
{
    enum shim_order order = shim_on_fd(SHIM_WRITE, "write", fd);
    ssize_t result;

    if (order == SHIM_FAIL)
        return -1;
    result = REAL(write)(fd, data, length(order, len));
    shim_after(order);
    return result;
}

#define PWRITE(name, off)                                              \
    ssize_t name(int fd, const void *data, size_t len, off at)         \
    {                                                                  \
        enum shim_order order = shim_on_fd(SHIM_WRITE, "pwrite", fd);  \
        ssize_t result;                                                \
                                                                       \
        if (order == SHIM_FAIL)                                        \
            return -1;                                                 \
        result = REAL(name)(fd, data, length(order, len), at);         \
        shim_after(order);                                             \
        return result;                                                 \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

/* Half of the pieces, rounded up. */
ssize_t writev(int fd, const struct iovec *pieces, int count)
{
    enum shim_order order = shim_on_fd(SHIM_WRITE, "writev", fd);
    ssize_t result;

    if (order == SHIM_FAIL)
        return -1;
    result = REAL(writev)(fd, pieces, (int)length(order, (size_t)count));
    shim_after(order);
    return result;
}

#define ON_FD(name, parameters, arguments)                               \
    int name parameters                                                  \
    {                                                                    \
        STRIKE_INT(shim_on_fd(SHIM_WRITE, #name, fd), REAL(name) arguments); \
    }
ON_FD(fsync, (int fd), (fd))
ON_FD(fdatasync, (int fd), (fd))
ON_FD(ftruncate, (int fd, off_t len), (fd, len))
ON_FD(ftruncate64, (int fd, off64_t len), (fd, len))
ON_FD(fallocate, (int fd, int mode, off_t at, off_t len), (fd, mode, at, len))
ON_FD(fchmod, (int fd, mode_t mode), (fd, mode))
ON_FD(fchown, (int fd, uid_t owner, gid_t group), (fd, owner, group))
ON_FD(flock, (int fd, int operation), (fd, operation))

#define ON_PATH(name, parameters, dir_fd, path, arguments)    \
    int name parameters                                       \
    {                                                         \
        STRIKE_INT(shim_on_at(SHIM_WRITE, #name, dir_fd, path), \
                   REAL(name) arguments);                     \
    }
ON_PATH(rename, (const char *from, const char *to), AT_FDCWD, to, (from, to))
ON_PATH(renameat, (int old, const char *from, int new, const char *to), new,
        to, (old, from, new, to))
ON_PATH(renameat2,
        (int old, const char *from, int new, const char *to,
         unsigned int flags),
        new, to, (old, from, new, to, flags))
ON_PATH(unlink, (const char *path), AT_FDCWD, path, (path))
ON_PATH(unlinkat, (int dir_fd, const char *path, int flags), dir_fd, path,
        (dir_fd, path, flags))
ON_PATH(remove, (const char *path), AT_FDCWD, path, (path))
ON_PATH(rmdir, (const char *path), AT_FDCWD, path, (path))
ON_PATH(mkdir, (const char *path, mode_t mode), AT_FDCWD, path, (path, mode))
ON_PATH(mkdirat, (int dir_fd, const char *path, mode_t mode), dir_fd, path,
        (dir_fd, path, mode))
ON_PATH(symlink, (const char *target, const char *path), AT_FDCWD, path,
        (target, path))
ON_PATH(symlinkat, (const char *target, int dir_fd, const char *path), dir_fd,
        path, (target, dir_fd, path))
ON_PATH(link, (const char *from, const char *to), AT_FDCWD, to, (from, to))
ON_PATH(linkat,
        (int old, const char *from, int new, const char *to, int flags), new,
        to, (old, from, new, to, flags))
ON_PATH(chmod, (const char *path, mode_t mode), AT_FDCWD, path, (path, mode))
ON_PATH(fchmodat, (int dir_fd, const char *path, mode_t mode, int flags),
        dir_fd, path, (dir_fd, path, mode, flags))
ON_PATH(truncate, (const char *path, off_t len), AT_FDCWD, path, (path, len))

/* Of what was open for writing; Linux closes it whatever it answers. */
int close(int fd)
{
    int before = errno, cause;
    int flags = shim_watches(SHIM_WRITE) ? fcntl(fd, F_GETFL) : -1;
    enum shim_order order = SHIM_PASS;

    errno = before;
    if (flags >= 0 && (flags & O_ACCMODE) != O_RDONLY)
        order = shim_on_fd(SHIM_WRITE, "close", fd);
    cause = errno;
    if (order == SHIM_FAIL) {
        REAL(close)(fd);
        errno = cause;
        return -1;
    }
    STRIKE_INT(order, REAL(close)(fd));
}
