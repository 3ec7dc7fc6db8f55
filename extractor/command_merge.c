#include <stdlib.h>

#include "command.h"
#include "command_result.h"
#include "merge.h"
#include "prepare.h"

enum { RESULT_BYTES_MAX = 256 * 1024 };

static int read_inputs(const struct cli *cli, struct merge_input *inputs,
                       struct error *err)
{
    size_t named = 0;

    while (cli->as[named] != NULL)
        named++;
    if (named != 0 && named != cli->operand_count) {
        error_set(err, ERROR_USAGE, "--as: names %zu sites, and there are %zu "
                  "runs", named, cli->operand_count);
        return error_hint(err, "give one for each run, in their order, or "
                               "none at all");
    }
    for (size_t i = 0; i < cli->operand_count; i++)
        inputs[i] = (struct merge_input){.path = cli->operands[i],
                                         .site = cli->as[i]};
    return 0;
}

static int tell(const struct command *command,
                const struct merge_result *result, const struct error *err,
                struct error *told)
{
    bool failed = err->kind != ERROR_NONE;
    struct buf text;
    struct jsonw w;
    int outcome;

    buf_init(&text, RESULT_BYTES_MAX);
    jsonw_init(&w, &text, 0);
    jsonw_object(&w, NULL);
    jsonw_text(&w, "status", failed            ? "failed"
                             : result->already ? "already"
                                               : "published");
    jsonw_int(&w, "exit", command_exit_code(command, err));
    jsonw_text_or_null(&w, "run",
                       result->run_id[0] != '\0' ? result->run_id : NULL);
    if (result->run_id[0] != '\0')
        jsonw_instant(&w, "as_of", result->as_of);
    jsonw_text_or_null(&w, "dir", failed ? NULL : result->dir);
    command_put_merged(&w, result);
    command_put_error(&w, err);
    jsonw_object_end(&w);
    buf_putc(&text, '\n');
    outcome = command_put_result(command, &text, told);
    buf_release(&text);
    return outcome;
}

static int merge(const struct command *command,
                 const struct output_place *place, struct merge_result *result,
                 struct error *err)
{
    struct merge_input inputs[CLI_OPERANDS_MAX];
    const struct cli *cli = command->cli;
    struct signature_key *key = NULL;
    struct merge_options options = {
        .inputs = inputs,
        .input_count = cli->operand_count,
        .out_dir = place->out_dir,
        .run_id = cli->values[OPTION_RUN_ID],
        .job = place->has_job ? &place->job : NULL,
        .replace = cli->values[OPTION_FORCE] != NULL,
        .log = command->log,
        .stop = command->stop,
    };
    int outcome;

    if (read_inputs(cli, inputs, err) != 0)
        return -1;
    if (prepare_sign_key(command, options.job, &key, err) != 0)
        return -1;
    options.sign_key = key;
    outcome = merge_runs(&options, result, err);
    signature_key_free(key);
    return outcome;
}

int command_merge(const struct command *command, struct error *err)
{
    struct output_place place = {0};
    struct merge_result result = {0};
    struct error told = {0};
    int outcome = prepare_place(&place, command, err);

    if (outcome == 0)
        outcome = merge(command, &place, &result, err);
    if (outcome == 0)
        command_log_merged(command, &result);
    if (tell(command, &result, err, &told) != 0 && outcome == 0) {
        *err = told;
        outcome = -1;
    }
    merge_result_release(&result);
    prepare_place_free(&place);
    return outcome;
}
