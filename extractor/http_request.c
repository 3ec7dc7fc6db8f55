#include <curl/curl.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "http_internal.h"

enum { COOKIE_MAX = 64 * 1024 };

static size_t take_header(char *data, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    size_t len = size * count;

    (void)data; /* read later, from libcurl's own store */
    transfer->header_bytes += len;
    if (transfer->header_bytes <= transfer->limits->header_max)
        return len;
    transfer->headers_full = true;
    return CURL_WRITEFUNC_ERROR;
}

/* Counts decoded bytes: libcurl's own limit looks only at a declared length. */
static size_t take_body(char *data, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    struct buf *body = &transfer->reply.body;
    size_t len = size * count;

    if (transfer->take != NULL)
        return transfer->take(transfer->take_context, data, len) == 0
                   ? len
                   : CURL_WRITEFUNC_ERROR;
    if (buf_append(body, data, len) == 0)
        return len;
    transfer->body_full = len > body->ceiling - body->len;
    return CURL_WRITEFUNC_ERROR;
}

/* A file that has become shorter ends the transfer instead of hanging it. */
static size_t give_body(char *data, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    uint64_t left = transfer->upload.length - transfer->sent;
    size_t room = size * count;
    ssize_t got;

    if (left == 0)
        return 0;
    if (room > left)
        room = (size_t)left;
    do
        got = pread(transfer->upload.fd, data, room,
                    (off_t)(transfer->upload.offset + transfer->sent));
    while (got < 0 && errno == EINTR);
    if (got <= 0)
        return CURL_READFUNC_ABORT;
    transfer->sent += (uint64_t)got;
    return (size_t)got;
}

/* libcurl begins again where a connection had died before the request. */
static int seek_body(void *context, curl_off_t offset, int origin)
{
    struct transfer *transfer = context;

    if (origin != SEEK_SET || offset < 0 ||
        (uint64_t)offset > transfer->upload.length)
        return CURL_SEEKFUNC_FAIL;
    transfer->sent = (uint64_t)offset;
    return CURL_SEEKFUNC_OK;
}

static bool set_text(CURL *easy, CURLoption option, const char *text)
{
    return curl_easy_setopt(easy, option, text) == CURLE_OK;
}

static bool set_long(CURL *easy, CURLoption option, long value)
{
    return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

static bool set_callbacks(struct transfer *t)
{
    CURL *e = t->easy;

    return curl_easy_setopt(e, CURLOPT_PRIVATE, t) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->error_text) ==
               CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, take_header) ==
               CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_HEADERDATA, t) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_WRITEDATA, t) == CURLE_OK;
}

static bool set_numbers(CURL *easy, const struct http_limits *limits)
{
    const struct {
        CURLoption option;
        long value;
    } numbers[] = {
        {CURLOPT_NOSIGNAL, 1},
        {CURLOPT_NETRC, CURL_NETRC_IGNORED},
        {CURLOPT_FOLLOWLOCATION, 0},
        {CURLOPT_DISALLOW_USERNAME_IN_URL, 1},
        {CURLOPT_PATH_AS_IS, 1}, /* "/a/../b" is not ours to resolve */
        {CURLOPT_QUICK_EXIT, 1}, /* do not wait for a hanging resolver */
        {CURLOPT_SSL_VERIFYPEER, 1},
        {CURLOPT_SSL_VERIFYHOST, 2},
        {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
        {CURLOPT_CONNECTTIMEOUT_MS, limits->connect_timeout_ms},
        {CURLOPT_LOW_SPEED_LIMIT, HTTP_STALL_BYTES},
        {CURLOPT_LOW_SPEED_TIME, limits->stall_seconds},
        {CURLOPT_TIMEOUT_MS, limits->total_timeout_ms},
    };
    size_t i;

    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        if (!set_long(easy, numbers[i].option, numbers[i].value))
            return false;
    return true;
}

bool transfer_prepare_any(struct transfer *transfer)
{
    return set_callbacks(transfer) &&
           set_numbers(transfer->easy, transfer->limits);
}

bool transfer_set_upload(struct transfer *transfer,
                         const struct http_upload *upload)
{
    CURL *easy = transfer->easy;

    transfer->upload = *upload;
    return set_long(easy, CURLOPT_UPLOAD, 1) &&
           set_long(easy, CURLOPT_TIMEOUT_MS, HTTP_FILE_TIMEOUT_MS) &&
           curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE,
                            (curl_off_t)upload->length) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_body) ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_READDATA, transfer) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, seek_body) ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SEEKDATA, transfer) == CURLE_OK;
}

/* The path and query as they have to be sent. Left to itself libcurl sends a
 * request without its query when it gets no memory to copy it: another page,
 * and no error. Only tunnels are used as proxies, so this form is always due.
 */
static bool set_path(CURL *easy, const char *url)
{
    const char *host = strstr(url, "://");
    const char *path = host == NULL ? "" : host + 3 + strcspn(host + 3, "/?");
    struct buf target;
    bool ok;

    buf_init(&target, strlen(url) + 2);
    if (*path != '/')
        buf_putc(&target, '/');
    buf_puts(&target, path);
    ok = buf_ok(&target) && set_text(easy, CURLOPT_REQUEST_TARGET, target.data);
    buf_release(&target);
    return ok;
}

static bool set_target(CURL *easy, const struct http_request *request)
{
    int loopback = http_url_is_loopback(request->url);

    if (loopback < 0)
        return false;
    if (!set_text(easy, CURLOPT_PROTOCOLS_STR,
                  loopback ? "https,http" : "https") ||
        !set_text(easy, CURLOPT_URL, request->url) ||
        !set_path(easy, request->url))
        return false;
    /* Who gives headers wants the bytes that are there, and their number. */
    if (request->headers == NULL &&
        !set_text(easy, CURLOPT_ACCEPT_ENCODING, request->packed ? "gzip" : ""))
        return false;
    if (request->packed && !set_long(easy, CURLOPT_HTTP_CONTENT_DECODING, 0))
        return false;
    /* A proxy could not reach our loopback, and would see the credentials. */
    if (loopback && !set_text(easy, CURLOPT_NOPROXY, "*"))
        return false;
    /* Without the second the system's folder would be trusted as well. */
    return request->ca_file == NULL ||
           (set_text(easy, CURLOPT_CAINFO, request->ca_file) &&
            set_text(easy, CURLOPT_CAPATH, NULL));
}

static bool set_method(struct transfer *transfer,
                       const struct http_request *request)
{
    const char *body = request->body != NULL ? request->body : "";
    CURL *easy = transfer->easy;

    if (request->upload != NULL)
        return transfer_set_upload(transfer, request->upload);
    if (strcmp(request->method, "HEAD") == 0)
        return set_long(easy, CURLOPT_NOBODY, 1);
    if (strcmp(request->method, "DELETE") == 0)
        return set_long(easy, CURLOPT_HTTPGET, 1) &&
               set_text(easy, CURLOPT_CUSTOMREQUEST, request->method);
    if (request->body == NULL && strcmp(request->method, "GET") == 0)
        return set_long(easy, CURLOPT_HTTPGET, 1);
    return set_long(easy, CURLOPT_POST, 1) &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                            (curl_off_t)strlen(body)) == CURLE_OK &&
           set_text(easy, CURLOPT_COPYPOSTFIELDS, body) &&
           set_text(easy, CURLOPT_CUSTOMREQUEST, request->method);
}

static bool add_header(struct transfer *transfer, const char *line)
{
    struct curl_slist *longer = curl_slist_append(transfer->headers, line);

    if (longer == NULL)
        return false;
    transfer->headers = longer;
    return true;
}

static bool set_headers(struct transfer *transfer,
                        const struct http_request *request)
{
    /* "Expect:" keeps libcurl from asking before it sends a long body. */
    if (!add_header(transfer, "Expect:"))
        return false;
    for (size_t i = 0; request->headers != NULL && request->headers[i]; i++)
        if (!add_header(transfer, request->headers[i]))
            return false;
    if (request->headers == NULL &&
        (!add_header(transfer, "Accept: application/json") ||
         (request->body != NULL &&
          !add_header(transfer, "Content-Type: application/json"))))
        return false;
    return curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER,
                            transfer->headers) == CURLE_OK;
}

static bool set_cookie(CURL *easy, const struct http_auth *auth)
{
    struct buf pair;
    bool ok;

    buf_init(&pair, COOKIE_MAX);
    pair.secret = true;
    buf_printf(&pair, "%s=%s", auth->name, auth->secret);
    ok = buf_ok(&pair) && set_text(easy, CURLOPT_COOKIE, pair.data);
    buf_release(&pair);
    return ok;
}

static bool set_auth(CURL *easy, const struct http_auth *auth)
{
    if (auth == NULL || auth->type == HTTP_NO_AUTH)
        return true;
    if (auth->type == HTTP_COOKIE)
        return set_cookie(easy, auth);
    if (auth->type == HTTP_BEARER)
        return set_long(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER) &&
               set_text(easy, CURLOPT_XOAUTH2_BEARER, auth->secret);
    return set_long(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC) &&
           set_text(easy, CURLOPT_USERNAME, auth->user) &&
           set_text(easy, CURLOPT_PASSWORD, auth->secret);
}

int transfer_prepare(struct transfer *transfer, const char *user_agent,
                     const struct http_request *request, struct error *err)
{
    CURL *easy = transfer->easy;

    transfer->packed = request->packed;
    if (!transfer_prepare_any(transfer) ||
        !set_text(easy, CURLOPT_USERAGENT, user_agent) ||
        !set_target(easy, request) || !set_method(transfer, request) ||
        !set_headers(transfer, request) || !set_auth(easy, request->auth) ||
        !set_long(easy, CURLOPT_FRESH_CONNECT, request->fresh))
        return error_set(err, ERROR_BUG,
                         "http: libcurl refused an option or memory is out");
    return 0;
}
