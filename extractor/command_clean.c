#include "command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clean.h"
#include "instant.h"
#include "jsonw.h"
#include "prepare.h"
#include "put.h"
#include "units.h"

enum { CLEAN_TEXT_MAX = 64 * 1024 * 1024, KEEP_DIGITS_MAX = 6 };

static int read_keep(const struct command *command, size_t *keep,
                     struct error *err)
{
    const char *text = command->cli->values[OPTION_KEEP];

    if (text == NULL) {
        error_set(err, ERROR_USAGE, "clean: needs --keep N");
        return error_hint(err, "so many of the newest runs stay");
    }
    *keep = 0;
    if (strlen(text) <= KEEP_DIGITS_MAX &&
        strspn(text, "0123456789") == strlen(text))
        *keep = (size_t)strtoul(text, NULL, 10);
    if (*keep >= 1)
        return 0;
    return error_set(err, ERROR_USAGE, "--keep: \"%s\" is no number from 1 to "
                     "999999", text);
}

static int read_age(const struct command *command, int64_t *ms,
                    struct error *err)
{
    const char *text = command->cli->values[OPTION_OLDER_THAN];

    if (text == NULL || units_duration(text, ms) == 0)
        return 0;
    error_set(err, ERROR_USAGE, "--older-than: \"%s\" is no duration", text);
    return error_hint(err, "write 30d, 12h and the like");
}

static void tell_item(const struct command *command, const struct clean *clean,
                      const struct clean_item *item)
{
    const char *verb = clean->options.dry_run ? "would remove" : "removed";
    char as_of[INSTANT_TEXT_MAX];

    if (item->kind == CLEAN_SKIPPED) {
        log_line(command->log, LOG_WARN, "clean", "%s: left alone: %s",
                 item->name, item->reason);
        return;
    }
    if (!item->removed && !clean->options.dry_run)
        return;
    instant_rfc3339(item->as_of, as_of);
    if (item->kind == CLEAN_RUN)
        log_line(command->log, LOG_INFO, "clean", "%s %s, as of %s, %" PRIu64
                 " bytes", verb, item->name, as_of, item->bytes);
    else
        log_line(command->log, LOG_INFO, "clean", "%s %s", verb, item->name);
}

/* Names of one kind: what was removed, or in a dry run would be. */
static void put_names(struct jsonw *w, const char *member,
                      const struct clean *clean, enum clean_kind kind)
{
    jsonw_array(w, member);
    for (size_t i = 0; i < clean->count; i++) {
        const struct clean_item *item = &clean->items[i];

        if (item->kind == kind && (item->removed || clean->options.dry_run ||
                                   kind == CLEAN_SKIPPED))
            jsonw_text(w, NULL, item->name);
    }
    jsonw_array_end(w);
}

static int tell(const struct clean *clean, const struct error *outcome,
                struct error *err)
{
    bool failed = outcome->kind != ERROR_NONE;
    struct buf text;
    struct jsonw w;
    int result = 0;

    buf_init(&text, CLEAN_TEXT_MAX);
    jsonw_init(&w, &text, 0);
    jsonw_object(&w, NULL);
    jsonw_text(&w, "status", failed ? "failed"
                             : clean->options.dry_run ? "dry_run"
                                                      : "cleaned");
    jsonw_int(&w, "exit", error_exit_code(outcome));
    jsonw_int(&w, "kept", (int64_t)clean->kept);
    put_names(&w, "removed", clean, CLEAN_RUN);
    put_names(&w, "leftovers", clean, CLEAN_LEFTOVER);
    put_names(&w, "done_files", clean, CLEAN_DONE);
    put_names(&w, "left_alone", clean, CLEAN_SKIPPED);
    jsonw_object_end(&w);
    buf_putc(&text, '\n');
    if (put_text(&text, err) != 0)
        result = -1;
    buf_release(&text);
    return result;
}

static int clean_out(const struct command *command,
                     const struct clean_options *options, struct error *err)
{
    struct clean clean;
    int result = clean_plan(&clean, options, err);

    if (result == 0) {
        struct error told = {0};

        result = clean_apply(&clean, err);
        for (size_t i = 0; i < clean.count; i++)
            tell_item(command, &clean, &clean.items[i]);
        if (tell(&clean, err, &told) != 0 && result == 0) {
            *err = told;
            result = -1;
        }
    }
    clean_release(&clean);
    return result;
}

int command_clean(const struct command *command, struct error *err)
{
    struct clean_options options = {
        .dry_run = command->cli->values[OPTION_DRY_RUN] != NULL,
        .log = command->log,
        .stop = command->stop,
    };
    struct output_place place;
    int result;

    if (read_keep(command, &options.keep, err) != 0 ||
        read_age(command, &options.older_than_ms, err) != 0 ||
        prepare_as_of(command, &options.now, err) != 0 ||
        prepare_place(&place, command, err) != 0)
        return -1;
    options.out_dir = place.out_dir;
    result = clean_out(command, &options, err);
    prepare_place_free(&place);
    return result;
}
