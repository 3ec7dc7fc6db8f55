/*
 * command_sites: jobs with several sites: extract (command_sites.c), and what
 * looks at each (command_each_site.c). Private to command*.c.
 */
#ifndef ROLLCALL_COMMAND_SITES_H
#define ROLLCALL_COMMAND_SITES_H

#include "command.h"
#include "prepare.h"

/* Asked before a run is shown, see run.h. */
struct command_gate {
    int (*ready)(void *context, struct error *err);
    void *context;
};

/* One run and its line of result; gate may be NULL. prepared, which is freed,
 * may be NULL with *err set: then there is only that to tell. */
int command_extract_one(const struct command *command,
                        struct prepared *prepared,
                        const struct command_gate *gate, struct error *err);

/* A process for each site, then, where the job has them together, one run of
 * all. Returns in every process. Frees prepared. */
int command_extract_sites(const struct command *command,
                          struct prepared *prepared, struct error *err);

/* Does `one` in a process for each site of the job, as if --site had been
 * given, and prints what each printed, in the job's order, under "site NAME";
 * with --json as {"sites": [{"site", "report": its document or null}]}. -1 and
 * the kind of the first site that failed; each has logged its own error.
 * Returns in every process. */
int command_each_site(const struct command *command, const struct job *job,
                      int (*one)(const struct command *command,
                                 struct error *err),
                      struct error *err);

#endif
