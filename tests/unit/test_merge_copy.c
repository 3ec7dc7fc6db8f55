#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>

#include "merge.h"
#include "output_fixture.h"

#define CSV   "people-00001.csv.gz"
#define JSONL "people-00001.jsonl.gz"

/* Two runs to merge. Between their check and their copy merge asks for the
 * time, and then one part of the second run becomes another. */
struct stage {
    struct fixture runs[2];
    char out[64];
    struct merge_input inputs[2];
    struct merge_options options;
    struct log log;
    struct merge_result result;
    struct error err;
    const char *part;
    void (*swap)(int run_fd, const char *part);
    bool swapped;
    volatile sig_atomic_t stop;
};

static int64_t wall(void *context)
{
    struct stage *s = context;

    if (!s->swapped && s->swap != NULL) {
        int fd = fixture_run_fd(&s->runs[1]);

        s->swapped = true;
        s->swap(fd, s->part);
        close(fd);
    }
    if (s->swap == NULL)
        s->stop = SIGTERM;
    return fixture_as_of;
}

static int setup(void **state)
{
    struct stage *s = calloc(1, sizeof(*s));

    for (size_t i = 0; i < 2; i++) {
        fixture_init(&s->runs[i]);
        fixture_publish(&s->runs[i]);
    }
    strcpy(s->out, "/tmp/test_merge.XXXXXX");
    assert_non_null(mkdtemp(s->out));
    s->log = (struct log){.out = fopen("/dev/null", "w"),
                          .level = LOG_ERROR,
                          .clock = clock_system()};
    s->log.clock.wall_ms = wall;
    s->log.clock.context = s;
    s->inputs[0] = (struct merge_input){s->runs[0].out, "acme"};
    s->inputs[1] = (struct merge_input){s->runs[1].out, "beta"};
    s->options = (struct merge_options){.inputs = s->inputs,
                                        .input_count = 2,
                                        .out_dir = s->out,
                                        .log = &s->log};
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct stage *s = *state;
    char command[128];

    merge_result_release(&s->result);
    fixture_release(&s->runs[0]);
    fixture_release(&s->runs[1]);
    snprintf(command, sizeof(command), "rm -rf %s", s->out);
    assert_int_equal(system(command), 0);
    fclose(s->log.out);
    free(s);
    return 0;
}

static void nothing_is_left(const struct stage *s)
{
    DIR *list = opendir(s->out);
    const struct dirent *entry;

    assert_non_null(list);
    while ((entry = readdir(list)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 &&
            strcmp(entry->d_name, "..") != 0 &&
            strcmp(entry->d_name, ".rollcall.lock") != 0)
            fail_msg("%s is left", entry->d_name);
    closedir(list);
}

static void ends_with(struct stage *s, enum error_kind kind, const char *text)
{
    assert_int_equal(merge_runs(&s->options, &s->result, &s->err), -1);
    if (s->err.kind != kind || strstr(s->err.text, text) == NULL)
        fail_msg("%s: \"%s\" is not in \"%s\"", error_kind_name(s->err.kind),
                 text, s->err.text);
    nothing_is_left(s);
}

static void refuses(struct stage *s, const char *part,
                    void (*swap)(int run_fd, const char *part),
                    enum error_kind kind, const char *text)
{
    s->part = part;
    s->swap = swap;
    ends_with(s, kind, text);
    assert_true(s->swapped);
    if (strstr(s->err.text, s->runs[1].out) == NULL ||
        strstr(s->err.text, part) == NULL)
        fail_msg("run and part are not named: %s", s->err.text);
}

static void put(int run_fd, const char *part, const char *text, size_t len)
{
    const struct sink_options options = {
        .gzip = true, .level = 1, .mode = 0600};
    struct error err = {0};
    struct sink_facts facts;
    struct sink *sink;

    assert_int_equal(unlinkat(run_fd, part, 0), 0);
    sink = sink_open(run_fd, part, &options, &err);
    assert_non_null(sink);
    assert_int_equal(sink_write(sink, text, len, &err), 0);
    assert_int_equal(sink_close(sink, &facts, &err), 0);
}

/* As many rows, and as long. */
static void change_a_cell(int run_fd, const char *part)
{
    size_t len;
    char *text = fixture_content(run_fd, part, &len);
    char *cell = strstr(text, "Ann");

    assert_non_null(cell);
    memcpy(cell, "Eve", 3);
    put(run_fd, part, text, len);
    free(text);
}

static void drop_the_last_row(int run_fd, const char *part)
{
    size_t len;
    char *text = fixture_content(run_fd, part, &len);

    do
        len--;
    while (text[len - 1] != '\n');
    put(run_fd, part, text, len);
    free(text);
}

static void cut_the_last_row(int run_fd, const char *part)
{
    size_t len;
    char *text = fixture_content(run_fd, part, &len);

    put(run_fd, part, text, len - 2);
    free(text);
}

static void write_no_object(int run_fd, const char *part)
{
    static const char text[] = "[\"no object\"]\n";

    put(run_fd, part, text, strlen(text));
}

static void damage_the_file(int run_fd, const char *part)
{
    int fd = openat(run_fd, part, O_RDWR);

    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, 60), 0);
    close(fd);
}

static void take_it_away(int run_fd, const char *part)
{
    assert_int_equal(unlinkat(run_fd, part, 0), 0);
}

static void a_part_with_another_cell_is_not_published(void **state)
{
    struct stage *s = *state;

    refuses(s, CSV, change_a_cell, ERROR_DATA,
            "has changed since it was verified");
    assert_string_equal(s->err.hint, "rollcall verify tells more of the run");
}

static void nor_one_of_the_second_format(void **state)
{
    refuses(*state, JSONL, change_a_cell, ERROR_DATA,
            "has changed since it was verified");
}

static void nor_one_with_fewer_rows(void **state)
{
    refuses(*state, CSV, drop_the_last_row, ERROR_DATA,
            "has changed since it was verified");
}

static void nor_other_refused_rows(void **state)
{
    refuses(*state, REJECTS_NAME, drop_the_last_row, ERROR_DATA,
            "has changed since it was verified");
}

static void nor_half_a_row(void **state)
{
    refuses(*state, CSV, cut_the_last_row, ERROR_DATA, "ends within a row");
}

static void nor_a_line_that_is_no_object(void **state)
{
    refuses(*state, JSONL, write_no_object, ERROR_DATA, "a line is no row");
}

static void nor_a_file_that_is_cut(void **state)
{
    struct stage *s = *state;

    refuses(s, CSV, damage_the_file, ERROR_DATA, CSV);
    assert_string_equal(s->err.hint, "rollcall verify tells more of the run");
}

static void a_part_that_is_gone_is_named(void **state)
{
    refuses(*state, JSONL, take_it_away, ERROR_NO_INPUT, JSONL);
}

static void a_signal_between_two_parts_ends_it(void **state)
{
    struct stage *s = *state;

    s->options.stop = &s->stop;
    ends_with(s, ERROR_INTERRUPTED, "interrupted; nothing published");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_part_with_another_cell_is_not_published),
        TEST(nor_one_of_the_second_format),
        TEST(nor_one_with_fewer_rows),
        TEST(nor_other_refused_rows),
        TEST(nor_half_a_row),
        TEST(nor_a_line_that_is_no_object),
        TEST(nor_a_file_that_is_cut),
        TEST(a_part_that_is_gone_is_named),
        TEST(a_signal_between_two_parts_ends_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
