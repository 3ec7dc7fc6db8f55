/*
 * roster: every account seen, once each, by account id.
 *
 * Calling order: roster_init(); roster_add() or roster_take() for each user;
 * look up or walk in order of arrival; roster_release(). Texts are copied. The
 * same account seen twice keeps what it had and gains only fields it lacked,
 * so a page that is read again changes nothing.
 * Several sources may tell of an account: source 0 is the universe, the others
 * enrich. Of each field the value of the lowest source stays, whichever came
 * first; an empty text gives way to any other. roster_settle(), after all
 * rows, matches those that came without an account id by their e-mail address.
 * About 60 bytes an account, 8 a field it has, and its texts, of which those
 * that repeat from account to account are kept once.
 */
#ifndef ROLLCALL_ROSTER_H
#define ROLLCALL_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "item.h"
#include "pool.h"
#include "strmap.h"

enum {
    ROSTER_SOURCES_MAX = 6, /* the universe and what enriches it */
    ROSTER_ASKED = 255,     /* origin of what was only looked up */
    ROSTER_POOL_MAX = 2000  /* texts that accounts share */
};

union account_cell {
    const char *text;
    int64_t integer;
};

struct account {
    struct account *next; /* in order of arrival */
    uint32_t present;     /* bit per user field */
    bool listed;          /* seen in the universe, not only looked up */
    uint8_t walk[ROSTER_SOURCES_MAX]; /* the last walk that gave it */
    uint8_t origin[USER_FIELD_COUNT]; /* source of each field */
    union account_cell *cells; /* of the fields that are present, in order */
};

struct roster {
    struct arena arena;
    struct strmap by_id;
    struct pool pool; /* texts that repeat */
    const char *sources[ROSTER_SOURCES_MAX + 1]; /* names; what was only
                                                    looked up comes last */
    struct account *first, *last;
    size_t listed; /* accounts of the universe */
    struct strmap nameless; /* rows without account id, by source and e-mail */
};

void roster_init(struct roster *roster);
void roster_release(struct roster *roster);

/* user must have an account id. listed: it belongs to the universe. NULL when
 * memory is out. */
struct account *roster_add(struct roster *roster, const struct user *user,
                           bool listed);

/* What a source tells of an account; that of source 0 is listed. Without an
 * account id the row waits for roster_settle() and is no account yet; it must
 * have an e-mail address and is kept once for each source. NULL when memory
 * is out. */
struct account *roster_take(struct roster *roster, const struct user *user,
                            unsigned source);

/* Gives the rows without account id to the account with their e-mail address,
 * upper and lower case alike, where exactly one account has it. unmatched: per
 * source, how many rows were left. Returns 0, or -1 when memory is out. */
int roster_settle(struct roster *roster,
                  uint64_t unmatched[ROSTER_SOURCES_MAX]);

struct account *roster_find(const struct roster *roster, const char *id);
struct value account_value(const struct account *account,
                           enum user_field field);
const char *account_id(const struct account *account);

/* Bit per user field that none of the sources before this one has told, so
 * that its value would be taken; an empty text tells nothing. Who was never
 * seen has no last_seen_at, and that is told; one who was seen needs no word
 * that says so. */
uint32_t account_open(const struct account *account, unsigned source);

/* The source whose value of the field was kept, as the user named it; NULL
 * when there is none or the user did not say. Names live with the sources. */
const char *account_source(const struct roster *roster,
                           const struct account *account,
                           enum user_field field);

#endif
