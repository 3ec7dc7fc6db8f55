#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_exchange.h"
#include "pager.h"
#include "walk.h"

enum { ROWS_MAX = 2000, SEEDS = 40, OK = 200, T0 = 1000000 };

/* A server with one list and its faults, and what a walk took from it. */
struct stage {
    struct source users, audit;
    struct source source;
    struct endpoint endpoint;

    /* the server */
    bool log;
    int rows[ROWS_MAX]; /* numbers of the rows, in list order */
    size_t row_count;
    size_t cap;        /* most rows a page has; 0: none */
    int64_t too_large; /* 409 above this size; 0: never */
    int hide_every;    /* rows left out after a page was cut; 0: none */
    size_t change_at;  /* request before which the list changes */
    int change;        /* rows deleted (< 0) or added in front */
    size_t garbage_from, garbage_count;
    bool garbage_between; /* every second request */
    const char *garbage;
    size_t garbage_len;
    int forbidden_at; /* request that gets 403; -1: none */
    const char *(*row)(int number, char *text, size_t size);

    /* the walk */
    unsigned seed;
    size_t ahead;
    bool allow_no_access;
    struct request_window window;
    struct window_report window_report;
    struct source_report report;
    struct exchange *exchange;
    struct walk *walk;
    struct error err;
    bool moved, no_access;

    /* the target */
    unsigned seen[ROWS_MAX];
    size_t pairs, refusals;
    char refused[256];
    int stop_at; /* row at which the target fails */
};

static struct stage stage;
static FILE *nowhere;

static int group_setup(void **state)
{
    struct error err = {0};

    (void)state;
    nowhere = fopen("/dev/null", "w");
    if (nowhere == NULL ||
        source_load(&stage.users, "mappings/sources/jira_users.json", &err) ||
        source_load(&stage.audit, "mappings/sources/jira_audit.json", &err)) {
        print_error("%s\n", err.text);
        return -1;
    }
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    source_free(&stage.users);
    source_free(&stage.audit);
    fclose(nowhere);
    return 0;
}

/* --- rows ---------------------------------------------------------------- */

static const char *user_row(int number, char *text, size_t size)
{
    snprintf(text, size, "{\"accountId\":\"a:%04d\",\"active\":false}", number);
    return text;
}

/* Record i happened i seconds after T0. */
static const char *event_row(int number, char *text, size_t size)
{
    int second = T0 / 1000 + number;

    snprintf(text, size,
             "{\"id\":%d,\"created\":\"1970-01-01T%02d:%02d:%02d.000+0000\","
             "\"authorKey\":\"ug:%d\",\"authorAccountId\":\"a:%d\"}",
             number, second / 3600, second / 60 % 60, second % 60, number % 7,
             number % 7);
    return text;
}

static int setup(void **state)
{
    struct source users = stage.users, audit = stage.audit;

    stage = (struct stage){.users = users,
                           .audit = audit,
                           .ahead = 4,
                           .forbidden_at = -1,
                           .stop_at = -1,
                           .garbage = "{\"a\":"};
    stage.endpoint.url = "https://x";
    stage.source = users;
    stage.source.paging.size = 50;
    stage.source.paging.overlap = 5;
    stage.row = user_row;
    stage.row_count = 523;
    for (int i = 0; i < ROWS_MAX; i++)
        stage.rows[i] = i;
    *state = NULL;
    return 0;
}

static int log_setup(void **state)
{
    setup(state);
    stage.log = true;
    stage.source = stage.audit;
    stage.source.paging.size = 50;
    stage.row = event_row;
    stage.window = (struct request_window){.from = T0, .to = T0 + 600 * 1000};
    for (int i = 0; i < (int)stage.row_count; i++) /* newest first */
        stage.rows[i] = (int)stage.row_count - 1 - i;
    return 0;
}

/* --- the server ----------------------------------------------------------- */

static void change_list(void)
{
    size_t n = (size_t)abs(stage.change);

    if (stage.change < 0) {
        stage.row_count -= n;
        memmove(stage.rows, stage.rows + n,
                stage.row_count * sizeof(stage.rows[0]));
        return;
    }
    memmove(stage.rows + n, stage.rows, stage.row_count * sizeof(int));
    for (size_t i = 0; i < n; i++)
        stage.rows[i] = (int)(stage.row_count + n - 1 - i);
    stage.row_count += n;
}

static int serve(void *context, const char *path, size_t number,
                 struct buf *body)
{
    int64_t at = fake_number(path, stage.source.paging.offset_parameter, 0);
    int64_t size = fake_number(path, stage.source.paging.limit_parameter, 50);
    const char *separator = "";
    char text[256];

    (void)context;
    if (stage.change != 0 && number == stage.change_at)
        change_list();
    if ((int)number == stage.forbidden_at)
        return 403;
    if (stage.too_large > 0 && size > stage.too_large)
        return 409;
    if ((number >= stage.garbage_from &&
         number < stage.garbage_from + stage.garbage_count) ||
        (stage.garbage_between && number % 2 == 1)) {
        buf_append(body, stage.garbage,
                   stage.garbage_len ? stage.garbage_len
                                     : strlen(stage.garbage));
        return OK;
    }
    if (stage.cap > 0 && size > (int64_t)stage.cap)
        size = (int64_t)stage.cap;
    buf_puts(body, stage.log ? "{\"total\":7,\"records\":[" : "[");
    for (int64_t i = at; i < at + size && i < (int64_t)stage.row_count; i++) {
        if (stage.hide_every && stage.rows[i] % stage.hide_every == 0)
            continue;
        buf_printf(body, "%s%s", separator,
                   stage.row(stage.rows[i], text, sizeof(text)));
        separator = ",";
    }
    buf_puts(body, stage.log ? "]}" : "]");
    return OK;
}

/* --- the target ----------------------------------------------------------- */

static int take(int number, bool *fresh, struct error *err)
{
    if (number == stage.stop_at)
        return error_set(err, ERROR_BUG, "stopped by the target");
    assert_in_range(number, 0, ROWS_MAX - 1);
    if (fresh != NULL)
        *fresh = stage.seen[number] == 0;
    stage.seen[number]++;
    return 0;
}

static int take_user(void *context, const struct user *user, unsigned number,
                     bool *fresh, struct error *err)
{
    (void)context;
    assert_int_equal(number, 1);
    return take(atoi(user->fields[USER_ACCOUNT_ID].text + 2), fresh, err);
}

static int take_event(void *context, const struct event *event,
                      struct error *err)
{
    (void)context;
    assert_string_equal(event->source, stage.source.name);
    return take(atoi(event->fields[EVENT_ID].text), NULL, err);
}

static int take_pair(void *context, const char *key, const char *account_id,
                     struct error *err)
{
    (void)context;
    (void)err;
    assert_string_equal(key + 3, account_id + 2);
    stage.pairs++;
    return 0;
}

static int take_refused(void *context, const char *source, const char *item,
                        const char *field, const char *reason,
                        struct error *err)
{
    (void)context;
    (void)err;
    stage.refusals++;
    snprintf(stage.refused, sizeof(stage.refused), "%s %s %s %s", source, item,
             field, reason);
    return 0;
}

static int run(fake_answer_fn *server)
{
    static const struct walk_target target = {take_user, take_event, take_pair,
                                              take_refused, NULL};
    const struct log log = {.out = nowhere, .clock = clock_system()};
    struct walk_options options = {.source = &stage.source,
                                   .endpoint = &stage.endpoint,
                                   .report = &stage.report,
                                   .target = &target,
                                   .log = &log,
                                   .ahead = stage.ahead,
                                   .allow_no_access = stage.allow_no_access,
                                   .number = 1};
    int result;

    stage.exchange = options.exchange =
        fake_exchange_new(server, NULL, stage.seed);
    if (stage.source.kind == SOURCE_EVENTS) {
        options.window = &stage.window;
        options.window_report = &stage.window_report;
    }
    stage.walk = walk_start(&options, &stage.err);
    if (stage.walk == NULL)
        return -1;
    result = exchange_run(stage.exchange, &stage.err);
    if (result == 0)
        result = walk_finish(stage.walk, &stage.err);
    stage.moved = walk_moved(stage.walk);
    stage.no_access = walk_no_access(stage.walk);
    return result;
}

static int teardown(void **state)
{
    (void)state;
    walk_free(stage.walk);
    exchange_free(stage.exchange);
    stage.walk = NULL;
    stage.exchange = NULL;
    return 0;
}

static void runs(fake_answer_fn *server)
{
    if (run(server) != 0)
        fail_msg("seed %u: %s", stage.seed, stage.err.text);
}

static void fails(fake_answer_fn *server, enum error_kind kind,
                  const char *text)
{
    assert_int_equal(run(server), -1);
    assert_int_equal(stage.err.kind, kind);
    if (strstr(stage.err.text, text) == NULL)
        fail_msg("%s", stage.err.text);
}

/* Rows first..last were given; exactly so often, unless times is 0. */
static void gave(size_t first, size_t last, unsigned times)
{
    for (size_t i = first; i <= last; i++) {
        if (times != 0 ? stage.seen[i] != times : stage.seen[i] == 0)
            fail_msg("seed %u: row %zu came %u times", stage.seed, i,
                     stage.seen[i]);
    }
}

/* Runs a test body once per order of answers. */
#define EACH_SEED(set_up)                                                      \
    for (unsigned seed_ = 0;                                                   \
         seed_ < SEEDS && set_up(state) == 0 && (stage.seed = seed_, true);    \
         seed_++, teardown(state))

/* --- users ---------------------------------------------------------------- */

static void every_row_in_any_order(void **state)
{
    EACH_SEED(setup)
    {
        runs(serve);
        gave(0, 522, 0);
        assert_int_equal(stage.report.items, 523);
        assert_int_equal(stage.report.duplicates, 0);
        assert_int_equal(stage.report.rejected, 0);
        assert_false(stage.moved);
        assert_true(stage.report.pages >= 12);
        assert_int_equal(stage.report.exchange.requests,
                         fake_asked(stage.exchange));
        assert_true(fake_asked(stage.exchange) < 30);
    }
}

static void every_size_of_list(void **state)
{
    for (size_t size = 0; size < 160; size++) {
        setup(state);
        stage.row_count = size;
        stage.seed = (unsigned)size;
        runs(serve);
        if (size > 0)
            gave(0, size - 1, 0);
        assert_int_equal(stage.report.items, size);
        assert_false(stage.moved);
        teardown(state);
    }
}

static void one_page_at_a_time(void **state)
{
    (void)state;
    stage.ahead = 1;
    runs(serve);
    gave(0, 522, 0);
    assert_int_equal(stage.report.items, 523);
}

static void a_server_that_caps_pages(void **state)
{
    EACH_SEED(setup)
    {
        stage.cap = 17;
        runs(serve);
        gave(0, 522, 0);
        assert_int_equal(stage.report.items, 523);
        assert_false(stage.moved);
    }
}

/* Rows dropped after a page was cut: short pages in the middle. */
static void short_pages_are_not_the_end(void **state)
{
    EACH_SEED(setup)
    {
        stage.hide_every = 3;
        runs(serve);
        for (size_t i = 0; i < 523; i++) {
            if ((i % 3 != 0) != (stage.seen[i] != 0))
                fail_msg("seed %u: row %zu", stage.seed, i);
        }
    }
}

/* Rows vanish in front while the list is read: what stays is read whole, or
 * the walk says that it must be done again. */
static void rows_that_vanish(void **state)
{
    static const int counts[] = {1, 3, 5, 6, 40, 60, 200};
    unsigned whole = 0;

    for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
        EACH_SEED(setup)
        {
            stage.change_at = 1 + stage.seed % 10;
            stage.change = -counts[c];
            runs(serve);
            if (stage.moved)
                continue;
            whole++;
            gave((size_t)counts[c], 522, 0);
        }
    }
    assert_true(whole > SEEDS);
}

static int serve_always_the_same(void *context, const char *path, size_t number,
                                 struct buf *body)
{
    (void)path;
    return serve(context, "/x?maxResults=50&limit=50", number, body);
}

static void paging_that_does_not_advance(void **state)
{
    (void)state;
    fails(serve_always_the_same, ERROR_DATA, "does not advance");
    assert_non_null(strstr(stage.err.hint, "startAt"));
}

static const char *damaged_row(int number, char *text, size_t size)
{
    if (number % 9 == 0)
        snprintf(text, size, "{\"accountId\":\"a:%04d\",\"active\":1}", number);
    else if (number % 9 == 4)
        snprintf(text, size, "{\"active\":true}");
    else if (number % 9 == 5)
        snprintf(text, size, "{\"accountId\":\"unknown\",\"active\":true}");
    else
        user_row(number, text, size);
    return text;
}

/* Pages overlap, and a refused row has no id to know it by. */
static void refused_rows_count_once(void **state)
{
    EACH_SEED(setup)
    {
        stage.row = damaged_row;
        stage.row_count = 450;
        runs(serve);
        assert_int_equal(stage.refusals, 100);
        assert_int_equal(stage.report.rejected, 100);
        assert_int_equal(stage.report.placeholders, 50);
        assert_int_equal(stage.report.items, 450);
        assert_int_equal(stage.report.duplicates, 0);
    }
}

static void refused_rows_have_a_place(void **state)
{
    (void)state;
    stage.row = damaged_row;
    stage.row_count = 5; /* 0 has an id, 4 has none */
    runs(serve);
    assert_string_equal(stage.refused,
                        "jira_users index 4 account_id is missing");
    teardown(state);
    setup(state);
    stage.row = damaged_row;
    stage.row_count = 2;
    runs(serve);
    assert_string_equal(stage.refused,
                        "jira_users a:0000 active is not true or false");
}

static void too_large_pages_are_halved(void **state)
{
    EACH_SEED(setup)
    {
        stage.too_large = 30;
        runs(serve);
        gave(0, 522, 0);
        assert_int_equal(stage.report.items, 523);
        assert_int_equal(fake_number(fake_path(stage.exchange,
                                               fake_asked(stage.exchange) - 1),
                                     "maxResults", 0),
                         25);
    }
}

static void halving_ends(void **state)
{
    (void)state;
    stage.too_large = PAGER_SIZE_MIN - 1;
    fails(serve, ERROR_UNAVAILABLE, "409");
    assert_int_equal(
        fake_number(fake_path(stage.exchange, fake_asked(stage.exchange) - 1),
                    "maxResults", 0),
        PAGER_SIZE_MIN);
}

static void the_target_stops_the_run(void **state)
{
    (void)state;
    stage.stop_at = 200;
    fails(serve, ERROR_BUG, "stopped by the target");
}

static int refuse_to_page(void *context, const char *path, size_t number,
                          struct buf *body)
{
    (void)context;
    (void)path;
    (void)number;
    buf_puts(body, "{\"values\": []}");
    return OK;
}

static void another_shape(void **state)
{
    (void)state;
    fails(refuse_to_page, ERROR_DATA, "object where an array is due");
    assert_non_null(strstr(stage.err.hint, "jira_users.json"));
    assert_int_equal(fake_asked(stage.exchange), 1);
}

/* --- bodies that are no JSON -----------------------------------------------
 */

static void garbage_is_asked_again(void **state)
{
    EACH_SEED(setup)
    {
        stage.ahead = 1;
        stage.garbage_from = stage.seed % 10;
        stage.garbage_count = WALK_BAD_BODIES_MAX;
        runs(serve);
        gave(0, 522, 0);
        assert_int_equal(stage.report.items, 523);
    }
}

static void garbage_for_ever(void **state)
{
    (void)state;
    stage.ahead = 1;
    stage.garbage_from = 3;
    stage.garbage_count = WALK_BAD_BODIES_MAX + 1;
    fails(serve, ERROR_DATA, "not JSON");
}

static void garbage_now_and_then(void **state)
{
    (void)state;
    stage.ahead = 1;
    stage.garbage_between = true;
    runs(serve);
    gave(0, 522, 0);
}

/* A page that comes early is kept; its bytes may hold a NUL. */
static void early_garbage_with_a_nul(void **state)
{
    static const char garbage[] = "[\0{\"accountId\": \"a\"}, and more of it]";

    EACH_SEED(setup)
    {
        stage.garbage = garbage;
        stage.garbage_len = sizeof(garbage) - 1;
        stage.garbage_from = 1 + stage.seed % 8;
        stage.garbage_count = 1;
        runs(serve);
        gave(0, 522, 0);
    }
}

/* --- a log -----------------------------------------------------------------
 */

static void every_record_once(void **state)
{
    EACH_SEED(log_setup)
    {
        runs(serve);
        gave(0, 522, 1);
        assert_int_equal(stage.report.items, 523);
        assert_int_equal(stage.report.duplicates, 0);
        assert_int_equal(stage.window_report.records, 523);
        assert_true(stage.window_report.has_total);
        assert_true(stage.window_report.total == 7); /* told, not trusted */
        assert_true(stage.window_report.oldest == T0);
        assert_true(stage.report.oldest == T0);
        assert_true(stage.report.newest == T0 + 522 * 1000);
        assert_true(stage.pairs >= 523);
    }
}

/* Records that arrive late push others to later pages. */
static void duplicates_are_counted(void **state)
{
    EACH_SEED(log_setup)
    {
        stage.ahead = 1;
        stage.change_at = 4;
        stage.change = 20;
        runs(serve);
        gave(0, 522, 1);
        assert_int_equal(stage.report.duplicates, 20);
        assert_int_equal(stage.report.items, 523 + 20);
        assert_int_equal(stage.window_report.records, 523);
    }
}

static void records_outside_the_window(void **state)
{
    (void)state;
    stage.window =
        (struct request_window){.from = T0 + 100 * 1000, .to = T0 + 200 * 1000};
    runs(serve);
    gave(100, 199, 1);
    assert_int_equal(stage.seen[99], 0);
    assert_int_equal(stage.seen[200], 0);
    assert_int_equal(stage.report.items, 100);
    assert_int_equal(stage.window_report.records, 100);
    assert_true(stage.window_report.oldest == T0 + 100 * 1000);
}

static const char *no_id_row(int number, char *text, size_t size)
{
    if (number % 10 == 0)
        snprintf(text, size,
                 "{\"id\":\"\",\"created\":"
                 "\"1970-01-01T00:20:00.000+0000\"}");
    else
        event_row(number, text, size);
    return text;
}

/* They are not taken for one record that comes again and again. */
static void records_without_an_id(void **state)
{
    (void)state;
    stage.row = no_id_row;
    stage.row_count = 100;
    for (int i = 0; i < 100; i++)
        stage.rows[i] = i;
    runs(serve);
    assert_int_equal(stage.refusals, 10);
    assert_int_equal(stage.report.rejected, 10);
    assert_int_equal(stage.report.duplicates, 0);
    assert_int_equal(stage.report.items, 100);
}

static const char *timeless_row(int number, char *text, size_t size)
{
    if (number == 7)
        snprintf(text, size, "{\"id\":7,\"created\":\"soon\"}");
    else
        event_row(number, text, size);
    return text;
}

static void a_refused_record_that_comes_twice(void **state)
{
    (void)state;
    stage.row = timeless_row;
    stage.row_count = 4;
    stage.rows[0] = stage.rows[2] = 7;
    stage.rows[1] = 1;
    stage.rows[3] = 2;
    runs(serve);
    assert_int_equal(stage.refusals, 1);
    assert_string_equal(stage.refused, "jira_audit 7 at is not a time in the "
                                       "expected format");
    assert_int_equal(stage.report.duplicates, 1);
}

static void no_access_where_allowed(void **state)
{
    EACH_SEED(log_setup)
    {
        stage.allow_no_access = true;
        stage.forbidden_at = 0;
        runs(serve);
        assert_true(stage.no_access);
        assert_int_equal(stage.report.items, 0);
    }
}

static void no_access_where_not(void **state)
{
    (void)state;
    stage.forbidden_at = 0;
    fails(serve, ERROR_AUTH, "403");
}

static void the_window_is_in_every_request(void **state)
{
    (void)state;
    runs(serve);
    for (size_t i = 0; i < fake_asked(stage.exchange); i++) {
        const char *path = fake_path(stage.exchange, i);

        assert_non_null(strstr(path, "from=1970-01-01T00%3A16%3A40.000Z"));
        assert_non_null(strstr(path, "to=1970-01-01T00%3A26%3A39.999Z"));
    }
}

/* --- cursors ---------------------------------------------------------------
 */

enum { CURSOR_PAGE = 50 };

static const char *cursor_before, *cursor_after;

static int serve_cursors(void *context, const char *path, size_t number,
                         struct buf *body)
{
    static char values[FAKE_VALUES_MAX][FAKE_VALUE_SIZE];
    size_t at = 0;
    char text[256];

    (void)context;
    (void)number;
    if (fake_values(path, "cursor", values) > 0)
        at = (size_t)strtoull(values[0] + 2, NULL, 10); /* "c+123=" */
    buf_puts(body, "{\"records\":[");
    for (size_t i = at; i < at + CURSOR_PAGE && i < stage.row_count; i++)
        buf_printf(body, "%s%s", i > at ? "," : "",
                   stage.row(stage.rows[i], text, sizeof(text)));
    buf_puts(body, "]");
    if (at + CURSOR_PAGE < stage.row_count) {
        buf_puts(body, ",\"next\":");
        buf_puts(body, cursor_before);
        if (cursor_after != NULL)
            buf_printf(body, "%zu%s", at + CURSOR_PAGE, cursor_after);
    } else {
        buf_puts(body, ",\"next\":null");
    }
    buf_puts(body, "}");
    return OK;
}

/* after NULL: the cursor is all in before. */
static void use_cursors(const char *before, const char *after)
{
    static const char *const next[] = {"/meta/next", "/next", NULL};

    cursor_before = before;
    cursor_after = after;
    stage.source.paging = (struct paging){.style = PAGING_CURSOR,
                                          .size = CURSOR_PAGE,
                                          .limit_parameter = "limit",
                                          .cursor_parameter = "cursor",
                                          .next = next,
                                          .only_cursor = true};
    stage.source.select = NULL; /* which was made for other paging */
}

static void cursors_of_every_form(void **state)
{
    static const char *const forms[][2] = {
        {"\"c+", "=\""},
        {"\"https://elsewhere/log?limit=9&cursor=c%2B", "%3D\""},
        {"\"/log?cursor=c%2b", "%3d&limit=9\""}};

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        log_setup(state);
        use_cursors(forms[i][0], forms[i][1]);
        runs(serve_cursors);
        gave(0, 522, 1);
        assert_int_equal(stage.report.pages, 11);
        assert_int_equal(fake_asked(stage.exchange), 11);
        assert_string_equal(fake_path(stage.exchange, 1),
                            "/rest/api/3/auditing/record?cursor=c%2B50%3D"
                            "&limit=50");
        teardown(state);
    }
}

static void a_cursor_that_stays(void **state)
{
    (void)state;
    use_cursors("\"c+50=\"", NULL);
    fails(serve_cursors, ERROR_DATA, "a cursor came a second time");
}

static int serve_caught_up(void *context, const char *path, size_t number,
                           struct buf *body)
{
    if (number > 0) {
        buf_puts(body, "{\"records\":[],\"next\":\"c+999=\"}");
        return OK;
    }
    return serve_cursors(context, path, number, body);
}

/* A stream hands out a cursor even when it is caught up. */
static void no_items_end_a_cursor_walk(void **state)
{
    (void)state;
    use_cursors("\"c+", "=\"");
    runs(serve_caught_up);
    assert_int_equal(stage.report.items, CURSOR_PAGE);
    assert_int_equal(fake_asked(stage.exchange), 2);
}

static void cursor_of_another_type_is_none(void **state)
{
    (void)state;
    use_cursors("", "");
    runs(serve_cursors);
    assert_int_equal(fake_asked(stage.exchange), 1);
}

/* --- fallbacks -------------------------------------------------------------
 */

static int refusal_status;
static size_t refusal_number;

static int serve_refusal(void *context, const char *path, size_t number,
                         struct buf *body)
{
    return number == refusal_number ? refusal_status
                                    : serve(context, path, number, body);
}

static void the_first_answer_may_send_to_the_fallback(void **state)
{
    static const int statuses[] = {404, 405, 410};

    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        setup(state);
        stage.source.fallback = "other";
        refusal_status = statuses[i];
        refusal_number = 0;
        runs(serve_refusal);
        assert_int_equal(walk_refused(stage.walk), statuses[i]);
        assert_int_equal(fake_asked(stage.exchange), 1);
        assert_int_equal(stage.report.items, 0);
        teardown(state);
    }
}

static void no_other_answer_does(void **state)
{
    setup(state);
    stage.source.fallback = "other";
    refusal_number = 0;
    refusal_status = 403;
    fails(serve_refusal, ERROR_AUTH, "403");
    teardown(state);
    setup(state);
    stage.source.fallback = "other";
    refusal_number = 2;
    refusal_status = 404;
    fails(serve_refusal, ERROR_DATA, "404");
    teardown(state);
    setup(state);
    refusal_number = 0;
    fails(serve_refusal, ERROR_DATA, "404");
    teardown(state);
    setup(state);
    stage.source.fallback = "other";
    refusal_number = ROWS_MAX;
    runs(serve_refusal);
    assert_int_equal(walk_refused(stage.walk), 0);
    gave(0, 522, 0);
}

#define USERS(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#define LOG(f)   cmocka_unit_test_setup_teardown(f, log_setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        USERS(the_first_answer_may_send_to_the_fallback),
        USERS(no_other_answer_does),
        USERS(every_row_in_any_order),
        USERS(every_size_of_list),
        USERS(one_page_at_a_time),
        USERS(a_server_that_caps_pages),
        USERS(short_pages_are_not_the_end),
        USERS(rows_that_vanish),
        USERS(paging_that_does_not_advance),
        USERS(refused_rows_count_once),
        USERS(refused_rows_have_a_place),
        USERS(too_large_pages_are_halved),
        USERS(halving_ends),
        USERS(the_target_stops_the_run),
        USERS(another_shape),
        USERS(garbage_is_asked_again),
        USERS(garbage_for_ever),
        USERS(garbage_now_and_then),
        USERS(early_garbage_with_a_nul),
        LOG(every_record_once),
        LOG(duplicates_are_counted),
        LOG(records_outside_the_window),
        LOG(records_without_an_id),
        LOG(a_refused_record_that_comes_twice),
        LOG(no_access_where_allowed),
        LOG(no_access_where_not),
        LOG(the_window_is_in_every_request),
        LOG(cursors_of_every_form),
        LOG(a_cursor_that_stays),
        LOG(no_items_end_a_cursor_walk),
        LOG(cursor_of_another_type_is_none),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
