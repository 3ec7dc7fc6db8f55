#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "merge.h"
#include "output_fixture.h"
#include "verify.h"

/* Two output directories with a run each, and one to merge into. */
struct stage {
    struct fixture runs[2];
    char out[64];
    struct job job; /* only "output" of it */
    struct merge_input inputs[2];
    struct merge_options options;
    struct log log;
    struct merge_result result;
    struct error err;
};

static void twist_second(const char *format, size_t i, struct value *cells)
{
    (void)format;
    if (i % 7 == 0)
        cells[1] = value_text("of the second");
}

static int setup(void **state)
{
    struct stage *s = calloc(1, sizeof(*s));

    fixture_init(&s->runs[0]);
    fixture_init(&s->runs[1]);
    s->runs[1].rows = 23;
    s->runs[1].twist = twist_second;
    strcpy(s->out, "/tmp/test_merge.XXXXXX");
    assert_non_null(mkdtemp(s->out));
    s->log = (struct log){.out = fopen("/dev/null", "w"),
                          .level = LOG_ERROR,
                          .clock = clock_system()};
    s->inputs[0] = (struct merge_input){s->runs[0].out, "acme"};
    s->inputs[1] = (struct merge_input){s->runs[1].out, "beta"};
    s->options = (struct merge_options){.inputs = s->inputs,
                                        .input_count = 2,
                                        .out_dir = s->out,
                                        .log = &s->log};
    s->job.output.part_size = 1 << 20;
    s->job.output.file_mode = 0640;
    s->job.output.dir_mode = 0750;
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

static void publish_both(struct stage *s)
{
    fixture_publish(&s->runs[0]);
    fixture_publish(&s->runs[1]);
}

static int merge(struct stage *s)
{
    merge_result_release(&s->result);
    error_clear(&s->err);
    return merge_runs(&s->options, &s->result, &s->err);
}

static void merges(struct stage *s)
{
    if (merge(s) != 0)
        fail_msg("%s", s->err.text);
}

static void refuses(struct stage *s, enum error_kind kind, const char *text)
{
    assert_int_equal(merge(s), -1);
    if (s->err.kind != kind || strstr(s->err.text, text) == NULL)
        fail_msg("%s: \"%s\" is not in \"%s\"", error_kind_name(s->err.kind),
                 text, s->err.text);
    assert_int_not_equal(access(s->result.dir, F_OK), 0);
}

static void no_finding(void *context, const char *file, const char *text)
{
    (void)context;
    fail_msg("%s: %s", file, text);
}

static void verifies(const struct stage *s, uint64_t rows)
{
    struct verify_summary summary;
    struct error err = {0};

    if (verify_run(s->out, NULL, no_finding, NULL, &summary, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(summary.rows, rows);
    assert_int_equal(summary.missing, s->options.missing_count);
}

/* All rows of a format of the run that `path` stands for; free() it. */
static char *rows_of(const char *path, const char *format, bool header)
{
    const struct cat_options options = {
        .dataset = "people", .format = format, .header = header};
    struct error err = {0};
    char *text = calloc(1, 1 << 22);
    FILE *file = tmpfile();

    if (cat_run(path, &options, fileno(file), &err) != 0)
        fail_msg("%s", err.text);
    rewind(file);
    assert_true(fread(text, 1, (1 << 22) - 1, file) > 0);
    fclose(file);
    return text;
}

/* Appends each line of text behind head, without the first `cut` bytes. */
static void behind(struct buf *out, const char *head, const char *text,
                   size_t cut)
{
    while (*text != '\0') {
        size_t len = (size_t)(strchr(text, '\n') + 1 - text);

        buf_puts(out, head);
        buf_append(out, text + cut, len - cut);
        text += len;
    }
}

static void expect_rows(const struct stage *s, const char *format,
                        const char *heads[2], size_t cut)
{
    char *found = rows_of(s->out, format, false);
    struct buf wanted;

    buf_init(&wanted, 1 << 22);
    for (size_t i = 0; i < 2; i++) {
        char *own = rows_of(s->runs[i].out, format, false);

        behind(&wanted, heads[i], own, cut);
        free(own);
    }
    assert_string_equal(found, wanted.data);
    buf_release(&wanted);
    free(found);
}

static void a_row_is_its_line_behind_the_site(void **state)
{
    struct stage *s = *state;
    const char *presets[] = {"rfc4180", "powercenter", "excel", "postgres"};
    const char *heads[2], *json[] = {"{\"site\":\"acme\",", "{\"site\":\"beta\","};

    for (size_t i = 0; i < 4; i++) {
        char acme[16], beta[16];
        char delimiter;

        for (size_t r = 0; r < 2; r++) {
            csv_preset(presets[i], &s->runs[r].dialect);
            s->runs[r].dialect.header_case =
                (enum csv_header_case)(i % 3); /* upper and lower too */
            s->runs[r].replace = i > 0;
        }
        delimiter = s->runs[0].dialect.delimiter;
        s->options.replace = i > 0;
        publish_both(s);
        merges(s);
        verifies(s, 63);
        snprintf(acme, sizeof(acme), "acme%c", delimiter);
        snprintf(beta, sizeof(beta), "beta%c", delimiter);
        heads[0] = acme;
        heads[1] = beta;
        expect_rows(s, "csv", heads, 0);
        expect_rows(s, "jsonl", json, 1);
    }
}

static void the_header_names_the_site_first(void **state)
{
    struct stage *s = *state;
    char *text;

    for (size_t r = 0; r < 2; r++) {
        s->runs[r].jsonl = false; /* nothing but the header has the names */
        s->runs[r].dialect.header_case = CSV_HEADER_UPPER;
        s->runs[r].dialect.bom = true;
    }
    publish_both(s);
    merges(s);
    verifies(s, 63);
    text = rows_of(s->out, "csv", true);
    assert_memory_equal(text, CSV_BOM "SITE,ACCOUNT_ID,", 19);
    free(text);
}

static void a_name_is_quoted_where_it_must_be(void **state)
{
    struct stage *s = *state;
    const char *heads[] = {"beta,", "\"null\","};
    struct fixture first;

    s->inputs[0].site = "null";
    s->inputs[1].site = "beta";
    for (size_t r = 0; r < 2; r++)
        s->runs[r].dialect.null_text = "null";
    publish_both(s);
    merges(s);
    verifies(s, 63);
    first = s->runs[0]; /* "beta" comes before "null" */
    s->runs[0] = s->runs[1];
    s->runs[1] = first;
    expect_rows(s, "csv", heads, 0);
}

static char *manifest_of(const struct stage *s, size_t *len)
{
    char path[128];
    struct error err = {0};
    char *text;
    int fd;

    snprintf(path, sizeof(path), "%s/" FIXTURE_RUN, s->out);
    fd = open(path, O_RDONLY | O_DIRECTORY);
    text = read_whole_file(fd, MANIFEST_NAME, MANIFEST_BYTES_MAX, len, &err);
    assert_non_null(text);
    close(fd);
    return text;
}

static void expect_json(const struct json_doc *doc, const char *pointer,
                        const char *text)
{
    const struct json *node = json_at(doc->root, pointer);

    if (node == NULL)
        fail_msg("%s is missing", pointer);
    assert_string_equal(json_type(node) == JSON_STRING ? json_text(node)
                                                       : json_number_text(node),
                        text);
}

static void the_manifest_tells_of_each_site(void **state)
{
    struct stage *s = *state;
    struct json_doc doc;
    size_t len;
    char *text;

    publish_both(s);
    merges(s);
    assert_int_equal(s->result.datasets[0].rows, 63);
    text = manifest_of(s, &len);
    assert_int_equal(json_parse(&doc, text, len, JSON_STRICT, "manifest",
                                ERROR_DATA, &s->err),
                     0);
    expect_json(&doc, "/x-rollcall/verdict", "complete");
    expect_json(&doc, "/x-rollcall/users", "198");
    expect_json(&doc, "/x-rollcall/datasets/0/rows", "63");
    expect_json(&doc, "/x-rollcall/datasets/0/mappingSha256", "00");
    expect_json(&doc, "/x-rollcall/datasets/0/statuses/known", "6");
    expect_json(&doc, "/x-rollcall/sites/0/site", "acme");
    expect_json(&doc, "/x-rollcall/sites/0/runId", FIXTURE_RUN);
    expect_json(&doc, "/x-rollcall/sites/0/asOf", "2026-11-23T02:00:00Z");
    expect_json(&doc, "/x-rollcall/sites/1/site", "beta");
    expect_json(&doc, "/x-rollcall/sites/1/datasets/0/rows", "23");
    expect_json(&doc, "/x-rollcall/sites/1/sources/0/items", "123");
    expect_json(&doc, "/resources/0/schema/title", "People");
    expect_json(&doc, "/resources/0/schema/primaryKey/0", "site");
    expect_json(&doc, "/resources/0/schema/primaryKey/1", "account_id");
    expect_json(&doc, "/resources/0/schema/x-order/0", "site");
    expect_json(&doc, "/resources/0/schema/fields/0/constraints/maxLength",
                "32");
    json_free(&doc);
    free(text);
}

static void refused_rows_come_along(void **state)
{
    struct stage *s = *state;
    char path[128], *text;
    size_t len, lines = 0;
    int fd;

    s->runs[1].rejects = false;
    publish_both(s);
    merges(s);
    verifies(s, 63);
    snprintf(path, sizeof(path), "%s/" FIXTURE_RUN, s->out);
    fd = open(path, O_RDONLY | O_DIRECTORY);
    text = fixture_content(fd, REJECTS_NAME, &len);
    close(fd);
    for (const char *p = text; *p != '\0'; p = strchr(p, '\n') + 1, lines++)
        assert_memory_equal(p, "{\"site\":\"acme\",\"source\":", 24);
    assert_int_equal(lines, 3);
    free(text);
}

/* Names and hashes of all files but the manifest; free() it. */
static char *hashes(const struct stage *s)
{
    char command[256], *text = calloc(1, 1 << 16);
    FILE *pipe;

    snprintf(command, sizeof(command),
             "cd %s/" FIXTURE_RUN " && sha256sum *.gz", s->out);
    pipe = popen(command, "r");
    assert_true(fread(text, 1, (1 << 16) - 1, pipe) > 64);
    pclose(pipe);
    return text;
}

static void the_same_runs_give_the_same_files(void **state)
{
    struct stage *s = *state;
    const struct merge_input swap = s->inputs[0];
    char *first, *second;

    s->runs[0].rows = ROWS_MAX;
    s->runs[0].part_size = 5000;
    s->job.output.part_size = 20000;
    s->options.job = &s->job;
    publish_both(s);
    merges(s);
    verifies(s, ROWS_MAX + 23);
    first = hashes(s);
    assert_non_null(strstr(first, "people-00002.csv.gz"));
    s->inputs[0] = s->inputs[1];
    s->inputs[1] = swap;
    merges(s);
    assert_true(s->result.already);
    s->options.replace = true;
    merges(s);
    assert_false(s->result.already);
    second = hashes(s);
    assert_string_equal(first, second);
    free(first);
    free(second);
}

static void one_run_alone_gets_its_site(void **state)
{
    struct stage *s = *state;

    publish_both(s);
    s->options.input_count = 1;
    merges(s);
    verifies(s, 40);
}

static void other_shapes_are_refused(void **state)
{
    struct stage *s = *state;
    struct column columns[PEOPLE_COLUMNS];
    struct schema schema = fixture_schema;

    memcpy(columns, fixture_columns, sizeof(columns));
    columns[1].length = 200;
    schema.columns = columns;
    s->runs[1].schema = &schema;
    s->runs[1].twist = NULL;
    s->runs[1].replace = true;
    publish_both(s);
    refuses(s, ERROR_DATA,
            "dataset people: columns differ: site acme has \"display_name\", "
            "string, nullable, length 300, site beta \"display_name\", "
            "string, nullable, length 200");
    columns[1].length = 300;
    columns[6].name = "awake";
    fixture_publish(&s->runs[1]);
    refuses(s, ERROR_DATA, "site beta \"awake\"");
    columns[6].name = "active";
    schema.count--;
    fixture_publish(&s->runs[1]);
    refuses(s, ERROR_DATA, "columns differ: site acme has 7, site beta 6");
    schema.count++;
    columns[2].values = NULL;
    fixture_publish(&s->runs[1]);
    refuses(s, ERROR_DATA, "the values a column may have differ");
    columns[2].values = fixture_states;
    s->runs[1].dialect.delimiter = ';';
    fixture_publish(&s->runs[1]);
    refuses(s, ERROR_DATA, "CSV dialects differ");
    s->runs[1].dialect.delimiter = ',';
    s->runs[1].jsonl = false;
    fixture_publish(&s->runs[1]);
    refuses(s, ERROR_DATA, "formats differ: site acme has jsonl, site beta none");
    s->runs[1].jsonl = true;
    schema.name = "persons";
    fixture_publish(&s->runs[1]);
    refuses(s, ERROR_DATA, "site acme has people, site beta persons");
}

static void a_damaged_run_is_refused(void **state)
{
    struct stage *s = *state;
    char path[512];
    FILE *file;

    publish_both(s);
    snprintf(path, sizeof(path), "%s/" FIXTURE_RUN "/people-00001.csv.gz",
             s->runs[1].out);
    file = fopen(path, "r+");
    fseek(file, 60, SEEK_SET);
    fputc('X', file);
    fclose(file);
    refuses(s, ERROR_DATA, "findings");
    snprintf(path, sizeof(path), "rm -r %s/" FIXTURE_RUN, s->runs[1].out);
    assert_int_equal(system(path), 0);
    refuses(s, ERROR_NO_INPUT, "no latest run");
}

static void what_is_merged_is_not_merged_again(void **state)
{
    struct stage *s = *state;
    const struct merge_input again = {s->out, "again"};
    char other[64] = "/tmp/test_merge.XXXXXX", command[128];

    publish_both(s);
    merges(s);
    assert_non_null(mkdtemp(other));
    s->options.out_dir = other;
    s->inputs[1] = again;
    refuses(s, ERROR_DATA, "is merged already");
    snprintf(command, sizeof(command), "rm -r %s", other);
    assert_int_equal(system(command), 0);
}

static void a_column_called_site_is_refused(void **state)
{
    struct stage *s = *state;
    struct column columns[PEOPLE_COLUMNS];
    struct schema schema = fixture_schema;

    memcpy(columns, fixture_columns, sizeof(columns));
    columns[1].name = "Site";
    schema.columns = columns;
    s->runs[0].schema = s->runs[1].schema = &schema;
    publish_both(s);
    refuses(s, ERROR_DATA, "has a column \"Site\" already");
}

static void sites_have_names_of_their_own(void **state)
{
    struct stage *s = *state;

    publish_both(s);
    s->inputs[1].site = "acme";
    refuses(s, ERROR_USAGE, "is of site \"acme\", as");
    s->inputs[1].site = "Beta";
    refuses(s, ERROR_USAGE, "--as: \"Beta\"");
    s->inputs[1].site = NULL; /* its folder is no name either */
    refuses(s, ERROR_USAGE, "which site it is of is not known");
    s->inputs[1].site = "beta";
    s->options.run_id = "no/id";
    refuses(s, ERROR_USAGE, "is no run id");
}

static void a_folder_names_the_site(void **state)
{
    struct stage *s = *state;
    char path[96];

    publish_both(s);
    snprintf(path, sizeof(path), "%s/gamma", s->out);
    assert_int_equal(rename(s->runs[1].out, path), 0);
    s->inputs[1] = (struct merge_input){path, NULL};
    merges(s);
    {
        char *text = rows_of(s->out, "csv", false);

        assert_non_null(strstr(text, "\ngamma,acc-"));
        free(text);
    }
    assert_int_equal(rename(path, s->runs[1].out), 0);
}

static void a_partial_run_says_so_and_gives_way(void **state)
{
    struct stage *s = *state;
    const struct missing_report missing[] = {{"beta", "auth", 77},
                                             {"gamma", "try_later", 75}};
    struct json_doc doc;
    size_t len;
    char *text;

    publish_both(s);
    s->options.missing = missing;
    s->options.missing_count = 2;
    s->options.input_count = 1;
    merges(s);
    verifies(s, 40);
    text = manifest_of(s, &len);
    assert_int_equal(json_parse(&doc, text, len, JSON_STRICT, "manifest",
                                ERROR_DATA, &s->err),
                     0);
    expect_json(&doc, "/x-rollcall/verdict", "partial");
    expect_json(&doc, "/x-rollcall/missing/0/site", "beta");
    expect_json(&doc, "/x-rollcall/missing/0/verdict", "auth");
    expect_json(&doc, "/x-rollcall/missing/1/exit", "75");
    json_free(&doc);
    free(text);
    merges(s);
    assert_true(s->result.already); /* it lacks no fewer */
    s->options.input_count = 2;
    s->options.missing_count = 0;
    merges(s);
    assert_false(s->result.already);
    verifies(s, 63);
    s->options.missing_count = 1;
    merges(s);
    assert_true(s->result.already); /* what is whole stays */
}

static void it_stops_when_told(void **state)
{
    struct stage *s = *state;
    volatile sig_atomic_t stop = 15;

    publish_both(s);
    s->options.stop = &stop;
    refuses(s, ERROR_INTERRUPTED, "nothing published");
}

static void modes_are_the_jobs(void **state)
{
    struct stage *s = *state;
    char path[512];
    struct stat st;

    s->options.job = &s->job;
    publish_both(s);
    merges(s);
    assert_int_equal(stat(s->result.dir, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0750);
    snprintf(path, sizeof(path), "%s/" FIXTURE_RUN "/people-00001.csv.gz",
             s->out);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_row_is_its_line_behind_the_site),
        TEST(the_header_names_the_site_first),
        TEST(a_name_is_quoted_where_it_must_be),
        TEST(the_manifest_tells_of_each_site),
        TEST(refused_rows_come_along),
        TEST(the_same_runs_give_the_same_files),
        TEST(one_run_alone_gets_its_site),
        TEST(other_shapes_are_refused),
        TEST(a_damaged_run_is_refused),
        TEST(what_is_merged_is_not_merged_again),
        TEST(a_column_called_site_is_refused),
        TEST(sites_have_names_of_their_own),
        TEST(a_folder_names_the_site),
        TEST(a_partial_run_says_so_and_gives_way),
        TEST(it_stops_when_told),
        TEST(modes_are_the_jobs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
