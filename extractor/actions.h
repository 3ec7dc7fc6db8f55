/*
 * actions: what a log calls its events, and which of them no rule knows.
 *
 * Calling order, for a source with "actions": actions_fetch() before its
 * events are read, for their names; actions_note() for each event;
 * actions_report() at the end, which fills the source's report and names each
 * action that came and that no fact names, by its id or by its name in the
 * list: it may be one that a mapping ought to know. actions_release(); a
 * zeroed struct is empty.
 */
#ifndef ROLLCALL_ACTIONS_H
#define ROLLCALL_ACTIONS_H

#include "arena.h"
#include "error.h"
#include "item.h"
#include "probe.h"
#include "setup.h"
#include "strmap.h"

enum { ACTIONS_MAX = 10000 }; /* different ones that are kept */

struct actions {
    struct strmap names; /* action -> its name in the log's own list */
    struct strmap all;   /* action -> struct action_report */
    struct arena arena;
};

/* One request. A refusal is no error where the job allows it. */
int actions_fetch(struct actions *actions, const struct gather_options *options,
                  const struct setup_source *entry, struct error *err);

int actions_note(struct actions *actions, const struct event *event,
                 struct error *err);

/* What it puts into the report lives as long as actions. */
int actions_report(struct actions *actions,
                   const struct gather_options *options,
                   const struct setup_source *entry, struct error *err);

/* The two for every source that has a list; one of list each. */
int actions_fetch_all(struct actions *list,
                      const struct gather_options *options, struct error *err);
int actions_report_all(struct actions *list,
                       const struct gather_options *options,
                       struct error *err);

void actions_release(struct actions *actions);

#endif
