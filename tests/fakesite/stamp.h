/*
 * stamp: milliseconds since 1970 in the shapes Jira reads and writes.
 */
#ifndef FAKESITE_STAMP_H
#define FAKESITE_STAMP_H

#include <stdbool.h>
#include <stdint.h>

enum { STAMP_BYTES = 48 };

enum stamp_zone { STAMP_ZONE_NONE, STAMP_ZONE_GIVEN };

int64_t stamp_now(void);

/* YYYY-MM-DDTHH:MM:SS with optional fraction and optional zone: Z, +hh:mm,
 * +hhmm. A time without zone is taken as UTC and says so in ZONE. */
bool stamp_parse(const char *text, int64_t *ms, enum stamp_zone *zone);

void stamp_jira(char out[STAMP_BYTES], int64_t ms);   /* …42.967+0000 */
void stamp_minute(char out[STAMP_BYTES], int64_t ms); /* 2026-03-26T16:00Z */
void stamp_utc(char out[STAMP_BYTES], int64_t ms);    /* …42.967Z */
void stamp_http(char out[STAMP_BYTES], int64_t ms);   /* Thu, 26 Mar … GMT */

#endif
