/* From an answer to bytes: headers, compression, and broken deliveries. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "exchange.h"
#include "gzip.h"
#include "stamp.h"

enum { BLOCK_BYTES = 1 << 16, MINUTE_MS = 60 * 1000 };

struct stream {
    struct server *server;
    struct text body;
    size_t half;
    enum delivery delivery;
    int stall_ms;
    bool stalled;
    int fd;
};

/* Disconnecting a TCP socket this way sends RST at once. */
static void reset_connection(int fd)
{
    struct linger linger = {1, 0};
    struct sockaddr none = {.sa_family = AF_UNSPEC};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    connect(fd, &none, sizeof(none));
}

static ssize_t read_endless(const struct stream *stream, char *buf, size_t max)
{
    if (atomic_load(&stream->server->stopping))
        return MHD_CONTENT_READER_END_WITH_ERROR;
    memset(buf, ' ', max);
    return (ssize_t)max;
}

static ssize_t read_body(void *data, uint64_t pos, char *buf, size_t max)
{
    struct stream *stream = data;
    bool whole = stream->delivery == DELIVER_WHOLE || stream->stalled;
    size_t end = whole || pos >= stream->half ? stream->body.len : stream->half;

    if (stream->delivery == DELIVER_ENDLESS && pos > 0)
        return read_endless(stream, buf, max);
    if (!whole && pos >= stream->half) {
        if (stream->delivery == DELIVER_RESET)
            reset_connection(stream->fd);
        if (stream->delivery != DELIVER_STALL)
            return MHD_CONTENT_READER_END_WITH_ERROR;
        nap(stream->server, stream->stall_ms);
        stream->stalled = true;
    }
    if (pos >= stream->body.len)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (max > end - pos)
        max = end - pos;
    memcpy(buf, stream->body.data + pos, max);
    return (ssize_t)max;
}

static void free_stream(void *data)
{
    struct stream *stream = data;

    text_free(&stream->body);
    free(stream);
}

static bool wants_gzip(const struct exchange *x)
{
    const char *accepted = MHD_lookup_connection_value(
        x->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT_ENCODING);

    return !x->server->scenario.plain && !x->answer.gzipped &&
           x->answer.body.len > 0 && accepted != NULL &&
           strstr(accepted, "gzip") != NULL &&
           x->answer.delivery != DELIVER_ENDLESS &&
           x->answer.delivery != DELIVER_RESET;
}

static void pack(struct exchange *x, struct text *packed)
{
    struct server *server = x->server;
    bool kept =
        server->scenario.keep && x->rule == NULL && x->answer.status == 200;
    struct gzip gzip;

    if (kept && keep_get(&server->keep, x->uri, true, packed))
        return;
    gzip_open(&gzip, packed);
    gzip_add(&gzip, x->answer.body.data, x->answer.body.len);
    gzip_close(&gzip);
    if (kept)
        keep_put(&server->keep, x->uri, true, packed);
}

static void compress_body(struct exchange *x)
{
    struct text packed = {0};

    pack(x, &packed);
    text_free(&x->answer.body);
    x->answer.body = packed;
    x->answer.gzipped = true;
    answer_header(x, "Content-Encoding", "gzip");
}

/* Compressed answers are chunked, plain ones declare their length. */
static uint64_t declared(const struct exchange *x)
{
    enum delivery delivery = x->answer.delivery;

    if (delivery == DELIVER_ENDLESS || delivery == DELIVER_CUT_CHUNKED ||
        (delivery != DELIVER_CUT && x->answer.gzipped))
        return MHD_SIZE_UNKNOWN;
    return x->answer.body.len;
}

static struct MHD_Response *make_response(struct exchange *x)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(
        x->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct stream *stream;
    uint64_t size;

    if (x->answer.body.len < 2 && x->answer.delivery != DELIVER_WHOLE) {
        text_clear(&x->answer.body);
        text_str(&x->answer.body, "[ ");
    }
    if (x->answer.body.len == 0)
        return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    size = declared(x);
    stream = must_alloc(sizeof(*stream));
    *stream = (struct stream){.server = x->server,
                              .body = x->answer.body,
                              .half = x->answer.body.len / 2,
                              .delivery = x->answer.delivery,
                              .stall_ms = x->answer.stall_ms,
                              .fd = info == NULL ? -1 : info->connect_fd};
    x->answer.body = (struct text){0};
    return MHD_create_response_from_callback(size, BLOCK_BYTES, read_body,
                                             stream, free_stream);
}

/* Unless the answer has one of its own. */
static void add_header(struct MHD_Response *response,
                       const struct answer *answer, const char *name,
                       const char *value)
{
    for (size_t i = 0; i < answer->header_count; i++) {
        if (strcmp(answer->headers[i].name, name) == 0)
            return;
    }
    MHD_add_response_header(response, name, value);
}

/* Jira's limit headers, and shadow headers nobody must obey. */
static void add_rate_headers(struct MHD_Response *response,
                             const struct answer *answer)
{
    static const struct {
        const char *name;
        const char *value;
    } headers[] = {
        {"Server", "AtlassianEdge"},
        {"Cache-Control", "no-cache, no-store, no-transform"},
        {"Vary", "Accept-Encoding"},
        {"X-RateLimit-Limit", "350"},
        {"X-RateLimit-Remaining", "349"},
        {"Beta-RateLimit", "\"tenant-app-quota\";r=0;t=86400"},
        {"Beta-RateLimit-Policy", "\"tenant-app-quota\";q=0;w=86400"},
        {"X-Beta-RateLimit-Remaining", "0"},
        {"X-Beta-RateLimit-Reset", "2099-12-31T23:59Z"},
    };
    char reset[STAMP_BYTES];

    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
        add_header(response, answer, headers[i].name, headers[i].value);
    stamp_minute(reset, stamp_now() + MINUTE_MS);
    add_header(response, answer, "X-RateLimit-Reset", reset);
}

enum MHD_Result send_answer(struct exchange *x)
{
    const struct answer *answer = &x->answer;
    struct MHD_Response *response;
    enum MHD_Result result;

    if (answer->delivery == DELIVER_RESET && !answer->reset_half) {
        reset_connection(MHD_get_connection_info(
                             x->connection, MHD_CONNECTION_INFO_CONNECTION_FD)
                             ->connect_fd);
        return MHD_NO;
    }
    if (wants_gzip(x))
        compress_body(x);
    response = make_response(x);
    if (response == NULL)
        return MHD_NO;
    MHD_add_response_header(response, "Content-Type", answer->type);
    for (size_t i = 0; i < answer->header_count; i++)
        MHD_add_response_header(response, answer->headers[i].name,
                                answer->headers[i].value);
    add_rate_headers(response, answer);
    result = MHD_queue_response(x->connection, answer->status, response);
    MHD_destroy_response(response);
    return result;
}
