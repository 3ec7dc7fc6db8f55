/*
 * generate: a site of any size, every row computed from its index and a seed.
 *
 * Nothing is stored, so a million records cost no memory. Accounts come from
 * generate.c, records from generate_audit.c.
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
    DRAW_AUTHOR
};

struct gen {
    uint64_t seed;
    size_t listed; /* accounts that /users/search knows */
    size_t total;  /* and those only /user/bulk knows */
    size_t records;
    enum gen_keys keys;
    int64_t end;        /* ms: the newest record is not later */
    int64_t block_span; /* ms between the ends of two blocks of records */
};

uint64_t gen_hash(const struct gen *gen, enum gen_draw draw, uint64_t index);
/* A real id even where the row shows the placeholder "unknown". */
void gen_id(const struct gen *gen, size_t index, char out[GEN_ID_BYTES]);
void gen_key(const struct gen *gen, size_t index, char out[GEN_ID_BYTES]);
bool gen_active(const struct gen *gen, size_t index);
bool gen_placeholder(const struct gen *gen, size_t index);

int64_t gen_record_at(const struct gen *gen, size_t index);
int64_t gen_record_id(const struct gen *gen, size_t index);
void gen_record(const struct gen *gen, size_t index, struct text *out);

#endif
