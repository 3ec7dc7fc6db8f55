#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "source.h"
#include "temp_file.h"

#define FILE_OF(kind, csv, rest)                                               \
    "{\"name\": \"s\", \"kind\": \"" kind "\", \"file\": \"people\", "         \
    "\"csv\": {" csv "}, " rest "}"
#define COLUMNS  "\"columns\": {\"Id\": [\"User id\"], \"Seen *\": [\"At *\"]}"
#define REQUIRED "\"required\": [\"Id\", [\"Id\", \"Seen *\"]]"
#define FIELDS   "\"fields\": {\"account_id\": \"/Id\"}"
#define CSV(more) FILE_OF("users", COLUMNS ", " REQUIRED more, FIELDS)

struct fixture {
    struct temp_folder folder;
    struct source source;
    struct error err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    temp_folder_make(&f->folder);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    source_free(&f->source);
    temp_folder_remove(&f->folder);
    free(f);
    return 0;
}

static int load(struct fixture *f, const char *text)
{
    source_free(&f->source);
    error_clear(&f->err);
    return source_load(&f->source, temp_file(&f->folder, "s.json", text),
                       &f->err);
}

static void accepts(struct fixture *f, const char *text)
{
    if (load(f, text) != 0)
        fail_msg("%s", f->err.text);
}

static void refuses(struct fixture *f, const char *text, const char *expected)
{
    assert_int_equal(load(f, text), -1);
    assert_int_equal(f->err.kind, ERROR_CONFIG);
    if (strstr(f->err.text, expected) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", expected, f->err.text);
}

static void reads_what_a_file_is(void **state)
{
    struct fixture *f = *state;
    const struct csv_rules *csv = &f->source.csv;

    accepts(f, CSV(""));
    assert_string_equal(f->source.file, "people");
    assert_null(f->source.endpoint);
    assert_int_equal(csv->delimiter, ',');
    assert_int_equal(csv->more_cells, MORE_CELLS_REFUSE);
    assert_null(csv->joined);
    assert_null(csv->digest);
    assert_string_equal(csv->columns[0].name, "Id");
    assert_string_equal(csv->columns[0].also[0], "User id");
    assert_false(csv->columns[0].prefix);
    assert_string_equal(csv->columns[1].name, "Seen ");
    assert_string_equal(csv->columns[1].also[0], "At ");
    assert_true(csv->columns[1].prefix);
    assert_null(csv->columns[2].name);
    assert_string_equal(csv->required[0][0], "Id");
    assert_null(csv->required[0][1]);
    assert_string_equal(csv->required[1][1], "Seen ");
    assert_null(csv->required[2]);
    accepts(f, CSV(", \"delimiter\": \";\", \"more_cells\": \"allow\", "
                   "\"joined\": {\"Both\": [\"Id\", \"Seen \"]}, "
                   "\"digest\": \"Row\""));
    assert_int_equal(csv->delimiter, ';');
    assert_int_equal(csv->more_cells, MORE_CELLS_ALLOW);
    assert_string_equal(csv->joined[0][0], "Both");
    assert_string_equal(csv->joined[0][2], "Seen ");
    assert_null(csv->joined[1]);
    assert_string_equal(csv->digest, "Row");
}

static void a_file_is_not_asked(void **state)
{
    struct fixture *f = *state;

    refuses(f, FILE_OF("users", COLUMNS ", " REQUIRED,
                       FIELDS ", \"endpoint\": \"jira\""),
            "endpoint: a source that is a file has none");
    refuses(f, FILE_OF("users", COLUMNS ", " REQUIRED,
                       FIELDS ", \"items\": \"\""),
            "items: a source that is a file has none");
    refuses(f, FILE_OF("users", COLUMNS ", " REQUIRED,
                       FIELDS ", \"fallback\": \"x\""),
            "fallback: a source that is a file has none");
    refuses(f, "{\"name\": \"s\", \"kind\": \"users\", " FIELDS "}",
            "endpoint: missing");
    refuses(f, "{\"name\": \"s\", \"kind\": \"users\", \"file\": \"x\", "
               FIELDS "}",
            "csv: missing");
    refuses(f, FILE_OF("keys", COLUMNS ", " REQUIRED, FIELDS),
            "file: a source of keys cannot be a file");
}

static void columns_are_checked(void **state)
{
    struct fixture *f = *state;

    refuses(f, FILE_OF("users", "\"columns\": {}, \"required\": []", FIELDS),
            "csv.columns: must not be empty");
    refuses(f, FILE_OF("users", COLUMNS, FIELDS), "csv.required: missing");
    refuses(f, FILE_OF("users", "\"columns\": {\"Id\": [\"x*\"]}, "
                                "\"required\": []", FIELDS),
            "end in '*' both or not at all");
    refuses(f, FILE_OF("users", COLUMNS ", \"required\": [\"Idd\"]", FIELDS),
            "unknown column \"Idd\"; did you mean \"Id\"");
    refuses(f, CSV(", \"delimiter\": \"::\""), "expected one character");
    refuses(f, CSV(", \"delimiter\": \"\\\"\""), "expected one character");
    refuses(f, CSV(", \"digest\": \"Id\""), "digest: is a column already");
    refuses(f, CSV(", \"joined\": {\"Id\": [\"Id\", \"Seen \"]}"),
            "is a column already");
    refuses(f, CSV(", \"joined\": {\"B\": [\"Id\", \"None\"]}"),
            "unknown column \"None\"");
    refuses(f, CSV(", \"columms\": {}"), "did you mean \"columns\"");
}

static void fields_lead_to_columns(void **state)
{
    struct fixture *f = *state;

    refuses(f,
            FILE_OF("users", COLUMNS ", " REQUIRED,
                    "\"fields\": {\"account_id\": \"/User id\"}"),
            "\"/User id\" must lead to a column");
    accepts(f, FILE_OF("users", COLUMNS ", " REQUIRED ", \"digest\": \"Row\"",
                       "\"fields\": {\"account_id\": [\"/Id\", \"/Row\"]}"));
}

static void reads_the_shipped_files(void **state)
{
    static const struct {
        const char *name, *file;
        enum source_kind kind;
    } shipped[] = {
        {"export_users_csv", "export_users", SOURCE_USERS},
        {"export_users_legacy_csv", "export_users_legacy", SOURCE_USERS},
        {"managed_accounts_csv", "managed_accounts", SOURCE_USERS},
        {"audit_csv", "audit", SOURCE_EVENTS},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(shipped) / sizeof(shipped[0]); i++) {
        char path[256];

        snprintf(path, sizeof(path), "mappings/sources/%s.json",
                 shipped[i].name);
        source_free(&f->source);
        if (source_load(&f->source, path, &f->err) != 0)
            fail_msg("%s", f->err.text);
        assert_string_equal(f->source.file, shipped[i].file);
        assert_int_equal(f->source.kind, shipped[i].kind);
        assert_non_null(f->source.needs_how);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_what_a_file_is),   TEST(a_file_is_not_asked),
        TEST(columns_are_checked),    TEST(fields_lead_to_columns),
        TEST(reads_the_shipped_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
