/*
 * guard: numbers a run must stay within to be believed. Pure.
 */
#ifndef ROLLCALL_GUARD_H
#define ROLLCALL_GUARD_H

#include <stdint.h>

#include "error.h"
#include "report.h"

/* Notes value and limit in the report; ERROR_DATA when value is below
 * (minimum) or above (maximum) the limit. ppm: both are parts per million. */
int guard_minimum(struct run_report *report, const char *name, int64_t value,
                  int64_t limit, struct error *err);
int guard_maximum_share(struct run_report *report, const char *name,
                        uint64_t part, uint64_t whole, int64_t limit_ppm,
                        struct error *err);

#endif
