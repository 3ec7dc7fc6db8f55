#include "sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum {
    SINK_CHUNK = 64 * 1024,  /* bytes of one write(2) */
    GZIP_WINDOW = 15 + 16,          /* largest window, gzip framing */
    GZIP_MEMORY = 8
};

/* What is written in one go, beside whoever fills the next one. */
struct batch {
    struct sink *sink;
    struct worker_job job;
    bool busy; /* it was handed over, and not waited for since */
    unsigned char *data;
    size_t len;
    /* Of the sink, once this was written. */
    uint64_t bytes;
    bool failed;
};

/* One is filled, one written and one waits for that, so that the worker has
 * something to do when it is done. */
enum { BATCHES = 3 };

struct sink {
    int fd, dir_fd;
    char *name;
    bool gzip;
    z_stream z;
    struct digest *file, *plain;
    uint64_t bytes, plain_bytes;
    struct error failed; /* the first write error */
    unsigned char out[SINK_CHUNK];

    /* All above is a job's while one is under way. */
    struct worker *worker;
    struct batch batches[BATCHES];
    size_t batch_size;
    unsigned filled;       /* the one that is */
    uint64_t bytes_before; /* `bytes` when the one last waited for was written */
    bool may_write;        /* nothing had failed until then */
};

static bool disk_failed(int cause)
{
    return cause == ENOSPC || cause == EIO || cause == EDQUOT || cause == EFBIG;
}

int file_create_error(struct error *err, const char *name)
{
    int cause = errno;

    return error_system(err, disk_failed(cause) ? ERROR_IO : ERROR_CANT_CREATE,
                        cause, "%s: cannot create", name);
}

int file_write_error(struct error *err, const char *name)
{
    int cause = errno;

    return error_system(err, ERROR_IO, cause, "%s: cannot write", name);
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
    for (int i = 0; i < BATCHES; i++)
        free(sink->batches[i].data);
    free(sink->name);
    free(sink);
}

/* A plain file of few bytes, such as an index, is on disk line by line. */
static bool is_direct(const struct sink *sink)
{
    return !sink->gzip && sink->worker == NULL;
}

static int make_batches(struct sink *sink, size_t size)
{
    sink->batch_size =
        size == 0 || size > SINK_BATCH_MAX ? SINK_BATCH_MAX : size;
    for (int i = 0; i < BATCHES && !is_direct(sink); i++) {
        sink->batches[i].sink = sink;
        sink->batches[i].data = malloc(sink->batch_size);
        if (sink->batches[i].data == NULL)
            return -1;
    }
    return 0;
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
    sink->worker = options->worker;
    sink->may_write = true;
    if (sink->name == NULL || sink->file == NULL || sink->plain == NULL)
        goto no_memory;
    if (options->gzip &&
        deflateInit2(&sink->z, options->level, Z_DEFLATED, GZIP_WINDOW,
                     GZIP_MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
        goto no_memory;
    sink->gzip = options->gzip;
    if (make_batches(sink, options->batch) != 0)
        goto no_memory;
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
    return error_pass(err, &sink->failed);
}

/* Hashes, compresses and writes; what fails is left in `failed`. */
static void put_plain(struct sink *sink, const unsigned char *data, size_t len)
{
    if (sink->failed.kind != ERROR_NONE)
        return;
    digest_update(sink->plain, data, len);
    sink->plain_bytes += len;
    if (!sink->gzip) {
        put(sink, data, len);
        return;
    }
    sink->z.next_in = (unsigned char *)(uintptr_t)data;
    sink->z.avail_in = (uInt)len;
    deflate_all(sink, Z_NO_FLUSH);
}

static void put_batch(void *context)
{
    struct batch *batch = context;
    struct sink *sink = batch->sink;

    put_plain(sink, batch->data, batch->len);
    batch->len = 0;
    batch->bytes = sink->bytes;
    batch->failed = sink->failed.kind != ERROR_NONE;
}

static void wait_for(struct sink *sink, struct batch *batch)
{
    if (!batch->busy)
        return;
    worker_wait(sink->worker, &batch->job);
    batch->busy = false;
    sink->bytes_before = batch->bytes;
    sink->may_write = !batch->failed;
}

/* In the order in which they were handed over. */
static void settle(struct sink *sink)
{
    for (unsigned i = 1; i < BATCHES; i++)
        wait_for(sink, &sink->batches[(sink->filled + i) % BATCHES]);
}

/* The batch to the worker, which writes it after the one before; the oldest is
 * filled next. */
static void hand_over(struct sink *sink)
{
    struct batch *batch = &sink->batches[sink->filled];
    struct batch *before =
        &sink->batches[(sink->filled + BATCHES - 1) % BATCHES];

    batch->job =
        (struct worker_job){.run = put_batch,
                            .context = batch,
                            .after = before->busy ? &before->job : NULL};
    batch->busy = true;
    worker_submit(sink->worker, &batch->job);
    sink->filled = (sink->filled + 1) % BATCHES;
    wait_for(sink, &sink->batches[sink->filled]);
}

static void gather_bytes(struct sink *sink, const unsigned char *data,
                         size_t len)
{
    while (len > 0 && sink->may_write) {
        struct batch *batch = &sink->batches[sink->filled];
        size_t room = sink->batch_size - batch->len;
        size_t piece = len < room ? len : room;

        memcpy(batch->data + batch->len, data, piece);
        batch->len += piece;
        data += piece;
        len -= piece;
        if (batch->len == sink->batch_size)
            hand_over(sink);
    }
}

int sink_write(struct sink *sink, const void *data, size_t len,
               struct error *err)
{
    if (is_direct(sink)) {
        put_plain(sink, data, len);
        sink->bytes_before = sink->bytes;
        sink->may_write = sink->failed.kind == ERROR_NONE;
    } else {
        gather_bytes(sink, data, len);
    }
    if (sink->may_write)
        return 0;
    settle(sink);
    return give_failure(sink, err);
}

uint64_t sink_bytes(const struct sink *sink)
{
    return sink->bytes_before;
}

/* Everything that can still fail before the file may be trusted. */
static int finish(struct sink *sink, struct sink_facts *facts)
{
    memset(facts, 0, sizeof(*facts));
    settle(sink);
    if (!is_direct(sink))
        put_batch(&sink->batches[sink->filled]);
    if (sink->failed.kind != ERROR_NONE)
        return -1;
    if (sink->gzip && deflate_all(sink, Z_FINISH) != 0)
        return -1;
    if (file_sync(sink->fd) != 0)
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
    settle(sink);
    close(sink->fd);
    unlinkat(sink->dir_fd, sink->name, 0);
    sink_free(sink);
}
