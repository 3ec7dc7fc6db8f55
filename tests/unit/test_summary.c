#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "summary.h"

static const struct schema inactive = {.name = "inactive_users"},
                           everybody = {.name = "all_users"},
                           moves = {.name = "inactive_users_changes"};

/* A run of two datasets and the changes of one, after a run of three rows. */
struct stage {
    struct run_report report;
    struct source_report sources[2];
    struct dataset_report datasets[3];
    struct writer_report writer;
    struct part_report parts[2];
    struct emission emission;
    struct previous previous;
    struct manifest_resource resource;
    struct manifest_dataset dataset;
    struct summary summary;
};

static struct stage stage;

static int setup(void **state)
{
    static const char *const ids[] = {"a", "b", "c"};
    struct dataset_rows *rows = &stage.emission.datasets[0];

    (void)state;
    memset(&stage, 0, sizeof(stage));
    stage.report = (struct run_report){
        .run_id = "20261123T020000Z", .as_of = 1795399200000,
        .started = 1000, .ended = 66000, .users = 4711,
        .sources = stage.sources, .source_count = 2,
        .datasets = stage.datasets, .dataset_count = 3};
    stage.sources[0].exchange.requests = 1000;
    stage.sources[0].pages = 999;
    stage.sources[1].pages = 2;
    stage.datasets[0].schema = &inactive;
    stage.datasets[0].rows = 4;
    stage.datasets[1].schema = &everybody;
    stage.datasets[2].schema = &moves;
    stage.datasets[2].changes.of = "inactive_users";
    stage.datasets[2].changes.inserts = 2;
    stage.emission.count = 2;
    observed_init(&rows->observed);
    rows->observed.loaded = true;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(strmap_put(&rows->observed.by_id, ids[i], &stage), 0);
    rows->count = 4;
    rows->fresh = 2; /* so one of the three has gone */
    stage.resource = (struct manifest_resource){
        .dataset = "inactive_users", .format = "jsonl", .rows = 3};
    stage.previous.found = true;
    stage.previous.manifest.run_id = "20261122T020000Z";
    stage.previous.manifest.resources = &stage.resource;
    stage.previous.manifest.resource_count = 1;
    stage.dataset = (struct manifest_dataset){.name = "inactive_users",
                                              .rows = 3};
    stage.previous.manifest.datasets = &stage.dataset;
    stage.previous.manifest.dataset_count = 1;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    observed_release(&stage.emission.datasets[0].observed);
    return 0;
}

static const struct summary *collect(void)
{
    summary_collect(&stage.summary, &stage.report, &stage.emission,
                    &stage.previous);
    return &stage.summary;
}

static const char *text(void)
{
    static char copy[SUMMARY_TEXT_MAX];
    struct buf out;

    buf_init(&out, SUMMARY_TEXT_MAX);
    summary_text(collect(), "out/20261123T020000Z", &out);
    assert_true(buf_ok(&out));
    snprintf(copy, sizeof(copy), "%s", out.data);
    buf_release(&out);
    return copy;
}

static void assert_shows(const char *all, const char *part)
{
    if (strstr(all, part) == NULL)
        fail_msg("\"%s\" is not in:\n%s", part, all);
}

static void rows_are_compared_with_the_run_before(void **state)
{
    const struct summary_dataset *dataset = &collect()->datasets[0];

    (void)state;
    assert_true(dataset->compared);
    assert_int_equal(dataset->before, 3);
    assert_int_equal(dataset->fresh, 2);
    assert_int_equal(dataset->gone, 1);
    assert_false(stage.summary.datasets[1].has_before);
    assert_false(stage.summary.datasets[2].has_before);
}

static void what_was_not_read_in_full_is_not_compared(void **state)
{
    (void)state;
    stage.resource.rows = stage.dataset.rows = 5; /* two without a time */
    assert_false(collect()->datasets[0].compared);
    assert_int_equal(stage.summary.datasets[0].before, 5);
    assert_shows(text(), "  inactive_users                       4  rows; "
                         "5 in run 20261122T020000Z\n");
    stage.resource.rows = stage.dataset.rows = 3;
    assert_true(collect()->datasets[0].compared);
    stage.emission.datasets[0].observed.loaded = false;
    assert_false(collect()->datasets[0].compared);
    stage.previous.found = false;
    assert_false(collect()->datasets[0].has_before);
    assert_string_equal(stage.summary.previous, "");
    assert_shows(text(), "4  rows; in no run before\n");
}

static void a_quiet_night_is_short(void **state)
{
    (void)state;
    assert_string_equal(
        text(),
        "published 20261123T020000Z, as of 2026-11-23T02:00:00Z\n"
        "  inactive_users                       4  rows; 2 new and 1 gone "
        "since run 20261122T020000Z\n"
        "  all_users                            0  rows; in no run before\n"
        "  inactive_users_changes               0  2 inserts, 0 updates, 0 "
        "deletes\n"
        "  accounts                         4,711  seen\n"
        "  requests                         1,000\n"
        "  pages                            1,001\n"
        "  files                                0  with 0 bytes, and the "
        "manifest\n"
        "  time                     1 min 5 s\n"
        "  where                    out/20261123T020000Z\n"
        "  next                     rollcall verify out/20261123T020000Z\n");
}

static void make_trouble(void)
{
    struct dataset_report *dataset = &stage.datasets[0];

    stage.sources[1].name = "jira_audit";
    stage.sources[1].no_access = true;
    stage.sources[1].exchange =
        (struct exchange_stats){.retries = 3, .waited_ms = 45000};
    stage.report.keys.unresolved = 12;
    stage.report.keys.emails_unresolved = 5;
    stage.report.guards[0].name = "min_users";
    stage.report.guards[1].name = "max_new_inactive";
    stage.report.guards[1].accepted = true;
    stage.report.guard_count = 2;
    dataset->statuses[0] = (struct count_report){"known", 1};
    dataset->statuses[1] = (struct count_report){"no_actor", 0};
    dataset->statuses[2] = (struct count_report){"before_log", 2};
    dataset->statuses[3] = (struct count_report){"no_access", 1};
    dataset->status_count = 4;
    dataset->undecided = 6;
    dataset->rejected = 7;
    dataset->writers = &stage.writer;
    dataset->writer_count = 1;
    stage.writer.parts = stage.parts;
    stage.writer.part_count = 2;
    stage.parts[0].facts.bytes = 1000000;
    stage.parts[1].facts.bytes = 1;
    stage.report.has_rejects = true;
    stage.report.rejects.facts.bytes = 20;
}

static void trouble_is_told(void **state)
{
    static const char *const lines[] = {
        "    known                              1  with who changed",
        "    before_log                         2  not changed since",
        "    no_access                          1  the log may not be read",
        "    undecided                          6  left out",
        "    refused                            7  see rejects.jsonl.gz",
        ("  requests                         1,000  3 of them again, waited "
         "45 s in all"),
        "  user keys                           12  of the log",
        "  e-mail addresses                     5  of the log",
        "  may not be read          jira_audit",
        "  guards let pass          max_new_inactive",
        "  files                                3  with 1,000,021 bytes",
    };

    (void)state;
    make_trouble();
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        assert_shows(text(), lines[i]);
    assert_null(strstr(text(), "no_actor"));
    assert_null(strstr(text(), "min_users"));
}

static const char *json(const struct summary *summary)
{
    static char copy[SUMMARY_TEXT_MAX];
    struct buf out;
    struct jsonw w;

    buf_init(&out, SUMMARY_TEXT_MAX);
    jsonw_init(&w, &out, 0);
    jsonw_object(&w, NULL);
    summary_json(summary, &w);
    jsonw_object_end(&w);
    snprintf(copy, sizeof(copy), "%s", out.data);
    buf_release(&out);
    return copy;
}

static void the_scheduler_gets_the_figures(void **state)
{
    (void)state;
    make_trouble();
    collect();
    stage.summary.warnings = 8;
    assert_string_equal(
        json(&stage.summary),
        "{\"datasets\":[{\"name\":\"inactive_users\",\"rows\":4,"
        "\"rejected\":7,\"undecided\":6,\"before\":3,\"new\":2,\"gone\":1,"
        "\"last_change\":{\"known\":1,\"no_actor\":0,\"before_log\":2,"
        "\"no_access\":1}},"
        "{\"name\":\"all_users\",\"rows\":0,\"rejected\":0,\"undecided\":0},"
        "{\"name\":\"inactive_users_changes\",\"rows\":0,\"rejected\":0,"
        "\"undecided\":0,\"inserts\":2,\"updates\":0,\"deletes\":0}],"
        "\"previous\":\"20261122T020000Z\",\"accounts\":4711,"
        "\"requests\":1000,\"retries\":3,\"pages\":1001,\"waited_ms\":45000,"
        "\"elapsed_ms\":65000,\"unresolved_keys\":12,"
        "\"unresolved_emails\":5,\"warnings\":8,\"files\":3,"
        "\"bytes\":1000021}");
    assert_string_equal(json(NULL), "{\"datasets\":[]}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_are_compared_with_the_run_before,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            what_was_not_read_in_full_is_not_compared, setup, teardown),
        cmocka_unit_test_setup_teardown(a_quiet_night_is_short, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(trouble_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(the_scheduler_gets_the_figures, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
