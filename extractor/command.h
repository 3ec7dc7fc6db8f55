/*
 * command: the verbs. Each takes the parsed command line, does its work and
 * returns 0 or -1 with *err set; main turns that into the exit status.
 * Data goes to stdout, everything else to the log.
 */
#ifndef ROLLCALL_COMMAND_H
#define ROLLCALL_COMMAND_H

#include <signal.h>

#include "cli.h"
#include "error.h"
#include "log.h"

struct command {
    const struct cli *cli;
    struct log *log;
    FILE *screen; /* to draw progress on; NULL: nobody watches */
    const volatile sig_atomic_t *stop;
};

int command_init(const struct command *command, struct error *err);
int command_extract(const struct command *command, struct error *err);
int command_deliver(const struct command *command, struct error *err);
int command_merge(const struct command *command, struct error *err);
int command_plan(const struct command *command, struct error *err);
int command_check(const struct command *command, struct error *err);
int command_verify(const struct command *command, struct error *err);
int command_explain(const struct command *command, struct error *err);
int command_activate(const struct command *command, struct error *err);
int command_deactivate(const struct command *command, struct error *err);
int command_clean(const struct command *command, struct error *err);
int command_status(const struct command *command, struct error *err);
int command_schema(const struct command *command, struct error *err);
int command_report(const struct command *command, struct error *err);
int command_help(const struct command *command, struct error *err);
int command_completion(const struct command *command, struct error *err);
int command_cat(const struct command *command, struct error *err);

#endif
