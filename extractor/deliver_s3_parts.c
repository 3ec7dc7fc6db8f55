/* An object in several pieces, as S3 wants it of what is too large for one.
 * What fails is taken back, or its pieces would be kept, and paid for. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "deliver_parts.h"
#include "sigv4.h"

enum {
    PARTS_MAX = 10000,
    UPLOAD_ID_MAX = 1024,
    QUERY_MAX = 4096,
    LIST_MAX = 4 * 1024 * 1024, /* of the parts, for the last request */
    HASH_CHUNK = 64 * 1024
};

struct upload {
    struct delivery *d;
    const struct deliver_file *file;
    int fd;
    uint64_t piece;
    struct buf id;   /* encoded */
    struct buf list; /* XML */
};

/* S3 allows so many pieces, and no more. */
static uint64_t piece_size(const struct deliver_file *file, uint64_t wanted)
{
    uint64_t least = (file->bytes + PARTS_MAX - 1) / PARTS_MAX;

    return wanted > least ? wanted : least;
}

static int begin(struct upload *u, struct error *err)
{
    static const int good[] = {200, 0};
    static const struct s3_call call = {.method = "POST",
                                        .query = "uploads=",
                                        .body = "",
                                        .payload_sha256 = SIGV4_EMPTY_SHA256,
                                        .describes = true};
    static const char open[] = "<UploadId>";
    const char *id, *end;
    char text[UPLOAD_ID_MAX];

    if (s3_ask(u->d, u->file, "beginning an upload in pieces", good, &call,
               err) != 0)
        return -1;
    id = strstr(u->d->reply.body.data, open);
    end = id != NULL ? strchr(id + strlen(open), '<') : NULL;
    if (end == NULL || end - id - (ptrdiff_t)strlen(open) >= UPLOAD_ID_MAX) {
        error_set(err, ERROR_UNAVAILABLE,
                  "%s: the server answers without an UploadId", u->file->path);
        return error_usual(
            err,
            "see that the url is of an S3 service, and what stands in between");
    }
    snprintf(text, sizeof(text), "%.*s", (int)(end - id) - (int)strlen(open),
             id + strlen(open));
    http_encode(&u->id, text);
    return buf_ok(&u->id) ? 0 : error_no_memory(err);
}

static int hash_piece(const struct upload *u, const struct http_upload *piece,
                      char hex[DIGEST_HEX_SIZE], struct error *err)
{
    struct digest *digest = digest_new();
    char data[HASH_CHUNK];
    uint64_t done = 0;

    while (digest != NULL && done < piece->length) {
        uint64_t left = piece->length - done;
        ssize_t got = pread(u->fd, data,
                            left < sizeof(data) ? (size_t)left : sizeof(data),
                            (off_t)(piece->offset + done));

        if (got <= 0)
            break;
        digest_update(digest, data, (size_t)got);
        done += (uint64_t)got;
    }
    if (digest == NULL || done < piece->length ||
        digest_final(digest, hex) != 0) {
        digest_free(digest);
        error_set(err, ERROR_IO,
                  "%s: cannot be read to its end, or "
                  "memory is out",
                  u->file->path);
        return error_usual(err, "run rollcall deliver again; if it stays, "
                                "rollcall verify checks the run");
    }
    digest_free(digest);
    return 0;
}

static int send_piece(struct upload *u, int number,
                      const struct http_upload *piece, struct error *err)
{
    static const int good[] = {200, 0};
    char hex[DIGEST_HEX_SIZE], query[QUERY_MAX];
    const struct s3_call call = {.method = "PUT",
                                 .query = query,
                                 .upload = piece,
                                 .payload_sha256 = hex};

    if (hash_piece(u, piece, hex, err) != 0)
        return -1;
    snprintf(query, sizeof(query), "partNumber=%d&uploadId=%s", number,
             u->id.data);
    if (s3_ask(u->d, u->file, "sending a piece", good, &call, err) != 0)
        return -1;
    if (u->d->reply.etag[0] == '\0' ||
        strpbrk(u->d->reply.etag, "<>&") != NULL) {
        error_set(err, ERROR_UNAVAILABLE,
                  "%s: the server answers a piece without an ETag",
                  u->file->path);
        return error_usual(
            err,
            "see that the url is of an S3 service, and what stands in between");
    }
    buf_printf(&u->list,
               "<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>",
               number, u->d->reply.etag);
    return 0;
}

static int send_pieces(struct upload *u, struct error *err)
{
    struct http_upload piece = {.fd = u->fd};

    buf_puts(&u->list, "<CompleteMultipartUpload>");
    for (int number = 1; piece.offset < u->file->bytes; number++) {
        piece.length = u->file->bytes - piece.offset;
        if (piece.length > u->piece)
            piece.length = u->piece;
        if (send_piece(u, number, &piece, err) != 0)
            return -1;
        piece.offset += piece.length;
    }
    buf_puts(&u->list, "</CompleteMultipartUpload>");
    return buf_ok(&u->list) ? 0 : error_no_memory(err);
}

/* 404: an answer was lost, and the upload is complete; what is there is looked
 * at afterwards. */
static int complete(struct upload *u, struct error *err)
{
    static const int good[] = {200, 404, 0};
    char hex[DIGEST_HEX_SIZE], query[QUERY_MAX];
    const struct s3_call call = {.method = "POST",
                                 .query = query,
                                 .body = u->list.data,
                                 .payload_sha256 = hex};

    if (digest_hex(u->list.data, u->list.len, hex) != 0)
        return error_no_memory(err);
    snprintf(query, sizeof(query), "uploadId=%s", u->id.data);
    return s3_ask(u->d, u->file, "ending an upload in pieces", good, &call,
                  err);
}

static void take_back(struct upload *u)
{
    static const int good[] = {200, 204, 404, 0};
    char query[QUERY_MAX];
    const struct s3_call call = {.method = "DELETE",
                                 .query = query,
                                 .payload_sha256 = SIGV4_EMPTY_SHA256};
    struct error failed = {0};

    snprintf(query, sizeof(query), "uploadId=%s", u->id.data);
    u->d->ending_ms = clock_mono(&u->d->options->log->clock) + ENDING_MS;
    if (s3_ask(u->d, u->file, "ending an upload in pieces", good, &call,
               &failed) != 0)
        log_line(u->d->options->log, LOG_WARN, "deliver",
                 "%s: %s: its pieces "
                 "stay at the server: %s",
                 u->d->target->name, u->file->path, failed.text);
    u->d->ending_ms = 0;
}

int s3_send_parts(struct delivery *d, const struct deliver_file *file, int fd,
                  struct error *err)
{
    struct upload u = {.d = d, .file = file, .fd = fd};
    int result;

    u.piece = piece_size(file, d->target->multipart_above);
    buf_init(&u.id, 3 * UPLOAD_ID_MAX);
    buf_init(&u.list, LIST_MAX);
    result = begin(&u, err);
    if (result == 0) {
        result = send_pieces(&u, err) != 0 ? -1 : complete(&u, err);
        if (result != 0)
            take_back(&u);
    }
    buf_release(&u.id);
    buf_release(&u.list);
    return result;
}
