#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "screen.h"

static int64_t now_ms;
static int cells_wide, cells_high;

static int64_t test_time(void *context)
{
    (void)context;
    return now_ms;
}

static void test_size(const struct screen *screen, int *width, int *height)
{
    (void)screen;
    *width = cells_wide;
    *height = cells_high;
}

struct stage {
    char *text;
    size_t size, seen;
    FILE *out;
    struct screen screen;
};

static int setup(void **state)
{
    static struct stage stage;
    const struct clock clock = {test_time, test_time, NULL};

    stage.seen = 0;
    now_ms = 1000000;
    cells_wide = 40;
    cells_high = 10;
    stage.out = open_memstream(&stage.text, &stage.size);
    if (stage.out == NULL)
        return -1;
    screen_open(&stage.screen, stage.out, &clock, false);
    stage.screen.size = test_size;
    *state = &stage;
    return 0;
}

static int teardown(void **state)
{
    struct stage *stage = *state;

    screen_close(&stage->screen);
    fclose(stage->out);
    free(stage->text);
    return 0;
}

static void draw(struct stage *stage, const char *lines)
{
    const struct progress_style style = screen_style(&stage->screen);
    struct buf text;

    buf_init(&text, 4096);
    buf_puts(&text, lines);
    screen_draw(&stage->screen, &text, &style);
    buf_release(&text);
}

/* What was written since the last call. */
static const char *written(struct stage *stage)
{
    size_t seen = stage->seen;

    fflush(stage->out);
    stage->seen = stage->size;
    return stage->text + seen;
}

#define END "\033[K\033[J\r"

static void a_frame_goes_over_the_one_before(void **state)
{
    struct stage *stage = *state;

    draw(stage, "one\ntwo\nthree");
    assert_string_equal(written(stage), "\rone\033[K\r\ntwo\033[K\r\nthree" END
                                        "\033[2A");
    draw(stage, "four");
    assert_string_equal(written(stage), "\rfour" END);
}

static void closing_clears_and_drawing_ends(void **state)
{
    struct stage *stage = *state;

    draw(stage, "one\ntwo");
    written(stage);
    screen_close(&stage->screen);
    assert_string_equal(written(stage), "\r\033[J");
    screen_close(&stage->screen);
    screen_show(&stage->screen);
    assert_string_equal(written(stage), "");
}

static void frames_are_due_ten_times_a_second(void **state)
{
    struct stage *stage = *state;

    assert_true(screen_due(&stage->screen));
    draw(stage, "one");
    assert_false(screen_due(&stage->screen));
    now_ms += SCREEN_FRAME_MS - 1;
    assert_false(screen_due(&stage->screen));
    now_ms++;
    assert_true(screen_due(&stage->screen));
}

static void around(void *context, bool before)
{
    if (before)
        screen_hide(context);
    else
        screen_show(context);
}

static void log_lines_stand_above(void **state)
{
    struct stage *stage = *state;
    const struct log log = {.out = stage->out,
                            .level = LOG_INFO,
                            .terminal = true,
                            .clock = stage->screen.clock,
                            .around = around,
                            .around_context = &stage->screen};

    log_line(&log, LOG_INFO, "page", "nothing is drawn yet");
    assert_string_equal(written(stage), "info: page: nothing is drawn yet\n");
    draw(stage, "one\ntwo");
    written(stage);
    log_line(&log, LOG_DEBUG, "page", "dropped");
    assert_string_equal(written(stage), "");
    log_line(&log, LOG_WARN, "page", "told");
    assert_string_equal(written(stage),
                        "\r\033[Jwarn: page: told\n"
                        "\rone\033[K\r\ntwo" END "\033[1A");
}

/* What is on the screen was made for another width: it is drawn by the next
 * frame only, and what is left of it lies below the cursor. */
static void a_resize_is_met_by_the_next_frame(void **state)
{
    struct stage *stage = *state;

    draw(stage, "a line of thirty cells or more");
    written(stage);
    cells_wide = 20;
    screen_hide(&stage->screen);
    screen_show(&stage->screen);
    assert_string_equal(written(stage), "\r\033[J");
    assert_int_equal(screen_style(&stage->screen).width, 20);
    draw(stage, "shorter");
    assert_string_equal(written(stage), "\rshorter" END);
    cells_high = 3;
    screen_hide(&stage->screen);
    screen_show(&stage->screen);
    assert_string_equal(written(stage), "\r\033[J");
}

static void a_frame_too_large_is_none(void **state)
{
    struct stage *stage = *state;
    const struct progress_style style = screen_style(&stage->screen);
    struct buf text;

    draw(stage, "one");
    written(stage);
    buf_init(&text, 2 * PROGRESS_FRAME_MAX);
    while (text.len <= PROGRESS_FRAME_MAX)
        buf_puts(&text, "more and more");
    screen_draw(&stage->screen, &text, &style);
    assert_string_equal(written(stage), "\r\033[J");
    screen_show(&stage->screen);
    assert_string_equal(written(stage), "");
    buf_release(&text);
}

static void who_wants_what(void **state)
{
    FILE *file = tmpfile();

    (void)state;
    setenv("TERM", "xterm", 1);
    unsetenv("CI");
    assert_false(screen_wanted(SCREEN_AUTO, fileno(file)));
    assert_true(screen_wanted(SCREEN_ALWAYS, fileno(file)));
    assert_false(screen_wanted(SCREEN_NEVER, fileno(file)));
    fclose(file);
}

static void the_locale_says_whether_it_is_utf8(void **state)
{
    static const struct { const char *all, *ctype, *lang; bool utf8; } cases[] =
        {{"", "", "", false},          {"", "", "de_DE.UTF-8", true},
         {"C", "", "de_DE.UTF-8", false}, {"", "C.utf8", "C", true},
         {"", "", "en_US.ISO-8859-1", false}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        setenv("LC_ALL", cases[i].all, 1);
        setenv("LC_CTYPE", cases[i].ctype, 1);
        setenv("LANG", cases[i].lang, 1);
        assert_int_equal(screen_utf8(), cases[i].utf8);
    }
}

/* No terminal, so its size is the environment's, as far as it is one. */
static void a_size_is_found_without_a_terminal(void **state)
{
    const struct clock clock = {test_time, test_time, NULL};
    FILE *file = tmpfile();
    struct screen screen;

    (void)state;
    screen_open(&screen, file, &clock, true);
    setenv("COLUMNS", "132", 1);
    setenv("LINES", "-3", 1);
    assert_int_equal(screen_style(&screen).width, 132);
    assert_int_equal(screen_style(&screen).height, 24);
    assert_true(screen_style(&screen).color);
    unsetenv("COLUMNS");
    assert_int_equal(screen_style(&screen).width, 80);
    screen_close(&screen);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_frame_goes_over_the_one_before,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(closing_clears_and_drawing_ends, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(frames_are_due_ten_times_a_second,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(log_lines_stand_above, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_resize_is_met_by_the_next_frame,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_frame_too_large_is_none, setup,
                                        teardown),
        cmocka_unit_test(who_wants_what),
        cmocka_unit_test(the_locale_says_whether_it_is_utf8),
        cmocka_unit_test(a_size_is_found_without_a_terminal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
