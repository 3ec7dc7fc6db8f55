#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "cli_table.h"
#include "cli_texts.h"
#include "job.h"
#include "target.h"

enum { WORDS_MAX = 48, HELP_MAX = 64 * 1024 };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const variables[] = {
    "ROLLCALL_JOB",    "ROLLCALL_MAPPING", "ROLLCALL_OUT",   "ROLLCALL_AS_OF",
    "ROLLCALL_RUN_ID", "ROLLCALL_FORCE",   "ROLLCALL_QUIET", "ROLLCALL_FORMAT",
    "ROLLCALL_HELP",   "ROLLCALL_VERSION", "ROLLCALL_COLOR"};

static int setup(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(variables); i++)
        unsetenv(variables[i]);
    return 0;
}

/* A command line as one text, words apart by one blank; "~" is an empty
 * word. */
struct line {
    char text[256];
    char *argv[WORDS_MAX + 2];
    int argc;
    struct cli cli;
    struct error err;
};

static int parse(struct line *line, const char *text)
{
    char *rest = line->text, *word;

    memset(line, 0, sizeof(*line));
    snprintf(line->text, sizeof(line->text), "%s", text);
    line->argv[line->argc++] = (char *)(uintptr_t) "rollcall";
    while ((word = strsep(&rest, " ")) != NULL && *text != '\0') {
        assert_true(line->argc < WORDS_MAX);
        if (strcmp(word, "~") == 0)
            *word = '\0';
        line->argv[line->argc++] = word;
    }
    return cli_parse(&line->cli, line->argc, line->argv, &line->err);
}

static const struct {
    const char *line;
    enum cli_verb verb;
    enum cli_option option; /* that must have this value; NULL: none given */
    const char *value;
    size_t operands;
} good[] = {
    {"extract", VERB_EXTRACT, OPTION_JOB, NULL, 0},
    {"extract -c job.json", VERB_EXTRACT, OPTION_JOB, "job.json", 0},
    {"extract -cjob.json", VERB_EXTRACT, OPTION_JOB, "job.json", 0},
    {"extract --job job.json", VERB_EXTRACT, OPTION_JOB, "job.json", 0},
    {"extract --job=job.json", VERB_EXTRACT, OPTION_JOB, "job.json", 0},
    {"extract --job=a=b", VERB_EXTRACT, OPTION_JOB, "a=b", 0},
    {"--job job.json extract", VERB_EXTRACT, OPTION_JOB, "job.json", 0},
    {"extract --as-of 2026-11-23T02:00:00Z --force", VERB_EXTRACT, OPTION_FORCE,
     "1", 0},
    {"extract --accept-guard zero_rows --accept-guard min_users", VERB_EXTRACT,
     OPTION_ACCEPT_GUARD, "min_users", 0},
    {"extract --run-id R1", VERB_EXTRACT, OPTION_RUN_ID, "R1", 0},
    {"extract --result-json -", VERB_EXTRACT, OPTION_RESULT_JSON, "-", 0},
    {"init --url u --check", VERB_INIT, OPTION_URL, "u", 0},
    {"init --formats=csv,jsonl --force", VERB_INIT, OPTION_FORMATS,
     "csv,jsonl", 0},
    {"plan -q", VERB_PLAN, OPTION_QUIET, "1", 0},
    {"check -v --out dir", VERB_CHECK, OPTION_OUT, "dir", 0},
    {"verify out/latest", VERB_VERIFY, OPTION_QUIET, NULL, 1},
    {"verify -- --odd", VERB_VERIFY, OPTION_QUIET, NULL, 1},
    {"verify -", VERB_VERIFY, OPTION_QUIET, NULL, 1},
    {"cat out --format jsonl", VERB_CAT, OPTION_FORMAT, "jsonl", 1},
    {"cat --no-header --dataset d out", VERB_CAT, OPTION_DATASET, "d", 1},
    {"explain 5b10", VERB_EXPLAIN, OPTION_JSON, NULL, 1},
    {"explain --json 5b10 -c j", VERB_EXPLAIN, OPTION_JSON, "1", 1},
    {"deactivate a b --via admin", VERB_DEACTIVATE, OPTION_VIA, "admin", 2},
    {"activate --via x --apply --yes a", VERB_ACTIVATE, OPTION_APPLY, "1", 1},
    {"activate --accounts -", VERB_ACTIVATE, OPTION_ACCOUNTS, "-", 0},
    {"status --json --max-age 26h", VERB_STATUS, OPTION_MAX_AGE, "26h", 0},
    {"clean --keep 7 --older-than=30d", VERB_CLEAN, OPTION_OLDER_THAN, "30d",
     0},
    {"clean --keep 7 --dry-run", VERB_CLEAN, OPTION_DRY_RUN, "1", 0},
    {"--help", VERB_NONE, OPTION_HELP, "1", 0},
    {"-h", VERB_NONE, OPTION_HELP, "1", 0},
    {"--version", VERB_NONE, OPTION_VERSION, "1", 0},
    {"cat --help", VERB_CAT, OPTION_HELP, "1", 0},
    {"help", VERB_HELP, OPTION_HELP, NULL, 0},
    {"help extract", VERB_HELP, OPTION_HELP, NULL, 1},
    {"completion zsh", VERB_COMPLETION, OPTION_HELP, NULL, 1},
};

static void good_lines(void **state)
{
    struct line line;

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        const char *value;

        if (parse(&line, good[i].line) != 0)
            fail_msg("%s: %s", good[i].line, line.err.text);
        assert_int_equal(line.cli.verb, good[i].verb);
        assert_int_equal(line.cli.operand_count, good[i].operands);
        value = line.cli.values[good[i].option];
        if ((value == NULL) != (good[i].value == NULL))
            fail_msg("%s: %s", good[i].line, value);
        if (value != NULL)
            assert_string_equal(value, good[i].value);
    }
}

static const struct {
    const char *line;
    const char *text; /* part of the error's text or hint */
} bad[] = {
    {"", "no command"},
    {"-v", "no command"},
    {"extrct", "did you mean extract?"},
    {"frobnicate", "see rollcall --help"},
    {"Extract", "unknown command"},
    {"~", "unknown command"},
    {"extract --foce", "did you mean --force?"},
    {"extract --forc", "did you mean --force?"},
    {"extract --xyzzy", "unknown option --xyzzy"},
    {"extract --=x", "unknown option"},
    {"extract -x", "unknown option -x"},
    {"extract -1", "unknown option -1"},
    {"extract --job", "--job: needs a value (FILE)"},
    {"extract -c", "--job: needs a value"},
    {"extract --job=", "--job: needs a value"},
    {"extract --job ~", "--job: needs a value"},
    {"extract --force=yes", "--force: takes no value"},
    {"extract -qx", "--quiet: takes no value"},
    {"extract --force --force", "--force: given twice"},
    {"extract -c a --job b", "--job: given twice"},
    {"extract --as-of a --as-of a", "--as-of: given twice"},
    {"extract now", "\"now\" is one operand too many"},
    {"plan --force", "--force: not for \"plan\""},
    {"verify out --job j", "--job: not for \"verify\""},
    {"cat out --mapping m", "--mapping: not for \"cat\""},
    {"check --run-id r", "--run-id: not for \"check\""},
    {"clean --keep 7 --keep 8", "--keep: given twice"},
    {"extract --keep 7", "--keep: not for \"extract\""},
    {"plan --accept-guard x", "--accept-guard: not for \"plan\""},
    {"extract --url u", "--url: not for \"extract\""},
    {"init rollcall.json", "\"rollcall.json\" is one operand too many"},
    {"status out", "\"out\" is one operand too many"},
    {"verify", "verify: needs PATH"},
    {"cat", "cat: needs PATH"},
    {"cat a b", "\"b\" is one operand too many"},
    {"explain", "explain: needs ACCOUNT_ID"},
    {"explain a b", "\"b\" is one operand too many"},
    {"extract --json", "--json: not for \"extract\""},
    {"verify -- a b", "\"b\" is one operand too many"},
    {"cat 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17",
     "\"2\" is one operand too many"},
    {"extract --apply", "--apply: not for \"extract\""},
    {"check --yes", "--yes: not for \"check\""},
    {"explain a --via admin", "--via: not for \"explain\""},
    {"cat out --format jsonll", "did you mean \"jsonl\"?"},
    {"cat out --format postgres", "expected one of csv, jsonl"},
    {"schema --format csv", "--format: unknown word \"csv\""},
    {"schema --format postgrse", "did you mean \"postgres\"?"},
    {"schema --format spark --part tabel", "did you mean \"table\"?"},
    {"plan --color allways", "did you mean \"always\"?"},
    {"plan --log-format=xml", "expected one of text, json"},
    {"completion bsh", "did you mean \"bash\"?"},
    {"completion", "completion: needs WHAT"},
    {"help a b", "\"b\" is one operand too many"},
    {"deactivate a --out o", "--out: not for \"deactivate\""},
};

static void bad_lines(void **state)
{
    struct line line;

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (parse(&line, bad[i].line) != -1)
            fail_msg("%s: taken", bad[i].line);
        assert_int_equal(line.err.kind, ERROR_USAGE);
        if (strstr(line.err.text, bad[i].text) == NULL &&
            strstr(line.err.hint, bad[i].text) == NULL)
            fail_msg("%s: %s; %s", bad[i].line, line.err.text, line.err.hint);
    }
}

/* A word that came from the environment is looked at too. */
static void words_of_the_environment(void **state)
{
    struct line line;

    (void)state;
    setenv("ROLLCALL_COLOR", "blue", 1);
    assert_int_equal(parse(&line, "plan"), -1);
    assert_non_null(strstr(line.err.text, "--color: unknown word"));
    setenv("ROLLCALL_COLOR", "always", 1);
    assert_int_equal(parse(&line, "plan"), 0);
    assert_int_equal(cli_word(&line.cli, OPTION_COLOR), 2);
    assert_int_equal(cli_word(&line.cli, OPTION_LOG_FORMAT), 0);
}

/* The words of schema are the systems there are, and all of their parts. */
static void systems_and_parts(void **state)
{
    const char *const *systems = cli_words(OPTION_FORMAT, VERB_SCHEMA);
    const char *const *parts = cli_words(OPTION_PART, VERB_SCHEMA);
    char all[256] = "";

    (void)state;
    for (; *systems != NULL; systems++) {
        struct error err = {0};
        const struct target_format *format = target_find(*systems, &err);

        assert_non_null(format);
        snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s",
                 *all != '\0' ? "|" : "", *systems);
        for (const struct target_part *part = target_parts(format);
             part->name != NULL; part++) {
            const char *const *known = parts;

            while (*known != NULL && strcmp(*known, part->name) != 0)
                known++;
            assert_non_null(*known);
        }
    }
    assert_string_equal(all, target_names());
}

static void mappings_repeat(void **state)
{
    struct line line;

    (void)state;
    assert_int_equal(parse(&line, "extract --mapping a --mapping=b"), 0);
    assert_string_equal(line.cli.mappings[0], "a");
    assert_string_equal(line.cli.mappings[1], "b");
    assert_null(line.cli.mappings[2]);
    assert_int_equal(parse(&line, "extract"), 0);
    assert_null(line.cli.mappings[0]);
}

static void too_many_mappings(void **state)
{
    static char word[] = "--mapping=m", name[] = "rollcall", verb[] = "plan";
    char *argv[CLI_MAPPINGS_MAX + 4] = {name, verb};
    struct cli cli;
    struct error err = {0};

    (void)state;
    for (int i = 0; i <= CLI_MAPPINGS_MAX; i++)
        argv[2 + i] = word;
    assert_int_equal(cli_parse(&cli, CLI_MAPPINGS_MAX + 2, argv, &err), 0);
    assert_null(cli.mappings[CLI_MAPPINGS_MAX]);
    assert_int_equal(cli_parse(&cli, CLI_MAPPINGS_MAX + 3, argv, &err), -1);
    assert_int_equal(err.kind, ERROR_USAGE);
}

static void environment_fills_in(void **state)
{
    struct line line;

    (void)state;
    setenv("ROLLCALL_AS_OF", "2026-11-23", 1);
    setenv("ROLLCALL_MAPPING", "m", 1);
    setenv("ROLLCALL_FORCE", "1", 1);
    assert_int_equal(parse(&line, "extract"), 0);
    assert_string_equal(line.cli.values[OPTION_AS_OF], "2026-11-23");
    assert_string_equal(line.cli.mappings[0], "m");
    assert_null(line.cli.mappings[1]);
    assert_string_equal(line.cli.values[OPTION_FORCE], "1");
    assert_false(line.cli.on_command_line[OPTION_AS_OF]);
}

static void command_line_before_environment(void **state)
{
    struct line line;

    (void)state;
    setenv("ROLLCALL_JOB", "env.json", 1);
    setenv("ROLLCALL_MAPPING", "env", 1);
    assert_int_equal(parse(&line, "extract -c line.json --mapping line"), 0);
    assert_string_equal(line.cli.values[OPTION_JOB], "line.json");
    assert_true(line.cli.on_command_line[OPTION_JOB]);
    assert_string_equal(line.cli.mappings[0], "line");
    assert_null(line.cli.mappings[1]);
}

static void empty_variables_say_nothing(void **state)
{
    struct line line;

    (void)state;
    setenv("ROLLCALL_JOB", "", 1);
    setenv("ROLLCALL_QUIET", "", 1);
    assert_int_equal(parse(&line, "extract"), 0);
    assert_null(line.cli.values[OPTION_JOB]);
    assert_null(line.cli.values[OPTION_QUIET]);
}

/* A variable set for extract must not break verify. */
static void variables_of_other_verbs(void **state)
{
    struct line line;

    (void)state;
    setenv("ROLLCALL_JOB", "env.json", 1);
    setenv("ROLLCALL_FORCE", "1", 1);
    setenv("ROLLCALL_HELP", "1", 1);
    setenv("ROLLCALL_VERSION", "1", 1);
    assert_int_equal(parse(&line, "verify out"), 0);
    assert_null(line.cli.values[OPTION_JOB]);
    assert_null(line.cli.values[OPTION_HELP]);
    assert_null(line.cli.values[OPTION_VERSION]);
}

static void too_many_operands(void **state)
{
    static char word[] = "a", name[] = "rollcall", verb[] = "activate";
    char *argv[CLI_OPERANDS_MAX + 4] = {name, verb};
    struct cli cli;
    struct error err = {0};

    (void)state;
    for (int i = 0; i <= CLI_OPERANDS_MAX; i++)
        argv[2 + i] = word;
    assert_int_equal(cli_parse(&cli, CLI_OPERANDS_MAX + 2, argv, &err), 0);
    assert_int_equal(cli.operand_count, CLI_OPERANDS_MAX);
    assert_int_equal(cli_parse(&cli, CLI_OPERANDS_MAX + 3, argv, &err), -1);
    assert_non_null(strstr(err.text, "operands: at most"));
}

/* A stray variable must not send anything, nor to anyone. */
static void what_is_changed_is_typed(void **state)
{
    static const struct {
        const char *variable;
        enum cli_option option;
    } typed[] = {{"ROLLCALL_APPLY", OPTION_APPLY},
                 {"ROLLCALL_YES", OPTION_YES},
                 {"ROLLCALL_MYSELF", OPTION_MYSELF},
                 {"ROLLCALL_ACCOUNTS", OPTION_ACCOUNTS}};
    struct line line;

    (void)state;
    setenv("ROLLCALL_VIA", "admin", 1);
    for (size_t i = 0; i < COUNT(typed); i++)
        setenv(typed[i].variable, "1", 1);
    assert_int_equal(parse(&line, "deactivate a"), 0);
    assert_string_equal(line.cli.values[OPTION_VIA], "admin");
    for (size_t i = 0; i < COUNT(typed); i++) {
        assert_null(line.cli.values[typed[i].option]);
        unsetenv(typed[i].variable);
    }
    unsetenv("ROLLCALL_VIA");
}

/* --- help --------------------------------------------------------------- */

static const char *help_text(enum cli_verb verb, bool all)
{
    static char text[HELP_MAX];
    FILE *out = fmemopen(text, sizeof(text), "w");

    assert_non_null(out);
    cli_help(verb, all, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static const char *help(enum cli_verb verb)
{
    return help_text(verb, true);
}

/* init stands first in the help; its bit is the last, for it takes options
 * that no other verb does. */
#define INIT 0x80000000u

static unsigned bit(enum cli_verb verb)
{
    return verb == VERB_INIT ? INIT : 1u << (verb - VERB_EXTRACT);
}

static const struct {
    const char *name;
    unsigned verbs; /* INIT, and one bit each: extract plan check verify cat
                       explain activate deactivate status clean
                        deliver schema report help completion merge */
} documented[] = {
    {"--job FILE", 0x8fe7 | INIT},
    {"--mapping NAME|FILE", 0x827 | INIT},
    {"--site NAME", 0xfe7},
    {"--as NAME", 0x8000},
    {"--out DIR", 0x8727 | INIT},
    {"--as-of TIME", 0x327},
    {"--run-id ID", 0x8003},
    {"--force ", 0x8001 | INIT},
    {"--accept-guard NAME", 0x01},
    {"--max-age DURATION", 0x100},
    {"--keep N", 0x200},
    {"--older-than DURATION", 0x200},
    {"--dry-run ", 0x200},
    {"--record DIR", 0x01},
    {"--replay DIR", 0x21},
    {"--from TIME", 0x03},
    {"--to TIME", 0x03},
    {"--full ", 0x03},
    {"--no-deliver ", 1},
    {"--sign-key FILE", 0x8005},
    {"--public-key FILE", 8},
    {"--result-json FILE", 0x8401},
    {"--dataset NAME", 0x1810},
    {"--format NAME", 0x810},
    {"--part PART", 0x800},
    {"--table NAME", 0x800},
    {"--location DIR|URL", 0x800},
    {"--out-dir DIR", 0x800},
    {"--repository NAME", 0x800},
    {"--folder NAME", 0x800},
    {"--repository-version V", 0x800},
    {"--no-header ", 0x10},
    {"--json ", 0x1e4},
    {"--via NAME", 0xc0},
    {"--accounts FILE", 0xc0},
    {"--myself ID|none", 0xc0},
    {"--apply ", 0xc0},
    {"--yes ", 0xc0},
    {"--url URL", INIT},
    {"--access TYPE", INIT},
    {"--user EMAIL", INIT},
    {"--cookie NAME", INIT},
    {"--token-url URL", INIT},
    {"--client-id ID", INIT},
    {"--refresh-token REF", INIT},
    {"--secret REF", INIT},
    {"--organisation ID|none", INIT},
    {"--organisation-url URL", INIT},
    {"--organisation-secret REF", INIT},
    {"--formats LIST", INIT},
    {"--check ", INIT},
    {"--output FILE", 0x1000},
    {"--title TEXT", 0x1000},
    {"--mask ", 0x1000},
    {"--rows N|all", 0x1000},
    {"--quiet ", 0xffff | INIT},
    {"--verbose ", 0xffff | INIT},
    {"--log-format text|json", 0xffff | INIT},
    {"--color auto|never|always", 0xffff | INIT},
    {"--progress auto|never|always", 0xffff | INIT},
    {"--help ", 0xffff | INIT},
    {"--version ", 0xffff | INIT},
};

static void help_lists_every_option(void **state)
{
    (void)state;
    assert_int_equal(COUNT(documented), OPTION_COUNT);
    for (size_t i = 0; i < COUNT(documented); i++) {
        if (strstr(help(VERB_NONE), documented[i].name) == NULL)
            fail_msg("%s is not in the help", documented[i].name);
        for (enum cli_verb verb = VERB_INIT; verb < VERB_COUNT; verb++) {
            bool due = (documented[i].verbs & bit(verb)) != 0;

            if ((strstr(help(verb), documented[i].name) != NULL) != due)
                fail_msg("%s in the help of %s", documented[i].name,
                         cli_verb_name(verb));
        }
    }
}

static void help_lists_every_verb(void **state)
{
    (void)state;
    for (enum cli_verb verb = VERB_INIT; verb < VERB_COUNT; verb++) {
        char line[32];

        snprintf(line, sizeof(line), "\n  %s ", cli_verb_name(verb));
        assert_non_null(strstr(help(VERB_NONE), line));
        snprintf(line, sizeof(line), "rollcall %s ", cli_verb_name(verb));
        assert_non_null(strstr(help(verb), line));
    }
    assert_non_null(strstr(help(VERB_NONE), "Exit codes:"));
}

/* -h: one screen of a terminal; --help: no wider. */
static void help_fits_a_screen(void **state)
{
    (void)state;
    for (int i = 0; i < 2 * VERB_COUNT; i++) {
        enum cli_verb verb = (enum cli_verb)(i / 2);
        const char *text = help_text(verb, i % 2);
        int lines = 0;

        for (; *text != '\0'; text += strcspn(text, "\n") + 1, lines++) {
            if (strcspn(text, "\n") > 80)
                fail_msg("too wide: %.*s", (int)strcspn(text, "\n"), text);
        }
        if (i % 2 == 0 && lines > 24)
            fail_msg("-h of %s: %d lines", verb == VERB_NONE
                     ? "all" : cli_verb_name(verb), lines);
    }
}

/* A line of an example, as a shell would cut it at blanks. */
static void take_example(const struct cli_example *example, enum cli_verb verb)
{
    struct line line;

    assert_int_equal(strncmp(example->line, "rollcall ", 9), 0);
    if (parse(&line, example->line + 9) != 0)
        fail_msg("%s: %s", example->line, line.err.text);
    if (verb != VERB_NONE)
        assert_int_equal(line.cli.verb, verb);
}

static void examples_are_command_lines(void **state)
{
    (void)state;
    for (enum cli_verb verb = VERB_NONE + 1; verb < VERB_COUNT; verb++) {
        const struct cli_example *example = cli_verb_texts[verb].examples;

        assert_non_null(cli_verb_texts[verb].about);
        assert_non_null(example->line);
        for (; example->line != NULL; example++)
            take_example(example, verb);
    }
    for (const struct cli_example *example = cli_first_steps;
         example->line != NULL; example++)
        take_example(example, VERB_NONE);
}

static const char *topic(const char *name)
{
    static char text[HELP_MAX];
    FILE *out = fmemopen(text, sizeof(text), "w");
    struct error err = {0};

    assert_non_null(out);
    if (cli_help_topic(name, out, &err) != 0)
        fail_msg("%s: %s", name, err.text);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void every_topic_is_there(void **state)
{
    struct error err = {0};

    (void)state;
    for (const struct cli_pair *pair = cli_topics; pair->name != NULL; pair++)
        assert_true(strlen(topic(pair->name)) > 100);
    for (enum cli_verb verb = VERB_NONE + 1; verb < VERB_COUNT; verb++)
        assert_string_equal(topic(cli_verb_name(verb)), help(verb));
    assert_int_equal(cli_help_topic("jop", stdout, &err), -1);
    assert_int_equal(err.kind, ERROR_USAGE);
    assert_non_null(strstr(err.hint, "did you mean \"job\"?"));
}

/* The variables of the topic are those that the parser takes. */
static void the_environment_topic_is_true(void **state)
{
    (void)state;
    for (enum cli_option i = 0; i < OPTION_COUNT; i++) {
        char name[80] = "\n  ROLLCALL_";
        bool typed = cli_options[i].typed_only || i == OPTION_HELP ||
                     i == OPTION_VERSION;

        for (const char *p = cli_options[i].name; *p != '\0'; p++) {
            char one[2] = {*p == '-' ? '_' : (char)toupper((unsigned char)*p)};

            strcat(name, one);
        }
        strcat(name, " ");
        if ((strstr(topic("environment"), name) == NULL) != typed)
            fail_msg("%s", name);
    }
}

static void look_at_key(const struct job_key *key, void *context)
{
    size_t *count = context;

    (*count)++;
    if (key->help == NULL || key->type == NULL || *key->help == '\0' ||
        *key->type == '\0')
        fail_msg("%s has no help", key->path);
    if (strstr(topic("job"), key->path) == NULL)
        fail_msg("%s is not in the help", key->path);
}

static void every_job_key_is_told(void **state)
{
    size_t count = 0;

    (void)state;
    job_describe(look_at_key, &count);
    assert_true(count > 80);
}

/* A value that the option takes, with the first verb that has it. */
static const char *a_value(const char *name)
{
    for (enum cli_option i = 0; i < OPTION_COUNT; i++) {
        if (strcmp(cli_options[i].name, name) == 0 &&
            cli_options[i].words != NULL)
            return cli_options[i].words[0].words[0];
    }
    return "x";
}

/* What the help says an option takes is what the parser does. */
static void help_is_true(void **state)
{
    struct line line;

    (void)state;
    for (size_t i = 0; i < COUNT(documented); i++) {
        char text[64], name[32];
        size_t len = strcspn(documented[i].name, " ");
        bool flag = documented[i].name[len + 1] == '\0';
        const char *verb = documented[i].verbs & 0x01   ? "extract"
                           : documented[i].verbs & 0x08 ? "verify out"
                           : documented[i].verbs & 0x10 ? "cat out"
                           : documented[i].verbs & 0x20 ? "explain u"
                           : documented[i].verbs & 0x40 ? "activate u"
                           : documented[i].verbs & 0x100 ? "status"
                           : documented[i].verbs & 0x200 ? "clean"
                           : documented[i].verbs & 0x800 ? "schema"
                           : documented[i].verbs & 0x1000 ? "report r"
                           : documented[i].verbs & INIT   ? "init"
                                                          : "merge r";

        snprintf(name, sizeof(name), "%.*s", (int)len, documented[i].name);
        snprintf(text, sizeof(text), "%s %s%s%s", verb, name, flag ? "" : " ",
                 flag ? "" : a_value(name + 2));
        if (parse(&line, text) != 0)
            fail_msg("%s: %s", text, line.err.text);
    }
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(good_lines),
        TEST(bad_lines),
        TEST(words_of_the_environment),
        TEST(systems_and_parts),
        TEST(mappings_repeat),
        TEST(too_many_mappings),
        TEST(too_many_operands),
        TEST(what_is_changed_is_typed),
        TEST(environment_fills_in),
        TEST(command_line_before_environment),
        TEST(empty_variables_say_nothing),
        TEST(variables_of_other_verbs),
        TEST(help_lists_every_option),
        TEST(help_lists_every_verb),
        TEST(help_is_true),
        TEST(help_fits_a_screen),
        TEST(examples_are_command_lines),
        TEST(every_topic_is_there),
        TEST(the_environment_topic_is_true),
        TEST(every_job_key_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
