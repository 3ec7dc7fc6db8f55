/* Azure Blob Storage by a shared access signature, which is the query of each
 * request. Source: "Put Blob" and "Get Blob Properties" of its REST API. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "deliver_parts.h"
#include "sigv4.h"

#define API_VERSION "x-ms-version: 2021-08-06"

/* One Put Blob takes so much since version 2019-12-12. */
#define PUT_MAX (UINT64_C(5000) * 1024 * 1024)

enum { URL_MAX = 32 * 1024, LINE_MAX_LENGTH = 160 };

struct azure_call {
    const char *method;
    const struct http_upload *upload;
};

/* What a portal gives begins with '?', and what a shell adds is no part. */
static int open_sas(struct delivery *d, struct error *err)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz0123456789"
                                  "-._~%&=+/:,;@!*'()$";
    const char *sas = d->secret.text + (d->secret.text[0] == '?');

    if (strstr(sas, "sig=") != NULL && sas[strspn(sas, allowed)] == '\0')
        return 0;
    error_set(err, ERROR_CONFIG, "sas: is no shared access signature");
    return error_hint(err, "it is what stands behind the '?' of a SAS URL: "
                           "sv=…&sig=…");
}

static int start(struct delivery *d, const struct wire_call *wire,
                 struct error *err)
{
    const struct azure_call *call = wire->data;
    char md5[LINE_MAX_LENGTH], type[LINE_MAX_LENGTH], meta[LINE_MAX_LENGTH];
    const char *headers[] = {API_VERSION, NULL, NULL, NULL, NULL, NULL};
    struct http_request request = {.method = call->method,
                                   .upload = call->upload,
                                   .headers = headers,
                                   .ca_file = d->target->ca_file};
    struct buf url;
    int result;

    if (call->upload != NULL) {
        snprintf(md5, sizeof(md5), "Content-MD5: %s", wire->file->md5_base64);
        snprintf(type, sizeof(type), "Content-Type: %s",
                 deliver_content_type(wire->file));
        snprintf(meta, sizeof(meta), "x-ms-meta-sha256: %s",
                 wire->file->sha256);
        headers[1] = "x-ms-blob-type: BlockBlob";
        headers[2] = md5;
        headers[3] = type;
        headers[4] = meta;
    }
    buf_init(&url, URL_MAX);
    url.secret = true;
    buf_printf(&url, "%s/", d->target->url);
    sigv4_encode_path(&url, d->place.data);
    sigv4_encode_path(&url, wire->file->path);
    buf_printf(&url, "?%s", d->secret.text + (d->secret.text[0] == '?'));
    request.url = url.data;
    if (buf_ok(&url))
        result = http_start(d->http, &request, wire_done, d, err);
    else
        result = url.full ? error_set(err, ERROR_CONFIG,
                                      "prefix and sas are too long for a "
                                      "request; choose a shorter prefix")
                          : error_no_memory(err);
    buf_release(&url);
    return result;
}

static int ask(struct delivery *d, const struct deliver_file *file,
               const char *what, const int *good, const struct azure_call *call,
               struct error *err)
{
    const struct wire_call wire = {
        .file = file, .what = what, .good = good, .start = start, .data = call};

    return wire_ask(d, &wire, err);
}

static enum presence judge(const struct wire_reply *reply,
                           const struct deliver_file *file)
{
    char bytes[24];

    if (reply->status == 404)
        return PRESENCE_ABSENT;
    if (reply->status == 403)
        return PRESENCE_HIDDEN;
    snprintf(bytes, sizeof(bytes), "%" PRIu64, file->bytes);
    if (strcmp(reply->length, bytes) != 0)
        return PRESENCE_OTHER;
    if (reply->md5[0] != '\0')
        return strcmp(reply->md5, file->md5_base64) == 0 ? PRESENCE_SAME
                                                         : PRESENCE_OTHER;
    if (reply->sha256[0] == '\0')
        return PRESENCE_UNSURE;
    return strcmp(reply->sha256, file->sha256) == 0 ? PRESENCE_SAME
                                                    : PRESENCE_OTHER;
}

static int look(struct delivery *d, const struct deliver_file *file,
                enum presence *presence, struct error *err)
{
    static const int good[] = {200, 403, 404, 0};
    static const struct azure_call call = {.method = "HEAD"};

    if (ask(d, file, "looking for it", good, &call, err) != 0)
        return -1;
    *presence = judge(&d->reply, file);
    /* The container may be what is missing; then nothing else will do. */
    if (*presence == PRESENCE_ABSENT &&
        strcmp(d->reply.code, "ContainerNotFound") == 0) {
        error_set(err, ERROR_AUTH, "there is no such container");
        return error_usual(
            err, "make it, or correct \"url\" of the target in the job");
    }
    return 0;
}

static int put(struct delivery *d, const struct deliver_file *file,
               struct error *err)
{
    static const int good[] = {201, 0};
    struct http_upload upload = {.length = file->bytes};
    const struct azure_call call = {.method = "PUT", .upload = &upload};
    int result;

    if (file->bytes > PUT_MAX) {
        error_set(err, ERROR_CONFIG, "%s: is larger than Azure takes at once",
                  file->path);
        return error_hint(err, "lower output.part_size to 5000MiB or less");
    }
    upload.fd = plan_open_file(d->plan, file, err);
    if (upload.fd < 0)
        return -1;
    result = ask(d, file, "sending", good, &call, err);
    close(upload.fd);
    return result;
}

static int send_and_look(struct delivery *d, const struct deliver_file *file,
                         bool over, struct error *err)
{
    enum presence presence;

    (void)over; /* Put Blob replaces in one step */
    if (put(d, file, err) != 0 || look(d, file, &presence, err) != 0)
        return -1;
    /* A done file may be gone already: whoever waited for it took it. */
    if (presence == PRESENCE_ABSENT && rank_announces(file->rank))
        return 0;
    return presence == PRESENCE_ABSENT || presence == PRESENCE_OTHER;
}

static int take_away(struct delivery *d, const struct deliver_file *file,
                     struct error *err)
{
    static const int good[] = {202, 404, 0};
    static const struct azure_call call = {.method = "DELETE"};

    return ask(d, file, "taking it away", good, &call, err);
}

static int probe(struct delivery *d, const struct deliver_file *file,
                 enum presence *presence, struct error *err)
{
    const struct wire_call wire = {.file = file, .what = "looking for it"};

    if (look(d, file, presence, err) != 0)
        return -1;
    return strcmp(d->reply.code, "AuthenticationFailed") == 0
               ? wire_refuse(d, &wire, err)
               : 0;
}

const struct deliver_driver deliver_azure = {
    .open = open_sas,
    .look = look,
    .send = send_and_look,
    .take_away = take_away,
    .probe = probe,
};
