#include "http.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "http_internal.h"

struct http {
    CURLM *multi;
    char *user_agent;
    struct http_limits limits;
    struct transfer *running;
    struct transfer *idle;
    size_t running_count;
};

static const struct http_limits production_limits = {
    .body_max = HTTP_BODY_MAX,
    .header_max = HTTP_HEADER_MAX,
    .connect_timeout_ms = HTTP_CONNECT_TIMEOUT_MS,
    .stall_seconds = HTTP_STALL_SECONDS,
    .total_timeout_ms = HTTP_TOTAL_TIMEOUT_MS,
};

_Static_assert(HTTP_ERROR_TEXT_MAX >= CURL_ERROR_SIZE,
               "libcurl writes its error text there");

int http_global_init(struct error *err)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return error_set(err, ERROR_BUG, "http: libcurl does not start");
    return 0;
}

void http_global_cleanup(void)
{
    curl_global_cleanup();
}

const char *http_library_version(void)
{
    return curl_version();
}

struct http *http_new(const char *user_agent, int max_connections,
                      const struct http_limits *limits, struct error *err)
{
    struct http *http = calloc(1, sizeof(*http));
    long most = max_connections;

    if (http == NULL)
        goto fail;
    http->limits = limits != NULL ? *limits : production_limits;
    http->user_agent = strdup(user_agent);
    http->multi = curl_multi_init();
    if (http->user_agent == NULL || http->multi == NULL ||
        curl_multi_setopt(http->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, most) !=
            CURLM_OK ||
        curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, most) != CURLM_OK)
        goto fail;
    return http;
fail:
    http_free(http);
    error_no_memory(err);
    return NULL;
}

static void transfer_free(struct transfer *transfer)
{
    curl_easy_cleanup(transfer->easy);
    curl_slist_free_all(transfer->headers);
    buf_release(&transfer->reply.body);
    free(transfer);
}

static void free_idle(struct http *http)
{
    while (http->idle != NULL) {
        struct transfer *transfer = http->idle;

        http->idle = transfer->next;
        transfer_free(transfer);
    }
}

static void unlink_running(struct http *http, struct transfer *transfer)
{
    *transfer->link = transfer->next;
    if (transfer->next != NULL)
        transfer->next->link = transfer->link;
    http->running_count--;
    curl_multi_remove_handle(http->multi, transfer->easy);
}

void http_free(struct http *http)
{
    if (http == NULL)
        return;
    while (http->running != NULL) {
        struct transfer *transfer = http->running;

        unlink_running(http, transfer);
        transfer_free(transfer);
    }
    free_idle(http);
    curl_multi_cleanup(http->multi);
    free(http->user_agent);
    free(http);
}

static struct transfer *transfer_get(struct http *http)
{
    struct transfer *transfer = http->idle;

    if (transfer != NULL) {
        http->idle = transfer->next;
        return transfer;
    }
    transfer = calloc(1, sizeof(*transfer));
    if (transfer == NULL)
        return NULL;
    buf_init(&transfer->reply.body, 0);
    transfer->easy = curl_easy_init();
    if (transfer->easy == NULL) {
        transfer_free(transfer);
        return NULL;
    }
    return transfer;
}

/* Resetting keeps the connection, which belongs to the multi handle. */
void transfer_put(struct http *http, struct transfer *transfer)
{
    void *easy = transfer->easy;

    curl_easy_reset(easy);
    curl_slist_free_all(transfer->headers);
    buf_release(&transfer->reply.body);
    memset(transfer, 0, sizeof(*transfer));
    transfer->easy = easy;
    transfer->next = http->idle;
    http->idle = transfer;
}

static void link_running(struct http *http, struct transfer *transfer)
{
    transfer->next = http->running;
    transfer->link = &http->running;
    if (transfer->next != NULL)
        transfer->next->link = &transfer->next;
    http->running = transfer;
    http->running_count++;
}

struct transfer *transfer_new(struct http *http, http_done_fn *done,
                              void *context, struct error *err)
{
    struct transfer *transfer = transfer_get(http);

    if (transfer == NULL) {
        error_no_memory(err);
        return NULL;
    }
    transfer->limits = &http->limits;
    transfer->done = done;
    transfer->context = context;
    transfer->reply.handle = transfer->easy;
    buf_init(&transfer->reply.body, http->limits.body_max);
    return transfer;
}

int transfer_launch(struct http *http, struct transfer *transfer,
                    struct error *err)
{
    if (curl_multi_add_handle(http->multi, transfer->easy) != CURLM_OK) {
        transfer_put(http, transfer);
        return error_no_memory(err);
    }
    link_running(http, transfer);
    return 0;
}

int http_start(struct http *http, const struct http_request *request,
               http_done_fn *done, void *context, struct error *err)
{
    struct transfer *transfer;
    int allowed = http_request_url_allowed(request->url);

    if (allowed < 0)
        return error_no_memory(err);
    if (allowed == 0) {
        error_set(err, ERROR_CONFIG, "http: this URL is not allowed");
        return error_hint(err, "use https:// (http:// for loopback only), "
                               "without user, fragment or blanks");
    }
    transfer = transfer_new(http, done, context, err);
    if (transfer == NULL)
        return -1;
    transfer->reply.body.secret = request->secret_reply;
    if (transfer_prepare(transfer, http->user_agent, request, err) != 0) {
        transfer_put(http, transfer);
        return -1;
    }
    return transfer_launch(http, transfer, err);
}

/* Returns how many exchanges ended. */
static int deliver(struct http *http)
{
    CURLMsg *message;
    int ended = 0, left;

    while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
        int result = (int)message->data.result;
        struct transfer *transfer = NULL;

        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        transfer_finish(transfer, result);
        unlink_running(http, transfer); /* the message dies with this */
        transfer->done(transfer->context, &transfer->reply);
        transfer_put(http, transfer);
        ended++;
    }
    return ended;
}

static int work(struct http *http, struct error *err)
{
    CURLMcode code;
    int running;

    code = curl_multi_perform(http->multi, &running);
    if (code != CURLM_OK)
        return error_set(err, ERROR_BUG, "http: %s", curl_multi_strerror(code));
    return deliver(http);
}

int http_wait(struct http *http, int timeout_ms, struct error *err)
{
    CURLMcode code;
    int ended = work(http, err);

    if (ended != 0)
        return ended < 0 ? -1 : 0;
    code = curl_multi_poll(http->multi, NULL, 0, timeout_ms, NULL);
    if (code != CURLM_OK)
        return error_set(err, ERROR_BUG, "http: %s", curl_multi_strerror(code));
    return work(http, err) < 0 ? -1 : 0;
}

size_t http_running(const struct http *http)
{
    return http->running_count;
}

/* That it fails costs a wait of a tenth of a second. */
void http_wake(struct http *http)
{
    curl_multi_wakeup(http->multi);
}
