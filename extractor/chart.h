/*
 * chart: small charts as SVG inside an HTML page.
 *
 * Widths are shares of the place the page gives a chart, heights and letters
 * are not, so that texts keep their size on a telephone. The page's style
 * sheet gives colours (classes bar, grid, tick, span, mark, gap) and charts of
 * class columns room at their left for the names of the axis. Each chart is one image with a title and a description for
 * who cannot see it; what it shows stands in a table as well, which is the
 * caller's to write.
 */
#ifndef ROLLCALL_CHART_H
#define ROLLCALL_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "html.h"

struct chart_text {
    const char *id;    /* of the chart in the page, [a-z-]+ */
    const char *title;
    const char *description;
};

struct chart_column {
    const char *name;  /* below the column where there is room */
    const char *label; /* in its tooltip, before the count */
    uint64_t value;
    bool major;        /* its name is shown where room is scarce */
    bool strong;       /* it stands out from the others */
};

/* One column each, from zero; a few are no wider than eight would be. */
void chart_columns(struct html *h, const struct chart_text *text,
                   const struct chart_column *columns, size_t count);

/* The share of a whole as a bar in a cell of a table, which has the figure;
 * so it is hidden from screen readers. */
void chart_share(struct html *h, uint64_t part, uint64_t most);

enum chart_span_kind { CHART_KNOWN, CHART_READ, CHART_GAP };

struct chart_span {
    enum chart_span_kind kind;
    int64_t from, to;
    const char *label; /* tooltip */
};

struct chart_lane {
    const char *name;
    const struct chart_span *spans; /* later ones lie above */
    size_t count;
    bool has_mark;
    int64_t mark;      /* an instant that is marked */
    const char *mark_label;
};

/* Lanes of spans over one axis of time, [from, to]. */
void chart_lanes(struct html *h, const struct chart_text *text, int64_t from,
                 int64_t to, const struct chart_lane *lanes, size_t count);

/* The next of 1, 2, 2.5 or 5 times a power of ten that is not below value / 4,
 * a whole number: the step of an axis. Values end at 2^53. */
uint64_t chart_step(uint64_t value);

#endif
