/*
 * roster: every account seen, once each, by account id.
 *
 * Calling order: roster_init(); roster_add() for each user; look up or walk in
 * order of arrival; roster_release(). Texts are copied. The same account seen
 * twice keeps what it had and gains only fields it lacked, so a page that is
 * read again changes nothing.
 * About 140 bytes an account and its texts.
 */
#ifndef ROLLCALL_ROSTER_H
#define ROLLCALL_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "item.h"
#include "strmap.h"

struct account {
    struct account *next; /* in order of arrival */
    uint32_t present;     /* bit per user field */
    bool listed;          /* seen in the universe, not only looked up */
    unsigned walk;        /* number of the last walk that gave it */
    unsigned char origin[USER_FIELD_COUNT]; /* index in the roster's sources */
    union {
        const char *text;
        int64_t integer;
    } fields[USER_FIELD_COUNT];
};

/* More than a setup can have, lookups included. */
enum { ROSTER_SOURCES_MAX = 64 };

struct roster {
    struct arena arena;
    struct strmap by_id;
    const char *sources[ROSTER_SOURCES_MAX]; /* [0] NULL: not told */
    size_t source_count;
    struct account *first, *last;
    size_t listed; /* accounts of the universe */
};

void roster_init(struct roster *roster);
void roster_release(struct roster *roster);

/* user must have an account id. listed: it belongs to the universe. NULL when
 * memory is out. */
struct account *roster_add(struct roster *roster, const struct user *user,
                           bool listed);

struct account *roster_find(const struct roster *roster, const char *id);
struct value account_value(const struct account *account,
                           enum user_field field);
const char *account_id(const struct account *account);

/* The source whose value of the field was kept; NULL when it has none or the
 * user did not say. Told apart by address: names live with the sources. */
const char *account_source(const struct roster *roster,
                           const struct account *account,
                           enum user_field field);

#endif
