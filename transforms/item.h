/*
 * item: what a source yields, normalised: users and events.
 *
 * The canonical field names are a fixed table: source definitions fill them,
 * mappings refer to them as "user.NAME", and nothing else knows an API's own
 * words. Adding a field is one line in the table of item.c and one here.
 */
#ifndef ROLLCALL_ITEM_H
#define ROLLCALL_ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "value.h"

enum user_field {
    USER_ACCOUNT_ID,
    USER_ACCOUNT_TYPE,
    USER_DISPLAY_NAME,
    USER_EMAIL,
    USER_ACTIVE,         /* boolean */
    USER_STATUS,
    USER_DEACTIVATED_AT, /* timestamp */
    USER_ADDED_AT,       /* timestamp */
    USER_LAST_SEEN_AT,   /* timestamp */
    USER_LAST_SEEN_STATUS, /* "known", LAST_SEEN_NEVER */
    USER_CLAIM_STATUS,
    USER_TIME_ZONE,
    USER_LOCALE,
    USER_PRODUCTS, /* "; " between the names */
    USER_FIELD_COUNT
};

/* The account has no instant of last activity, and that is known. */
#define LAST_SEEN_NEVER "never"

enum { USER_MADE_MAX = 8 * 1024 }; /* bytes of texts that were made */

struct user {
    struct value fields[USER_FIELD_COUNT];
    const char *source; /* source name, or NULL */
    char made[USER_MADE_MAX];
    size_t made_bytes;
};

enum event_field {
    EVENT_ID,
    EVENT_AT,         /* timestamp */
    EVENT_ACTION,     /* the record's summary or action name */
    EVENT_ACTION_NAME, /* what the log's own list of actions calls it */
    EVENT_CATEGORY,
    EVENT_ACTOR,      /* account id, user key, or a form of name.h */
    EVENT_ACTOR_NAME,
    EVENT_ACTOR_EMAIL,
    EVENT_REMOTE_ADDRESS,
    EVENT_OBJECT_TYPE, /* what else it is about: group, product, site */
    EVENT_OBJECT_ID,
    EVENT_OBJECT_NAME,
    EVENT_FIELD_COUNT,
    /* What mappings may name beside the fields a source fills: */
    EVENT_SOURCE = EVENT_FIELD_COUNT, /* name of the source */
    EVENT_CHANGES,                    /* as one text, see join.h */
    EVENT_PART_COUNT
};

enum {
    EVENT_SUBJECTS_MAX = 4096,
    EVENT_CHANGES_MAX = 1024,
    EVENT_NAMES_MAX = 64 * 1024 /* bytes of names and objects that were made */
};

struct event_change {
    const char *field; /* NULL where the record has none */
    const char *from;
    const char *to;
};

struct event {
    bool lean; /* asked for: without subjects its id and time are enough */
    struct value fields[EVENT_FIELD_COUNT];
    const char *source;                       /* source name */
    const char *subjects[EVENT_SUBJECTS_MAX]; /* names: account id, user key,
                                                 or a form of name.h */
    size_t subject_count;
    struct event_change changes[EVENT_CHANGES_MAX];
    size_t change_count;
    char names[EVENT_NAMES_MAX]; /* of actor, subjects, object: those made */
    size_t name_bytes;
};

struct item_field {
    const char *name;
    enum value_type type;
};

extern const struct item_field user_fields[USER_FIELD_COUNT];
extern const struct item_field event_fields[EVENT_PART_COUNT];

/* Index among the fields that a source fills, or -1. */
int user_field_find(const char *name);
int event_field_find(const char *name);

#endif
