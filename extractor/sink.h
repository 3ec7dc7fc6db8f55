/*
 * sink: files going out and coming back, gzipped or plain, hashed on the way.
 * Sole owner of zlib.
 *
 * Writing: sink_open() creates NAME inside an open directory, exclusively;
 * sink_write()…; sink_close() flushes, fsyncs, closes and fills the facts. A
 * write error is sticky and is reported by one of the calls after it and by
 * sink_close(). sink_abort() closes and unlinks; both accept NULL.
 * gzip output is one member, mtime 0, no name (RFC 1952), so the same bytes
 * in give the same file on one zlib build.
 *
 * Reading: source_file_open() reads a file of either kind by its suffix,
 * source_file_read() gives decoded bytes, source_file_close() gives the same
 * facts. A second gzip member, bytes after the member, a cut or damaged
 * stream and a wrong trailer are ERROR_DATA.
 *
 * In memory: gunzip() for what came over a network, whole.
 *
 * Error kinds, for every function here but gunzip(): a file that cannot be created
 * (permission, read-only, no such folder) is ERROR_CANT_CREATE; a full or
 * failing disk, and whatever says nothing about the file itself, ERROR_IO; an
 * input that is missing or may not be read ERROR_NO_INPUT. dir_fd must stay open as long as the object made with it.
 */
#ifndef ROLLCALL_SINK_H
#define ROLLCALL_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "digest.h"
#include "error.h"
#include "worker.h"

struct sink_facts {
    uint64_t bytes;                     /* of the file on disk */
    char sha256[DIGEST_HEX_SIZE];       /* of the file on disk */
    uint64_t plain_bytes;               /* before compression */
    char plain_sha256[DIGEST_HEX_SIZE]; /* before compression */
};

enum { SINK_BATCH_MAX = 16 * 1024 };

struct sink_options {
    bool gzip;
    int level;   /* 1 to 9 */
    mode_t mode; /* e.g. 0600, not subject to the umask */
    size_t batch; /* bytes gathered for one go; 0, or above SINK_BATCH_MAX:
                     that many */
    struct worker *worker; /* compresses and writes beside the caller; NULL:
                              the caller does */
};

struct sink;

struct sink *sink_open(int dir_fd, const char *name,
                       const struct sink_options *options, struct error *err);
int sink_write(struct sink *sink, const void *data, size_t len,
               struct error *err);
/* Bytes of the file so far. It lags behind by what is gathered and handed over,
 * three times SINK_BATCH_MAX at most, and by what deflate still holds, and does
 * not depend on how fast the worker is. */
uint64_t sink_bytes(const struct sink *sink);
int sink_close(struct sink *sink, struct sink_facts *facts, struct error *err);
void sink_abort(struct sink *sink);

struct source_file;

/* gzip by the suffix ".gz". path is relative to dir_fd (AT_FDCWD allowed). */
struct source_file *source_file_open(int dir_fd, const char *path,
                                     struct error *err);
/* For a reader that is not after the facts: source_file_close() takes NULL. */
struct source_file *source_file_open_unhashed(int dir_fd, const char *path,
                                              struct error *err);
/* Bytes read (0 at the end), or -1. */
ssize_t source_file_read(struct source_file *file, void *data, size_t size,
                         struct error *err);
/* Frees always. With facts, what was not read yet is read first, so that they
 * are of the whole file; after a decoding error bytes and sha256 still are of
 * the file on disk, plain_sha256 is "" and the result is -1. */
int source_file_close(struct source_file *file, struct sink_facts *facts,
                      struct error *err);

enum gzip_outcome {
    GZIP_WHOLE,
    GZIP_CUT,     /* it stops before its end */
    GZIP_DAMAGED, /* or is none, or has bytes behind it */
    GZIP_FULL,    /* more than `most` bytes come of it */
    GZIP_NO_MEMORY
};

/* How many bytes come of a member, as it says itself; 0 when that is above
 * most, or more than can come of len bytes. */
size_t gunzip_size(const void *data, size_t len, size_t most);
/* GZIP_WHOLE: the size bytes at room are all that one member holds, and nothing
 * stands behind it. Otherwise what is wrong with it. */
enum gzip_outcome gunzip(const void *data, size_t len, char *room, size_t size,
                         size_t most);

/* A descriptor to read from, or -1: what is missing, may not be read or is a
 * folder is ERROR_NO_INPUT, any other trouble ERROR_IO. */
int file_open_read(int dir_fd, const char *path, struct error *err);

/* A whole small file into memory, for jobs and manifests: NUL terminated,
 * refused above max bytes (ERROR_DATA). free() the result. */
char *read_whole_file(int dir_fd, const char *path, size_t max, size_t *len,
                      struct error *err);

/* Writes a temporary file beside NAME, fsyncs it, renames it into place and
 * fsyncs the folder; an older file is replaced, anything that is neither a
 * file nor a symbolic link is refused. NAME may be a path. The temporary name
 * begins with SINK_TEMP_PREFIX. */
#define SINK_TEMP_PREFIX ".tmp-"
int write_whole_file(int dir_fd, const char *name, const void *data, size_t len,
                     mode_t mode, struct error *err);

/* All of the bytes, however few one write(2) takes; -1 with errno. */
int file_write_all(int fd, const void *data, size_t len);

/* fsync(2), begun again when a signal interrupts it, which file systems over a
 * network or in user space allow; -1 with errno. Nothing else syncs. */
int file_sync(int fd);

/* Set an error for errno of a call that should have created, or written to,
 * what `name` names. Return -1 always. */
int file_create_error(struct error *err, const char *name);
int file_write_error(struct error *err, const char *name);

#endif
