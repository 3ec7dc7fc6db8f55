#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "chart.h"
#include "instant.h"

enum { TEXT_MAX = 256 * 1024 };

static const struct chart_text text = {"one-chart", "Title <1>", "What & how"};

struct stage {
    struct buf out;
    struct html html;
    struct error err;
};

static int take(void *context, const void *data, size_t len,
                struct error *err)
{
    struct stage *stage = context;

    (void)err;
    return buf_append(&stage->out, data, len);
}

static int setup(void **state)
{
    struct stage *stage = test_calloc(1, sizeof(*stage));

    buf_init(&stage->out, TEXT_MAX);
    html_init(&stage->html, take, stage, &stage->err);
    *state = stage;
    return 0;
}

static int teardown(void **state)
{
    struct stage *stage = *state;

    buf_release(&stage->out);
    test_free(stage);
    return 0;
}

static const char *finished(struct stage *stage)
{
    assert_int_equal(html_finish(&stage->html), 0);
    return stage->out.data;
}

static size_t occurs(const char *where, const char *what)
{
    size_t count = 0;

    for (; (where = strstr(where, what)) != NULL; where++)
        count++;
    return count;
}

static void expect(const char *where, const char *what)
{
    if (strstr(where, what) == NULL)
        fail_msg("\"%s\" is not in %s", what, where);
}

static void steps_of_axes(void **state)
{
    static const uint64_t cases[][2] = {
        {0, 1},     {1, 1},      {3, 1},      {4, 1},       {5, 2},
        {8, 2},     {9, 5},      {20, 5},     {21, 10},     {41, 20},
        {100, 25},  {101, 50},   {400, 100},  {401, 200},   {1000, 250},
        {200000, 50000},
        {UINT64_C(1) << 53, UINT64_C(2500000000000000)}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(chart_step(cases[i][0]), cases[i][1]);
}

static void columns(void **state)
{
    static const struct chart_column list[] = {
        {"2026-01", "January & on", 0, true, false},
        {"2026-02", "February", 4, false, false},
        {"2026-03", "March", 1000, false, true},
        {"2026-04", "April", 1, true, false}};
    const char *svg;

    chart_columns(&((struct stage *)*state)->html, &text, list, 4);
    svg = finished(*state);
    expect(svg, "role=\"img\"");
    expect(svg, "aria-labelledby=\"one-chart-title one-chart-desc\"");
    expect(svg, "<title id=\"one-chart-title\">Title &lt;1&gt;</title>");
    expect(svg, "<desc id=\"one-chart-desc\">What &amp; how</desc>");
    expect(svg, "<title>January &amp; on: 0</title>");
    expect(svg, "<title>March: 1,000</title>");
    expect(svg, "x=\"64.375%\" width=\"8.750%\" y=\"173\" height=\"1\"");
    expect(svg, "<rect class=\"bar strong\" rx=\"2\" x=\"76.875%\" "
                "width=\"8.750%\" y=\"14\" height=\"160\"/>");
    expect(svg, ">750</text>");
    assert_int_equal(occurs(svg, "class=\"bar"), 4);
    assert_int_equal(occurs(svg, "height=\"0\""), 1);
    assert_int_equal(occurs(svg, " minor"), 2);
    assert_int_equal(occurs(svg, "style="), 0);
    assert_int_equal(occurs(svg, "<svg"), occurs(svg, "</svg>"));
}

static void nothing_to_show(void **state)
{
    static const struct chart_column list[] = {{"a", "a", 0, true, false}};
    const char *svg;

    chart_columns(&((struct stage *)*state)->html, &text, list, 1);
    svg = finished(*state);
    expect(svg, "height=\"0\"/><title>a: 0");
    assert_int_equal(occurs(svg, "nan"), 0);
}

static void shares(void **state)
{
    struct stage *stage = *state;

    chart_share(&stage->html, 1, 3);
    expect(finished(stage), " width=\"33.333%\"/>");
    buf_reset(&stage->out);
    chart_share(&stage->html, 1, 1000000);
    expect(finished(stage), " width=\"1.000%\"/>");
    buf_reset(&stage->out);
    chart_share(&stage->html, 0, 0);
    expect(finished(stage), " width=\"0.000%\"/>");
    buf_reset(&stage->out);
    chart_share(&stage->html, UINT64_MAX, UINT64_MAX);
    expect(finished(stage), " width=\"100.000%\"/>");
}

static void lanes(void **state)
{
    const struct chart_span spans[] = {
        {CHART_KNOWN, -INSTANT_DAY, 4 * (int64_t)INSTANT_DAY, "known <all>"},
        {CHART_GAP, 2 * (int64_t)INSTANT_DAY, 3 * (int64_t)INSTANT_DAY,
         "nobody read this"}};
    const struct chart_lane list[] = {
        {"jira_audit", spans, 2, true, INSTANT_DAY, "oldest record"},
        {"org_events", NULL, 0, false, 0, NULL}};
    const char *svg;

    chart_lanes(&((struct stage *)*state)->html, &text, 0,
                4 * (int64_t)INSTANT_DAY, list, 2);
    svg = finished(*state);
    expect(svg, "class=\"span known\" y=\"20\" height=\"14\" x=\"0.000%\" "
                "width=\"100.000%\"><title>known &lt;all&gt;</title>");
    expect(svg, "class=\"span gap\" y=\"20\" height=\"14\" x=\"50.000%\" "
                "width=\"25.000%\"");
    expect(svg, "x=\"25.000%\"><title>oldest record</title>");
    expect(svg, ">1970-01-02</text>");
    expect(svg, ">org_events</text>");
    assert_int_equal(occurs(svg, "class=\"mark\""), 1);
    assert_int_equal(occurs(svg, "class=\"grid\""), 3);
}

/* One instant is no axis, and yet a chart. */
static void empty_axis(void **state)
{
    const struct chart_lane lane = {"log", NULL, 0, true, 5, "oldest"};

    chart_lanes(&((struct stage *)*state)->html, &text, 5, 5, &lane, 1);
    expect(finished(*state), "x=\"0.000%\"><title>oldest");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_of_axes),
        cmocka_unit_test_setup_teardown(columns, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_to_show, setup, teardown),
        cmocka_unit_test_setup_teardown(shares, setup, teardown),
        cmocka_unit_test_setup_teardown(lanes, setup, teardown),
        cmocka_unit_test_setup_teardown(empty_axis, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
