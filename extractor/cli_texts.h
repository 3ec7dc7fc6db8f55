/*
 * cli_texts: what help and manual say beyond the tables of cli_table.h.
 *
 * Texts are plain UTF-8 without line breaks; whoever prints them breaks them.
 * Each example is a whole command line that the parser takes as it stands.
 */
#ifndef ROLLCALL_CLI_TEXTS_H
#define ROLLCALL_CLI_TEXTS_H

#include "cli.h"

struct cli_example {
    const char *line, *what; /* line NULL ends a list */
};

struct cli_verb_text {
    const char *about;
    const struct cli_example *examples;
};

/* Pairs of a name and what it stands for; name NULL ends a list. */
struct cli_pair {
    const char *name, *text;
};

extern const struct cli_verb_text cli_verb_texts[VERB_COUNT];
extern const struct cli_pair cli_exit_codes[];
/* Variables that are no option's. */
extern const struct cli_pair cli_variables[];
extern const struct cli_pair cli_topics[];
extern const struct cli_example cli_first_steps[];

#endif
