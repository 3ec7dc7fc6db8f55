#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "output_fixture.h"
#include "no_memory.h"
#include "past.h"

struct stage {
    struct fixture fixture;
    struct manifest manifest;
    struct past *past;
    int fd;
    struct error err;
};

static int setup(void **state)
{
    struct stage *stage = calloc(1, sizeof(*stage));

    assert_non_null(stage);
    fixture_init(&stage->fixture);
    stage->fixture.rows = 400;
    stage->fd = -1;
    *state = stage;
    return 0;
}

static int teardown(void **state)
{
    struct stage *stage = *state;

    past_close(stage->past);
    if (stage->fd >= 0) {
        manifest_free(&stage->manifest);
        close(stage->fd);
    }
    fixture_release(&stage->fixture);
    free(stage);
    return 0;
}

static void publish(struct stage *stage)
{
    fixture_publish(&stage->fixture);
    stage->fd = fixture_run_fd(&stage->fixture);
    if (manifest_load(&stage->manifest, stage->fd, &stage->err) != 0)
        fail_msg("%s", stage->err.text);
    stage->past = past_open(&stage->manifest, stage->fd, &fixture_schema);
    assert_non_null(stage->past);
}

/* Each row is the one that was written, and no other. */
static void gives_back_all(struct stage *stage)
{
    struct value cells[PEOPLE_COLUMNS], other[PEOPLE_COLUMNS];
    struct past_row row;
    char id[32], other_id[32];

    for (size_t i = 0; i < stage->fixture.rows; i++) {
        size_t same = 0;

        if (past_next(stage->past, &row, &stage->err) != 1)
            fail_msg("row %zu: %s", i, stage->err.text);
        fixture_row(i, id, cells);
        fixture_row(i + 1, other_id, other);
        for (size_t c = 0; c < PEOPLE_COLUMNS; c++) {
            int other_is = past_same(stage->past, &row, c, &other[c],
                                     &stage->err);

            if (past_same(stage->past, &row, c, &cells[c], &stage->err) != 1)
                fail_msg("row %zu, column %zu", i, c);
            assert_true(other_is == 0 || other_is == 1);
            same += (size_t)other_is;
        }
        assert_true(same < PEOPLE_COLUMNS / 2);
        assert_string_equal(row.cells[0].text, id);
        assert_true(row.cells[6].integer == (int64_t)(i % 2));
    }
    assert_int_equal(past_next(stage->past, &row, &stage->err), 0);
    assert_int_equal(past_next(stage->past, &row, &stage->err), 0);
}

static void from_jsonl(void **state)
{
    struct stage *stage = *state;
    struct value cells[PEOPLE_COLUMNS];
    struct past_row row;
    char id[32];

    publish(stage);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(past_next(stage->past, &row, &stage->err), 1);
    fixture_row(4, id, cells);
    assert_string_equal(row.cells[1].text, "two\r\nlines");
    assert_true(row.cells[3].integer == cells[3].integer);
    past_close(stage->past);
    stage->past = past_open(&stage->manifest, stage->fd, &fixture_schema);
    gives_back_all(stage);
}

static void from_many_parts(void **state)
{
    struct stage *stage = *state;

    stage->fixture.rows = ROWS_MAX;
    stage->fixture.part_size = 1;
    publish(stage);
    assert_true(stage->manifest.resource_count > 4);
    gives_back_all(stage);
}

static void from_csv_of_every_preset(void **state)
{
    static const char *const presets[] = {"rfc4180", "powercenter", "excel",
                                          "postgres"};

    for (size_t i = 0; i < 4; i++) {
        struct stage *stage = *state;

        stage->fixture.jsonl = false;
        csv_preset(presets[i], &stage->fixture.dialect);
        publish(stage);
        gives_back_all(stage);
        teardown(state);
        setup(state);
    }
}

static void from_odd_csv(void **state)
{
    struct stage *stage = *state;
    struct csv_dialect *dialect = &stage->fixture.dialect;

    stage->fixture.jsonl = false;
    dialect->header = false;
    dialect->delimiter = ';';
    dialect->decimal = ',';
    dialect->null_text = "NULL";
    dialect->excel_safe = true;
    dialect->header_case = CSV_HEADER_UPPER;
    publish(stage);
    gives_back_all(stage);
}

/* What would not come back as it is cannot be a key. */
static void what_a_file_keeps(void **state)
{
    struct stage *stage = *state;
    const struct value plain = value_text("5b10"), lines = value_text("a\nb"),
                       formula = value_text("=1"), quoted = value_text("'=1"),
                       exact = value_instant(1500), whole = value_instant(2000);

    publish(stage);
    assert_int_equal(past_keeps(stage->past, &lines, &stage->err), 1);
    assert_int_equal(past_keeps(stage->past, &exact, &stage->err), 1);
    teardown(state);
    setup(state);
    stage = *state;
    stage->fixture.jsonl = false;
    stage->fixture.dialect.excel_safe = true;
    publish(stage);
    assert_int_equal(past_keeps(stage->past, &plain, &stage->err), 1);
    assert_int_equal(past_keeps(stage->past, &formula, &stage->err), 1);
    assert_int_equal(past_keeps(stage->past, &whole, &stage->err), 1);
    assert_int_equal(past_keeps(stage->past, &quoted, &stage->err), 0);
    assert_int_equal(past_keeps(stage->past, &lines, &stage->err), 0);
    assert_int_equal(past_keeps(stage->past, &exact, &stage->err), 0);
}

static int read_all(struct stage *stage)
{
    struct past_row row;
    int found;

    while ((found = past_next(stage->past, &row, &stage->err)) > 0)
        continue;
    return found;
}

static void cut(struct stage *stage, const char *name, off_t size)
{
    int fd = openat(stage->fd, name, O_WRONLY);

    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, size), 0);
    close(fd);
}

static void damaged(struct stage *stage, enum error_kind kind,
                    const char *name)
{
    assert_int_equal(read_all(stage), -1);
    assert_int_equal(stage->err.kind, kind);
    assert_memory_equal(stage->err.text, name, strlen(name));
}

static void a_cut_part(void **state)
{
    publish(*state);
    cut(*state, "people-00001.jsonl.gz", 100);
    damaged(*state, ERROR_DATA, "people-00001.jsonl.gz: ");
}

static void a_part_that_is_gone(void **state)
{
    struct stage *stage = *state;

    stage->fixture.jsonl = false;
    publish(stage);
    assert_int_equal(unlinkat(stage->fd, "people-00001.csv.gz", 0), 0);
    damaged(stage, ERROR_NO_INPUT, "people-00001.csv.gz: ");
}

static void another_hash(void **state)
{
    static const char other[] = "0000000000000000000000000000000000000000"
                                "000000000000000000000000";
    struct stage *stage = *state;

    publish(stage);
    for (size_t i = 0; i < stage->manifest.resource_count; i++)
        stage->manifest.resources[i].sha256 = other;
    damaged(stage, ERROR_DATA, "people-00001.jsonl.gz: SHA-256");
}

static void another_number_of_rows(void **state)
{
    struct stage *stage = *state;

    publish(stage);
    for (size_t i = 0; i < stage->manifest.resource_count; i++)
        stage->manifest.resources[i].rows++;
    damaged(stage, ERROR_DATA, "people-00001.jsonl.gz: holds another number");
}

static void no_such_dataset(void **state)
{
    struct stage *stage = *state;
    const struct schema other = {
        .name = "others", .columns = fixture_columns, .count = 7};

    publish(stage);
    assert_null(past_first(&stage->manifest, "others"));
    past_close(stage->past);
    stage->past = past_open(&stage->manifest, stage->fd, &other);
    assert_int_equal(read_all(stage), 0);
}

static int compare_row(struct past *past, const struct past_row *row, size_t i,
                       struct error *err)
{
    struct value cells[PEOPLE_COLUMNS];
    char id[32];

    fixture_row(i, id, cells);
    for (size_t c = 0; c < PEOPLE_COLUMNS; c++) {
        int same = past_same(past, row, c, &cells[c], err);

        if (same < 0)
            return -1;
        assert_int_equal(same, 1);
    }
    return past_keeps(past, &cells[0], err) > 0 ? 0 : -1;
}

static int try_rows(void *context, struct error *err)
{
    struct stage *stage = context;
    struct past *past = past_open(&stage->manifest, stage->fd, &fixture_schema);
    struct past_row row;
    size_t count = 0;
    int found = -1;

    if (past == NULL)
        return error_no_memory(err);
    while ((found = past_next(past, &row, err)) > 0) {
        if (compare_row(past, &row, count++, err) != 0) {
            found = -1;
            break;
        }
    }
    if (found == 0)
        assert_int_equal(count, stage->fixture.rows);
    past_close(past);
    return found;
}

static void without_memory_nothing_differs(void **state)
{
    for (int jsonl = 0; jsonl < 2; jsonl++) {
        struct stage *stage = *state;

        stage->fixture.jsonl = jsonl != 0;
        stage->fixture.rows = 25;
        publish(stage);
        no_memory_try(try_rows, stage, 1, 1);
        teardown(state);
        setup(state);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(from_jsonl),
        TEST(from_many_parts),
        TEST(from_csv_of_every_preset),
        TEST(from_odd_csv),
        TEST(what_a_file_keeps),
        TEST(a_cut_part),
        TEST(a_part_that_is_gone),
        TEST(another_hash),
        TEST(another_number_of_rows),
        TEST(no_such_dataset),
        TEST(without_memory_nothing_differs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
