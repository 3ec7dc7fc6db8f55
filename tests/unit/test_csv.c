#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"

/* Collects rows as "<a><NULL>|" so that null and empty differ. */
static int collect(void *context, const char *const *cells, size_t count,
                   struct error *err)
{
    struct buf *out = context;

    (void)err;
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "<%s>", cells[i] == NULL ? "NULL" : cells[i]);
    return buf_putc(out, '|');
}

static int read_csv(const char *text, size_t len, size_t step, struct buf *out,
                    struct error *err)
{
    struct csv_reader *reader = csv_reader_new(',', '"', collect, out);
    int result = 0;

    assert_non_null(reader);
    for (size_t at = 0; at < len && result == 0; at += step)
        result = csv_reader_feed(reader, text + at,
                                 step < len - at ? step : len - at, err);
    if (result == 0)
        result = csv_reader_finish(reader, err);
    csv_reader_free(reader);
    return result;
}

static void expect_rows(const char *text, const char *rows)
{
    for (size_t step = 1; step <= strlen(text) + 1; step++) {
        struct error err = {0};
        struct buf out;

        buf_init(&out, 1 << 20);
        assert_int_equal(read_csv(text, strlen(text), step, &out, &err), 0);
        assert_string_equal(out.data, rows);
        buf_release(&out);
    }
}

static void expect_error(const char *text, const char *part)
{
    for (size_t step = 1; step <= strlen(text) + 1; step++) {
        struct error err = {0};
        struct buf out;

        buf_init(&out, 1 << 20);
        assert_int_equal(read_csv(text, strlen(text), step, &out, &err), -1);
        assert_int_equal(err.kind, ERROR_DATA);
        assert_non_null(strstr(err.text, part));
        buf_release(&out);
    }
}

static void null_and_empty_differ(void **state)
{
    (void)state;
    expect_rows("a,,\"\",d\n", "<a><NULL><><d>|");
    expect_rows(",\n\n,\r\n", "<NULL><NULL>|<NULL><NULL>|");
    expect_rows("\"x\"\"y\",\"a\nb\"", "<x\"y><a\nb>|");
    expect_rows("", "");
}

static void a_byte_order_mark_is_no_part_of_the_name(void **state)
{
    (void)state;
    expect_rows(CSV_BOM "id,b\n", "<id><b>|");
    expect_rows("\xef\xbb", "<\xef\xbb>|");
    expect_rows("\xef\xbb\xbc,b", "<\xef\xbb\xbc><b>|");
}

static void broken_quotes_are_errors_with_a_row(void **state)
{
    (void)state;
    expect_error("a,b\nx,\"never closed\n", "row 2: ");
    expect_error("a,b\nx,\"closed\" late\n", "row 2: ");
    expect_error("a,b\nx,in \" it\n", "row 2: ");
}

static void limits_hold_for_hostile_files(void **state)
{
    size_t len = 3 * 1024 * 1024;
    char *text = malloc(len);
    struct error err = {0};
    struct buf out;

    (void)state;
    buf_init(&out, 1 << 24);
    memset(text, 'x', len);
    assert_int_equal(read_csv(text, len, len, &out, &err), -1);
    assert_non_null(strstr(err.text, "larger than 1 MiB"));
    error_clear(&err);
    text[0] = '"';
    assert_int_equal(read_csv(text, len, 4096, &out, &err), -1);
    error_clear(&err);
    memset(text, ',', len);
    assert_int_equal(read_csv(text, len, len, &out, &err), -1);
    assert_non_null(strstr(err.text, "more than 512"));
    error_clear(&err);
    assert_int_equal(read_csv("a\0b,c\n", 6, 6, &out, &err), -1);
    assert_non_null(strstr(err.text, "NUL"));
    for (size_t i = 0; i < len; i++)
        text[i] = i % (1024 * 1024) == 1000000 ? ',' : 'x';
    error_clear(&err);
    assert_int_equal(read_csv(text, len, len, &out, &err), 0);
    buf_release(&out);
    free(text);
}

static int refuse(void *context, const char *const *cells, size_t count,
                  struct error *err)
{
    int *calls = context;

    (void)cells;
    (void)count;
    (*calls)++;
    return error_set(err, ERROR_CONFIG, "enough");
}

static void the_callback_can_stop(void **state)
{
    int calls = 0;
    struct error err = {0};
    struct csv_reader *reader = csv_reader_new(',', '"', refuse, &calls);

    (void)state;
    assert_int_equal(csv_reader_feed(reader, "a\nb\nc\n", 6, &err), -1);
    assert_int_equal(calls, 1);
    assert_string_equal(err.text, "enough");
    csv_reader_free(reader);
    csv_reader_free(NULL);
}

static struct csv_dialect preset(const char *name)
{
    struct csv_dialect dialect;

    assert_true(csv_preset(name, &dialect));
    return dialect;
}

static void put_row(const struct csv_dialect *dialect, struct buf *out,
                    const char *const *cells, size_t count)
{
    struct csv_writer w = {.out = out, .dialect = dialect};

    csv_row_start(&w);
    for (size_t i = 0; i < count; i++) {
        if (cells[i] == NULL)
            csv_put_null(&w);
        else
            csv_put_text(&w, cells[i]);
    }
    csv_row_end(&w);
}

static void quotes_only_what_needs_it(void **state)
{
    static const char *const cells[] = {
        NULL,      "",           "plain", "a,b",  "say \"x\"", " lead",
        "trail\t", "two\nlines", "\\.",   "=1+1", "-5",        "mid dle"};
    struct csv_dialect dialect = preset("rfc4180");
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    put_row(&dialect, &out, cells, 12);
    assert_string_equal(out.data,
                        ",\"\",plain,\"a,b\",\"say \"\"x\"\"\",\" lead\","
                        "\"trail\t\",\"two\nlines\",\"\\.\",=1+1,-5,mid dle\n");
    buf_release(&out);
}

static void dialect_options_are_kept(void **state)
{
    static const char *const cells[] = {NULL, "NULL", "", "a;b", "a,b", "'x'"};
    struct csv_dialect dialect = preset("rfc4180");
    struct buf out;

    (void)state;
    dialect.delimiter = ';';
    dialect.quote = '\'';
    dialect.null_text = "NULL";
    dialect.crlf = true;
    buf_init(&out, 4096);
    put_row(&dialect, &out, cells, 6);
    assert_string_equal(out.data, "NULL;'NULL';'';'a;b';a,b;'''x'''\r\n");
    buf_release(&out);
}

static void excel_gets_apostrophes_on_text_only(void **state)
{
    static const char *const cells[] = {"=1", "+1", "-1", "@x", "\tx", "x="};
    struct csv_dialect dialect = preset("excel");
    struct csv_writer w;
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    put_row(&dialect, &out, cells, 6);
    assert_string_equal(out.data, "'=1,'+1,'-1,'@x,\"'\tx\",x=\r\n");
    buf_reset(&out);
    w = (struct csv_writer){.out = &out, .dialect = &dialect};
    csv_row_start(&w);
    csv_put_plain(&w, "-5");
    assert_string_equal(out.data, "-5");
    buf_release(&out);
}

/* Whatever is written comes back, at any length around a quoting piece. */
static void what_is_written_is_read_back(void **state)
{
    struct csv_dialect dialect = preset("rfc4180");
    uint32_t x = 7;

    (void)state;
    for (int round = 0; round < 400; round++) {
        char cell[1200];
        const char *const cells[] = {"k", cell, NULL};
        struct error err = {0};
        struct buf out, back, want;
        size_t len = (size_t)round * 3;

        for (size_t i = 0; i < len; i++) {
            x = x * 1664525u + 1013904223u;
            cell[i] = "\"\", \n\t;=a\xc3"[(x >> 24) % 10];
        }
        cell[len] = '\0';
        buf_init(&out, 1 << 16);
        buf_init(&back, 1 << 16);
        buf_init(&want, 1 << 16);
        put_row(&dialect, &out, cells, 3);
        assert_int_equal(read_csv(out.data, out.len, 61, &back, &err), 0);
        buf_printf(&want, "<k><%s><NULL>|", cell);
        assert_string_equal(back.data, want.data);
        buf_release(&out);
        buf_release(&back);
        buf_release(&want);
    }
}

/* A text that begins with U+FEFF would lose it as the first of a file. */
static void a_text_is_no_byte_order_mark(void **state)
{
    struct csv_dialect dialect;
    struct error err = {0};
    struct csv_writer w;
    struct buf text, rows;

    (void)state;
    assert_true(csv_preset("rfc4180", &dialect));
    buf_init(&text, 1 << 10);
    buf_init(&rows, 1 << 10);
    w = (struct csv_writer){&text, &dialect, false};
    csv_row_start(&w);
    csv_put_text(&w, CSV_BOM "x");
    csv_put_text(&w, "y" CSV_BOM);
    csv_row_end(&w);
    assert_string_equal(text.data, "\"" CSV_BOM "x\",y" CSV_BOM "\n");
    assert_int_equal(read_csv(text.data, text.len, 1, &rows, &err), 0);
    assert_string_equal(rows.data, "<" CSV_BOM "x><y" CSV_BOM ">|");
    buf_release(&text);
    buf_release(&rows);
}

static void unreadable_dialects_are_named(void **state)
{
    struct csv_dialect dialect = preset("rfc4180");

    (void)state;
    assert_null(csv_dialect_problem(&dialect, 2));
    assert_non_null(strstr(csv_dialect_problem(&dialect, 1), "null text"));
    dialect.delimiter = '\t';
    assert_null(csv_dialect_problem(&dialect, 2));
    dialect.delimiter = '"';
    assert_non_null(csv_dialect_problem(&dialect, 2));
    dialect = preset("rfc4180");
    dialect.null_text = "N ";
    assert_non_null(csv_dialect_problem(&dialect, 2));
    dialect.null_text = "";
    dialect.time_format = "%Y %q";
    assert_non_null(strstr(csv_dialect_problem(&dialect, 2), "time format"));
}

static void every_named_preset_exists(void **state)
{
    char names[200], *rest = names, *name;
    struct csv_dialect dialect;

    (void)state;
    snprintf(names, sizeof(names), "%s", csv_preset_names());
    while ((name = strsep(&rest, ",")) != NULL) {
        assert_true(csv_preset(name + strspn(name, " "), &dialect));
        assert_null(csv_dialect_problem(&dialect, 2));
    }
    assert_false(csv_preset("lotus", &dialect));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(null_and_empty_differ),
        cmocka_unit_test(a_byte_order_mark_is_no_part_of_the_name),
        cmocka_unit_test(broken_quotes_are_errors_with_a_row),
        cmocka_unit_test(limits_hold_for_hostile_files),
        cmocka_unit_test(the_callback_can_stop),
        cmocka_unit_test(quotes_only_what_needs_it),
        cmocka_unit_test(dialect_options_are_kept),
        cmocka_unit_test(excel_gets_apostrophes_on_text_only),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(a_text_is_no_byte_order_mark),
        cmocka_unit_test(unreadable_dialects_are_named),
        cmocka_unit_test(every_named_preset_exists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
