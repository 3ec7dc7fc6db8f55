#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json.h"
#include "output_fixture.h"

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

static int open_out(const struct fixture *f)
{
    int fd = open(f->out, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

static struct writer *open_writer(const struct fixture *f, int fd,
                                  const char *format, struct error *err)
{
    const struct writer_options options = {.dir_fd = fd,
                                           .schema = f->schema,
                                           .dialect = &f->dialect,
                                           .part_size = f->part_size,
                                           .mode = 0600};

    return writer_open(format, &options, err);
}

/* The first rows of the fixture, letter by letter. */
static void csv_is_exact(void **state)
{
    struct fixture *f = *state;
    struct writer_report report;
    int fd = open_out(f);
    size_t len;
    char *text;

    f->rows = 6;
    fixture_write(f, fd, "csv", &report);
    text = fixture_content(fd, "people-00001.csv.gz", &len);
    assert_string_equal(
        text, "account_id,display_name,email_status,seen_at,born,score,active\n"
              "acc-00000000,Ann,known,,,1.50,false\n"
              "acc-00000001,,hidden,2026-11-23 01:59:59,1970-01-02,-0.5,true\n"
              "acc-00000002,\"\",known,2026-11-23 01:59:58,1970-01-03,1000,"
              "false\n"
              "acc-00000003,\"Zoë, \"\"Z\"\"\",hidden,,1970-01-04,0.0125,true\n"
              "acc-00000004,two lines,known,2026-11-23 01:59:56,,,false\n"
              "acc-00000005,\" edge \",hidden,2026-11-23 01:59:56,1970-01-06,"
              "1.50,true\n");
    assert_int_equal(report.newlines_replaced, 1);
    assert_int_equal(report.rows, 6);
    assert_int_equal(report.part_count, 1);
    assert_int_equal(report.parts[0].longest, 70);
    assert_int_equal(report.parts[0].facts.plain_bytes, len);
    free(text);
    writer_report_release(&report);
    close(fd);
}

static void presets_change_what_they_say(void **state)
{
    struct fixture *f = *state;
    struct writer_report report;
    int fd = open_out(f);
    size_t len;
    char *text;

    f->rows = 7;
    csv_preset("excel", &f->dialect);
    fixture_write(f, fd, "csv", &report);
    text = fixture_content(fd, "people-00001.csv.gz", &len);
    assert_int_equal(strncmp(text, CSV_BOM "account_id,", 14), 0);
    assert_non_null(strstr(text, "acc-00000006,'=1+1,known,"));
    assert_non_null(strstr(text, ",-0.5,true\r\n")); /* a number, no text */
    free(text);
    writer_report_release(&report);
    unlinkat(fd, "people-00001.csv.gz", 0);
    csv_preset("powercenter", &f->dialect);
    fixture_write(f, fd, "csv", &report);
    text = fixture_content(fd, "people-00001.csv.gz", &len);
    assert_int_equal(strncmp(text, "acc-00000000,Ann,", 17), 0);
    assert_null(strchr(text, '\r'));
    free(text);
    writer_report_release(&report);
    unlinkat(fd, "people-00001.csv.gz", 0);
    csv_preset("postgres", &f->dialect);
    fixture_write(f, fd, "csv", &report);
    text = fixture_content(fd, "people-00001.csv.gz", &len);
    assert_non_null(strstr(text, ",2026-11-23 01:59:59+00,"));
    free(text);
    writer_report_release(&report);
    close(fd);
}

static void jsonl_keeps_text_nulls_and_digits(void **state)
{
    struct fixture *f = *state;
    struct writer_report report;
    struct error err = {0};
    struct json_doc doc;
    int fd = open_out(f);
    char *text, *line;
    size_t len;

    f->rows = 5;
    fixture_write(f, fd, "jsonl", &report);
    text = fixture_content(fd, "people-00001.jsonl.gz", &len);
    line = strstr(text, "{\"account_id\":\"acc-00000004\"");
    assert_non_null(line);
    assert_string_equal(line,
                        "{\"account_id\":\"acc-00000004\",\"display_name\":"
                        "\"two\\r\\nlines\",\"email_status\":\"known\","
                        "\"seen_at\":\"2026-11-23T01:59:56.892Z\","
                        "\"born\":null,\"score\":null,"
                        "\"active\":false}\n");
    assert_non_null(strstr(text, "\"score\":12.5e-3,"));
    *strchr(text, '\n') = '\0';
    assert_int_equal(json_parse(&doc, text, strlen(text), JSON_STRICT, "line",
                                ERROR_DATA, &err),
                     0);
    assert_int_equal(json_size(doc.root), PEOPLE_COLUMNS);
    json_free(&doc);
    free(text);
    writer_report_release(&report);
    close(fd);
}

static void expect_number(const char *digits, char decimal, const char *want)
{
    struct csv_dialect dialect = {.decimal = decimal};
    struct value value = {
        .present = true, .type = VALUE_NUMBER, .text = digits};
    struct writer_report counts = {0};
    struct buf out;
    int result;

    buf_init(&out, 4096);
    result = writer_csv_text(&dialect, &value, &out, &counts);
    if (want == NULL) {
        assert_int_equal(result, -1);
    } else {
        assert_int_equal(result, 0);
        assert_string_equal(out.data, want);
    }
    buf_release(&out);
}

static void numbers_are_plain_decimals(void **state)
{
    (void)state;
    expect_number("9007199254740993", '.', "9007199254740993");
    expect_number("-1.50", ',', "-1,50");
    expect_number("1e3", '.', "1000");
    expect_number("-1.25E+1", '.', "-12.5");
    expect_number("12.5e-3", ',', "0,0125");
    expect_number("0.5e1", '.', "5");
    expect_number("0.05e1", '.', "0.5");
    expect_number("0e5", '.', "0");
    expect_number("1e999999999999", '.', NULL);
    expect_number("1e", '.', NULL);
    expect_number("1e+-2", '.', NULL);
    expect_number("NaN", '.', NULL);
    expect_number("1.", '.', NULL);
    expect_number("", '.', NULL);
    expect_number("1x", '.', NULL);
}

static void same_rows_same_bytes(void **state)
{
    struct fixture *f = *state;
    struct writer_report one, two;
    int fd = open_out(f);

    f->rows = ROWS_MAX;
    f->part_size = 8192;
    for (int k = 0; k < 2; k++) {
        const char *format = k == 0 ? "csv" : "jsonl";
        char name[64];

        fixture_write(f, fd, format, &one);
        for (size_t i = 1; i <= one.part_count; i++) {
            snprintf(name, sizeof(name), "people-%05zu.%s.gz", i, format);
            assert_int_equal(unlinkat(fd, name, 0), 0);
        }
        fixture_write(f, fd, format, &two);
        assert_true(one.part_count > 1);
        assert_int_equal(one.part_count, two.part_count);
        for (size_t i = 0; i < one.part_count; i++)
            assert_memory_equal(&one.parts[i], &two.parts[i],
                                sizeof(one.parts[i]));
        writer_report_release(&one);
        writer_report_release(&two);
    }
    close(fd);
}

static void parts_roll_and_lose_nothing(void **state)
{
    struct fixture *f = *state;
    struct writer_report report;
    int fd = open_out(f);
    uint64_t rows = 0;

    f->rows = ROWS_MAX;
    f->part_size = 1;
    fixture_write(f, fd, "csv", &report);
    for (size_t i = 0; i < report.part_count; i++) {
        assert_true(report.parts[i].rows > 0);
        rows += report.parts[i].rows;
    }
    assert_true(report.part_count > 1);
    assert_int_equal(rows, ROWS_MAX);
    writer_report_release(&report);
    close(fd);
}

static void an_empty_dataset_has_one_part(void **state)
{
    struct fixture *f = *state;
    struct writer_report report;
    int fd = open_out(f);
    size_t len;
    char *text;

    f->rows = 0;
    fixture_write(f, fd, "csv", &report);
    assert_int_equal(report.part_count, 1);
    text = fixture_content(fd, "people-00001.csv.gz", &len);
    assert_non_null(strstr(text, "account_id,"));
    free(text);
    writer_report_release(&report);
    fixture_write(f, fd, "jsonl", &report);
    assert_int_equal(report.part_count, 1);
    assert_int_equal(report.parts[0].facts.plain_bytes, 0);
    writer_report_release(&report);
    close(fd);
}

static void bad_cells_are_refused_without_their_value(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    int fd = open_out(f);
    struct writer *w = open_writer(f, fd, "csv", &err);
    struct value cells[PEOPLE_COLUMNS];
    char id[32], *large;

    fixture_row(0, id, cells);
    cells[0] = value_null(VALUE_STRING);
    assert_int_equal(writer_row(w, cells, &err), -1);
    assert_int_equal(err.kind, ERROR_BUG);
    assert_non_null(strstr(err.text, "row 1, column account_id"));
    error_clear(&err);
    cells[0] = value_bool(true);
    assert_int_equal(writer_row(w, cells, &err), -1);
    assert_non_null(strstr(err.text, "wrong type"));
    error_clear(&err);
    fixture_row(0, id, cells);
    cells[5].text = "12secret";
    assert_int_equal(writer_row(w, cells, &err), -1);
    assert_int_equal(err.kind, ERROR_DATA);
    assert_null(strstr(err.text, "secret"));
    error_clear(&err);
    large = malloc(CSV_CELL_MAX + 2);
    memset(large, 'x', CSV_CELL_MAX + 1);
    large[CSV_CELL_MAX + 1] = '\0';
    fixture_row(0, id, cells);
    cells[1] = value_text(large);
    assert_int_equal(writer_row(w, cells, &err), -1);
    assert_non_null(strstr(err.text, "larger than 1 MiB"));
    free(large);
    writer_abort(w);
    assert_int_equal(faccessat(fd, "people-00001.csv.gz", F_OK, 0), -1);
    close(fd);
}

static void openings_fail_by_name(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    int fd = open_out(f);
    struct writer *w = open_writer(f, fd, "csv", &err);

    assert_null(open_writer(f, fd, "csv", &err)); /* the part exists */
    assert_int_equal(err.kind, ERROR_CANT_CREATE);
    assert_non_null(strstr(err.text, "people-00001.csv.gz"));
    writer_abort(w);
    error_clear(&err);
    assert_null(open_writer(f, fd, "xml", &err));
    error_clear(&err);
    f->dialect.delimiter = '"';
    assert_null(open_writer(f, fd, "csv", &err));
    assert_int_equal(err.kind, ERROR_CONFIG);
    writer_abort(NULL);
    close(fd);
}

static void rejects_do_not_depend_on_arrival(void **state)
{
    static const struct reject items[] = {
        {"b", "people", "2", "email", "too long"},
        {"a", NULL, "9", NULL, "no time"},
        {"b", "people", "10", "email", "too long"},
        {"b", "people", "10", "born", "no date"},
    };
    struct fixture *f = *state;
    struct part_report one, two;
    int fd = open_out(f);
    struct error err = {0};
    size_t len;
    char *text;

    for (int round = 0; round < 2; round++) {
        struct rejects *r = rejects_open(&err);

        for (size_t i = 0; i < 4; i++)
            rejects_add(r, &items[round == 0 ? i : 3 - i], &err);
        assert_int_equal(rejects_count(r), 4);
        unlinkat(fd, REJECTS_NAME, 0);
        assert_int_equal(
            rejects_close(r, fd, 0600, round == 0 ? &one : &two, &err), 0);
    }
    assert_memory_equal(&one, &two, sizeof(one));
    assert_int_equal(one.rows, 4);
    text = fixture_content(fd, REJECTS_NAME, &len);
    assert_int_equal(strncmp(text,
                             "{\"source\":\"a\",\"dataset\":null,"
                             "\"item\":\"9\",\"field\":null,"
                             "\"reason\":\"no time\"}\n"
                             "{\"source\":\"b\",\"dataset\":\"people\","
                             "\"item\":\"10\",\"field\":\"born\"",
                             125),
                     0);
    free(text);
    unlinkat(fd, REJECTS_NAME, 0);
    assert_int_equal(rejects_close(rejects_open(&err), fd, 0600, &one, &err),
                     0);
    assert_int_equal(one.rows, 0);
    assert_int_equal(faccessat(fd, REJECTS_NAME, F_OK, 0), -1);
    rejects_abort(NULL);
    close(fd);
}

static void rejects_are_bounded(void **state)
{
    static const struct reject item = {"s", "d", "i", "f", "r"};
    struct error err = {0};
    struct rejects *r = rejects_open(&err);

    (void)state;
    for (size_t i = 0; i < REJECTS_MAX; i++)
        assert_int_equal(rejects_add(r, &item, &err), 0);
    assert_int_equal(rejects_add(r, &item, &err), -1);
    assert_int_equal(err.kind, ERROR_DATA);
    rejects_abort(r);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(csv_is_exact),
        TEST(presets_change_what_they_say),
        TEST(jsonl_keeps_text_nulls_and_digits),
        cmocka_unit_test(numbers_are_plain_decimals),
        TEST(same_rows_same_bytes),
        TEST(parts_roll_and_lose_nothing),
        TEST(an_empty_dataset_has_one_part),
        TEST(bad_cells_are_refused_without_their_value),
        TEST(openings_fail_by_name),
        TEST(rejects_do_not_depend_on_arrival),
        cmocka_unit_test(rejects_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
