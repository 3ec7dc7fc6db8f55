#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "output_fixture.h"

static int setup(void **state)
{
    struct fixture *f = malloc(sizeof(*f));

    assert_non_null(f);
    fixture_init(f);
    csv_preset("powercenter", &f->dialect);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture_release(*state);
    free(*state);
    return 0;
}

static void what_is_written_is_loaded(void **state)
{
    struct fixture *f = *state;
    const struct manifest_resource *csv, *jsonl, *rejects;
    struct manifest m;
    struct error err = {0};
    bool found;
    int fd;

    fixture_publish(f);
    fd = fixture_run_fd(f);
    if (manifest_load(&m, fd, &err) != 0)
        fail_msg("%s", err.text);
    assert_string_equal(m.run_id, FIXTURE_RUN);
    assert_true(m.as_of == fixture_as_of);
    assert_int_equal(m.users, 99);
    assert_int_equal(m.resource_count, 3);
    csv = &m.resources[0];
    jsonl = &m.resources[1];
    rejects = &m.resources[2];
    assert_string_equal(csv->path, "people-00001.csv.gz");
    assert_string_equal(csv->dataset, "people");
    assert_int_equal(csv->rows, 40);
    assert_int_equal(csv->part, 1);
    assert_int_equal(csv->dialect.delimiter, ',');
    assert_int_equal(csv->dialect.header_case, CSV_HEADER_UPPER);
    assert_string_equal(csv->dialect.time_format, "%Y-%m-%d %H:%M:%S");
    assert_string_equal(csv->schema.columns[0].name, "ACCOUNT_ID");
    assert_string_equal(jsonl->schema.columns[0].name, "account_id");
    for (size_t i = 0; i < PEOPLE_COLUMNS; i++) {
        const struct column *c = &csv->schema.columns[i];

        assert_int_equal(c->type, fixture_columns[i].type);
        assert_int_equal(c->length, fixture_columns[i].length);
        assert_int_equal(c->key, fixture_columns[i].key);
        assert_int_equal(c->nullable, fixture_columns[i].nullable);
    }
    assert_string_equal(csv->schema.columns[2].values[1], "hidden");
    assert_null(csv->schema.columns[2].values[2]);
    assert_int_equal(jsonl->order_count, 1);
    assert_int_equal(jsonl->order[0], 0);
    assert_int_equal(rejects->schema.count, 0);
    assert_int_equal(rejects->rows, 3);
    assert_int_equal(manifest_rows(&m, "people", &found), 40);
    assert_true(found);
    manifest_rows(&m, "others", &found);
    assert_false(found);
    assert_int_equal(manifest_source_items(&m, "jira_users", &found), 123);
    assert_true(found);
    manifest_source_items(&m, "jira_audit", &found);
    assert_false(found);
    manifest_free(&m);
    close(fd);
}

static void a_part_is_of_one_dataset(void **state)
{
    struct fixture *f = *state;
    struct manifest m;
    struct error err = {0};
    struct json_doc doc;
    struct buf text;
    int fd;

    fixture_publish(f);
    fd = fixture_run_fd(f);
    assert_int_equal(manifest_load(&m, fd, &err), 0);
    assert_false(m.hive);
    buf_init(&text, 1 << 20);
    assert_int_equal(manifest_write_part(&m, "people", &text, &err), 0);
    assert_int_equal(json_parse(&doc, text.data, text.len, JSON_STRICT, "p",
                                ERROR_DATA, &err),
                     0);
    /* The refused rows are of no dataset. */
    assert_int_equal(json_size(json_at(doc.root, "/resources")), 2);
    assert_int_equal(json_size(json_at(doc.root, "/x-rollcall/datasets")), 1);
    json_free(&doc);
    buf_reset(&text);
    assert_int_equal(manifest_write_part(&m, "others", &text, &err), 0);
    assert_int_equal(json_parse(&doc, text.data, text.len, JSON_STRICT, "p",
                                ERROR_DATA, &err),
                     0);
    assert_int_equal(json_size(json_at(doc.root, "/resources")), 0);
    json_free(&doc);
    buf_release(&text);
    buf_init(&text, 100);
    assert_int_equal(manifest_write_part(&m, "people", &text, &err), -1);
    buf_release(&text);
    manifest_free(&m);
    close(fd);
}

static const struct json *get(const struct json_doc *doc, const char *pointer)
{
    const struct json *node = json_at(doc->root, pointer);

    if (node == NULL)
        fail_msg("%s is missing", pointer);
    return node;
}

static void expect_text(const struct json_doc *doc, const char *pointer,
                        const char *want)
{
    assert_string_equal(json_text(get(doc, pointer)), want);
}

static void it_is_a_data_package(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct json_doc doc;
    size_t len;
    char *text;
    int fd;

    fixture_publish(f);
    fd = fixture_run_fd(f);
    text = read_whole_file(fd, MANIFEST_NAME, 1 << 20, &len, &err);
    assert_int_equal(text[len - 1], '\n');
    assert_int_equal(
        json_parse(&doc, text, len, JSON_STRICT, "m", ERROR_DATA, &err), 0);
    expect_text(&doc, "/name", "rollcall-20261123t020000z");
    expect_text(&doc, "/resources/0/name", "people-00001.csv");
    expect_text(&doc, "/resources/0/mediatype", "text/csv");
    expect_text(&doc, "/resources/0/compression", "gz");
    expect_text(&doc, "/resources/0/dialect/lineTerminator", "\n");
    expect_text(&doc, "/resources/0/schema/fields/3/type", "datetime");
    expect_text(&doc, "/resources/0/schema/fields/3/format",
                "%Y-%m-%d %H:%M:%S");
    expect_text(&doc, "/resources/0/schema/missingValues/0", "");
    expect_text(&doc, "/resources/0/schema/primaryKey/0", "ACCOUNT_ID");
    expect_text(&doc, "/resources/0/schema/x-order/0", "ACCOUNT_ID");
    expect_text(&doc, "/resources/1/mediatype", "application/jsonl");
    assert_null(json_at(doc.root, "/resources/1/dialect"));
    assert_null(json_at(doc.root, "/resources/1/schema/fields/3/format"));
    assert_int_equal(json_size(get(&doc, "/resources/1/schema/missingValues")),
                     0);
    assert_null(json_at(doc.root, "/resources/0/schema/fieldsMatch"));
    expect_text(&doc, "/resources/2/x-dataset", "rejects");
    expect_text(&doc, "/x-rollcall/verdict", "complete");
    expect_text(&doc, "/x-rollcall/tool/version", ROLLCALL_VERSION);
    get(&doc, "/x-rollcall/sources/0/windows/0/oldest");
    json_free(&doc);
    free(text);
    close(fd);
}

struct edit {
    const char *from, *to, *member;
};

/* Each edit makes the manifest untrue to its form; the member is named. */
static const struct edit edits[] = {
    {"\"people-00001.csv.gz\"", "\"../people-00001.csv.gz\"",
     "resources[0].path"},
    {"\"people-00001.csv.gz\"", "\"/etc/passwd.gz\"", "resources[0].path"},
    {"\"people-00001.csv.gz\"", "\".hidden.gz\"", "resources[0].path"},
    {"\"people-00001.csv.gz\"", "\"a..\\u002f..gz\"", "resources[0].path"},
    {"\"people-00001.csv.gz\"", "\"manifest.json\"", "resources[0].path"},
    {"\"people-00001.csv.gz\"", "[\"people-00001.csv.gz\"]",
     "resources[0].path: must be a text"},
    {"\"people-00001.jsonl.gz\"", "\"people-00001.csv.gz\"",
     "resources[1].path: stands for two"},
    {"\"x-rows\": 40", "\"x-rows\": -1", "resources[0].x-rows"},
    {"\"x-rows\": 40", "\"x-rows\": 1e99", "resources[0].x-rows"},
    {"\"x-rows\": 40", "\"x-rows\": 4.5", "resources[0].x-rows"},
    {"\"x-rows\": 40", "\"x-rows\": \"40\"", "resources[0].x-rows"},
    {"\"x-rows\": 40", "\"x-rows\": 99999999999999999999",
     "resources[0].x-rows"},
    {"\"x-rows\"", "\"y-rows\"", "resources[0].x-rows: is missing"},
    {"\"hash\": \"sha256:", "\"hash\": \"md5:", "resources[0].hash"},
    {"\"hash\": \"sha256:", "\"hash\": \"sha256:zz", "resources[0].hash"},
    {"\"format\": \"csv\"", "\"format\": \"exe\"", "resources[0].format"},
    {"\"delimiter\": \",\"", "\"delimiter\": \"\"",
     "resources[0].dialect.delimiter"},
    {"\"delimiter\": \",\"", "\"delimiter\": \"\\\"\"",
     "resources[0].dialect: delimiter"},
    {"\"x-timeFormat\": \"", "\"x-timeFormat\": \"%s%n",
     "resources[0].dialect: time format"},
    {"\"type\": \"datetime\"", "\"type\": \"list\"",
     "resources[0].schema.fields[3].type"},
    {"\"name\": \"DISPLAY_NAME\"", "\"name\": \"ACCOUNT_ID\"",
     "resources[0].schema.fields: has a name twice"},
    {"\"name\": \"ACCOUNT_ID\"", "\"name\": \"a b\"",
     "resources[0].schema.fields[0].name"},
    {"\"primaryKey\": [", "\"primaryKey\": [\"nobody\", ",
     "resources[0].schema.primaryKey"},
    {"\"maxLength\": 128", "\"maxLength\": true",
     "resources[0].schema.fields[0].constraints.maxLength"},
    {"\"manifestVersion\": 1", "\"manifestVersion\": 2",
     "x-rollcall.manifestVersion"},
    {"\"verdict\": \"complete\"", "\"verdict\": \"partial\"",
     "x-rollcall.verdict"},
    {"\"verdict\": \"complete\"",
     "\"verdict\": \"complete\", \"signature\": \"rsa\"",
     "x-rollcall.signature"},
    {"\"verdict\": \"complete\"",
     "\"verdict\": \"complete\", \"verdict\": \"complete\"",
     "name twice"},
    {"\"runId\": \"", "\"runId\": \"../", "x-rollcall.runId"},
    {"\"asOf\": \"", "\"asOf\": \"never ", "x-rollcall.asOf"},
    {"\"datasets\": [", "\"datasets\": [7, ",
     "x-rollcall.datasets[0]: must be an object"},
    {"\"x-rollcall\": {", "\"x-rollcall\": 7, \"was\": {",
     "x-rollcall: must be an object"},
    {"\"resources\": [", "\"resources\": [], \"was\": [", "resources"},
};

static void hostile_manifests_are_refused_by_member(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    size_t len;
    char *text;
    int fd;

    fixture_publish(f);
    fd = fixture_run_fd(f);
    text = read_whole_file(fd, MANIFEST_NAME, 1 << 20, &len, &err);
    for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
        char *at = strstr(text, edits[i].from);
        struct error bad = {0};
        struct manifest m;
        struct buf edited;

        if (strncmp(edits[i].from, "\"people-", 8) == 0)
            at = strstr(strstr(text, "\"path\""), edits[i].from);
        else if (strncmp(edits[i].member, "resources[", 10) == 0)
            at = strstr(strstr(text, "\"resources\""), edits[i].from);
        assert_non_null(at);
        buf_init(&edited, 1 << 20);
        buf_append(&edited, text, (size_t)(at - text));
        buf_puts(&edited, edits[i].to);
        buf_puts(&edited, at + strlen(edits[i].from));
        write_whole_file(fd, MANIFEST_NAME, edited.data, edited.len, 0600,
                         &err);
        if (manifest_load(&m, fd, &bad) == 0)
            fail_msg("edit %zu was not noticed", i);
        assert_int_equal(bad.kind, ERROR_DATA);
        if (strstr(bad.text, edits[i].member) == NULL)
            fail_msg("edit %zu: %s", i, bad.text);
        buf_release(&edited);
    }
    free(text);
    close(fd);
}

/* Whatever is cut off, loading fails and nothing leaks. */
static void cut_manifests_are_refused(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct manifest m;
    size_t len;
    char *text;
    int fd;

    f->rows = 1;
    fixture_publish(f);
    fd = fixture_run_fd(f);
    text = read_whole_file(fd, MANIFEST_NAME, 1 << 20, &len, &err);
    for (size_t cut = 0; cut < len - 2; cut += 41) {
        struct error bad = {0};

        write_whole_file(fd, MANIFEST_NAME, text, cut, 0600, &err);
        assert_int_equal(manifest_load(&m, fd, &bad), -1);
        assert_int_equal(bad.kind, ERROR_DATA);
    }
    unlinkat(fd, MANIFEST_NAME, 0);
    assert_int_equal(manifest_load(&m, fd, &err), -1);
    assert_int_equal(err.kind, ERROR_NO_INPUT);
    free(text);
    close(fd);
}

static void a_dataset_cannot_be_called_rejects(void **state)
{
    struct fixture *f = *state;
    struct schema schema = fixture_schema;
    struct error err = {0};
    struct fixture_run run;
    struct buf text;
    int fd = open(f->out, O_RDONLY | O_DIRECTORY);

    schema.name = "rejects";
    f->schema = &schema;
    fixture_report(f, fd, &run);
    buf_init(&text, 1 << 20);
    assert_int_equal(manifest_write(&run.report, &text, &err), -1);
    assert_int_equal(err.kind, ERROR_CONFIG);
    buf_release(&text);
    fixture_run_release(&run);
    close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_is_loaded),
        TEST(a_part_is_of_one_dataset),
        TEST(it_is_a_data_package),
        TEST(hostile_manifests_are_refused_by_member),
        TEST(cut_manifests_are_refused),
        TEST(a_dataset_cannot_be_called_rejects),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
