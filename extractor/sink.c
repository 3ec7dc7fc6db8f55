#include "sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum {
    SINK_CHUNK = 64 * 1024,         /* bytes of one write(2) */
    SINK_DEFLATE_MAX = 1024 * 1024, /* avail_in is 32 bits: feed in pieces */
    GZIP_WINDOW = 15 + 16,          /* largest window, gzip framing */
    GZIP_MEMORY = 8
};

struct sink {
    int fd, dir_fd;
    char *name;
    bool gzip;
    z_stream z;
    struct digest *file, *plain;
    uint64_t bytes, plain_bytes;
    struct error failed; /* the first write error */
    unsigned char out[SINK_CHUNK];
};

static bool disk_failed(int cause)
{
    return cause == ENOSPC || cause == EIO || cause == EDQUOT || cause == EFBIG;
}

int file_create_error(struct error *err, const char *name)
{
    int cause = errno;

    return error_set(err, disk_failed(cause) ? ERROR_IO : ERROR_CANT_CREATE,
                     "%s: cannot create: %s", name, strerror(cause));
}

int file_write_error(struct error *err, const char *name)
{
    int cause = errno;

    return error_set(err, ERROR_IO, "%s: cannot write: %s", name,
                     strerror(cause));
}

static int open_file(struct sink *sink, mode_t mode, struct error *err)
{
    sink->fd =
        openat(sink->dir_fd, sink->name,
               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (sink->fd < 0)
        return file_create_error(err, sink->name);
    if (fchmod(sink->fd, mode) != 0) {
        file_create_error(err, sink->name);
        close(sink->fd);
        unlinkat(sink->dir_fd, sink->name, 0);
        return -1;
    }
    return 0;
}

static void sink_free(struct sink *sink)
{
    if (sink->gzip)
        deflateEnd(&sink->z);
    digest_free(sink->plain);
    digest_free(sink->file);
    free(sink->name);
    free(sink);
}

struct sink *sink_open(int dir_fd, const char *name,
                       const struct sink_options *options, struct error *err)
{
    struct sink *sink = calloc(1, sizeof(*sink));

    if (sink == NULL) {
        error_no_memory(err);
        return NULL;
    }
    sink->dir_fd = dir_fd;
    sink->name = strdup(name);
    sink->file = digest_new();
    sink->plain = digest_new();
    if (sink->name == NULL || sink->file == NULL || sink->plain == NULL)
        goto no_memory;
    if (options->gzip &&
        deflateInit2(&sink->z, options->level, Z_DEFLATED, GZIP_WINDOW,
                     GZIP_MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
        goto no_memory;
    sink->gzip = options->gzip;
    if (open_file(sink, options->mode, err) != 0)
        goto fail;
    return sink;

no_memory:
    error_no_memory(err);
fail:
    sink_free(sink);
    return NULL;
}

/* To the file, counted and hashed. */
static int put(struct sink *sink, const unsigned char *data, size_t len)
{
    digest_update(sink->file, data, len);
    sink->bytes += len;
    if (file_write_all(sink->fd, data, len) != 0)
        return file_write_error(&sink->failed, sink->name);
    return 0;
}

/* Runs deflate until it has nothing more to say. */
static int deflate_all(struct sink *sink, int flush)
{
    int result;

    do {
        sink->z.next_out = sink->out;
        sink->z.avail_out = sizeof(sink->out);
        result = deflate(&sink->z, flush);
        if (result == Z_STREAM_ERROR)
            return error_set(&sink->failed, ERROR_BUG,
                             "%s: deflate state is broken", sink->name);
        if (put(sink, sink->out, sizeof(sink->out) - sink->z.avail_out) != 0)
            return -1;
    } while (sink->z.avail_out == 0);
    if (flush == Z_FINISH && result != Z_STREAM_END)
        return error_set(&sink->failed, ERROR_BUG, "%s: deflate did not finish",
                         sink->name);
    return 0;
}

static int give_failure(const struct sink *sink, struct error *err)
{
    return error_set(err, sink->failed.kind, "%s", sink->failed.text);
}

int sink_write(struct sink *sink, const void *data, size_t len,
               struct error *err)
{
    const unsigned char *p = data;

    if (sink->failed.kind != ERROR_NONE)
        return give_failure(sink, err);
    digest_update(sink->plain, data, len);
    sink->plain_bytes += len;
    if (!sink->gzip)
        return put(sink, p, len) == 0 ? 0 : give_failure(sink, err);
    while (len > 0) {
        size_t piece = len < SINK_DEFLATE_MAX ? len : SINK_DEFLATE_MAX;

        sink->z.next_in = (unsigned char *)(uintptr_t)p;
        sink->z.avail_in = (uInt)piece;
        if (deflate_all(sink, Z_NO_FLUSH) != 0)
            return give_failure(sink, err);
        p += piece;
        len -= piece;
    }
    return 0;
}

uint64_t sink_bytes(const struct sink *sink)
{
    return sink->bytes;
}

/* Everything that can still fail before the file may be trusted. */
static int finish(struct sink *sink, struct sink_facts *facts)
{
    memset(facts, 0, sizeof(*facts));
    if (sink->failed.kind != ERROR_NONE)
        return -1;
    if (sink->gzip && deflate_all(sink, Z_FINISH) != 0)
        return -1;
    if (fsync(sink->fd) != 0)
        return file_write_error(&sink->failed, sink->name);
    facts->bytes = sink->bytes;
    facts->plain_bytes = sink->plain_bytes;
    if (digest_final(sink->file, facts->sha256) != 0 ||
        digest_final(sink->plain, facts->plain_sha256) != 0)
        return error_set(&sink->failed, ERROR_BUG, "%s: hashing failed, perhaps "
                         "for want of memory",
                         sink->name);
    return 0;
}

int sink_close(struct sink *sink, struct sink_facts *facts, struct error *err)
{
    int result = 0;

    if (sink == NULL)
        return 0;
    finish(sink, facts);
    if (close(sink->fd) != 0)
        file_write_error(&sink->failed, sink->name);
    if (sink->failed.kind != ERROR_NONE) {
        result = give_failure(sink, err);
        unlinkat(sink->dir_fd, sink->name, 0);
    }
    sink_free(sink);
    return result;
}

void sink_abort(struct sink *sink)
{
    if (sink == NULL)
        return;
    close(sink->fd);
    unlinkat(sink->dir_fd, sink->name, 0);
    sink_free(sink);
}
