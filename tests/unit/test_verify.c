#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "output_fixture.h"
#include "verify_parts.h"

#define CSV_PART  "people-00001.csv.gz"
#define JSON_PART "people-00001.jsonl.gz"

struct findings {
    struct buf text;
    struct verify_summary summary;
    struct error err;
    int result;
};

static void collect(void *context, const char *file, const char *text)
{
    struct findings *f = context;

    buf_printf(&f->text, "%s: %s\n", file, text);
}

static void run_verify(const char *path, struct findings *f)
{
    memset(f, 0, sizeof(*f));
    buf_init(&f->text, 1 << 20);
    f->result = verify_run(path, NULL, collect, f, &f->summary, &f->err);
}

static void expect_clean(const struct fixture *fixture)
{
    struct findings f;

    run_verify(fixture->out, &f);
    assert_string_equal(f.text.data, "");
    assert_string_equal(f.err.text, "");
    assert_int_equal(f.result, 0);
    assert_int_equal(f.summary.rows, fixture->rows);
    assert_string_equal(f.summary.run_id, FIXTURE_RUN);
    buf_release(&f.text);
}

static void expect_finding(const struct fixture *fixture, const char *part)
{
    struct findings f;

    run_verify(fixture->out, &f);
    if (strstr(f.text.data, part) == NULL)
        fail_msg("no \"%s\" in:\n%s(%s)", part, f.text.data, f.err.text);
    assert_int_equal(f.result, -1);
    assert_int_equal(f.err.kind, ERROR_DATA);
    assert_true(f.summary.findings > 0);
    buf_release(&f.text);
}

static int setup(void **state)
{
    struct fixture *f = malloc(sizeof(*f));

    assert_non_null(f);
    fixture_init(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture_release(*state);
    free(*state);
    return 0;
}

static void every_dialect_verifies(void **state)
{
    struct fixture *f = *state;
    const char *const presets[] = {"rfc4180", "powercenter", "excel",
                                   "postgres"};

    for (size_t i = 0; i < 4; i++) {
        csv_preset(presets[i], &f->dialect);
        f->replace = i > 0;
        fixture_publish(f);
        expect_clean(f);
    }
    f->dialect.delimiter = ';';
    f->dialect.quote = '\'';
    f->dialect.decimal = ',';
    f->dialect.null_text = "NULL";
    f->dialect.time_format = "%d.%m.%Y %H:%M:%S,%f";
    f->dialect.header = false;
    f->dialect.crlf = true;
    fixture_publish(f);
    expect_clean(f);
    f->dialect.delimiter = '\t';
    f->dialect.decimal = '.';
    fixture_publish(f);
    expect_clean(f);
}

static void many_parts_and_no_rows_verify(void **state)
{
    struct fixture *f = *state;
    struct findings found;

    f->rows = ROWS_MAX;
    f->part_size = 4096;
    fixture_publish(f);
    expect_clean(f);
    run_verify(f->out, &found);
    assert_true(found.summary.parts > 4);
    buf_release(&found.text);
    f->rows = 0;
    f->replace = true;
    fixture_publish(f);
    expect_clean(f);
}

static void a_run_is_found_by_any_of_its_names(void **state)
{
    struct fixture *f = *state;
    const char *const names[] = {"", "/latest", "/" FIXTURE_RUN,
                                 "/" FIXTURE_RUN "/manifest.json",
                                 "/latest/manifest.json"};

    fixture_publish(f);
    for (size_t i = 0; i < 5; i++) {
        struct findings found;
        char path[200];

        snprintf(path, sizeof(path), "%s%s", f->out, names[i]);
        run_verify(path, &found);
        assert_string_equal(found.err.text, "");
        assert_int_equal(found.result, 0);
        buf_release(&found.text);
    }
}

/* Any changed bit of any file of the run is noticed. */
static void bit_flips_are_found(void **state)
{
    struct fixture *f = *state;
    const char *const files[] = {CSV_PART, JSON_PART, "rejects.jsonl.gz",
                                 MANIFEST_NAME};
    int fd;

    f->rows = 3;
    fixture_publish(f);
    fd = fixture_run_fd(f);
    for (size_t k = 0; k < 4; k++) {
        struct error err = {0};
        size_t len;
        char *text = read_whole_file(fd, files[k], 1 << 20, &len, &err);
        size_t step = k == 3 ? 97 : 1;

        for (size_t at = 0; at < len; at += step) {
            struct findings found;

            text[at] ^= 4;
            write_whole_file(fd, files[k], text, len, 0600, &err);
            run_verify(f->out, &found);
            if (found.result == 0)
                fail_msg("%s: byte %zu changed unnoticed", files[k], at);
            buf_release(&found.text);
            text[at] ^= 4;
        }
        write_whole_file(fd, files[k], text, len, 0600, &err);
        free(text);
    }
    close(fd);
    expect_clean(f);
}

static void cut_missing_and_stray_files_are_found(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    size_t len;
    char *text;
    int fd;

    fixture_publish(f);
    fd = fixture_run_fd(f);
    write_whole_file(fd, "extra.csv", "x", 1, 0600, &err);
    expect_finding(f, "extra.csv: is not in the manifest");
    unlinkat(fd, "extra.csv", 0);
    text = read_whole_file(fd, CSV_PART, 1 << 20, &len, &err);
    write_whole_file(fd, CSV_PART, text, len - 9, 0600, &err);
    expect_finding(f, CSV_PART ": gzip data is cut off");
    expect_finding(f, "bytes, the manifest says");
    unlinkat(fd, CSV_PART, 0);
    expect_finding(f, CSV_PART ": cannot be found");
    assert_int_equal(symlinkat("/dev/zero", fd, CSV_PART), 0);
    expect_finding(f, CSV_PART ": is no regular file");
    unlinkat(fd, MANIFEST_NAME, 0);
    expect_finding(f, MANIFEST_NAME ": is missing");
    assert_int_equal(mkfifoat(fd, MANIFEST_NAME, 0600), 0);
    expect_finding(f, MANIFEST_NAME ": is no regular file");
    free(text);
    close(fd);
}

static void swapped_parts_are_found(void **state)
{
    struct fixture *f = *state;
    int fd;

    f->rows = ROWS_MAX;
    f->part_size = 4096;
    fixture_publish(f);
    fd = fixture_run_fd(f);
    assert_int_equal(
        renameat2(fd, "people-00001.csv.gz", fd, "people-00002.csv.gz", 2), 0);
    expect_finding(f, "people-00001.csv.gz: SHA-256 of the file");
    expect_finding(f, "row 1, column account_id: comes before the row above");
    close(fd);
}

/* Replaces text in the manifest and lets the done file agree. */
static void edit_manifest(const struct fixture *f, const char *from,
                          const char *to)
{
    struct error err = {0};
    int fd = fixture_run_fd(f), out = openat(fd, "..", O_RDONLY);
    size_t len;
    char *text = read_whole_file(fd, MANIFEST_NAME, 1 << 22, &len, &err);
    char hex[DIGEST_HEX_SIZE], *at = strstr(text, from);
    struct buf edited, done;

    buf_init(&edited, 1 << 22);
    buf_init(&done, 4096);
    assert_non_null(at);
    buf_append(&edited, text, (size_t)(at - text));
    buf_puts(&edited, to);
    buf_puts(&edited, at + strlen(from));
    write_whole_file(fd, MANIFEST_NAME, edited.data, edited.len, 0600, &err);
    digest_hex(edited.data, edited.len, hex);
    buf_printf(&done,
               "{\"runId\":\"" FIXTURE_RUN "\",\"dataset\":\"people\","
               "\"rows\":%zu,\"manifestSha256\":\"%s\"}\n",
               f->rows, hex);
    write_whole_file(out, FIXTURE_DONE, done.data, done.len, 0600, &err);
    assert_int_equal(err.kind, ERROR_NONE);
    buf_release(&edited);
    buf_release(&done);
    free(text);
    close(out);
    close(fd);
}

static void edited_counts_are_found(void **state)
{
    struct fixture *f = *state;

    fixture_publish(f);
    edit_manifest(f, "\"x-rows\": 40", "\"x-rows\": 41");
    expect_finding(f, "holds 40 rows, the manifest says 41");
    edit_manifest(f, "\"x-rows\": 41", "\"x-rows\": 40");
    edit_manifest(f, "\"rows\": 40", "\"rows\": 39");
    expect_finding(f, "people: 39 rows stated, its csv parts hold 40");
    edit_manifest(f, "\"rows\": 39", "\"rows\": 40");
    expect_clean(f);
    edit_manifest(f, "\"x-maxRecordBytes\": ", "\"x-maxRecordBytes\": 1");
    expect_finding(f, "longest line has");
}

static void drop_name(const char *format, size_t i, struct value *cells)
{
    if (i == 7 && strcmp(format, "csv") == 0)
        cells[1] = value_text("");
    if (i == 7 && strcmp(format, "jsonl") == 0)
        cells[1] = value_null(VALUE_STRING);
}

static void differing_rows_are_found(void **state)
{
    struct fixture *f = *state;

    f->twist = drop_name;
    fixture_publish(f);
    expect_finding(f, "people: CSV and JSONL do not hold the same rows");
}

static char twisted[32];

static void unsort(const char *format, size_t i, struct value *cells)
{
    (void)format;
    if (i == 7) {
        strcpy(twisted, "acc-00000003");
        cells[0] = value_text(twisted);
    }
}

static void repeat(const char *format, size_t i, struct value *cells)
{
    (void)format;
    if (i == 7) {
        strcpy(twisted, "acc-00000006");
        cells[0] = value_text(twisted);
    }
}

static void disorder_and_repeats_are_found(void **state)
{
    struct fixture *f = *state;

    f->twist = unsort;
    fixture_publish(f);
    expect_finding(f, CSV_PART ": row 8, column account_id: comes before");
    expect_finding(f, JSON_PART ": row 8, column account_id: comes before");
    f->replace = true;
    f->twist = repeat;
    fixture_publish(f);
    expect_finding(f, CSV_PART ": row 8: repeats the order columns");
}

/* Ordered by time, so only the set of keys can tell. */
static void by_time(const char *format, size_t i, struct value *cells)
{
    (void)format;
    cells[3] = value_instant((int64_t)i * 100);
    snprintf(twisted, sizeof(twisted), "acc-%08zu", i == 30 ? 5 : 999 - i);
    if (i != 5)
        cells[0] = value_text(twisted);
}

static void distant_repeats_of_a_key_are_found(void **state)
{
    static const size_t order[] = {3, 0};
    struct fixture *f = *state;

    f->order = order;
    f->order_count = 2;
    f->twist = by_time;
    fixture_publish(f);
    expect_finding(f, JSON_PART ": row 31: repeats the key of an earlier row");
    f->replace = true;
    f->rows = 30;
    fixture_publish(f);
    expect_clean(f); /* times of one second, ids descending in the CSV */
}

static void not_listed(const char *format, size_t i, struct value *cells)
{
    (void)format;
    if (i == 2)
        cells[2] = value_text("maybe");
    if (i == 3)
        cells[1] = value_text("bad \xff byte");
}

static void bad_cells_are_found_and_not_shown(void **state)
{
    struct fixture *f = *state;
    struct findings found;

    f->jsonl = false;
    f->twist = not_listed;
    fixture_publish(f);
    expect_finding(f, CSV_PART ": row 3, column email_status: is not in the "
                               "list");
    expect_finding(f, CSV_PART ": row 4, column display_name: is not valid");
    run_verify(f->out, &found);
    assert_null(strstr(found.text.data, "maybe"));
    buf_release(&found.text);
    edit_manifest(f, "\"maxLength\": 300", "\"maxLength\": 3");
    expect_finding(f, "column display_name: is longer than allowed");
    edit_manifest(f, "\"type\": \"datetime\"", "\"type\": \"date\"");
    expect_finding(f, "column seen_at: is no date");
}

static void done_files_must_agree(void **state)
{
    static const char done[] =
        "{\"runId\":\"" FIXTURE_RUN "\",\"dataset\":\"people\",\"rows\":40,"
        "\"manifestSha256\":\"00\"}";
    struct fixture *f = *state;
    struct error err = {0};
    int out;

    fixture_publish(f);
    out = open(f->out, O_RDONLY | O_DIRECTORY);
    write_whole_file(out, FIXTURE_DONE, done, strlen(done), 0600, &err);
    expect_finding(f, FIXTURE_DONE ": names another manifest");
    unlinkat(out, FIXTURE_DONE, 0);
    expect_finding(f, FIXTURE_DONE ": done file is missing");
    assert_int_equal(renameat(out, FIXTURE_RUN, out, "copy"), 0);
    unlinkat(out, "latest", 0);
    assert_int_equal(symlinkat("copy", out, "latest"), 0);
    expect_finding(f, "folder of another name");
    unlinkat(out, ".rollcall.lock", 0);
    expect_clean(f); /* a delivered copy stands alone */
    close(out);
}

/* Nobody publishes such a run, but somebody may have edited its manifest. */
static void a_name_that_no_file_can_have_is_refused(void **state)
{
    struct fixture *f = *state;
    char name[300];
    struct findings found;

    fixture_publish(f);
    snprintf(name, sizeof(name), "\"name\": \"%0240d\"", 0);
    edit_manifest(f, "\"name\": \"people\"", name);
    run_verify(f->out, &found);
    assert_int_equal(found.result, -1);
    assert_int_equal(found.err.kind, ERROR_DATA);
    if (strstr(found.err.text, "the name of a dataset is too long") == NULL)
        fail_msg("%s (%s)", found.err.text, found.text.data);
    assert_non_null(strstr(found.err.hint, "bring it back"));
    buf_release(&found.text);
}

static void keys_are_collected_in_lots(void **state)
{
    const uint64_t rows = 3 * (uint64_t)VERIFY_KEYS_MAX;
    struct verify_keys keys;
    size_t kept = 0;

    (void)state;
    assert_int_equal(verify_keys_init(&keys, rows), 0);
    assert_int_equal(keys.lots, 4);
    for (uint32_t i = 0; i < 10000; i++)
        assert_int_equal(verify_keys_add(&keys, &i, sizeof(i)), 0);
    assert_in_range(keys.count, 2000, 3000);
    for (uint32_t i = 0; i < 10000; i++)
        kept += verify_keys_add(&keys, &i, sizeof(i)) == 1;
    assert_int_equal(kept, keys.count);
    free(keys.slots);
}

static void nothing_there_is_no_input(void **state)
{
    struct fixture *f = *state;
    struct findings found;

    run_verify(f->out, &found);
    assert_int_equal(found.err.kind, ERROR_NO_INPUT);
    buf_release(&found.text);
    run_verify("/no/such/folder", &found);
    assert_int_equal(found.err.kind, ERROR_NO_INPUT);
    buf_release(&found.text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_dialect_verifies),
        TEST(many_parts_and_no_rows_verify),
        TEST(a_run_is_found_by_any_of_its_names),
        TEST(bit_flips_are_found),
        TEST(cut_missing_and_stray_files_are_found),
        TEST(swapped_parts_are_found),
        TEST(edited_counts_are_found),
        TEST(differing_rows_are_found),
        TEST(disorder_and_repeats_are_found),
        TEST(distant_repeats_of_a_key_are_found),
        TEST(bad_cells_are_found_and_not_shown),
        TEST(done_files_must_agree),
        TEST(a_name_that_no_file_can_have_is_refused),
        cmocka_unit_test(keys_are_collected_in_lots),
        TEST(nothing_there_is_no_input),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
