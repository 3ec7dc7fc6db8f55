#include "command.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "verify.h"

static void print_finding(void *context, const char *file, const char *text)
{
    const struct log *log = context;

    log_line(log, LOG_ERROR, "finding", "%s: %s", file, text);
}

int command_verify(const struct command *command, struct error *err)
{
    struct verify_summary summary = {0};
    int result = verify_run(command->cli->operands[0], print_finding,
                            command->log, &summary, err);

    if (result != 0 && summary.findings == 0)
        return -1;
    if (summary.missing > 0)
        log_line(command->log, LOG_WARN, "verify", "the run lacks %" PRIu64
                 " of its sites, as its manifest says", summary.missing);
    if (printf("{\"status\":\"%s\",\"run\":\"%s\",\"parts\":%" PRIu64
               ",\"rows\":%" PRIu64 ",\"findings\":%" PRIu64
               ",\"missing\":%" PRIu64 "}\n",
               result == 0 ? "verified" : "failed", summary.run_id,
               summary.parts, summary.rows, summary.findings,
               summary.missing) < 0 ||
        fflush(stdout) != 0)
        return error_set(err, ERROR_IO, "cannot write to stdout");
    return result;
}

static int check_format(const char *format, struct error *err)
{
    if (format == NULL || strcmp(format, "csv") == 0 ||
        strcmp(format, "jsonl") == 0)
        return 0;
    return error_set(err, ERROR_USAGE, "--format: \"%s\" is none of its "
                     "values", format);
}

int command_cat(const struct command *command, struct error *err)
{
    const struct cli *cli = command->cli;
    const struct cat_options options = {
        .dataset = cli->values[OPTION_DATASET],
        .format = cli->values[OPTION_FORMAT],
        .header = cli->values[OPTION_NO_HEADER] == NULL,
    };

    if (check_format(options.format, err) != 0)
        return -1;
    /* A reader that has enough, such as head, is no error to tell of. */
    signal(SIGPIPE, SIG_DFL);
    return cat_run(cli->operands[0], &options, STDOUT_FILENO, err);
}
