/* Eight bytes of time, eight of numbers, then the text of a Retry-After. A
 * wait is never negative and never beyond its bounds. */
#include "fuzz.h"
#include "instant.h"
#include "rate.h"
#include "retry.h"

static int64_t number(const uint8_t **data, size_t *size, int bytes)
{
    uint64_t value = 0;

    while (bytes-- > 0)
        value = value << 8 | fuzz_byte(data, size);
    return (int64_t)value;
}

static void decide(struct retry_input *in)
{
    int64_t delay = -1;

    if (retry_decide(in, &delay) != RETRY_AGAIN)
        return;
    require(delay >= 0);
    require(delay <= RETRY_AFTER_MAX_MS);
    require(in->spent_ms + delay <= in->budget_ms);
}

/* Never more than the burst and what the time since allows. */
static void take(int64_t count, int64_t per_ms, int64_t pause, int64_t step)
{
    int64_t now = 1000000, begun = now, taken = 0;
    struct rate rate;

    rate_init(&rate, count, per_ms, now);
    for (int i = 0; i < 50; i++) {
        int64_t wait = rate_take(&rate, now);

        require(wait >= 0);
        taken += wait == 0;
        if (i == 10)
            rate_pause(&rate, now + pause);
        now += i % 3 == 0 ? wait : step;
    }
    if (count > 0)
        require(taken <=
                rate.burst + 1 + (now - begun) / rate.per_ms * count + count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t now = number(&data, &size, 8) % (250000 * (int64_t)INSTANT_DAY);
    struct retry_input in = {.transport_failed = fuzz_byte(&data, &size) & 1,
                             .transport_transient = true,
                             .status = (int)number(&data, &size, 2) % 700,
                             .attempt = 1 + (int)fuzz_byte(&data, &size),
                             .spent_ms = number(&data, &size, 3),
                             .budget_ms = number(&data, &size, 4),
                             .random = (uint64_t)number(&data, &size, 8)};
    int64_t count = number(&data, &size, 3), per = number(&data, &size, 4);
    char *text = fuzz_text(data, size);

    take(count, per, in.spent_ms, in.attempt);
    decide(&in);
    if (retry_after_parse(text, now, &in.retry_after_ms) == 0) {
        require(in.retry_after_ms >= 0);
        in.has_retry_after = true;
        decide(&in);
    }
    free(text);
    return 0;
}
