#include "screen.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH_DEFAULT = 80, HEIGHT_DEFAULT = 24, SIZE_MAX_CELLS = 10000 };

#define ERASE_BELOW "\r\033[J"
#define ERASE_REST  "\033[K"

static int from_environment(const char *name, int otherwise)
{
    const char *text = getenv(name);
    int value = text != NULL ? atoi(text) : 0;

    return value > 0 && value <= SIZE_MAX_CELLS ? value : otherwise;
}

static void ask_size(const struct screen *screen, int *width, int *height)
{
    struct winsize size = {0};

    if (ioctl(fileno(screen->out), TIOCGWINSZ, &size) != 0)
        size = (struct winsize){0};
    *width = size.ws_col > 0 ? size.ws_col
                             : from_environment("COLUMNS", WIDTH_DEFAULT);
    *height = size.ws_row > 0 ? size.ws_row
                              : from_environment("LINES", HEIGHT_DEFAULT);
}

bool screen_wanted(enum screen_wish wish, int fd)
{
    const char *term = getenv("TERM"), *ci = getenv("CI");

    if (wish != SCREEN_AUTO)
        return wish == SCREEN_ALWAYS;
    return isatty(fd) && term != NULL && *term != '\0' &&
           strcmp(term, "dumb") != 0 &&
           (ci == NULL || *ci == '\0' || strcasecmp(ci, "false") == 0);
}

bool screen_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = getenv(names[i]);

        if (value != NULL && *value != '\0')
            return strcasestr(value, "UTF-8") != NULL ||
                   strcasestr(value, "UTF8") != NULL;
    }
    return false;
}

void screen_open(struct screen *screen, FILE *out, const struct clock *clock,
                 bool color)
{
    *screen = (struct screen){.out = out,
                              .clock = *clock,
                              .utf8 = screen_utf8(),
                              .color = color,
                              .size = ask_size};
    buf_init(&screen->lines, PROGRESS_FRAME_MAX);
    screen->drawn_ms = clock_mono(clock) - SCREEN_FRAME_MS;
}

void screen_close(struct screen *screen)
{
    screen_hide(screen);
    fflush(screen->out);
    buf_release(&screen->lines);
    buf_init(&screen->lines, 0);
}

/* A job in the background would draw over what its shell's user types. */
static bool in_foreground(const struct screen *screen)
{
    pid_t group = tcgetpgrp(fileno(screen->out));

    return group < 0 || group == getpgrp();
}

bool screen_due(const struct screen *screen)
{
    return clock_mono(&screen->clock) - screen->drawn_ms >= SCREEN_FRAME_MS &&
           in_foreground(screen);
}

struct progress_style screen_style(const struct screen *screen)
{
    struct progress_style style = {.utf8 = screen->utf8,
                                   .color = screen->color};

    screen->size(screen, &style.width, &style.height);
    return style;
}

/* Each line over the one that was there, what is left below erased, and back. */
static void put_lines(struct screen *screen)
{
    const char *line = screen->lines.data;
    int below = 0;

    fputc('\r', screen->out);
    for (;;) {
        size_t length = strcspn(line, "\n");

        fwrite(line, 1, length, screen->out);
        fputs(ERASE_REST, screen->out);
        line += length;
        if (*line == '\0')
            break;
        fputs("\r\n", screen->out);
        line++;
        below++;
    }
    fputs("\033[J\r", screen->out);
    if (below > 0)
        fprintf(screen->out, "\033[%dA", below);
    screen->drawn = true;
}

void screen_draw(struct screen *screen, const struct buf *lines,
                 const struct progress_style *style)
{
    screen->drawn_ms = clock_mono(&screen->clock);
    buf_reset(&screen->lines);
    buf_append(&screen->lines, lines->data, lines->len);
    if (!buf_ok(&screen->lines)) {
        screen_hide(screen);
        buf_reset(&screen->lines);
        fflush(screen->out);
        return;
    }
    screen->width = style->width;
    screen->height = style->height;
    put_lines(screen);
    fflush(screen->out);
}

void screen_hide(struct screen *screen)
{
    if (screen->drawn)
        fputs(ERASE_BELOW, screen->out);
    screen->drawn = false;
}

/* What was made for another size would be wrapped: the next frame is not. */
void screen_show(struct screen *screen)
{
    const struct progress_style style = screen_style(screen);

    if (in_foreground(screen) && screen->lines.len > 0 && style.width == screen->width &&
        style.height == screen->height)
        put_lines(screen);
}
