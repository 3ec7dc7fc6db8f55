/* Whether the datasets of all runs are of one shape, and that shape with the
 * site. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "merge_parts.h"

const char *const merge_formats[MERGE_FORMATS] = {"csv", "jsonl"};

const struct manifest_resource *merge_first(const struct manifest *manifest,
                                            const char *dataset,
                                            const char *format)
{
    for (size_t i = 0; i < manifest->resource_count; i++) {
        const struct manifest_resource *r = &manifest->resources[i];

        if (strcmp(r->dataset, dataset) == 0 && strcmp(r->format, format) == 0)
            return r;
    }
    return NULL;
}

/* Two runs, of which the second is to be like the first. */
struct pair {
    const struct merge_run *first, *other;
    const char *dataset;
    struct error *err;
};

static int differ(const struct pair *pair, const char *what, const char *a,
                  const char *b)
{
    error_set(pair->err, ERROR_DATA, "dataset %s: %s differ: site %s has %s, "
              "site %s %s", pair->dataset, what, pair->first->site, a,
              pair->other->site, b);
    return error_hint(pair->err, "runs of one mapping and one output can be "
                                 "merged; extract them with the same");
}

static void describe(const struct column *c, char *out, size_t size)
{
    snprintf(out, size, "\"%.64s\", %s%s, %s, length %zu", c->name,
             value_type_name(c->type), c->key ? ", key" : "",
             c->nullable ? "nullable" : "required", c->length);
}

static bool same_values(const char *const *a, const char *const *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    while (*a != NULL && *b != NULL && strcmp(*a, *b) == 0) {
        a++;
        b++;
    }
    return *a == NULL && *b == NULL;
}

static int check_columns(const struct pair *pair, const struct schema *a,
                         const struct schema *b)
{
    char left[256], right[256];

    for (size_t i = 0; i < a->count && i < b->count; i++) {
        describe(&a->columns[i], left, sizeof(left));
        describe(&b->columns[i], right, sizeof(right));
        if (strcmp(left, right) != 0)
            return differ(pair, "columns", left, right);
        if (!same_values(a->columns[i].values, b->columns[i].values))
            return differ(pair, "the values a column may have", left,
                          "others");
    }
    if (a->count == b->count)
        return 0;
    snprintf(left, sizeof(left), "%zu", a->count);
    snprintf(right, sizeof(right), "%zu", b->count);
    return differ(pair, "columns", left, right);
}

static int check_order(const struct pair *pair,
                       const struct manifest_resource *a,
                       const struct manifest_resource *b)
{
    if (a->order_count == b->order_count &&
        memcmp(a->order, b->order, a->order_count * sizeof(*a->order)) == 0)
        return 0;
    return differ(pair, "the orders of rows", "one", "another");
}

static int check_dialect(const struct pair *pair, const struct csv_dialect *a,
                         const struct csv_dialect *b)
{
    bool same = a->delimiter == b->delimiter && a->quote == b->quote &&
                a->header == b->header && a->crlf == b->crlf &&
                a->decimal == b->decimal &&
                a->header_case == b->header_case &&
                a->excel_safe == b->excel_safe && a->bom == b->bom &&
                strcmp(a->null_text, b->null_text) == 0 &&
                strcmp(a->time_format, b->time_format) == 0;

    return same ? 0 : differ(pair, "CSV dialects", "one", "another");
}

static int check_format(const struct pair *pair, const char *format)
{
    const struct manifest_resource *a =
        merge_first(&pair->first->manifest, pair->dataset, format);
    const struct manifest_resource *b =
        merge_first(&pair->other->manifest, pair->dataset, format);

    if (a == NULL && b == NULL)
        return 0;
    if (a == NULL || b == NULL)
        return differ(pair, "formats", a != NULL ? format : "none",
                      b != NULL ? format : "none");
    if (check_columns(pair, &a->schema, &b->schema) != 0 ||
        check_order(pair, a, b) != 0)
        return -1;
    return strcmp(format, "csv") == 0
               ? check_dialect(pair, &a->dialect, &b->dialect)
               : 0;
}

static int check_pair(struct pair *pair)
{
    const struct manifest *a = &pair->first->manifest;
    const struct manifest *b = &pair->other->manifest;
    char left[32], right[32];

    for (size_t i = 0; i < a->dataset_count && i < b->dataset_count; i++) {
        pair->dataset = a->datasets[i].name;
        if (strcmp(a->datasets[i].name, b->datasets[i].name) != 0)
            return differ(pair, "datasets in this place", a->datasets[i].name,
                          b->datasets[i].name);
        for (size_t f = 0; f < MERGE_FORMATS; f++) {
            if (check_format(pair, merge_formats[f]) != 0)
                return -1;
        }
    }
    if (a->dataset_count == b->dataset_count)
        return 0;
    snprintf(left, sizeof(left), "%zu", a->dataset_count);
    snprintf(right, sizeof(right), "%zu", b->dataset_count);
    pair->dataset = "of both";
    return differ(pair, "numbers", left, right);
}

int merge_check_shapes(const struct merge *merge, struct error *err)
{
    for (size_t i = 1; i < merge->count; i++) {
        struct pair pair = {
            .first = merge->runs, .other = &merge->runs[i], .err = err};

        if (check_pair(&pair) != 0)
            return -1;
    }
    return 0;
}

static const struct manifest_resource *shape_of(const struct manifest *manifest,
                                                const char *dataset)
{
    const struct manifest_resource *r = merge_first(manifest, dataset, "jsonl");

    return r != NULL ? r : merge_first(manifest, dataset, "csv");
}

static int check_room(const struct schema *schema, struct error *err)
{
    for (size_t i = 0; i < schema->count; i++) {
        if (strcasecmp(schema->columns[i].name, MANIFEST_SITE_COLUMN) == 0) {
            error_set(err, ERROR_DATA,
                      "dataset %s: has a column "
                      "\"%s\" already",
                      schema->name, schema->columns[i].name);
            return error_hint(err,
                              "the site of a row gets that name: rename the "
                              "column in the mapping and extract anew");
        }
    }
    if (schema->count < SCHEMA_COLUMNS_MAX)
        return 0;
    error_set(err, ERROR_DATA,
              "dataset %s: has no room for the column of the site",
              schema->name);
    return error_hint(
        err, "at most %d columns: take one out of the mapping and extract anew",
        SCHEMA_COLUMNS_MAX);
}

const struct schema *merge_schema_of(struct arena *arena,
                                     const struct schema *schema)
{
    static const struct column site = {
        .name = MANIFEST_SITE_COLUMN,
        .description = "Site of the job that the row is of",
        .type = VALUE_STRING,
        .length = JOB_SITE_NAME_MAX,
        .key = true};
    struct schema *merged = arena_alloc(arena, sizeof(*merged));
    struct column *columns =
        arena_alloc(arena, (schema->count + 1) * sizeof(*columns));

    if (merged == NULL || columns == NULL)
        return NULL;
    columns[0] = site;
    memcpy(columns + 1, schema->columns, schema->count * sizeof(*columns));
    *merged = *schema;
    merged->columns = columns;
    merged->count++;
    return merged;
}

int merge_schema(struct merge *merge, const char *dataset,
                 struct dataset_report *report, struct error *err)
{
    const struct manifest_resource *r =
        shape_of(&merge->runs[0].manifest, dataset);
    size_t *order;

    if (check_room(&r->schema, err) != 0)
        return -1;
    report->schema = merge_schema_of(&merge->arena, &r->schema);
    order = arena_alloc(&merge->arena, (r->order_count + 1) * sizeof(*order));
    if (report->schema == NULL || order == NULL)
        return error_no_memory(err);
    for (size_t i = 0; i < r->order_count; i++)
        order[i + 1] = r->order[i] + 1;
    report->order = order;
    report->order_count = r->order_count > 0 ? r->order_count + 1 : 0;
    report->merged = true;
    return 0;
}
