/*
 * units: quantities as people write them in a job file. Pure.
 *
 * Each returns 0, or -1 when text is not wholly such a quantity or overflows.
 */
#ifndef ROLLCALL_UNITS_H
#define ROLLCALL_UNITS_H

#include <stdint.h>

/* "500ms", "30s", "5m", "24h", "180d", "2w" -> milliseconds. */
int units_duration(const char *text, int64_t *ms);

/* "4096", "64KiB", "200MiB", "1GiB", "200MB" (powers of 1000) -> bytes. */
int units_size(const char *text, uint64_t *bytes);

/* "10/s", "50/min", "3600/h" -> requests, per milliseconds. */
int units_rate(const char *text, int64_t *count, int64_t *per_ms);

/* "20%", "0.5%" -> parts per million. */
int units_percent(const char *text, int64_t *ppm);

#endif
