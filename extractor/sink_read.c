#include "sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum {
    SOURCE_CHUNK = 64 * 1024, /* bytes of one read(2) */
    GUNZIP_WINDOW = 15 + 16,  /* largest window, gzip framing only */
    GZIP_MAGIC = 0x1f         /* first byte of a member */
};

struct source_file {
    int fd;
    char *path;
    bool gzip;
    bool ended;  /* the gzip member, or the plain file, is whole */
    bool broken; /* decoding failed: only raw bytes are left */
    bool unread; /* read(2) failed: the facts of the file are unknown */
    z_stream z;
    struct digest *file, *plain; /* both NULL: nobody wants the hashes */
    uint64_t bytes, plain_bytes;
    unsigned char in[SOURCE_CHUNK];
};

static bool has_suffix(const char *text, const char *suffix)
{
    size_t len = strlen(text), end = strlen(suffix);

    return len >= end && strcmp(text + len - end, suffix) == 0;
}

/* What errno says of the file, and not of the machine. */
static bool is_absent(int cause)
{
    return cause == ENOENT || cause == ENOTDIR || cause == EACCES ||
           cause == EPERM || cause == ELOOP || cause == ENAMETOOLONG;
}

int file_open_read(int dir_fd, const char *path, struct error *err)
{
    struct stat st;
    int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return error_system(err, is_absent(errno) ? ERROR_NO_INPUT : ERROR_IO,
                            errno, "%s: cannot open", path);
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        close(fd);
        error_set(err, ERROR_NO_INPUT, "%s: is a folder", path);
        return error_usual(err, "name a file");
    }
    return fd;
}

static void source_file_free(struct source_file *file)
{
    if (file->gzip)
        inflateEnd(&file->z);
    digest_free(file->plain);
    digest_free(file->file);
    free(file->path);
    free(file);
}

static struct source_file *open_file(int dir_fd, const char *path, bool hashed,
                                     struct error *err)
{
    struct source_file *file = calloc(1, sizeof(*file));

    if (file == NULL) {
        error_no_memory(err);
        return NULL;
    }
    file->path = strdup(path);
    file->file = hashed ? digest_new() : NULL;
    file->plain = hashed ? digest_new() : NULL;
    if (file->path == NULL ||
        (hashed && (file->file == NULL || file->plain == NULL)))
        goto no_memory;
    if (has_suffix(path, ".gz")) {
        if (inflateInit2(&file->z, GUNZIP_WINDOW) != Z_OK)
            goto no_memory;
        file->gzip = true;
    }
    file->fd = file_open_read(dir_fd, path, err);
    if (file->fd < 0)
        goto fail;
    return file;

no_memory:
    error_no_memory(err);
fail:
    source_file_free(file);
    return NULL;
}

struct source_file *source_file_open(int dir_fd, const char *path,
                                     struct error *err)
{
    return open_file(dir_fd, path, true, err);
}

struct source_file *source_file_open_unhashed(int dir_fd, const char *path,
                                              struct error *err)
{
    return open_file(dir_fd, path, false, err);
}

/* Bytes of the file as they are on disk, counted and hashed. */
static ssize_t read_raw(struct source_file *file, void *data, size_t size,
                        struct error *err)
{
    ssize_t got;

    do {
        got = read(file->fd, data, size);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        file->broken = file->unread = true;
        return error_system(err, ERROR_IO, errno, "%s: cannot read",
                            file->path);
    }
    if (file->file != NULL)
        digest_update(file->file, data, (size_t)got);
    file->bytes += (uint64_t)got;
    return got;
}

static int damaged(struct source_file *file, const char *what,
                   struct error *err)
{
    file->broken = true;
    return error_set(err, ERROR_DATA, "%s: %s", file->path, what);
}

static int fill(struct source_file *file, struct error *err)
{
    ssize_t got = read_raw(file, file->in, sizeof(file->in), err);

    if (got < 0)
        return -1;
    file->z.next_in = file->in;
    file->z.avail_in = (uInt)got;
    return 0;
}

/* After the member's trailer there must be nothing. */
static int check_end(struct source_file *file, struct error *err)
{
    if (file->z.avail_in == 0 && fill(file, err) != 0)
        return -1;
    if (file->z.avail_in == 0) {
        file->ended = true;
        return 0;
    }
    return damaged(file,
                   file->z.next_in[0] == GZIP_MAGIC
                       ? "holds more than one gzip member"
                       : "has bytes after the gzip member",
                   err);
}

static int inflate_some(struct source_file *file, struct error *err)
{
    int result;

    if (file->z.avail_in == 0) {
        if (fill(file, err) != 0)
            return -1;
        if (file->z.avail_in == 0)
            return damaged(file, "gzip data is cut off", err);
    }
    result = inflate(&file->z, Z_NO_FLUSH);
    if (result == Z_STREAM_END)
        return check_end(file, err);
    if (result == Z_MEM_ERROR) {
        file->broken = true;
        return error_no_memory(err);
    }
    if (result != Z_OK && result != Z_BUF_ERROR)
        return damaged(file, "gzip data is damaged", err);
    return 0;
}

static ssize_t read_gzip(struct source_file *file, void *data, size_t size,
                         struct error *err)
{
    uInt room = size < SOURCE_CHUNK ? (uInt)size : SOURCE_CHUNK;

    file->z.next_out = data;
    file->z.avail_out = room;
    while (!file->ended && file->z.avail_out == room) {
        if (inflate_some(file, err) != 0)
            return -1;
    }
    return (ssize_t)(room - file->z.avail_out);
}

ssize_t source_file_read(struct source_file *file, void *data, size_t size,
                         struct error *err)
{
    ssize_t got;

    if (file->broken)
        return error_set(err, ERROR_DATA, "%s: is damaged", file->path);
    if (file->gzip) {
        got = read_gzip(file, data, size, err);
    } else {
        got = read_raw(file, data, size, err);
        file->ended = got == 0;
    }
    if (got > 0) {
        if (file->plain != NULL)
            digest_update(file->plain, data, (size_t)got);
        file->plain_bytes += (uint64_t)got;
    }
    return got;
}

/* Reads what is left: decoded as far as that goes, then raw. */
static int drain(struct source_file *file, struct error *err)
{
    unsigned char waste[SOURCE_CHUNK];
    int result = file->broken ? -1 : 0;
    ssize_t got = 1;

    while (result == 0 && !file->ended && got > 0) {
        got = source_file_read(file, waste, sizeof(waste), err);
        result = got < 0 ? -1 : 0;
    }
    for (got = 1; got > 0 && !file->unread;)
        got = read_raw(file, waste, sizeof(waste), err);
    return result;
}

static int fill_facts(struct source_file *file, struct sink_facts *facts,
                      struct error *err)
{
    memset(facts, 0, sizeof(*facts));
    if (drain(file, err) != 0)
        file->broken = true;
    facts->bytes = file->bytes;
    facts->plain_bytes = file->plain_bytes;
    if (!file->unread && digest_final(file->file, facts->sha256) != 0)
        return error_set(err, ERROR_BUG,
                         "%s: hashing failed, perhaps "
                         "for want of memory",
                         file->path);
    if (file->broken)
        return error_set(err, ERROR_DATA, "%s: is damaged", file->path);
    if (digest_final(file->plain, facts->plain_sha256) != 0)
        return error_set(err, ERROR_BUG,
                         "%s: hashing failed, perhaps "
                         "for want of memory",
                         file->path);
    return 0;
}

int source_file_close(struct source_file *file, struct sink_facts *facts,
                      struct error *err)
{
    int result = 0;

    if (file == NULL)
        return 0;
    if (facts != NULL)
        result = fill_facts(file, facts, err);
    close(file->fd);
    source_file_free(file);
    return result;
}
