#include "command.h"

#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guard.h"
#include "jsonw.h"
#include "prepare.h"
#include "run.h"
#include "sink.h"

enum {
    RESULT_BYTES_MAX = 64 * 1024,
    RESULT_FILE_MODE = 0600,
    EXIT_BY_SIGNAL = 128 /* plus its number, as shells have it */
};

/* What a shell will see of this run; main ends by the signal that came. */
static int exit_code(const struct command *command, const struct error *err)
{
    if (err->kind == ERROR_INTERRUPTED && *command->stop != 0)
        return EXIT_BY_SIGNAL + *command->stop;
    return error_exit_code(err);
}

/* The final line for schedulers; the same members on success and failure. */
static void write_result(struct buf *out, const struct prepared *prepared,
                         const struct run_result *result, int code,
                         const struct error *err)
{
    bool failed = err->kind != ERROR_NONE;
    struct jsonw w;

    jsonw_init(&w, out, 0);
    jsonw_object(&w, NULL);
    jsonw_text(&w, "status",
               failed ? "failed" : result->already ? "already" : "published");
    jsonw_int(&w, "exit", code);
    jsonw_text_or_null(&w, "run", prepared != NULL ? prepared->run_id : NULL);
    if (prepared != NULL)
        jsonw_instant(&w, "as_of", prepared->as_of);
    jsonw_text_or_null(&w, "dir", failed ? NULL : result->dir);
    jsonw_array(&w, "datasets");
    for (size_t i = 0; !failed && i < result->dataset_count; i++) {
        jsonw_object(&w, NULL);
        jsonw_text(&w, "name", result->datasets[i].name);
        jsonw_int(&w, "rows", (int64_t)result->datasets[i].rows);
        jsonw_int(&w, "rejected", (int64_t)result->datasets[i].rejected);
        jsonw_object_end(&w);
    }
    jsonw_array_end(&w);
    if (failed) {
        jsonw_text(&w, "error", error_kind_name(err->kind));
        jsonw_text(&w, "message", err->text);
        jsonw_text_or_null(&w, "hint", err->hint[0] ? err->hint : NULL);
    }
    jsonw_object_end(&w);
    buf_putc(out, '\n');
}

static int write_result_file(const char *path, const struct buf *text,
                             struct error *err)
{
    char folder[PATH_MAX], name[PATH_MAX];
    int fd, result;

    if (strlen(path) >= sizeof(folder))
        return error_set(err, ERROR_CANT_CREATE, "--result-json: the path is "
                         "too long");
    memcpy(folder, path, strlen(path) + 1);
    memcpy(name, path, strlen(path) + 1);
    fd = open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return error_set(err, ERROR_CANT_CREATE, "--result-json: cannot open "
                         "the folder of %s", path);
    result = write_whole_file(fd, basename(name), text->data, text->len,
                              RESULT_FILE_MODE, err);
    close(fd);
    return result;
}

static void summarise(const struct command *command,
                      const struct run_result *result)
{
    if (result->already) {
        log_line(command->log, LOG_INFO, "already", "%s is published already",
                 result->dir);
        return;
    }
    for (size_t i = 0; i < result->dataset_count; i++) {
        const struct run_dataset *dataset = &result->datasets[i];
        char unknown[64] = "";

        if (dataset->is_changes) {
            log_line(command->log, LOG_INFO, "published", "%s: %" PRIu64
                     " rows; %s", dataset->name, dataset->rows, result->dir);
            continue;
        }
        if (dataset->has_unknown)
            snprintf(unknown, sizeof(unknown),
                     " %" PRIu64 " of them with nobody named,",
                     dataset->unknown);
        log_line(command->log, LOG_INFO, "published", "%s: %" PRIu64 " rows,%s"
                 " %" PRIu64 " refused; %" PRIu64 " accounts, %" PRIu64
                 " requests; %s", dataset->name, dataset->rows, unknown,
                 dataset->rejected, result->users, result->requests,
                 result->dir);
    }
}

/* The result is told even when the run failed; failing to tell it makes a
 * successful run fail, because the scheduler would not know. */
static int tell(const struct command *command,
                const struct prepared *prepared,
                const struct run_result *result, struct error *err)
{
    const char *path = command->cli->values[OPTION_RESULT_JSON];
    struct error told = {0};
    struct buf text;
    int outcome = 0;

    buf_init(&text, RESULT_BYTES_MAX);
    write_result(&text, prepared, result, exit_code(command, err), err);
    if (!buf_ok(&text)) /* nothing is better than half of it */
        outcome = error_no_memory(&told);
    else if (path != NULL)
        outcome = write_result_file(path, &text, &told);
    if (outcome == 0 &&
        (fwrite(text.data, 1, text.len, stdout) != text.len ||
         fflush(stdout) != 0))
        outcome = error_set(&told, ERROR_IO, "cannot write to stdout");
    buf_release(&text);
    if (outcome != 0 && err->kind == ERROR_NONE)
        *err = told;
    return outcome;
}

int command_extract(const struct command *command, struct error *err)
{
    struct run_result *result = calloc(1, sizeof(*result));
    struct prepared *prepared = NULL;
    int outcome = -1;

    if (result == NULL)
        return error_no_memory(err);
    if (guard_check_names(command->cli->accept_guards, err) == 0)
        prepared = prepare(command, err);
    if (prepared != NULL) {
        const struct run_options options = {
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
            .log = command->log,
            .stop = command->stop,
        };

        command->log->run_id = prepared->run_id;
        outcome = run_extract(&options, result, err);
        if (outcome == 0)
            summarise(command, result);
        command->log->run_id = NULL;
    }
    if (tell(command, prepared, result, err) != 0)
        outcome = -1;
    prepared_free(prepared);
    free(result);
    return outcome;
}
