/*
 * output_fixture: a small dataset and a whole published run for the tests of
 * writer, manifest, publish and verify.
 */
#ifndef ROLLCALL_OUTPUT_FIXTURE_H
#define ROLLCALL_OUTPUT_FIXTURE_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "manifest.h"
#include "publish.h"
#include "reject.h"
#include "sink.h"

#define FIXTURE_RUN  "20261123T020000Z"
#define FIXTURE_DONE "people_20261123_" FIXTURE_RUN ".done"

enum { PEOPLE_COLUMNS = 7, ROWS_MAX = 5000 };

static const int64_t fixture_as_of = 1795399200000; /* 2026-11-23T02:00Z */
static const char *const fixture_states[] = {"known", "hidden", NULL};
static const struct column fixture_columns[PEOPLE_COLUMNS] = {
    {.name = "account_id", .type = VALUE_STRING, .length = 128, .key = true},
    {.name = "display_name",
     .type = VALUE_STRING,
     .nullable = true,
     .length = 300},
    {.name = "email_status", .type = VALUE_STRING, .values = fixture_states},
    {.name = "seen_at", .type = VALUE_TIMESTAMP, .nullable = true},
    {.name = "born", .type = VALUE_DATE, .nullable = true},
    {.name = "score", .type = VALUE_NUMBER, .nullable = true},
    {.name = "active", .type = VALUE_BOOLEAN},
};
static const struct schema fixture_schema = {.name = "people",
                                             .title = "People",
                                             .columns = fixture_columns,
                                             .count = PEOPLE_COLUMNS};
static const size_t fixture_order[] = {0};

/* Row i: awkward names, nulls, milliseconds and exponents in turn. */
static inline void fixture_row(size_t i, char id[32], struct value *cells)
{
    static const char *const names[] = {"Ann",
                                        NULL,
                                        "",
                                        "Zoë, \"Z\"",
                                        "two\r\nlines",
                                        " edge ",
                                        "=1+1",
                                        "'=quoted",
                                        "bell\x07",
                                        "-5",
                                        "tab\there",
                                        "NULL",
                                        "\xf0\x9f\x98\x80",
                                        "a\nb\rc",
                                        "\\."};
    static const char *const scores[] = {"1.50", "-0.5", "1e3", "12.5e-3",
                                         "9007199254740993"};

    snprintf(id, 32, "acc-%08zu", i);
    cells[0] = value_text(id);
    cells[1] = value_text(names[i % (sizeof(names) / sizeof(names[0]))]);
    cells[2] = value_text(fixture_states[i % 2]);
    cells[3] = i % 3 == 0 ? value_null(VALUE_TIMESTAMP)
                          : value_instant(fixture_as_of - (int64_t)i * 777);
    cells[4] = (struct value){.present = i % 4 != 0,
                              .type = VALUE_DATE,
                              .integer = (int64_t)i * 86400000};
    cells[5] = (struct value){
        .present = i % 5 != 4, .type = VALUE_NUMBER, .text = scores[i % 5]};
    cells[6] = value_bool(i % 2);
}

struct fixture {
    char out[64];
    struct csv_dialect dialect;
    const struct schema *schema;
    const size_t *order;
    size_t order_count;
    size_t rows;
    uint64_t part_size;
    bool jsonl, csv, rejects, replace;
    /* May change a row of one format; NULL: none. */
    void (*twist)(const char *format, size_t i, struct value *cells);
};

static inline void fixture_init(struct fixture *f)
{
    memset(f, 0, sizeof(*f));
    strcpy(f->out, "/tmp/test_output.XXXXXX");
    assert_non_null(mkdtemp(f->out));
    assert_true(csv_preset("rfc4180", &f->dialect));
    f->schema = &fixture_schema;
    f->order = fixture_order;
    f->order_count = 1;
    f->rows = 40;
    f->part_size = 1 << 20;
    f->csv = f->jsonl = f->rejects = true;
}

static inline void fixture_release(struct fixture *f)
{
    char command[2048];

    snprintf(command, sizeof(command), "chmod -R u+rwx %s; rm -rf %s", f->out,
             f->out);
    assert_int_equal(system(command), 0);
}

static inline void fixture_write(const struct fixture *f, int dir_fd,
                                 const char *format,
                                 struct writer_report *report)
{
    const struct writer_options options = {.dir_fd = dir_fd,
                                           .schema = f->schema,
                                           .dialect = &f->dialect,
                                           .part_size = f->part_size,
                                           .mode = 0600};
    struct error err = {0};
    struct writer *w = writer_open(format, &options, &err);

    assert_string_equal(err.text, "");
    assert_non_null(w);
    for (size_t i = 0; i < f->rows; i++) {
        struct value cells[PEOPLE_COLUMNS];
        char id[32];

        fixture_row(i, id, cells);
        if (f->twist != NULL)
            f->twist(format, i, cells);
        if (writer_row(w, cells, &err) != 0)
            fail_msg("%s", err.text);
    }
    assert_int_equal(writer_close(w, report, &err), 0);
}

struct fixture_run {
    struct writer_report writers[2];
    struct dataset_report dataset;
    struct source_report source;
    struct window_report window;
    struct run_report report;
};

static inline void fixture_rejects(int dir_fd, struct run_report *report)
{
    static const struct reject rejects[] = {
        {"jira_users", "people", "acc-2", "email", "too long"},
        {"jira_users", "people", "acc-1", "email", "too long"},
        {"jira_audit", NULL, "77", NULL, "no time"},
    };
    struct error err = {0};
    struct rejects *r = rejects_open(&err);

    for (size_t i = 0; i < 3; i++)
        assert_int_equal(rejects_add(r, &rejects[i], &err), 0);
    assert_int_equal(rejects_close(r, dir_fd, 0600, &report->rejects, &err), 0);
    report->has_rejects = report->rejects.rows > 0;
}

static inline void fixture_report(const struct fixture *f, int dir_fd,
                                  struct fixture_run *run)
{
    size_t n = 0;

    memset(run, 0, sizeof(*run));
    if (f->csv)
        fixture_write(f, dir_fd, "csv", &run->writers[n++]);
    if (f->jsonl)
        fixture_write(f, dir_fd, "jsonl", &run->writers[n++]);
    run->dataset = (struct dataset_report){.schema = f->schema,
                                           .order = f->order,
                                           .order_count = f->order_count,
                                           .mapping_path = "people.json",
                                           .mapping_sha256 = "00",
                                           .rows = f->rows,
                                           .writers = run->writers,
                                           .writer_count = n,
                                           .statuses = {{"known", 3}},
                                           .status_count = 1};
    run->window = (struct window_report){.from = 0,
                                         .to = 1000,
                                         .pages = 2,
                                         .has_oldest = true,
                                         .oldest = 5,
                                         .has_total = true,
                                         .total = -1};
    run->source = (struct source_report){.name = "jira_users",
                                         .kind = "users",
                                         .items = 123,
                                         .windows = &run->window,
                                         .window_count = 1,
                                         .has_span = true};
    run->report = (struct run_report){
        .run_id = FIXTURE_RUN,
        .as_of = fixture_as_of,
        .started = fixture_as_of,
        .ended = fixture_as_of + 1500,
        .dialect = &f->dialect,
        .users = 99,
        .sources = &run->source,
        .source_count = 1,
        .guards = {{.name = "min_users", .value = 99, .limit = 1}},
        .guard_count = 1,
        .datasets = &run->dataset,
        .dataset_count = 1,
    };
    if (f->rejects)
        fixture_rejects(dir_fd, &run->report);
}

static inline void fixture_run_release(struct fixture_run *run)
{
    writer_report_release(&run->writers[0]);
    writer_report_release(&run->writers[1]);
}

static inline void fixture_manifest(const struct fixture_run *run, int dir_fd)
{
    struct error err = {0};
    struct buf text;

    buf_init(&text, MANIFEST_BYTES_MAX);
    assert_int_equal(manifest_write(&run->report, &text, &err), 0);
    assert_int_equal(write_whole_file(dir_fd, MANIFEST_NAME, text.data,
                                      text.len, 0600, &err),
                     0);
    buf_release(&text);
}

static inline struct publish *fixture_open(const struct fixture *f,
                                           struct error *err)
{
    const struct publish_options options = {.out_dir = f->out,
                                            .run_id = FIXTURE_RUN,
                                            .file_mode = 0600,
                                            .dir_mode = 0700,
                                            .replace = f->replace};

    return publish_open(&options, err);
}

static inline void fixture_publish(const struct fixture *f)
{
    struct error err = {0};
    struct publish *p = fixture_open(f, &err);
    struct fixture_run run;

    if (p == NULL)
        fail_msg("%s", err.text);
    fixture_report(f, publish_dir_fd(p), &run);
    fixture_manifest(&run, publish_dir_fd(p));
    if (publish_commit(p, &err) != 0)
        fail_msg("%s", err.text);
    fixture_run_release(&run);
}

static inline int fixture_run_fd(const struct fixture *f)
{
    char path[512];
    int fd;

    snprintf(path, sizeof(path), "%s/" FIXTURE_RUN, f->out);
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

/* The decoded content of a file of the run; free() it. */
static inline char *fixture_content(int dir_fd, const char *name, size_t *len)
{
    struct error err = {0};
    struct source_file *file = source_file_open(dir_fd, name, &err);
    char *text = malloc(1 << 22);
    ssize_t got;

    assert_non_null(file);
    assert_non_null(text);
    *len = 0;
    while ((got = source_file_read(file, text + *len, (1 << 22) - 1 - *len,
                                   &err)) > 0)
        *len += (size_t)got;
    assert_int_equal(got, 0);
    source_file_close(file, NULL, &err);
    text[*len] = '\0';
    return text;
}

#endif
