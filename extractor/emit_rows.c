#include "emit_parts.h"

#include <stdlib.h>
#include <string.h>

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

static int refuse_row(struct emission *emission, struct dataset_report *report,
                      const struct account *account,
                      const struct join_notes *notes, struct error *err)
{
    const struct reject reject = {.dataset = report->schema->name,
                                  .item = account_id(account),
                                  .field = notes->column,
                                  .reason = notes->reason};

    report->rejected++;
    log_line(emission->options->log, LOG_WARN, "reject", "%s: %s: %s %s",
             reject.dataset, reject.item, reject.field, reject.reason);
    return gather_refuse(emission->gathered, emission->options->setup, &reject,
                         err);
}

static int write_rows(struct emission *emission, struct dataset_rows *rows,
                      struct dataset_report *report, struct writers *writers,
                      struct error *err)
{
    size_t status;
    bool has_status = status_column(rows->input.rules, &status) != NULL;
    struct join_notes notes = {0};
    struct arena arena;
    int result = 0;

    arena_init(&arena);
    if (has_status)
        count_status(report, NULL);
    for (size_t i = 0; i < rows->count && result == 0; i++) {
        struct joined joined;

        arena_reset(&arena);
        joined_fill(&joined, &rows->input, rows->rows[i].account);
        switch (join_row(&joined, rows->cells, &arena, &notes, err)) {
        case JOIN_ROW:
            if (has_status)
                count_status(report, &rows->cells[status]);
            result = writers_row(writers, rows->cells, err);
            if (result == 0 && rows->changes != NULL)
                result = changes_row(rows->changes, rows->cells, err);
            break;
        case JOIN_REJECTED:
            result = refuse_row(emission, report, rows->rows[i].account,
                                &notes, err);
            break;
        case JOIN_FAILED:
            result = -1;
            break;
        }
    }
    report->truncated = notes.truncated;
    report->undecided = rows->undecided;
    arena_release(&arena);
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
    const struct job *job = &emission->options->setup->job;
    struct dataset_report *report =
        &emission->options->report->datasets[index];
    struct dataset_rows *rows = &emission->datasets[index];
    struct writers writers;
    int result;

    if (writers_open(&writers, job, dir_fd, report, err) != 0)
        return -1;
    result = start_changes(emission, index, dir_fd, err);
    if (result == 0)
        result = write_rows(emission, rows, report, &writers, err);
    if (rows->changes != NULL)
        result = changes_finish(rows->changes, result, err);
    return writers_close(&writers, result, err);
}

int emit_write(struct emission *emission, int dir_fd, struct error *err)
{
    for (size_t i = 0; i < emission->count; i++) {
        if (sort_rows(&emission->datasets[i], err) != 0 ||
            write_dataset(emission, i, dir_fd, err) != 0)
            return -1;
    }
    return 0;
}
