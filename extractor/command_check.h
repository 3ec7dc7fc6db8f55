/*
 * command_check: what the files of `rollcall check` share. Private to
 * command_check*.c.
 */
#ifndef ROLLCALL_COMMAND_CHECK_H
#define ROLLCALL_COMMAND_CHECK_H

#include "check.h"
#include "command.h"
#include "prepare.h"

/* Adds a row for each target runs are delivered to. */
void command_check_targets(const struct command *command,
                           const struct prepared *prepared,
                           struct check *check);

/* Adds a row for the key that signs, where there is one. */
void command_check_sign(const struct command *command,
                        const struct prepared *prepared, struct check *check);

/* What a kind of error says of the way to the server and its answer. */
void command_check_judge(struct check_row *row);

#endif
