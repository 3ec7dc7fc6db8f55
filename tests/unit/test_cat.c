#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "output_fixture.h"
#include "verify.h"

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

static char *run_cat(const struct fixture *f, const struct cat_options *options,
                     int want)
{
    struct error err = {0};
    char *text = calloc(1, 1 << 22);
    FILE *file = tmpfile();

    assert_int_equal(cat_run(f->out, options, fileno(file), &err), want);
    rewind(file);
    assert_true(fread(text, 1, (1 << 22) - 1, file) > 0 || want != 0);
    fclose(file);
    return text;
}

static size_t count_lines(const char *text)
{
    size_t lines = 0;

    for (; (text = strchr(text, '\n')) != NULL; text++)
        lines++;
    return lines;
}

static void cat_joins_parts_under_one_header(void **state)
{
    struct fixture *f = *state;
    const struct cat_options with = {.header = true};
    const struct cat_options without = {.dataset = "people", .format = "csv"};
    const struct cat_options json = {.format = "jsonl", .header = true};
    char *text;
    int fd;

    csv_preset("excel", &f->dialect);
    f->rows = ROWS_MAX;
    f->part_size = 4096;
    fixture_publish(f);
    text = run_cat(f, &with, 0);
    assert_int_equal(count_lines(text), ROWS_MAX + 1);
    assert_int_equal(strncmp(text, CSV_BOM "account_id,", 14), 0);
    assert_null(strstr(text + 14, "account_id"));
    assert_null(strstr(text + 14, CSV_BOM));
    free(text);
    text = run_cat(f, &without, 0);
    assert_int_equal(count_lines(text), ROWS_MAX);
    assert_int_equal(strncmp(text, "acc-00000000,", 13), 0);
    free(text);
    text = run_cat(f, &json, 0);
    assert_int_equal(count_lines(text), ROWS_MAX);
    free(text);
    fd = fixture_run_fd(f);
    renameat2(fd, "people-00001.csv.gz", fd, "people-00002.csv.gz", 2);
    free(run_cat(f, &with, -1));
    close(fd);
}

static void cat_to_a_full_disk_fails(void **state)
{
    struct fixture *f = *state;
    const struct cat_options options = {.header = true};
    struct error err = {0};
    int full = open("/dev/full", O_WRONLY);

    fixture_publish(f);
    assert_int_equal(cat_run(f->out, &options, full, &err), -1);
    assert_int_equal(err.kind, ERROR_IO);
    close(full);
}

static void cat_says_what_is_not_there(void **state)
{
    struct fixture *f = *state;
    const struct cat_options options[] = {
        {.dataset = "nobody"}, {.format = "jsonl"}, {.dataset = "../people"}};

    f->jsonl = false;
    fixture_publish(f);
    for (size_t i = 0; i < 3; i++) {
        struct error err = {0};

        assert_int_equal(cat_run(f->out, &options[i], 1, &err), -1);
        assert_int_equal(err.kind, ERROR_NO_INPUT);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(cat_joins_parts_under_one_header),
        TEST(cat_to_a_full_disk_fails),
        TEST(cat_says_what_is_not_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
