/*
 * clock: the only way any module learns the time.
 *
 * Production code gets clock_system(); tests pass a struct of their own.
 * wall_ms is UTC milliseconds since 1970-01-01 (an `instant`, see instant.h)
 * and may jump; mono_ms never goes back and is for waits and deadlines.
 */
#ifndef ROLLCALL_CLOCK_H
#define ROLLCALL_CLOCK_H

#include <stdint.h>

struct clock {
    int64_t (*wall_ms)(void *context);
    int64_t (*mono_ms)(void *context);
    void *context;
};

struct clock clock_system(void);
int64_t clock_wall(const struct clock *clock);
int64_t clock_mono(const struct clock *clock);

#endif
