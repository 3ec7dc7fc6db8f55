#include "cli_texts.h"

#include <stddef.h>

const struct cli_pair cli_exit_codes[] = {
    {"0", "published, or published already; other commands: done"},
    {"64", "command line wrong, or nobody said yes"},
    {"65", "data not trustworthy; nothing published"},
    {"66", "an input file or account is missing"},
    {"69", "source or target unavailable after all retries"},
    {"70", "a bug in rollcall, or out of memory"},
    {"73", "output cannot be created"},
    {"74", "output cannot be written"},
    {"75", "try later: locked, or the time to run is spent"},
    {"77", "authentication or permission"},
    {"78", "job, mapping or source definition wrong"},
    {"129", "ended by SIGHUP; nothing published"},
    {"130", "ended by SIGINT; nothing published"},
    {"143", "ended by SIGTERM; nothing published"},
    {NULL, NULL},
};

const struct cli_pair cli_variables[] = {
    {"ROLLCALL_MAPPINGS",
     "a folder of mappings, looked into after the job's own mappings/ and "
     "before those that came with the program"},
    {"NO_COLOR", "set to anything: log lines have no colour"},
    {NULL, NULL},
};

const struct cli_pair cli_topics[] = {
    {"exit-codes", "what each exit code means"},
    {"environment", "the environment variables that are read"},
    {"job", "every key of the job file, with its default"},
    {"man", "the manual page rollcall(1), for man"},
    {"man-job", "the manual page rollcall-job(5), for man"},
    {NULL, NULL},
};

const struct cli_example cli_first_steps[] = {
    {"rollcall init", "ask a few questions and write rollcall.json"},
    {"rollcall check -c rollcall.json", "can everything be reached and read?"},
    {"rollcall extract -c rollcall.json", "read, and publish below out/"},
    {"rollcall verify out/latest", "prove what was published"},
    {"rollcall cat out/latest", "its rows"},
    {NULL, NULL},
};

#define EXAMPLES(...)                                                          \
    (const struct cli_example[])                                               \
    {                                                                          \
        __VA_ARGS__                                                            \
        {                                                                      \
            NULL, NULL                                                         \
        }                                                                      \
    }

const struct cli_verb_text cli_verb_texts[VERB_COUNT] = {
    [VERB_INIT] =
        {"Asks on a terminal for what a job needs and writes it, with "
         "comments, mode 0600; each answer may be an option instead, and "
         "without a terminal those that have no default must be. A secret is "
         "a reference, never asked for or written: env:NAME (the default is "
         "env:JIRA_API_TOKEN), file:PATH or command:PROGRAM ARGUMENTS. The "
         "job is read back as a run would read it before it is kept.",
         EXAMPLES({"rollcall init", "ask everything"},
                  {"rollcall init --url https://acme.atlassian.net --user "
                   "svc@acme.com", "the shortest without a terminal"},
                  {"rollcall init --url https://acme.atlassian.net --access "
                   "bearer --check",
                   "a token without a user; then check it"}, )},
    [VERB_EXTRACT] =
        {"Reads every account and every audit record the job's mappings ask "
         "for, and publishes files and a manifest by one rename; or publishes "
         "nothing and says why. The last line on stdout is one JSON object "
         "for a scheduler. The same run id again does nothing.",
         EXAMPLES({"rollcall extract -c /srv/rollcall/rollcall.json --quiet",
                   "every night, by a scheduler"},
                  {"rollcall extract --as-of 2026-11-23T02:00:00Z --force",
                   "one run again, though it is published"},
                  {"rollcall extract --from 2026-05-01 --to 2026-06-01",
                   "a month of the logs that was missed"},
                  {"rollcall extract --record pages/",
                   "keep every answer, to replay it"}, )},
    [VERB_PLAN] = {"Tells which requests extract would make, for which spans "
                   "of time, which files it would write, and how long that "
                   "takes at least. It asks nobody and needs no secret.",
                   EXAMPLES({"rollcall plan -c rollcall.json",
                             "what tonight's run would do"},
                            {"rollcall plan --mapping all_users --out /tmp/x",
                             "another mapping, another place"}, )},
    [VERB_CHECK] = {"Asks every source one or two small questions and every "
                    "target of a delivery one: can it be reached and read, how "
                    "far does a log go back, what is a token lacking. Each "
                    "failure has a cure. It changes nothing.",
                    EXAMPLES({"rollcall check -c rollcall.json",
                              "a table of verdicts"},
                             {"rollcall check --json", "one document"}, )},
    [VERB_VERIFY] = {"Reads a published run anew and compares every byte, "
                     "row, key and order with its manifest. PATH is the "
                     "folder of a run, or latest.",
                     EXAMPLES(
                         {"rollcall verify out/latest", "the newest run"},
                         {"rollcall verify --public-key audit.pub out/latest",
                          "and who signed it"}, )},
    [VERB_CAT] = {"Writes the rows of a published dataset to stdout, its parts "
                  "one after another with one header.",
                  EXAMPLES({"rollcall cat out/latest", "CSV, as published"},
                           {"rollcall cat out/latest --format jsonl "
                            "--dataset inactive_users",
                            "one dataset of several"},
                           {"rollcall cat out/latest --no-header",
                            "for PowerCenter's input type Command"}, )},
    [VERB_REPORT] = {"Makes one HTML page of a published run: figures, charts, "
                     "what changed since the run before, and all rows to "
                     "search and sort. It needs no network and can be mailed; "
                     "with --mask it names nobody.",
                     EXAMPLES({"rollcall report out/latest",
                               "report-RUNID.html in this folder"},
                              {"rollcall report out/latest --mask --output "
                               "report.html",
                               "a page to pass on"}, )},
    [VERB_EXPLAIN] = {"Reads the sources for one account and tells the events "
                      "behind its row and the rule that chose each value.",
                      EXAMPLES({"rollcall explain 5b10ac8d82e05b22cc7d4ef5",
                                "why the row says what it says"},
                               {"rollcall explain --replay pages/ "
                                "5b10ac8d82e05b22cc7d4ef5",
                                "from a recording, asking nobody"}, )},
    [VERB_ACTIVATE] = {"Shows what would be sent to turn the accounts on; "
                       "sends it with --apply alone, and then reads back "
                       "whether it worked.",
                       EXAMPLES({"rollcall activate --via admin "
                                 "5b10ac8d82e05b22cc7d4ef5",
                                 "only show it"},
                                {"rollcall activate --via admin --apply "
                                 "5b10ac8d82e05b22cc7d4ef5",
                                 "do it, after asking"}, )},
    [VERB_DEACTIVATE] = {"Shows what would be sent to turn the accounts off; "
                         "sends it with --apply alone, and then reads back "
                         "whether it worked. Your own account is never "
                         "changed.",
                         EXAMPLES({"rollcall deactivate --via admin "
                                   "5b10ac8d82e05b22cc7d4ef5",
                                   "only show it"},
                                  {"rollcall deactivate --via admin "
                                   "--accounts leavers.txt --apply --yes "
                                   "--json",
                                   "a list, unattended"}, )},
    [VERB_STATUS] = {"Tells of published runs, how far each log is read, who "
                     "holds the lock, and what is odd. It asks nobody.",
                     EXAMPLES({"rollcall status", "of the job's output"},
                              {"rollcall status --max-age 26h",
                               "exit 65 when last night's run is missing"}, )},
    [VERB_CLEAN] = {"Removes published runs beyond those that are kept; never "
                    "the newest, nor what rollcall did not make.",
                    EXAMPLES(
                        {"rollcall clean --keep 30 --dry-run", "what would go"},
                        {"rollcall clean --keep 7 --older-than 30d",
                         "a week of runs, and all of a month"}, )},
    [VERB_DELIVER] = {"Brings a published run to the targets of the job, and "
                      "what is there already is not sent again.",
                      EXAMPLES({"rollcall deliver latest",
                                "after a target was down"}, )},
    [VERB_SCHEMA] = {"Writes table definitions, source definitions and load "
                     "statements for the datasets of the job in a system's "
                     "own words.",
                     EXAMPLES({"rollcall schema --format postgres --mapping "
                               "inactive_users",
                               "tables, and how to fill them"},
                              {"rollcall schema --format powercenter "
                               "--out-dir xml",
                               "files to import"}, )},
    [VERB_MERGE] = {"Makes one run of the runs of several sites. Each is "
                    "verified first; every dataset gets a first column site, "
                    "named by the run, its folder or --as.",
                    EXAMPLES({"rollcall merge out/acme/latest "
                              "out/beta/latest --out out",
                              "what \"output\": {\"sites\": \"together\"} "
                              "does"}, )},
    [VERB_HELP] = {"TOPIC is a command, or exit-codes, environment or job; "
                   "man and man-job write the manual pages in the language "
                   "of man.",
                   EXAMPLES({"rollcall help extract", "as extract --help"},
                            {"rollcall help job", "every key of the job"}, )},
    [VERB_COMPLETION] =
        {"Writes a script that completes commands, options, words, files and "
         "names of mappings. With mappings or actions it lists those names, "
         "which is what the scripts ask for.",
         EXAMPLES({"rollcall completion bash", "source it from ~/.bashrc"},
                  {"rollcall completion zsh",
                   "a file _rollcall in a folder of fpath"},
                  {"rollcall completion fish",
                   "~/.config/fish/completions/rollcall.fish"}, )},
};
