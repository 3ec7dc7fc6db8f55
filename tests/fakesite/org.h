/*
 * org: the organisation that owns the site: its members, its audit events,
 * and what write calls changed since the start.
 *
 * Members and events are numbered in the order of their files. A member's own
 * JSON holds what only the organisation knows; name, e-mail and type come from
 * the site's account of that id. Members with a leading '_' are never served:
 * _why (a note to the reader), _v1Status (what /admin/v1 wrongly says),
 * _google (cannot be changed here), _offSite (no access to this site).
 *
 * Everything but org_patch_account() wants org->lock held once the server
 * runs. A site without org.json has no organisation: `id` is NULL.
 */
#ifndef FAKESITE_ORG_H
#define FAKESITE_ORG_H

#include <pthread.h>

#include "raw.h"
#include "scenario.h"
#include "site.h"

enum member_flag {
    MEMBER_ABSENT = 1, /* no member of the organisation */
    MEMBER_MANAGED = 2,
    MEMBER_OFF_SITE = 4,
    MEMBER_GOOGLE = 8
};

struct org;

struct org_ops {
    unsigned (*flags)(const struct org *org, size_t index);
    void (*member)(const struct org *org, size_t index, struct text *out);
    long (*by_id)(const struct org *org, const char *id);
    void (*event)(const struct org *org, size_t index, struct text *out);
    void (*event_at)(const struct org *org, size_t index, int64_t *at,
                     int64_t *processed);
    long (*event_by_id)(const struct org *org, const char *id);
    /* Row INDEX of event-actions appended; false after the last. */
    bool (*action)(const struct org *org, size_t index, struct text *out);
    void (*release)(void *data);
};

struct event_ref {
    int64_t at;
    int64_t processed; /* ms, both */
    size_t index;
};

struct event_list {
    struct event_ref *refs;
    size_t count;
};

/* What write calls made of a member. */
struct change {
    size_t member;
    struct text row;
};

struct org {
    char *id;
    char *directory;
    char *site_id;
    char *key_owner;     /* account id: whose API key it is */
    char *session_owner; /* account id: whose browser session it is */
    const struct site *site;
    const struct org_ops *ops;
    void *data;
    size_t member_count;
    size_t event_count;
    pthread_mutex_t lock;
    bool ready;
    struct numbers members; /* present ones */
    struct numbers managed;
    struct numbers on_site;
    struct event_list arrived; /* by arrival, so positions are stable */
    struct event_list newest;  /* newest first */
    struct event_list late;    /* processed after the site's now */
    struct change *changes;
    size_t change_count;
    struct text *added; /* events of write calls, from event_count on */
    size_t added_count;
    int64_t added_at;
};

void org_load(struct org *org, const struct site *site, const char *dir);
void org_generate(struct org *org, const struct site *site);
void org_dump(const struct org *org, const char *dir);
/* The CSV files an administrator exports by hand: users_export.csv,
 * users_export_legacy.csv, managed_accounts.csv, audit_log.csv. */
void org_dump_exports(const struct org *org, const char *dir);
void org_free(struct org *org);

/* Builds the lists, once; a run that only asks Jira never pays for them. */
void org_prepare(struct org *org);

/* The member with all its '_' members, status and later changes. */
void org_member(const struct org *org, size_t index, struct text *out);
/* Are account and membership active? */
bool org_has_access(struct span member);
/* Index, or SITE_NONE. */
long org_find(const struct org *org, const char *id);

/* Serves the row without '_' members; INDEX may be of an added event. */
void org_event(const struct org *org, size_t index, struct text *out);
long org_find_event(const struct org *org, const char *id);
/* The late events appear. */
void org_catch_up(struct org *org);

/* A time that is newer than all the site knows. */
int64_t org_tick(struct org *org);
/* The member is ROW from now on; takes ROW over, as org_add_event() does. */
void org_change(struct org *org, size_t index, struct text *row);
void org_add_event(struct org *org, int64_t at, struct text *row);

/* A Jira account's row: `active` after write calls. */
void org_patch_account(struct org *org, struct text *row);

/* The row of a member, in the words of each interface. */
void row_managed(struct span member, struct text *out);
void row_profile(struct span member, struct text *out);
void row_directory(struct span member, const cJSON *expand, struct text *out);
void row_hub(struct span member, struct text *out);

#endif
