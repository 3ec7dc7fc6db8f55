#include "command.h"

#include <stdio.h>

#include "inquiry.h"
#include "prepare.h"
#include "put.h"

static int check_mapping(const struct prepared *prepared, struct error *err)
{
    const struct mapping *first = prepared->setup.mappings;

    if (prepared->setup.mapping_count == 1 && first->rules.grain == GRAIN_EVENT) {
        error_set(err, ERROR_USAGE, "explain: \"%s\" is a mapping of events, "
                  "and explain is about the row of an account",
                  first->rules.schema.name);
        return error_hint(err, "name a mapping of users with --mapping, such "
                          "as inactive_users; the rows of events explain "
                          "themselves: rollcall cat --dataset %s",
                          first->rules.schema.name);
    }
    if (prepared->setup.mapping_count == 1)
        return 0;
    error_set(err, ERROR_USAGE, "explain: the job has %zu mappings",
              prepared->setup.mapping_count);
    return error_hint(err, "name the one to explain with --mapping");
}

static int tell(const struct command *command, const struct inquiry *inquiry,
                struct error *err)
{
    bool json = command->cli->values[OPTION_JSON] != NULL;
    struct buf text;
    int result;

    buf_init(&text, INQUIRY_BYTES_MAX);
    result = json ? inquiry_json(inquiry, &text, err)
                  : inquiry_text(inquiry, &text, err);
    if (result == 0)
        result = put_text(&text, err);
    buf_release(&text);
    return result;
}

int command_explain(const struct command *command, struct error *err)
{
    struct prepared *prepared = prepare(command, err);
    struct inquiry *inquiry = NULL;
    int result = -1;

    if (prepared == NULL)
        return -1;
    if (check_mapping(prepared, err) == 0) {
        const struct inquiry_options options = {
            .setup = &prepared->setup,
            .as_of = prepared->as_of,
            .run_id = prepared->run_id,
            .asked = command->cli->operands[0],
            .allow_commands = prepared->allow_commands,
            .replay = prepared->replay,
            .log = command->log,
            .stop = command->stop,
        };

        inquiry = inquiry_run(&options, err);
        if (inquiry != NULL)
            result = tell(command, inquiry, err);
    }
    inquiry_free(inquiry);
    prepared_free(prepared);
    return result;
}
