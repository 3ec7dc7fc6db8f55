#include <stdlib.h>
#include <string.h>

#include "verify_parts.h"

typedef int line_fn(struct verify_table *t, const struct json *root,
                    struct error *err);

struct lines {
    struct verify_table *t;
    line_fn *line;
    struct buf text; /* of the line under way */
};

static void bad_row(struct verify_table *t, const char *what)
{
    verify_row_found(t, NULL, what);
    t->part_rows++;
    t->row_count++;
}

/* Exactly the schema's members, in its order. */
static int check_row(struct verify_table *t, const struct json *root,
                     struct error *err)
{
    const struct schema *schema = &t->first->schema;
    const struct json *node = json_first(root);
    size_t i = 0;

    for (; node != NULL && i < schema->count; node = json_next(node), i++) {
        const char *name = schema->columns[i].name;
        const char *problem;

        if (strcmp(json_key(node), name) != 0)
            break;
        problem = verify_json_cell(t, i, node);
        if (problem != NULL)
            verify_row_found(t, name, problem);
    }
    if (node == NULL && i == schema->count)
        return verify_row_done(t, err);
    bad_row(t, "has other members than the manifest's fields");
    buf_reset(&t->row->texts);
    return 0;
}

static int check_reject(struct verify_table *t, const struct json *root,
                        struct error *err)
{
    static const char *const names[] = {MANIFEST_SITE_COLUMN, "source", "dataset",
                                        "item",       "field",  "reason"};
    enum { NAMES = sizeof(names) / sizeof(names[0]) };
    const struct json *node = json_first(root);
    size_t i = t->v->manifest.merged ? 0 : 1;

    (void)err;
    for (; node != NULL && i < NAMES; node = json_next(node), i++) {
        if (strcmp(json_key(node), names[i]) != 0 ||
            (json_type(node) != JSON_STRING && json_type(node) != JSON_NULL))
            break;
    }
    if (node != NULL || i != NAMES)
        verify_row_found(t, NULL, "has other members than a refused row");
    t->part_rows++;
    t->row_count++;
    return 0;
}

static int end_line(struct lines *lines, struct error *err)
{
    struct json_doc doc;
    int result;

    if (buf_no_memory(&lines->text))
        return error_no_memory(err);
    if (!buf_ok(&lines->text))
        return error_set(err, ERROR_DATA, "row %llu: is too long",
                         (unsigned long long)lines->t->part_rows + 1);
    if (json_parse(&doc, lines->text.data, lines->text.len, JSON_STRICT, "line",
                   ERROR_DATA, err) != 0)
        return error_prefix(err, "row %llu",
                            (unsigned long long)lines->t->part_rows + 1);
    if (json_repairs(&doc) != 0)
        verify_row_found(lines->t, NULL, "holds text that is not UTF-8");
    if (json_type(doc.root) == JSON_OBJECT) {
        result = lines->line(lines->t, doc.root, err);
    } else {
        bad_row(lines->t, "is no object");
        result = 0;
    }
    json_free(&doc);
    buf_reset(&lines->text);
    return result;
}

static struct lines *lines_new(struct verify_table *t, line_fn *line)
{
    struct lines *lines = calloc(1, sizeof(*lines));

    if (lines == NULL)
        return NULL;
    lines->t = t;
    lines->line = line;
    buf_init(&lines->text, WRITER_RECORD_MAX);
    return lines;
}

static void *table_open(struct verify_table *t)
{
    return lines_new(t, check_row);
}

static void *rejects_open_lines(struct verify_table *t)
{
    return lines_new(t, check_reject);
}

static int lines_feed(void *reader, const char *data, size_t len,
                      struct error *err)
{
    struct lines *lines = reader;

    while (len > 0) {
        const char *end = memchr(data, '\n', len);
        size_t part = end == NULL ? len : (size_t)(end - data);

        buf_append(&lines->text, data, part);
        if (end == NULL)
            return 0;
        if (end_line(lines, err) != 0)
            return -1;
        data += part + 1;
        len -= part + 1;
    }
    return 0;
}

static int lines_finish(void *reader, struct error *err)
{
    struct lines *lines = reader;

    return lines->text.len == 0 && buf_ok(&lines->text) ? 0
                                                        : end_line(lines, err);
}

static void lines_close(void *reader)
{
    struct lines *lines = reader;

    buf_release(&lines->text);
    free(lines);
}

const struct verify_reader verify_jsonl_reader = {table_open, lines_feed,
                                                  lines_finish, lines_close};
const struct verify_reader verify_rejects_reader = {
    rejects_open_lines, lines_feed, lines_finish, lines_close};
