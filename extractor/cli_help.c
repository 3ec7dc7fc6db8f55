#include <ctype.h>
#include <string.h>

#include "cli_parts.h"
#include "cli_table.h"
#include "cli_texts.h"
#include "job.h"
#include "nearest.h"

enum {
    WIDTH = 80,   /* columns of a terminal */
    INDENT = 33,  /* where the help of an option begins */
    COMMAND = 12, /* where the operands of a command begin */
    LEFT_MAX = 80
};

/* Breaks the text at blanks; the cursor stands at `column`, and further lines
 * begin at `indent`. */
static void wrap(FILE *out, int column, int indent, const char *text)
{
    while (*text != '\0') {
        int len = (int)strcspn(text, " ");

        if (column > indent && column + 1 + len > WIDTH) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
        } else if (column > indent) {
            fputc(' ', out);
            column++;
        }
        fprintf(out, "%.*s", len, text);
        column += len;
        text += len;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}

/* LEFT in the first `indent` columns, or on a line of its own. */
static void entry(FILE *out, const char *left, int indent, const char *text)
{
    int used = (int)strlen(left) + 2;

    fprintf(out, "  %s", left);
    if (used >= indent)
        fprintf(out, "\n%*s", indent, "");
    else
        fprintf(out, "%*s", indent - used, "");
    wrap(out, indent, indent, text);
}

static void pairs(FILE *out, const struct cli_pair *pair, int indent)
{
    for (; pair->name != NULL; pair++)
        entry(out, pair->name, indent, pair->text);
}

static void examples(FILE *out, const struct cli_example *example)
{
    for (; example->line != NULL; example++)
        fprintf(out, "  # %s\n  %s\n", example->what, example->line);
}

static void option_line(FILE *out, const struct cli_option_row *row)
{
    char left[LEFT_MAX], letter[5] = "    ";

    if (row->letter != 0)
        snprintf(letter, sizeof(letter), "-%c, ", row->letter);
    snprintf(left, sizeof(left), "%s--%s%s%s", letter, row->name,
             row->argument != NULL ? " " : "",
             row->argument != NULL ? row->argument : "");
    entry(out, left, INDENT, row->help);
}

/* The words, where the argument's name does not tell them. */
static void option_words(FILE *out, enum cli_option option, enum cli_verb verb)
{
    const char *const *words = cli_words(option, verb);
    char text[256] = "one of";

    if (words == NULL || strchr(cli_options[option].argument, '|') != NULL)
        return;
    for (; *words != NULL; words++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), " %s%s",
                 *words, words[1] != NULL ? "," : "");
    fprintf(out, "%*s", INDENT, "");
    wrap(out, INDENT, INDENT, text);
}

static bool takes(enum cli_verb verb, int option)
{
    return verb == VERB_NONE || (cli_options[option].verbs & BIT(verb)) != 0;
}

static void group_options(FILE *out, enum cli_verb verb, int group)
{
    bool any = false;

    for (int i = 0; i < OPTION_COUNT; i++) {
        if ((int)cli_options[i].group != group || !takes(verb, i))
            continue;
        if (!any)
            fprintf(out, "\n%s:\n", cli_group_names[group]);
        any = true;
        option_line(out, &cli_options[i]);
        option_words(out, (enum cli_option)i, verb);
    }
}

static void usage(FILE *out, enum cli_verb verb)
{
    const struct cli_verb_row *row = &cli_verbs[verb];

    fprintf(out, "rollcall %s %s%s[OPTIONS]\n", row->name, row->operands,
            *row->operands != '\0' ? " " : "");
}

/* Those that every command has, by name alone. */
static void common_options(FILE *out, enum cli_verb verb)
{
    char text[256] = "and";
    const char *comma = " ";

    for (int i = 0; i < OPTION_COUNT; i++) {
        if (!takes(verb, i) || cli_options[i].group != CLI_GROUP_MESSAGES)
            continue;
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s--%s",
                 comma, cli_options[i].name);
        comma = ", ";
    }
    fputs("  ", out);
    wrap(out, 2, 2, text);
}

static void verb_short(FILE *out, enum cli_verb verb)
{
    usage(out, verb);
    fprintf(out, "  %s\nOptions:\n", cli_verbs[verb].summary);
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (!takes(verb, i) || cli_options[i].group == CLI_GROUP_MESSAGES)
            continue;
        option_line(out, &cli_options[i]);
        option_words(out, (enum cli_option)i, verb);
    }
    common_options(out, verb);
    fprintf(out, "More, with examples: rollcall %s --help\n",
            cli_verbs[verb].name);
}

static void verb_long(FILE *out, enum cli_verb verb)
{
    usage(out, verb);
    fprintf(out, "  %s\n\n", cli_verbs[verb].summary);
    wrap(out, 0, 0, cli_verb_texts[verb].about);
    for (int i = 0; i < CLI_GROUP_COUNT; i++)
        group_options(out, verb, i);
    fputs("\nExamples:\n", out);
    examples(out, cli_verb_texts[verb].examples);
    fputs("\nSee also: rollcall help exit-codes, environment, job.\n", out);
}

static void commands(FILE *out)
{
    fputs("rollcall: inactive Atlassian users, and who changed them last\n"
          "Usage: rollcall COMMAND [OPTIONS]\n\n",
          out);
    for (int i = VERB_NONE + 1; i < VERB_COUNT; i++)
        fprintf(out, "  %-*s%-13s %s\n", COMMAND, cli_verbs[i].name,
                cli_verbs[i].operands, cli_verbs[i].summary);
}

static void all_long(FILE *out)
{
    commands(out);
    fputs("\nFirst steps:\n", out);
    examples(out, cli_first_steps);
    for (int i = 0; i < CLI_GROUP_COUNT; i++)
        group_options(out, VERB_NONE, i);
    fputs("\nTopics of rollcall help:\n", out);
    pairs(out, cli_topics, COMMAND + 6);
    fputs("\nExit codes:\n", out);
    pairs(out, cli_exit_codes, COMMAND);
}

void cli_help(enum cli_verb verb, bool all, FILE *out)
{
    if (verb != VERB_NONE && all) {
        verb_long(out, verb);
    } else if (verb != VERB_NONE) {
        verb_short(out, verb);
    } else if (all) {
        all_long(out);
    } else {
        commands(out);
        fputs("\nrollcall COMMAND -h: its options. rollcall --help: all "
              "options, exit codes.\n",
              out);
    }
}

void cli_variable_name(enum cli_option option, char name[CLI_VARIABLE_MAX])
{
    snprintf(name, CLI_VARIABLE_MAX, "ROLLCALL_%s", cli_options[option].name);
    for (char *p = name; *p != '\0'; p++)
        *p = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
}

static void help_environment(FILE *out)
{
    char name[CLI_VARIABLE_MAX];

    wrap(out, 0, 0,
         "Each of these stands for an option that is not on the command line, "
         "and wins over the job file. Flags are 1, true or yes, or 0, false "
         "or no. Empty variables say nothing.");
    fputc('\n', out);
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (!cli_has_variable((enum cli_option)i))
            continue;
        cli_variable_name((enum cli_option)i, name);
        entry(out, name, INDENT, cli_options[i].help);
    }
    fputc('\n', out);
    pairs(out, cli_variables, INDENT);
}

static void help_exit_codes(FILE *out)
{
    pairs(out, cli_exit_codes, COMMAND);
    wrap(out, 0, 0, "Take any other code for a failure.");
}

static void help_key(const struct job_key *key, void *context)
{
    FILE *out = context;
    char left[LEFT_MAX], text[512];

    snprintf(left, sizeof(left), "%s", key->path);
    snprintf(text, sizeof(text), "%s. %s%s%s%s", key->help, key->type,
             key->required ? "; required" : "",
             key->fallback != NULL ? "; default " : "",
             key->fallback != NULL ? key->fallback : "");
    entry(out, left, INDENT, text);
}

static void help_job(FILE *out)
{
    wrap(out, 0, 0,
         "The job file is JSON in which // and /* */ comments may stand. "
         "Unknown keys are errors. NAME is a word of yours, [] an element of "
         "a list, and keys that hang on a type stand behind it in "
         "parentheses. Paths are relative to the job file.");
    fputc('\n', out);
    job_describe(help_key, out);
}

static const struct {
    const char *name;
    void (*print)(FILE *out);
} topics[] = {
    {"exit-codes", help_exit_codes},
    {"environment", help_environment},
    {"job", help_job},
    {"man", cli_man},
    {"man-job", cli_man_job},
};

int cli_help_topic(const char *topic, FILE *out, struct error *err)
{
    char advice[NEAREST_ADVICE_MAX];
    struct nearest nearest;

    nearest_start(&nearest, topic);
    for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
        nearest_offer(&nearest, topics[i].name);
        if (strcmp(topics[i].name, topic) == 0) {
            topics[i].print(out);
            return 0;
        }
    }
    for (int i = VERB_NONE + 1; i < VERB_COUNT; i++) {
        nearest_offer(&nearest, cli_verbs[i].name);
        if (strcmp(cli_verbs[i].name, topic) == 0) {
            cli_help((enum cli_verb)i, true, out);
            return 0;
        }
    }
    nearest_advice(&nearest, advice, sizeof(advice));
    error_set(err, ERROR_USAGE, "help: unknown topic \"%.64s\"", topic);
    return error_hint(err, "%s", advice);
}
