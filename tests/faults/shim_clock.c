/* The wall clock, moved. */
#include "shim.h"

#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

/* Seconds the clock is off by at this reading. */
static time_t offset(void)
{
    static long readings;
    const char *text = getenv("FAULT_WALL");
    long reading = __atomic_add_fetch(&readings, 1, __ATOMIC_SEQ_CST);
    char *end;
    long seconds;

    if (text == NULL)
        return 0;
    seconds = strtol(text, &end, 10);
    return *end == '@' && reading < strtol(end + 1, NULL, 10) ? 0 : seconds;
}

static bool is_wall(clockid_t id)
{
    return id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE;
}

int clock_gettime(clockid_t id, struct timespec *now)
{
    int result = REAL(clock_gettime)(id, now);

    if (result == 0 && is_wall(id))
        now->tv_sec += offset();
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    int result = REAL(gettimeofday)(now, zone);

    if (result == 0)
        now->tv_sec += offset();
    return result;
}

time_t time(time_t *to)
{
    time_t now = REAL(time)(NULL) + offset();

    if (to != NULL)
        *to = now;
    return now;
}
