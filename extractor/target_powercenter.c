/*
 * Informatica PowerCenter: a source definition for Designer or pmrep
 * objectimport, and the control file of that import.
 *
 * Elements and attributes stand as powrmart.dtd orders them; a CRCVALUE is
 * what exports have and imports refuse when it is wrong, so there is none.
 * The reader cuts a text at its port's precision and drops a row with a bad
 * number or time, both silently: precisions are the columns' lengths (else
 * the longest text that the writer lets pass), booleans and dates are short
 * strings, and all times have the one format of the file. An unquoted empty
 * field is null. No escape character: doubled quotes are understood.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "instant.h"
#include "target_parts.h"

#define REPOSITORY "ROLLCALL" /* of the XML; the control file maps it */

/* A blank would have to be quoted in a format, and there is no way to. */
static const struct target_mask mask = {
    .year = "yyyy",
    .month = "mm",
    .day = "dd",
    .hour = "hh24",
    .minute = "mi",
    .second = "ss",
    .milli = "ms",
    .special = "\"'+",
};

static void put_delimiter(struct buf *out, char delimiter)
{
    char text[8];

    snprintf(text, sizeof(text),
             isprint((unsigned char)delimiter) ? "%c" : "\\%03o",
             (unsigned)(unsigned char)delimiter);
    target_attribute(out, "DELIMITERS", text);
}

static void put_file(struct buf *out, const struct csv_dialect *dialect)
{
    buf_puts(out, "        <FLATFILE CODEPAGE=\"UTF-8\" "
                  "CONSECDELIMITERSASONE=\"NO\" DELIMITED=\"YES\"");
    put_delimiter(out, dialect->delimiter);
    buf_puts(out, " ESCAPE_CHARACTER=\"\" KEEPESCAPECHAR=\"NO\" "
                  "LINESEQUENTIAL=\"NO\" MULTIDELIMITERSASAND=\"NO\" "
                  "NULLCHARTYPE=\"ASCII\" NULL_CHARACTER=\"*\" PADBYTES=\"1\"");
    target_attribute(out, "QUOTE_CHARACTER",
                     dialect->quote == '"' ? "DOUBLE" : "SINGLE");
    buf_puts(out, " REPEATABLE=\"NO\" ROWDELIMITER=\"0\" "
                  "SHIFTSENSITIVEDATA=\"NO\"");
    target_attribute_number(out, "SKIPROWS", dialect->header ? 1 : 0);
    buf_puts(out, " STRIPTRAILINGBLANKS=\"NO\"/>\n");
}

static void put_table_attribute(struct buf *out, const char *name,
                                const char *value)
{
    buf_puts(out, "        <TABLEATTRIBUTE");
    target_attribute(out, "NAME", name);
    target_attribute(out, "VALUE", value);
    buf_puts(out, "/>\n");
}

/* "A  19 yyyy-mm-dd hh24:mi:ss": the width of a time in four places. */
static void put_time_format(struct buf *out, const char *format)
{
    char example[INSTANT_TEXT_MAX];
    struct buf text;

    buf_init(&text, TARGET_TEXT_MAX);
    if (instant_format(0, format, 0, example, sizeof(example)) != 0)
        example[0] = '\0';
    buf_printf(&text, "A%4zu ", strlen(example));
    if (target_time_mask(format, &mask, &text) != 0 || !buf_ok(&text))
        out->failed = true;
    put_table_attribute(out, "Datetime Format", text.data);
    buf_release(&text);
}

static void put_table_attributes(struct buf *out,
                                 const struct target_table *table)
{
    const struct csv_dialect *dialect = table->dialect;
    const char decimal[] = {dialect->decimal, '\0'};
    const bool has_times = target_has_type(table->schema, VALUE_TIMESTAMP);

    put_table_attribute(out, "Base Table Name", "");
    put_table_attribute(out, "Search Specification", "");
    put_table_attribute(out, "Sort Specification", "");
    put_time_format(out,
                    has_times ? dialect->time_format : "%Y-%m-%d %H:%M:%S");
    put_table_attribute(out, "Thousand Separator", "None");
    put_table_attribute(out, "Decimal Separator", decimal);
    put_table_attribute(out, "Add Currently Processed Flat File Name Port",
                        "NO");
}

static void put_source_name(struct buf *out, const struct target_table *table)
{
    struct buf name;

    buf_init(&name, TARGET_TEXT_MAX);
    if (table->table == table->schema->name)
        buf_puts(&name, "FF_");
    target_port_name(&name, table->table);
    if (!buf_ok(&name))
        out->failed = true;
    target_attribute(out, "NAME", name.data);
    buf_release(&name);
}

static void put_head(struct buf *out, const struct target_table *table)
{
    const char *version = table->repository_version;
    char created[INSTANT_TEXT_MAX], major[16];

    if (instant_format(table->created, "%m/%d/%Y %H:%M:%S", 0, created,
                       sizeof(created)) != 0)
        created[0] = '\0';
    snprintf(major, sizeof(major), "%.*s", (int)strcspn(version, "."), version);
    buf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                  "<!DOCTYPE POWERMART SYSTEM \"powrmart.dtd\">\n<POWERMART");
    target_attribute(out, "CREATION_DATE", created);
    target_attribute(out, "REPOSITORY_VERSION", version);
    buf_puts(out, ">\n<REPOSITORY NAME=\"" REPOSITORY "\"");
    target_attribute(out, "VERSION", major);
    buf_puts(out,
             " CODEPAGE=\"UTF-8\" DATABASETYPE=\"Oracle\">\n"
             "<FOLDER NAME=\"" REPOSITORY "\" GROUP=\"\" "
             "OWNER=\"Administrator\" SHARED=\"NOTSHARED\" DESCRIPTION=\"\" "
             "PERMISSIONS=\"rwx---r--\">\n");
}

static int check(const struct target_table *table, struct error *err)
{
    const char quote = table->dialect->quote;

    if (quote == '"' || quote == '\'')
        return 0;
    error_set(err, ERROR_CONFIG,
              "output.csv.quote: PowerCenter knows no "
              "other quotes than \" and '");
    return error_hint(err, "leave it out");
}

static int write_source(const struct target_table *table, struct buf *out,
                        struct error *err)
{
    const struct schema *schema = table->schema;
    size_t offset = 0;

    if (check(table, err) != 0)
        return -1;
    put_head(out, table);
    buf_puts(out, "    <SOURCE BUSINESSNAME=\"\" DATABASETYPE=\"Flat File\" "
                  "DBDNAME=\"FlatFile\"");
    target_attribute(out, "DESCRIPTION",
                     schema->title != NULL ? schema->title : "");
    put_source_name(out, table);
    buf_puts(out, " OBJECTVERSION=\"1\" OWNERNAME=\"\" "
                  "VERSIONNUMBER=\"1\">\n");
    put_file(out, table->dialect);
    put_table_attributes(out, table);
    for (size_t i = 0; i < schema->count; i++)
        target_port(out, schema, i, &offset);
    buf_puts(out, "    </SOURCE>\n</FOLDER>\n</REPOSITORY>\n</POWERMART>\n");
    return 0;
}

static int need(const char *option, const char *value, struct error *err)
{
    if (value != NULL)
        return 0;
    error_set(err, ERROR_USAGE, "%s: is needed for the part \"control\"",
              option);
    return error_hint(err, "say which repository and folder of PowerCenter's "
                           "the source is imported into, with --repository and "
                           "--folder");
}

/* impcntl.dtd. The names of the XML are mapped to those of the target. */
static int write_control(const struct target_table *table, struct buf *out,
                         struct error *err)
{
    if (need("--repository", table->repository, err) != 0 ||
        need("--folder", table->folder, err) != 0)
        return -1;
    buf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                  "<!DOCTYPE IMPORTPARAMS SYSTEM \"impcntl.dtd\">\n"
                  "<IMPORTPARAMS CHECKIN_AFTER_IMPORT=\"NO\" "
                  "CHECKIN_COMMENTS=\"\" RETAIN_GENERATED_VALUE=\"YES\" "
                  "COPY_SAP_PROGRAM=\"NO\" APPLY_DEFAULT_CONNECTION=\"NO\">\n"
                  "    <FOLDERMAP SOURCEFOLDERNAME=\"" REPOSITORY "\" "
                  "SOURCEREPOSITORYNAME=\"" REPOSITORY "\"");
    target_attribute(out, "TARGETFOLDERNAME", table->folder);
    target_attribute(out, "TARGETREPOSITORYNAME", table->repository);
    buf_puts(out, "/>\n    <TYPEFILTER TYPENAME=\"SOURCE\"/>\n"
                  "    <RESOLVECONFLICT>\n"
                  "        <TYPEOBJECT OBJECTTYPENAME=\"Source Definition\" "
                  "RESOLUTION=\"REPLACE\"/>\n"
                  "    </RESOLVECONFLICT>\n</IMPORTPARAMS>\n");
    return 0;
}

static const struct target_part parts[] = {
    {.name = "source", .suffix = "xml", .loads = true, .write = write_source},
    {.name = "control", .suffix = "xml", .write = write_control},
    {0},
};

const struct target_format target_powercenter = {
    .name = "powercenter",
    .title = "PowerCenter",
    .reads = READS_DECIMAL_COMMA | READS_QUOTE,
    .mask = &mask,
    .parts = parts,
};
