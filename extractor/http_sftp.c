/* Files over SFTP: what libcurl does by libssh2. */
#include <curl/curl.h>
#include <string.h>

#include "http_internal.h"

static bool set_text(CURL *easy, CURLoption option, const char *text)
{
    return text == NULL || curl_easy_setopt(easy, option, text) == CURLE_OK;
}

static bool set_long(CURL *easy, CURLoption option, long value)
{
    return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

static bool set_login(CURL *easy, const struct http_sftp *request)
{
    return set_text(easy, CURLOPT_USERNAME, request->user) &&
           set_long(easy, CURLOPT_SSH_AUTH_TYPES, CURLSSH_AUTH_PUBLICKEY) &&
           set_text(easy, CURLOPT_SSH_PRIVATE_KEYFILE, request->key_file) &&
           set_text(easy, CURLOPT_KEYPASSWD, request->passphrase) &&
           set_text(easy, CURLOPT_SSH_KNOWNHOSTS, request->known_hosts) &&
           set_text(easy, CURLOPT_SSH_HOST_PUBLIC_KEY_SHA256,
                    request->fingerprint);
}

static bool set_commands(struct transfer *transfer,
                         const struct http_sftp *request)
{
    const char *const *command = request->after;

    for (; command != NULL && *command != NULL; command++) {
        struct curl_slist *longer =
            curl_slist_append(transfer->headers, *command);

        if (longer == NULL)
            return false;
        transfer->headers = longer;
    }
    return transfer->headers == NULL ||
           curl_easy_setopt(transfer->easy,
                            request->only_after ? CURLOPT_QUOTE
                                                : CURLOPT_POSTQUOTE,
                            transfer->headers) == CURLE_OK;
}

static bool set_transfer(struct transfer *transfer,
                         const struct http_sftp *request)
{
    CURL *easy = transfer->easy;

    if (request->only_after)
        return set_long(easy, CURLOPT_NOBODY, 1);
    if (request->upload != NULL)
        return transfer_set_upload(transfer, request->upload) &&
               set_long(easy, CURLOPT_FTP_CREATE_MISSING_DIRS,
                        CURLFTP_CREATE_DIR) &&
               set_long(easy, CURLOPT_NEW_FILE_PERMS, request->file_mode) &&
               set_long(easy, CURLOPT_NEW_DIRECTORY_PERMS, request->dir_mode);
    transfer->take = request->take;
    transfer->take_context = request->take_context;
    return set_long(easy, CURLOPT_TIMEOUT_MS, HTTP_FILE_TIMEOUT_MS);
}

static bool prepare(struct transfer *transfer, const struct http_sftp *request)
{
    CURL *easy = transfer->easy;

    transfer->is_sftp = true;
    return transfer_prepare_any(transfer) &&
           set_text(easy, CURLOPT_PROTOCOLS_STR, "sftp") &&
           set_text(easy, CURLOPT_URL, request->url) &&
           set_login(easy, request) && set_transfer(transfer, request) &&
           set_commands(transfer, request);
}

int http_start_sftp(struct http *http, const struct http_sftp *request,
                    http_done_fn *done, void *context, struct error *err)
{
    struct transfer *transfer;

    if (request->known_hosts == NULL && request->fingerprint == NULL)
        return error_set(err, ERROR_BUG, "sftp: no way to check the host key");
    transfer = transfer_new(http, done, context, err);
    if (transfer == NULL)
        return -1;
    if (!prepare(transfer, request)) {
        transfer_put(http, transfer);
        return error_set(err, ERROR_BUG,
                         "sftp: libcurl refused an option or memory is out");
    }
    return transfer_launch(http, transfer, err);
}
