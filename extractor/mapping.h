/*
 * mapping: a mapping file, read strictly into rules (rules.h).
 *
 * mapping_load() checks every key like job_load() does: unknown columns,
 * references, types, transforms, facts and orders are named with the nearest
 * known word (ERROR_CONFIG, all mistakes at once). Lookup files and salts named
 * by transforms are loaded here, relative to the mapping's folder. Its
 * conditions point into struct mapping, which therefore must not move.
 *
 * Keys of the file:
 *   name, title, grain ("user", the default, or "event")
 *   users    source name of the universe, or {"from": it, "enrich": [source
 *            names]}: sources that tell more of its accounts. Of each field
 *            the first source that knows it wins, in the order from, enrich
 *   events   [source names], or {"from": [source names], "optional": bool}:
 *            optional: where the job has none of these logs, the dataset is
 *            made all the same, and facts have the status no_access
 *   subjects grain "event": "required" (default), or "any": events that are
 *            about no account have a row too, with a null subject
 *   where    condition on user.* and fact.*; grain "event": on event.*,
 *            subject.*, actor.* and user.*, which is then the subject's
 *   facts    {NAME: {"sources": [..], "when": condition, "actor_within":
 *            "15m", "cancelled_by": NAME}}
 *   columns  [{"name", "description", "type", "length", "key", "nullable",
 *            "values": [texts], "over_length", "from": alternatives,
 *            "transforms": [..]}]
 *            from: a reference, or a list of alternatives, each a reference
 *            or {"when": condition, "value": constant | "from": reference};
 *            a constant has the column's type (or, before transforms, that of
 *            the first reference): text, a number, true or false, a time with
 *            zone, "2026-11-23". A timestamp also fills a date column.
 *            transforms: "trim", or {"truncate": 20}, {"map": {..}}, …, see
 *            transform.h. "offset" is "+02:00"; a lookup file is UTF-8 CSV of
 *            two columns; a salt is {"env": NAME} or {"file": PATH}
 *   order    [column names]; default: the key columns. grain "event":
 *            default time, source, id and subject, and no number column
 *   changes  true: also the dataset NAME_changes, of what became of each row
 *            since the run before; then "order" names key columns alone
 *   over_length  what becomes of a text longer than its column: "reject" the
 *            row (default), "truncate" the text, "fail" the run; a column may
 *            have its own. Columns of "order" and keys are not cut: their
 *            rows are refused
 * Conditions: {"all": [..]}, {"any": [..]}, {"not": c},
 *   {"field": REF, "equals": text|bool}, {"field", "in": [..]},
 *   {"field", "matches": regex}, {"field", "present": bool},
 *   {"field", "older_than": "90d"},
 *   {"change": {"field", "from", "to"}}: conditions of facts, grain "event"
 * A mapping of grain "event" needs events and no facts, may do without users
 * unless it names user.*, and has event.source, event.id and subject.id among
 * its key columns; with "any" as [subject.id, {"value": ""}]. See rules.h.
 */
#ifndef ROLLCALL_MAPPING_H
#define ROLLCALL_MAPPING_H

#include "arena.h"
#include "error.h"
#include "rules.h"

struct mapping {
    const char *path;
    char sha256[65];
    char facts_sha256[65]; /* of "events" and "facts", without comments */
    struct rules rules;
    struct arena arena;
    bool no_memory; /* see mapping_check() */
    /* private to mapping.c: compiled expressions and tables to release */
    struct mapping_resource *resources;
};

/* name_or_file: "inactive_users", or a path that holds '/' or ends in .json.
 * folders: where names are looked up, in order, NULL terminated. */
int mapping_load(struct mapping *mapping, const char *name_or_file,
                 const char *const *folders, struct error *err);
void mapping_free(struct mapping *mapping);

/* After its conditions were asked, before anything is made known of what they
 * said: an error when one of them found no memory to look. */
int mapping_check(const struct mapping *mapping, struct error *err);

/* "FOLDER/sources/NAME.json" of the first folder that has it; the result is
 * allocated in the mapping's arena. NULL with *err set when none has. */
const char *mapping_source_path(struct mapping *mapping, const char *source,
                                const char *const *folders,
                                struct error *err);

#endif
