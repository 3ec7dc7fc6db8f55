/*
 * resolve: names of a log to account ids, and account ids to people's names.
 *
 * Calling order: resolve_load_map() before gathering, so that a bad file costs
 * no requests; resolve_early() for options that gather_run() then gets, to have
 * subjects of facts looked up while logs are read; after it resolve_subjects() turns every subject that
 * facts were folded under, or that spooled events have, into an account; then, once the rows are chosen,
 * resolve_actors() does the same for the actors that will appear in them and
 * asks for names the user list did not give.
 *
 * A name is, in this order: an account id already; in the job's map file; a
 * pair learned from the log; known to the bridge source, in an earlier run or
 * when asked. A name by e-mail
 * (name.h) is the account that has this address, upper and lower case alike,
 * if exactly one has it. Otherwise it stays unresolved and is counted. Apps
 * are nobody's account and never asked for.
 */
#ifndef ROLLCALL_RESOLVE_H
#define ROLLCALL_RESOLVE_H

#include "error.h"
#include "gather.h"
#include "probe.h"
#include "strmap.h"

struct bridge; /* see resolve_bridge.c */

struct resolved {
    struct strmap ids;    /* user key -> account id */
    struct strmap map;    /* of the job's map file */
    struct strmap emails; /* e-mail name -> account; built when needed */
    struct strmap asked_emails; /* e-mail names looked for */
    bool emails_built;
    struct bridge *bridge; /* while it is asked; NULL: it is not */
    struct arena arena;
};

/* How a name led to its account; in the order of join_subject_words. */
enum resolve_way {
    RESOLVE_ID,      /* it is an account id already */
    RESOLVE_MAPPED,  /* by the job's map file */
    RESOLVE_LEARNED, /* by a pair of the log */
    RESOLVE_BRIDGE,  /* the bridge source was asked, now or earlier */
    RESOLVE_EMAIL,   /* the only account with that address */
    RESOLVE_UNKNOWN  /* it did not */
};

void resolve_init(struct resolved *resolved);
void resolve_release(struct resolved *resolved);

/* keys.map_file of the job: known pairs, which go before all others. */
int resolve_load_map(struct resolved *resolved, const char *path,
                     struct error *err);

/* Both must outlive the gathering. */
int resolve_early(struct resolved *resolved, struct gathered *gathered,
                  struct gather_options *options, struct error *err);

/* Those of names that are e-mail names; part of the two below. */
int resolve_emails(struct resolved *resolved, const struct gathered *gathered,
                   const struct strmap *names, struct key_report *report,
                   struct error *err);

int resolve_subjects(struct resolved *resolved, struct gathered *gathered,
                     const struct gather_options *options, struct error *err);

/* actors: distinct raw actors of winning and of spooled events. */
int resolve_actors(struct resolved *resolved, struct gathered *gathered,
                   const struct gather_options *options,
                   const struct strmap *actors, struct error *err);

/* After resolve_subjects(): how name became *id; NULL when it did not. */
enum resolve_way resolve_way(const struct resolved *resolved,
                             const struct gathered *gathered,
                             const char *name, const char **id);

#endif
