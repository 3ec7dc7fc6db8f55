#include "clock.h"

#include <time.h>

static int64_t read_ms(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t system_wall(void *context)
{
    (void)context;
    return read_ms(CLOCK_REALTIME);
}

static int64_t system_mono(void *context)
{
    (void)context;
    return read_ms(CLOCK_MONOTONIC);
}

struct clock clock_system(void)
{
    return (struct clock){system_wall, system_mono, NULL};
}

int64_t clock_wall(const struct clock *clock)
{
    return clock->wall_ms(clock->context);
}

int64_t clock_mono(const struct clock *clock)
{
    return clock->mono_ms(clock->context);
}
