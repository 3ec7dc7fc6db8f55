#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "http_internal.h"

static const struct {
    CURLcode code;
    enum http_failure failure;
    bool transient;
    const char *cause;
} failures[] = {
    {CURLE_OPERATION_TIMEDOUT, HTTP_FAILED_TRANSPORT, true, "timed out"},
    {CURLE_PARTIAL_FILE, HTTP_FAILED_TRANSPORT, true, "answer cut short"},
    {CURLE_GOT_NOTHING, HTTP_FAILED_TRANSPORT, true, "empty answer"},
    {CURLE_RECV_ERROR, HTTP_FAILED_TRANSPORT, true, "connection broken off"},
    {CURLE_SEND_ERROR, HTTP_FAILED_TRANSPORT, true, "connection broken off"},
    {CURLE_HTTP2, HTTP_FAILED_TRANSPORT, true, "HTTP/2 broken off"},
    {CURLE_HTTP2_STREAM, HTTP_FAILED_TRANSPORT, true, "HTTP/2 broken off"},
    {CURLE_COULDNT_CONNECT, HTTP_FAILED_TRANSPORT, true, "cannot connect"},
    {CURLE_COULDNT_RESOLVE_HOST, HTTP_FAILED_TRANSPORT, true,
     "host name not found"},
    {CURLE_COULDNT_RESOLVE_PROXY, HTTP_FAILED_TRANSPORT, true,
     "proxy's host name not found"},
    {CURLE_SSL_CONNECT_ERROR, HTTP_FAILED_TRANSPORT, true,
     "TLS handshake failed"},
    {CURLE_BAD_CONTENT_ENCODING, HTTP_FAILED_TRANSPORT, true,
     "damaged compression"},
    {CURLE_OUT_OF_MEMORY, HTTP_FAILED_TRANSPORT, false,
     "header line too long, or memory is out"},
    {CURLE_WRITE_ERROR, HTTP_FAILED_TRANSPORT, false,
     "the answer could not be kept; perhaps memory is out"},
    {CURLE_PEER_FAILED_VERIFICATION, HTTP_FAILED_CERTIFICATE, false,
     "certificate not accepted"},
    {CURLE_SSL_CACERT_BADFILE, HTTP_FAILED_CA_FILE, false,
     "ca_file not readable"},
    {CURLE_ABORTED_BY_CALLBACK, HTTP_FAILED_TRANSPORT, false,
     "the file could not be read to its end"},
};

/* What libcurl calls the same is something else here, or has a cure. */
static const struct {
    CURLcode code;
    enum http_failure failure;
    bool transient;
    const char *cause;
} sftp_failures[] = {
    {CURLE_PEER_FAILED_VERIFICATION, HTTP_FAILED_HOST_KEY, false,
     "host key not accepted"},
    {CURLE_LOGIN_DENIED, HTTP_FAILED_LOGIN, false, "login not accepted"},
    {CURLE_REMOTE_ACCESS_DENIED, HTTP_FAILED_ACCESS, false, "no permission"},
    {CURLE_REMOTE_FILE_NOT_FOUND, HTTP_FAILED_ABSENT, false, "no such file"},
    {CURLE_REMOTE_FILE_EXISTS, HTTP_FAILED_COMMAND, false, "is there already"},
    {CURLE_QUOTE_ERROR, HTTP_FAILED_COMMAND, false, "command refused"},
    {CURLE_REMOTE_DISK_FULL, HTTP_FAILED_DISK, false, "the disk is full"},
    {CURLE_SSH, HTTP_FAILED_TRANSPORT, true, "SSH broken off"},
    {CURLE_UPLOAD_FAILED, HTTP_FAILED_TRANSPORT, true, "upload broken off"},
    {CURLE_FAILED_INIT, HTTP_FAILED_TRANSPORT, false,
     "no SSH connection, perhaps for want of an algorithm both know"},
};

static void fail(struct http_reply *reply, enum http_failure failure,
                 const char *cause, const char *words)
{
    reply->failure = failure;
    reply->cause = cause;
    if (*words != '\0')
        snprintf(reply->detail, sizeof(reply->detail), "%.60s: %.190s",
                 cause, words);
    else
        snprintf(reply->detail, sizeof(reply->detail), "%s", cause);
}

static void explain(struct transfer *transfer, CURLcode result)
{
    struct http_reply *reply = &transfer->reply;
    const char *words = transfer->error_text;
    size_t i;

    if (*words == '\0') /* libcurl does not always fill it */
        words = curl_easy_strerror(result);
    for (i = 0; transfer->is_sftp &&
                i < sizeof(sftp_failures) / sizeof(sftp_failures[0]);
         i++) {
        if (sftp_failures[i].code == result) {
            reply->transient = sftp_failures[i].transient;
            fail(reply, sftp_failures[i].failure, sftp_failures[i].cause,
                 words);
            return;
        }
    }
    for (i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        if (failures[i].code == result) {
            reply->transient = failures[i].transient;
            fail(reply, failures[i].failure, failures[i].cause, words);
            return;
        }
    }
    fail(reply, HTTP_FAILED_TRANSPORT, "no HTTP answer", words);
}

/* True when a ceiling or a proxy is the cause, whatever libcurl calls it. */
static bool explain_ours(struct transfer *transfer)
{
    struct http_reply *reply = &transfer->reply;
    long proxy_status = 0;

    curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
    if (transfer->body_full) {
        fail(reply, HTTP_FAILED_CEILING, "body above its ceiling", "");
    } else if (transfer->headers_full) {
        fail(reply, HTTP_FAILED_CEILING, "headers above their ceiling", "");
    } else if (proxy_status >= 300) {
        reply->proxy_status = (int)proxy_status;
        reply->transient = proxy_status >= 500;
        fail(reply, HTTP_FAILED_PROXY, "refused by the proxy", "");
    } else {
        return false;
    }
    return true;
}

static bool has_suffix(const char *text, size_t len, const char *suffix)
{
    size_t tail = strlen(suffix);

    return len >= tail && strncasecmp(text + len - tail, suffix, tail) == 0;
}

static void read_content_type(struct transfer *transfer)
{
    static const char json[] = "application/json";
    struct http_reply *reply = &transfer->reply;
    char *type = NULL;
    size_t len;

    curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_TYPE, &type);
    if (type == NULL)
        return;
    len = strcspn(type, "; \t");
    snprintf(reply->content_type, sizeof(reply->content_type), "%.*s", (int)len,
             type);
    reply->json =
        (len == strlen(json) && strncasecmp(type, json, len) == 0) ||
        (strncasecmp(type, "application/", strlen("application/")) == 0 &&
         has_suffix(type, len, "+json"));
}

bool http_reply_header(const struct http_reply *reply, const char *name,
                       char *out, size_t size)
{
    /* libcurl only reads from it, and yet asks for one it may write to. */
    CURL *easy = (CURL *)(uintptr_t)reply->handle;
    struct curl_header *header;

    out[0] = '\0';
    if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) !=
            CURLHE_OK ||
        strlen(header->value) >= size)
        return false;
    memcpy(out, header->value, strlen(header->value) + 1);
    return true;
}

/* CURLINFO_RETRY_AFTER cannot tell 0 from absent and can be negative. */
static void read_retry_after(struct transfer *transfer)
{
    struct http_reply *reply = &transfer->reply;
    struct curl_header *header;

    if (curl_easy_header(transfer->easy, "Retry-After", 0, CURLH_HEADER, -1,
                         &header) != CURLHE_OK ||
        strlen(header->value) >= sizeof(reply->retry_after))
        return;
    reply->has_retry_after = true;
    strcpy(reply->retry_after, header->value);
}

/* Of a body that is kept as it came. No bytes are no member, whatever the head
 * says. */
static void read_encoding(struct transfer *transfer)
{
    struct http_reply *reply = &transfer->reply;
    struct curl_header *header;

    if (!transfer->packed || reply->body.len == 0 ||
        curl_easy_header(transfer->easy, "Content-Encoding", 0, CURLH_HEADER,
                         -1, &header) != CURLHE_OK ||
        strcasecmp(header->value, "identity") == 0)
        return;
    reply->gzip = header->amount == 1 &&
                  (strcasecmp(header->value, "gzip") == 0 ||
                   strcasecmp(header->value, "x-gzip") == 0);
    if (reply->gzip)
        return;
    reply->answered = false;
    explain(transfer, CURLE_BAD_CONTENT_ENCODING);
}

static void read_location(struct transfer *transfer)
{
    char *target = NULL, *host = NULL;
    CURLU *url = curl_url();

    curl_easy_getinfo(transfer->easy, CURLINFO_REDIRECT_URL, &target);
    if (url != NULL && target != NULL &&
        curl_url_set(url, CURLUPART_URL, target, 0) == CURLUE_OK &&
        curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK)
        snprintf(transfer->reply.location_host,
                 sizeof(transfer->reply.location_host), "%s", host);
    curl_free(host);
    curl_url_cleanup(url);
}

void transfer_finish(struct transfer *transfer, int result)
{
    struct http_reply *reply = &transfer->reply;
    curl_off_t wire = 0;
    long status = 0;

    curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_DOWNLOAD_T, &wire);
    reply->wire_bytes = wire > 0 ? (uint64_t)wire : 0;
    if (result != CURLE_OK) {
        if (!explain_ours(transfer))
            explain(transfer, (CURLcode)result);
        return;
    }
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    reply->answered = true;
    reply->status = (int)status;
    read_content_type(transfer);
    read_encoding(transfer);
    read_retry_after(transfer);
    read_location(transfer);
}
