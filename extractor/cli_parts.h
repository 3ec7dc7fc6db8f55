/*
 * cli_parts: what the files of the module cli share.
 */
#ifndef ROLLCALL_CLI_PARTS_H
#define ROLLCALL_CLI_PARTS_H

#include <stdbool.h>
#include <stdio.h>

#include "cli.h"

enum { CLI_VARIABLE_MAX = 64 };

/* "as-of" -> "ROLLCALL_AS_OF". */
void cli_variable_name(enum cli_option option, char name[CLI_VARIABLE_MAX]);
bool cli_has_variable(enum cli_option option);

/* The manual pages rollcall(1) and rollcall-job(5), in mdoc(7). */
void cli_man(FILE *out);
void cli_man_job(FILE *out);

#endif
