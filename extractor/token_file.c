#include "token_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink.h"

enum { ROOM = SECRET_MAX + 1, PRIVATE = 0600, OTHERS_WRITE = 022 };

static const char lock_suffix[] = ".lock", fresh_suffix[] = ".new";

/* The longest suffix fits: open_folder() has seen to it. */
static void suffixed(const char *name, const char *suffix,
                     char out[NAME_MAX + 1])
{
    strcpy(out, name);
    strcat(out, suffix);
}

static int check_folder(int fd, const char *folder, struct error *err)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return file_create_error(err, folder);
    if ((st.st_mode & OTHERS_WRITE) == 0)
        return 0;
    error_set(err, ERROR_CONFIG,
              "%s: others can write to the folder of the refresh token",
              folder);
    return error_hint(err, "chmod go-w %s", folder);
}

/* Makes the new folder's name durable too. */
static int make_folder(const char *folder, struct error *err)
{
    char parent[PATH_MAX];
    int fd, result;

    if (mkdir(folder, 0700) != 0)
        return errno == EEXIST ? 0 : file_create_error(err, folder);
    snprintf(parent, sizeof(parent), "%s/..", folder);
    fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return file_create_error(err, folder);
    result = file_sync(fd);
    close(fd);
    return result == 0 ? 0 : file_write_error(err, folder);
}

static int open_folder(struct token_file *file, struct error *err)
{
    const char *slash = strrchr(file->path, '/');
    char folder[PATH_MAX - 4];
    size_t len = (size_t)(slash - file->path);

    if (len >= sizeof(folder) ||
        strlen(slash + 1) + sizeof(lock_suffix) > sizeof(file->name)) {
        errno = ENAMETOOLONG;
        return file_create_error(err, file->path);
    }
    memcpy(folder, len > 0 ? file->path : "/", len > 0 ? len : 1);
    folder[len > 0 ? len : 1] = '\0';
    strcpy(file->name, slash + 1);
    suffixed(file->name, fresh_suffix, file->fresh);
    if (make_folder(folder, err) != 0)
        return -1;
    file->dir_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file->dir_fd < 0)
        return file_create_error(err, folder);
    return check_folder(file->dir_fd, folder, err);
}

static enum token_file_begun take_lock(struct token_file *file,
                                       struct error *err)
{
    char name[NAME_MAX + 1];

    suffixed(file->name, lock_suffix, name);
    file->lock_fd =
        openat(file->dir_fd, name,
               O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, PRIVATE);
    if (file->lock_fd < 0) {
        file_create_error(err, file->path);
        error_prefix(err, "lock %s of the refresh token", name);
        return TOKEN_FILE_FAILED;
    }
    if (flock(file->lock_fd, LOCK_EX | LOCK_NB) == 0)
        return TOKEN_FILE_READY;
    if (errno == EWOULDBLOCK)
        return TOKEN_FILE_BUSY;
    file_create_error(err, file->path);
    return TOKEN_FILE_FAILED;
}

static int rename_fresh(struct token_file *file, struct error *err)
{
    if (renameat(file->dir_fd, file->fresh, file->dir_fd, file->name) != 0 ||
        file_sync(file->dir_fd) != 0)
        return file_write_error(err, file->path);
    return 0;
}

/* Length of a token that was written whole, its line end not counted; 0: it
 * was not. Room that was never written to is zeros. */
static size_t whole_token(const char *data, size_t len)
{
    const char *end = memchr(data, '\n', len);
    size_t used = end != NULL ? (size_t)(end - data) : 0;

    return memchr(data, '\0', used) == NULL ? used : 0;
}

/* Takes what a put left behind that was cut short. */
static int recover(struct token_file *file, struct error *err)
{
    static const int how = O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
    int fd = openat(file->dir_fd, file->fresh, how), result = 0;
    char data[ROOM];
    struct stat st;
    size_t len;
    ssize_t got;

    if (fd < 0)
        return errno == ENOENT ? 0 : file_create_error(err, file->path);
    got = read(fd, data, sizeof(data));
    len = got > 0 ? whole_token(data, (size_t)got) : 0;
    if (len > 0 && fstat(fd, &st) == 0 && st.st_uid == geteuid() &&
        S_ISREG(st.st_mode) && (st.st_mode & 077) == 0)
        result = ftruncate(fd, (off_t)len + 1) == 0 && file_sync(fd) == 0
                     ? rename_fresh(file, err)
                     : file_write_error(err, file->path);
    explicit_bzero(data, sizeof(data));
    close(fd);
    return result;
}

static int read_newest(struct token_file *file, struct secret *newest,
                       struct error *err)
{
    int fd = openat(file->dir_fd, file->name,
                    O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    int result;

    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0 && errno == ELOOP) {
        error_set(err, ERROR_CONFIG, "%s: cannot open: it is a link",
                  file->path);
        return error_usual(err, "name what it leads to");
    }
    if (fd < 0)
        return error_system(err, ERROR_CONFIG, errno, "%s: cannot open",
                            file->path);
    result = secret_load_fd(newest, fd, file->path, err);
    close(fd);
    return result;
}

static int make_room(struct token_file *file, struct error *err)
{
    static const char zeros[ROOM];

    if (unlinkat(file->dir_fd, file->fresh, 0) != 0 && errno != ENOENT)
        return file_create_error(err, file->path);
    file->fresh_fd =
        openat(file->dir_fd, file->fresh,
               O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, PRIVATE);
    if (file->fresh_fd < 0)
        return file_create_error(err, file->path);
    if (write(file->fresh_fd, zeros, ROOM) != ROOM ||
        file_sync(file->fresh_fd) != 0 || file_sync(file->dir_fd) != 0)
        return file_write_error(err, file->path);
    return 0;
}

enum token_file_begun token_file_begin(struct token_file *file,
                                       const char *path, struct secret *newest,
                                       struct error *err)
{
    enum token_file_begun begun = TOKEN_FILE_FAILED;

    *file = (struct token_file){.path = path,
                                .dir_fd = -1,
                                .lock_fd = -1,
                                .fresh_fd = -1,
                                .open = true};
    newest->text = NULL;
    if (open_folder(file, err) == 0)
        begun = take_lock(file, err);
    if (begun == TOKEN_FILE_READY &&
        (recover(file, err) != 0 || read_newest(file, newest, err) != 0 ||
         make_room(file, err) != 0))
        begun = TOKEN_FILE_FAILED;
    if (begun == TOKEN_FILE_READY)
        return begun;
    secret_release(newest);
    token_file_end(file);
    return begun;
}

/* One write, so that a line end proves that all before it is there. */
static bool write_token(int fd, const char *token)
{
    char line[ROOM];
    size_t len = strlen(token);
    bool ok;

    memcpy(line, token, len); /* a line, no text: NOLINT */
    line[len++] = '\n';
    ok = pwrite(fd, line, len, 0) == (ssize_t)len &&
         ftruncate(fd, (off_t)len) == 0 && file_sync(fd) == 0;
    explicit_bzero(line, sizeof(line));
    return ok;
}

int token_file_put(struct token_file *file, const char *token,
                   struct error *err)
{
    if (strlen(token) > SECRET_MAX)
        return error_set(err, ERROR_BUG, "%s: a token above %d bytes",
                         file->path, SECRET_MAX);
    if (!write_token(file->fresh_fd, token))
        return file_write_error(err, file->path);
    if (rename_fresh(file, err) != 0)
        return -1;
    close(file->fresh_fd);
    file->fresh_fd = -1;
    return 0;
}

void token_file_end(struct token_file *file)
{
    if (!file->open)
        return;
    if (file->fresh_fd >= 0) {
        /* After a put that failed it may hold the only copy. */
        char first = '\0';

        if (pread(file->fresh_fd, &first, 1, 0) == 1 && first == '\0')
            unlinkat(file->dir_fd, file->fresh, 0);
        close(file->fresh_fd);
    }
    if (file->lock_fd >= 0)
        close(file->lock_fd);
    if (file->dir_fd >= 0)
        close(file->dir_fd);
    memset(file, 0, sizeof(*file));
}
