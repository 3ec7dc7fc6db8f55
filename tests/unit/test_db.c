#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>

#include "db.h"
#include "temp_file.h"

static const char *const one[] = {
    "CREATE TABLE word (name TEXT PRIMARY KEY, count INTEGER) STRICT", NULL};
static const char *const two[] = {
    "CREATE TABLE word (name TEXT PRIMARY KEY, count INTEGER) STRICT",
    "ALTER TABLE word ADD COLUMN seen_at INTEGER", NULL};
static const char *const broken[] = {
    "CREATE TABLE word (name TEXT PRIMARY KEY, count INTEGER) STRICT",
    "CREATE TABLE other (a INTEGER) STRICT; CREATE NONSENSE", NULL};

static const struct db_schema version_one = {0x526f6c6c, one};
static const struct db_schema version_two = {0x526f6c6c, two};
static const struct db_schema version_broken = {0x526f6c6c, broken};
static const struct db_schema stranger = {0x12345678, one};

static struct temp_folder folder;
static char path[PATH_MAX + 16];

static int enter(void **state)
{
    (void)state;
    temp_folder_make(&folder);
    snprintf(path, sizeof(path), "%s/words.db", folder.path);
    return 0;
}

static int leave(void **state)
{
    (void)state;
    temp_folder_remove(&folder);
    return 0;
}

static struct db *open_as(const struct db_schema *schema)
{
    enum db_trouble trouble;
    struct error err = {0};
    struct db *db = db_open(path, schema, &trouble, &err);

    if (db == NULL)
        fail_msg("%s", err.text);
    assert_int_equal(trouble, DB_NO_TROUBLE);
    return db;
}

static void refused(const struct db_schema *schema, enum db_trouble expected,
                    enum error_kind kind, const char *text)
{
    enum db_trouble trouble;
    struct error err = {0};

    assert_null(db_open(path, schema, &trouble, &err));
    assert_int_equal(trouble, expected);
    assert_int_equal(err.kind, kind);
    if (strstr(err.text, text) == NULL)
        fail_msg("%s", err.text);
}

static void put(struct db *db, const char *name, int64_t count)
{
    struct error err = {0};
    struct db_statement *statement =
        db_prepare(db, "INSERT INTO word (name, count) VALUES (?, ?)", &err);

    assert_non_null(statement);
    db_bind_text(statement, 1, name);
    db_bind_integer(statement, 2, count);
    assert_int_equal(db_run(statement, &err), 0);
    db_finalize(statement);
}

static int64_t number(struct db *db, const char *sql)
{
    struct error err = {0};
    struct db_statement *statement = db_prepare(db, sql, &err);
    int64_t value;

    assert_non_null(statement);
    assert_int_equal(db_step(statement, &err), DB_ROW);
    value = db_integer(statement, 0);
    db_finalize(statement);
    return value;
}

static void values_come_back(void **state)
{
    struct error err = {0};
    struct db *db = open_as(&version_one);
    struct db_statement *statement;

    (void)state;
    put(db, "one", INT64_MIN);
    put(db, "zw\xc3\xb6lf", 12);
    db_close(db);
    db = open_as(&version_one);
    statement = db_prepare(
        db, "SELECT name, count FROM word WHERE name = ? OR ? IS NULL", &err);
    assert_non_null(statement);
    for (int i = 0; i < 2; i++) { /* a reset statement forgets its values */
        db_bind_text(statement, 1, "zw\xc3\xb6lf");
        db_bind_integer(statement, 2, 1);
        assert_int_equal(db_step(statement, &err), DB_ROW);
        assert_string_equal(db_text(statement, 0), "zw\xc3\xb6lf");
        assert_int_equal(db_integer(statement, 1), 12);
        assert_false(db_is_null(statement, 1));
        assert_int_equal(db_step(statement, &err), DB_DONE);
        db_reset(statement);
    }
    assert_int_equal(db_step(statement, &err), DB_ROW);
    db_finalize(statement);
    assert_int_equal(number(db, "SELECT count FROM word WHERE name = 'one'"),
                     INT64_MIN);
    db_close(db);
}

static void the_file_is_private(void **state)
{
    mode_t mask = umask(0);
    struct db *db = open_as(&version_one);
    struct stat st;

    (void)state;
    umask(mask);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    db_close(db);
}

static void a_link_is_not_followed(void **state)
{
    char target[PATH_MAX + 16];

    (void)state;
    snprintf(target, sizeof(target), "%s/target", folder.path);
    assert_int_equal(symlink(target, path), 0);
    refused(&version_one, DB_UNUSABLE, ERROR_CANT_CREATE, path);
    assert_int_not_equal(access(target, F_OK), 0);
}

static void a_rollback_leaves_nothing(void **state)
{
    struct error err = {0};
    struct db *db = open_as(&version_one);

    (void)state;
    put(db, "kept", 1);
    assert_int_equal(db_begin(db, &err), 0);
    put(db, "dropped", 2);
    db_rollback(db);
    db_rollback(db);
    assert_int_equal(number(db, "SELECT count(*) FROM word"), 1);
    assert_int_equal(db_begin(db, &err), 0);
    put(db, "committed", 3);
    assert_int_equal(db_commit(db, &err), 0);
    assert_int_equal(number(db, "SELECT count(*) FROM word"), 2);
    db_close(db);
}

static void an_older_file_is_brought_up(void **state)
{
    struct db *db = open_as(&version_one);

    (void)state;
    put(db, "old", 1);
    db_close(db);
    db = open_as(&version_two);
    assert_int_equal(number(db, "SELECT count FROM word WHERE seen_at IS NULL"),
                     1);
    assert_int_equal(number(db, "PRAGMA user_version"), 2);
    db_close(db);
}

static void a_failed_migration_changes_nothing(void **state)
{
    struct db *db = open_as(&version_one);

    (void)state;
    db_close(db);
    refused(&version_broken, DB_UNUSABLE, ERROR_BUG, "statement failed");
    db = open_as(&version_one);
    assert_int_equal(number(db, "SELECT count(*) FROM sqlite_schema "
                                "WHERE name = 'other'"),
                     0);
    db_close(db);
}

static void strange_files_are_told_apart(void **state)
{
    (void)state;
    db_close(open_as(&version_two));
    refused(&version_one, DB_NEWER, ERROR_DATA, "later version");
    refused(&stranger, DB_FOREIGN, ERROR_DATA, "another program");
    temp_file(&folder, "words.db",
              "name,count\nno database at all, but long enough to be "
              "read as one: a header has a hundred bytes.\n");
    refused(&version_one, DB_DAMAGED, ERROR_DATA, "is no database");
    assert_int_equal(unlink(path), 0);
    snprintf(path, sizeof(path), "%s/absent/words.db", folder.path);
    refused(&version_one, DB_UNUSABLE, ERROR_CANT_CREATE, "absent");
}

static void a_damaged_page_is_seen(void **state)
{
    struct db *db = open_as(&version_one);
    int fd;

    (void)state;
    put(db, "one", 1);
    db_close(db);
    fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f", 8, 100), 8);
    close(fd);
    refused(&version_one, DB_DAMAGED, ERROR_DATA, "is damaged");
}

static void wrong_types_are_refused(void **state)
{
    struct error err = {0};
    struct db *db = open_as(&version_one);
    struct db_statement *statement =
        db_prepare(db, "INSERT INTO word (name, count) VALUES ('a', ?)", &err);

    (void)state;
    db_bind_text(statement, 1, "secret text");
    assert_int_equal(db_run(statement, &err), -1);
    assert_int_equal(err.kind, ERROR_BUG);
    assert_null(strstr(err.text, "secret"));
    error_clear(&err);
    db_bind_integer(statement, 7, 1); /* there is no seventh */
    assert_int_equal(db_step(statement, &err), DB_FAILED);
    assert_int_equal(err.kind, ERROR_BUG);
    db_finalize(statement);
    error_clear(&err);
    assert_null(db_prepare(db, "SELECT nothing", &err));
    assert_int_equal(err.kind, ERROR_BUG);
    db_close(db);
}

static size_t entries(void)
{
    DIR *list = opendir(folder.path);
    size_t count = 0;

    assert_non_null(list);
    while (readdir(list) != NULL)
        count++;
    closedir(list);
    return count - 2; /* . and .. */
}

static void a_scratch_file_has_no_name(void **state)
{
    struct error err = {0};
    struct db *db = db_open_scratch(folder.path, one[0], &err);
    struct db *other = db_open_scratch(folder.path, one[0], &err);
    char name[32];

    (void)state;
    assert_non_null(db);
    assert_non_null(other);
    assert_int_equal(entries(), 0);
    assert_int_equal(db_begin(db, &err), 0);
    for (int i = 0; i < 20000; i++) {
        snprintf(name, sizeof(name), "word %d", i);
        put(db, name, i);
    }
    assert_int_equal(db_commit(db, &err), 0);
    assert_int_equal(number(db, "SELECT sum(count) FROM word"), 199990000);
    assert_int_equal(number(other, "SELECT count(*) FROM word"), 0);
    assert_int_equal(entries(), 0);
    db_close(db);
    db_close(other);
    assert_int_equal(entries(), 0);
    assert_null(db_open_scratch(folder.path, "CREATE NONSENSE", &err));
    assert_int_equal(entries(), 0);
    error_clear(&err);
    assert_null(db_open_scratch("/nowhere", one[0], &err));
    assert_int_equal(err.kind, ERROR_CANT_CREATE);
}

static void a_reader_brings_nothing_up(void **state)
{
    enum db_trouble trouble;
    struct error err = {0};
    struct db *db = open_as(&version_one);

    (void)state;
    put(db, "old", 1);
    db_close(db);
    assert_null(db_open_reader(path, &version_two, &trouble, &err));
    assert_int_equal(trouble, DB_UNUSABLE);
    assert_int_equal(err.kind, ERROR_DATA);
    assert_non_null(strstr(err.text, "is of an earlier version"));
    error_clear(&err);
    db = db_open_reader(path, &version_one, &trouble, &err);
    assert_non_null(db);
    assert_int_equal(number(db, "PRAGMA user_version"), 1);
    db_close(db);
}

static void paths_have_a_limit(void **state)
{
    char long_path[2 * PATH_MAX];
    enum db_trouble trouble;
    struct error err = {0};

    (void)state;
    memset(long_path, 'x', sizeof(long_path) - 1);
    long_path[sizeof(long_path) - 1] = '\0';
    assert_null(db_open(long_path, &version_one, &trouble, &err));
    assert_int_equal(err.kind, ERROR_CANT_CREATE);
    assert_non_null(strstr(err.text, "the path is too long"));
    error_clear(&err);
    assert_null(db_open_scratch(long_path, one[0], &err));
    assert_int_equal(err.kind, ERROR_CANT_CREATE);
    assert_non_null(strstr(err.text, "the path is too long"));
}

static void what_is_run_gives_no_row(void **state)
{
    struct error err = {0};
    struct db *db = open_as(&version_one);
    struct db_statement *statement = db_prepare(db, "SELECT 1", &err);

    (void)state;
    assert_int_equal(db_run(statement, &err), -1);
    assert_int_equal(err.kind, ERROR_BUG);
    db_finalize(statement);
    db_close(db);
}

static void null_is_harmless(void **state)
{
    (void)state;
    db_close(NULL);
    db_finalize(NULL);
}

/* Any bytes come back, NUL and all; none at all are null's. */
static void bytes_come_back(void **state)
{
    static const char bytes[] = {'a', 0, (char)0xff, 'b'};
    struct error err = {0};
    struct db *db = db_open_scratch(folder.path, "CREATE TABLE b (v BLOB)",
                                    &err);
    struct db_statement *put, *get;
    size_t len;

    (void)state;
    assert_non_null(db);
    put = db_prepare(db, "INSERT INTO b VALUES (?1)", &err);
    db_bind_bytes(put, 1, bytes, sizeof(bytes));
    assert_int_equal(db_run(put, &err), 0);
    get = db_prepare(db, "SELECT v, NULL FROM b", &err);
    assert_int_equal(db_step(get, &err), DB_ROW);
    assert_memory_equal(db_bytes(get, 0, &len), bytes, sizeof(bytes));
    assert_int_equal(len, sizeof(bytes));
    assert_null(db_bytes(get, 1, &len));
    assert_int_equal(len, 0);
    db_finalize(get);
    db_finalize(put);
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values_come_back, enter, leave),
        cmocka_unit_test_setup_teardown(the_file_is_private, enter, leave),
        cmocka_unit_test_setup_teardown(a_link_is_not_followed, enter, leave),
        cmocka_unit_test_setup_teardown(a_rollback_leaves_nothing, enter,
                                        leave),
        cmocka_unit_test_setup_teardown(an_older_file_is_brought_up, enter,
                                        leave),
        cmocka_unit_test_setup_teardown(a_failed_migration_changes_nothing,
                                        enter, leave),
        cmocka_unit_test_setup_teardown(strange_files_are_told_apart, enter,
                                        leave),
        cmocka_unit_test_setup_teardown(a_damaged_page_is_seen, enter, leave),
        cmocka_unit_test_setup_teardown(wrong_types_are_refused, enter, leave),
        cmocka_unit_test_setup_teardown(a_scratch_file_has_no_name, enter,
                                        leave),
        cmocka_unit_test_setup_teardown(a_reader_brings_nothing_up, enter,
                                        leave),
        cmocka_unit_test_setup_teardown(paths_have_a_limit, enter, leave),
        cmocka_unit_test_setup_teardown(what_is_run_gives_no_row, enter,
                                        leave),
        cmocka_unit_test_setup_teardown(bytes_come_back, enter, leave),
        cmocka_unit_test(null_is_harmless),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
