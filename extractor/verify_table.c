/* All parts of one format of one dataset. */
#include <stdlib.h>
#include <string.h>

#include "verify_parts.h"

static bool same_table(const struct manifest_resource *a,
                       const struct manifest_resource *b)
{
    return strcmp(a->dataset, b->dataset) == 0 &&
           strcmp(a->format, b->format) == 0;
}

static bool same_column(const struct column *a, const struct column *b)
{
    return strcmp(a->name, b->name) == 0 && a->type == b->type &&
           a->length == b->length && a->key == b->key &&
           a->nullable == b->nullable;
}

static bool same_schema(const struct manifest_resource *a,
                        const struct manifest_resource *b)
{
    if (a->schema.count != b->schema.count || a->order_count != b->order_count)
        return false;
    for (size_t i = 0; i < a->schema.count; i++) {
        if (!same_column(&a->schema.columns[i], &b->schema.columns[i]))
            return false;
    }
    for (size_t i = 0; i < a->order_count; i++) {
        if (a->order[i] != b->order[i])
            return false;
    }
    return true;
}

/* The CSV of the same dataset decides the form both are compared in. */
static const struct csv_dialect *
dialect_for(const struct manifest *manifest,
            const struct manifest_resource *first, struct csv_dialect *fallback)
{
    for (size_t i = 0; i < manifest->resource_count; i++) {
        const struct manifest_resource *r = &manifest->resources[i];

        if (strcmp(r->dataset, first->dataset) == 0 &&
            strcmp(r->format, "csv") == 0)
            return &r->dialect;
    }
    csv_preset("rfc4180", fallback);
    return fallback;
}

/* Rows that ascend by key columns alone cannot repeat a key. */
static bool order_proves_keys(const struct manifest_resource *r)
{
    bool has_key = false;

    for (size_t i = 0; i < r->order_count; i++) {
        if (!r->schema.columns[r->order[i]].key)
            return false;
    }
    for (size_t i = 0; i < r->schema.count; i++)
        has_key = has_key || r->schema.columns[i].key;
    return r->order_count > 0 || !has_key;
}

static int read_parts(struct verify_table *t, size_t count, struct error *err)
{
    t->row_count = 0;
    t->has_before = false;
    buf_reset(&t->row->texts);
    for (size_t i = 0; i < count; i++) {
        t->part = t->first + i;
        if (verify_part(t, err) != 0)
            return -1;
    }
    return 0;
}

static void check_parts(struct verify_table *t, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct manifest_resource *r = t->first + i;

        if (r->part != i + 1)
            verify_found(t->v, t->v->manifest.file,
                         "%s: is part %llu where part "
                         "%zu belongs",
                         r->path, (unsigned long long)r->part, i + 1);
        if (!same_schema(t->first, r))
            verify_found(t->v, t->v->manifest.file,
                         "%s: schema differs from that of part 1", r->path);
    }
}

static uint64_t stated_rows(const struct verify_table *t, size_t count)
{
    uint64_t rows = 0;

    for (size_t i = 0; i < count; i++)
        rows += t->first[i].rows;
    return rows;
}

/* Where the stated rows are wrong, that was said; a number made up must not
 * make this read the parts for ever. */
static int read_keys(struct verify_table *t, size_t count, struct error *err)
{
    if (t->row_count != stated_rows(t, count))
        return 0;
    for (t->keys.lot = 1; t->keys.lot < t->keys.lots; t->keys.lot++) {
        t->keys_only = true;
        t->keys.count = 0;
        memset(t->keys.slots, 0, t->keys.capacity * sizeof(*t->keys.slots));
        if (read_parts(t, count, err) != 0)
            return -1;
    }
    return 0;
}

static int read_table(struct verify_table *t, size_t count, uint64_t *rows,
                      char hex[DIGEST_HEX_SIZE], struct error *err)
{
    if (t->digest == NULL)
        return error_no_memory(err);
    if (t->first->schema.count > 0 && !order_proves_keys(t->first) &&
        verify_keys_init(&t->keys, stated_rows(t, count)) != 0)
        return error_no_memory(err);
    check_parts(t, count);
    if (read_parts(t, count, err) != 0)
        return -1;
    *rows = t->row_count;
    if (digest_final(t->digest, hex) != 0)
        return error_set(err, ERROR_BUG, "%s: hashing failed, perhaps "
                         "for want of memory",
                         t->first->dataset);
    return read_keys(t, count, err);
}

int verify_table(struct verify *v, size_t first, size_t *count, uint64_t *rows,
                 char hex[DIGEST_HEX_SIZE], struct error *err)
{
    const struct manifest *manifest = &v->manifest;
    struct verify_table *t = calloc(1, sizeof(*t));
    struct csv_dialect fallback;
    int result;

    if (t == NULL)
        return error_no_memory(err);
    t->v = v;
    t->first = &manifest->resources[first];
    for (*count = 1; first + *count < manifest->resource_count; (*count)++) {
        if (!same_table(t->first, t->first + *count))
            break;
    }
    t->dialect = dialect_for(manifest, t->first, &fallback);
    t->lossy = strcmp(t->first->format, "csv") == 0;
    t->lossy_times = t->lossy && strstr(t->dialect->time_format, "%f") == NULL;
    t->row = &t->rows[0];
    t->before = &t->rows[1];
    buf_init(&t->rows[0].texts, 4 * CSV_ROW_MAX);
    buf_init(&t->rows[1].texts, 4 * CSV_ROW_MAX);
    t->digest = digest_new();
    result = read_table(t, *count, rows, hex, err);
    v->summary->parts += *count;
    digest_free(t->digest);
    buf_release(&t->rows[0].texts);
    buf_release(&t->rows[1].texts);
    free(t->keys.slots);
    free(t);
    return result;
}
