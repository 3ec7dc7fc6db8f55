/*
 * site: the data of one Jira Cloud site, loaded from files or generated.
 *
 * Accounts are numbered in server order. Records are numbered newest first
 * (by created, then by id, both descending). Nothing changes after opening,
 * so any thread may read. Members with a leading '_' are the fake site's own
 * and never served: _key, _hidden (dropped after the window is cut),
 * _unlisted (known to /user/bulk only), _why (a note to the reader).
 */
#ifndef FAKESITE_SITE_H
#define FAKESITE_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "text.h"

enum { SITE_NONE = -1 };

enum account_flag { ACCOUNT_HIDDEN = 1, ACCOUNT_UNLISTED = 2 };

enum bridge { BRIDGE_DROPPED, BRIDGE_UNKNOWN, BRIDGE_KNOWN };

struct site;

struct site_ops {
    /* The account with its '_' members, appended. */
    void (*account)(const struct site *site, size_t index, struct text *out);
    unsigned (*flags)(const struct site *site, size_t index);
    /* Index, or SITE_NONE; the placeholder "unknown" is nobody's id. */
    long (*by_id)(const struct site *site, const char *id);
    long (*by_key)(const struct site *site, const char *key);
    /* What bulk/migration says; appends the account id when known. */
    enum bridge (*bridge)(const struct site *site, const char *key,
                          struct text *id);
    void (*record)(const struct site *site, size_t index, struct text *out);
    int64_t (*record_at)(const struct site *site, size_t index);
    /* Row INDEX of keys.json appended; false after the last. Rows may be
     * empty. */
    bool (*key_row)(const struct site *site, size_t index, struct text *out);
    void (*release)(void *data);
};

struct site {
    char *base_url;
    char *cloud_id;
    char *user;   /* login of the caller */
    char *caller; /* account id of the caller */
    int64_t now;  /* ms */
    int64_t last_record_id;
    size_t account_count;
    size_t record_count;
    const struct site_ops *ops;
    void *data;
};

/* DIR holds site.json, users.json, audit.json and, if it likes, keys.json. */
void site_load(struct site *site, const char *dir);

/* SPEC: users=N,records=N,seed=N[,now=TIME][,keys=ug|id|mixed]
 * [,about=PERCENT] */
void site_generate(struct site *site, const char *spec);

void site_free(struct site *site);

/* A file of a site folder, new and empty; ends the process if it cannot. */
FILE *site_create(const char *dir, const char *name);

/* Writes the four files of site_load(), one element per line. */
void site_dump(const struct site *site, const char *dir);

#endif
