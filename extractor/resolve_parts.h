/*
 * resolve_parts: what resolve.c (names of logs to account ids),
 * resolve_bridge.c (asking for these) and resolve_names.c (account ids to names
 * of people) share. Private to
 * resolve*.c.
 */
#ifndef ROLLCALL_RESOLVE_PARTS_H
#define ROLLCALL_RESOLVE_PARTS_H

#include "resolve.h"
#include "text_list.h"

/* What the log says itself, neither an e-mail address nor an app. */
bool resolve_is_id_or_key(const char *name);

/* The source that some event source of the run names for a purpose. */
const struct setup_source *resolve_helper(const struct setup *setup, bool keys);
struct source_report *resolve_report(const struct gather_options *options,
                                     const struct setup_source *entry);

/* resolve_bridge.c. Asks for those of names that were not asked for yet, and
 * counts what became of them all. */
int resolve_ask_keys(struct resolved *resolved, struct gathered *gathered,
                     const struct gather_options *options,
                     const struct text_list *names, struct key_report *report,
                     struct error *err);
void resolve_bridge_free(struct bridge *bridge); /* NULL allowed */

/* Asks for the names of these accounts that no list gave. */
int resolve_ask_names(struct resolved *resolved, struct gathered *gathered,
                      const struct gather_options *options,
                      const struct strmap *actors, struct error *err);

/* Names of the accounts that rows of events are about. A name that is found
 * this way was an account id. */
int resolve_subject_names(struct resolved *resolved, struct gathered *gathered,
                          const struct gather_options *options,
                          struct error *err);

#endif
