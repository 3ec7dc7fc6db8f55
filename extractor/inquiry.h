/*
 * inquiry: "who changed this account?", answered from what extract would read.
 *
 * inquiry_run() reads users and logs as a run does, with the same checks and
 * guards, and publishes nothing: the output directory is only looked into for
 * the run before, when it is there, and the state for what a run of this as-of
 * would start from. An event that decides a fact and is no longer in the log
 * is shown as known from an earlier run. Then inquiry_text() or inquiry_json();
 * inquiry_free() accepts NULL.
 *
 * The logs are read twice. Only after the first time it is known under which
 * user keys a log names the account; keeping all events until then would take
 * memory without bounds, so the second walk keeps those of these names alone
 * (EXPLAIN_EVENTS_MAX). Should the two walks disagree about an event that
 * decides a fact, the inquiry ends with ERROR_DATA. What the first walk keeps
 * beside a run's own is each subject's name.
 *
 * A source that is asked account by account is asked about this account alone,
 * if a run would ask about it; then the guards on rows are not held, because
 * it is not known which other accounts have one.
 *
 * The account may be asked for by account id, by a user key, or by an e-mail
 * address that exactly one account shows. One that the site does not know is
 * ERROR_NO_INPUT; the text never repeats what was asked.
 *
 * The JSON document, one line; null is what is not known or not there:
 *   account_id, dataset, mapping (file), as_of
 *   listed      the user list has the account
 *   selected    it has a row: listed, and the mapping's "where" holds
 *   refused     null, or {column, reason}: why the row is refused
 *   log         {from, to, readable}: the span of events, "to" excluded;
 *               readable is false when a log was refused, as the job allows,
 *               or when the mapping can do without and the job has none
 *   fields      [{name, value, source}]
 *   names       [{name, resolved, events}], resolved: account_id | map_file |
 *               learned_pair | bridge
 *   events      [{at, source, id, action, category, subject, earlier, actor,
 *               actor_id, actor_name, changes: [{field, from, to}],
 *               facts: [{fact, role, reason, other}]}], oldest first
 *               earlier: known from an earlier run alone, see below; subject
 *               is null then
 *               actor: as the log has it; role: won | lent | cancelled | lost;
 *               reason: only | time | actor | id | source (null: cancelled);
 *               other: the rival that came closest of a winner, the event of
 *               a later time that cancelled, else the winner; null or EVENT
 *   facts       [{name, status, counted, event, lent_by, cancelled,
 *               cancelled_by}], each but counted (events) and status an EVENT
 *               or null; cancelled_by has the member fact as well
 *   columns     [{name, value, from, alternative, alternatives, source, event,
 *               lent_by, transforms}], value as in JSONL; from: a reference,
 *               "constant" or null; alternative counts from 1; source: of a
 *               user.* value; event: of a fact.* value
 *   An EVENT is {source, id}.
 */
#ifndef ROLLCALL_INQUIRY_H
#define ROLLCALL_INQUIRY_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "error.h"
#include "log.h"
#include "recording.h"
#include "setup.h"

enum { INQUIRY_BYTES_MAX = 256 * 1024 * 1024 }; /* of the answer */

struct inquiry_options {
    const struct setup *setup; /* with exactly one mapping */
    int64_t as_of;
    const char *run_id;  /* the run that extract would make */
    const char *asked;   /* account id, user key or e-mail address */
    bool allow_commands; /* the job was named with -c */
    struct recording *replay; /* answers instead of the network, or NULL */
    struct log *log;
    const volatile sig_atomic_t *stop;
};

struct inquiry;

/* NULL with *err set. What options point to must outlive the inquiry. */
struct inquiry *inquiry_run(const struct inquiry_options *options,
                            struct error *err);
void inquiry_free(struct inquiry *inquiry);

/* Control characters of values are escaped. Each returns 0, or -1 when the
 * answer is too large or memory is out. */
int inquiry_text(const struct inquiry *inquiry, struct buf *out,
                 struct error *err);
int inquiry_json(const struct inquiry *inquiry, struct buf *out,
                 struct error *err);

#endif
