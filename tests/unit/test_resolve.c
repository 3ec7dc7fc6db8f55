#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_exchange.h"
#include "resolve.h"
#include "temp_file.h"

enum { AUDIT, KEYS, NAMES, SOURCES, OK = 200 };

static const char *const files[SOURCES] = {
    "mappings/sources/jira_audit.json", "mappings/sources/jira_user_keys.json",
    "mappings/sources/jira_user_names.json"};
static const struct fact_rule any_change = {.name = "any", .cancelled_by = -1};

/* A gathering by hand, a bridge that knows ug:X as id:X for X in `known`. */
struct stage {
    struct temp_folder folder;
    struct setup setup;
    struct endpoint endpoint;
    struct source_report reports[SOURCES];
    struct run_report report;
    struct gathered gathered;
    struct resolved resolved;
    struct gather_options options;
    struct strmap actors;
    struct error err;
    const char *known;  /* letters */
    bool names_unknown; /* answers keys it does not know with "unknown" */
    bool twice;         /* answers every key twice */
    size_t cap;         /* most items of an answer; 0: none */
};

static struct stage stage;

static int group_setup(void **state)
{
    struct error err = {0};

    (void)state;
    for (int i = 0; i < SOURCES; i++) {
        if (source_load(&stage.setup.sources[i].source, files[i], &err) != 0) {
            print_error("%s\n", err.text);
            return -1;
        }
        stage.setup.sources[i].endpoint = &stage.endpoint;
    }
    stage.setup.source_count = SOURCES;
    stage.setup.mappings[0].rules.facts = &any_change;
    stage.setup.mappings[0].rules.fact_count = 1;
    stage.setup.mapping_count = 1;
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    for (int i = 0; i < SOURCES; i++)
        source_free(&stage.setup.sources[i].source);
    return 0;
}

static void put_keys(const char *path, struct buf *body)
{
    static char names[FAKE_VALUES_MAX][FAKE_VALUE_SIZE];
    size_t count = fake_values(path, "key", names), items = 0;

    buf_putc(body, '[');
    for (size_t i = 0; i < 2 * count; i++) {
        const char *name = names[i / 2];
        bool known = strncmp(name, "ug:", 3) == 0 &&
                     strchr(stage.known, name[3]) != NULL;

        if ((i % 2 == 1 && !stage.twice) || (!known && !stage.names_unknown) ||
            (stage.cap != 0 && items == stage.cap))
            continue;
        buf_printf(body, "%s{\"key\":\"%s\",\"accountId\":\"%s%s\"}",
                   items++ > 0 ? "," : "", name, known ? "id:" : "unknown",
                   known ? name + 3 : "");
    }
    buf_putc(body, ']');
}

static void put_names(const char *path, struct buf *body)
{
    static char names[FAKE_VALUES_MAX][FAKE_VALUE_SIZE];
    size_t count = fake_values(path, "accountId", names), items = 0;

    buf_puts(body, "{\"values\":[");
    for (size_t i = 0; i < count; i++) {
        if (strncmp(names[i], "id:", 3) == 0)
            buf_printf(body,
                       "%s{\"accountId\":\"%s\",\"displayName\":\"Mx %s\"}",
                       items++ > 0 ? "," : "", names[i], names[i] + 3);
    }
    buf_puts(body, "]}");
}

static int serve(void *context, const char *path, size_t number,
                 struct buf *body)
{
    (void)context;
    (void)number;
    if (strstr(path, "/bulk/migration") != NULL)
        put_keys(path, body);
    else
        put_names(path, body);
    return OK;
}

static int setup(void **state)
{
    (void)state;
    temp_folder_make(&stage.folder);
    memset(stage.reports, 0, sizeof(stage.reports));
    memset(&stage.report, 0, sizeof(stage.report));
    stage.report.sources = stage.reports;
    stage.report.source_count = SOURCES;
    stage.err = (struct error){0};
    stage.known = "abcdefgh";
    stage.names_unknown = stage.twice = false;
    stage.cap = 0;
    stage.options =
        (struct gather_options){.setup = &stage.setup,
                                .exchange = fake_exchange_new(serve, NULL, 5),
                                .report = &stage.report};
    resolve_init(&stage.resolved);
    return gather_init(&stage.gathered, &stage.setup, &stage.err);
}

static int teardown(void **state)
{
    (void)state;
    resolve_release(&stage.resolved);
    gather_release(&stage.gathered);
    strmap_release(&stage.actors);
    exchange_free(stage.options.exchange);
    temp_folder_remove(&stage.folder);
    return 0;
}

static void fold(int64_t at, const char *subject)
{
    static struct event event;

    memset(&event, 0, sizeof(event));
    event.source = "jira_audit";
    event.fields[EVENT_AT] = value_instant(at);
    event.fields[EVENT_ID] = value_text("1");
    event.subjects[0] = subject;
    event.subject_count = 1;
    assert_int_equal(fact_fold(&stage.gathered.books[0], &event), 0);
}

static void listed(const char *id, const char *name)
{
    struct user user = {0};

    user.fields[USER_ACCOUNT_ID] = value_text(id);
    user.fields[USER_DISPLAY_NAME] = value_text(name);
    assert_non_null(roster_add(&stage.gathered.roster, &user, true));
}

static void learned(const char *key, const char *id)
{
    strmap_put(&stage.gathered.pairs, key, (void *)(uintptr_t)id);
    strmap_put(&stage.gathered.pair_ids, id, (void *)(uintptr_t)id);
}

static int map_file(const char *text)
{
    const char *path = temp_file(&stage.folder, "map.csv", text);

    return resolve_load_map(&stage.resolved, path, &stage.err);
}

static void subjects(void)
{
    if (resolve_subjects(&stage.resolved, &stage.gathered, &stage.options,
                         &stage.err) != 0)
        fail_msg("%s", stage.err.text);
}

static void actors(void)
{
    if (resolve_actors(&stage.resolved, &stage.gathered, &stage.options,
                       &stage.actors, &stage.err) != 0)
        fail_msg("%s", stage.err.text);
}

static void actor(const char *name)
{
    strmap_put(&stage.actors, name, &stage);
}

/* When the newest event of an account happened; 0: there is none. */
static int64_t newest(const char *account)
{
    const struct fact_book *book = &stage.gathered.books[0];
    struct fact_view view = fact_winner(book, fact_find(book, account), 0);

    return view.event != NULL ? view.event->at : 0;
}

static size_t asked(void)
{
    return fake_asked(stage.options.exchange);
}

/* --- subjects --------------------------------------------------------------
 */

static void keys_by_the_bridge(void **state)
{
    (void)state;
    listed("id:a", "Ann");
    fold(5, "ug:a");
    fold(9, "id:a");
    subjects();
    assert_true(newest("id:a") == 9);
    assert_int_equal(asked(), 1);
    assert_string_equal(strmap_get(&stage.resolved.ids, "ug:a"), "id:a");
    assert_int_equal(stage.report.keys.asked, 2);
    assert_int_equal(stage.report.keys.already_ids, 1);
    assert_int_equal(stage.report.keys.looked_up, 1);
    assert_int_equal(stage.report.keys.unresolved, 0);
    assert_int_equal(stage.reports[KEYS].exchange.requests, 1);
}

static void has_email(const char *id, const char *email)
{
    struct user user = {0};

    user.fields[USER_ACCOUNT_ID] = value_text(id);
    user.fields[USER_EMAIL] = value_text(email);
    assert_non_null(roster_add(&stage.gathered.roster, &user, true));
}

static void subjects_by_email(void **state)
{
    (void)state;
    has_email("id:a", "Ann@X.test");
    has_email("id:b", "");
    has_email("id:c", "shared@x.test");
    has_email("id:d", "Shared@x.test");
    fold(5, "\xff" "ann@x.test");
    fold(9, "\xffshared@x.test");
    fold(9, "\xffnobody@x.test");
    subjects();
    assert_true(newest("id:a") == 5);
    assert_true(newest("id:c") == 0 && newest("id:d") == 0);
    assert_int_equal(asked(), 0);
    assert_int_equal(stage.report.keys.asked, 0);
    assert_int_equal(stage.report.keys.unresolved, 0);
    assert_int_equal(stage.report.keys.emails, 3);
    assert_int_equal(stage.report.keys.emails_unresolved, 2);
}

/* Neither an address nor an app's id is a name that a bridge knows. */
static void actors_without_an_id(void **state)
{
    (void)state;
    has_email("id:a", "ann@x.test");
    fold(5, "\xff" "ann@x.test");
    subjects();
    actor("\xff" "ann@x.test");
    actor("\xffnobody@x.test");
    actor("\xfegoogle");
    assert_int_equal(resolve_actors(&stage.resolved, &stage.gathered,
                                    &stage.options, &stage.actors,
                                    &stage.err), 0);
    assert_int_equal(asked(), 0);
    assert_string_equal(strmap_get(&stage.resolved.ids, "\xff" "ann@x.test"),
                        "id:a");
    assert_int_equal(stage.report.keys.emails, 2);
    assert_int_equal(stage.report.keys.emails_unresolved, 1);
    assert_int_equal(stage.report.keys.unresolved_actors, 1);
}

static void an_account_id_comes_first(void **state)
{
    (void)state;
    assert_int_equal(map_file("ug:a,mapped\n"), 0);
    listed("ug:a", "Ann"); /* newer sites may name accounts like that */
    learned("ug:a", "learned");
    fold(5, "ug:a");
    subjects();
    assert_true(newest("ug:a") == 5);
    assert_int_equal(asked(), 0);
    assert_int_equal(stage.report.keys.already_ids, 1);
}

static void the_map_comes_before_the_log(void **state)
{
    (void)state;
    assert_int_equal(
        map_file("user_key,account_id\nug:a,mapped\n\"ug:x\",\"other\"\n"), 0);
    learned("ug:a", "learned");
    fold(5, "ug:a");
    subjects();
    assert_true(newest("mapped") == 5);
    assert_int_equal(asked(), 0);
    assert_int_equal(stage.report.keys.mapped, 1);
}

static void the_log_comes_before_the_bridge(void **state)
{
    (void)state;
    learned("ug:a", "learned");
    fold(5, "ug:a");
    fold(6, "learned");
    subjects();
    assert_true(newest("learned") == 6);
    assert_int_equal(asked(), 0);
    assert_int_equal(stage.report.keys.learned, 1);
    assert_int_equal(stage.report.keys.already_ids, 1);
}

static void the_way_is_told(void **state)
{
    static const struct {
        const char *name;
        enum resolve_way way;
        const char *id;
    } names[] = {{"id:a", RESOLVE_ID, "id:a"},
                 {"ug:a", RESOLVE_BRIDGE, "id:a"},
                 {"ug:m", RESOLVE_MAPPED, "mapped"},
                 {"ug:l", RESOLVE_LEARNED, "learned"},
                 {"learned", RESOLVE_ID, "learned"},
                 {"ug:z", RESOLVE_UNKNOWN, NULL}};
    const size_t count = sizeof(names) / sizeof(names[0]);

    (void)state;
    assert_int_equal(map_file("ug:m,mapped\n"), 0);
    listed("id:a", "Ann");
    learned("ug:l", "learned");
    for (size_t i = 0; i < count; i++)
        fold((int64_t)i + 1, names[i].name);
    subjects();
    for (size_t i = 0; i < count; i++) {
        const char *id;

        assert_int_equal(resolve_way(&stage.resolved, &stage.gathered,
                                     names[i].name, &id),
                         names[i].way);
        if (names[i].id == NULL)
            assert_null(id);
        else
            assert_string_equal(id, names[i].id);
    }
}

static void unknown_keys_stay(void **state)
{
    (void)state;
    fold(5, "ug:z");
    fold(6, "ug:a");
    subjects();
    assert_true(newest("ug:z") == 5);
    assert_true(newest("id:a") == 6);
    assert_int_equal(stage.report.keys.unresolved, 1);
    assert_int_equal(stage.report.keys.looked_up, 1);
    assert_null(strmap_get(&stage.resolved.ids, "ug:z"));
}

static void sorted_and_once(void **state)
{
    static char values[FAKE_VALUES_MAX][FAKE_VALUE_SIZE];
    static const char *const names[] = {"ug:c", "ug:a", "ug:h", "ug:b", "ug:a"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        fold((int64_t)i, names[i]);
    subjects();
    assert_int_equal(
        fake_values(fake_path(stage.options.exchange, 0), "key", values), 4);
    assert_string_equal(values[0], "ug:a");
    assert_string_equal(values[1], "ug:b");
    assert_string_equal(values[2], "ug:c");
    assert_string_equal(values[3], "ug:h");
}

static void a_key_that_is_answered_twice(void **state)
{
    (void)state;
    stage.twice = true;
    fold(5, "ug:a");
    fold(6, "ug:z");
    subjects();
    assert_int_equal(stage.report.keys.looked_up, 1);
    assert_int_equal(stage.report.keys.unresolved, 1);
}

/* "unknown" is an answer too; the rest must be asked after it. */
static void unknown_keys_that_are_answered(void **state)
{
    (void)state;
    stage.names_unknown = true;
    stage.cap = 2;
    stage.known = "xyz";
    fold(1, "ug:a");
    fold(2, "ug:b");
    fold(3, "ug:c");
    fold(4, "ug:x");
    fold(5, "ug:y");
    subjects();
    assert_true(newest("id:x") == 4);
    assert_true(newest("id:y") == 5);
    assert_int_equal(stage.report.keys.looked_up, 2);
    assert_int_equal(stage.report.keys.unresolved, 3);
    assert_null(strmap_get(&stage.resolved.ids, "ug:a"));
}

static void two_keys_of_one_account(void **state)
{
    (void)state;
    learned("ug:1", "id:a");
    learned("qm:1", "id:a");
    fold(5, "ug:1");
    fold(7, "qm:1");
    subjects();
    assert_true(newest("id:a") == 7);
}

static void no_bridge(void **state)
{
    const char *keys = stage.setup.sources[AUDIT].source.resolve_keys;

    (void)state;
    stage.setup.sources[AUDIT].source.resolve_keys = NULL;
    fold(5, "ug:a");
    subjects();
    stage.setup.sources[AUDIT].source.resolve_keys = keys;
    assert_int_equal(asked(), 0);
    assert_int_equal(stage.report.keys.unresolved, 1);
}

static void bad_map_files(void **state)
{
    static const char *const texts[] = {"ug:a\n", "ug:a,\n", ",id:a\n",
                                        "ug:a,id:a,more\n",
                                        "user_key,account_id\nug:a\n"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(map_file(texts[i]), -1);
        assert_int_equal(stage.err.kind, ERROR_CONFIG);
        assert_non_null(strstr(stage.err.text, "map.csv: row"));
        assert_non_null(strstr(stage.err.hint, "user_key,account_id"));
        teardown(state);
        setup(state);
    }
    assert_int_equal(
        resolve_load_map(&stage.resolved, "/nonexistent/map.csv", &stage.err),
        -1);
    assert_int_equal(stage.err.kind, ERROR_NO_INPUT);
}

static void a_map_file_that_is_no_csv(void **state)
{
    (void)state;
    assert_int_equal(map_file("ug:a,\"id:a\n"), -1);
    assert_non_null(strstr(stage.err.text, "map.csv"));
}

/* --- actors ----------------------------------------------------------------
 */

static const char *name_of(const char *id)
{
    const struct account *account = roster_find(&stage.gathered.roster, id);

    return account != NULL ? account_value(account, USER_DISPLAY_NAME).text
                           : NULL;
}

static void names_of_actors(void **state)
{
    (void)state;
    listed("id:b", "Bob");
    actor("ug:a");
    actor("id:b");
    actor("id:c");
    actors();
    assert_string_equal(strmap_get(&stage.resolved.ids, "ug:a"), "id:a");
    assert_string_equal(name_of("id:a"), "Mx a");
    assert_string_equal(name_of("id:b"), "Bob");
    assert_string_equal(name_of("id:c"), "Mx c");
    assert_int_equal(stage.gathered.roster.listed, 1);
    assert_int_equal(stage.report.keys.unresolved_actors, 0);
    /* Only subjects count as asked. */
    assert_int_equal(stage.report.keys.asked, 0);
}

static void each_key_is_asked_once_a_run(void **state)
{
    (void)state;
    fold(5, "ug:a");
    fold(6, "ug:z");
    subjects();
    assert_int_equal(asked(), 2); /* the batch, and what it left */
    listed("id:a", "Ann");
    actor("ug:a");
    actors();
    assert_int_equal(asked(), 2);
}

static void actors_that_stay_unknown(void **state)
{
    (void)state;
    actor("ug:z");
    actors();
    assert_int_equal(stage.report.keys.unresolved_actors, 1);
    assert_null(name_of("ug:z"));
}

static void ids_seen_as_authors_are_resolved(void **state)
{
    (void)state;
    learned("ug:1", "712020:left");
    actor("712020:left"); /* nobody tells its name */
    actors();
    assert_int_equal(stage.report.keys.unresolved_actors, 0);
}

static void a_mapped_actor(void **state)
{
    (void)state;
    assert_int_equal(map_file("ug:m,id:m\n"), 0);
    actor("ug:m");
    actors();
    assert_string_equal(strmap_get(&stage.resolved.ids, "ug:m"), "id:m");
    assert_string_equal(name_of("id:m"), "Mx m");
    assert_int_equal(stage.report.keys.unresolved_actors, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keys_by_the_bridge),
        TEST(subjects_by_email),
        TEST(actors_without_an_id),
        TEST(an_account_id_comes_first),
        TEST(the_map_comes_before_the_log),
        TEST(the_log_comes_before_the_bridge),
        TEST(the_way_is_told),
        TEST(unknown_keys_stay),
        TEST(sorted_and_once),
        TEST(a_key_that_is_answered_twice),
        TEST(unknown_keys_that_are_answered),
        TEST(two_keys_of_one_account),
        TEST(no_bridge),
        TEST(bad_map_files),
        TEST(a_map_file_that_is_no_csv),
        TEST(names_of_actors),
        TEST(each_key_is_asked_once_a_run),
        TEST(actors_that_stay_unknown),
        TEST(ids_seen_as_authors_are_resolved),
        TEST(a_mapped_actor),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
