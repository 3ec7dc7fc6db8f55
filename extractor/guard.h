/*
 * guard: numbers a run must stay within to be believed. Pure.
 *
 * A check notes value and limit in the report. Past the limit it is
 * ERROR_DATA that says how to accept it, unless report->accepted names the
 * guard: then the run goes on, and the report says so.
 */
#ifndef ROLLCALL_GUARD_H
#define ROLLCALL_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "report.h"

/* Names for the report and --accept-guard: keys of the job's "guards", but
 * for the last, which has no limit to set. */
#define GUARD_MIN_USERS        "min_users"
#define GUARD_MAX_FEWER_USERS  "max_fewer_users"
#define GUARD_MAX_NEW_INACTIVE "max_new_inactive"
#define GUARD_MAX_PLACEHOLDERS "max_placeholders"
#define GUARD_MAX_REJECTS      "max_rejects"
#define GUARD_ZERO_ROWS        "zero_rows"
#define GUARD_CHANGES_BASELINE "changes_baseline"

/* ERROR_USAGE, with the known names, when one of the NULL terminated list is
 * no guard's. */
int guard_check_names(const char *const *names, struct error *err);

/* NAME may be passed in this run. */
bool guard_accepted(const struct run_report *report, const char *name);

int guard_minimum(struct run_report *report, const char *name, int64_t value,
                  int64_t limit, struct error *err);
int guard_maximum(struct run_report *report, const char *name, int64_t value,
                  int64_t limit, struct error *err);
/* In the report value and limit are parts per million. */
int guard_maximum_share(struct run_report *report, const char *name,
                        uint64_t part, uint64_t whole, int64_t limit_ppm,
                        struct error *err);

/* How to go on after NAME tripped, as the hint of the error. Returns -1. */
int guard_hint(const char *name, struct error *err);

#endif
