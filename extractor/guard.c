#include "guard.h"

#include <inttypes.h>

enum { PPM = 1000000, PPM_OF_PERCENT = 10000 };

static void note(struct run_report *report, const char *name, int64_t value,
                 int64_t limit, bool ppm)
{
    if (report->guard_count < REPORT_GUARDS_MAX)
        report->guards[report->guard_count++] =
            (struct guard_report){name, value, limit, ppm};
}

static int tripped(const char *name, struct error *err)
{
    return error_hint(err, "nothing is published; if this is how the site is, "
                      "change guards.%s in the job", name);
}

int guard_minimum(struct run_report *report, const char *name, int64_t value,
                  int64_t limit, struct error *err)
{
    note(report, name, value, limit, false);
    if (value >= limit)
        return 0;
    error_set(err, ERROR_DATA, "guard %s: %" PRId64 " is below %" PRId64, name,
              value, limit);
    return tripped(name, err);
}

int guard_maximum_share(struct run_report *report, const char *name,
                        uint64_t part, uint64_t whole, int64_t limit_ppm,
                        struct error *err)
{
    /* Rounded up, so that nothing above the limit passes as the limit. */
    int64_t share =
        whole == 0 ? 0 : (int64_t)((part * PPM + whole - 1) / whole);

    note(report, name, share, limit_ppm, true);
    if (share <= limit_ppm)
        return 0;
    error_set(err, ERROR_DATA, "guard %s: %" PRIu64 " of %" PRIu64
              " accounts (%" PRId64 ".%02" PRId64 "%%) is above %" PRId64
              ".%02" PRId64 "%%", name, part, whole, share / PPM_OF_PERCENT,
              share % PPM_OF_PERCENT / 100, limit_ppm / PPM_OF_PERCENT,
              limit_ppm % PPM_OF_PERCENT / 100);
    return tripped(name, err);
}
