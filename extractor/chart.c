#include "chart.h"

#include <inttypes.h>

#include "instant.h"

enum {
    PLOT_HEIGHT = 160,
    TOP = 14,       /* room for the highest tick's letters */
    NAMES = 24,     /* and for the names below */
    LANE_HEIGHT = 46,
    LANE_BAR = 14,
    LANE_TOP = 20,  /* where a lane's bar begins, below its name */
    AXIS_HEIGHT = 22,
    AXIS_TICKS_MAX = 6,
    PLACES_LEAST = 8,
    LEAST_SHARE = 100 /* the least bar is this part of its place */
};

/* Shares are written in thousandths of a per cent, without a double. */
static void put_share(struct html *h, const char *name, uint64_t part,
                      uint64_t whole)
{
    uint64_t share;

    while (whole > UINT64_MAX / 100000) {
        whole /= 2;
        part /= 2;
    }
    share = whole == 0 ? 0 : part * 100000 / whole;
    html_format(h, " %s=\"%" PRIu64 ".%03" PRIu64 "%%\"", name, share / 1000,
                share % 1000);
}

static void open_chart(struct html *h, const struct chart_text *text,
                       const char *kind, size_t height)
{
    html_format(h,
                "<svg class=\"chart %s\" role=\"img\" width=\"100%%\" "
                "height=\"%zu\" aria-labelledby=\"%s-title %s-desc\">"
                "<title id=\"%s-title\">",
                kind, height, text->id, text->id, text->id);
    html_text(h, text->title);
    html_format(h, "</title><desc id=\"%s-desc\">", text->id);
    html_text(h, text->description);
    html_raw(h, "</desc>");
}

uint64_t chart_step(uint64_t value)
{
    static const unsigned steps[] = {10, 20, 25, 50, 100};
    uint64_t least = value / 4 + (value % 4 != 0), power = 1;

    if (least <= 2)
        return least == 0 ? 1 : least;
    while (power <= least / 10)
        power *= 10;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        /* 2.5 is no whole number of ones. */
        if (power == 1 && steps[i] == 25)
            continue;
        if (power * steps[i] / 10 >= least)
            return power * steps[i] / 10;
    }
    return power * 10;
}

static uint64_t highest(const struct chart_column *columns, size_t count)
{
    uint64_t most = 0;

    for (size_t i = 0; i < count; i++)
        most = columns[i].value > most ? columns[i].value : most;
    return most;
}

static unsigned height_of(uint64_t value, uint64_t top)
{
    return (unsigned)((double)value / (double)top * PLOT_HEIGHT + 0.5);
}

static void put_grid(struct html *h, uint64_t step, uint64_t top)
{
    char text[HTML_COUNT_MAX];

    for (uint64_t tick = 0; tick <= top; tick += step) {
        unsigned y = TOP + PLOT_HEIGHT - height_of(tick, top);

        html_format(h, "<line class=\"%s\" x1=\"0\" x2=\"100%%\" y1=\"%u.5\" "
                    "y2=\"%u.5\"/><text class=\"tick\" x=\"-8\" y=\"%u\" "
                    "text-anchor=\"end\">%s</text>",
                    tick == 0 ? "base" : "grid", y, y, y + 4,
                    html_count_text(tick, text));
    }
}

static void put_column(struct html *h, const struct chart_column *column,
                       size_t place, size_t places, uint64_t top)
{
    unsigned height = height_of(column->value, top);
    char text[HTML_COUNT_MAX];

    if (height == 0 && column->value > 0)
        height = 1;
    /* A column fills 7 tenths of its place. */
    html_raw(h, "<g class=\"column\"><rect class=\"place\"");
    put_share(h, "x", place, places);
    put_share(h, "width", 1, places);
    html_format(h, " y=\"%d\" height=\"%d\"/><rect class=\"bar%s\" rx=\"2\"",
                TOP, PLOT_HEIGHT, column->strong ? " strong" : "");
    put_share(h, "x", place * 20 + 3, places * 20);
    put_share(h, "width", 14, places * 20);
    html_format(h, " y=\"%u\" height=\"%u\"/><title>",
                TOP + PLOT_HEIGHT - height, height);
    html_text(h, column->label);
    html_format(h, ": %s</title>", html_count_text(column->value, text));
    html_format(h, "<text class=\"tick name%s\" y=\"%d\" "
                "text-anchor=\"middle\"",
                column->major ? "" : " minor", TOP + PLOT_HEIGHT + 17);
    put_share(h, "x", place * 2 + 1, places * 2);
    html_raw(h, ">");
    html_text(h, column->name);
    html_raw(h, "</text></g>");
}

void chart_columns(struct html *h, const struct chart_text *text,
                   const struct chart_column *columns, size_t count)
{
    uint64_t most = highest(columns, count), step = chart_step(most);
    uint64_t top = step;
    size_t places = count > PLACES_LEAST ? count : PLACES_LEAST;

    while (top < most)
        top += step;
    open_chart(h, text, "columns", TOP + PLOT_HEIGHT + NAMES);
    put_grid(h, step, top);
    /* A few stand at the right, no wider than the others. */
    for (size_t i = 0; i < count; i++)
        put_column(h, &columns[i], places - count + i, places, top);
    html_raw(h, "</svg>");
}

void chart_share(struct html *h, uint64_t part, uint64_t most)
{
    html_raw(h, "<svg class=\"share\" aria-hidden=\"true\" width=\"100%\" "
             "height=\"10\"><rect class=\"place\" width=\"100%\" "
             "height=\"10\" rx=\"3\"/><rect class=\"bar\" height=\"10\" "
             "rx=\"3\"");
    /* A little is not nothing. */
    if (part > 0 && part < most / LEAST_SHARE)
        put_share(h, "width", 1, LEAST_SHARE);
    else
        put_share(h, "width", part, most);
    html_raw(h, "/></svg>");
}

/* Of the axis: instants outside it stand at its ends. */
static uint64_t along(int64_t instant, int64_t from, int64_t to)
{
    if (instant <= from)
        return 0;
    return (uint64_t)((instant < to ? instant : to) - from);
}

static void put_span(struct html *h, const struct chart_span *span, unsigned y,
                     int64_t from, int64_t to)
{
    static const char *const classes[] = {"known", "read", "gap"};
    uint64_t start = along(span->from, from, to);

    html_format(h, "<rect class=\"span %s\" y=\"%u\" height=\"%d\"",
                classes[span->kind], y, LANE_BAR);
    put_share(h, "x", start, (uint64_t)(to - from));
    put_share(h, "width", along(span->to, from, to) - start,
              (uint64_t)(to - from));
    html_raw(h, "><title>");
    html_text(h, span->label);
    html_raw(h, "</title></rect>");
}

static void put_lane(struct html *h, const struct chart_lane *lane, size_t row,
                     int64_t from, int64_t to)
{
    unsigned top = (unsigned)row * LANE_HEIGHT;

    html_format(h, "<text class=\"lane\" x=\"0\" y=\"%u\">", top + 13);
    html_text(h, lane->name);
    html_format(h, "</text><rect class=\"place\" width=\"100%%\" y=\"%u\" "
                "height=\"%d\"/>", top + LANE_TOP, LANE_BAR);
    for (size_t i = 0; i < lane->count; i++)
        put_span(h, &lane->spans[i], top + LANE_TOP, from, to);
    if (!lane->has_mark)
        return;
    html_format(h, "<rect class=\"mark\" y=\"%u\" width=\"3\" height=\"%d\"",
                top + LANE_TOP - 3, LANE_BAR + 6);
    put_share(h, "x", along(lane->mark, from, to), (uint64_t)(to - from));
    html_raw(h, "><title>");
    html_text(h, lane->mark_label);
    html_raw(h, "</title></rect>");
}

static void put_day(struct html *h, uint64_t at, uint64_t whole, unsigned y,
                    bool major, int64_t instant)
{
    char text[INSTANT_TEXT_MAX];

    html_format(h, "<line class=\"grid\" y1=\"0\" y2=\"%u\"", y);
    put_share(h, "x1", at, whole);
    put_share(h, "x2", at, whole);
    html_raw(h, "/>");
    /* What begins in the last tenth would end outside. */
    if (at / 9 > whole / 10)
        return;
    instant_format(instant, "%Y-%m-%d", 0, text, sizeof(text));
    html_format(h, "<text class=\"tick%s\" y=\"%u\"", major ? "" : " minor",
                y + 15);
    put_share(h, "x", at, whole);
    html_format(h, ">%s</text>", text);
}

/* Some midnights. */
static void put_axis(struct html *h, int64_t from, int64_t to, unsigned y)
{
    int64_t step = ((to - from) / INSTANT_DAY / AXIS_TICKS_MAX + 1) *
                   INSTANT_DAY;
    int64_t tick = from - from % INSTANT_DAY + INSTANT_DAY;

    for (bool major = true; tick < to; tick += step, major = !major)
        put_day(h, along(tick, from, to), (uint64_t)(to - from), y, major,
                tick);
}

void chart_lanes(struct html *h, const struct chart_text *text, int64_t from,
                 int64_t to, const struct chart_lane *lanes, size_t count)
{
    if (to <= from)
        to = from + 1;
    open_chart(h, text, "lanes", count * LANE_HEIGHT + AXIS_HEIGHT);
    put_axis(h, from, to, (unsigned)(count * LANE_HEIGHT));
    for (size_t i = 0; i < count; i++)
        put_lane(h, &lanes[i], i, from, to);
    html_raw(h, "</svg>");
}
