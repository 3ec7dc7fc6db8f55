#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "outfile.h"
#include "temp_file.h"

struct stage {
    struct temp_folder folder;
    char path[PATH_MAX + 16];
    struct error err;
};

static int setup(void **state)
{
    struct stage *stage = test_calloc(1, sizeof(*stage));

    temp_folder_make(&stage->folder);
    snprintf(stage->path, sizeof(stage->path), "%s/page", stage->folder.path);
    *state = stage;
    return 0;
}

static int teardown(void **state)
{
    struct stage *stage = *state;

    temp_folder_remove(&stage->folder);
    test_free(stage);
    return 0;
}

static size_t names(const struct stage *stage)
{
    DIR *dir = opendir(stage->folder.path);
    size_t count = 0;

    assert_non_null(dir);
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count - 2;
}

static void expect_content(const struct stage *stage, const char *text)
{
    char found[64] = "";
    FILE *in = fopen(stage->path, "r");

    assert_non_null(in);
    assert_non_null(fgets(found, sizeof(found), in));
    fclose(in);
    assert_string_equal(found, text);
}

static void appears_whole(void **state)
{
    struct stage *stage = *state;
    struct outfile *file;
    struct stat st;

    temp_file(&stage->folder, "page", "old");
    assert_int_equal(chmod(stage->path, 0644), 0);
    file = outfile_open(stage->path, &stage->err);
    assert_non_null(file);
    assert_int_equal(outfile_write(file, "ne", 2, &stage->err), 0);
    assert_int_equal(outfile_write(file, "w", 1, &stage->err), 0);
    expect_content(stage, "old");
    assert_int_equal(outfile_commit(file, &stage->err), 0);
    expect_content(stage, "new");
    assert_int_equal(stat(stage->path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(names(stage), 1);
}

static void or_not_at_all(void **state)
{
    struct stage *stage = *state;
    struct outfile *file = outfile_open(stage->path, &stage->err);

    assert_non_null(file);
    assert_int_equal(names(stage), 1);
    assert_int_equal(outfile_write(file, "new", 3, &stage->err), 0);
    outfile_abort(file);
    outfile_abort(NULL);
    assert_int_equal(names(stage), 0);
}

/* A link is replaced, not followed. */
static void replaces_a_link(void **state)
{
    struct stage *stage = *state;
    struct outfile *file;
    struct stat st;

    assert_int_equal(symlink("/dev/null", stage->path), 0);
    file = outfile_open(stage->path, &stage->err);
    assert_non_null(file);
    assert_int_equal(outfile_write(file, "new", 3, &stage->err), 0);
    assert_int_equal(outfile_commit(file, &stage->err), 0);
    assert_int_equal(lstat(stage->path, &st), 0);
    assert_true(S_ISREG(st.st_mode));
    expect_content(stage, "new");
}

static void refuses(void **state)
{
    static const char *const places[] = {"/dev/null", "/dev", "", "x/",
                                         "/nowhere/page", "/"};
    struct stage *stage = *state;

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        struct error err = {0};

        assert_null(outfile_open(places[i], &err));
        assert_int_equal(err.kind, ERROR_CANT_CREATE);
    }
    assert_int_equal(names(stage), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(appears_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(or_not_at_all, setup, teardown),
        cmocka_unit_test_setup_teardown(replaces_a_link, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
