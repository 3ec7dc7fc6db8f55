#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "state.h"
#include "temp_file.h"

enum { LOG_MAX = 4096 };

struct stage {
    struct temp_folder folder;
    char path[PATH_MAX + 32];
    struct log log;
    char text[LOG_MAX];
};

static int setup(void **state)
{
    struct stage *stage = calloc(1, sizeof(*stage));

    assert_non_null(stage);
    temp_folder_make(&stage->folder);
    snprintf(stage->path, sizeof(stage->path), "%s/rollcall.db",
             stage->folder.path);
    stage->log = (struct log){.out = fmemopen(stage->text, LOG_MAX, "w"),
                              .level = LOG_INFO,
                              .clock = clock_system()};
    assert_non_null(stage->log.out);
    *state = stage;
    return 0;
}

static int teardown(void **state)
{
    struct stage *stage = *state;

    fclose(stage->log.out);
    temp_folder_remove(&stage->folder);
    free(stage);
    return 0;
}

static struct state *open_state(struct stage *stage, struct error *err)
{
    return state_open(stage->path, "20261123T020000Z", &stage->log, err);
}

static void a_file_is_begun_and_found_again(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};
    struct state *opened = open_state(stage, &err);

    assert_non_null(opened);
    assert_false(state_is_old(opened));
    assert_non_null(state_db(opened));
    state_close(opened);
    opened = open_state(stage, &err);
    assert_true(state_is_old(opened));
    state_close(opened);
    state_close(NULL);
}

static void the_folder_is_made(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};
    struct state *opened;
    struct stat st;
    char *slash = strrchr(stage->path, '/');

    strcpy(slash, "/new/rollcall.db");
    opened = open_state(stage, &err);
    assert_non_null(opened);
    assert_int_equal(stat(stage->path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    state_close(opened);
    unlink(stage->path);
    strcpy(slash, "/new/rollcall.db.lock");
    assert_int_equal(stat(stage->path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    unlink(stage->path);
    strcpy(slash, "/new");
    assert_int_equal(stat(stage->path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    rmdir(stage->path);
}

static void a_damaged_file_is_set_aside(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};
    struct state *opened;
    char aside[PATH_MAX + 64];

    temp_file(&stage->folder, "rollcall.db",
              "not a database, certainly not, "
              "and longer than the hundred bytes that the header of one "
              "would have if it were one\n");
    opened = open_state(stage, &err);
    assert_non_null(opened);
    assert_false(state_is_old(opened));
    state_close(opened);
    fflush(stage->log.out);
    assert_non_null(strstr(stage->text, "is damaged; set aside as"));
    snprintf(aside, sizeof(aside), "%s.damaged-20261123T020000Z", stage->path);
    assert_int_equal(access(aside, F_OK), 0);
}

static void damage_inside_is_found_at_once(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};
    struct state *opened = open_state(stage, &err);
    FILE *file;

    assert_non_null(opened);
    state_close(opened);
    file = fopen(stage->path, "r+");
    assert_non_null(file);
    for (long at = 4096; at < 5 * 4096; at++) {
        fseek(file, at, SEEK_SET);
        fputc('x', file);
    }
    fclose(file);
    opened = open_state(stage, &err);
    assert_non_null(opened);
    assert_false(state_is_old(opened));
    state_close(opened);
}

static void a_second_one_is_kept_out(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};
    struct state *opened = open_state(stage, &err);
    struct state *second;
    char holder[64];

    assert_non_null(opened);
    assert_null(open_state(stage, &err));
    assert_int_equal(err.kind, ERROR_TRY_LATER);
    snprintf(holder, sizeof(holder), "pid %ld run 20261123T020000Z",
             (long)getpid());
    assert_non_null(strstr(err.text, holder));
    error_clear(&err);
    second = state_open_reader(stage->path, &stage->log, &err);
    assert_non_null(second);
    state_close(second);
    state_close(opened);
    opened = open_state(stage, &err);
    assert_non_null(opened);
    state_close(opened);
}

static void a_reader_makes_and_changes_nothing(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};
    struct state *opened =
        state_open_reader(stage->path, &stage->log, &err);

    assert_null(opened);
    assert_int_equal(err.kind, ERROR_NONE);
    assert_int_equal(access(stage->path, F_OK), -1);
    opened = open_state(stage, &err);
    assert_non_null(opened);
    state_close(opened);
    opened = state_open_reader(stage->path, &stage->log, &err);
    assert_non_null(opened);
    assert_int_equal(db_exec(state_db(opened), "DELETE FROM fact", &err), -1);
    state_close(opened);
    temp_file(&stage->folder, "rollcall.db", "certainly no database, and "
              "as long as a header has to be to be read as one, that is one "
              "hundred bytes\n");
    error_clear(&err);
    assert_null(state_open_reader(stage->path, &stage->log, &err));
    assert_int_equal(err.kind, ERROR_NONE);
    fflush(stage->log.out);
    assert_non_null(strstr(stage->text, "nothing is known of earlier runs"));
}

static void a_look_says_why_a_file_cannot_be_used(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};
    struct state *opened = state_look(stage->path, &err);

    assert_null(opened);
    assert_int_equal(err.kind, ERROR_NONE);
    opened = open_state(stage, &err);
    assert_non_null(opened);
    state_close(opened);
    opened = state_look(stage->path, &err);
    assert_non_null(opened);
    state_close(opened);
    temp_file(&stage->folder, "rollcall.db", "certainly no database, and "
              "as long as a header has to be to be read as one, that is one "
              "hundred bytes\n");
    assert_null(state_look(stage->path, &err));
    assert_int_equal(err.kind, ERROR_DATA);
    assert_non_null(strstr(err.text, stage->path));
}

static void a_strange_file_stays_untouched(void **state)
{
    static const char *const table[] = {"CREATE TABLE a (b INTEGER)", NULL};
    const struct db_schema other = {1, table};
    struct stage *stage = *state;
    struct error err = {0};
    enum db_trouble trouble;
    struct db *db = db_open(stage->path, &other, &trouble, &err);

    assert_non_null(db);
    db_close(db);
    assert_null(open_state(stage, &err));
    assert_int_equal(err.kind, ERROR_CONFIG);
    assert_non_null(strstr(err.hint, "\"state\""));
    db = db_open(stage->path, &other, &trouble, &(struct error){0});
    assert_non_null(db);
    db_close(db);
}

static void a_path_that_cannot_be_is_refused(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};

    temp_file(&stage->folder, "rollcall.db", "");
    strcat(stage->path, "/rollcall.db");
    assert_null(open_state(stage, &err));
    assert_int_equal(err.kind, ERROR_CANT_CREATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_is_begun_and_found_again, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_folder_is_made, setup, teardown),
        cmocka_unit_test_setup_teardown(a_damaged_file_is_set_aside, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(damage_inside_is_found_at_once, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_second_one_is_kept_out, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_reader_makes_and_changes_nothing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            a_look_says_why_a_file_cannot_be_used, setup, teardown),
        cmocka_unit_test_setup_teardown(a_strange_file_stays_untouched, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_path_that_cannot_be_is_refused, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
