#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "buf.h"
#include "digest.h"
#include "sheet.h"
#include "temp_file.h"

#define CSV                                                                    \
    "\"columns\": {\"Id\": [\"User id\"], \"Mail\": [\"email\"], "             \
    "\"Day\": [], \"Hour\": [], \"Seen in *\": [\"Last seen in *\"]}, "        \
    "\"required\": [\"Id\"]"

enum { TEXT_MAX = 64 * 1024, MANY_ROWS = 20000 };

struct fixture {
    struct temp_folder folder;
    struct source source;
    struct sheet_facts facts;
    struct error err;
    struct buf rows; /* one JSON text a line */
    char path[2 * PATH_MAX];
    uint64_t number, stop_at;
    const char *meddle; /* appended to the file at row stop_at */
    bool loaded;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (f == NULL)
        return -1;
    temp_folder_make(&f->folder);
    buf_init(&f->rows, TEXT_MAX);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    if (f->loaded)
        source_free(&f->source);
    buf_release(&f->rows);
    temp_folder_remove(&f->folder);
    free(f);
    return 0;
}

static void define(struct fixture *f, const char *csv)
{
    char text[2048];

    if (f->loaded)
        source_free(&f->source);
    error_clear(&f->err);
    snprintf(text, sizeof(text),
             "{\"name\": \"s\", \"kind\": \"users\", \"file\": \"people\", "
             "\"csv\": {%s}, \"fields\": {\"account_id\": \"/Id\"}}",
             csv);
    if (source_load(&f->source, temp_file(&f->folder, "s.json", text),
                    &f->err) != 0)
        fail_msg("%s", f->err.text);
    f->loaded = true;
}

static int take(void *context, const struct json *item, uint64_t number,
                struct error *err)
{
    struct fixture *f = context;
    struct jsonw w;

    assert_int_equal(number, ++f->number + 1);
    if (f->number == f->stop_at && f->meddle != NULL) {
        int fd = open(f->path, O_WRONLY | O_APPEND);

        assert_true(fd >= 0);
        assert_true(write(fd, f->meddle, strlen(f->meddle)) > 0);
        close(fd);
    } else if (f->number == f->stop_at) {
        return error_set(err, ERROR_AUTH, "enough");
    }
    if (f->rows.len < TEXT_MAX / 2) {
        jsonw_init(&w, &f->rows, 0);
        assert_true(json_write(&w, NULL, item, NULL));
        buf_putc(&f->rows, '\n');
    }
    return 0;
}

static int read_file(struct fixture *f)
{
    const struct sheet_options options = {
        .source = &f->source, .path = f->path, .row = take, .context = f};

    f->number = 0;
    buf_reset(&f->rows);
    error_clear(&f->err);
    return sheet_read(&options, &f->facts, &f->err);
}

static int read_text(struct fixture *f, const char *text)
{
    snprintf(f->path, sizeof(f->path), "%s",
             temp_file(&f->folder, "people.csv", text));
    return read_file(f);
}

static void gives(struct fixture *f, const char *text, const char *rows)
{
    if (read_text(f, text) != 0)
        fail_msg("%s", f->err.text);
    assert_string_equal(f->rows.data, rows);
}

static void refuses(struct fixture *f, const char *text, const char *expected)
{
    assert_int_equal(read_text(f, text), -1);
    assert_int_equal(f->err.kind, ERROR_DATA);
    if (strstr(f->err.text, expected) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", expected, f->err.text);
    assert_non_null(strstr(f->err.text, "people.csv: "));
}

static void rows_become_objects(void **state)
{
    struct fixture *f = *state;

    define(f, CSV);
    gives(f, "Id,Mail\n1,a@x\n2,\n3,\"\"\n\"4\n\",\"a \"\"b\"\"\"\n",
          "{\"Id\":\"1\",\"Mail\":\"a@x\"}\n{\"Id\":\"2\",\"Mail\":null}\n"
          "{\"Id\":\"3\",\"Mail\":null}\n"
          "{\"Id\":\"4\\n\",\"Mail\":\"a \\\"b\\\"\"}\n");
    assert_int_equal(f->facts.rows, 4);
    assert_int_equal(f->facts.columns, 2);
    assert_int_equal(f->facts.unknown_columns, 0);
    gives(f, "Id\n", "");
}

static void headers_are_found_by_any_name(void **state)
{
    struct fixture *f = *state;

    define(f, CSV);
    gives(f,
          "\xef\xbb\xbfUSER ID,Role,EMail,last SEEN in Jira,\" Day \",\n"
          "1,r,m,s,d,\n",
          "{\"Id\":\"1\",\"Mail\":\"m\",\"Seen in Jira\":\"s\","
          "\"Day\":\"d\"}\n");
    assert_int_equal(f->facts.columns, 4);
    assert_int_equal(f->facts.unknown_columns, 2);
    assert_string_equal(f->facts.unknown, "Role, (no name)");
}

static void many_unknown_columns_are_cut(void **state)
{
    struct fixture *f = *state;
    char text[1024] = "Id";
    size_t len = 2;

    define(f, CSV);
    for (unsigned i = 0; i < 50; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len,
                                ",column%02u", i);
    assert_int_equal(read_text(f, text), 0);
    assert_int_equal(f->facts.unknown_columns, 50);
    len = strlen(f->facts.unknown);
    assert_string_equal(f->facts.unknown + len - 5, ", …");
}

static void members_are_joined(void **state)
{
    struct fixture *f = *state;

    define(f, CSV ", \"joined\": {\"When\": [\"Day\", \"Hour\"]}");
    gives(f, "Id,Day,Hour\n1,a,b\n2,a,\n3,,b\n",
          "{\"Id\":\"1\",\"Day\":\"a\",\"Hour\":\"b\",\"When\":\"a b\"}\n"
          "{\"Id\":\"2\",\"Day\":\"a\",\"Hour\":null,\"When\":null}\n"
          "{\"Id\":\"3\",\"Day\":null,\"Hour\":\"b\",\"When\":null}\n");
    gives(f, "Id,Day\n1,a\n",
          "{\"Id\":\"1\",\"Day\":\"a\",\"When\":null}\n");
}

static void a_digest_tells_rows_apart(void **state)
{
    struct fixture *f = *state;
    char hex[DIGEST_HEX_SIZE], expected[256];

    define(f, CSV ", \"digest\": \"Row\"");
    assert_int_equal(digest_hex("1\0x\0", 4, hex), 0);
    snprintf(expected, sizeof(expected),
             "{\"Id\":\"1\",\"Row\":\"%s\"}\n", hex);
    gives(f, "Id,other\n1,x\n", expected);
    gives(f, "Id,other\n\"1\",\"x\"\n", expected);
    assert_int_equal(read_text(f, "Id,other\n1x,\n"), 0);
    assert_string_not_equal(f->rows.data + 11, expected + 10);
}

static void a_required_column_must_be_there(void **state)
{
    struct fixture *f = *state;

    define(f, CSV);
    refuses(f, "Name,Mail\nx,y\n",
            "a column is missing: expected one of: Id, User id; found: "
            "Name, Mail");
    refuses(f, "Ann,ann@x\n", "found: none of the names in the first row");
    assert_null(strstr(f->err.text, "ann@x"));
    assert_non_null(strstr(f->err.hint, "delimiter is ','"));
    assert_non_null(strstr(f->err.hint, "s.json"));
    define(f, "\"columns\": {\"Id\": [], \"Mail\": [], \"Seen *\": []}, "
              "\"required\": [\"Id\", [\"Mail\", \"Seen *\"]]");
    gives(f, "Id,Seen by\n", "");
    gives(f, "Id,Mail\n", "");
    refuses(f, "Id\n", "expected one of: Mail, Seen ; found: Id");
}

static void a_column_is_there_once(void **state)
{
    struct fixture *f = *state;

    define(f, CSV);
    refuses(f, "Id,x,X\n", "two columns are called \"X\"");
    refuses(f, "Id,User id\n",
            "the columns \"Id\" and \"User id\" are both taken for \"Id\"");
    refuses(f, "Id,Seen in a,last seen in a\n", "are both taken for");
}

static void rows_have_the_width_of_the_header(void **state)
{
    struct fixture *f = *state;

    define(f, CSV);
    refuses(f, "Id,Mail\n1,2\n3\n", "row 3: has 1 cells, and the header 2");
    refuses(f, "Id,Mail\n1,2,3\n", "row 2: has 3 cells, and the header 2");
    define(f, CSV ", \"more_cells\": \"allow\"");
    gives(f, "Id,Mail\n1,2,3,4\n5,6\n",
          "{\"Id\":\"1\",\"Mail\":\"2\"}\n{\"Id\":\"5\",\"Mail\":\"6\"}\n");
    assert_int_equal(f->facts.extra_cells, 2);
    refuses(f, "Id,Mail\n1\n", "row 2: has 1 cells");
}

static void other_things_are_recognised(void **state)
{
    static const char *const cases[][2] = {
        {"<!doctype html>", "is a web page"},
        {"\xef\xbb\xbf\r\n <html>", "is a web page"},
        {"PK\x03\x04", "is a workbook or a ZIP file"},
        {"\x1f\x8b\x08", "is gzip data"},
        {"\xff\xfeI", "is UTF-16 text"},
        {"{}", "is JSON"},
        {"", "is empty"},
        {"\n\n", "is empty"},
    };
    struct fixture *f = *state;

    define(f, CSV);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        refuses(f, cases[i][0], cases[i][1]);
    refuses(f, "Id,Mail\n1,\xe4\n", "row 2: holds text that is not UTF-8");
    refuses(f, "Id,M\xe4\n", "row 1: column 2 has a name that is not UTF-8");
    refuses(f, "Id\n\"1\n", "a quoted cell is not closed");
}

static void a_file_must_not_change_meanwhile(void **state)
{
    struct fixture *f = *state;

    define(f, CSV);
    f->stop_at = 1;
    f->meddle = "2\n";
    refuses(f, "Id\n1\n", "changed while it was read");
    /* What is wrong in a file under way may not be wrong when it is whole. */
    f->meddle = ",,\n";
    refuses(f, "Id\n1\n", "changed while it was read");
}

static void the_callback_ends_it(void **state)
{
    struct fixture *f = *state;

    define(f, CSV);
    f->stop_at = 2;
    assert_int_equal(read_text(f, "Id\n1\n2\n3\n"), -1);
    assert_int_equal(f->err.kind, ERROR_AUTH);
    assert_int_equal(f->number, 2);
}

static void a_missing_file_is_no_input(void **state)
{
    struct fixture *f = *state;

    define(f, CSV);
    snprintf(f->path, sizeof(f->path), "%s/none.csv", f->folder.path);
    assert_int_equal(read_file(f), -1);
    assert_int_equal(f->err.kind, ERROR_NO_INPUT);
    snprintf(f->path, sizeof(f->path), "%s", f->folder.path);
    assert_int_equal(read_file(f), -1);
    assert_int_equal(f->err.kind, ERROR_NO_INPUT);
}

static void facts_are_of_the_file(void **state)
{
    struct fixture *f = *state;
    const struct timespec times[2] = {{1000, 0}, {1000, 5 * 1000 * 1000}};
    char hex[DIGEST_HEX_SIZE];

    define(f, CSV);
    assert_int_equal(read_text(f, "Id\n1\n"), 0);
    assert_int_equal(utimensat(AT_FDCWD, f->path, times, 0), 0);
    assert_int_equal(read_file(f), 0);
    assert_int_equal(f->facts.modified, 1000005);
    assert_int_equal(f->facts.file.bytes, 5);
    assert_int_equal(digest_hex("Id\n1\n", 5, hex), 0);
    assert_string_equal(f->facts.file.sha256, hex);
}

static void more_rows_than_pieces(void **state)
{
    struct fixture *f = *state;
    struct buf text;

    define(f, CSV);
    buf_init(&text, 64 * TEXT_MAX);
    buf_puts(&text, "Id,Mail\r\n");
    for (unsigned i = 0; i < MANY_ROWS; i++)
        buf_printf(&text, "%u,\"someone, %u\"\r\n", i, i);
    assert_int_equal(read_text(f, text.data), 0);
    assert_int_equal(f->facts.rows, MANY_ROWS);
    assert_int_equal(f->facts.file.bytes, text.len);
    buf_release(&text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rows_become_objects),
        TEST(headers_are_found_by_any_name),
        TEST(many_unknown_columns_are_cut),
        TEST(members_are_joined),
        TEST(a_digest_tells_rows_apart),
        TEST(a_required_column_must_be_there),
        TEST(a_column_is_there_once),
        TEST(rows_have_the_width_of_the_header),
        TEST(other_things_are_recognised),
        TEST(a_file_must_not_change_meanwhile),
        TEST(the_callback_ends_it),
        TEST(a_missing_file_is_no_input),
        TEST(facts_are_of_the_file),
        TEST(more_rows_than_pieces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
