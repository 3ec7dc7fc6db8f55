#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What somebody may write as a description: quotes of every kind, a line
 * break, ends of comments and of elements, a backslash. */
#define HOSTILE "it's \"5\" <b>&c\n-- */ ]]> $x `y` \\ \xe9\x9b\xaa"

enum { COLUMNS = 9 };

static const char *const kinds[] = {"a", "gr\xc3\xbc\xc3\xbc", NULL};
static const struct column columns[COLUMNS] = {
    {.name = "order",
     .description = HOSTILE,
     .type = VALUE_STRING,
     .length = 20,
     .key = true},
    {.name = "order_", .type = VALUE_STRING, .nullable = true, .values = kinds},
    {.name = "n", .type = VALUE_INTEGER, .nullable = true},
    {.name = "x", .type = VALUE_NUMBER, .nullable = true},
    {.name = "ok", .type = VALUE_BOOLEAN},
    {.name = "at", .type = VALUE_TIMESTAMP, .nullable = true},
    {.name = "day", .type = VALUE_DATE, .nullable = true},
    {.name = "long_text", .type = VALUE_STRING, .nullable = true},
    {.name = "wide", .type = VALUE_STRING, .nullable = true, .length = 50000},
};
static const struct schema schema = {
    .name = "things", .title = HOSTILE, .columns = columns, .count = COLUMNS};

struct stage {
    struct csv_dialect dialect;
    struct target_table table;
    struct buf text;
    struct error err;
};

static int setup(void **state)
{
    static struct stage stage;

    memset(&stage, 0, sizeof(stage));
    csv_preset("rfc4180", &stage.dialect);
    stage.table = (struct target_table){.schema = &schema,
                                        .dialect = &stage.dialect,
                                        .csv = true,
                                        .gzip = true,
                                        .table = schema.name,
                                        .location = "/out/latest",
                                        .repository_version = "189.98",
                                        .repository = "REP",
                                        .folder = "LANDING"};
    buf_init(&stage.text, TARGET_TEXT_MAX);
    *state = &stage;
    return 0;
}

static int teardown(void **state)
{
    struct stage *stage = *state;

    buf_release(&stage->text);
    return 0;
}

/* The text of one part, NULL when it is refused. */
static const char *make(struct stage *stage, const char *format,
                        const char *part)
{
    const struct target_format *target = target_find(format, &stage->err);
    const struct target_part *one;

    assert_non_null(target);
    one = target_part(target, part, &stage->err);
    assert_non_null(one);
    buf_reset(&stage->text);
    error_clear(&stage->err);
    if (target_write(target, one, &stage->table, &stage->text, &stage->err) !=
        0)
        return NULL;
    return stage->text.data;
}

static void has(struct stage *stage, const char *format, const char *part,
                const char *piece)
{
    const char *text = make(stage, format, part);

    if (text == NULL)
        fail_msg("%s %s: %s", format, part, stage->err.text);
    if (strstr(text, piece) == NULL)
        fail_msg("%s %s: no \"%s\" in:\n%s", format, part, piece, text);
}

static void refuses(struct stage *stage, const char *format, const char *piece)
{
    const char *part = strcmp(format, "powercenter") == 0 ? "source" : "load";

    assert_null(make(stage, format, part));
    if (strstr(stage->err.text, piece) == NULL)
        fail_msg("%s: \"%s\" is not said in: %s", format, piece,
                 stage->err.text);
    assert_int_equal(stage->err.kind, ERROR_CONFIG);
    assert_true(stage->err.hint[0] != '\0');
}

static const char *const loaders[] = {"powercenter", "postgres", "duckdb",
                                      "snowflake",   "bigquery", "redshift",
                                      "spark"};

static void texts_are_quoted(void **state)
{
    struct stage *stage = *state;

    has(stage, "postgres", "table",
        "COMMENT ON COLUMN \"things\".\"order\" IS E'it''s \"5\" <b>&c\n-- */ "
        "]]> $x `y` \\\\ \xe9\x9b\xaa';\n");
    has(stage, "duckdb", "table",
        "IS 'it''s \"5\" <b>&c\n-- */ ]]> $x `y` \\ \xe9\x9b\xaa';\n");
    has(stage, "snowflake", "table",
        "IS 'it''s \"5\" <b>&c\n-- */ ]]> $x `y` \\\\ \xe9\x9b\xaa';\n");
    has(stage, "redshift", "table", "`y` \\\\ \xe9\x9b\xaa';\n");
    has(stage, "powercenter", "source",
        "DESCRIPTION=\"it's &quot;5&quot; &lt;b&gt;&amp;c&#xa;-- */ ]]&gt; $x "
        "`y` \\ \xe9\x9b\xaa\"");
    has(stage, "bigquery", "schema",
        "\"description\": \"it's \\\"5\\\" <b>&c\\n-- */ ]]> $x `y` \\\\ "
        "\xe9\x9b\xaa\"");
    has(stage, "jsonschema", "schema", "\"title\": \"it's \\\"5\\\" <b>&c\\n");
    has(stage, "spark", "schema", "\"comment\": \"it's \\\"5\\\" <b>&c\\n");
    has(stage, "spark", "load", "\\\\\\\"5\\\\\\\" <b>&c\\\\n");
}

static void names_and_places_are_quoted(void **state)
{
    struct stage *stage = *state;

    stage->table.table = "my \"lake\".it's";
    stage->table.location = "/a'b \"c\" \\d";
    has(stage, "postgres", "table",
        "CREATE TABLE \"my \"\"lake\"\"\".\"it's\" (");
    has(stage, "postgres", "load", "COPY \"my \"\"lake\"\"\".\"it's\" (");
    has(stage, "snowflake", "table",
        "CREATE TABLE \"MY \"\"LAKE\"\"\".\"IT'S\" (");
    has(stage, "snowflake", "format",
        "FILE FORMAT \"MY \"\"LAKE\"\"\".\"IT'S_CSV\"\n");
    has(stage, "duckdb", "load",
        "read_csv('/a''b \"c\" \\d/things-*.csv.gz',");
    has(stage, "snowflake", "stage",
        "PUT 'file:///a''b \"c\" \\\\d/things-*.csv.gz' @");
    has(stage, "redshift", "load",
        "FROM '/a''b \"c\" \\\\d/things.csv.manifest'");
    has(stage, "bigquery", "load", "'/a'\\''b \"c\" \\d/things-*.csv.gz'");
    has(stage, "bigquery", "load", "'my \"lake\".it'\\''s'");
    has(stage, "spark", "load",
        "FILES = \"/a'b \\\"c\\\" \\\\d/things-*.csv.gz\"\n");
    has(stage, "powercenter", "source", " NAME=\"MY__LAKE__IT_S\"");
    stage->table.folder = "A&B";
    has(stage, "powercenter", "control", "TARGETFOLDERNAME=\"A&amp;B\"");
}

static void types_and_precisions(void **state)
{
    struct stage *stage = *state;

    has(stage, "postgres", "table",
        "    \"order\" varchar(20) NOT NULL,\n    \"order_\" text,\n"
        "    \"n\" bigint,\n    \"x\" numeric,\n    \"ok\" boolean NOT NULL,\n"
        "    \"at\" timestamp with time zone,\n    \"day\" date,\n"
        "    \"long_text\" text,\n    \"wide\" varchar(50000),\n"
        "    PRIMARY KEY (\"order\")\n);");
    has(stage, "duckdb", "table", "    \"at\" TIMESTAMP,\n");
    has(stage, "snowflake", "table",
        "    \"ORDER\" VARCHAR(20) NOT NULL,\n    \"ORDER_\" VARCHAR,\n"
        "    \"N\" NUMBER(19, 0),\n");
    has(stage, "snowflake", "table", "    \"AT\" TIMESTAMP_NTZ(3),\n");
    /* Its lengths are bytes, and end. */
    has(stage, "redshift", "table", "\"order\" VARCHAR(80) NOT NULL,\n");
    has(stage, "redshift", "table", "\"long_text\" VARCHAR(65535),\n");
    has(stage, "redshift", "table", "\"wide\" VARCHAR(65535),\n");
    has(stage, "bigquery", "schema",
        "    \"name\": \"order\",\n    \"type\": \"STRING\",\n"
        "    \"mode\": \"REQUIRED\",\n    \"maxLength\": \"20\",\n");
    has(stage, "bigquery", "schema",
        "    \"name\": \"x\",\n    \"type\": \"BIGNUMERIC\",\n"
        "    \"mode\": \"NULLABLE\"\n");
    has(stage, "jsonschema", "schema",
        "\"order_\": {\n      \"type\": [\n        \"string\",\n        "
        "\"null\"\n      ],\n      \"enum\": [\n        \"a\",\n        "
        "\"gr\xc3\xbc\xc3\xbc\",\n        null\n      ]\n    }");
    has(stage, "spark", "schema",
        "\"name\": \"n\",\n      \"type\": \"long\",\n"
        "      \"nullable\": true,\n");
}

/* Names of ports as Designer takes them, one after another in the record. */
static void powercenter_ports(void **state)
{
    static const struct {
        const char *name, *type;
        unsigned long length, precision, scale;
    } ports[COLUMNS] = {
        {"ORDER__", "string", 20, 20, 0}, /* ORDER_ is a column already */
        {"ORDER_", "string", 4, 4, 0},    /* characters of its values */
        {"N", "bigint", 19, 19, 0},
        {"X", "double", 15, 15, 0},
        {"OK", "string", 5, 5, 0},
        {"AT", "datetime", 29, 29, 9},
        {"DAY", "string", 10, 10, 0},
        {"LONG_TEXT", "string", CSV_CELL_MAX, CSV_CELL_MAX, 0},
        {"WIDE", "string", 50000, 50000, 0},
    };
    struct stage *stage = *state;
    unsigned long offset = 0;

    for (size_t i = 0; i < COUNT(ports); i++) {
        char piece[512];

        snprintf(piece, sizeof(piece),
                 " FIELDNUMBER=\"%zu\" FIELDPROPERTY=\"0\" "
                 "FIELDTYPE=\"ELEMITEM\" HIDDEN=\"NO\" KEYTYPE=\"NOT A KEY\" "
                 "LENGTH=\"%lu\" LEVEL=\"0\" NAME=\"%s\" NULLABLE=\"NULL\" "
                 "OCCURS=\"0\" OFFSET=\"%lu\" PHYSICALLENGTH=\"%lu\" "
                 "PHYSICALOFFSET=\"%lu\" PICTURETEXT=\"\" PRECISION=\"%lu\" "
                 "SCALE=\"%lu\" USAGE_FLAGS=\"\"/>\n",
                 i + 1, ports[i].length, ports[i].name, offset,
                 ports[i].length, offset, ports[i].precision, ports[i].scale);
        has(stage, "powercenter", "source", piece);
        snprintf(piece, sizeof(piece), " DATATYPE=\"%s\" DESCRIPTION=\"",
                 ports[i].type);
        has(stage, "powercenter", "source", piece);
        offset += ports[i].length;
    }
    assert_null(strstr(stage->text.data, "CRCVALUE"));
}

static void powercenter_file(void **state)
{
    struct stage *stage = *state;

    has(stage, "powercenter", "source",
        "<POWERMART CREATION_DATE=\"01/01/1970 00:00:00\" "
        "REPOSITORY_VERSION=\"189.98\">\n<REPOSITORY NAME=\"ROLLCALL\" "
        "VERSION=\"189\" ");
    has(stage, "powercenter", "source", " NAME=\"FF_THINGS\" ");
    has(stage, "powercenter", "source", " DELIMITERS=\",\" ESCAPE_CHARACTER=\"\"");
    has(stage, "powercenter", "source", " QUOTE_CHARACTER=\"DOUBLE\" ");
    has(stage, "powercenter", "source", " SKIPROWS=\"1\" ");
    has(stage, "powercenter", "source",
        "\"Datetime Format\" VALUE=\"A  19 yyyy-mm-dd hh24:mi:ss\"/>");
    csv_preset("powercenter", &stage->dialect);
    stage->dialect.delimiter = '\t';
    stage->dialect.quote = '\'';
    stage->dialect.decimal = ',';
    stage->dialect.time_format = "%d/%m/%Y %H:%M:%S.%f";
    stage->table.table = "SRC_9";
    has(stage, "powercenter", "source", " NAME=\"SRC_9\" ");
    has(stage, "powercenter", "source", " DELIMITERS=\"\\011\" ");
    has(stage, "powercenter", "source", " QUOTE_CHARACTER=\"SINGLE\" ");
    has(stage, "powercenter", "source", " SKIPROWS=\"0\" ");
    has(stage, "powercenter", "source",
        "\"Datetime Format\" VALUE=\"A  23 dd/mm/yyyy hh24:mi:ss.ms\"/>");
    has(stage, "powercenter", "source", "\"Decimal Separator\" VALUE=\",\"/>");
}

static void the_dialect_is_honoured(void **state)
{
    struct stage *stage = *state;

    stage->dialect.delimiter = '\t';
    stage->dialect.quote = '\'';
    stage->dialect.header_case = CSV_HEADER_UPPER;
    stage->dialect.null_text = "\\N";
    has(stage, "postgres", "load",
        "    HEADER true,\n    ENCODING 'UTF8',\n    DELIMITER E'\\t',\n"
        "    QUOTE '''',\n    ESCAPE '''',\n    NULL E'\\\\N');\n");
    has(stage, "duckdb", "load",
        "    delim = '\t',\n    quote = '''',\n    escape = '''',\n"
        "    nullstr = '\\N',\n    allow_quoted_nulls = false,\n");
    has(stage, "redshift", "load",
        "    QUOTE AS ''''\n    DELIMITER AS '\\t'\n    GZIP\n"
        "    IGNOREHEADER 1\n    NULL AS '\\\\N'\n");
    stage->dialect.null_text = "";
    stage->dialect.header = false;
    stage->table.gzip = false;
    has(stage, "postgres", "load", "    HEADER false,\n");
    has(stage, "duckdb", "load", "things-*.csv',");
    has(stage, "duckdb", "load",
        "    header = false,\n    compression = 'none',\n");
    has(stage, "redshift", "load",
        "    DELIMITER AS '\\t'\n    EMPTYASNULL\n");
    has(stage, "bigquery", "load",
        "    --skip_leading_rows=0 \\\n    --field_delimiter='\\t' \\\n"
        "    --quote=''\\''' \\\n");
    has(stage, "spark", "load", ".option(\"sep\", \"\\t\")\n");
    has(stage, "spark", "load", ".option(\"nullValue\", \"\\u0001\")\n");
    stage->dialect.quote = '"';
    has(stage, "snowflake", "format",
        "    COMPRESSION = NONE\n    FIELD_DELIMITER = '\\t'\n"
        "    RECORD_DELIMITER = '\\n'\n    SKIP_HEADER = 0\n"
        "    FIELD_OPTIONALLY_ENCLOSED_BY = '\"'\n    ESCAPE = NONE\n"
        "    ESCAPE_UNENCLOSED_FIELD = NONE\n    NULL_IF = ()\n"
        "    EMPTY_FIELD_AS_NULL = TRUE\n");
    has(stage, "snowflake", "load",
        "PATTERN = '.*things-[0-9]{5,}[.]csv'\n");
}

static void names_that_match_are_checked(void **state)
{
    struct stage *stage = *state;

    has(stage, "postgres", "load", "HEADER MATCH,");
    has(stage, "spark", "load", ".option(\"enforceSchema\", \"false\")");
    stage->dialect.header_case = CSV_HEADER_UPPER;
    has(stage, "postgres", "load", "HEADER true,");
    has(stage, "spark", "load", ".option(\"enforceSchema\", \"true\")");
}

static void times_in_each_systems_words(void **state)
{
    struct stage *stage = *state;

    stage->dialect.time_format = "%Y-%m-%dT%H:%M:%S.%fZ";
    has(stage, "postgres", "load", "SET TIME ZONE 'UTC';\n");
    has(stage, "duckdb", "load",
        "timestampformat = '%Y-%m-%dT%H:%M:%S.%gZ'");
    has(stage, "snowflake", "format",
        "TIMESTAMP_FORMAT = 'YYYY-MM-DD\"T\"HH24:MI:SS.FF3\"Z\"'");
    has(stage, "redshift", "load", "TIMEFORMAT 'auto'");
    has(stage, "spark", "load", "\"yyyy-MM-dd'T'HH:mm:ss.SSS'Z'\"");
    has(stage, "bigquery", "load", "bq load");
    refuses(stage, "powercenter", "output.csv.time_format: ");
    stage->dialect.time_format = "%d.%m.%Y %H:%M";
    has(stage, "snowflake", "format", "'DD.MM.YYYY HH24:MI'");
    has(stage, "redshift", "load", "TIMEFORMAT 'DD.MM.YYYY HH24:MI'");
    has(stage, "powercenter", "source", "A  16 dd.mm.yyyy hh24:mi");
    refuses(stage, "postgres", "output.csv.time_format: PostgreSQL");
    refuses(stage, "bigquery", "output.csv.time_format: BigQuery");
}

/* What a system would load wrong is refused, never written. */
static void what_loads_wrong_is_refused(void **state)
{
    struct stage *stage = *state;
    const struct csv_dialect plain = stage->dialect;
    static const struct {
        const char *format, *settings;
    } refused[] = {
        {"powercenter", "bom line_end null"},
        {"postgres", "bom decimal"},
        {"duckdb", ""},
        {"snowflake", "decimal null quote"},
        {"bigquery", "bom decimal null"},
        {"redshift", "decimal"},
        {"spark", "decimal null"},
    };
    static const char *const settings[] = {"bom",  "line_end", "decimal",
                                           "null", "quote"};

    for (size_t i = 0; i < COUNT(refused) * COUNT(settings); i++) {
        const char *format = refused[i / COUNT(settings)].format;
        const char *setting = settings[i % COUNT(settings)];
        const char *part = strcmp(format, "powercenter") == 0 ? "source"
                           : strcmp(format, "snowflake") == 0 ? "format"
                                                              : "load";
        char piece[64];
        bool good;

        stage->dialect = plain;
        switch (i % COUNT(settings)) {
        case 0:
            stage->dialect.bom = true;
            break;
        case 1:
            stage->dialect.crlf = true;
            break;
        case 2:
            stage->dialect.decimal = ',';
            stage->dialect.delimiter = ';';
            break;
        case 3:
            stage->dialect.null_text = "NULL";
            break;
        default:
            stage->dialect.quote = '\'';
        }
        good = make(stage, format, part) != NULL;
        snprintf(piece, sizeof(piece), "output.csv.%s: ", setting);
        if (good == (strstr(refused[i / COUNT(settings)].settings, setting) !=
                     NULL))
            fail_msg("%s, %s: %s", format, setting, stage->err.text);
        if (!good)
            assert_int_equal(
                strncmp(stage->err.text, piece, strlen(piece)), 0);
    }
}

static void what_no_loader_can_read(void **state)
{
    struct stage *stage = *state;

    for (size_t i = 0; i < COUNT(loaders); i++) {
        stage->dialect.excel_safe = true;
        refuses(stage, loaders[i], "output.csv.excel_safe: ");
        stage->dialect.excel_safe = false;
        stage->table.csv = false;
        refuses(stage, loaders[i], "output.formats: has no csv");
        stage->table.csv = true;
    }
    /* The table and the rows of JSONL do not depend on the CSV. */
    stage->table.csv = false;
    stage->dialect.excel_safe = true;
    has(stage, "postgres", "table", "CREATE TABLE");
    has(stage, "jsonschema", "schema", "2020-12");
    stage->dialect.excel_safe = false;
    stage->table.csv = true;
    stage->dialect.quote = '|';
    refuses(stage, "powercenter", "output.csv.quote: ");
}

static void what_is_missing_is_asked_for(void **state)
{
    struct stage *stage = *state;

    stage->table.location = NULL;
    assert_null(make(stage, "duckdb", "load"));
    assert_int_equal(stage->err.kind, ERROR_USAGE);
    assert_non_null(strstr(stage->err.text, "--location: "));
    stage->table.repository = NULL;
    assert_null(make(stage, "powercenter", "control"));
    assert_non_null(strstr(stage->err.text, "--repository: "));
    stage->table.repository = "R";
    stage->table.folder = NULL;
    assert_null(make(stage, "powercenter", "control"));
    assert_non_null(strstr(stage->err.text, "--folder: "));
}

static void words_are_found_or_the_nearest_is_named(void **state)
{
    struct error err = {0};
    char names[256];
    (void)state;

    assert_null(target_find("postgre", &err));
    assert_non_null(strstr(err.hint, "postgres"));
    snprintf(names, sizeof(names), "%s", target_names());
    for (char *name = strtok(names, "|"); name; name = strtok(NULL, "|")) {
        const struct target_format *format;

        error_clear(&err);
        format = target_find(name, &err);
        assert_non_null(format);
        assert_non_null(target_parts(format)[0].name);
        error_clear(&err);
        assert_null(target_part(format, "nothing", &err));
        assert_int_equal(err.kind, ERROR_USAGE);
    }
}

/* A URL gives an external stage, and a manifest is named by its own. */
static void places_of_the_cloud(void **state)
{
    struct stage *stage = *state;

    stage->table.location = "s3://bucket/run";
    has(stage, "snowflake", "stage", "    URL = 's3://bucket/run/'\n");
    has(stage, "redshift", "load", "FROM 's3://bucket/run/things.csv.manifest'");
    stage->table.location = "s3://bucket/things_20261123_R.csv.manifest";
    has(stage, "redshift", "load",
        "FROM 's3://bucket/things_20261123_R.csv.manifest'");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(texts_are_quoted),
        TEST(names_and_places_are_quoted),
        TEST(types_and_precisions),
        TEST(powercenter_ports),
        TEST(powercenter_file),
        TEST(the_dialect_is_honoured),
        TEST(names_that_match_are_checked),
        TEST(times_in_each_systems_words),
        TEST(what_loads_wrong_is_refused),
        TEST(what_no_loader_can_read),
        TEST(what_is_missing_is_asked_for),
        TEST(words_are_found_or_the_nearest_is_named),
        TEST(places_of_the_cloud),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
