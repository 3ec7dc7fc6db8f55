#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "progress.h"
#include "utf8.h"

enum { START = 5000000, SECOND = 1000 };

static struct progress progress;

static int setup(void **state)
{
    (void)state;
    progress_init(&progress, "20261123T020000Z", START);
    assert_int_equal(progress_add(&progress, "jira_users", "accounts"), 0);
    assert_int_equal(progress_add(&progress, "jira_audit", "records"), 1);
    return 0;
}

static void counted(size_t index, uint64_t items, uint64_t total,
                    int64_t after_ms)
{
    const struct progress_counts counts = {
        .items = items, .pages = items / 100, .total = total, .begun = true};

    progress_update(&progress, index, &counts, START + after_ms);
}

static const char *frame(int width, int height, bool utf8, int64_t after_ms)
{
    static char text[PROGRESS_FRAME_MAX];
    const struct progress_style style = {
        .width = width, .height = height, .utf8 = utf8};
    struct buf out;

    buf_init(&out, PROGRESS_FRAME_MAX);
    progress_frame(&progress, &style, START + after_ms, &out);
    assert_true(buf_ok(&out));
    snprintf(text, sizeof(text), "%s", out.data);
    buf_release(&out);
    return text;
}

static const char *line(int64_t after_ms)
{
    static char text[1024];
    struct buf out;

    buf_init(&out, sizeof(text));
    progress_line(&progress, START + after_ms, &out);
    snprintf(text, sizeof(text), "%s", out.data);
    buf_release(&out);
    return text;
}

static void assert_shows(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void assert_lacks(const char *text, const char *part)
{
    if (strstr(text, part) != NULL)
        fail_msg("\"%s\" is in:\n%s", part, text);
}

static void rate_is_of_the_last_seconds(void **state)
{
    const struct progress_source *users = &progress.sources[0];

    (void)state;
    counted(0, 0, 0, 0);
    assert_int_equal(progress_rate(users, START + 500), 0);
    for (int s = 1; s <= 60; s++)
        counted(0, (uint64_t)s * 1000, 0, s * SECOND);
    assert_int_equal(progress_rate(users, START + 60 * SECOND), 1000 * 3600);
    for (int s = 61; s <= 90; s++)
        counted(0, 60000, 0, s * SECOND);
    assert_int_equal(progress_rate(users, START + 90 * SECOND), 0);
}

static void time_left_counts_what_this_run_read(void **state)
{
    const struct progress_source *audit = &progress.sources[1];

    (void)state;
    counted(1, 5000, 10000, 0); /* an unfinished run had read them */
    counted(1, 5010, 10000, SECOND);
    assert_int_equal(progress_left_ms(audit, START + SECOND), -1);
    counted(1, 6000, 10000, 10 * SECOND);
    assert_int_equal(progress_left_ms(audit, START + 10 * SECOND),
                     40 * SECOND);
    counted(1, 10001, 10000, 20 * SECOND); /* the total was a lie */
    assert_int_equal(progress_left_ms(audit, START + 20 * SECOND), -1);
}

static void time_left_is_unknown_without_a_total_or_a_pace(void **state)
{
    const struct progress_source *users = &progress.sources[0];

    (void)state;
    assert_int_equal(progress_left_ms(users, START + 9 * SECOND), -1);
    counted(0, 10, 0, 0);
    counted(0, 500, 0, 9 * SECOND);
    assert_int_equal(progress_left_ms(users, START + 9 * SECOND), -1);
    counted(1, 0, UINT64_MAX / 2, 0);
    counted(1, 0, UINT64_MAX / 2, 9 * SECOND);
    assert_int_equal(progress_left_ms(&progress.sources[1],
                                      START + 9 * SECOND), -1);
    counted(1, 1, UINT64_MAX / 2, 10 * SECOND); /* beyond any life */
    assert_int_equal(progress_left_ms(&progress.sources[1],
                                      START + 10 * SECOND), -1);
}

static void a_list_read_again_begins_anew(void **state)
{
    (void)state;
    counted(0, 0, 0, 0);
    counted(0, 8000, 9000, 20 * SECOND);
    counted(0, 100, 9000, 21 * SECOND);
    assert_int_equal(progress.sources[0].begun_ms, START + 21 * SECOND);
    assert_int_equal(progress_rate(&progress.sources[0], START + 21 * SECOND),
                     0);
    counted(0, 1100, 9000, 31 * SECOND);
    assert_int_equal(progress_rate(&progress.sources[0], START + 31 * SECOND),
                     100 * 3600);
    /* 1100 in 10 s, 7900 to come. */
    assert_int_equal(progress_left_ms(&progress.sources[0],
                                      START + 31 * SECOND), 71818);
}

static void hold(size_t index, enum progress_hold why, int64_t until_ms,
                 const char *cause, int64_t after_ms)
{
    struct progress_wait wait = {
        .hold = why, .until_ms = START + until_ms, .attempt = 4};

    snprintf(wait.cause, sizeof(wait.cause), "%s", cause);
    progress_wait(&progress, index, &wait, START + after_ms);
}

static void waits_are_told_with_their_reason(void **state)
{
    (void)state;
    counted(0, 100, 0, 0);
    counted(1, 100, 0, 0);
    hold(0, PROGRESS_ASKED, 30 * SECOND, "429 Too Many Requests", 500);
    hold(1, PROGRESS_BACKOFF, 9500, "timed out", 500);
    assert_shows(frame(100, 9, false, 500),
                 "waits 30 s: Retry-After of 429 Too Many Requests");
    assert_shows(frame(100, 9, false, 500), "waits 9 s for try 4: timed out");
    assert_shows(frame(100, 9, false, 9499), "waits 1 s for try 4: timed out");
    assert_lacks(frame(100, 9, false, 9500), "timed out");
    assert_shows(line(500), "jira_users: 100 accounts, pages: 1, waits 30 s: "
                            "Retry-After of 429 Too Many Requests; jira_audit: "
                            "100 records");
    hold(1, PROGRESS_ASKED, 40 * SECOND, "", 500);
    assert_shows(frame(100, 9, false, 500), "waits 40 s: Retry-After");
    assert_lacks(frame(100, 9, false, 500), "Retry-After of \n");
}

static void a_rate_is_told_a_moment_longer(void **state)
{
    (void)state;
    counted(0, 100, 0, 0);
    counted(0, 300, 0, 2 * SECOND);
    hold(0, PROGRESS_RATE, 2100, "", 2 * SECOND);
    assert_shows(frame(90, 9, false, 2 * SECOND), "100/s  at the job's rate");
    assert_shows(frame(90, 9, false, 2900), "at the job's rate");
    assert_lacks(frame(90, 9, false, 3000), "at the job's rate");
    hold(0, PROGRESS_FREE, 0, "", 3000);
    hold(0, PROGRESS_RATE, 93000, "", 3000);
    assert_shows(frame(90, 9, false, 3000), "waits 1 min 30 s: the job's rate");
}

static void a_wait_makes_the_time_left_no_shorter(void **state)
{
    (void)state;
    counted(0, 0, 1000, 0);
    counted(0, 900, 1000, 9 * SECOND);
    assert_int_equal(progress_left_ms(&progress.sources[0],
                                      START + 9 * SECOND), 1000);
    hold(0, PROGRESS_ASKED, 100 * SECOND, "", 9 * SECOND);
    assert_int_equal(progress_left_ms(&progress.sources[0],
                                      START + 9 * SECOND), 91 * SECOND);
}

static void what_is_done_is_ticked_off(void **state)
{
    const struct progress_counts done = {.items = 1234567, .pages = 1235,
                                         .windows = 6, .whole = 6,
                                         .begun = true, .finished = true};

    (void)state;
    counted(1, 1, 0, 0);
    progress_update(&progress, 1, &done, START + 200 * SECOND);
    progress.requests = 1300;
    progress.retries = 2;
    assert_string_equal(
        frame(100, 9, true, 200 * SECOND),
        "⠋ 20261123T020000Z  3 min 20 s  1,300 requests, 2 of them again\n"
        "· jira_users\n"
        "✓ jira_audit    1,234,567 records    1,235 pages  6/6 windows  in "
        "3 min 20 s");
    assert_string_equal(line(200 * SECOND), "");
}

static void slow_rates_are_told_by_the_minute(void **state)
{
    (void)state;
    counted(0, 0, 100000, 0);
    counted(0, 50, 100000, 60 * SECOND);
    assert_shows(line(60 * SECOND), "50/min, about 33 h 19 min left");
    progress.sources[0].counts.items = 0;
    counted(1, 0, 0, 0);
    counted(1, 5, 0, 3600 * SECOND);
    assert_shows(line(3600 * SECOND), "5/h");
}

static void rows_under_way_are_shown(void **state)
{
    (void)state;
    progress.writing = "inactive_users";
    progress.rows = 1024;
    progress.rows_total = 4096;
    assert_shows(frame(100, 9, true, 0),
                 "⠋ writing inactive_users  1,024 of 4,096 rows  "
                 "━━━━╸───────────  25%");
    assert_shows(frame(90, 9, false, 0), "1,024 of 4,096 rows    25%");
    assert_string_equal(line(0), "writing inactive_users: 1,024 rows");
}

/* Cells of a line: of our own marks and of this test's names. */
static int cells(const char *text, size_t length)
{
    int count = 0;

    for (size_t at = 0; at < length;) {
        size_t bytes = utf8_length(text + at);

        assert_int_not_equal(bytes, 0);
        count += (unsigned char)text[at] >= 0xe4 ? 2 : 1;
        at += bytes;
    }
    return count;
}

static void check_lines(const char *text, int width, int height)
{
    int lines = 0;

    for (const char *at = text; *at != '\0';) {
        size_t length = strcspn(at, "\n");

        if (cells(at, length) >= width)
            fail_msg("width %d: %.*s", width, (int)length, at);
        at += length + (at[length] == '\n');
        lines++;
    }
    assert_in_range(lines, 1, height > 2 ? height - 1 : 1);
}

static void lines_are_narrower_than_the_terminal(void **state)
{
    (void)state;
    progress_add(&progress, "名前の長い出所の名前の長い出所", "accounts");
    progress_add(&progress, "évènements_é", "records");
    for (size_t i = 0; i < 4; i++) {
        counted(i, 0, 0, 0);
        counted(i, 1234567890, 99999999999, 100 * SECOND);
    }
    hold(1, PROGRESS_ASKED, 9999 * SECOND, "503 Service Unavailable",
         100 * SECOND);
    progress.writing = "évènements";
    assert_string_equal(frame(1, 2, true, 0), "");
    for (int width = 2; width <= 200; width++) {
        for (int height = 1; height <= 9; height++)
            check_lines(frame(width, height, true, 100 * SECOND), width,
                        height);
    }
    assert_shows(frame(40, 9, true, 100 * SECOND), "…\n");
    assert_shows(frame(40, 9, false, 100 * SECOND), "~\n");
}

static void without_utf8_all_is_ascii(void **state)
{
    const char *text;

    (void)state;
    progress_add(&progress, "évé\033[2J\xc2\x9bm\xff", "records");
    counted(2, 5, 10, 0);
    for (text = frame(120, 9, false, 0); *text != '\0'; text++)
        assert_true((*text >= 0x20 && *text < 0x7f) || *text == '\n');
    assert_shows(frame(120, 9, false, 0), "?v??[2J?m?");
    assert_shows(frame(120, 9, true, 0), "évé?[2J?m?");
}

static void color_is_always_switched_off_again(void **state)
{
    struct progress_style style = {.utf8 = true, .color = true, .height = 9};

    (void)state;
    counted(0, 10, 20, 0);
    hold(0, PROGRESS_ASKED, SECOND, "429", 0);
    progress.retries = 1;
    for (style.width = 1; style.width < 130; style.width++) {
        struct buf out;
        bool on = false;

        buf_init(&out, PROGRESS_FRAME_MAX);
        progress_frame(&progress, &style, START, &out);
        for (const char *at = out.data; *at != '\0'; at++) {
            if (*at == '\033')
                on = strncmp(at, "\033[0m", 4) != 0;
            assert_false(on && *at == '\n');
        }
        assert_false(on);
        buf_release(&out);
    }
}

static void what_is_read_comes_first_where_room_is_short(void **state)
{
    const struct progress_counts done = {.begun = true, .finished = true};

    (void)state;
    progress_update(&progress, 0, &done, START);
    counted(1, 5, 0, 0);
    assert_lacks(frame(80, 3, true, 0), "jira_users");
    assert_shows(frame(80, 3, true, 0), "jira_audit");
    assert_shows(frame(80, 4, true, 0), "jira_users");
    while (progress_add(&progress, "more", "records") >= 0)
        ;
    assert_int_equal(progress.source_count, PROGRESS_SOURCES_MAX);
    check_lines(frame(80, 500, true, 0), 80, 500);
}

static void times_and_numbers_for_people(void **state)
{
    char text[PROGRESS_TIME_MAX], number[PROGRESS_NUMBER_MAX];

    (void)state;
    assert_string_equal(progress_time(-5, text), "0 ms");
    assert_string_equal(progress_time(999, text), "999 ms");
    assert_string_equal(progress_time(59999, text), "59 s");
    assert_string_equal(progress_time(3599999, text), "59 min 59 s");
    assert_string_equal(progress_time(7260000, text), "2 h 1 min");
    assert_string_equal(progress_number(0, number), "0");
    assert_string_equal(progress_number(999, number), "999");
    assert_string_equal(progress_number(1000, number), "1,000");
    assert_string_equal(progress_number(UINT64_MAX, number),
                        "18,446,744,073,709,551,615");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(rate_is_of_the_last_seconds, setup),
        cmocka_unit_test_setup(time_left_counts_what_this_run_read, setup),
        cmocka_unit_test_setup(time_left_is_unknown_without_a_total_or_a_pace,
                               setup),
        cmocka_unit_test_setup(a_list_read_again_begins_anew, setup),
        cmocka_unit_test_setup(waits_are_told_with_their_reason, setup),
        cmocka_unit_test_setup(a_rate_is_told_a_moment_longer, setup),
        cmocka_unit_test_setup(a_wait_makes_the_time_left_no_shorter, setup),
        cmocka_unit_test_setup(what_is_done_is_ticked_off, setup),
        cmocka_unit_test_setup(slow_rates_are_told_by_the_minute, setup),
        cmocka_unit_test_setup(rows_under_way_are_shown, setup),
        cmocka_unit_test_setup(lines_are_narrower_than_the_terminal, setup),
        cmocka_unit_test_setup(without_utf8_all_is_ascii, setup),
        cmocka_unit_test_setup(color_is_always_switched_off_again, setup),
        cmocka_unit_test_setup(what_is_read_comes_first_where_room_is_short,
                               setup),
        cmocka_unit_test(times_and_numbers_for_people),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
