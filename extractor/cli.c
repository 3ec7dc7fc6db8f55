#include "cli.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli_parts.h"
#include "cli_table.h"
#include "nearest.h"

const char *cli_verb_name(enum cli_verb verb)
{
    return cli_verbs[verb].name;
}

/* what: "command " or "option --", so that words read as they are typed. */
static int unknown(const char *what, const char *text,
                   const struct nearest *nearest, struct error *err)
{
    const char *near = nearest_word(nearest);
    const char *dashes = strchr(what, '-');

    error_set(err, ERROR_USAGE, "unknown %s%s", what, text);
    if (near != NULL)
        return error_hint(err, "did you mean %s%s?",
                          dashes != NULL ? dashes : "", near);
    return error_hint(err, "see rollcall --help");
}

static int find_verb(const char *text, enum cli_verb *verb, struct error *err)
{
    struct nearest nearest;

    nearest_start(&nearest, text);
    for (int i = VERB_NONE + 1; i < VERB_COUNT; i++) {
        nearest_offer(&nearest, cli_verbs[i].name);
        if (strcmp(cli_verbs[i].name, text) == 0) {
            *verb = (enum cli_verb)i;
            return 0;
        }
    }
    return unknown("command ", text, &nearest, err);
}

static int find_long(const char *text, size_t len, struct error *err)
{
    struct nearest nearest;
    char name[32];

    snprintf(name, sizeof(name), "%.*s", (int)len, text);
    nearest_start(&nearest, name);
    for (int i = 0; i < OPTION_COUNT; i++) {
        nearest_offer(&nearest, cli_options[i].name);
        if (strcmp(cli_options[i].name, name) == 0)
            return i;
    }
    return unknown("option --", name, &nearest, err);
}

static int find_letter(char letter, struct error *err)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (cli_options[i].letter == letter && letter != 0)
            return i;
    }
    error_set(err, ERROR_USAGE, "unknown option -%c", letter);
    return error_hint(err, "see rollcall --help");
}

/* An option that may repeat. */
static int add_value(struct cli *cli, int option, const char *value,
                     struct error *err)
{
    const char **list = option == OPTION_ACCEPT_GUARD ? cli->accept_guards
                        : option == OPTION_AS         ? cli->as
                                                      : cli->mappings;
    size_t n = 0, most = option == OPTION_ACCEPT_GUARD ? CLI_GUARDS_MAX
                         : option == OPTION_AS         ? CLI_SITES_MAX
                                                       : CLI_MAPPINGS_MAX;

    while (list[n] != NULL)
        n++;
    if (n == most)
        return error_set(err, ERROR_USAGE,
                         "--%s: can be given at most %zu times",
                         cli_options[option].name, most);
    list[n] = value;
    cli->values[option] = value;
    return 0;
}

static int set_option(struct cli *cli, int option, const char *value,
                      struct error *err)
{
    bool again = cli->on_command_line[option];

    cli->on_command_line[option] = true;
    if (option == OPTION_MAPPING || option == OPTION_ACCEPT_GUARD ||
        option == OPTION_AS)
        return add_value(cli, option, value, err);
    if (again)
        return error_set(err, ERROR_USAGE, "--%s: given twice",
                         cli_options[option].name);
    cli->values[option] = value;
    return 0;
}

/* One option at argv[*i]; moves *i over its argument. */
static int take_option(struct cli *cli, int argc, char *const *argv, int *i,
                       struct error *err)
{
    const char *text = argv[*i];
    const char *value = NULL;
    int option;

    if (text[1] == '-') {
        size_t len = strcspn(text + 2, "=");
        option = find_long(text + 2, len, err);
        if (text[2 + len] == '=')
            value = text + 3 + len;
    } else {
        option = find_letter(text[1], err);
        if (text[2] != '\0')
            value = text + 2;
    }
    if (option < 0)
        return -1;
    if (option == OPTION_HELP)
        cli->all_help = text[1] == '-';
    if (cli_options[option].argument == NULL) {
        if (value != NULL)
            return error_set(err, ERROR_USAGE, "--%s: takes no value",
                             cli_options[option].name);
        return set_option(cli, option, "1", err);
    }
    if (value == NULL && *i + 1 < argc)
        value = argv[++*i];
    if (value == NULL || *value == '\0')
        return error_set(err, ERROR_USAGE, "--%s: needs a value (%s)",
                         cli_options[option].name,
                         cli_options[option].argument);
    return set_option(cli, option, value, err);
}

static int take_word(struct cli *cli, const char *text, struct error *err)
{
    if (cli->verb == VERB_NONE)
        return find_verb(text, &cli->verb, err);
    if (cli->operand_count == CLI_OPERANDS_MAX)
        return error_set(err, ERROR_USAGE, "operands: at most %d can be given",
                         CLI_OPERANDS_MAX);
    cli->operands[cli->operand_count++] = text;
    return 0;
}

bool cli_has_variable(enum cli_option option)
{
    return option != OPTION_HELP && option != OPTION_VERSION &&
           !cli_options[option].typed_only;
}

static const char *from_environment(int option)
{
    char name[CLI_VARIABLE_MAX];
    const char *value;

    cli_variable_name((enum cli_option)option, name);
    value = getenv(name);
    return value != NULL && *value != '\0' ? value : NULL;
}

/* A flag's variable: 1, true and yes give it, 0, false and no do not. */
static int take_flag(struct cli *cli, int option, const char *value,
                     struct error *err)
{
    static const char *const words[] = {"1", "true", "yes", "0", "false", "no"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcasecmp(value, words[i]) != 0)
            continue;
        if (i < 3)
            cli->values[option] = "1";
        return 0;
    }
    error_set(err, ERROR_USAGE,
              "the environment variable for --%s is neither "
              "yes nor no: \"%s\"",
              cli_options[option].name, value);
    return error_hint(err, "set it to 1 or 0");
}

static int take_environment(struct cli *cli, struct error *err)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        const char *value;

        if ((cli_options[i].verbs & BIT(cli->verb)) == 0 ||
            !cli_has_variable((enum cli_option)i) || cli->values[i] != NULL)
            continue;
        value = from_environment(i);
        if (value == NULL)
            continue;
        if (i == OPTION_MAPPING) {
            if (add_value(cli, i, value, err) != 0)
                return -1;
        } else if (cli_options[i].argument == NULL) {
            if (take_flag(cli, i, value, err) != 0)
                return -1;
        } else {
            cli->values[i] = value;
        }
    }
    return 0;
}

static int check(const struct cli *cli, struct error *err)
{
    if (cli->verb == VERB_NONE) {
        error_set(err, ERROR_USAGE, "no command given");
        return error_hint(err, "see rollcall --help");
    }
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (cli->on_command_line[i] &&
            (cli_options[i].verbs & BIT(cli->verb)) == 0) {
            error_set(err, ERROR_USAGE, "--%s: not for \"%s\"",
                      cli_options[i].name, cli_verbs[cli->verb].name);
            return error_hint(err, "rollcall help %s tells its options",
                              cli_verbs[cli->verb].name);
        }
    }
    if (cli->operand_count < cli_verbs[cli->verb].least)
        return error_set(err, ERROR_USAGE, "%s: needs %s",
                         cli_verbs[cli->verb].name,
                         cli_verbs[cli->verb].operands);
    if (cli->operand_count > cli_verbs[cli->verb].most)
        return error_set(err, ERROR_USAGE,
                         "%s: \"%s\" is one operand too "
                         "many",
                         cli_verbs[cli->verb].name,
                         cli->operands[cli_verbs[cli->verb].most]);
    return 0;
}

/* Position of the word in the list, or -1. */
static int find_word(const char *const *words, const char *word)
{
    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], word) == 0)
            return i;
    }
    return -1;
}

static int check_word(const char *what, const char *value,
                      const char *const *words, struct error *err)
{
    char advice[NEAREST_ADVICE_MAX];
    struct nearest nearest;

    if (find_word(words, value) >= 0)
        return 0;
    nearest_start(&nearest, value);
    for (size_t i = 0; words[i] != NULL; i++)
        nearest_offer(&nearest, words[i]);
    nearest_advice(&nearest, advice, sizeof(advice));
    error_set(err, ERROR_USAGE, "%s: unknown word \"%.64s\"", what, value);
    return error_hint(err, "%s", advice);
}

/* Fixed words of operands and options, wherever they came from. */
static int check_words(const struct cli *cli, struct error *err)
{
    const struct cli_verb_row *verb = &cli_verbs[cli->verb];

    for (size_t i = 0; verb->words != NULL && i < cli->operand_count; i++) {
        if (check_word(verb->name, cli->operands[i], verb->words, err) != 0)
            return -1;
    }
    for (int i = 0; i < OPTION_COUNT; i++) {
        const char *const *words = cli_words((enum cli_option)i, cli->verb);
        char what[CLI_VARIABLE_MAX];

        snprintf(what, sizeof(what), "--%s", cli_options[i].name);
        if (words != NULL && cli->values[i] != NULL &&
            check_word(what, cli->values[i], words, err) != 0)
            return -1;
    }
    return 0;
}

int cli_word(const struct cli *cli, enum cli_option option)
{
    const char *const *words = cli_words(option, cli->verb);

    if (words == NULL || cli->values[option] == NULL)
        return 0;
    return find_word(words, cli->values[option]);
}

int cli_parse(struct cli *cli, int argc, char *const *argv, struct error *err)
{
    bool words_only = false;

    memset(cli, 0, sizeof(*cli));
    for (int i = 1; i < argc; i++) {
        int result;

        if (!words_only && strcmp(argv[i], "--") == 0) {
            words_only = true;
            continue;
        }
        if (!words_only && argv[i][0] == '-' && argv[i][1] != '\0')
            result = take_option(cli, argc, argv, &i, err);
        else
            result = take_word(cli, argv[i], err);
        if (result != 0)
            return -1;
    }
    if (cli->values[OPTION_HELP] != NULL || cli->values[OPTION_VERSION] != NULL)
        return 0;
    if (check(cli, err) != 0 || take_environment(cli, err) != 0)
        return -1;
    return check_words(cli, err);
}
