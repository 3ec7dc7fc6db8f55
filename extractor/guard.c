#include "guard.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { PPM = 1000000, PPM_OF_PERCENT = 10000 };

static const char *const names[] = {
    GUARD_MIN_USERS,   GUARD_MAX_FEWER_USERS, GUARD_MAX_NEW_INACTIVE,
    GUARD_MAX_PLACEHOLDERS, GUARD_MAX_REJECTS, GUARD_ZERO_ROWS,
    GUARD_CHANGES_BASELINE,
};

enum { NAME_COUNT = sizeof(names) / sizeof(names[0]) };

static bool is_known(const char *name)
{
    for (size_t i = 0; i < NAME_COUNT; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

int guard_check_names(const char *const *list, struct error *err)
{
    char known[ERROR_HINT_MAX] = "";

    for (; *list != NULL && is_known(*list); list++)
        continue;
    if (*list == NULL)
        return 0;
    for (size_t i = 0, len = 0; i < NAME_COUNT; i++)
        len += (size_t)snprintf(known + len, sizeof(known) - len, "%s%s",
                                i > 0 ? ", " : "", names[i]);
    error_set(err, ERROR_USAGE, "--accept-guard: \"%.64s\" is no guard",
              *list);
    return error_hint(err, "the guards are %s", known);
}

bool guard_accepted(const struct run_report *report, const char *name)
{
    const char *const *accepted = report->accepted;

    for (; accepted != NULL && *accepted != NULL; accepted++) {
        if (strcmp(*accepted, name) == 0)
            return true;
    }
    return false;
}

/* The outcome of a check, noted: whether the run must end. */
static bool trips(struct run_report *report, struct guard_report guard,
                  bool within)
{
    guard.accepted = !within && guard_accepted(report, guard.name);
    if (report->guard_count < REPORT_GUARDS_MAX)
        report->guards[report->guard_count++] = guard;
    return !within && !guard.accepted;
}

int guard_hint(const char *name, struct error *err)
{
    return error_hint(err, "nothing is published; if this is how the site is, "
                      "change guards.%s in the job, or accept it for one run "
                      "with --accept-guard %s", name, name);
}

int guard_minimum(struct run_report *report, const char *name, int64_t value,
                  int64_t limit, struct error *err)
{
    const struct guard_report guard = {
        .name = name, .value = value, .limit = limit};

    if (!trips(report, guard, value >= limit))
        return 0;
    error_set(err, ERROR_DATA, "guard %s: %" PRId64 " is below %" PRId64, name,
              value, limit);
    return guard_hint(name, err);
}

int guard_maximum(struct run_report *report, const char *name, int64_t value,
                  int64_t limit, struct error *err)
{
    const struct guard_report guard = {
        .name = name, .value = value, .limit = limit};

    if (!trips(report, guard, value <= limit))
        return 0;
    error_set(err, ERROR_DATA, "guard %s: %" PRId64 " is above %" PRId64, name,
              value, limit);
    return guard_hint(name, err);
}

int guard_maximum_share(struct run_report *report, const char *name,
                        uint64_t part, uint64_t whole, int64_t limit_ppm,
                        struct error *err)
{
    /* Rounded up, so that nothing above the limit passes as the limit. */
    int64_t share =
        whole == 0 ? 0 : (int64_t)((part * PPM + whole - 1) / whole);
    const struct guard_report guard = {
        .name = name, .value = share, .limit = limit_ppm, .ppm = true};

    if (!trips(report, guard, share <= limit_ppm))
        return 0;
    error_set(err, ERROR_DATA, "guard %s: %" PRIu64 " of %" PRIu64
              " accounts (%" PRId64 ".%02" PRId64 "%%) is above %" PRId64
              ".%02" PRId64 "%%", name, part, whole, share / PPM_OF_PERCENT,
              share % PPM_OF_PERCENT / 100, limit_ppm / PPM_OF_PERCENT,
              limit_ppm % PPM_OF_PERCENT / 100);
    return guard_hint(name, err);
}
