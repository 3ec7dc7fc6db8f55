/* One question to a server, asked again where that may help. */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "deliver_parts.h"
#include "instant.h"
#include "retry.h"

enum { STOP_POLL_MS = 100, CAUSE_MAX = HTTP_DETAIL_MAX + 80 };

/* SplitMix64. */
static uint64_t next_random(struct delivery *d)
{
    uint64_t z = d->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* What S3 says inside <Code>…</Code>, Azure in a header: letters only. */
static void keep_code(struct wire_reply *kept, const struct http_reply *reply)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    const char *code = strstr(reply->body.data, "<Code>");
    size_t len;

    if (!http_reply_header(reply, "x-ms-error-code", kept->code,
                           sizeof(kept->code)) &&
        code != NULL)
        snprintf(kept->code, sizeof(kept->code), "%s", code + strlen("<Code>"));
    len = strspn(kept->code, letters);
    kept->code[len] = '\0';
}

static void keep_headers(struct wire_reply *kept,
                         const struct http_reply *reply)
{
    const struct {
        const char *name;
        char *out;
        size_t size;
    } headers[] = {
        {"ETag", kept->etag, sizeof(kept->etag)},
        {"x-amz-meta-sha256", kept->sha256, sizeof(kept->sha256)},
        {"x-ms-meta-sha256", kept->sha256, sizeof(kept->sha256)},
        {"Content-MD5", kept->md5, sizeof(kept->md5)},
        {"Content-Length", kept->length, sizeof(kept->length)},
        {"x-amz-bucket-region", kept->region, sizeof(kept->region)},
        {"x-amz-server-side-encryption", kept->encryption,
         sizeof(kept->encryption)},
        {"x-amz-server-side-encryption-customer-algorithm", kept->encryption,
         sizeof(kept->encryption)},
    };

    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        if (headers[i].out[0] == '\0')
            http_reply_header(reply, headers[i].name, headers[i].out,
                              headers[i].size);
    }
}

void wire_done(void *context, struct http_reply *reply)
{
    struct delivery *d = context;
    struct wire_reply *kept = &d->reply;
    struct buf body = kept->body;

    buf_reset(&body);
    memset(kept, 0, sizeof(*kept));
    kept->body = body;
    kept->answered = reply->answered;
    kept->transient = reply->transient;
    kept->failure = reply->failure;
    memcpy(kept->detail, reply->detail, sizeof(kept->detail));
    kept->status = reply->status;
    kept->has_retry_after = reply->has_retry_after;
    memcpy(kept->retry_after, reply->retry_after, sizeof(kept->retry_after));
    if (d->target->type == TARGET_SFTP) {
        kept->answered |= reply->failure == HTTP_FAILED_ABSENT;
        kept->status = reply->answered ? 200 : 404;
    } else if (reply->answered) {
        keep_headers(kept, reply);
        keep_code(kept, reply);
        buf_append(&kept->body, reply->body.data, reply->body.len);
    }
    d->waiting = false;
}

static int check_ending(const struct delivery *d, struct error *err)
{
    if (d->ending_ms == 0 || clock_mono(&d->options->log->clock) < d->ending_ms)
        return 0;
    return error_set(err, ERROR_UNAVAILABLE, "no answer in time");
}

static int attempt(struct delivery *d, const struct wire_call *call,
                   struct error *err)
{
    if (d->http == NULL && (d->http = http_new("rollcall/" ROLLCALL_VERSION, 1,
                                               NULL, err)) == NULL)
        return -1;
    d->waiting = true;
    if (call->start(d, call, err) != 0)
        return -1;
    while (d->waiting) {
        if (deliver_check_stop(d, err) != 0 || check_ending(d, err) != 0 ||
            http_wait(d->http, STOP_POLL_MS, err) != 0)
            goto abandon;
    }
    return 0;
abandon: /* what it reads from is closed by the caller */
    http_free(d->http);
    d->http = NULL;
    return -1;
}

static bool is_good(const struct delivery *d, const struct wire_call *call)
{
    for (const int *status = call->good; *status != 0; status++) {
        /* S3 can say that it failed below a 200. */
        if (d->reply.answered && d->reply.status == *status &&
            (*status != 200 || d->reply.code[0] == '\0'))
            return true;
    }
    return false;
}

static enum retry_verdict decide(struct delivery *d, int attempts,
                                 int64_t begun_ms, int64_t *delay_ms)
{
    const struct deliver_options *options = d->options;
    const struct clock *clock = &options->log->clock;
    const struct wire_reply *reply = &d->reply;
    bool word = wire_code_passes(reply->code);
    struct retry_input input = {
        .transport_failed = !reply->answered || word,
        .transport_transient = reply->transient || word,
        .status = reply->status,
        .attempt = attempts,
        .spent_ms = clock_mono(clock) - begun_ms,
        .budget_ms = options->job->limits.retry_for_ms,
        .random = next_random(d),
    };

    input.has_retry_after =
        reply->has_retry_after &&
        retry_after_parse(reply->retry_after, clock_wall(clock),
                          &input.retry_after_ms) == 0;
    return retry_decide(&input, delay_ms);
}

static int rest(struct delivery *d, int64_t ms, struct error *err)
{
    const struct clock *clock = &d->options->log->clock;
    int64_t end = clock_mono(clock) + ms, left;

    while ((left = end - clock_mono(clock)) > 0) {
        if (deliver_check_stop(d, err) != 0)
            return -1;
        poll(NULL, 0, left < STOP_POLL_MS ? (int)left : STOP_POLL_MS);
    }
    return 0;
}

static int gave_up(const struct delivery *d, const struct wire_call *call,
                   const char *cause, int attempts, int64_t begun_ms,
                   struct error *err)
{
    int64_t spent = clock_mono(&d->options->log->clock) - begun_ms;

    error_set(err, ERROR_UNAVAILABLE,
              "%s: %s: gave up after %d %s in %" PRId64 " s: %s",
              call->file->path, call->what, attempts,
              attempts == 1 ? "try" : "tries", spent / INSTANT_SECOND, cause);
    return error_hint(err, "rollcall deliver %s goes on where this ended",
                      d->options->run_id);
}

int wire_ask(struct delivery *d, const struct wire_call *call,
             struct error *err)
{
    int64_t begun_ms = clock_mono(&d->options->log->clock), delay_ms;

    for (int attempts = 1;; attempts++) {
        enum retry_verdict verdict;
        struct buf cause;

        if (attempt(d, call, err) != 0)
            return -1;
        if (is_good(d, call))
            return 0;
        verdict = decide(d, attempts, begun_ms, &delay_ms);
        if (verdict == RETRY_AGAIN && d->ending_ms != 0)
            verdict = RETRY_GIVE_UP;
        if (verdict == RETRY_NEVER)
            return wire_refuse(d, call, err);
        buf_init(&cause, CAUSE_MAX);
        wire_cause(&d->reply, &cause);
        if (verdict == RETRY_GIVE_UP)
            gave_up(d, call, cause.data, attempts, begun_ms, err);
        else
            log_line(d->options->log, LOG_WARN, "retry",
                     "%s: %s: %s: %s, again in %" PRId64 " ms", d->target->name,
                     call->file->path, call->what, cause.data, delay_ms);
        buf_release(&cause);
        if (verdict == RETRY_GIVE_UP || rest(d, delay_ms, err) != 0)
            return -1;
    }
}
