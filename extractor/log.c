#include "log.h"

#include <stdarg.h>

#include "instant.h"
#include "utf8.h"

enum { LOG_MESSAGE_MAX = 2048 };

static const struct {
    const char *name;
    const char *padded;
    const char *color;
} levels[] = {
    [LOG_ERROR] = {"error", "error", "\033[31m"},
    [LOG_WARN] = {"warn", "warn ", "\033[33m"},
    [LOG_INFO] = {"info", "info ", ""},
    [LOG_DEBUG] = {"debug", "debug", "\033[2m"},
};

/* Writes one character, and returns how many bytes of the text it took. Control
 * characters, those above ASCII too, would let a server's text forge lines or
 * drive the terminal; what is no UTF-8 would make the JSON none, and a message
 * may have been cut in the middle of a character. */
static size_t put_character(FILE *out, const char *text, bool json)
{
    unsigned char c = (unsigned char)*text;
    size_t length = utf8_length(text);

    if (length == 0) {
        fputs(json ? "\\ufffd" : "?", out);
        return 1;
    }
    if (c == '\n' && !json)
        fputs("\n    ", out);
    else if (c < 0x20 || c == 0x7f)
        fprintf(out, "\\u%04x", c);
    else if (c == 0xc2 && (unsigned char)text[1] < 0xa0)
        fprintf(out, "\\u%04x", (unsigned char)text[1]);
    else if (json && (c == '"' || c == '\\'))
        fprintf(out, "\\%c", c);
    else
        fwrite(text, 1, length, out);
    return length;
}

static void put_escaped(FILE *out, const char *text, bool json)
{
    while (*text != '\0')
        text += put_character(out, text, json);
}

static void put_json(const struct log *log, const char *time,
                     enum log_level level, const char *event,
                     const char *message)
{
    fprintf(log->out, "{\"ts\":\"%s\",\"level\":\"%s\",\"event\":\"%s\"", time,
            levels[level].name, event);
    if (log->run_id != NULL)
        fprintf(log->out, ",\"run\":\"%s\"", log->run_id);
    if (log->site[0] != '\0')
        fprintf(log->out, ",\"site\":\"%s\"", log->site);
    fputs(",\"message\":\"", log->out);
    put_escaped(log->out, message, true);
    fputs("\"}\n", log->out);
}

static void put_text(const struct log *log, const char *time,
                     enum log_level level, const char *event,
                     const char *message)
{
    const char *color = log->color ? levels[level].color : "";

    if (log->terminal)
        fprintf(log->out, "%s%s: %s: ", color, levels[level].name, event);
    else
        fprintf(log->out, "%s%s %s %s ", color, time, levels[level].padded,
                event);
    if (log->site[0] != '\0')
        fprintf(log->out, "%s: ", log->site);
    put_escaped(log->out, message, false);
    fputs(*color != '\0' ? "\033[0m\n" : "\n", log->out);
}

static void around(const struct log *log, bool before)
{
    if (log->around != NULL)
        log->around(log->around_context, before);
}

void log_text(const struct log *log, enum log_level level, const char *text)
{
    if (level > log->level || log->json)
        return;
    around(log, true);
    fputs(text, log->out);
    around(log, false);
    fflush(log->out);
}

void log_line(const struct log *log, enum log_level level, const char *event,
              const char *format, ...)
{
    char message[LOG_MESSAGE_MAX], time[INSTANT_TEXT_MAX];
    int64_t now = clock_wall(&log->clock);
    va_list args;

    if (level == LOG_WARN && log->warnings != NULL)
        ++*log->warnings;
    if (level > log->level)
        return;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    instant_rfc3339(now - now % INSTANT_SECOND, time);
    around(log, true);
    if (log->json)
        put_json(log, time, level, event, message);
    else
        put_text(log, time, level, event, message);
    around(log, false);
    fflush(log->out);
}
