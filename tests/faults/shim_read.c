/* The calls that look at files and folders. Those that open for reading are
 * in shim_write.c. */
#include "shim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* What _FORTIFY_SOURCE makes of them. */
ssize_t __read_chk(int fd, void *data, size_t len, size_t room);
ssize_t __pread_chk(int fd, void *data, size_t len, off_t at, size_t room);
ssize_t __pread64_chk(int fd, void *data, size_t len, off64_t at, size_t room);
ssize_t __readlink_chk(const char *path, char *to, size_t len, size_t room);
ssize_t __readlinkat_chk(int dir_fd, const char *path, char *to, size_t len,
                         size_t room);

#define LOOK(type, failure, order, call)    \
    do {                                    \
        enum shim_order order_ = (order);   \
        type result_;                       \
                                            \
        if (order_ == SHIM_FAIL)            \
            return failure;                 \
        result_ = (call);                   \
        shim_after(order_);                 \
        return result_;                     \
    } while (0)

#define ON_FD(type, failure, name, parameters, arguments)     \
    type name parameters                                      \
    {                                                         \
        LOOK(type, failure, shim_on_fd(SHIM_READ, #name, fd), \
             REAL(name) arguments);                           \
    }
ON_FD(ssize_t, -1, read, (int fd, void *data, size_t len), (fd, data, len))
ON_FD(ssize_t, -1, pread, (int fd, void *data, size_t len, off_t at),
      (fd, data, len, at))
ON_FD(ssize_t, -1, pread64, (int fd, void *data, size_t len, off64_t at),
      (fd, data, len, at))
ON_FD(ssize_t, -1, __read_chk, (int fd, void *data, size_t len, size_t room),
      (fd, data, len, room))
ON_FD(ssize_t, -1, __pread_chk,
      (int fd, void *data, size_t len, off_t at, size_t room),
      (fd, data, len, at, room))
ON_FD(ssize_t, -1, __pread64_chk,
      (int fd, void *data, size_t len, off64_t at, size_t room),
      (fd, data, len, at, room))
ON_FD(int, -1, fstat, (int fd, struct stat *to), (fd, to))
ON_FD(int, -1, fstat64, (int fd, struct stat64 *to), (fd, to))
ON_FD(DIR *, NULL, fdopendir, (int fd), (fd))

#define ON_PATH(type, failure, name, parameters, dir_fd, path, arguments)  \
    type name parameters                                                   \
    {                                                                      \
        LOOK(type, failure, shim_on_at(SHIM_READ, #name, dir_fd, path),    \
             REAL(name) arguments);                                        \
    }
ON_PATH(int, -1, stat, (const char *path, struct stat *to), AT_FDCWD, path,
        (path, to))
ON_PATH(int, -1, stat64, (const char *path, struct stat64 *to), AT_FDCWD,
        path, (path, to))
ON_PATH(int, -1, lstat, (const char *path, struct stat *to), AT_FDCWD, path,
        (path, to))
ON_PATH(int, -1, lstat64, (const char *path, struct stat64 *to), AT_FDCWD,
        path, (path, to))
ON_PATH(int, -1, fstatat,
        (int dir_fd, const char *path, struct stat *to, int flags), dir_fd,
        path, (dir_fd, path, to, flags))
ON_PATH(int, -1, fstatat64,
        (int dir_fd, const char *path, struct stat64 *to, int flags), dir_fd,
        path, (dir_fd, path, to, flags))
ON_PATH(int, -1, access, (const char *path, int mode), AT_FDCWD, path,
        (path, mode))
ON_PATH(int, -1, faccessat,
        (int dir_fd, const char *path, int mode, int flags), dir_fd, path,
        (dir_fd, path, mode, flags))
ON_PATH(ssize_t, -1, readlink, (const char *path, char *to, size_t len),
        AT_FDCWD, path, (path, to, len))
ON_PATH(ssize_t, -1, __readlink_chk,
        (const char *path, char *to, size_t len, size_t room), AT_FDCWD, path,
        (path, to, len, room))
ON_PATH(ssize_t, -1, readlinkat,
        (int dir_fd, const char *path, char *to, size_t len), dir_fd, path,
        (dir_fd, path, to, len))
ON_PATH(ssize_t, -1, __readlinkat_chk,
        (int dir_fd, const char *path, char *to, size_t len, size_t room),
        dir_fd, path, (dir_fd, path, to, len, room))
ON_PATH(DIR *, NULL, opendir, (const char *path), AT_FDCWD, path, (path))

#define READDIR(name, type)                                          \
    type *name(DIR *list)                                            \
    {                                                                \
        LOOK(type *, NULL, shim_on_fd(SHIM_READ, #name, dirfd(list)), \
             REAL(name)(list));                                      \
    }
READDIR(readdir, struct dirent)
READDIR(readdir64, struct dirent64)
