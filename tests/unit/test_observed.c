#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "observed.h"
#include "output_fixture.h"

/* The fixture's dataset "people": seen_at is null in every third row. */
struct stage {
    struct fixture fixture;
    struct manifest manifest;
    struct observed observed;
    int fd;
    struct error err;
};

static int setup(void **state)
{
    struct stage *stage = calloc(1, sizeof(*stage));

    assert_non_null(stage);
    fixture_init(&stage->fixture);
    observed_init(&stage->observed);
    stage->fixture.rows = 1000;
    stage->fd = -1;
    *state = stage;
    return 0;
}

static int teardown(void **state)
{
    struct stage *stage = *state;

    observed_release(&stage->observed);
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
}

static int load(struct stage *stage, const char *dataset, const char *column)
{
    return observed_load(&stage->observed, &stage->manifest, stage->fd, dataset,
                         "account_id", column, &stage->err);
}

/* unit: what the format keeps of a time, in milliseconds. */
static void holds_all(struct stage *stage, int64_t unit)
{
    if (load(stage, "people", "seen_at") != 0)
        fail_msg("%s", stage->err.text);
    assert_true(stage->observed.loaded);
    for (size_t i = 0; i < stage->fixture.rows; i++) {
        struct value cells[PEOPLE_COLUMNS];
        const int64_t *at;
        char id[32];

        fixture_row(i, id, cells);
        at = strmap_get(&stage->observed.by_id, id);
        if ((at != NULL) != cells[3].present)
            fail_msg("row %zu", i);
        if (at != NULL)
            assert_true(*at == cells[3].integer / unit * unit);
    }
}

static void from_jsonl(void **state)
{
    publish(*state);
    holds_all(*state, 1);
}

static void from_csv(void **state)
{
    struct stage *stage = *state;

    stage->fixture.jsonl = false;
    publish(stage);
    holds_all(stage, 1000);
}

static void from_every_preset(void **state)
{
    static const char *const presets[] = {"powercenter", "excel", "postgres"};

    for (size_t i = 0; i < 3; i++) {
        struct stage *stage = *state;

        stage->fixture.jsonl = false;
        stage->fixture.rows = 50;
        csv_preset(presets[i], &stage->fixture.dialect);
        publish(stage);
        holds_all(stage, 1000);
        teardown(state);
        setup(state);
    }
}

static void from_a_csv_without_header(void **state)
{
    struct stage *stage = *state;

    stage->fixture.jsonl = false;
    stage->fixture.rows = 50;
    stage->fixture.dialect.header = false;
    stage->fixture.dialect.delimiter = ';';
    stage->fixture.dialect.null_text = "NULL";
    publish(stage);
    holds_all(stage, 1000);
}

static void from_many_parts(void **state)
{
    struct stage *stage = *state;

    stage->fixture.part_size = 4096;
    stage->fixture.rows = ROWS_MAX;
    publish(stage);
    assert_true(stage->manifest.resource_count > 5);
    holds_all(stage, 1);
}

static void an_empty_dataset(void **state)
{
    struct stage *stage = *state;

    stage->fixture.rows = 0;
    publish(stage);
    holds_all(stage, 1);
    assert_int_equal(stage->observed.by_id.count, 0);
}

static void what_the_run_does_not_have(void **state)
{
    struct stage *stage = *state;

    publish(stage);
    assert_int_equal(load(stage, "others", "seen_at"), 0);
    assert_false(stage->observed.loaded);
    assert_int_equal(load(stage, "people", "first_seen_at"), 0);
    assert_false(stage->observed.loaded);
    assert_int_equal(stage->observed.by_id.count, 0);
}

static void a_column_of_no_times(void **state)
{
    publish(*state);
    assert_int_equal(load(*state, "people", "email_status"), -1);
    assert_int_equal(((struct stage *)*state)->err.kind, ERROR_DATA);
}

/* --- damaged parts -------------------------------------------------------- */

#define PART "people-00001.jsonl.gz"

static void fails(struct stage *stage, enum error_kind kind)
{
    assert_int_equal(load(stage, "people", "seen_at"), -1);
    assert_int_equal(stage->err.kind, kind);
    if (strstr(stage->err.text, PART) == NULL)
        fail_msg("%s", stage->err.text);
}

static void a_cut_part(void **state)
{
    struct stage *stage = *state;
    char path[160];
    struct stat st;

    publish(stage);
    snprintf(path, sizeof(path), "%s/" FIXTURE_RUN "/" PART,
             stage->fixture.out);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(truncate(path, st.st_size / 2), 0);
    fails(stage, ERROR_DATA);
}

static void a_changed_byte(void **state)
{
    struct stage *stage = *state;
    char path[160], byte;
    struct stat st;
    int fd;

    publish(stage);
    snprintf(path, sizeof(path), "%s/" FIXTURE_RUN "/" PART,
             stage->fixture.out);
    fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(pread(fd, &byte, 1, st.st_size / 2), 1);
    byte ^= 0x55;
    assert_int_equal(pwrite(fd, &byte, 1, st.st_size / 2), 1);
    close(fd);
    fails(stage, ERROR_DATA);
}

static void a_missing_part(void **state)
{
    struct stage *stage = *state;

    publish(stage);
    assert_int_equal(unlinkat(stage->fd, PART, 0), 0);
    fails(stage, ERROR_NO_INPUT);
}

/* Well compressed, but not what was written. */
static void rewrite(struct stage *stage, const char *text)
{
    char command[256];

    publish(stage);
    snprintf(command, sizeof(command),
             "printf '%s' | gzip >%s/" FIXTURE_RUN "/" PART, text,
             stage->fixture.out);
    assert_int_equal(system(command), 0);
}

static void a_part_that_ends_within_a_row(void **state)
{
    rewrite(*state, "{\"account_id\":\"a\",\"seen_at\":null}\\n{\"acc");
    fails(*state, ERROR_DATA);
}

static void a_part_that_is_no_jsonl(void **state)
{
    rewrite(*state, "account_id,seen_at\\na,b\\n");
    fails(*state, ERROR_DATA);
}

static void a_time_that_is_none(void **state)
{
    rewrite(*state, "{\"account_id\":\"a\",\"seen_at\":\"soon\"}\\n");
    fails(*state, ERROR_DATA);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(from_jsonl),
        TEST(from_csv),
        TEST(from_every_preset),
        TEST(from_a_csv_without_header),
        TEST(from_many_parts),
        TEST(an_empty_dataset),
        TEST(what_the_run_does_not_have),
        TEST(a_column_of_no_times),
        TEST(a_cut_part),
        TEST(a_changed_byte),
        TEST(a_missing_part),
        TEST(a_part_that_ends_within_a_row),
        TEST(a_part_that_is_no_jsonl),
        TEST(a_time_that_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
