#include "command.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "command_result.h"
#include "command_sites.h"
#include "deliver.h"
#include "guard.h"
#include "prepare.h"
#include "run.h"

enum { RESULT_BYTES_MAX = 256 * 1024 };

struct extraction {
    struct run_result run;
    struct deliver_result deliveries;
    uint64_t warnings; /* of the run */
    bool delivering; /* the run is published; what fails now is not the run */
};

static const char *status_of(const struct extraction *extraction,
                             const struct error *err)
{
    if (err->kind != ERROR_NONE)
        return extraction->delivering ? "undelivered" : "failed";
    return extraction->run.already ? "already" : "published";
}

/* The final line for schedulers; the same members on success and failure. A
 * run that could not be delivered is published all the same. */
static void write_result(struct buf *out, const struct prepared *prepared,
                         const struct extraction *extraction, int code,
                         const struct error *err)
{
    const struct run_result *result = &extraction->run;
    bool failed = err->kind != ERROR_NONE && !extraction->delivering;
    struct jsonw w;

    jsonw_init(&w, out, 0);
    jsonw_object(&w, NULL);
    jsonw_text(&w, "status", status_of(extraction, err));
    jsonw_int(&w, "exit", code);
    jsonw_text_or_null(&w, "run", prepared != NULL ? prepared->run_id : NULL);
    if (prepared != NULL)
        jsonw_instant(&w, "as_of", prepared->as_of);
    jsonw_text_or_null(&w, "dir", failed ? NULL : result->dir);
    summary_json(failed || result->already ? NULL : &result->summary, &w);
    if (extraction->deliveries.count > 0)
        command_put_deliveries(&w, &extraction->deliveries);
    command_put_error(&w, err);
    jsonw_object_end(&w);
    buf_putc(out, '\n');
}

/* For machines a line each dataset; what a person reads is a block of text. */
static void log_datasets(const struct command *command,
                         const struct run_result *result)
{
    const struct summary *summary = &result->summary;

    for (size_t i = 0; i < summary->dataset_count; i++)
        log_line(command->log, LOG_INFO, "published", "%s: %" PRIu64
                 " rows, %" PRIu64 " refused; %s", summary->datasets[i].name,
                 summary->datasets[i].rows, summary->datasets[i].rejected,
                 result->dir);
}

static void summarise(const struct command *command,
                      const struct run_result *result)
{
    struct buf text;

    if (result->already) {
        log_line(command->log, LOG_INFO, "already", "%s is published already",
                 result->dir);
        return;
    }
    if (command->log->json) {
        log_datasets(command, result);
        return;
    }
    buf_init(&text, SUMMARY_TEXT_MAX);
    summary_text(&result->summary, result->dir, &text);
    if (buf_ok(&text))
        log_text(command->log, LOG_INFO, text.data);
    buf_release(&text);
}

/* The result is told even when the run failed; failing to tell it makes a
 * successful run fail, because the scheduler would not know. */
static int tell(const struct command *command,
                const struct prepared *prepared,
                const struct extraction *extraction, struct error *err)
{
    struct error told = {0};
    struct buf text;
    int outcome;

    buf_init(&text, RESULT_BYTES_MAX);
    write_result(&text, prepared, extraction, command_exit_code(command, err),
                 err);
    outcome = command_put_result(command, &text, &told);
    buf_release(&text);
    if (outcome != 0 && err->kind == ERROR_NONE)
        *err = told;
    return outcome;
}

/* After the state has learnt from the run. What is replayed is tried out, and
 * nobody downstream waits for that; nor for one of the sites that come
 * together. */
static int deliver(const struct command *command,
                   const struct prepared *prepared,
                   struct extraction *extraction, struct error *err)
{
    const struct deliver_options options = {
        .job = &prepared->setup.job,
        .out_dir = prepared->setup.out_dir,
        .run_id = prepared->run_id,
        .allow_commands = prepared->allow_commands,
        .log = command->log,
        .stop = command->stop,
    };

    if (prepared->setup.job.target_count == 0 ||
        (prepared->setup.job.site != NULL &&
         prepared->setup.job.output.sites == SITES_TOGETHER))
        return 0;
    if (prepared->replay != NULL ||
        command->cli->values[OPTION_NO_DELIVER] != NULL) {
        log_line(command->log, LOG_INFO, "deliver", "left to rollcall deliver "
                 "%s%s", prepared->run_id,
                 prepared->replay != NULL ? ", for this run was replayed" : "");
        return 0;
    }
    extraction->delivering = true;
    return deliver_run(&options, &extraction->deliveries, err);
}

static int run(const struct command *command, const struct prepared *prepared,
               const struct command_gate *gate, struct extraction *extraction,
               struct error *err)
{
    struct signature_key *key = NULL;
    struct run_options options = {
        .setup = &prepared->setup,
        .as_of = prepared->as_of,
        .run_id = prepared->run_id,
        .backfill = prepared->backfill,
        .full = command->cli->values[OPTION_FULL] != NULL,
        .force = command->cli->values[OPTION_FORCE] != NULL,
        .accept_guards = command->cli->accept_guards,
        .allow_commands = prepared->allow_commands,
        .record = prepared->record,
        .replay = prepared->replay,
        .ready = gate != NULL ? gate->ready : NULL,
        .ready_context = gate != NULL ? gate->context : NULL,
        .log = command->log,
        .screen = command->screen,
        .stop = command->stop,
    };
    int outcome;

    if (prepare_sign_key(command, &prepared->setup.job, &key, err) != 0)
        return -1;
    options.sign_key = key;
    command->log->run_id = prepared->run_id;
    command->log->warnings = &extraction->warnings;
    outcome = run_extract(&options, &extraction->run, err);
    extraction->run.summary.warnings = extraction->warnings;
    if (outcome == 0) {
        summarise(command, &extraction->run);
        outcome = deliver(command, prepared, extraction, err);
    }
    command->log->run_id = NULL;
    command->log->warnings = NULL;
    signature_key_free(key);
    return outcome;
}

int command_extract_one(const struct command *command,
                        struct prepared *prepared,
                        const struct command_gate *gate, struct error *err)
{
    struct extraction *extraction = calloc(1, sizeof(*extraction));
    int outcome = -1;

    if (extraction == NULL) {
        prepared_free(prepared);
        return error_no_memory(err);
    }
    if (prepared != NULL) {
        if (prepared->setup.job.site != NULL)
            snprintf(command->log->site, sizeof(command->log->site), "%s",
                     prepared->setup.job.site);
        outcome = run(command, prepared, gate, extraction, err);
    }
    if (tell(command, prepared, extraction, err) != 0)
        outcome = -1;
    deliver_release(&extraction->deliveries);
    prepared_free(prepared);
    free(extraction);
    return outcome;
}

int command_extract(const struct command *command, struct error *err)
{
    struct prepared *prepared = NULL;

    if (guard_check_names(command->cli->accept_guards, err) == 0)
        prepared = prepare(command, err);
    if (prepared != NULL && setup_has_sites(&prepared->setup))
        return command_extract_sites(command, prepared, err);
    return command_extract_one(command, prepared, NULL, err);
}
