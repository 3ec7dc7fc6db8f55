#include "command.h"
#include "put.h"

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
    const char *public = command->cli->values[OPTION_PUBLIC_KEY];
    struct verify_summary summary = {0};
    struct signature_key *key = NULL;
    int result;

    if (public != NULL) {
        key = seal_load_public(public, err);
        if (key == NULL)
            return error_prefix(err, "--public-key");
    }
    result = verify_run(command->cli->operands[0], key, print_finding,
                        command->log, &summary, err);
    signature_key_free(key);
    if (result != 0 && summary.findings == 0)
        return -1;
    if (summary.missing > 0)
        log_line(command->log, LOG_WARN, "verify", "the run lacks %" PRIu64
                 " of its sites, as its manifest says", summary.missing);
    printf("{\"status\":\"%s\",\"run\":\"%s\",\"parts\":%" PRIu64
           ",\"rows\":%" PRIu64 ",\"findings\":%" PRIu64
           ",\"missing\":%" PRIu64 "}\n",
           result == 0 ? "verified" : "failed", summary.run_id, summary.parts,
           summary.rows, summary.findings, summary.missing);
    return put_flush(err) != 0 ? -1 : result;
}

int command_cat(const struct command *command, struct error *err)
{
    const struct cli *cli = command->cli;
    const struct cat_options options = {
        .dataset = cli->values[OPTION_DATASET],
        .format = cli->values[OPTION_FORMAT],
        .header = cli->values[OPTION_NO_HEADER] == NULL,
    };

    /* A reader that has enough, such as head, is no error to tell of. */
    signal(SIGPIPE, SIG_DFL);
    return cat_run(cli->operands[0], &options, STDOUT_FILENO, err);
}
