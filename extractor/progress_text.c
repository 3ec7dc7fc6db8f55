/* How far a run is, in words: frames for a terminal, a line for a log. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "instant.h"
#include "progress.h"
#include "utf8.h"

enum {
    NAME_MAX_CELLS = 24,
    BAR_CELLS = 16,
    WIDTH_OF_PAGES = 64, /* narrower terminals do without pages, windows */
    WIDTH_OF_BAR = 100,  /* and these without a bar, */
    WIDTH_OF_BOTH = 140, /* which a wait leaves no room for here */
    RATE_TEXT_MAX = 48,
    WAIT_TEXT_MAX = 160,
    HEIGHT_MIN = 2,
    HOUR_SECONDS = 3600
};

static const struct marks {
    const char *spin[8];
    const char *done, *todo, *full, *part, *empty, *cut;
} marks[] = {
    {{"|", "/", "-", "\\", "|", "/", "-", "\\"},
     "*", ".", "=", ">", "-", "~"},
    {{"⠋", "⠙", "⠸", "⠴", "⠦", "⠇", "⠏", "⠉"},
     "✓", "·", "━", "╸", "─", "…"},
};

enum tint { TINT_NONE, TINT_GOOD, TINT_HOLD, TINT_DIM };
static const char *const tints[] = {
    [TINT_NONE] = "", [TINT_GOOD] = "\033[32m", [TINT_HOLD] = "\033[33m",
    [TINT_DIM] = "\033[2m"};

/* One line under way: what does not fit is left out, with a mark of it. */
struct line {
    struct buf *out;
    const struct progress_style *style;
    const struct marks *marks;
    int left; /* cells, one kept for the mark */
    bool full;
};

/* Cells a character takes, or more: a name of an unusual script makes its line
 * shorter, never longer than the terminal. */
static int cells_of(const char *text, size_t length)
{
    if (length < 2)
        return 1;
    return length > 3 || (unsigned char)text[0] >= 0xe3 ||
                   ((unsigned char)text[0] == 0xe1 &&
                    (unsigned char)text[1] >= 0x84)
               ? 2
               : 1;
}

/* What would move the cursor, or is no character, is a question mark. */
static size_t next_char(const char *text, bool utf8, char out[8], int *cells)
{
    size_t length = utf8_length(text);
    bool safe = length > 0 && (unsigned char)text[0] >= 0x20 &&
                text[0] != 0x7f && (utf8 || length == 1) &&
                !((unsigned char)text[0] == 0xc2 &&
                  (unsigned char)text[1] < 0xa0);

    *cells = 1;
    memcpy(out, "?", 2);
    if (safe) {
        memcpy(out, text, length);
        out[length] = '\0';
        *cells = cells_of(text, length);
    }
    return length > 0 ? length : 1;
}

static void put(struct line *line, enum tint tint, const char *text)
{
    bool tinted = line->style->color && tint != TINT_NONE && !line->full &&
                  *text != '\0';

    if (tinted)
        buf_puts(line->out, tints[tint]);
    while (*text != '\0' && !line->full) {
        char one[8];
        int cells;
        size_t length = next_char(text, line->style->utf8, one, &cells);

        if (cells > line->left) {
            buf_puts(line->out, line->marks->cut);
            line->full = true;
            break;
        }
        buf_puts(line->out, one);
        line->left -= cells;
        text += length;
    }
    if (tinted)
        buf_puts(line->out, "\033[0m");
}

static struct line line_start(struct buf *out,
                              const struct progress_style *style)
{
    if (out->len > 0)
        buf_putc(out, '\n');
    return (struct line){.out = out,
                         .style = style,
                         .marks = &marks[style->utf8],
                         .left = style->width - 2,
                         .full = style->width < 2};
}

static void put_padded(struct line *line, enum tint tint, const char *text,
                       int width)
{
    char blanks[NAME_MAX_CELLS + 1];
    int have = 0;

    for (const char *at = text; *at != '\0';) {
        char one[8];
        int cells;

        at += next_char(at, line->style->utf8, one, &cells);
        have += cells;
    }
    put(line, tint, text);
    if (have >= width)
        return;
    snprintf(blanks, sizeof(blanks), "%*s", width - have, "");
    put(line, TINT_NONE, blanks);
}

/* Slow ones by the minute or hour, as people state limits; "" for none. */
static const char *rate_text(int64_t hourly, char out[RATE_TEXT_MAX])
{
    char number[PROGRESS_NUMBER_MAX];

    if (hourly <= 0)
        out[0] = '\0';
    else if (hourly >= 10 * HOUR_SECONDS)
        snprintf(out, RATE_TEXT_MAX, "%s/s",
                 progress_number((uint64_t)(hourly / HOUR_SECONDS), number));
    else if (hourly >= HOUR_SECONDS)
        snprintf(out, RATE_TEXT_MAX, "%" PRId64 ".%" PRId64 "/s",
                 hourly / HOUR_SECONDS,
                 hourly % HOUR_SECONDS * 10 / HOUR_SECONDS);
    else if (hourly >= 60)
        snprintf(out, RATE_TEXT_MAX, "%" PRId64 "/min", hourly / 60);
    else
        snprintf(out, RATE_TEXT_MAX, "%" PRId64 "/h", hourly);
    return out;
}

/* "waits 12 s: 429 Too Many Requests" */
static const char *wait_text(const struct progress_wait *wait, int64_t now_ms,
                             char out[WAIT_TEXT_MAX])
{
    int64_t ms = wait->until_ms - now_ms;
    char left[PROGRESS_TIME_MAX];

    if (wait->hold == PROGRESS_RATE && ms < INSTANT_SECOND) {
        snprintf(out, WAIT_TEXT_MAX, "at the job's rate");
        return out;
    }
    /* Up to the second that has begun, so that it counts down to 1. */
    progress_time(ms + INSTANT_SECOND - 1, left);
    if (wait->hold == PROGRESS_RATE)
        snprintf(out, WAIT_TEXT_MAX, "waits %s: the job's rate", left);
    else if (wait->hold == PROGRESS_ASKED)
        snprintf(out, WAIT_TEXT_MAX, "waits %s: Retry-After%s%s", left,
                 wait->cause[0] != '\0' ? " of " : "", wait->cause);
    else
        snprintf(out, WAIT_TEXT_MAX, "waits %s for try %d%s%s", left,
                 wait->attempt, wait->cause[0] != '\0' ? ": " : "",
                 wait->cause);
    return out;
}

static void put_times(struct line *line, enum tint tint, const char *mark,
                      int times)
{
    char text[BAR_CELLS * 4 + 1] = "";

    for (int i = 0; i < times && i < BAR_CELLS; i++)
        strcat(text, mark);
    put(line, tint, text);
}

static void put_bar(struct line *line, uint64_t have, uint64_t total,
                    bool waits)
{
    int enough = waits ? WIDTH_OF_BOTH : WIDTH_OF_BAR;
    int full = (int)((double)have * BAR_CELLS / (double)total);
    char percent[16];

    put(line, TINT_NONE, "  ");
    if (line->style->width >= enough) {
        put_times(line, TINT_GOOD, line->marks->full, full);
        put(line, TINT_GOOD, line->marks->part);
        put_times(line, TINT_DIM, line->marks->empty, BAR_CELLS - 1 - full);
    }
    snprintf(percent, sizeof(percent), "%4d%%",
             (int)((double)have * 100 / (double)total));
    put(line, TINT_NONE, percent);
}

/* Of a source that is being read, or waits. */
static void put_pace(struct line *line, const struct progress_source *source,
                     int64_t now_ms)
{
    const struct progress_wait *wait = progress_waits(source, now_ms);
    const struct progress_counts *counts = &source->counts;
    int64_t left = progress_left_ms(source, now_ms);
    char text[WAIT_TEXT_MAX], time[PROGRESS_TIME_MAX], rate[RATE_TEXT_MAX];

    if (wait == NULL || wait->hold == PROGRESS_RATE) {
        snprintf(text, sizeof(text), "  %8s",
                 rate_text(progress_rate(source, now_ms), rate));
        put(line, TINT_NONE, text);
    }
    if (wait != NULL) {
        put(line, TINT_NONE, "  ");
        put(line, TINT_HOLD, wait_text(wait, now_ms, text));
    }
    if (counts->total > counts->items)
        put_bar(line, counts->items, counts->total, wait != NULL);
    if (left >= 0) {
        snprintf(text, sizeof(text), "  about %s left",
                 progress_time(left, time));
        put(line, TINT_NONE, text);
    }
}

static void put_counts(struct line *line, const struct progress_source *source,
                       bool waits)
{
    int enough = waits ? WIDTH_OF_BAR : WIDTH_OF_PAGES;
    const struct progress_counts *counts = &source->counts;
    char text[96], number[PROGRESS_NUMBER_MAX];

    snprintf(text, sizeof(text), "  %11s %-8s",
             progress_number(counts->items, number), source->unit);
    put(line, TINT_NONE, text);
    if (line->style->width < enough)
        return;
    if (counts->pages > 0) {
        snprintf(text, sizeof(text), " %7s page%s",
                 progress_number(counts->pages, number),
                 counts->pages == 1 ? " " : "s");
        put(line, TINT_NONE, text);
    }
    if (counts->windows > 1) {
        snprintf(text, sizeof(text), "  %" PRIu64 "/%" PRIu64 " windows",
                 counts->whole, counts->windows);
        put(line, TINT_NONE, text);
    }
}

static const char *spinner(const struct line *line, int64_t now_ms)
{
    return line->marks->spin[(now_ms / 125) & 7];
}

static void source_line(const struct progress_source *source, int name_width,
                        const struct progress_style *style, int64_t now_ms,
                        struct buf *out)
{
    struct line line = line_start(out, style);
    const struct progress_counts *counts = &source->counts;
    char text[PROGRESS_TIME_MAX];

    put(&line, counts->finished ? TINT_GOOD : TINT_NONE,
        counts->finished ? line.marks->done
        : counts->begun  ? spinner(&line, now_ms)
                         : line.marks->todo);
    put(&line, TINT_NONE, " ");
    put_padded(&line, counts->begun ? TINT_NONE : TINT_DIM, source->name,
               counts->begun ? name_width : 0);
    if (!counts->begun)
        return;
    put_counts(&line, source, progress_waits(source, now_ms) != NULL);
    if (!counts->finished) {
        put_pace(&line, source, now_ms);
        return;
    }
    put(&line, TINT_NONE, "  in ");
    put(&line, TINT_NONE,
        progress_time(source->ended_ms - source->begun_ms, text));
}

static void head_line(const struct progress *progress,
                      const struct progress_style *style, int64_t now_ms,
                      struct buf *out)
{
    struct line line = line_start(out, style);
    char text[160], time[PROGRESS_TIME_MAX], requests[PROGRESS_NUMBER_MAX],
        retries[PROGRESS_NUMBER_MAX];

    snprintf(text, sizeof(text), "%s %s  %s  %s request%s",
             spinner(&line, now_ms), progress->run_id,
             progress_time(now_ms - progress->started_ms, time),
             progress_number(progress->requests, requests),
             progress->requests == 1 ? "" : "s");
    put(&line, TINT_NONE, text);
    if (progress->retries > 0) {
        snprintf(text, sizeof(text), ", %s of them again",
                 progress_number(progress->retries, retries));
        put(&line, TINT_HOLD, text);
    }
}

static void writing_line(const struct progress *progress,
                         const struct progress_style *style, int64_t now_ms,
                         struct buf *out)
{
    struct line line = line_start(out, style);
    char text[160], rows[PROGRESS_NUMBER_MAX], total[PROGRESS_NUMBER_MAX];

    put(&line, TINT_NONE, spinner(&line, now_ms));
    put(&line, TINT_NONE, " writing ");
    put(&line, TINT_NONE, progress->writing);
    snprintf(text, sizeof(text), "  %s%s%s rows",
             progress_number(progress->rows, rows),
             progress->rows_total > 0 ? " of " : "",
             progress->rows_total > 0
                 ? progress_number(progress->rows_total, total)
                 : "");
    put(&line, TINT_NONE, text);
    if (progress->rows_total > progress->rows)
        put_bar(&line, progress->rows, progress->rows_total, false);
}

static int names_width(const struct progress *progress)
{
    size_t width = 0;

    for (size_t i = 0; i < progress->source_count; i++) {
        size_t length = strlen(progress->sources[i].name);

        width = length > width ? length : width;
    }
    return width < NAME_MAX_CELLS ? (int)width : NAME_MAX_CELLS;
}

/* Read now, then to come, then done: the rank in which sources are given up
 * when the terminal has too few lines. */
static int rank(const struct progress_source *source)
{
    return source->counts.finished ? 2 : source->counts.begun ? 0 : 1;
}

/* Marks the sources that have a line, in their own order. */
static void choose(const struct progress *progress, size_t room,
                   bool shown[PROGRESS_SOURCES_MAX])
{
    for (int wanted = 0; wanted < 3; wanted++) {
        for (size_t i = 0; i < progress->source_count && room > 0; i++) {
            if (rank(&progress->sources[i]) != wanted)
                continue;
            shown[i] = true;
            room--;
        }
    }
}

void progress_frame(const struct progress *progress,
                    const struct progress_style *style, int64_t now_ms,
                    struct buf *out)
{
    bool shown[PROGRESS_SOURCES_MAX] = {false};
    int height = style->height > HEIGHT_MIN ? style->height : HEIGHT_MIN;
    int width = names_width(progress);
    int taken = 1 + (progress->writing != NULL);

    head_line(progress, style, now_ms, out);
    if (height - 1 > taken)
        choose(progress, (size_t)(height - 1 - taken), shown);
    for (size_t i = 0; i < progress->source_count; i++) {
        if (shown[i])
            source_line(&progress->sources[i], width, style, now_ms, out);
    }
    if (progress->writing != NULL && height - 1 >= taken)
        writing_line(progress, style, now_ms, out);
}

static void line_of_source(const struct progress_source *source,
                           int64_t now_ms, struct buf *out)
{
    const struct progress_counts *counts = &source->counts;
    const struct progress_wait *wait = progress_waits(source, now_ms);
    int64_t left = progress_left_ms(source, now_ms);
    char text[WAIT_TEXT_MAX];

    buf_printf(out, "%s%s: %" PRIu64 " %s, pages: %" PRIu64,
               out->len > 0 ? "; " : "", source->name, counts->items,
               source->unit, counts->pages);
    if (counts->windows > 1)
        buf_printf(out, ", windows: %" PRIu64 " of %" PRIu64, counts->whole,
                   counts->windows);
    if (*rate_text(progress_rate(source, now_ms), text) != '\0')
        buf_printf(out, ", %s", text);
    if (wait != NULL)
        buf_printf(out, ", %s", wait_text(wait, now_ms, text));
    if (left >= 0)
        buf_printf(out, ", about %s left", progress_time(left, text));
}

void progress_line(const struct progress *progress, int64_t now_ms,
                   struct buf *out)
{
    char rows[PROGRESS_NUMBER_MAX];

    for (size_t i = 0; i < progress->source_count; i++) {
        const struct progress_source *source = &progress->sources[i];

        if (source->counts.begun && !source->counts.finished)
            line_of_source(source, now_ms, out);
    }
    if (progress->writing != NULL)
        buf_printf(out, "%swriting %s: %s rows", out->len > 0 ? "; " : "",
                   progress->writing, progress_number(progress->rows, rows));
}
