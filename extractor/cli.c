#include "cli.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "nearest.h"

enum { ENV_NAME_MAX = 64 };

#define BIT(verb) (1u << (verb))

/* Begins the second line of an option's help. */
#define HELP_INDENT "                                 "

enum {
    RUN_VERBS = BIT(VERB_EXTRACT) | BIT(VERB_PLAN) | BIT(VERB_CHECK),
    ASKING_VERBS = RUN_VERBS | BIT(VERB_EXPLAIN),
    ACCOUNT_VERBS = BIT(VERB_ACTIVATE) | BIT(VERB_DEACTIVATE),
    PLACE_VERBS = BIT(VERB_STATUS) | BIT(VERB_CLEAN), /* of an output */
    ALL_VERBS = ASKING_VERBS | ACCOUNT_VERBS | PLACE_VERBS |
                BIT(VERB_VERIFY) | BIT(VERB_CAT) | BIT(VERB_DELIVER) |
                BIT(VERB_MERGE) |
                BIT(VERB_SCHEMA)
};

static const struct {
    const char *name, *operands, *summary;
    size_t least, most; /* operands */
} verbs[VERB_COUNT] = {
    [VERB_EXTRACT] = {"extract", "", "run the job and publish", 0, 0},
    [VERB_PLAN] = {"plan", "",
                   "what extract would request and write; asks nothing", 0, 0},
    [VERB_CHECK] = {"check", "",
                    "job, mapping, credentials and permissions", 0, 0},
    [VERB_VERIFY] = {"verify", "PATH",
                     "re-check everything a published run claims", 1, 1},
    [VERB_CAT] = {"cat", "PATH", "rows of a dataset on stdout, all parts", 1,
                  1},
    [VERB_EXPLAIN] = {"explain", "ACCOUNT_ID",
                      "the events behind a row, and why it says what it says",
                      1, 1},
    [VERB_ACTIVATE] = {"activate", "ACCOUNT_ID...",
                       "turn accounts on; sends nothing without --apply", 0,
                       CLI_OPERANDS_MAX},
    [VERB_DEACTIVATE] = {"deactivate", "ACCOUNT_ID...",
                         "turn accounts off; sends nothing without --apply", 0,
                         CLI_OPERANDS_MAX},
    [VERB_STATUS] = {"status", "",
                     "published runs, logs read, lock, what is odd", 0, 0},
    [VERB_CLEAN] = {"clean", "", "remove old published runs", 0, 0},
    [VERB_DELIVER] = {"deliver", "RUN",
                      "bring a published run, or latest, to the job's targets",
                      1, 1},
    [VERB_SCHEMA] = {"schema", "",
                     "what PowerCenter or a warehouse needs to load a dataset",
                     0, 0},
    [VERB_MERGE] = {"merge", "RUN...",
                    "runs of several sites as one, with a column site", 1,
                    CLI_OPERANDS_MAX},
};

static const struct {
    const char *name;     /* long form, without -- */
    const char *argument; /* NULL: a flag */
    const char *help;
    unsigned verbs;
    char letter;          /* 0: none */
    bool typed_only;      /* not taken from the environment */
} options[OPTION_COUNT] = {
    [OPTION_JOB] = {"job", "FILE", "job file (default: rollcall.json)",
                    ASKING_VERBS | ACCOUNT_VERBS | PLACE_VERBS |
                        BIT(VERB_DELIVER) | BIT(VERB_SCHEMA) |
                        BIT(VERB_MERGE), 'c'},
    [OPTION_MAPPING] = {"mapping", "NAME|FILE",
                        "mapping instead of the job's; may repeat",
                        ASKING_VERBS | BIT(VERB_SCHEMA), 0},
    [OPTION_SITE] = {"site", "NAME", "only this one of the job's sites",
                     ASKING_VERBS | ACCOUNT_VERBS | PLACE_VERBS |
                         BIT(VERB_DELIVER) | BIT(VERB_SCHEMA), 0},
    [OPTION_AS] = {"as", "NAME",
                   "site of a run, in the order of the runs; may repeat",
                   BIT(VERB_MERGE), 0, true},
    [OPTION_OUT] = {"out", "DIR", "output directory instead of the job's",
                    ASKING_VERBS | PLACE_VERBS | BIT(VERB_DELIVER) |
                        BIT(VERB_MERGE), 0},
    [OPTION_AS_OF] = {"as-of", "TIME",
                      "time the run stands for (default: now)",
                      ASKING_VERBS | PLACE_VERBS, 0},
    [OPTION_RUN_ID] = {"run-id", "ID",
                       "name of the run (default: made from --as-of)",
                       BIT(VERB_EXTRACT) | BIT(VERB_PLAN) | BIT(VERB_MERGE),
                       0},
    [OPTION_FORCE] = {"force", NULL,
                      "publish again even if the run id is published",
                      BIT(VERB_EXTRACT) | BIT(VERB_MERGE), 0},
    [OPTION_ACCEPT_GUARD] = {"accept-guard", "NAME",
                             "publish though this guard trips; may repeat",
                             BIT(VERB_EXTRACT), 0, true},
    [OPTION_RECORD] = {"record", "DIR",
                       "keep every answer in this folder, gzipped",
                       BIT(VERB_EXTRACT), 0},
    [OPTION_REPLAY] = {"replay", "DIR",
                       "read those answers instead of the network",
                       BIT(VERB_EXTRACT) | BIT(VERB_EXPLAIN), 0},
    [OPTION_FROM] = {"from", "TIME",
                     "read this span of the logs too, up to --to",
                     BIT(VERB_EXTRACT) | BIT(VERB_PLAN), 0},
    [OPTION_TO] = {"to", "TIME", "end of the span, which is not part of it",
                   BIT(VERB_EXTRACT) | BIT(VERB_PLAN), 0},
    [OPTION_FULL] = {"full", NULL,
                     "read the logs' whole lookback, whatever is known",
                     BIT(VERB_EXTRACT) | BIT(VERB_PLAN), 0},
    [OPTION_NO_DELIVER] = {"no-deliver", NULL,
                           "publish only; deliver can be run later",
                           BIT(VERB_EXTRACT), 0},
    [OPTION_RESULT_JSON] = {"result-json", "FILE",
                            "write the final JSON line here too, also on "
                            "failure",
                            BIT(VERB_EXTRACT) | BIT(VERB_DELIVER) |
                              BIT(VERB_MERGE), 0},
    [OPTION_DATASET] = {"dataset", "NAME",
                        "which dataset (default: the only one)",
                        BIT(VERB_CAT) | BIT(VERB_SCHEMA), 0},
    [OPTION_FORMAT] = {"format", "NAME",
                       "cat: csv (default) or jsonl; schema: powercenter, "
                       "postgres,\n" HELP_INDENT "duckdb, snowflake, "
                       "bigquery, redshift, spark, jsonschema",
                       BIT(VERB_CAT) | BIT(VERB_SCHEMA), 0},
    [OPTION_NO_HEADER] = {"no-header", NULL, "leave out the header",
                          BIT(VERB_CAT), 0},
    [OPTION_PART] = {"part", "PART", "this part of it alone, such as table or "
                     "load", BIT(VERB_SCHEMA), 0},
    [OPTION_TABLE] = {"table", "NAME",
                      "its name there (default: that of the dataset)",
                      BIT(VERB_SCHEMA), 0},
    [OPTION_LOCATION] = {"location", "DIR|URL",
                         "where a run's files lie (default: the job's "
                         "OUT/latest)", BIT(VERB_SCHEMA), 0},
    [OPTION_OUT_DIR] = {"out-dir", "DIR",
                        "write the parts of all datasets as files here",
                        BIT(VERB_SCHEMA), 0},
    [OPTION_REPOSITORY] = {"repository", "NAME",
                           "PowerCenter's, which the source is imported into",
                           BIT(VERB_SCHEMA), 0},
    [OPTION_FOLDER] = {"folder", "NAME", "and the folder in it",
                       BIT(VERB_SCHEMA), 0},
    [OPTION_REPOSITORY_VERSION] = {"repository-version", "V",
                                   "of PowerCenter's repository, as an "
                                   "export\n" HELP_INDENT "of yours has it",
                                   BIT(VERB_SCHEMA), 0},
    [OPTION_JSON] = {"json", NULL, "one JSON document instead of text",
                     BIT(VERB_EXPLAIN) | BIT(VERB_CHECK) |
                         BIT(VERB_STATUS) | ACCOUNT_VERBS, 0},
    [OPTION_VIA] = {"via", "NAME", "which API: admin, adminhub or directory",
                    ACCOUNT_VERBS, 0},
    [OPTION_ACCOUNTS] = {"accounts", "FILE",
                         "more account ids, one a line; \"-\": stdin",
                         ACCOUNT_VERBS, 0, true},
    [OPTION_MYSELF] = {"myself", "ID|none",
                       "your own account, which is never changed",
                       ACCOUNT_VERBS, 0, true},
    [OPTION_APPLY] = {"apply", NULL, "send what is otherwise only shown",
                      ACCOUNT_VERBS, 0, true},
    [OPTION_YES] = {"yes", NULL, "do not ask before sending", ACCOUNT_VERBS,
                    0, true},
    [OPTION_MAX_AGE] = {"max-age", "DURATION",
                        "exit 65 when the newest run is older, or none is "
                        "there", BIT(VERB_STATUS), 0},
    [OPTION_KEEP] = {"keep", "N", "so many of the newest runs stay",
                     BIT(VERB_CLEAN), 0},
    [OPTION_OLDER_THAN] = {"older-than", "DURATION",
                           "and all that are younger, such as 30d",
                           BIT(VERB_CLEAN), 0},
    [OPTION_DRY_RUN] = {"dry-run", NULL, "only tell what would be removed",
                        BIT(VERB_CLEAN), 0},
    [OPTION_QUIET] = {"quiet", NULL, "only warnings and errors", ALL_VERBS,
                      'q'},
    [OPTION_VERBOSE] = {"verbose", NULL, "every request", ALL_VERBS, 'v'},
    [OPTION_LOG_FORMAT] = {"log-format", "text|json", "form of log lines",
                           ALL_VERBS, 0},
    [OPTION_COLOR] = {"color", "auto|never|always", "colour of log lines",
                      ALL_VERBS, 0},
    [OPTION_HELP] = {"help", NULL, "this text", ALL_VERBS, 'h'},
    [OPTION_VERSION] = {"version", NULL, "version of rollcall and libraries",
                        ALL_VERBS, 0},
};

static const char *const exit_codes =
    "Exit codes: 0 published, or published already; 64 usage; 65 data not\n"
    "trustworthy, nothing published; 66 input file missing; 69 source or\n"
    "target unavailable; 70 bug; 73 cannot create output; 74 cannot write; 75 try\n"
    "later; 77 authentication or permission; 78 job or mapping wrong; 129,\n"
    "130, 143 ended by SIGHUP, SIGINT, SIGTERM.\n";

const char *cli_verb_name(enum cli_verb verb)
{
    return verbs[verb].name;
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
        nearest_offer(&nearest, verbs[i].name);
        if (strcmp(verbs[i].name, text) == 0) {
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
        nearest_offer(&nearest, options[i].name);
        if (strcmp(options[i].name, name) == 0)
            return i;
    }
    return unknown("option --", name, &nearest, err);
}

static int find_letter(char letter, struct error *err)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (options[i].letter == letter && letter != 0)
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
        return error_set(err, ERROR_USAGE, "--%s: more than %zu",
                         options[option].name, most);
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
                         options[option].name);
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
    if (options[option].argument == NULL) {
        if (value != NULL)
            return error_set(err, ERROR_USAGE, "--%s: takes no value",
                             options[option].name);
        return set_option(cli, option, "1", err);
    }
    if (value == NULL && *i + 1 < argc)
        value = argv[++*i];
    if (value == NULL || *value == '\0')
        return error_set(err, ERROR_USAGE, "--%s: needs a value (%s)",
                         options[option].name, options[option].argument);
    return set_option(cli, option, value, err);
}

static int take_word(struct cli *cli, const char *text, struct error *err)
{
    if (cli->verb == VERB_NONE)
        return find_verb(text, &cli->verb, err);
    if (cli->operand_count == CLI_OPERANDS_MAX)
        return error_set(err, ERROR_USAGE, "too many operands");
    cli->operands[cli->operand_count++] = text;
    return 0;
}

/* "as-of" -> "ROLLCALL_AS_OF". */
static const char *from_environment(int option)
{
    char name[ENV_NAME_MAX];
    const char *value;

    snprintf(name, sizeof(name), "ROLLCALL_%s", options[option].name);
    for (char *p = name; *p != '\0'; p++)
        *p = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
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
    error_set(err, ERROR_USAGE, "the environment variable for --%s is neither "
              "yes nor no: \"%s\"", options[option].name, value);
    return error_hint(err, "set it to 1 or 0");
}

static int take_environment(struct cli *cli, struct error *err)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        const char *value;

        if ((options[i].verbs & BIT(cli->verb)) == 0 || i == OPTION_HELP ||
            i == OPTION_VERSION || options[i].typed_only ||
            cli->values[i] != NULL)
            continue;
        value = from_environment(i);
        if (value == NULL)
            continue;
        if (i == OPTION_MAPPING) {
            if (add_value(cli, i, value, err) != 0)
                return -1;
        } else if (options[i].argument == NULL) {
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
            (options[i].verbs & BIT(cli->verb)) == 0)
            return error_set(err, ERROR_USAGE, "--%s: not for \"%s\"",
                             options[i].name, verbs[cli->verb].name);
    }
    if (cli->operand_count < verbs[cli->verb].least)
        return error_set(err, ERROR_USAGE, "%s: needs %s",
                         verbs[cli->verb].name, verbs[cli->verb].operands);
    if (cli->operand_count > verbs[cli->verb].most)
        return error_set(err, ERROR_USAGE, "%s: \"%s\" is one operand too "
                         "many", verbs[cli->verb].name,
                         cli->operands[verbs[cli->verb].most]);
    return 0;
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
    if (cli->values[OPTION_HELP] != NULL ||
        cli->values[OPTION_VERSION] != NULL)
        return 0;
    return check(cli, err) != 0 ? -1 : take_environment(cli, err);
}

static void help_options(enum cli_verb verb, FILE *out)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        char left[48], letter[5] = "    ";

        if (verb != VERB_NONE && (options[i].verbs & BIT(verb)) == 0)
            continue;
        if (options[i].letter != 0)
            snprintf(letter, sizeof(letter), "-%c, ", options[i].letter);
        snprintf(left, sizeof(left), "%s--%s%s%s", letter, options[i].name,
                 options[i].argument != NULL ? " " : "",
                 options[i].argument != NULL ? options[i].argument : "");
        fprintf(out, "  %-30s %s\n", left, options[i].help);
    }
}

void cli_help(enum cli_verb verb, FILE *out)
{
    if (verb != VERB_NONE) {
        fprintf(out, "rollcall %s %s%s[OPTIONS]\n  %s\n\nOptions:\n",
                verbs[verb].name, verbs[verb].operands,
                *verbs[verb].operands != '\0' ? " " : "",
                verbs[verb].summary);
        help_options(verb, out);
        return;
    }
    fputs("rollcall: inactive Atlassian users and who changed them last, as "
          "files you can trust\n\nUsage: rollcall COMMAND [OPTIONS]\n\n"
          "Commands:\n", out);
    for (int i = VERB_NONE + 1; i < VERB_COUNT; i++)
        fprintf(out, "  %-10s %-13s %s\n", verbs[i].name, verbs[i].operands,
                verbs[i].summary);
    fputs("\nOptions (--as-of can be the environment variable ROLLCALL_AS_OF, and "
          "so each\nbut --accept-guard, --as, --accounts, --myself, --apply and "
          "--yes):\n", out);
    help_options(VERB_NONE, out);
    fprintf(out, "\n%s", exit_codes);
}
