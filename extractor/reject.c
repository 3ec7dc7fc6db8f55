#include "reject.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "jsonw.h"

enum { REJECTS_FIRST = 64 };

struct rejects {
    struct arena arena; /* owns the texts */
    struct reject *items;
    size_t count, capacity;
};

struct rejects *rejects_open(struct error *err)
{
    struct rejects *rejects = calloc(1, sizeof(*rejects));

    if (rejects == NULL) {
        error_no_memory(err);
        return NULL;
    }
    arena_init(&rejects->arena);
    return rejects;
}

static int make_room(struct rejects *rejects, struct error *err)
{
    size_t capacity =
        rejects->capacity != 0 ? rejects->capacity * 2 : REJECTS_FIRST;
    struct reject *grown;

    if (rejects->count == REJECTS_MAX) {
        error_set(err, ERROR_DATA, "refused rows and records: more than %d",
                  REJECTS_MAX);
        return error_hint(err, "see the reasons logged so far; the mapping or "
                               "a source definition does not fit the data");
    }
    if (rejects->count < rejects->capacity)
        return 0;
    grown = realloc(rejects->items, capacity * sizeof(*grown));
    if (grown == NULL)
        return error_no_memory(err);
    rejects->items = grown;
    rejects->capacity = capacity;
    return 0;
}

/* false: memory is out. */
static bool copy(struct arena *arena, const char *text, const char **out)
{
    *out = text == NULL ? NULL : arena_strdup(arena, text);
    return text == NULL || *out != NULL;
}

int rejects_add(struct rejects *rejects, const struct reject *reject,
                struct error *err)
{
    struct arena *arena = &rejects->arena;
    struct reject *item;

    if (make_room(rejects, err) != 0)
        return -1;
    item = &rejects->items[rejects->count];
    if (!copy(arena, reject->source, &item->source) ||
        !copy(arena, reject->dataset, &item->dataset) ||
        !copy(arena, reject->item, &item->item) ||
        !copy(arena, reject->field, &item->field) ||
        !copy(arena, reject->reason, &item->reason))
        return error_no_memory(err);
    rejects->count++;
    return 0;
}

size_t rejects_count(const struct rejects *rejects)
{
    return rejects->count;
}

static int compare_texts(const char *a, const char *b)
{
    return strcmp(a == NULL ? "" : a, b == NULL ? "" : b);
}

static int compare(const void *left, const void *right)
{
    const struct reject *a = left, *b = right;
    int order = compare_texts(a->source, b->source);

    if (order == 0)
        order = compare_texts(a->item, b->item);
    if (order == 0)
        order = compare_texts(a->field, b->field);
    if (order == 0)
        order = compare_texts(a->reason, b->reason);
    return order != 0 ? order : compare_texts(a->dataset, b->dataset);
}

static int put_line(struct sink *sink, const struct reject *reject,
                    struct buf *line, struct error *err)
{
    struct jsonw w;

    buf_reset(line);
    jsonw_init(&w, line, 0);
    jsonw_object(&w, NULL);
    jsonw_text_or_null(&w, "source", reject->source);
    jsonw_text_or_null(&w, "dataset", reject->dataset);
    jsonw_text_or_null(&w, "item", reject->item);
    jsonw_text_or_null(&w, "field", reject->field);
    jsonw_text_or_null(&w, "reason", reject->reason);
    jsonw_object_end(&w);
    buf_putc(line, '\n');
    if (buf_no_memory(line))
        return error_no_memory(err);
    if (!buf_ok(line)) {
        error_set(err, ERROR_DATA,
                  "%s: the record of one refused row is too long",
                  REJECTS_NAME);
        return error_usual(
            err,
            "see the source's data: the id or field of a row is far too long");
    }
    return sink_write(sink, line->data, line->len, err);
}

static int put_lines(const struct rejects *rejects, struct sink *sink,
                     struct part_report *report, struct error *err)
{
    struct buf line;
    int result = 0;

    buf_init(&line, WRITER_RECORD_MAX);
    for (size_t i = 0; i < rejects->count && result == 0; i++) {
        result = put_line(sink, &rejects->items[i], &line, err);
        if (line.len > report->longest)
            report->longest = line.len;
    }
    buf_release(&line);
    report->rows = rejects->count;
    return result;
}

static int write_file(struct rejects *rejects, int dir_fd, mode_t mode,
                      struct part_report *report, struct error *err)
{
    const struct sink_options options = {
        .gzip = true, .level = WRITER_GZIP_LEVEL, .mode = mode};
    struct sink *sink = sink_open(dir_fd, REJECTS_NAME, &options, err);

    if (sink == NULL)
        return -1;
    qsort(rejects->items, rejects->count, sizeof(*rejects->items), compare);
    memcpy(report->name, REJECTS_NAME, sizeof(REJECTS_NAME));
    if (put_lines(rejects, sink, report, err) != 0) {
        sink_abort(sink);
        return -1;
    }
    return sink_close(sink, &report->facts, err);
}

int rejects_close(struct rejects *rejects, int dir_fd, mode_t mode,
                  struct part_report *report, struct error *err)
{
    int result = 0;

    memset(report, 0, sizeof(*report));
    if (rejects->count > 0)
        result = write_file(rejects, dir_fd, mode, report, err);
    rejects_abort(rejects);
    return result;
}

void rejects_abort(struct rejects *rejects)
{
    if (rejects == NULL)
        return;
    arena_release(&rejects->arena);
    free(rejects->items);
    free(rejects);
}
