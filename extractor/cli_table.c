#include "cli_table.h"

enum {
    RUN_VERBS = BIT(VERB_EXTRACT) | BIT(VERB_PLAN) | BIT(VERB_CHECK),
    ASKING_VERBS = RUN_VERBS | BIT(VERB_EXPLAIN),
    ACCOUNT_VERBS = BIT(VERB_ACTIVATE) | BIT(VERB_DEACTIVATE),
    PLACE_VERBS = BIT(VERB_STATUS) | BIT(VERB_CLEAN), /* of an output */
    ALL_VERBS = ASKING_VERBS | ACCOUNT_VERBS | PLACE_VERBS | BIT(VERB_VERIFY) |
                BIT(VERB_CAT) | BIT(VERB_DELIVER) | BIT(VERB_SCHEMA) |
                BIT(VERB_REPORT) | BIT(VERB_HELP) | BIT(VERB_COMPLETION) |
                BIT(VERB_MERGE)
};

const char *const cli_group_names[CLI_GROUP_COUNT] = {
    [CLI_GROUP_JOB] = "Job and output", [CLI_GROUP_TIME] = "Time",
    [CLI_GROUP_RUN] = "This run",       [CLI_GROUP_DATASET] = "Dataset",
    [CLI_GROUP_ACCOUNTS] = "Accounts",  [CLI_GROUP_KEEPING] = "Which runs",
    [CLI_GROUP_MESSAGES] = "Messages",
};

static const char *const row_forms[] = {"csv", "jsonl", NULL};
static const char *const systems[] = {"powercenter", "postgres",   "duckdb",
                                      "snowflake",   "bigquery",   "redshift",
                                      "spark",       "jsonschema", NULL};
static const char *const part_names[] = {
    "table", "load", "schema", "source", "control", "format", "stage", NULL};
static const char *const log_forms[] = {"text", "json", NULL};
static const char *const completions[] = {"bash",     "zsh",     "fish",
                                          "mappings", "actions", NULL};
static const char *const when[] = {"auto", "never", "always", NULL};

static const struct cli_words formats[] = {
    {BIT(VERB_CAT), row_forms}, {BIT(VERB_SCHEMA), systems}, {0}};
static const struct cli_words parts[] = {{ALL_VERBS, part_names}, {0}};
static const struct cli_words log_formats[] = {{ALL_VERBS, log_forms}, {0}};
static const struct cli_words whens[] = {{ALL_VERBS, when}, {0}};

const struct cli_verb_row cli_verbs[VERB_COUNT] = {
    [VERB_EXTRACT] = {"extract", "", "run the job and publish", 0, 0},
    [VERB_PLAN] = {"plan", "",
                   "what extract would request and write; asks nothing", 0, 0},
    [VERB_CHECK] = {"check", "", "job, mapping, credentials and permissions", 0,
                    0},
    [VERB_VERIFY] = {"verify", "PATH",
                     "re-check everything a published run claims", 1, 1,
                     CLI_DIR},
    [VERB_CAT] = {"cat", "PATH", "rows of a dataset on stdout, all parts", 1, 1,
                  CLI_DIR},
    [VERB_REPORT] = {"report", "RUN", "one HTML page about a published run", 1,
                     1, CLI_DIR},
    [VERB_EXPLAIN] = {"explain", "ACCOUNT_ID",
                      "the events behind a row, and why it says so", 1, 1,
                      CLI_TEXT},
    [VERB_ACTIVATE] = {"activate", "ACCOUNT_ID...",
                       "turn accounts on; sends nothing without --apply", 0,
                       CLI_OPERANDS_MAX, CLI_TEXT},
    [VERB_DEACTIVATE] = {"deactivate", "ACCOUNT_ID...",
                         "turn accounts off; sends nothing without --apply", 0,
                         CLI_OPERANDS_MAX, CLI_TEXT},
    [VERB_STATUS] = {"status", "",
                     "published runs, logs read, lock, what is odd", 0, 0},
    [VERB_CLEAN] = {"clean", "", "remove old published runs", 0, 0},
    [VERB_DELIVER] = {"deliver", "RUN",
                      "bring a run, or latest, to the job's targets", 1, 1,
                      CLI_DIR},
    [VERB_SCHEMA] = {"schema", "", "what a system needs to load a dataset", 0,
                     0},
    [VERB_HELP] = {"help", "[TOPIC]", "a command, exit codes, variables, job",
                   0, 1, CLI_TOPIC},
    [VERB_COMPLETION] = {"completion", "WHAT",
                         "for bash, zsh or fish; or the names of mappings", 1,
                         1, CLI_WORD, completions},
    [VERB_MERGE] = {"merge", "RUN...",
                    "runs of several sites as one, with a column site", 1,
                    CLI_OPERANDS_MAX, CLI_DIR},
};

const struct cli_option_row cli_options[OPTION_COUNT] = {
    [OPTION_JOB] = {"job", "FILE", "job file (default: rollcall.json)",
                    ASKING_VERBS | ACCOUNT_VERBS | PLACE_VERBS |
                        BIT(VERB_DELIVER) | BIT(VERB_SCHEMA) |
                        BIT(VERB_MERGE),
                    CLI_GROUP_JOB, CLI_FILE, .letter = 'c'},
    [OPTION_MAPPING] = {"mapping", "NAME|FILE",
                        "mapping instead of the job's; may repeat",
                        ASKING_VERBS | BIT(VERB_SCHEMA), CLI_GROUP_JOB,
                        CLI_MAPPING},
    [OPTION_SITE] = {"site", "NAME", "only this one of the job's sites",
                     ASKING_VERBS | ACCOUNT_VERBS | PLACE_VERBS |
                         BIT(VERB_DELIVER) | BIT(VERB_SCHEMA),
                     CLI_GROUP_JOB, CLI_TEXT},
    [OPTION_AS] = {"as", "NAME", "site of a run, in their order; may repeat",
                   BIT(VERB_MERGE), CLI_GROUP_RUN, CLI_TEXT,
                   .typed_only = true},
    [OPTION_OUT] = {"out", "DIR", "output directory instead of the job's",
                    ASKING_VERBS | PLACE_VERBS | BIT(VERB_DELIVER) |
                        BIT(VERB_MERGE),
                    CLI_GROUP_JOB, CLI_DIR},
    [OPTION_AS_OF] = {"as-of", "TIME", "time the run stands for (default: now)",
                      ASKING_VERBS | PLACE_VERBS, CLI_GROUP_TIME, CLI_TIME},
    [OPTION_RUN_ID] = {"run-id", "ID",
                       "name of the run (default: made from --as-of)",
                       BIT(VERB_EXTRACT) | BIT(VERB_PLAN) | BIT(VERB_MERGE),
                       CLI_GROUP_RUN, CLI_TEXT},
    [OPTION_FORCE] = {"force", NULL,
                      "publish again even if the run id is published",
                      BIT(VERB_EXTRACT) | BIT(VERB_MERGE), CLI_GROUP_RUN,
                      CLI_NONE},
    [OPTION_ACCEPT_GUARD] = {"accept-guard", "NAME",
                             "publish though this guard trips; may repeat",
                             BIT(VERB_EXTRACT), CLI_GROUP_RUN, CLI_TEXT,
                             .typed_only = true},
    [OPTION_RECORD] = {"record", "DIR",
                       "keep every answer in this folder, gzipped",
                       BIT(VERB_EXTRACT), CLI_GROUP_RUN, CLI_DIR},
    [OPTION_REPLAY] = {"replay", "DIR",
                       "read those answers instead of the network",
                       BIT(VERB_EXTRACT) | BIT(VERB_EXPLAIN), CLI_GROUP_RUN,
                       CLI_DIR},
    [OPTION_FROM] = {"from", "TIME",
                     "read this span of the logs too, up to --to",
                     BIT(VERB_EXTRACT) | BIT(VERB_PLAN), CLI_GROUP_TIME,
                     CLI_TIME},
    [OPTION_TO] = {"to", "TIME", "end of the span, which is not part of it",
                   BIT(VERB_EXTRACT) | BIT(VERB_PLAN), CLI_GROUP_TIME,
                   CLI_TIME},
    [OPTION_FULL] = {"full", NULL,
                     "read the logs' whole lookback, whatever is known",
                     BIT(VERB_EXTRACT) | BIT(VERB_PLAN), CLI_GROUP_TIME,
                     CLI_NONE},
    [OPTION_NO_DELIVER] = {"no-deliver", NULL,
                           "publish only; deliver can be run later",
                           BIT(VERB_EXTRACT), CLI_GROUP_RUN, CLI_NONE},
    [OPTION_SIGN_KEY] = {"sign-key", "FILE",
                         "sign the manifest with this private key",
                         BIT(VERB_EXTRACT) | BIT(VERB_CHECK) | BIT(VERB_MERGE),
                         CLI_GROUP_RUN, CLI_FILE},
    [OPTION_PUBLIC_KEY] = {"public-key", "FILE",
                           "demand the manifest's signature by this key",
                           BIT(VERB_VERIFY), CLI_GROUP_RUN, CLI_FILE},
    [OPTION_RESULT_JSON] = {"result-json", "FILE",
                            "write the final JSON line here too",
                            BIT(VERB_EXTRACT) | BIT(VERB_DELIVER) |
                                BIT(VERB_MERGE),
                            CLI_GROUP_RUN, CLI_FILE},
    [OPTION_DATASET] = {"dataset", "NAME",
                        "which one (default: the only one; report: first)",
                        BIT(VERB_CAT) | BIT(VERB_SCHEMA) | BIT(VERB_REPORT),
                        CLI_GROUP_DATASET, CLI_TEXT},
    [OPTION_FORMAT] = {"format", "NAME",
                       "form of what is written (default of cat: csv)",
                       BIT(VERB_CAT) | BIT(VERB_SCHEMA), CLI_GROUP_DATASET,
                       CLI_WORD, .words = formats},
    [OPTION_NO_HEADER] = {"no-header", NULL, "leave out the header",
                          BIT(VERB_CAT), CLI_GROUP_DATASET, CLI_NONE},
    [OPTION_OUTPUT] = {"output", "FILE",
                       "the page (default: report-RUNID.html); \"-\": stdout",
                       BIT(VERB_REPORT), CLI_GROUP_DATASET, CLI_FILE},
    [OPTION_TITLE] = {"title", "TEXT", "heading of the page", BIT(VERB_REPORT),
                      CLI_GROUP_DATASET, CLI_TEXT},
    [OPTION_MASK] = {"mask", NULL, "codes instead of names, e-mails and ids",
                     BIT(VERB_REPORT), CLI_GROUP_DATASET, CLI_NONE},
    [OPTION_ROWS] = {"rows", "N|all",
                     "so many rows in its table (default: all)",
                     BIT(VERB_REPORT), CLI_GROUP_DATASET, CLI_TEXT},
    [OPTION_PART] = {"part", "PART", "this part of it alone", BIT(VERB_SCHEMA),
                     CLI_GROUP_DATASET, CLI_WORD, .words = parts},
    [OPTION_TABLE] = {"table", "NAME",
                      "its name there (default: that of the dataset)",
                      BIT(VERB_SCHEMA), CLI_GROUP_DATASET, CLI_TEXT},
    [OPTION_LOCATION] = {"location", "DIR|URL",
                         "where a run's files lie (default: OUT/latest)",
                         BIT(VERB_SCHEMA), CLI_GROUP_DATASET, CLI_PLACE},
    [OPTION_OUT_DIR] = {"out-dir", "DIR",
                        "write the parts of all datasets as files here",
                        BIT(VERB_SCHEMA), CLI_GROUP_DATASET, CLI_DIR},
    [OPTION_REPOSITORY] = {"repository", "NAME",
                           "PowerCenter's, to import into", BIT(VERB_SCHEMA),
                           CLI_GROUP_DATASET, CLI_TEXT},
    [OPTION_FOLDER] = {"folder", "NAME", "and the folder in it",
                       BIT(VERB_SCHEMA), CLI_GROUP_DATASET, CLI_TEXT},
    [OPTION_REPOSITORY_VERSION] = {"repository-version", "V",
                                   "of PowerCenter's, as its exports have it",
                                   BIT(VERB_SCHEMA), CLI_GROUP_DATASET,
                                   CLI_TEXT},
    [OPTION_JSON] = {"json", NULL, "one JSON document instead of text",
                     BIT(VERB_EXPLAIN) | BIT(VERB_CHECK) | BIT(VERB_STATUS) |
                         ACCOUNT_VERBS,
                     CLI_GROUP_MESSAGES, CLI_NONE},
    [OPTION_VIA] = {"via", "NAME", "which API: admin, adminhub or directory",
                    ACCOUNT_VERBS, CLI_GROUP_ACCOUNTS, CLI_ACTION},
    [OPTION_ACCOUNTS] = {"accounts", "FILE",
                         "more account ids, one a line; \"-\": stdin",
                         ACCOUNT_VERBS, CLI_GROUP_ACCOUNTS, CLI_FILE,
                         .typed_only = true},
    [OPTION_MYSELF] = {"myself", "ID|none",
                       "your own account, which is never changed",
                       ACCOUNT_VERBS, CLI_GROUP_ACCOUNTS, CLI_TEXT,
                       .typed_only = true},
    [OPTION_APPLY] = {"apply", NULL, "send what is otherwise only shown",
                      ACCOUNT_VERBS, CLI_GROUP_ACCOUNTS, CLI_NONE,
                      .typed_only = true},
    [OPTION_YES] = {"yes", NULL, "do not ask before sending", ACCOUNT_VERBS,
                    CLI_GROUP_ACCOUNTS, CLI_NONE, .typed_only = true},
    [OPTION_MAX_AGE] = {"max-age", "DURATION",
                        "exit 65 when there is no run so young",
                        BIT(VERB_STATUS), CLI_GROUP_KEEPING, CLI_DURATION},
    [OPTION_KEEP] = {"keep", "N", "so many of the newest runs stay",
                     BIT(VERB_CLEAN), CLI_GROUP_KEEPING, CLI_NUMBER},
    [OPTION_OLDER_THAN] = {"older-than", "DURATION",
                           "and all that are younger, such as 30d",
                           BIT(VERB_CLEAN), CLI_GROUP_KEEPING, CLI_DURATION},
    [OPTION_DRY_RUN] = {"dry-run", NULL, "only tell what would be removed",
                        BIT(VERB_CLEAN), CLI_GROUP_KEEPING, CLI_NONE},
    [OPTION_QUIET] = {"quiet", NULL, "only warnings and errors", ALL_VERBS,
                      CLI_GROUP_MESSAGES, CLI_NONE, .letter = 'q'},
    [OPTION_VERBOSE] = {"verbose", NULL, "every request", ALL_VERBS,
                        CLI_GROUP_MESSAGES, CLI_NONE, .letter = 'v'},
    [OPTION_LOG_FORMAT] = {"log-format", "text|json", "form of log lines",
                           ALL_VERBS, CLI_GROUP_MESSAGES, CLI_WORD,
                           .words = log_formats},
    [OPTION_COLOR] = {"color", "auto|never|always", "colour of log lines",
                      ALL_VERBS, CLI_GROUP_MESSAGES, CLI_WORD, .words = whens},
    [OPTION_PROGRESS] = {"progress", "auto|never|always",
                         "how far a run is, on the terminal", ALL_VERBS,
                         CLI_GROUP_MESSAGES, CLI_WORD, .words = whens},
    [OPTION_HELP] = {"help", NULL, "this text", ALL_VERBS, CLI_GROUP_MESSAGES,
                     CLI_NONE, .letter = 'h'},
    [OPTION_VERSION] = {"version", NULL, "version of rollcall and libraries",
                        ALL_VERBS, CLI_GROUP_MESSAGES, CLI_NONE},
};

const char *const *cli_words(enum cli_option option, enum cli_verb verb)
{
    const struct cli_words *set = cli_options[option].words;

    for (; set != NULL && set->words != NULL; set++) {
        if ((set->verbs & BIT(verb)) != 0)
            return set->words;
    }
    return NULL;
}
