#include "emit_parts.h"

#include <stdlib.h>
#include <string.h>

#include "watch.h"
#include "writers.h"

static int chosen_order(const void *left, const void *right)
{
    const struct chosen *a = left, *b = right;

    for (size_t i = 0; i < a->sort_count; i++) {
        int order = value_order(&a->sort[i], &b->sort[i]);

        if (order != 0)
            return order;
    }
    return 0;
}

static int sort_rows(struct dataset_rows *rows, struct error *err)
{
    const struct rules *rules = rows->input.rules;
    size_t width = rules->order_count;

    rows->sort_cells =
        calloc(rows->count * width + 1, sizeof(*rows->sort_cells));
    if (rows->sort_cells == NULL)
        return error_no_memory(err);
    for (size_t i = 0; i < rows->count; i++) {
        struct value *cells = &rows->sort_cells[i * width];
        struct joined joined;

        joined_fill(&joined, &rows->input, rows->rows[i].account);
        for (size_t c = 0; c < width; c++) {
            if (join_cell(&joined, rules->order[c], &cells[c], &rows->arena,
                          err) != 0)
                return -1;
        }
        rows->rows[i].sort = cells;
        rows->rows[i].sort_count = width;
    }
    if (rows->count > 1)
        qsort(rows->rows, rows->count, sizeof(*rows->rows), chosen_order);
    return 0;
}

/* The column that tells how much is known of a fact, for the statistics. */
static const struct column *status_column(const struct rules *rules,
                                          size_t *index)
{
    for (*index = 0; *index < rules->schema.count; (*index)++) {
        const struct column_rule *rule = &rules->columns[*index];

        if (rule->alternative_count == 1 && !rule->alternatives[0].constant &&
            rule->alternatives[0].ref.kind == REF_FACT &&
            rule->alternatives[0].ref.part == FACT_STATUS &&
            rule->transform_count == 0)
            return &rules->schema.columns[*index];
    }
    return NULL;
}

static void count_status(struct dataset_report *report,
                         const struct value *cell)
{
    static const char *const names[] = {"known", "no_actor", "before_log",
                                        "no_access"};

    report->status_count = sizeof(names) / sizeof(names[0]);
    for (size_t i = 0; i < report->status_count; i++) {
        report->statuses[i].name = names[i];
        if (cell != NULL && cell->present && strcmp(names[i], cell->text) == 0)
            report->statuses[i].count++;
    }
}

static int refuse_row(struct emit_output *out, const struct joined *joined,
                      struct error *err)
{
    struct emission *emission = out->emission;
    const struct event *event = joined->event;
    const struct reject reject = {.source = event != NULL ? event->source
                                                          : NULL,
                                  .dataset = out->report->schema->name,
                                  .item = joined_item(joined),
                                  .field = out->notes.column,
                                  .reason = out->notes.reason};

    out->report->rejected++;
    log_line(emission->options->log, LOG_WARN, "reject", "%s: %s: %s %s",
             reject.dataset, reject.item, reject.field, reject.reason);
    return gather_refuse(emission->gathered, emission->options->setup, &reject,
                         err);
}

static int write_cells(struct emit_output *out, struct error *err)
{
    struct dataset_rows *rows = out->rows;

    if (writers_row(&out->writers, rows->cells, err) != 0)
        return -1;
    return rows->changes == NULL
               ? 0
               : changes_row(rows->changes, rows->cells, err);
}

int emit_row(struct emit_output *out, const struct joined *joined,
             struct error *err)
{
    watch_row(out->emission->options->watch);
    switch (join_row(joined, out->rows->cells, &out->arena, &out->notes, err)) {
    case JOIN_ROW:
        if (out->status != NULL)
            count_status(out->report, &out->rows->cells[out->status_index]);
        return write_cells(out, err);
    case JOIN_REJECTED:
        return refuse_row(out, joined, err);
    case JOIN_FAILED:
        break;
    }
    return -1;
}

static int write_users(struct emit_output *out, struct error *err)
{
    struct dataset_rows *rows = out->rows;

    if (sort_rows(rows, err) != 0)
        return -1;
    for (size_t i = 0; i < rows->count; i++) {
        struct joined joined;

        arena_reset(&out->arena);
        joined_fill(&joined, &rows->input, rows->rows[i].account);
        if (emit_row(out, &joined, err) != 0)
            return -1;
    }
    return 0;
}

static int report_too_long(struct emit_output *out, struct error *err)
{
    const struct schema *schema = &out->rows->input.rules->schema;
    struct dataset_report *report = out->report;

    report->over_length = calloc(schema->count, sizeof(*report->over_length));
    if (report->over_length == NULL)
        return error_no_memory(err);
    for (size_t i = 0; i < schema->count; i++) {
        if (out->notes.too_long[i] > 0)
            report->over_length[report->over_length_count++] =
                (struct count_report){.name = schema->columns[i].name,
                                      .count = out->notes.too_long[i]};
    }
    return 0;
}

static int write_rows(struct emit_output *out, struct error *err)
{
    const struct rules *rules = out->rows->input.rules;
    int result;

    out->notes.too_long =
        calloc(rules->schema.count, sizeof(*out->notes.too_long));
    if (out->notes.too_long == NULL)
        return error_no_memory(err);
    arena_init(&out->arena);
    out->status = status_column(rules, &out->status_index);
    if (out->status != NULL)
        count_status(out->report, NULL);
    result = rules->grain == GRAIN_EVENT ? emit_events(out, err)
                                         : write_users(out, err);
    out->report->truncated = out->notes.truncated;
    out->report->undecided = out->rows->undecided;
    if (result == 0)
        result = report_too_long(out, err);
    free(out->notes.too_long);
    arena_release(&out->arena);
    return result;
}

/* The dataset of changes is of the same mapping. */
static int start_changes(struct emission *emission, size_t index, int dir_fd,
                         struct error *err)
{
    struct run_report *run = emission->options->report;
    struct dataset_rows *rows = &emission->datasets[index];
    struct dataset_report *report = &run->datasets[run->dataset_count];

    if (rows->changes == NULL)
        return 0;
    run->dataset_count++;
    report->mapping_path = run->datasets[index].mapping_path;
    report->mapping_sha256 = run->datasets[index].mapping_sha256;
    return changes_start(rows->changes, &emission->options->setup->job, dir_fd,
                         report, err);
}

static int write_dataset(struct emission *emission, size_t index, int dir_fd,
                         struct error *err)
{
    struct dataset_report *report =
        &emission->options->report->datasets[index];
    struct dataset_rows *rows = &emission->datasets[index];
    struct emit_output out = {
        .emission = emission, .rows = rows, .report = report};
    int result;

    if (writers_open(&out.writers, &emission->options->setup->job, dir_fd,
                     emission->options->worker, report, err) != 0)
        return -1;
    result = start_changes(emission, index, dir_fd, err);
    watch_writing(emission->options->watch, report->schema->name, rows->count);
    if (result == 0)
        result = write_rows(&out, err);
    if (rows->changes != NULL)
        result = changes_finish(rows->changes, result, err);
    return writers_close(&out.writers, result, err);
}

int emit_write(struct emission *emission, int dir_fd, struct error *err)
{
    for (size_t i = 0; i < emission->count; i++) {
        if (write_dataset(emission, i, dir_fd, err) != 0 ||
            mapping_check(&emission->options->setup->mappings[i], err) != 0)
            return -1;
    }
    return 0;
}
