/*
 * source: a source definition, mappings/sources/NAME.json, read strictly.
 *
 * A definition says everything rollcall knows of an endpoint, so that a user
 * edits a file when it moves. source_load() checks every key like job_load()
 * does (ERROR_CONFIG, all mistakes at once). Keys of the file:
 *
 *   name      as the file is called, without ".json"
 *   title, kind ("users", "events", "keys"), endpoint
 *   request   {"method", "path", "query": {name: text}, "body": any}
 *             path, query and texts of the body may hold {organisation}
 *             {directory} {site} {from} {to} {account}; a body needs POST, and
 *             a path asked by POST ends in /search or /last-active-date-bulk:
 *             what changes accounts is no source, see account_action.h
 *   time      {"format": "rfc3339_ms"|"epoch_ms", "to": "inclusive"|
 *             "exclusive"}: how {from} and {to} are written; windows are
 *             [from, to) inside rollcall
 *   paging    {"style": "offset", "offset": parameter, "limit": parameter,
 *              "first": 0, "size": 1000, "overlap": 20, "past_end": 1}
 *             {"style": "cursor", "cursor": parameter, "limit", "size",
 *              "next": [pointers], "only_cursor": bool}
 *             {"style": "single", "limit", "size"}: limit and size optional
 *             each also "in": "query" (default) or "body": whether its
 *             parameters are members of the body; POST only, no batch
 *   fallback  users only: the source that is read instead when the first
 *             answer of this one is 404, 405 or 410; it has no fallback itself
 *   batch     {"parameter": "key", "size": 90}: a lookup; the parameter is
 *             repeated for each of at most `size` names. users and keys only
 *   each      {"unknown": [403, 404], "max_age": "20h"}; users only: one
 *             request an account, whose id stands for {account} in path, query
 *             or body. It only enriches others, and is asked last, for the
 *             accounts whose rows may depend on it (each.h). unknown: statuses
 *             that mean it knows nothing of the account. max_age: how long an
 *             answer may be used again by later runs (default: not at all).
 *             Its paging is "cursor" or "single", and there is no batch,
 *             fallback, total, halve_on or probe. fields.account_id may be
 *             left out; where it is read, it must be the account asked for
 *   items     pointer of the array of items; "" is the document itself. With
 *             "each", the pointer of the object that tells of the account
 *   total     pointer of the server's own count; recorded, never trusted
 *   halve_on  [409]: statuses that mean "ask for a smaller page"
 *   probe     {"path", "query", "expect": pointer, "items": pointer}
 *   fields    {canonical name: field rule}, see item.h; a field rule is a
 *             pointer, pointers in order of preference, or {"at": either,
 *             "time": form or forms, "map": {from: to},
 *             "constant": text, "required": bool, "placeholders": [texts],
 *             "present": text, "absent": text}.
 *             time: "iso8601", "epoch_ms", "d_mon_yyyy", "iso8601_utc" (a
 *             date alone, and a time without zone, which is read as UTC),
 *             "iso8601_date" (a date alone, as its midnight UTC); of several
 *             forms the first that the text has. Default: iso8601
 *             map: for text and true-or-false fields; a text field with a map
 *             also takes true and false, as "true" and "false"
 *             present, absent: text fields only: the value when the pointers
 *             find something, whatever it is, and when they find nothing
 *             Instead of "at", timestamps and text fields may look at several
 *             places: "newest": {"items": pointer of an array or object (""
 *             is the item itself), "prefix": text or texts (of an object only
 *             the members whose names begin so), "at": pointer in each, or
 *             pointers in order of preference ("", the default, is the place
 *             itself)}, with "time" and "never":
 *             [texts]. Places that are absent, null, empty or a text of
 *             "never" are passed over; what else is no instant refuses the
 *             item. A timestamp becomes the newest of the rest. A text becomes
 *             "present" when there is one, "absent" when there are places but
 *             none holds an instant (an empty array says so too), and null
 *             when there are no places: no such array or object, or no member
 *             with the prefix; "required" refuses the item then
 *             A text field may be made of several: "list": {"items": pointer
 *             of an array, "at": pointer or pointers in each of its objects}:
 *             the texts in ascending order with "; " between them, each once;
 *             the empty text when the array has none, null when there is no
 *             array. Not in a source with "each"
 *             account_id (users, keys), id and at (events) must be there and
 *             are always required; only a source of users with an e-mail may
 *             say "required": false for account_id: it can enrich others
 *   subjects  events only: [{"when": [{"at", "equals"}], "items": pointer of
 *             an object or array, "item": {"at", "equals"}, "name": [pointers],
 *             "email": [pointers], "otherwise": bool, "optional": bool}]
 *             email: names an account by its address where name finds nothing;
 *             a text without '@' is an app's and names nobody
 *             otherwise: only for records in which the rules above it named
 *             no account
 *             optional: an item that names no account is no mistake
 *   objects   events only: [{"type": text, "when", "items", "item", "id":
 *             [pointers], "name": [pointers]}]: what an event is about besides
 *             accounts, a group or a product for instance; when, items and
 *             item as with subjects. The first rule that finds an id or a name
 *             fills event.object_type, .object_id and .object_name; of several
 *             items it finds "; " stands between the texts
 *   actors    events only, instead of fields.actor, .actor_name and
 *             .actor_email: [{"at": pointer of an object, "id", "name",
 *             "email"}] in order of preference; the first that has an id or,
 *             instead, an e-mail address is the actor. An id without the form
 *             of account ids is an app's, and its e-mail no address
 *   actions   events only: {"path", "items", "id", "name"}: the log's own list
 *             of actions, asked once a run; fills event.action_name
 *   windows   events only: "split" (default) or "one": the whole span is asked
 *             at once, for logs whose order is not that of event times
 *   order     events only: "newest_first" or "oldest_first", where it is known;
 *             only `check` relies on it
 *   gateway   {"path", "cloud_id": pointer, "url"}: where a site tells its
 *             cloud id to everybody, and the address, with {cloud_id}, at which
 *             tokens with scopes work; for the hints of `check`
 *   changes   events only: {"items", "field", "from", "to"}
 *   pairs     {"key": pointer, "account_id": pointer}
 *   resolve   events only: {"keys": source, "names": source}: where user keys
 *             become account ids, and where names of account ids are asked
 *   needs     {"permission", "scopes": [texts], "granular": [texts], "how"}:
 *             for error hints; a token has all scopes or all granular ones
 *
 * A source of users or events may be a file that somebody exported by hand. It
 * then has, instead of endpoint, request, paging and items:
 *   file      what the job's "files" call it
 *   csv       {"delimiter": ",", "columns": {name: [other names]},
 *              "required": [name or [names]], "more_cells": "refuse"|"allow",
 *              "joined": {name: [names]}, "digest": name}
 *             Each row becomes an object that the pointers of "fields",
 *             "subjects" and "actors" look into: its members are the columns
 *             by their names here, an empty cell is null.
 *             columns: the names a column has in the file, upper and lower
 *             case alike; "Last seen in *" stands for all columns that begin
 *             so, and each keeps what its header has in place of the star.
 *             Other columns are left out, and told once
 *             required: columns that must be there; of a list of names one
 *             more_cells: whether a row may have more cells than the header
 *             joined: a member made of others, with a blank between, where
 *             none of them is null
 *             digest: a member that holds the SHA-256 of all cells of the row
 */
#ifndef ROLLCALL_SOURCE_H
#define ROLLCALL_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "error.h"
#include "instant.h"
#include "item.h"

#define SOURCE_CLOUD_ID "{cloud_id}" /* in gateway.url */

enum source_kind { SOURCE_USERS, SOURCE_EVENTS, SOURCE_KEYS };
enum paging_style { PAGING_OFFSET, PAGING_CURSOR, PAGING_SINGLE };
enum source_windows { WINDOWS_SPLIT, WINDOWS_ONE };
enum source_order {
    EVENTS_UNORDERED,
    EVENTS_NEWEST_FIRST,
    EVENTS_OLDEST_FIRST
};
enum request_time { REQUEST_RFC3339_MS, REQUEST_EPOCH_MS };

struct json_select;

struct name_value {
    const char *name;
    const char *value;
};

struct paging {
    enum paging_style style;
    const char *offset_parameter;
    const char *limit_parameter; /* NULL: not sent */
    int64_t first;               /* index of the first item: 0 or 1 */
    int64_t size;                /* items asked for */
    int64_t overlap;             /* items a page repeats of the one before */
    int64_t past_end;            /* pages probed beyond the first empty one */
    const char *cursor_parameter;
    const char *const *next;     /* pointers, NULL terminated */
    bool only_cursor;            /* with a cursor send nothing else */
    bool in_body;                /* members of the body, not of the query */
};

/* Where the newest of several instants is looked for. */
struct newest_rule {
    const char *items;         /* pointer of an array or object */
    const char *const *prefix; /* of an object's members; NULL: all of them */
    const char *const *at;     /* pointers in each, in order of preference */
};

/* Where the texts of a list are. */
struct list_rule {
    const char *items;     /* pointer of an array of objects */
    const char *const *at; /* pointers in each, in order of preference */
};

/* at[0..] tried in order; the first that is neither absent nor null wins. */
struct field_rule {
    bool used;
    const char *const *at;      /* NULL terminated; NULL with the three below */
    unsigned slot;              /* of at[0] in an item; see json_slot() */
    const struct newest_rule *newest;
    const struct list_rule *list;
    unsigned times;             /* bit per enum instant_format; 0: ISO 8601 */
    const struct name_value *map; /* ended by name NULL; NULL: no map */
    const char *constant;
    bool required;              /* absent or null: the item is refused */
    const char *const *placeholders; /* texts that mean "nobody" */
    const char *const *never; /* texts of newest that are no instant */
    const char *when_present;   /* the value of whatever is found */
    const char *when_absent;    /* the value when nothing is */
};

struct csv_column {
    const char *name;        /* of the member */
    const char *const *also; /* other headers; NULL terminated */
    bool prefix;             /* name and others are beginnings of headers */
};

enum more_cells { MORE_CELLS_REFUSE, MORE_CELLS_ALLOW };

/* How a file's rows become items; see "csv" above. */
struct csv_rules {
    char delimiter;
    const struct csv_column *columns; /* ended by name NULL */
    const char *const *const *required; /* each: one of; both NULL terminated */
    enum more_cells more_cells;
    const char *const *const *joined; /* each: name, then its parts */
    const char *digest;               /* NULL: none */
};

struct member_test {
    const char *at; /* pointer; NULL: no test */
    unsigned slot;  /* its own */
    const char *equals;
};

enum { SUBJECT_TESTS_MAX = 4 };

/* Which items of a record are accounts, or other objects, it is about. */
struct subject_rule {
    struct member_test when[SUBJECT_TESTS_MAX]; /* all must hold */
    size_t when_count;
    const char *items;          /* pointer to an object or an array */
    unsigned slot;              /* its own */
    struct member_test item;    /* per item */
    const char *const *name;    /* pointers in an item, NULL terminated */
    const char *const *email;   /* the same, or NULL */
    bool otherwise;             /* only when no rule above named an account */
    bool optional;              /* an item that names nobody is passed over */
    const char *type;           /* objects only, as the one below */
    const char *const *id;      /* pointers in an item, or NULL */
};

struct actor_rule {
    const char *at;           /* pointer to an object */
    const char *id;           /* pointers in it */
    const char *name, *email; /* may be NULL */
};

struct source {
    const char *path; /* file it came from, for "edit this file" hints */
    char sha256[65];
    const char *name, *title;
    const char *endpoint; /* NULL: it is a file */
    const char *file;     /* what the job's "files" call it; NULL: none */
    struct csv_rules csv; /* of a file */
    enum source_kind kind;

    const char *method;
    const char *request_path;
    const struct name_value *query; /* ended by name NULL */
    const char *body;               /* JSON text with placeholders, or NULL */
    enum request_time time;
    bool to_inclusive;

    struct paging paging;
    const char *batch_parameter; /* NULL: no lookup */
    int64_t batch_size;
    bool each;                   /* one request an account */
    const int *each_unknown;     /* ended by 0; NULL: none */
    int64_t each_max_age_ms;

    const char *items;
    const char *total;           /* NULL: none */
    const int *halve_on;         /* ended by 0 */
    const char *fallback;        /* source, or NULL */

    const char *probe_path;      /* NULL: no probe */
    const struct name_value *probe_query;
    const char *probe_expect;    /* pointer that must hold text, or NULL */
    const char *probe_items;     /* array to count, or NULL */

    struct field_rule user_fields[USER_FIELD_COUNT];   /* kind users, keys */
    struct field_rule event_fields[EVENT_FIELD_COUNT]; /* kind events */
    struct subject_rule *subjects;
    size_t subject_count;
    struct subject_rule *objects; /* what else it is about */
    size_t object_count;
    const struct actor_rule *actors; /* NULL: event_fields tell */
    size_t actor_count;
    const char *actions_path;    /* NULL: the log has no list of actions */
    const char *actions_items, *actions_id, *actions_name;
    enum source_windows windows;
    enum source_order order;
    const char *gateway_path; /* NULL: the source knows of none */
    const char *gateway_cloud_id, *gateway_url;
    const char *changes_items;   /* NULL: the source tells no changes */
    const char *change_field, *change_from, *change_to;
    const char *pair_key, *pair_account_id; /* NULL: teaches no pairs */
    unsigned pair_key_slot, pair_account_id_slot;
    const char *resolve_keys;  /* source that turns user keys into ids */
    const char *resolve_names; /* source that tells names of account ids */

    const char *needs_permission;      /* may be NULL, as the three below */
    const char *const *needs_scopes;   /* NULL terminated */
    const char *const *needs_granular; /* what does instead of those */
    const char *needs_how;
    const struct json_select *select; /* what a page is read for; NULL with a
                                         file */
    struct arena arena;
};

/* 404, 405 and 410: the endpoint is not offered here. Ended by 0. */
enum { SOURCE_FALLBACK_STATUSES = 3 };
extern const int source_fallback_statuses[SOURCE_FALLBACK_STATUSES + 1];
/* Whether such a first answer means that the fallback is read. */
bool source_falls_back(const struct source *source, int status);

/* Whether a path asked by POST is known to be a question. Anything else would
 * bring the endpoints that change accounts within the reach of a source. */
bool source_post_reads(const char *path);
#define SOURCE_POST_ADVICE                                                     \
    "what only reads is asked by GET, or by POST with a path that ends in "    \
    "/search or /last-active-date-bulk"

int source_load(struct source *source, const char *path, struct error *err);
void source_free(struct source *source);

#endif
