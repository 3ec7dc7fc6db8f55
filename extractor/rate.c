#include "rate.h"

enum { RATE_COUNT_MAX = 1000 * 1000, BURST_MS = 1000 };

void rate_init(struct rate *rate, int64_t count, int64_t per_ms, int64_t now_ms)
{
    if (count > RATE_COUNT_MAX)
        count = RATE_COUNT_MAX; /* more is no limit in practice */
    rate->count = count;
    rate->per_ms = per_ms > 0 ? per_ms : 1;
    rate->burst = count * BURST_MS / rate->per_ms;
    if (rate->burst < 1)
        rate->burst = 1;
    rate->stock = rate->burst * rate->per_ms;
    rate->at_ms = now_ms;
    rate->paused_until_ms = now_ms;
}

static void refill(struct rate *rate, int64_t now_ms)
{
    int64_t missing = rate->burst * rate->per_ms - rate->stock;
    int64_t elapsed = now_ms - rate->at_ms;

    if (elapsed <= 0)
        return;
    /* Compared before multiplying: elapsed has no bound. */
    if (elapsed > missing / rate->count)
        rate->stock += missing;
    else
        rate->stock += elapsed * rate->count;
    rate->at_ms = now_ms;
}

/* After a pause at most one token is left: the first request goes at once,
 * the others follow at the rate instead of in a burst. */
static void end_pause(struct rate *rate)
{
    refill(rate, rate->paused_until_ms);
    if (rate->stock > rate->per_ms)
        rate->stock = rate->per_ms;
}

int64_t rate_take(struct rate *rate, int64_t now_ms)
{
    int64_t lacking;

    if (now_ms < rate->paused_until_ms)
        return rate->paused_until_ms - now_ms;
    if (rate->count <= 0)
        return 0;
    if (rate->at_ms < rate->paused_until_ms)
        end_pause(rate);
    refill(rate, now_ms);
    lacking = rate->per_ms - rate->stock;
    if (lacking > 0)
        return (lacking + rate->count - 1) / rate->count;
    rate->stock -= rate->per_ms;
    return 0;
}

void rate_pause(struct rate *rate, int64_t until_ms)
{
    if (until_ms > rate->paused_until_ms)
        rate->paused_until_ms = until_ms;
}
