/* Why a target does not take a file, and what to do about it. */
#include <string.h>

#include "deliver_parts.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static const struct {
    const char *code;
    const char *hint; /* NULL: it may pass */
} codes[] = {
    /* What was sent changed on its way, or came too slowly. */
    {"BadDigest", NULL},
    {"XAmzContentSHA256Mismatch", NULL},
    {"IncompleteBody", NULL},
    {"RequestTimeout", NULL},
    {"Md5Mismatch", NULL},
    {"InternalError", NULL},
    {"SlowDown", NULL},
    {"ServerBusy", NULL},
    {"OperationTimedOut", NULL},

    {"RequestTimeTooSkewed", "the clock of this machine is wrong; set it"},
    {"SignatureDoesNotMatch", "check secret: it is not that of access_key; and "
                              "check region"},
    {"InvalidAccessKeyId", "check access_key: the server does not know it"},
    {"ExpiredToken", "the session token has ended; get new ones"},
    {"InvalidToken", "check session_token"},
    {"NoSuchBucket", "check bucket and endpoint: there is no such bucket"},
    {"AuthorizationHeaderMalformed", "check region"},
    {"PermanentRedirect", "check region: the bucket is in another"},
    {"TemporaryRedirect", "check region: the bucket is in another"},
    {"AccessDenied", "the key needs s3:PutObject for the prefix, s3:GetObject "
                     "to see what is there, and s3:DeleteObject when a run is "
                     "replaced"},
    {"EntityTooLarge", "lower multipart_above"},
    {"ContainerNotFound", "check url: there is no such container"},
    {"AuthenticationFailed", "check sas: it is not accepted, or has ended"},
    {"AuthorizationPermissionMismatch",
     "the SAS needs the permissions create and write, read to see what is "
     "there, and delete when a run is replaced"},
    {"RequestBodyTooLarge", "lower output.part_size"},
};

static const struct {
    int from, to; /* statuses */
    enum error_kind kind;
    const char *hint;
} answers[] = {
    {300, 399, ERROR_AUTH,
     "redirects are not followed; give the address that "
     "it leads to"},
    {401, 403, ERROR_AUTH,
     "check the target's credentials and what they may "
     "do"},
    {404, 404, ERROR_AUTH, "check the target's address: it is not there"},
    {407, 407, ERROR_CONFIG, "check https_proxy in the environment"},
    {0, 999, ERROR_AUTH, "the server does not take this request"},
};

static const struct {
    enum http_failure failure;
    enum error_kind kind;
    const char *hint;
} breakdowns[] = {
    {HTTP_FAILED_CERTIFICATE, ERROR_UNAVAILABLE,
     "when a private CA stands in between, give its PEM file as ca_file"},
    {HTTP_FAILED_CA_FILE, ERROR_CONFIG, "ca_file must be a readable PEM file"},
    {HTTP_FAILED_PROXY, ERROR_CONFIG, "check https_proxy in the environment"},
    {HTTP_FAILED_HOST_KEY, ERROR_AUTH,
     "the server is not the one that known_hosts or fingerprint names, or has "
     "a new key: ask who runs it, and never take its word"},
    {HTTP_FAILED_LOGIN, ERROR_AUTH,
     "check user and key; an RSA key does not work with this libssh2, use "
     "ed25519 or ECDSA"},
    {HTTP_FAILED_ACCESS, ERROR_AUTH,
     "the user must be able to write, read, rename and remove there"},
    {HTTP_FAILED_DISK, ERROR_UNAVAILABLE, "make room on the server"},
    {HTTP_FAILED_COMMAND, ERROR_AUTH,
     "the user must be able to write, read, rename and remove there"},
    {HTTP_NOT_FAILED, ERROR_UNAVAILABLE, NULL},
};

bool wire_code_passes(const char *code)
{
    for (size_t i = 0; i < COUNT(codes); i++) {
        if (strcmp(code, codes[i].code) == 0)
            return codes[i].hint == NULL;
    }
    return false;
}

static const char *hint_of_code(const char *code)
{
    for (size_t i = 0; i < COUNT(codes); i++) {
        if (strcmp(code, codes[i].code) == 0)
            return codes[i].hint;
    }
    return NULL;
}

void wire_cause(const struct wire_reply *reply, struct buf *out)
{
    if (!reply->answered)
        buf_puts(out, reply->detail);
    else if (reply->code[0] != '\0')
        buf_printf(out, "%d %s", reply->status, reply->code);
    else
        buf_printf(out, "%d", reply->status);
}

static int refuse_answer(const struct delivery *d, const char *text,
                         struct error *err)
{
    const struct wire_reply *reply = &d->reply;
    const char *hint = hint_of_code(reply->code);
    size_t i = 0;

    while (reply->status < answers[i].from || reply->status > answers[i].to)
        i++;
    error_set(err, answers[i].kind, "%s", text);
    if (reply->region[0] != '\0' && d->target->region != NULL &&
        strcmp(reply->region, d->target->region) != 0 &&
        reply->region[strspn(reply->region, "abcdefghijklmnopqrstuvwxyz-"
                                            "0123456789")] == '\0')
        return error_hint(err, "the bucket is in the region %s", reply->region);
    return error_hint(err, "%s", hint != NULL ? hint : answers[i].hint);
}

static int refuse_breakdown(const struct delivery *d, const char *text,
                            struct error *err)
{
    size_t i = 0;

    while (breakdowns[i].failure != HTTP_NOT_FAILED &&
           breakdowns[i].failure != d->reply.failure)
        i++;
    error_set(err, breakdowns[i].kind, "%s", text);
    return breakdowns[i].hint != NULL
               ? error_hint(err, "%s", breakdowns[i].hint)
               : -1;
}

int wire_refuse(const struct delivery *d, const struct wire_call *call,
                struct error *err)
{
    struct buf text;

    buf_init(&text, ERROR_TEXT_MAX);
    buf_printf(&text, "%s: %s: %s", call->file->path, call->what,
               d->reply.answered ? "answered " : "");
    wire_cause(&d->reply, &text);
    if (buf_no_memory(&text))
        error_no_memory(err);
    else if (d->reply.answered)
        refuse_answer(d, text.data, err);
    else
        refuse_breakdown(d, text.data, err);
    buf_release(&text);
    return -1;
}
