/*
 * retry: pure decisions about failed requests: again, or not, and when.
 *
 * Retried: no connection, TLS or transport broken off, stalled or cut body,
 * HTTP 408 409 425 429 and 5xx. Never retried: 400 401 403 404 and the other
 * 4xx, redirects, a body above its ceiling. Source of the list: RFC 9110 and
 * the observed behaviour of the Atlassian APIs.
 *
 * Delay of attempt n (first retry: n = 1): full jitter, uniform in
 * [0, min(RETRY_CAP_MS, RETRY_BASE_MS * 2^(n-1))]; never below Retry-After,
 * which is clamped to [0, RETRY_AFTER_MAX_MS]. When the delay would end after
 * the budget, the answer is RETRY_GIVE_UP at once instead of a useless wait.
 */
#ifndef ROLLCALL_RETRY_H
#define ROLLCALL_RETRY_H

#include <stdbool.h>
#include <stdint.h>

enum {
    RETRY_BASE_MS = 500,
    RETRY_CAP_MS = 60 * 1000,
    RETRY_AFTER_MAX_MS = 60 * 60 * 1000
};

struct retry_input {
    bool transport_failed;  /* no usable HTTP answer */
    bool transport_transient;
    int status;             /* HTTP status when !transport_failed */
    int attempt;            /* attempts made so far, from 1 */
    bool has_retry_after;
    int64_t retry_after_ms; /* as sent, not yet clamped */
    int64_t spent_ms;       /* since the request's first attempt */
    int64_t budget_ms;      /* limits.retry_for */
    uint64_t random;        /* uniform 64 bit, for the jitter */
    int64_t base_ms;        /* 0: RETRY_BASE_MS; tests want shorter waits */
};

/* Whether an answer of this status may be another one next time. */
bool retry_status_passes(int status);

enum retry_verdict { RETRY_NEVER, RETRY_AGAIN, RETRY_GIVE_UP };

enum retry_verdict retry_decide(const struct retry_input *in,
                                int64_t *delay_ms);

/* Retry-After of RFC 9110 §10.2.3: delta seconds (a fraction is rounded up to
 * a whole second, seconds without end are read as a century) or an HTTP date in any of its three forms, relative to now_ms. A date in the
 * past gives 0. Returns 0, or -1 when the text is neither. */
int retry_after_parse(const char *text, int64_t now_ms, int64_t *delay_ms);

#endif
