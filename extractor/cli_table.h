/*
 * cli_table: what the command line is made of, as data.
 *
 * One row a verb and one an option, indexed by enum cli_verb and enum
 * cli_option. Parser, help, man pages and shell completion are all made from
 * these rows, so none of them can say what another does not. A new verb or
 * option is a value of the enum in cli.h and a row in cli_table.c; the unit
 * test lists them too.
 */
#ifndef ROLLCALL_CLI_TABLE_H
#define ROLLCALL_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "cli.h"

#define BIT(verb) (1u << (verb))

/* What an argument or operand is, so that a shell can complete it. */
enum cli_kind {
    CLI_NONE, /* a flag; a verb without operands */
    CLI_TEXT,
    CLI_NUMBER,
    CLI_TIME,
    CLI_DURATION,
    CLI_FILE,
    CLI_DIR,
    CLI_PLACE,   /* a folder or a URL */
    CLI_MAPPING, /* a name or a file */
    CLI_ACTION,  /* a name of mappings/actions/ */
    CLI_TOPIC,   /* of help */
    CLI_WORD     /* one of `words` */
};

/* Headings of the options in help. */
enum cli_group {
    CLI_GROUP_JOB,
    CLI_GROUP_TIME,
    CLI_GROUP_RUN,
    CLI_GROUP_DATASET,
    CLI_GROUP_ACCOUNTS,
    CLI_GROUP_KEEPING,
    CLI_GROUP_ANSWERS, /* of init */
    CLI_GROUP_MESSAGES,
    CLI_GROUP_COUNT
};

/* The words that verbs of a set take; {0} ends the sets of an option. */
struct cli_words {
    unsigned verbs;
    const char *const *words; /* NULL terminated */
};

struct cli_verb_row {
    const char *name, *operands, *summary;
    size_t least, most;       /* operands */
    enum cli_kind kind;       /* of the operands */
    const char *const *words; /* CLI_WORD */
};

struct cli_option_row {
    const char *name;     /* long form, without -- */
    const char *argument; /* NULL: a flag */
    const char *help;     /* one line */
    unsigned verbs;
    enum cli_group group;
    enum cli_kind kind;
    char letter;          /* 0: none */
    bool typed_only;      /* not taken from the environment */
    const struct cli_words *words; /* CLI_WORD */
};

extern const struct cli_verb_row cli_verbs[VERB_COUNT];
extern const struct cli_option_row cli_options[OPTION_COUNT];
extern const char *const cli_group_names[CLI_GROUP_COUNT];

/* The words of an option for a verb; NULL: it takes no fixed words there. */
const char *const *cli_words(enum cli_option option, enum cli_verb verb);

#endif
