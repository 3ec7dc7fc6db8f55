/*
 * command_result: the final JSON line, and what it says of deliveries.
 * Private to command*.c.
 */
#ifndef ROLLCALL_COMMAND_RESULT_H
#define ROLLCALL_COMMAND_RESULT_H

#include "buf.h"
#include "command.h"
#include "deliver.h"
#include "jsonw.h"
#include "merge.h"

/* What a shell will see; main ends by the signal that came. */
int command_exit_code(const struct command *command, const struct error *err);

/* The kind of error that a process of ours has ended with, by its exit code;
 * ERROR_TRY_LATER for one that a signal has stopped. */
enum error_kind command_kind_of(int code);

/* Into the file of --result-json, where there is one, and to stdout. */
int command_put_result(const struct command *command, const struct buf *text,
                       struct error *err);

/* The member "deliveries": [{"target", "type", "to", "verdict": "sent",
 * "already" or "failed", "files", "sent", "bytes", and of a failure "error",
 * "message", "hint"}]. */
void command_put_deliveries(struct jsonw *w,
                            const struct deliver_result *result);
/* The member "datasets" of a merged run, and a log line for each. */
void command_put_merged(struct jsonw *w, const struct merge_result *result);
void command_log_merged(const struct command *command,
                        const struct merge_result *result);
/* "error", "message" and "hint", where there is an error. */
void command_put_error(struct jsonw *w, const struct error *err);

#endif
