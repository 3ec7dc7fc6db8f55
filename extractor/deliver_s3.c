/* S3 and what speaks its language: one signed request an object. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "deliver_parts.h"
#include "sigv4.h"

enum {
    URL_MAX = 16 * 1024,
    LINES_MAX = 64 * 1024,
    HOST_MAX = 300,
    AUTHORIZATION_MAX = 2048,
    MD5_DIGITS = DIGEST_MD5_TEXT_SIZE - 1
};

/* What goes into one request. Its texts hold credentials. */
struct s3_request {
    struct delivery *d;
    const struct s3_call *call;
    const struct deliver_file *file;
    int64_t at;
    char host[HOST_MAX], time[SIGV4_TIME_SIZE];
    struct buf path, url, authorization, lines;
    struct sigv4_header headers[SIGV4_HEADERS_MAX];
    size_t header_count;
    const char *texts[SIGV4_HEADERS_MAX + 2];
};

/* As libcurl sends it: without the port that goes without saying. */
static void find_host(const char *url, char out[HOST_MAX])
{
    bool https = strncmp(url, "https:", 6) == 0;
    const char *port = https ? ":443" : ":80", *host = strstr(url, "://") + 3;
    size_t len;

    snprintf(out, HOST_MAX, "%.*s", (int)strcspn(host, "/"), host);
    len = strlen(out);
    if (len > strlen(port) && strcmp(out + len - strlen(port), port) == 0)
        out[len - strlen(port)] = '\0';
}

static void put_paths(struct s3_request *r)
{
    const struct job_target *target = r->d->target;
    const char *host = strstr(target->url, "://") + 3;
    const char *base = host + strcspn(host, "/");

    buf_puts(&r->path, base);
    if (target->path_style) {
        buf_putc(&r->path, '/');
        sigv4_encode_path(&r->path, target->bucket);
    }
    buf_putc(&r->path, '/');
    sigv4_encode_path(&r->path, r->d->place.data);
    sigv4_encode_path(&r->path, r->file->path);
    buf_printf(&r->url, "%.*s%s%s%s", (int)(base - target->url), target->url,
               r->path.data, r->call->query[0] != '\0' ? "?" : "",
               r->call->query);
}

static void add(struct s3_request *r, const char *name, const char *value)
{
    if (value != NULL)
        r->headers[r->header_count++] = (struct sigv4_header){name, value};
}

static void add_headers(struct s3_request *r)
{
    const struct s3_call *call = r->call;

    add(r, "host", r->host);
    add(r, "x-amz-date", r->time);
    add(r, "x-amz-content-sha256", call->payload_sha256);
    add(r, "x-amz-security-token", r->d->session_token.text);
    add(r, "content-md5", call->md5_base64);
    if (call->describes) {
        add(r, "content-type", deliver_content_type(r->file));
        add(r, "x-amz-meta-sha256", r->file->sha256);
    } else if (call->body != NULL) {
        add(r, "content-type", "application/xml");
    }
}

/* libcurl makes the header Host itself. The lines stand in one buffer, with a
 * NUL after each, so that one wipe is enough. */
static void put_lines(struct s3_request *r)
{
    size_t starts[SIGV4_HEADERS_MAX + 1], count = 0;

    for (size_t i = 0; i < r->header_count; i++) {
        if (strcmp(r->headers[i].name, "host") == 0)
            continue;
        starts[count++] = r->lines.len;
        buf_printf(&r->lines, "%s: %s", r->headers[i].name,
                   r->headers[i].value);
        buf_putc(&r->lines, '\0');
    }
    starts[count++] = r->lines.len;
    buf_printf(&r->lines, "Authorization: %s", r->authorization.data);
    for (size_t i = 0; i < count && buf_ok(&r->lines); i++)
        r->texts[i] = r->lines.data + starts[i];
    r->texts[count] = NULL;
}

static int sign(struct s3_request *r)
{
    const struct sigv4_request request = {
        .method = r->call->method,
        .path = r->path.data,
        .query = r->call->query,
        .payload_sha256 = r->call->payload_sha256,
        .headers = r->headers,
        .header_count = r->header_count,
        .at = r->at,
    };
    const struct sigv4_key key = {
        .access_key = r->d->access_key.text,
        .secret = r->d->secret.text,
        .region = r->d->target->region,
        .service = "s3",
    };

    return sigv4_sign(&request, &key, &r->authorization);
}

static int begin(struct s3_request *r, struct error *err)
{
    const struct http_request request = {
        .method = r->call->method,
        .url = r->url.data,
        .body = r->call->body,
        .upload = r->call->upload,
        .headers = r->texts,
        .ca_file = r->d->target->ca_file,
    };

    if (!buf_ok(&r->path) || !buf_ok(&r->url) || !buf_ok(&r->lines))
        return r->path.full || r->url.full || r->lines.full
                   ? error_set(err, ERROR_CONFIG,
                               "prefix or credentials are too long for a "
                               "request; choose a shorter prefix")
                   : error_no_memory(err);
    return http_start(r->d->http, &request, wire_done, r->d, err);
}

static int start(struct delivery *d, const struct wire_call *wire,
                 struct error *err)
{
    struct s3_request r = {.d = d,
                           .call = wire->data,
                           .file = wire->file,
                           .at = clock_wall(&d->options->log->clock)};
    int result;

    buf_init(&r.path, URL_MAX);
    buf_init(&r.url, URL_MAX);
    buf_init(&r.authorization, AUTHORIZATION_MAX);
    buf_init(&r.lines, LINES_MAX);
    r.lines.secret = true;
    find_host(d->target->url, r.host);
    sigv4_time(r.at, r.time);
    put_paths(&r);
    add_headers(&r);
    if (sign(&r) != 0) {
        result = error_no_memory(err);
    } else {
        put_lines(&r);
        result = begin(&r, err);
    }
    buf_release(&r.path);
    buf_release(&r.url);
    buf_release(&r.authorization);
    buf_release(&r.lines);
    return result;
}

int s3_ask(struct delivery *d, const struct deliver_file *file,
           const char *what, const int *good, const struct s3_call *call,
           struct error *err)
{
    const struct wire_call wire = {
        .file = file, .what = what, .good = good, .start = start, .data = call};

    return wire_ask(d, &wire, err);
}

/* The ETag of an object that was put in one piece is its MD5, unless a key of
 * somebody's hides that. */
static bool etag_is_md5(const struct wire_reply *reply, char md5[80])
{
    size_t len;

    snprintf(md5, sizeof(reply->etag), "%s",
             reply->etag + strspn(reply->etag, "\""));
    len = strspn(md5, "0123456789abcdef");
    if (len != MD5_DIGITS || (md5[len] != '"' && md5[len] != '\0'))
        return false;
    md5[len] = '\0';
    return reply->encryption[0] == '\0' ||
           strcmp(reply->encryption, "AES256") == 0;
}

static enum presence judge(const struct wire_reply *reply,
                           const struct deliver_file *file)
{
    bool told = reply->sha256[0] != '\0';
    char md5[80], bytes[24];

    if (reply->status == 404)
        return PRESENCE_ABSENT;
    if (reply->status != 200)
        return PRESENCE_HIDDEN;
    snprintf(bytes, sizeof(bytes), "%" PRIu64, file->bytes);
    if (strcmp(reply->length, bytes) != 0 ||
        (told && strcmp(reply->sha256, file->sha256) != 0))
        return PRESENCE_OTHER;
    if (etag_is_md5(reply, md5))
        return strcmp(md5, file->md5) == 0 ? PRESENCE_SAME : PRESENCE_OTHER;
    return told ? PRESENCE_SAME : PRESENCE_UNSURE;
}

static int look(struct delivery *d, const struct deliver_file *file,
                enum presence *presence, struct error *err)
{
    /* An answer to HEAD has no words: that to the PUT will say what is wrong.
     */
    static const int good[] = {200, 301, 400, 403, 404, 0};
    static const struct s3_call call = {
        .method = "HEAD", .query = "", .payload_sha256 = SIGV4_EMPTY_SHA256};

    if (s3_ask(d, file, "looking for it", good, &call, err) != 0)
        return -1;
    *presence = judge(&d->reply, file);
    return 0;
}

static int put(struct delivery *d, const struct deliver_file *file, int fd,
               struct error *err)
{
    static const int good[] = {200, 201, 204, 0};
    const struct http_upload upload = {.fd = fd, .length = file->bytes};
    const struct s3_call call = {
        .method = "PUT",
        .query = "",
        .upload = &upload,
        .payload_sha256 = file->sha256,
        .md5_base64 = file->md5_base64,
        .describes = true,
    };

    return s3_ask(d, file, "sending", good, &call, err);
}

static int send_and_look(struct delivery *d, const struct deliver_file *file,
                         bool over, struct error *err)
{
    int fd = plan_open_file(d->plan, file, err), result;
    enum presence presence;

    (void)over; /* a PUT replaces in one step */
    if (fd < 0)
        return -1;
    result = file->bytes > d->target->multipart_above
                 ? s3_send_parts(d, file, fd, err)
                 : put(d, file, fd, err);
    close(fd);
    if (result != 0 || look(d, file, &presence, err) != 0)
        return -1;
    /* A done file may be gone already: whoever waited for it took it. */
    if (presence == PRESENCE_ABSENT && rank_announces(file->rank))
        return 0;
    return presence == PRESENCE_ABSENT || presence == PRESENCE_OTHER;
}

static int take_away(struct delivery *d, const struct deliver_file *file,
                     struct error *err)
{
    static const int good[] = {200, 204, 404, 0};
    static const struct s3_call call = {
        .method = "DELETE", .query = "", .payload_sha256 = SIGV4_EMPTY_SHA256};

    return s3_ask(d, file, "taking it away", good, &call, err);
}

/* GET instead of HEAD, because its answer says what is wrong. */
static int probe(struct delivery *d, const struct deliver_file *file,
                 enum presence *presence, struct error *err)
{
    static const int good[] = {200, 403, 404, 0};
    static const struct s3_call call = {
        .method = "GET", .query = "", .payload_sha256 = SIGV4_EMPTY_SHA256};
    const struct wire_call wire = {.file = file, .what = "looking for it"};

    if (s3_ask(d, file, wire.what, good, &call, err) != 0)
        return -1;
    *presence = judge(&d->reply, file);
    if (d->reply.code[0] == '\0' || strcmp(d->reply.code, "NoSuchKey") == 0 ||
        strcmp(d->reply.code, "AccessDenied") == 0)
        return 0;
    return wire_refuse(d, &wire, err);
}

const struct deliver_driver deliver_s3 = {
    .look = look,
    .send = send_and_look,
    .take_away = take_away,
    .probe = probe,
};
