#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "each.h"
#include "fake_exchange.h"
#include "instant.h"
#include "temp_file.h"

enum { UNIVERSE, SEEN, SOURCES, LOG_MAX = 64 * 1024, OK = 200 };

static const int64_t as_of = 1795399200000; /* 2026-11-23T02:00:00Z */
static const char *const names[] = {"people", "last_active"};

/* A dataset of everybody for whom `where` may hold, by hand; the source is
 * the shipped one. An account whose id begins with
 *   k  was seen 100 days before the as-of time    n  was never seen
 *   p  the same, told on three pages              u  is unknown, 404
 *   f  is unknown, 403                            b  has no list
 *   e  has pages without end */
struct stage {
    struct temp_folder folder;
    char path[PATH_MAX + 32];
    struct setup setup;
    struct endpoint endpoint;
    struct source_report reports[SOURCES];
    struct run_report report;
    struct gathered gathered;
    struct gather_options gather;
    struct emission emission;
    struct rules rules;
    struct column column;
    struct column_rule column_rule;
    struct alternative alternative;
    struct condition where;
    struct log log;
    char text[LOG_MAX];
    int64_t wall_ms, mono_ms, step_ms; /* step: passes with each answer */
    size_t fails; /* number of the answer that is no JSON; 0: none */
    struct state *state;
    struct error err;
};

static struct stage stage;

static int64_t wall(void *context)
{
    (void)context;
    return stage.wall_ms;
}

static int64_t mono(void *context)
{
    (void)context;
    return stage.mono_ms;
}

static int serve(void *context, const char *path, size_t number,
                 struct buf *body)
{
    const char *id = strstr(path, "/users/") + strlen("/users/");
    int page = (int)fake_number(path, "cursor", 0);

    (void)context;
    stage.mono_ms += stage.step_ms;
    if (stage.fails != 0 && number + 1 >= stage.fails) {
        buf_puts(body, "no JSON");
        return OK;
    }
    if (*id == 'u' || *id == 'f')
        return *id == 'u' ? 404 : 403;
    buf_puts(body, "{\"data\":{");
    if (*id != 'b')
        buf_puts(body, "\"product_access\":[");
    if (*id == 'k')
        buf_puts(body, "{\"key\":\"a\",\"last_active\":\"2026-01-01\"},"
                       "{\"key\":\"b\",\"last_active\":\"2026-08-15\","
                       "\"last_active_timestamp\":\"2026-08-15T02:00:00Z\"}");
    if (*id == 'p' && page == 1)
        buf_puts(body, "{\"key\":\"b\",\"last_active\":\"2026-08-15\","
                       "\"last_active_timestamp\":\"2026-08-15T02:00:00Z\"}");
    if (*id == 'p' && page == 2)
        buf_puts(body, "{\"key\":\"c\",\"last_active\":\"2026-02-01\"}");
    if (*id != 'b')
        buf_putc(body, ']');
    buf_puts(body, "},\"links\":{");
    if ((*id == 'p' && page < 2) || *id == 'e')
        buf_printf(body, "\"next\":\"https://x/y?cursor=%d\"", page + 1);
    buf_puts(body, "}}");
    return OK;
}

static struct account *add(const char *id, unsigned source)
{
    struct user user = {.source = names[source]};

    for (int i = 0; i < USER_FIELD_COUNT; i++)
        user.fields[i] = value_null(user_fields[i].type);
    user.fields[USER_ACCOUNT_ID] = value_text(id);
    return roster_take(&stage.gathered.roster, &user, source);
}

static void open_exchange(void)
{
    exchange_free(stage.gather.exchange);
    stage.gather.exchange = fake_exchange_new(serve, NULL, 0);
}

/* As at the beginning of a run: nobody has been asked. */
static void begin(void)
{
    memset(stage.reports, 0, sizeof(stage.reports));
    stage.err = (struct error){0};
    stage.fails = 0;
    if (stage.gathered.rejects != NULL)
        gather_release(&stage.gathered);
    assert_int_equal(gather_init(&stage.gathered, &stage.setup, &stage.err), 0);
    stage.setup.mapping_count = 1;
    open_exchange();
    rewind(stage.log.out);
    memset(stage.text, 0, sizeof(stage.text));
}

static void prepare_dataset(void)
{
    stage.column = (struct column){
        .name = "seen", .type = VALUE_TIMESTAMP, .nullable = true};
    stage.alternative =
        (struct alternative){.ref = {REF_USER, USER_LAST_SEEN_AT, 0}};
    stage.column_rule = (struct column_rule){.alternatives = &stage.alternative,
                                             .alternative_count = 1};
    stage.rules = (struct rules){
        .schema = {.name = "d", .columns = &stage.column, .count = 1},
        .columns = &stage.column_rule};
    stage.emission = (struct emission){.options = &stage.gather,
                                       .gathered = &stage.gathered,
                                       .count = 1};
    stage.emission.datasets[0].input =
        (struct join_input){.rules = &stage.rules,
                            .book = &stage.gathered.books[0],
                            .roster = &stage.gathered.roster,
                            .sources = names,
                            .source_count = SOURCES,
                            .as_of = as_of};
}

static int setup(void **state)
{
    (void)state;
    memset(&stage, 0, sizeof(stage));
    temp_folder_make(&stage.folder);
    snprintf(stage.path, sizeof(stage.path), "%s/rollcall.db",
             stage.folder.path);
    if (source_load(&stage.setup.sources[SEEN].source,
                    "mappings/sources/last_active.json", &stage.err) != 0)
        fail_msg("%s", stage.err.text);
    stage.endpoint = (struct endpoint){.name = "admin",
                                       .url = "https://x",
                                       .organisation = "o",
                                       .directory = "-"};
    stage.setup.source_count = stage.setup.user_count = SOURCES;
    for (int i = 0; i < SOURCES; i++) {
        stage.setup.sources[i].endpoint = &stage.endpoint;
        stage.setup.users[i] = &stage.setup.sources[i];
    }
    stage.setup.job.limits.concurrency = 2;
    stage.setup.job.guards.max_rejects = 10;
    stage.report.sources = stage.reports;
    stage.report.source_count = SOURCES;
    stage.wall_ms = as_of;
    stage.log = (struct log){.out = fmemopen(stage.text, LOG_MAX, "w"),
                             .level = LOG_INFO,
                             .clock = {wall, mono, NULL}};
    assert_non_null(stage.log.out);
    stage.gather = (struct gather_options){.setup = &stage.setup,
                                           .log = &stage.log,
                                           .report = &stage.report};
    begin();
    prepare_dataset();
    stage.state = state_open(stage.path, "R", &stage.log, &stage.err);
    assert_non_null(stage.state);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    state_close(stage.state);
    exchange_free(stage.gather.exchange);
    gather_release(&stage.gathered);
    source_free(&stage.setup.sources[SEEN].source);
    fclose(stage.log.out);
    temp_folder_remove(&stage.folder);
    return 0;
}

static int ask(void)
{
    const struct each_options options = {.emission = &stage.emission,
                                         .state = stage.state};
    int result = each_ask(&options, &stage.err);

    fflush(stage.log.out);
    return result;
}

static void asks(void)
{
    if (ask() != 0)
        fail_msg("%s", stage.err.text);
}

static void asked(size_t index, const char *id)
{
    char path[256];

    snprintf(path, sizeof(path),
             "/admin/v1/orgs/o/directory/users/%s/last-active-dates", id);
    assert_string_equal(fake_path(stage.gather.exchange, index), path);
}

static void asked_times(size_t count)
{
    assert_int_equal(fake_asked(stage.gather.exchange), count);
}

static void seen(const char *id, const char *at, const char *status)
{
    const struct account *account = roster_find(&stage.gathered.roster, id);
    struct value seen_at = account_value(account, USER_LAST_SEEN_AT);
    struct value word = account_value(account, USER_LAST_SEEN_STATUS);
    char text[INSTANT_TEXT_MAX] = "";

    if (seen_at.present)
        instant_rfc3339(seen_at.integer, text);
    assert_string_equal(text, at);
    assert_string_equal(word.present ? word.text : "", status);
}

static void says(const char *text)
{
    if (strstr(stage.text, text) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", text, stage.text);
}

static void answers_fill_the_roster(void **state)
{
    const struct account *account;

    (void)state;
    add("p3", UNIVERSE);
    add("n2", UNIVERSE);
    account = add("k1", UNIVERSE);
    add("u4", UNIVERSE);
    add("nobody", SEEN); /* not of the universe */
    asks();
    seen("k1", "2026-08-15T02:00:00Z", "known");
    seen("n2", "", "never");
    seen("p3", "2026-08-15T02:00:00Z", "known");
    seen("u4", "", "");
    assert_string_equal(account_source(&stage.gathered.roster, account,
                                       USER_LAST_SEEN_AT),
                        "last_active");
    asked(0, "k1");
    asked(1, "n2");
    asked_times(6);
    assert_int_equal(stage.reports[SEEN].asked, 4);
    assert_int_equal(stage.reports[SEEN].unknown, 1);
    assert_int_equal(stage.reports[SEEN].pages, 5);
    assert_int_equal(stage.reports[SEEN].items, 3);
    assert_true(stage.reports[SEEN].each);
    assert_false(stage.reports[UNIVERSE].each);
}

static void only_who_may_have_a_row(void **state)
{
    struct condition leaves[] = {
        {.kind = CONDITION_EQUALS,
         .ref = {REF_USER, USER_LOCALE, 0},
         .texts = (const char *const[]){"x"},
         .text_count = 1},
        {.kind = CONDITION_OLDER, .ref = {REF_USER, USER_LAST_SEEN_AT, 0}}};
    struct condition all = {
        .kind = CONDITION_ALL, .children = leaves, .child_count = 2};
    struct user user = {.source = names[UNIVERSE]};

    (void)state;
    add("k1", UNIVERSE);
    for (int i = 0; i < USER_FIELD_COUNT; i++)
        user.fields[i] = value_null(user_fields[i].type);
    user.fields[USER_ACCOUNT_ID] = value_text("k2");
    user.fields[USER_LOCALE] = value_text("x");
    roster_take(&stage.gathered.roster, &user, UNIVERSE);
    stage.rules.where = &all;
    asks();
    asked_times(1);
    asked(0, "k2");
    /* Of a dataset that has not the source, nobody is asked about. */
    begin();
    add("k1", UNIVERSE);
    stage.rules.where = NULL;
    stage.emission.datasets[0].input.source_count = 1;
    asks();
    asked_times(0);
}

static void a_field_nobody_refers_to_is_not_worth_a_request(void **state)
{
    (void)state;
    add("k1", UNIVERSE);
    stage.alternative.ref.index = USER_EMAIL;
    asks();
    asked_times(0);
}

static void one_account_only(void **state)
{
    const struct each_options options = {.emission = &stage.emission,
                                         .only = "k2"};

    (void)state;
    add("k1", UNIVERSE);
    add("k2", UNIVERSE);
    assert_int_equal(each_ask(&options, &stage.err), 0);
    asked_times(1);
    asked(0, "k2");
}

static void answers_are_used_again(void **state)
{
    (void)state;
    add("k1", UNIVERSE);
    add("n2", UNIVERSE);
    add("u3", UNIVERSE);
    asks();
    begin();
    stage.wall_ms += INSTANT_HOUR;
    add("k1", UNIVERSE);
    add("k4", UNIVERSE);
    add("n2", UNIVERSE);
    add("u3", UNIVERSE);
    asks();
    asked_times(1);
    asked(0, "k4");
    seen("k1", "2026-08-15T02:00:00Z", "known");
    seen("n2", "", "never");
    seen("u3", "", "");
    assert_int_equal(stage.reports[SEEN].reused, 3);
    assert_int_equal(stage.reports[SEEN].unknown, 1);
    assert_true(stage.reports[SEEN].oldest_answer == as_of);
    begin();
    stage.wall_ms += 19 * INSTANT_HOUR;
    add("k1", UNIVERSE);
    add("k4", UNIVERSE);
    asks();
    asked_times(1);
    asked(0, "k1");
    assert_true(stage.reports[SEEN].oldest_answer == as_of + INSTANT_HOUR);
}

static void what_came_before_a_failure_is_kept(void **state)
{
    (void)state;
    add("k1", UNIVERSE);
    add("k2", UNIVERSE);
    add("k3", UNIVERSE);
    stage.fails = 3;
    assert_int_equal(ask(), -1);
    assert_int_equal(stage.err.kind, ERROR_DATA);
    says("2 answers of this run are kept");
    begin();
    add("k1", UNIVERSE);
    add("k2", UNIVERSE);
    add("k3", UNIVERSE);
    asks();
    asked_times(1);
    asked(0, "k3");
}

static void nothing_is_kept_before_anybody_is_known(void **state)
{
    (void)state;
    add("f1", UNIVERSE);
    add("f2", UNIVERSE);
    assert_int_equal(ask(), -1);
    assert_int_equal(stage.err.kind, ERROR_AUTH);
    assert_non_null(strstr(stage.err.text, "403 for all of the 2 accounts"));
    begin();
    add("f1", UNIVERSE);
    add("f2", UNIVERSE);
    add("k3", UNIVERSE);
    asks();
    asked_times(3);
    begin();
    add("f1", UNIVERSE);
    add("f2", UNIVERSE);
    add("k3", UNIVERSE);
    asks();
    asked_times(0);
}

static void all_unknown_is_no_permission_but_an_address(void **state)
{
    (void)state;
    add("u1", UNIVERSE);
    add("u2", UNIVERSE);
    assert_int_equal(ask(), -1);
    assert_int_equal(stage.err.kind, ERROR_DATA);
    assert_non_null(strstr(stage.err.hint, "last_active.json"));
}

/* Only the rows of the letter f are wanted. */
static void witnesses_speak_for_the_key(void **state)
{
    struct pattern f = {0};
    char reason[PATTERN_REASON_MAX];
    struct condition where = {.kind = CONDITION_MATCHES,
                              .ref = {REF_USER, USER_ACCOUNT_ID, 0},
                              .pattern = &f};

    (void)state;
    assert_int_equal(pattern_compile(&f, "^f", reason), PATTERN_GOOD);
    stage.rules.where = &where;
    add("f1", UNIVERSE);
    add("u2", UNIVERSE);
    add("k3", UNIVERSE);
    asks();
    asked_times(3);
    seen("f1", "", "");
    pattern_release(&f);
}

static void an_answer_that_cannot_be_read_is_refused(void **state)
{
    (void)state;
    add("b1", UNIVERSE);
    add("k2", UNIVERSE);
    asks();
    seen("b1", "", "");
    assert_int_equal(stage.reports[SEEN].rejected, 1);
    assert_int_equal(rejects_count(stage.gathered.rejects), 1);
    begin();
    add("b1", UNIVERSE);
    add("k2", UNIVERSE);
    asks();
    asked_times(1);
    asked(0, "b1");
}

static void the_log_says_how_far_it_is(void **state)
{
    (void)state;
    for (int i = 0; i < 250; i++) {
        char id[16];

        snprintf(id, sizeof(id), "k%03d", i);
        add(id, UNIVERSE);
    }
    stage.endpoint.rate_count = 50;
    stage.endpoint.rate_per_ms = INSTANT_MINUTE;
    fake_time_left(stage.gather.exchange, INSTANT_MINUTE);
    asks();
    says("250 accounts to ask about, about 5 min at the configured rate");
    says("about 5 min are needed at the configured rate, and limits.run_for "
         "leaves 1 min: the run will end with exit 75");
    says("100 of 250 accounts answered; left about 3 min at the configured");
    says("200 of 250 accounts answered; left up to 1 min");
    assert_null(strstr(stage.text, "150 of 250"));
}

static void slow_answers_are_told_by_time(void **state)
{
    char id[16];

    (void)state;
    for (int i = 0; i < 8; i++) {
        snprintf(id, sizeof(id), "k%d", i);
        add(id, UNIVERSE);
    }
    stage.step_ms = 11 * INSTANT_SECOND;
    fake_time_left(stage.gather.exchange, INSTANT_HOUR);
    asks();
    assert_null(strstr(stage.text, "2 of 8"));
    says("3 of 8 accounts answered");
    says("6 of 8 accounts answered");
    assert_null(strstr(stage.text, "exit 75"));
}

static void a_state_may_be_missing_but_not_wrong(void **state)
{
    (void)state;
    assert_int_equal(
        db_exec(state_db(stage.state), "DROP TABLE answers", &stage.err), 0);
    add("k1", UNIVERSE);
    /* A table that is gone is a bug and no damage. */
    assert_int_equal(ask(), -1);
    assert_int_equal(stage.err.kind, ERROR_BUG);
    begin();
    add("k1", UNIVERSE);
    state_close(stage.state);
    stage.state = NULL;
    asks();
    asked_times(1);
    seen("k1", "2026-08-15T02:00:00Z", "known");
}

/* Its change counter tells SQLite to read the pages anew. */
static void damage_state(void)
{
    enum { PAGE = 4096 };
    unsigned char counter[4] = {0x7f, 0, 0, 0}, junk[PAGE];
    int fd = open(stage.path, O_RDWR);
    struct stat st;

    memset(junk, 0xa5, sizeof(junk));
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(pwrite(fd, counter, sizeof(counter), 24), sizeof(counter));
    for (off_t at = PAGE; at < st.st_size; at += PAGE)
        assert_int_equal(pwrite(fd, junk, sizeof(junk), at), sizeof(junk));
    close(fd);
}

static void a_state_that_breaks_on_the_way_is_done_without(void **state)
{
    (void)state;
    add("k1", UNIVERSE);
    asks();
    begin();
    damage_state();
    add("k1", UNIVERSE);
    add("n2", UNIVERSE);
    asks();
    asked_times(2);
    seen("k1", "2026-08-15T02:00:00Z", "known");
    seen("n2", "", "never");
    says("last_active: answers of earlier runs are not used, and those of "
         "this run not kept: ");
}

static void pages_without_end_are_no_answer(void **state)
{
    (void)state;
    add("e1", UNIVERSE);
    assert_int_equal(ask(), -1);
    assert_int_equal(stage.err.kind, ERROR_DATA);
    assert_string_equal(stage.err.text,
                        "last_active: more than 100 pages of one account");
    asked_times(EACH_PAGES_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(answers_fill_the_roster),
        TEST(only_who_may_have_a_row),
        TEST(a_field_nobody_refers_to_is_not_worth_a_request),
        TEST(one_account_only),
        TEST(answers_are_used_again),
        TEST(what_came_before_a_failure_is_kept),
        TEST(nothing_is_kept_before_anybody_is_known),
        TEST(all_unknown_is_no_permission_but_an_address),
        TEST(witnesses_speak_for_the_key),
        TEST(an_answer_that_cannot_be_read_is_refused),
        TEST(the_log_says_how_far_it_is),
        TEST(slow_answers_are_told_by_time),
        TEST(a_state_may_be_missing_but_not_wrong),
        TEST(a_state_that_breaks_on_the_way_is_done_without),
        TEST(pages_without_end_are_no_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
