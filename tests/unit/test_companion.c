#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "companion.h"

#define RUN "20261123T020000Z"

static struct manifest_resource resources[] = {
    {.path = "people-00001.csv", .format = "csv", .dataset = "people",
     .rows = 3, .longest = 40},
    {.path = "people-00001.jsonl", .format = "jsonl", .dataset = "people",
     .rows = 9, .longest = 999},
    {.path = "people-00002.csv", .format = "csv", .dataset = "people",
     .rows = 2, .longest = 70},
    {.path = "other-00001.csv", .format = "csv", .dataset = "other",
     .rows = 1, .longest = 80},
};

struct stage {
    char folder[64], real[PATH_MAX];
    int fd;
    struct manifest manifest;
    struct buf text;
    struct error err;
};

static int setup(void **state)
{
    static struct stage stage;

    memset(&stage, 0, sizeof(stage));
    strcpy(stage.folder, "/tmp/test_companion.XXXXXX");
    assert_non_null(mkdtemp(stage.folder));
    assert_non_null(realpath(stage.folder, stage.real));
    stage.fd = open(stage.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(stage.fd >= 0);
    stage.manifest = (struct manifest){
        .run_id = RUN,
        .as_of = 1795399200000, /* 2026-11-23T02:00Z */
        .companions = {.lst = true, .par = true, .section = "Global"},
        .resources = resources,
        .resource_count = sizeof(resources) / sizeof(resources[0])};
    buf_init(&stage.text, 1 << 16);
    *state = &stage;
    return 0;
}

static int teardown(void **state)
{
    struct stage *stage = *state;
    char command[128];

    close(stage->fd);
    buf_release(&stage->text);
    snprintf(command, sizeof(command), "rm -rf %s", stage->folder);
    assert_int_equal(system(command), 0);
    return 0;
}

static void says(struct stage *stage, const char *dataset,
                 enum companion which, const char *want)
{
    buf_reset(&stage->text);
    assert_int_equal(companion_text(&stage->manifest, dataset, which,
                                    stage->fd, &stage->text, &stage->err),
                     0);
    assert_string_equal(stage->text.data, want);
}

static void a_list_has_the_csv_parts_of_one_dataset(void **state)
{
    struct stage *stage = *state;
    char want[5 * PATH_MAX];

    snprintf(want, sizeof(want),
             "%s/" RUN "/people-00001.csv\n%s/" RUN "/people-00002.csv\n",
             stage->real, stage->real);
    says(stage, "people", COMPANION_LST, want);
}

static void parameters(struct stage *stage, const char *dataset,
                       const char *input, unsigned rows, unsigned longest)
{
    char want[5 * PATH_MAX];

    snprintf(want, sizeof(want),
             "[%s]\n%s$$RunDir=%s/" RUN "\n$$RunId=" RUN "\n"
             "$$AsOfDate=2026-11-23\n$$AsOf=2026-11-23 02:00:00\n"
             "$$ExpectedRows=%u\n$$MaxRecordBytes=%u\n",
             stage->manifest.companions.section, input, stage->real, rows,
             longest);
    says(stage, dataset, COMPANION_PAR, want);
}

static void parameters_count_the_csv_alone(void **state)
{
    struct stage *stage = *state;
    char input[2 * PATH_MAX];

    snprintf(input, sizeof(input),
             "$InputFile_people=%s/people_20261123_" RUN ".lst\n",
             stage->real);
    parameters(stage, "people", input, 5, 70);
    stage->manifest.companions.section = "F.WF:w.ST:s";
    parameters(stage, "people", input, 5, 70);
    /* Without a list, one part stands for itself and two for nothing. */
    stage->manifest.companions.lst = false;
    parameters(stage, "people", "", 5, 70);
    snprintf(input, sizeof(input),
             "$InputFile_other=%s/" RUN "/other-00001.csv\n", stage->real);
    parameters(stage, "other", input, 1, 80);
}

static void what_is_wanted_is_written(void **state)
{
    struct stage *stage = *state;
    struct stat st;

    stage->manifest.companions.lst = false;
    assert_int_equal(companions_write(&stage->manifest, "people", stage->fd,
                                      0640, &stage->err),
                     0);
    assert_int_equal(fstatat(stage->fd, "people_20261123_" RUN ".par", &st, 0),
                     0);
    assert_int_equal(st.st_mode & 07777, 0640);
    assert_int_equal(
        faccessat(stage->fd, "people_20261123_" RUN ".lst", F_OK, 0), -1);
}

/* One line is one path, so a path of two lines is none. */
static void a_line_break_in_the_path_is_refused(void **state)
{
    struct stage *stage = *state;
    int fd;

    assert_int_equal(mkdirat(stage->fd, "a\nb", 0700), 0);
    fd = openat(stage->fd, "a\nb", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(companions_write(&stage->manifest, "people", fd, 0600,
                                      &stage->err),
                     -1);
    assert_int_equal(stage->err.kind, ERROR_CANT_CREATE);
    assert_non_null(strstr(stage->err.text, "line break"));
    close(fd);
}

static void names_beside(void **state)
{
    char name[BESIDE_NAME_MAX], dataset[BESIDE_NAME_MAX];
    (void)state;

    assert_int_equal(beside_name("people", 1795399200000, RUN, BESIDE_DONE,
                                 name),
                     0);
    assert_string_equal(name, "people_20261123_" RUN ".done");
    assert_true(beside_is_of(name, RUN, BESIDE_DONE));
    assert_false(beside_is_of(name, RUN, BESIDE_LST));
    assert_false(beside_is_of(name, "20261123T020000", BESIDE_DONE));
    assert_false(beside_is_of("people_2026112_" RUN ".done", RUN, BESIDE_DONE));
    assert_false(beside_is_of("_20261123_" RUN ".done", RUN, BESIDE_DONE));
    assert_false(beside_is_of("20261123_" RUN ".done", RUN, BESIDE_DONE));
    memset(dataset, 'd', sizeof(dataset));
    dataset[sizeof(dataset) - 1] = '\0';
    assert_int_equal(beside_name(dataset, 0, RUN, BESIDE_PAR, name), -1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_list_has_the_csv_parts_of_one_dataset),
        TEST(parameters_count_the_csv_alone),
        TEST(what_is_wanted_is_written),
        TEST(a_line_break_in_the_path_is_refused),
        cmocka_unit_test(names_beside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
