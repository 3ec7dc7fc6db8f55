#include <string.h>

#include "cli_table.h"
#include "cli_texts.h"

/* Names that are not known before the shell asks, by the program itself. */
static const char *names_of(enum cli_kind kind)
{
    return kind == CLI_MAPPING  ? "mappings"
           : kind == CLI_ACTION ? "actions"
                                : NULL;
}

static bool takes_files(enum cli_kind kind)
{
    return kind == CLI_FILE || kind == CLI_MAPPING;
}

static bool takes_folders(enum cli_kind kind)
{
    return kind == CLI_DIR || kind == CLI_PLACE;
}

static bool takes(int verb, int option)
{
    return (cli_options[option].verbs & BIT(verb)) != 0;
}

static void print_words(FILE *out, const char *const *words)
{
    for (; *words != NULL; words++)
        fprintf(out, "%s%s", *words, words[1] != NULL ? " " : "");
}

static void print_verbs(FILE *out, const char *between)
{
    for (int i = VERB_NONE + 1; i < VERB_COUNT; i++)
        fprintf(out, "%s%s", i > VERB_NONE + 1 ? between : "",
                cli_verbs[i].name);
}

static void print_topics(FILE *out)
{
    for (const struct cli_pair *topic = cli_topics; topic->name != NULL;
         topic++)
        fprintf(out, "%s ", topic->name);
    print_verbs(out, " ");
}

/* Between single quotes of a shell; `special` gets a backslash before it. */
static void print_quoted(FILE *out, const char *text, const char *special)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs("'\\'", out);
        else if (strchr(special, *text) != NULL)
            fputc('\\', out);
        fputc(*text, out);
    }
}

/* --- bash ---------------------------------------------------------------- */

static const char *const bash_begin =
    "# Completion of rollcall for bash.\n"
    "_rollcall_files() {\n"
    "    compopt -o filenames 2>/dev/null\n"
    "    mapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY < <(compgen \"$1\" -- "
    "\"$2\")\n"
    "}\n"
    "_rollcall_words() {\n"
    "    mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$2\")\n"
    "}\n"
    "_rollcall_names() {\n"
    "    _rollcall_words \"$(\"${COMP_WORDS[0]}\" completion \"$1\" "
    "2>/dev/null)\" \"$2\"\n"
    "}\n"
    "_rollcall() {\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} verb='' i\n"
    "    local prev=${COMP_WORDS[COMP_CWORD-1]}\n"
    "    COMPREPLY=()\n"
    "    [[ $prev == '=' ]] && prev=${COMP_WORDS[COMP_CWORD-2]}\n"
    "    [[ $cur == '=' ]] && cur=''\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        case ${COMP_WORDS[i]} in\n        ";

static void bash_values(FILE *out, enum cli_kind kind)
{
    const char *names = names_of(kind);

    if (names != NULL)
        fprintf(out, "_rollcall_names %s \"$cur\"; ", names);
    if (takes_files(kind))
        fputs("_rollcall_files -f \"$cur\"; ", out);
    if (takes_folders(kind))
        fputs("_rollcall_files -d \"$cur\"; ", out);
}

/* A case for each option with an argument; one for each set of words. */
static void bash_arguments(FILE *out)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct cli_option_row *row = &cli_options[i];

        if (row->argument == NULL)
            continue;
        for (int verb = VERB_NONE + 1; row->words != NULL && verb < VERB_COUNT;
             verb++) {
            if (!takes(verb, i))
                continue;
            fprintf(out, "    %s:--%s) _rollcall_words '", cli_verbs[verb].name,
                    row->name);
            print_words(out,
                        cli_words((enum cli_option)i, (enum cli_verb)verb));
            fputs("' \"$cur\"; return ;;\n", out);
        }
        fprintf(out, "    *:--%s", row->name);
        if (row->letter != 0)
            fprintf(out, "|*:-%c", row->letter);
        fputs(") ", out);
        bash_values(out, row->kind);
        fputs("return ;;\n", out);
    }
}

static void bash_verb(FILE *out, int verb)
{
    const struct cli_verb_row *row = &cli_verbs[verb];

    fprintf(out, "    %s:-*) _rollcall_words '", row->name);
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (takes(verb, i))
            fprintf(out, "--%s ", cli_options[i].name);
    }
    fprintf(out, "' \"$cur\" ;;\n    %s:*) ", row->name);
    if (row->kind == CLI_WORD || row->kind == CLI_TOPIC) {
        fputs("_rollcall_words '", out);
        if (row->kind == CLI_WORD)
            print_words(out, row->words);
        else
            print_topics(out);
        fputs("' \"$cur\"", out);
    } else {
        bash_values(out, row->kind);
    }
    fputs(" ;;\n", out);
}

static void bash(FILE *out)
{
    fputs(bash_begin, out);
    print_verbs(out, "|");
    fputs(") verb=${COMP_WORDS[i]}; break ;;\n        esac\n    done\n"
          "    case $verb:$prev in\n",
          out);
    bash_arguments(out);
    fputs("    esac\n    case $verb:$cur in\n    :*) _rollcall_words '", out);
    print_verbs(out, " ");
    fputs(" --help --version' \"$cur\" ;;\n", out);
    for (int i = VERB_NONE + 1; i < VERB_COUNT; i++)
        bash_verb(out, i);
    fputs("    esac\n}\ncomplete -F _rollcall rollcall\n", out);
}

/* --- zsh ----------------------------------------------------------------- */

static const char *const zsh_begin =
    "#compdef rollcall\n"
    "# Completion of rollcall for zsh.\n"
    "_rollcall_mappings() {\n"
    "    local -a names=(${(f)\"$(_call_program names $words[1] completion "
    "mappings 2>/dev/null)\"})\n"
    "    _describe mapping names\n"
    "    _files\n"
    "}\n"
    "_rollcall_actions() {\n"
    "    local -a names=(${(f)\"$(_call_program names $words[1] completion "
    "actions 2>/dev/null)\"})\n"
    "    _describe action names\n"
    "}\n"
    "_rollcall() {\n"
    "    local word verb=''\n"
    "    local -a verbs=(\n";

static void zsh_values(FILE *out, enum cli_kind kind, const char *const *words)
{
    if (kind == CLI_MAPPING || kind == CLI_ACTION)
        fprintf(out, "_rollcall_%s", names_of(kind));
    else if (takes_files(kind))
        fputs("_files", out);
    else if (takes_folders(kind))
        fputs("_files -/", out);
    else if (kind == CLI_WORD || kind == CLI_TOPIC)
        fputc('(', out);
    if (kind == CLI_WORD)
        print_words(out, words);
    if (kind == CLI_TOPIC)
        print_topics(out);
    if (kind == CLI_WORD || kind == CLI_TOPIC)
        fputc(')', out);
}

static void zsh_option(FILE *out, int option, int verb)
{
    const struct cli_option_row *row = &cli_options[option];
    const char *repeat =
        option == OPTION_MAPPING || option == OPTION_ACCEPT_GUARD ? "*" : "";

    const char *more = row->argument != NULL ? "+" : "";
    const char *equals = row->argument != NULL ? "=" : "";

    if (row->letter != 0)
        fprintf(out, "        '(-%c --%s)'{-%c%s,--%s%s}'", row->letter,
                row->name, row->letter, more, row->name, equals);
    else
        fprintf(out, "        '%s--%s%s", repeat, row->name, equals);
    fputc('[', out);
    print_quoted(out, row->help, "[]:\\");
    fputc(']', out);
    if (row->argument != NULL) {
        fprintf(out, ":%s:", row->argument);
        zsh_values(out, row->kind,
                   cli_words((enum cli_option)option, (enum cli_verb)verb));
    }
    fputs("' \\\n", out);
}

/* The verb is the first of them. A message about one that cannot be completed
 * would keep zsh from completing an option. */
static void zsh_operands(FILE *out, const struct cli_verb_row *row)
{
    fprintf(out, "        '1: :(%s)'", row->name);
    if (row->kind != CLI_NONE && row->kind != CLI_TEXT) {
        fputs(" '*:operand:", out);
        zsh_values(out, row->kind, row->words);
        fputc('\'', out);
    }
    fputs(" ;;\n", out);
}

static void zsh(FILE *out)
{
    fputs(zsh_begin, out);
    for (int i = VERB_NONE + 1; i < VERB_COUNT; i++) {
        fprintf(out, "        '%s:", cli_verbs[i].name);
        print_quoted(out, cli_verbs[i].summary, ":\\");
        fputs("'\n", out);
    }
    fputs("    )\n    for word in ${words[2,CURRENT-1]}; do\n"
          "        (( ${verbs[(I)$word:*]} )) && { verb=$word; break }\n"
          "    done\n    case $verb in\n"
          "    '') _describe command verbs ;;\n",
          out);
    for (int verb = VERB_NONE + 1; verb < VERB_COUNT; verb++) {
        fprintf(out, "    %s) _arguments -S \\\n", cli_verbs[verb].name);
        for (int i = 0; i < OPTION_COUNT; i++) {
            if (takes(verb, i))
                zsh_option(out, i, verb);
        }
        zsh_operands(out, &cli_verbs[verb]);
    }
    fputs("    esac\n}\n"
          "if [[ $funcstack[1] == _rollcall ]]; then\n    _rollcall \"$@\"\n"
          "else\n    compdef _rollcall rollcall\nfi\n",
          out);
}

/* --- fish ---------------------------------------------------------------- */

static void fish_values(FILE *out, enum cli_kind kind, const char *const *words)
{
    const char *names = names_of(kind);

    fputs(takes_files(kind) ? " -r -F" : " -x", out);
    if (names != NULL)
        fprintf(out, " -a '(rollcall completion %s 2>/dev/null)'", names);
    if (takes_folders(kind))
        fputs(" -a '(__fish_complete_directories)'", out);
    if (kind == CLI_WORD) {
        fputs(" -a '", out);
        print_words(out, words);
        fputc('\'', out);
    }
}

static void fish_option(FILE *out, int option, int verb)
{
    const struct cli_option_row *row = &cli_options[option];

    fprintf(out,
            "complete -c rollcall -n '__fish_seen_subcommand_from %s' -l %s",
            cli_verbs[verb].name, row->name);
    if (row->letter != 0)
        fprintf(out, " -s %c", row->letter);
    if (row->argument != NULL)
        fish_values(out, row->kind,
                    cli_words((enum cli_option)option, (enum cli_verb)verb));
    fputs(" -d '", out);
    print_quoted(out, row->help, "");
    fputs("'\n", out);
}

static void fish_verb(FILE *out, int verb)
{
    const struct cli_verb_row *row = &cli_verbs[verb];

    fprintf(out, "complete -c rollcall -n __fish_use_subcommand -a %s -d '",
            row->name);
    print_quoted(out, row->summary, "");
    fputs("'\n", out);
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (takes(verb, i))
            fish_option(out, i, verb);
    }
    if (row->kind == CLI_NONE || row->kind == CLI_TEXT)
        return;
    fprintf(out, "complete -c rollcall -n '__fish_seen_subcommand_from %s'",
            row->name);
    if (row->kind == CLI_TOPIC) {
        fputs(" -a '", out);
        print_topics(out);
        fputc('\'', out);
    } else {
        fish_values(out, row->kind, row->words);
    }
    fputc('\n', out);
}

static void fish(FILE *out)
{
    fputs("# Completion of rollcall for fish.\ncomplete -c rollcall -f\n", out);
    for (int i = VERB_NONE + 1; i < VERB_COUNT; i++)
        fish_verb(out, i);
}

static const struct {
    const char *name;
    void (*print)(FILE *out);
} shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};

void cli_completion(const char *shell, FILE *out)
{
    for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
        if (strcmp(shells[i].name, shell) == 0)
            shells[i].print(out);
    }
}
