/*
 * rate: a token bucket per endpoint. Pure; time is passed in.
 *
 * count requests per per_ms, evenly refilled, with a burst of at most one
 * second's worth (at least 1). count 0: no limit. rate_pause() empties the
 * bucket until a time: a 429 on one request holds back all of its endpoint.
 */
#ifndef ROLLCALL_RATE_H
#define ROLLCALL_RATE_H

#include <stdint.h>

struct rate {
    int64_t count, per_ms; /* limit */
    int64_t burst;         /* tokens the bucket holds */
    int64_t stock;         /* tokens times per_ms, now */
    int64_t at_ms;         /* when stock was right */
    int64_t paused_until_ms;
};

void rate_init(struct rate *rate, int64_t count, int64_t per_ms,
               int64_t now_ms);

/* Milliseconds until a request may start; 0: now, and a token is taken. */
int64_t rate_take(struct rate *rate, int64_t now_ms);
void rate_pause(struct rate *rate, int64_t until_ms);

#endif
