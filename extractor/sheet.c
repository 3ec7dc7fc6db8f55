#include "sheet.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "csv.h"
#include "instant.h"
#include "sheet_parts.h"

enum {
    PIECE = 64 * 1024,               /* bytes fed at once */
    HEAD_MAX = 256,                  /* bytes that tell what a file is */
    ROW_TEXT_MAX = 128 * 1024 * 1024 /* a row of CSV_ROW_MAX, escaped */
};

static int take(void *context, const char *const *cells, size_t count,
                struct error *err)
{
    struct sheet *sheet = context;

    sheet->number++;
    return sheet->columns == NULL ? sheet_take_header(sheet, cells, count, err)
                                  : sheet_take_row(sheet, cells, count, err);
}

/* How other things begin that are met under the name of a CSV file. */
static const struct {
    const char *bytes;
    const char *what, *cure;
} strangers[] = {
    {"PK\x03\x04", "is a workbook or a ZIP file",
     "open it and save the sheet as CSV in UTF-8"},
    {"\xd0\xcf\x11\xe0", "is an old Excel workbook",
     "open it and save the sheet as CSV in UTF-8"},
    {"\x1f\x8b", "is gzip data", "give it a name that ends in .csv.gz"},
    {"\xff\xfe", "is UTF-16 text", "save it as CSV in UTF-8"},
    {"\xfe\xff", "is UTF-16 text", "save it as CSV in UTF-8"},
    {"%PDF", "is a PDF document", "export the list as CSV"},
    {"<", "is a web page, perhaps a login page",
     "log in again, and export the list anew"},
    {"{", "is JSON", "export the list as CSV"},
    {"[", "is JSON", "export the list as CSV"},
};

static int check_head(const char *data, size_t len, struct error *err)
{
    size_t at = 0;

    if (len >= sizeof(CSV_BOM) - 1 &&
        memcmp(data, CSV_BOM, sizeof(CSV_BOM) - 1) == 0)
        at = sizeof(CSV_BOM) - 1;
    while (at < len && strchr(" \t\r\n", data[at]) != NULL && data[at] != '\0')
        at++;
    for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
        size_t size = strlen(strangers[i].bytes);

        if (len - at < size || memcmp(data + at, strangers[i].bytes, size) != 0)
            continue;
        error_set(err, ERROR_DATA, "%s, not a CSV file", strangers[i].what);
        return error_hint(err, "%s", strangers[i].cure);
    }
    return 0;
}

/* Fills the first piece as far as HEAD_MAX, so that a reader that gives less
 * at once does not hide what the file is. */
static ssize_t read_head(struct source_file *file, char *data,
                         struct error *err)
{
    size_t used = 0;
    ssize_t got = 1;

    while (used < HEAD_MAX && got > 0) {
        got = source_file_read(file, data + used, PIECE - used, err);
        if (got < 0)
            return -1;
        used += (size_t)got;
    }
    return (ssize_t)used;
}

static int feed(struct sheet *sheet, struct source_file *file,
                struct csv_reader *reader, struct error *err)
{
    static const char nothing[] = "is empty";
    char data[PIECE];
    ssize_t got = read_head(file, data, err);

    if (got > 0 && check_head(data, (size_t)got, err) != 0)
        return error_prefix(err, "%s", sheet->options->path);
    while (got > 0) {
        if (csv_reader_feed(reader, data, (size_t)got, err) != 0)
            return error_prefix(err, "%s", sheet->options->path);
        got = source_file_read(file, data, sizeof(data), err);
    }
    if (got < 0) {
        if (err->kind == ERROR_DATA)
            error_hint(err, "the file may have been cut in transfer; fetch it "
                            "anew");
        return -1;
    }
    if (csv_reader_finish(reader, err) != 0)
        return error_prefix(err, "%s", sheet->options->path);
    if (sheet->columns != NULL)
        return 0;
    error_set(err, ERROR_DATA, "%s: %s", sheet->options->path, nothing);
    return error_hint(err, "not even a header is there; export it anew");
}

static int look(const struct sheet_options *options, struct stat *st,
                struct error *err)
{
    const char *path = options->path, *how = options->source->needs_how;

    if (stat(path, st) != 0) {
        error_system(err, errno == EIO ? ERROR_IO : ERROR_NO_INPUT, errno,
                     "%s: cannot open", path);
        return error_hint(err,
                          "put the export there, or take the file out of "
                          "\"files\" in the job%s%s",
                          how != NULL ? ": " : "", how != NULL ? how : "");
    }
    if (S_ISREG(st->st_mode))
        return 0;
    error_set(err, ERROR_NO_INPUT, "%s: is not a file", path);
    return error_usual(err, "name the exported file itself");
}

static int64_t modified(const struct stat *st)
{
    return (int64_t)st->st_mtim.tv_sec * INSTANT_SECOND +
           st->st_mtim.tv_nsec / 1000000;
}

static bool same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
           a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static int changed(const char *path, struct error *err)
{
    error_set(err, ERROR_DATA, "%s: changed while it was read", path);
    return error_hint(err, "put exports into place by renaming, when they are "
                           "whole, and run again");
}

static int read_rows(struct sheet *sheet, struct error *err)
{
    const struct sheet_options *options = sheet->options;
    struct csv_reader *reader =
        csv_reader_new(options->source->csv.delimiter, '"', take, sheet);
    struct source_file *file = NULL;
    int result = -1;

    if (reader == NULL) {
        error_no_memory(err);
    } else {
        file = source_file_open(AT_FDCWD, options->path, err);
        if (file != NULL)
            result = feed(sheet, file, reader, err);
    }
    if (source_file_close(file, result == 0 ? &sheet->facts->file : NULL,
                          err) != 0)
        result = -1;
    csv_reader_free(reader);
    return result;
}

int sheet_read(const struct sheet_options *options, struct sheet_facts *facts,
               struct error *err)
{
    struct sheet sheet = {.options = options, .facts = facts};
    struct stat before, after;
    int result;

    memset(facts, 0, sizeof(*facts));
    if (look(options, &before, err) != 0)
        return -1;
    facts->modified = modified(&before);
    arena_init(&sheet.arena);
    buf_init(&sheet.text, ROW_TEXT_MAX);
    buf_init(&sheet.joined, CSV_ROW_MAX);
    result = read_rows(&sheet, err);
    buf_release(&sheet.joined);
    buf_release(&sheet.text);
    arena_release(&sheet.arena);
    /* What a file under way seems to lack may be what is not there yet. */
    if (err->kind == ERROR_NONE || err->kind == ERROR_DATA) {
        struct error now = {0};

        if (look(options, &after, &now) != 0 || !same(&before, &after)) {
            error_clear(err);
            return changed(options->path, err);
        }
    }
    return result;
}
