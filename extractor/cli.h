/*
 * cli: the command line, by tables.
 *
 * cli_parse() reads argv into a struct: the verb, one text per option, and the
 * operands. An option not given on the command line is taken from its
 * environment variable (--as-of: ROLLCALL_AS_OF), but for those that decide
 * whether and whom a command changes: they must be typed. Unknown verbs and options
 * name the nearest known one; a repeated option, one the verb does not take,
 * and a missing argument are errors. All are ERROR_USAGE.
 * An argument with fixed words is one of them, or an error that names the
 * nearest. Verbs, options and words are rows of cli_table.h, which help and
 * shell completion come from too.
 */
#ifndef ROLLCALL_CLI_H
#define ROLLCALL_CLI_H

#include <stdbool.h>
#include <stdio.h>

#include "error.h"

enum cli_verb {
    VERB_NONE, /* only --help or --version */
    VERB_INIT,
    VERB_EXTRACT,
    VERB_PLAN,
    VERB_CHECK,
    VERB_VERIFY,
    VERB_CAT,
    VERB_EXPLAIN,
    VERB_ACTIVATE,
    VERB_DEACTIVATE,
    VERB_STATUS,
    VERB_CLEAN,
    VERB_DELIVER,
    VERB_SCHEMA,
    VERB_REPORT,
    VERB_HELP,
    VERB_COMPLETION,
    VERB_MERGE,
    VERB_COUNT
};

enum cli_option {
    OPTION_JOB,
    OPTION_MAPPING, /* may repeat */
    OPTION_SITE,
    OPTION_AS, /* may repeat */
    OPTION_OUT,
    OPTION_AS_OF,
    OPTION_RUN_ID,
    OPTION_FORCE,
    OPTION_ACCEPT_GUARD, /* may repeat; never from the environment */
    OPTION_RECORD,
    OPTION_REPLAY,
    OPTION_FROM,
    OPTION_TO,
    OPTION_FULL,
    OPTION_NO_DELIVER,
    OPTION_SIGN_KEY,
    OPTION_PUBLIC_KEY,
    OPTION_RESULT_JSON,
    OPTION_DATASET,
    OPTION_FORMAT,
    OPTION_NO_HEADER,
    OPTION_OUTPUT,
    OPTION_TITLE,
    OPTION_MASK,
    OPTION_ROWS,
    OPTION_PART,
    OPTION_TABLE,
    OPTION_LOCATION,
    OPTION_OUT_DIR,
    OPTION_REPOSITORY,
    OPTION_FOLDER,
    OPTION_REPOSITORY_VERSION,
    OPTION_JSON,
    OPTION_VIA,
    OPTION_ACCOUNTS,
    OPTION_MYSELF,
    OPTION_APPLY,
    OPTION_YES,
    OPTION_MAX_AGE,
    OPTION_KEEP,
    OPTION_OLDER_THAN,
    OPTION_DRY_RUN,
    OPTION_URL,
    OPTION_ACCESS,
    OPTION_USER,
    OPTION_COOKIE,
    OPTION_TOKEN_URL,
    OPTION_CLIENT_ID,
    OPTION_REFRESH_TOKEN,
    OPTION_SECRET,
    OPTION_ORGANISATION,
    OPTION_ORGANISATION_URL,
    OPTION_ORGANISATION_SECRET,
    OPTION_FORMATS,
    OPTION_CHECK,
    OPTION_QUIET,
    OPTION_VERBOSE,
    OPTION_LOG_FORMAT,
    OPTION_COLOR,
    OPTION_PROGRESS,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_COUNT
};

enum { CLI_MAPPINGS_MAX = 32, CLI_GUARDS_MAX = 16, CLI_OPERANDS_MAX = 100,
       CLI_SITES_MAX = 64 };

struct cli {
    enum cli_verb verb;
    const char *values[OPTION_COUNT]; /* NULL: not given; flags: "1" */
    bool on_command_line[OPTION_COUNT];
    const char *mappings[CLI_MAPPINGS_MAX + 1]; /* NULL terminated */
    const char *accept_guards[CLI_GUARDS_MAX + 1]; /* NULL terminated */
    const char *as[CLI_SITES_MAX + 1];             /* NULL terminated */
    const char *operands[CLI_OPERANDS_MAX + 1];
    size_t operand_count;
    bool all_help; /* --help, not -h */
};

int cli_parse(struct cli *cli, int argc, char *const *argv, struct error *err);

/* Which of its fixed words the option has: 0, the first and the default, when
 * it is not given. Options without such words: 0. */
int cli_word(const struct cli *cli, enum cli_option option);

/* verb VERB_NONE: all verbs. all: at length; else one screen. */
void cli_help(enum cli_verb verb, bool all, FILE *out);

/* "exit-codes", a verb, …. ERROR_USAGE when there is no such topic. */
int cli_help_topic(const char *topic, FILE *out, struct error *err);

/* The script with which bash, zsh or fish completes a command line. */
void cli_completion(const char *shell, FILE *out);

const char *cli_verb_name(enum cli_verb verb);

#endif
