/* The manual pages, from the same tables as help: mdoc(7). */
#include <stdlib.h>
#include <string.h>

#include "cli_parts.h"
#include "cli_table.h"
#include "cli_texts.h"
#include "job.h"

enum { LINE = 78 }; /* columns of the source */

/* Text on lines of their own, a sentence begins one: no line may begin like a
 * macro, and a backslash is itself. */
static void text_line(FILE *out, const char *text)
{
    int column = 0;

    while (*text != '\0') {
        int len = (int)strcspn(text, " ");
        bool end = len > 0 && strchr(".:", text[len - 1]) != NULL;

        if (column > 0 && column + 1 + len > LINE) {
            fputc('\n', out);
            column = 0;
        }
        if (column == 0 && (*text == '.' || *text == '\''))
            fputs("\\&", out);
        if (column > 0)
            fputc(' ', out);
        for (int i = 0; i < len; i++)
            fprintf(out, text[i] == '\\' ? "\\e" : "%c", text[i]);
        column = end ? LINE : column + 1 + len;
        text += len;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}

/* An argument of a macro, in quotes. */
static void argument(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '\\')
            fputs("\\e", out);
        else if (*text == '"')
            fputs("\\(dq", out);
        else
            fputc(*text, out);
    }
    fputc('"', out);
}

static void item(FILE *out, const char *name, const char *text)
{
    fputs(".It Li ", out);
    argument(out, name);
    fputc('\n', out);
    text_line(out, text);
}

/* "2026-11-25" as mdoc(7) wants it. */
static void print_date(FILE *out)
{
    static const char *const months[] = {
        "January", "February", "March",     "April",   "May",      "June",
        "July",    "August",   "September", "October", "November", "December"};
    const char *date = ROLLCALL_DATE;
    long month = strtol(date + 5, NULL, 10), day = strtol(date + 8, NULL, 10);

    fprintf(out, ".Dd %s %ld, %.4s\n", months[(month + 11) % 12], day, date);
}

static void head(FILE *out, const char *title, int section, const char *name,
                 const char *what)
{
    fputs(".\\\" Made by rollcall help.\n", out);
    print_date(out);
    fprintf(out, ".Dt %s %d\n.Os\n.Sh NAME\n.Nm %s\n.Nd %s\n", title, section,
            name, what);
}

static void list_begin(FILE *out)
{
    fputs(".Bl -tag -width Ds\n", out);
}

static void verb_names(FILE *out, unsigned verbs)
{
    char text[256] = "For ";
    const char *comma = "";

    for (int i = VERB_NONE + 1; i < VERB_COUNT; i++) {
        if ((verbs & BIT(i)) == 0)
            continue;
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
                 comma, cli_verbs[i].name);
        comma = ", ";
    }
    fputs(".br\n", out);
    text_line(out, text);
}

static void word_names(FILE *out, const char *const *words)
{
    char text[256] = "One of ";

    for (size_t i = 0; words[i] != NULL; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
                 i > 0 ? ", " : "", words[i]);
    fputs(".br\n", out);
    text_line(out, text);
}

static bool for_all(unsigned verbs)
{
    for (int i = VERB_NONE + 1; i < VERB_COUNT; i++) {
        if ((verbs & BIT(i)) == 0)
            return false;
    }
    return true;
}

static void option(FILE *out, int index)
{
    const struct cli_option_row *row = &cli_options[index];

    fputs(".It ", out);
    if (row->letter != 0)
        fprintf(out, "Fl %c , ", row->letter);
    fprintf(out, "Fl -%s", row->name);
    if (row->argument != NULL) {
        fputs(" Ar ", out);
        argument(out, row->argument);
    }
    fputc('\n', out);
    text_line(out, row->help);
    for (const struct cli_words *set = row->words;
         set != NULL && set->words != NULL; set++)
        word_names(out, set->words);
    if (!for_all(row->verbs))
        verb_names(out, row->verbs);
}

static void commands(FILE *out)
{
    fputs(".Sh COMMANDS\n", out);
    list_begin(out);
    for (int i = VERB_NONE + 1; i < VERB_COUNT; i++) {
        fprintf(out, ".It Cm %s", cli_verbs[i].name);
        if (*cli_verbs[i].operands != '\0')
            fprintf(out, " Ar %s", cli_verbs[i].operands);
        fputc('\n', out);
        text_line(out, cli_verb_texts[i].about);
    }
    fputs(".El\n", out);
}

static void options(FILE *out)
{
    fputs(".Sh OPTIONS\n", out);
    for (int group = 0; group < CLI_GROUP_COUNT; group++) {
        fprintf(out, ".Ss %s\n", cli_group_names[group]);
        list_begin(out);
        for (int i = 0; i < OPTION_COUNT; i++) {
            if ((int)cli_options[i].group == group)
                option(out, i);
        }
        fputs(".El\n", out);
    }
}

static void environment(FILE *out)
{
    char name[CLI_VARIABLE_MAX];

    fputs(".Sh ENVIRONMENT\n", out);
    text_line(out, "An option that is not on the command line is taken from "
                   "its variable, which wins over the job file.");
    list_begin(out);
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (!cli_has_variable((enum cli_option)i))
            continue;
        cli_variable_name((enum cli_option)i, name);
        fprintf(out, ".It Ev %s\n", name);
        text_line(out, cli_options[i].help);
    }
    for (const struct cli_pair *pair = cli_variables; pair->name != NULL;
         pair++) {
        fprintf(out, ".It Ev %s\n", pair->name);
        text_line(out, pair->text);
    }
    fputs(".El\n", out);
}

static void exit_codes(FILE *out)
{
    fputs(".Sh EXIT STATUS\n", out);
    list_begin(out);
    for (const struct cli_pair *pair = cli_exit_codes; pair->name != NULL;
         pair++)
        item(out, pair->name, pair->text);
    fputs(".El\n.Pp\nTake any other for a failure.\n", out);
}

static void example_lines(FILE *out, const struct cli_example *example)
{
    for (; example->line != NULL; example++) {
        fputs(".It\n", out);
        text_line(out, example->what);
        fputs(".Dl ", out);
        text_line(out, example->line);
    }
}

static void examples(FILE *out)
{
    fputs(".Sh EXAMPLES\n.Bl -item\n", out);
    for (int i = VERB_NONE + 1; i < VERB_COUNT; i++)
        example_lines(out, cli_verb_texts[i].examples);
    fputs(".El\n", out);
}

void cli_man(FILE *out)
{
    head(out, "ROLLCALL", 1, "rollcall",
         "inactive Atlassian users and who changed them last");
    fputs(".Sh SYNOPSIS\n.Nm\n.Ar command\n.Op Ar options\n"
          ".Op Ar operands\n.Sh DESCRIPTION\n",
          out);
    text_line(out, "Reads every user and every relevant audit record of an "
                   "Atlassian site or organisation, works out who is "
                   "inactive, who changed each of them last and when, and "
                   "lands that as compressed CSV and JSONL with a manifest. "
                   "A finished run is complete and true, or it is not "
                   "published.");
    fputs(".Pp\n", out);
    text_line(out, "Data and one final JSON line go to stdout, everything "
                   "else to stderr.");
    commands(out);
    options(out);
    environment(out);
    exit_codes(out);
    examples(out);
    fputs(".Sh SEE ALSO\n.Xr rollcall-job 5\n", out);
}

static void key(const struct job_key *key, void *context)
{
    FILE *out = context;

    fputs(".It Li ", out);
    argument(out, key->path);
    fputc('\n', out);
    text_line(out, key->help);
    fputs(".br\nType: ", out);
    text_line(out, key->type);
    if (key->required)
        fputs(".br\nRequired.\n", out);
    if (key->fallback != NULL) {
        fputs(".br\nDefault: ", out);
        text_line(out, key->fallback);
    }
}

void cli_man_job(FILE *out)
{
    head(out, "ROLLCALL-JOB", 5, "rollcall-job", "the job file of rollcall");
    fputs(".Sh DESCRIPTION\n", out);
    text_line(out,
              "The job says whom to ask, what to make of it and where to put "
              "it. It is JSON in which // and /* */ comments may stand. Keys "
              "that are unknown, given twice or of a wrong type are errors, "
              "all told at once. Paths are relative to the job file.");
    fputs(".Pp\n", out);
    text_line(out,
              "A secret is never in the job: it is {\"env\": NAME}, a "
              "variable; {\"file\": PATH}, a file that nobody else can read; "
              "or {\"command\": [ARGV]}, a program that prints it, for a job "
              "named with -c alone.");
    fputs(".Sh KEYS\n", out);
    text_line(out, "NAME is a word of yours and [] an element of a list. Keys "
                   "that hang on a type stand behind it in parentheses.");
    list_begin(out);
    job_describe(key, out);
    fputs(".El\n.Sh EXAMPLES\n.Bd -literal\n"
          "{\n"
          "  \"endpoints\": {\n"
          "    \"jira\": {\"url\": \"https://acme.atlassian.net\",\n"
          "             \"auth\": {\"type\": \"basic\",\n"
          "                      \"user\": \"svc-rollcall@acme.com\",\n"
          "                      \"secret\": {\"env\": \"JIRA_API_TOKEN\"}}}\n"
          "  },\n"
          "  \"mappings\": [\"inactive_users\"]\n"
          "}\n.Ed\n.Sh SEE ALSO\n.Xr rollcall 1\n",
          out);
}
