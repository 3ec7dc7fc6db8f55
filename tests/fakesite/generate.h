/*
 * generate: a site of any size, every row computed from its index and a seed.
 *
 * Nothing is stored, so a million records cost no memory. Accounts come from
 * generate.c, records from generate_audit.c and generate_other.c.
 */
#ifndef FAKESITE_GENERATE_H
#define FAKESITE_GENERATE_H

#include "site.h"

enum { GEN_ID_BYTES = 96 };

enum gen_keys { GEN_KEYS_UG, GEN_KEYS_ID, GEN_KEYS_MIXED };

/* What a hash is drawn for, so that draws do not follow each other. */
enum gen_draw {
    DRAW_TYPE,
    DRAW_ID,
    DRAW_KEY,
    DRAW_STATE,
    DRAW_NAME,
    DRAW_ROW,
    DRAW_BRIDGE,
    DRAW_BLOCK,
    DRAW_SUBJECT,
    DRAW_RECORD,
    DRAW_AUTHOR,
    DRAW_MEMBER,
    DRAW_EVENT,
    DRAW_ABOUT,
    DRAW_OTHER
};

/* ABOUT_STORIES: every block of records is a story about accounts. */
enum { ABOUT_STORIES = -1 };

struct gen {
    uint64_t seed;
    size_t listed; /* accounts that /users/search knows */
    size_t total;  /* and those only /user/bulk knows */
    size_t records;
    enum gen_keys keys;
    int about;          /* percent of the records that change an account */
    int64_t end;        /* ms: the newest record is not later */
    int64_t block_span; /* ms between the ends of two blocks of records */
};

uint64_t gen_hash(const struct gen *gen, enum gen_draw draw, uint64_t index);
/* A real id even where the row shows the placeholder "unknown". */
void gen_id(const struct gen *gen, size_t index, char out[GEN_ID_BYTES]);
void gen_key(const struct gen *gen, size_t index, char out[GEN_ID_BYTES]);
bool gen_active(const struct gen *gen, size_t index);
bool gen_placeholder(const struct gen *gen, size_t index);

enum gen_person { GEN_PERSON, GEN_APP, GEN_CUSTOMER };

enum gen_person gen_person(const struct gen *gen, size_t index);

/* A deactivation for which the Jira log names nobody. */
struct gen_echo {
    size_t who;
    int64_t at;
};

enum { GEN_BLOCK = 8 };

size_t gen_blocks(const struct gen *gen);
/* The NTH of a block; false: it has no more. */
bool gen_echo(const struct gen *gen, size_t block, size_t nth,
              struct gen_echo *echo);
/* When the block's last record is due. */
int64_t gen_block_at(const struct gen *gen, size_t block);

int64_t gen_record_at(const struct gen *gen, size_t index);
int64_t gen_record_id(const struct gen *gen, size_t index);
void gen_record(const struct gen *gen, size_t index, struct text *out);

/* The name by which records call an account: its id or its key. */
void gen_reference(const struct gen *gen, size_t index, char out[GEN_ID_BYTES]);
/* An account as an objectItem or one of associatedItems. */
void gen_user_item(const struct gen *gen, size_t index, struct text *out);
/* A long record that changes no account, from its summary on; where it names
 * users, the first is WHO. NUMBER tells records apart. */
void gen_other(const struct gen *gen, size_t number, size_t who,
               struct text *out);

#endif
