#include "command_result.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "put.h"
#include "sink.h"

enum {
    RESULT_FILE_MODE = 0600,
    EXIT_BY_SIGNAL = 128 /* plus its number, as shells have it */
};

int command_exit_code(const struct command *command, const struct error *err)
{
    if (err->kind == ERROR_INTERRUPTED && *command->stop != 0)
        return EXIT_BY_SIGNAL + *command->stop;
    return error_exit_code(err);
}

enum error_kind command_kind_of(int code)
{
    static const int stops[] = {SIGHUP, SIGINT, SIGTERM};

    for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++) {
        if (code == EXIT_BY_SIGNAL + stops[i])
            return ERROR_TRY_LATER;
    }
    for (int kind = ERROR_NONE + 1; kind < ERROR_KIND_COUNT; kind++) {
        const struct error error = {.kind = (enum error_kind)kind};

        if (error_exit_code(&error) == code)
            return error.kind;
    }
    return ERROR_BUG;
}

static int write_result_file(const char *path, const struct buf *text,
                             struct error *err)
{
    char folder[PATH_MAX], name[PATH_MAX];
    int fd, result;

    if (strlen(path) >= sizeof(folder)) {
        error_set(err, ERROR_CANT_CREATE,
                  "--result-json: the path is "
                  "too long");
        return error_hint(err, "choose a shorter path");
    }
    memcpy(folder, path, strlen(path) + 1);
    memcpy(name, path, strlen(path) + 1);
    fd = open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return error_system(err, ERROR_CANT_CREATE, errno,
                            "--result-json: cannot open the folder of %s",
                            path);
    result = write_whole_file(fd, basename(name), text->data, text->len,
                              RESULT_FILE_MODE, err);
    close(fd);
    return result;
}

int command_put_result(const struct command *command, const struct buf *text,
                       struct error *err)
{
    const char *path = command->cli->values[OPTION_RESULT_JSON];

    if (path != NULL && buf_ok(text) && write_result_file(path, text, err) != 0)
        return -1;
    return put_text(text, err);
}

void command_put_error(struct jsonw *w, const struct error *err)
{
    if (err->kind == ERROR_NONE)
        return;
    jsonw_text(w, "error", error_kind_name(err->kind));
    jsonw_text(w, "message", err->text);
    jsonw_text_or_null(w, "hint", err->hint[0] ? err->hint : NULL);
}

void command_put_merged(struct jsonw *w, const struct merge_result *result)
{
    jsonw_array(w, "datasets");
    for (size_t i = 0; i < result->dataset_count; i++) {
        jsonw_object(w, NULL);
        jsonw_text(w, "name", result->datasets[i].name);
        jsonw_int(w, "rows", (int64_t)result->datasets[i].rows);
        jsonw_int(w, "rejected", (int64_t)result->datasets[i].rejected);
        jsonw_object_end(w);
    }
    jsonw_array_end(w);
}

void command_log_merged(const struct command *command,
                        const struct merge_result *result)
{
    if (result->already)
        log_line(command->log, LOG_INFO, "already", "%s is published already",
                 result->dir);
    for (size_t i = 0; i < result->dataset_count; i++)
        log_line(command->log, LOG_INFO, "published", "%s: %llu rows of all "
                 "sites; %s", result->datasets[i].name,
                 (unsigned long long)result->datasets[i].rows, result->dir);
}

void command_put_deliveries(struct jsonw *w,
                            const struct deliver_result *result)
{
    static const char *const types[] = {[TARGET_S3] = "s3",
                                        [TARGET_AZURE] = "azure",
                                        [TARGET_SFTP] = "sftp",
                                        [TARGET_DIR] = "dir"};

    jsonw_array(w, "deliveries");
    for (size_t i = 0; i < result->count; i++) {
        const struct deliver_outcome *outcome = &result->outcomes[i];

        jsonw_object(w, NULL);
        jsonw_text(w, "target", outcome->target->name);
        jsonw_text(w, "type", types[outcome->target->type]);
        jsonw_text(w, "to", outcome->address);
        jsonw_text(w, "verdict", deliver_verdict_word(outcome->verdict));
        jsonw_int(w, "files", (int64_t)outcome->files);
        jsonw_int(w, "sent", (int64_t)outcome->sent);
        jsonw_int(w, "bytes", (int64_t)outcome->sent_bytes);
        command_put_error(w, &outcome->error);
        jsonw_object_end(w);
    }
    jsonw_array_end(w);
}
