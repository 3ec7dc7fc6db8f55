/*
 * screen: a few lines at the bottom of a terminal that are drawn again and
 * again, and log lines above them. Sole owner of terminal control.
 *
 * Calling order: screen_open(); screen_due() says whether it is time for a
 * frame; screen_style() its size, asked of the terminal each time, so that a
 * resize is seen by the next frame; screen_draw() it. Whoever else writes to
 * the same stream stands between screen_hide() and screen_show(). screen_close()
 * takes the lines away and leaves the cursor where they began.
 *
 * Nothing is drawn while the process is a job in the background.
 *
 * The cursor rests at the first of the lines: terminals that wrap old lines
 * anew when they are resized move it along with them, and what is erased is
 * what lies below it, never above. Lines must be narrower than the terminal. A
 * frame is one write as long as it fits the stream's buffer, for which the
 * caller sets full buffering; nothing is hidden or switched that a sudden death
 * would leave behind.
 */
#ifndef ROLLCALL_SCREEN_H
#define ROLLCALL_SCREEN_H

#include <stdbool.h>
#include <stdio.h>

#include "buf.h"
#include "clock.h"
#include "progress.h"

enum {
    SCREEN_FRAME_MS = 100,         /* at most so often */
    SCREEN_BUFFER = 64 * 1024      /* for setvbuf() of the stream */
};

struct screen {
    FILE *out;
    struct clock clock;
    bool utf8, color;
    /* Cells of the terminal; tests bring their own. */
    void (*size)(const struct screen *screen, int *width, int *height);
    struct buf lines;  /* of the last frame */
    int width, height; /* it was drawn for; 0: nothing is on the screen */
    bool drawn;
    int64_t drawn_ms;
};

enum screen_wish { SCREEN_AUTO, SCREEN_NEVER, SCREEN_ALWAYS };

/* Whether to draw: always, or auto and a terminal that can, watched by a
 * person: no TERM "dumb" or none, no CI. */
bool screen_wanted(enum screen_wish wish, int fd);
/* Whether the locale's encoding is UTF-8: LC_ALL, LC_CTYPE, LANG. */
bool screen_utf8(void);

void screen_open(struct screen *screen, FILE *out, const struct clock *clock,
                 bool color);
void screen_close(struct screen *screen); /* may be called twice */

bool screen_due(const struct screen *screen);
struct progress_style screen_style(const struct screen *screen);
/* lines: joined by LF, made for that style; copied. */
void screen_draw(struct screen *screen, const struct buf *lines,
                 const struct progress_style *style);

/* Neither flushes: what stands between goes out in one piece with both. */
void screen_hide(struct screen *screen);
void screen_show(struct screen *screen);

#endif
