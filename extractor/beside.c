#include "beside.h"

#include <stdio.h>
#include <string.h>

#include "instant.h"

enum { DAY_DIGITS = 8 };

const char *const beside_suffixes[] = {BESIDE_DONE,
                                       BESIDE_LST,
                                       BESIDE_PAR,
                                       ".csv" BESIDE_REDSHIFT,
                                       ".jsonl" BESIDE_REDSHIFT,
                                       NULL};

int beside_name(const char *dataset, int64_t as_of, const char *run_id,
                const char *suffix, char out[BESIDE_NAME_MAX])
{
    char day[INSTANT_TEXT_MAX];
    int len;

    if (instant_format(as_of, "%Y%m%d", 0, day, sizeof(day)) != 0)
        return -1;
    len = snprintf(out, BESIDE_NAME_MAX, "%s_%s_%s%s", dataset, day, run_id,
                   suffix);
    return len < 0 || len >= BESIDE_NAME_MAX ? -1 : 0;
}

bool beside_is_of(const char *name, const char *run_id, const char *suffix)
{
    char tail[BESIDE_NAME_MAX];
    size_t len = strlen(name), end;
    const char *day;

    snprintf(tail, sizeof(tail), "_%s%s", run_id, suffix);
    end = strlen(tail);
    if (len < end + DAY_DIGITS + 2 || strcmp(name + len - end, tail) != 0)
        return false;
    day = name + len - end - DAY_DIGITS;
    return day[-1] == '_' && strspn(day, "0123456789") == DAY_DIGITS;
}
