#include "changes.h"

#include <stdlib.h>
#include <string.h>

#include "changes_parts.h"
#include "join.h"

struct changes *changes_open(const struct changes_options *options,
                             struct error *err)
{
    struct changes *changes = calloc(1, sizeof(*changes));

    if (changes == NULL) {
        error_no_memory(err);
        return NULL;
    }
    changes->kept = *options;
    changes->options = &changes->kept;
    changes->rules = options->rules;
    arena_init(&changes->last.texts);
    buf_init(&changes->names, CSV_CELL_MAX);
    buf_init(&changes->before, WRITER_RECORD_MAX);
    changes->cells = calloc(options->rules->changes->schema.count,
                            sizeof(*changes->cells));
    if (changes->cells == NULL)
        error_no_memory(err);
    else if (changes_find_baseline(changes, err) == 0)
        return changes;
    changes_free(changes);
    return NULL;
}

void changes_free(struct changes *changes)
{
    struct error ignored = {0};

    if (changes == NULL)
        return;
    changes_finish(changes, -1, &ignored);
    past_close(changes->past);
    arena_release(&changes->last.texts);
    buf_release(&changes->names);
    buf_release(&changes->before);
    free(changes->cells);
    free(changes);
}

int changes_start(struct changes *changes, const struct job *job, int dir_fd,
                  struct dataset_report *report, struct error *err)
{
    const struct change_rules *rules = changes->rules->changes;

    report->schema = &rules->schema;
    report->order = rules->order;
    report->order_count = changes->rules->order_count;
    report->changes = changes->facts;
    /* A night's changes are few: no worker. */
    if (writers_open(&changes->writers, job, dir_fd, NULL, report, err) != 0)
        return -1;
    changes->started = true;
    return 0;
}

/* The row of changes; the last two cells are null but for an update. */
static int put_row(struct changes *changes, const char *op,
                   const struct value *cells, struct error *err)
{
    size_t count = changes->rules->schema.count;
    struct value *row = changes->cells;
    bool update = changes->names.len > 0;

    row[CHANGES_OP] = value_text(op);
    row[CHANGES_AT] = value_instant(changes->options->report->as_of);
    memcpy(row + CHANGES_FIRST, cells, count * sizeof(*cells));
    row[CHANGES_FIRST + count] =
        value_text(update ? changes->names.data : NULL);
    row[CHANGES_FIRST + count + 1] =
        value_text(update ? changes->before.data : NULL);
    return writers_row(&changes->writers, row, err);
}

/* An old row whose key no row of this run has. */
static int put_delete(struct changes *changes, struct error *err)
{
    changes->writers.report->changes.deletes++;
    buf_reset(&changes->names);
    if (put_row(changes, "delete", changes->old.cells, err) != 0)
        return -1;
    return changes_next_old(changes, err);
}

static int note_column(struct changes *changes, struct jsonw *w, size_t column)
{
    const char *name = changes->rules->schema.columns[column].name;
    const struct value *old = &changes->old.cells[column];

    if (changes->names.len > 0)
        buf_putc(&changes->names, ',');
    buf_puts(&changes->names, name);
    if (!old->present) {
        jsonw_null(w, name);
        return 0;
    }
    return writer_json_value(w, name, old);
}

/* Into names and before what differs between the old row and this one. */
static int compare(struct changes *changes, const struct value *cells,
                   struct error *err)
{
    const struct rules *rules = changes->rules;
    struct jsonw w;
    int result = 0;

    buf_reset(&changes->names);
    buf_reset(&changes->before);
    jsonw_init(&w, &changes->before, 0);
    jsonw_object(&w, NULL);
    for (size_t i = 0; i < rules->schema.count && result == 0; i++) {
        int same = rules->changes->of_run[i]
                       ? 1
                       : past_same(changes->past, &changes->old, i, &cells[i],
                                   err);

        if (same < 0)
            return -1;
        if (same == 0)
            result = note_column(changes, &w, i);
    }
    jsonw_object_end(&w);
    if (buf_no_memory(&changes->before) || buf_no_memory(&changes->names))
        return error_no_memory(err);
    if (result != 0 || !buf_ok(&changes->before) || !buf_ok(&changes->names)) {
        error_set(err, ERROR_DATA,
                  "%s: a row and its old values are too long to be written",
                  rules->changes->schema.name);
        return error_usual(
            err, "cut long columns (\"length\", \"over_length\": "
                 "\"truncate\"), or take \"changes\" out of the mapping");
    }
    return 0;
}

static int put_update(struct changes *changes, const struct value *cells,
                      struct error *err)
{
    if (compare(changes, cells, err) != 0)
        return -1;
    if (changes->names.len > 0) {
        changes->writers.report->changes.updates++;
        if (put_row(changes, "update", cells, err) != 0)
            return -1;
    }
    return changes_next_old(changes, err);
}

static int put_insert(struct changes *changes, const struct value *cells,
                      struct error *err)
{
    changes->writers.report->changes.inserts++;
    buf_reset(&changes->names);
    return put_row(changes, "insert", cells, err);
}

static int check_key(struct changes *changes, const struct value *cells,
                     struct error *err)
{
    const struct rules *rules = changes->rules;
    int behind = changes_note_key(rules, &changes->last, cells, err);

    if (behind > 0) {
        error_set(err, ERROR_DATA, "%s: two rows have the same key, so changes "
                  "cannot be told", rules->schema.name);
        error_hint(err, "make the key columns of the mapping tell rows apart, "
                        "or take \"changes\" out of it");
    }
    for (size_t i = 0; changes->past != NULL && i < rules->order_count; i++) {
        int keeps = past_keeps(changes->past, &cells[rules->order[i]], err);

        if (keeps > 0)
            continue;
        if (keeps < 0)
            return -1;
        behind = -1;
        error_set(err, ERROR_DATA, "%s: a key does not survive the CSV of run "
                  "%s, so changes cannot be told", rules->schema.name,
                  changes->facts.baseline);
        error_hint(err, "add \"jsonl\" to output.formats in the job, and take "
                        "\"changes\" out of the mapping for one run");
    }
    return behind == 0 ? 0 : -1;
}

/* Of the first old row and this one: which key is the lower. */
static int key_order(const struct changes *changes, const struct value *cells)
{
    const struct rules *rules = changes->rules;
    int order = 0;

    for (size_t i = 0; i < rules->order_count && order == 0; i++)
        order = value_order(&changes->old.cells[rules->order[i]],
                            &cells[rules->order[i]]);
    return order;
}

int changes_row(struct changes *changes, const struct value *cells,
                struct error *err)
{
    int order = 1;

    if (check_key(changes, cells, err) != 0)
        return -1;
    while (changes->has_old && (order = key_order(changes, cells)) < 0) {
        if (put_delete(changes, err) != 0)
            return -1;
    }
    return changes->has_old && order == 0 ? put_update(changes, cells, err)
                                          : put_insert(changes, cells, err);
}

int changes_finish(struct changes *changes, int result, struct error *err)
{
    if (!changes->started)
        return result;
    changes->started = false;
    while (result == 0 && changes->has_old)
        result = put_delete(changes, err);
    return writers_close(&changes->writers, result, err);
}
