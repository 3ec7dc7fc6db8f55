#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_exchange.h"
#include "lookup.h"
#include "normalise.h"
#include "request.h"

enum { NAMES_MAX = 500, NAME_SIZE = 256, SEEDS = 20, OK = 200 };

/* The bridge from keys to account ids, and the names it is asked for. */
struct stage {
    struct source keys;
    struct endpoint endpoint;
    struct source_report report;
    struct exchange *exchange;
    struct error err;
    unsigned seed;

    size_t cap;        /* most items of an answer; 0: none */
    size_t look;       /* names of a request that are looked at; 0: all */
    int unknown_below; /* the server knows no name before this one */
    int unknown_every; /* names the server does not know; 0: none */
    const char *body;  /* instead of an answer */

    char names[NAMES_MAX][NAME_SIZE];
    const char *list[NAMES_MAX];
    unsigned answered[NAMES_MAX];
    size_t strangers; /* items for names that were not asked */
};

static struct stage stage;

static int group_setup(void **state)
{
    struct error err = {0};

    (void)state;
    if (source_load(&stage.keys, "mappings/sources/jira_user_keys.json",
                    &err) == 0)
        return 0;
    print_error("%s\n", err.text);
    return -1;
}

static int group_teardown(void **state)
{
    (void)state;
    source_free(&stage.keys);
    return 0;
}

static int setup(void **state)
{
    struct source keys = stage.keys;

    (void)state;
    stage = (struct stage){.keys = keys};
    for (int i = 0; i < NAMES_MAX; i++) {
        snprintf(stage.names[i], NAME_SIZE, "ug:%04d", i);
        stage.list[i] = stage.names[i];
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    exchange_free(stage.exchange);
    stage.exchange = NULL;
    return 0;
}

static int serve(void *context, const char *path, size_t number,
                 struct buf *body)
{
    static char names[FAKE_VALUES_MAX][FAKE_VALUE_SIZE];
    size_t count = fake_values(path, "key", names), items = 0;
    int64_t most = fake_number(path, "maxResults", 10);

    (void)context;
    (void)number;
    if (stage.body != NULL) {
        buf_puts(body, stage.body);
        return OK;
    }
    assert_true(count > 0 && count <= 100);
    buf_putc(body, '[');
    for (size_t i = 0; i < count && items < (size_t)most; i++) {
        int name = atoi(names[i] + 3);

        if (stage.cap > 0 && items == stage.cap)
            break;
        if (stage.look > 0 && i == stage.look)
            break;
        if (name < stage.unknown_below)
            continue;
        if (stage.unknown_every && name % stage.unknown_every == 0)
            continue;
        buf_printf(body, "%s{\"key\":\"%.7s\",\"accountId\":\"a:%d\"}",
                   items++ > 0 ? "," : "", names[i], name);
    }
    buf_putc(body, ']');
    return OK;
}

static int take(void *context, const struct json *item, const char **name,
                struct error *err)
{
    const char *key, *id;

    (void)context;
    (void)err;
    *name = NULL;
    if (!normalise_pair(&stage.keys, item, &key, &id))
        return 0;
    *name = key;
    if (atoi(key + 3) < NAMES_MAX)
        stage.answered[atoi(key + 3)]++;
    else
        stage.strangers++;
    return 0;
}

static int look_up(size_t count)
{
    struct lookup_options options = {.source = &stage.keys,
                                     .endpoint = &stage.endpoint,
                                     .report = &stage.report,
                                     .item = take};

    stage.exchange = options.exchange =
        fake_exchange_new(serve, NULL, stage.seed);
    return lookup_run(&options, stage.list, count, &stage.err);
}

static void answers(size_t count)
{
    if (look_up(count) != 0)
        fail_msg("%s", stage.err.text);
    for (size_t i = 0; i < count; i++) {
        bool known = (!stage.unknown_every || (int)i % stage.unknown_every) &&
                     (int)i >= stage.unknown_below;

        if (stage.answered[i] != known)
            fail_msg("seed %u: name %zu was answered %u times", stage.seed, i,
                     stage.answered[i]);
    }
}

static void batches_of_a_hundred(void **state)
{
    (void)state;
    answers(250);
    assert_int_equal(fake_asked(stage.exchange), 3);
    assert_int_equal(fake_values(fake_path(stage.exchange, 0), "key", NULL),
                     100);
    assert_int_equal(fake_values(fake_path(stage.exchange, 2), "key", NULL),
                     50);
    assert_int_equal(stage.report.items, 250);
    assert_int_equal(stage.report.pages, 3);
    assert_int_equal(stage.report.exchange.requests, 3);
}

/* Jira gives ten when it is not told how many. */
static void every_request_says_how_many(void **state)
{
    (void)state;
    answers(120);
    assert_int_equal(fake_number(fake_path(stage.exchange, 0), "maxResults", 0),
                     100);
    assert_int_equal(fake_number(fake_path(stage.exchange, 1), "maxResults", 0),
                     20);
}

static void nothing_to_ask(void **state)
{
    (void)state;
    answers(0);
    assert_int_equal(fake_asked(stage.exchange), 0);
}

static void a_server_that_caps_answers(void **state)
{
    for (unsigned seed = 0; seed < SEEDS; seed++) {
        setup(state);
        stage.seed = seed;
        stage.cap = 10;
        answers(250);
        assert_int_equal(fake_asked(stage.exchange), 25);
        teardown(state);
    }
}

static void unknown_names(void **state)
{
    (void)state;
    stage.unknown_every = 3;
    answers(100);
    /* All, and the 34 that are missing: fewer than were once answered. */
    assert_int_equal(fake_asked(stage.exchange), 2);
    assert_int_equal(fake_values(fake_path(stage.exchange, 1), "key", NULL),
                     34);
}

/* Each of five batches lacks four names. */
static void what_is_missing_is_put_together(void **state)
{
    (void)state;
    stage.unknown_every = 25;
    answers(NAMES_MAX);
    assert_int_equal(fake_asked(stage.exchange), 6);
    assert_int_equal(fake_values(fake_path(stage.exchange, 5), "key", NULL),
                     20);
}

enum { ASKED_MAX = 100 };

static int path_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A recording has the answers to what was asked then. */
static void what_is_asked_does_not_depend_on_when_answers_come(void **state)
{
    static char *first[ASKED_MAX];
    size_t count = 0;

    for (unsigned seed = 0; seed < SEEDS; seed++) {
        const char *paths[ASKED_MAX];
        size_t asked;

        setup(state);
        stage.seed = seed;
        stage.cap = 60;
        stage.unknown_every = 7;
        answers(NAMES_MAX);
        asked = fake_asked(stage.exchange);
        assert_in_range(asked, 5, ASKED_MAX);
        for (size_t i = 0; i < asked; i++)
            paths[i] = fake_path(stage.exchange, i);
        qsort(paths, asked, sizeof(*paths), path_order);
        for (size_t i = 0; seed == 0 && i < asked; i++)
            first[i] = strdup(paths[i]);
        count = seed == 0 ? asked : count;
        assert_int_equal(asked, count);
        for (size_t i = 0; i < asked; i++)
            assert_string_equal(paths[i], first[i]);
        teardown(state);
    }
    for (size_t i = 0; i < count; i++)
        free(first[i]);
}

/* Full batches go out while names are still added, no more than was said; what
 * fills none can be taken back. */
static void batches_go_out_as_names_come(void **state)
{
    struct lookup_options options = {.source = &stage.keys,
                                     .endpoint = &stage.endpoint,
                                     .report = &stage.report,
                                     .item = take,
                                     .most = 2};
    struct lookup *lookup;

    (void)state;
    stage.unknown_every = 70;
    stage.exchange = options.exchange = fake_exchange_new(serve, NULL, 0);
    lookup = lookup_new(&options, &stage.err);
    assert_non_null(lookup);
    for (size_t i = 0; i < 450; i++)
        assert_int_equal(lookup_add(lookup, stage.list[i], &stage.err), 0);
    assert_int_equal(fake_asked(stage.exchange), 2);
    assert_int_equal(exchange_run(stage.exchange, &stage.err), 0);
    assert_int_equal(fake_asked(stage.exchange), 4);
    for (size_t i = 450; i-- > 420;)
        assert_ptr_equal(lookup_take_back(lookup), stage.list[i]);
    /* The six that are missing and the twenty left, at once: the server has
     * shown that it answers as many. */
    assert_int_equal(lookup_finish(lookup, &stage.err), 0);
    assert_int_equal(fake_asked(stage.exchange), 5);
    assert_int_equal(fake_values(fake_path(stage.exchange, 4), "key", NULL),
                     26);
    for (size_t i = 0; i < NAMES_MAX; i++)
        assert_int_equal(stage.answered[i], i < 420 && i % 70 != 0);
    assert_null(lookup_take_back(lookup));
    lookup_free(lookup);
}

static void only_unknown_names(void **state)
{
    (void)state;
    stage.unknown_every = 1;
    answers(100);
    assert_int_equal(fake_asked(stage.exchange), 11);
}

/* It skips what it does not know, and would hide the names behind. */
static void a_server_that_looks_at_ten_names(void **state)
{
    (void)state;
    stage.look = 10;
    stage.unknown_below = 25;
    answers(250);
}

static void capped_and_unknown(void **state)
{
    for (unsigned seed = 0; seed < SEEDS; seed++) {
        setup(state);
        stage.seed = seed;
        stage.cap = 10;
        stage.unknown_every = 3;
        answers(NAMES_MAX);
        teardown(state);
    }
}

static int serve_long(void *context, const char *path, size_t number,
                      struct buf *body)
{
    static char names[FAKE_VALUES_MAX][FAKE_VALUE_SIZE];
    size_t count = fake_values(path, "key", names);

    (void)context;
    (void)number;
    buf_putc(body, '[');
    for (size_t i = 0; i < count; i++)
        buf_printf(body, "%s{\"key\":\"%s\",\"accountId\":\"a\"}",
                   i > 0 ? "," : "", names[i]);
    buf_putc(body, ']');
    return OK;
}

/* Names so long that a hundred do not fit one URL. */
static void long_names_are_all_answered(void **state)
{
    struct lookup_options options = {.source = &stage.keys,
                                     .endpoint = &stage.endpoint,
                                     .report = &stage.report,
                                     .item = take};

    (void)state;
    for (int i = 0; i < NAMES_MAX; i++) {
        size_t len = strlen(stage.names[i]);

        memset(stage.names[i] + len, 'x', 120);
        stage.names[i][len + 120] = '\0';
    }
    stage.exchange = options.exchange = fake_exchange_new(serve_long, NULL, 7);
    assert_int_equal(lookup_run(&options, stage.list, NAMES_MAX, &stage.err),
                     0);
    for (int i = 0; i < NAMES_MAX; i++)
        assert_int_equal(stage.answered[i], 1);
    for (size_t i = 0; i < fake_asked(stage.exchange); i++)
        assert_true(strlen(fake_path(stage.exchange, i)) <= REQUEST_BYTES_MAX);
}

static void one_name_that_does_not_fit(void **state)
{
    static char name[REQUEST_BYTES_MAX + 1];

    (void)state;
    memset(name, 'x', sizeof(name) - 1);
    stage.list[1] = name;
    assert_int_equal(look_up(2), -1);
    assert_int_equal(stage.err.kind, ERROR_CONFIG);
    assert_non_null(strstr(stage.err.text, "longer than"));
}

/* A server that answers something else must not be asked for ever. */
static void answers_for_other_names(void **state)
{
    (void)state;
    stage.body = "[{\"key\":\"ug:9999\",\"accountId\":\"a\"}]";
    if (look_up(10) != 0)
        fail_msg("%s", stage.err.text);
    assert_int_equal(fake_asked(stage.exchange), 1);
    assert_int_equal(stage.strangers, 1);
}

static void another_shape(void **state)
{
    (void)state;
    stage.body = "{\"values\":[]}";
    assert_int_equal(look_up(10), -1);
    assert_int_equal(stage.err.kind, ERROR_DATA);
    assert_non_null(strstr(stage.err.hint, "jira_user_keys.json"));
}

static void no_json(void **state)
{
    (void)state;
    stage.body = "<html>";
    assert_int_equal(look_up(10), -1);
    assert_int_equal(stage.err.kind, ERROR_DATA);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(batches_of_a_hundred),
        TEST(every_request_says_how_many),
        TEST(nothing_to_ask),
        TEST(what_is_missing_is_put_together),
        TEST(what_is_asked_does_not_depend_on_when_answers_come),
        TEST(batches_go_out_as_names_come),
        TEST(a_server_that_caps_answers),
        TEST(unknown_names),
        TEST(only_unknown_names),
        TEST(a_server_that_looks_at_ten_names),
        TEST(capped_and_unknown),
        TEST(long_names_are_all_answered),
        TEST(one_name_that_does_not_fit),
        TEST(answers_for_other_names),
        TEST(another_shape),
        TEST(no_json),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
