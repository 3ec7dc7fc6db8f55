/* "changes": the schema of the dataset of changes, made of the mapping's. */
#include <stdio.h>
#include <string.h>

#include "mapping_read.h"

enum { DATASET_NAME_MAX = 63 }; /* what PostgreSQL keeps of a name */

static const char *const ops[] = {"insert", "update", "delete", NULL};

static const struct column head[] = {
    [CHANGES_OP] = {.name = "op",
                    .description = "what became of the row since the run "
                                   "before",
                    .type = VALUE_STRING,
                    .length = 6,
                    .values = ops},
    [CHANGES_AT] = {.name = "changed_at",
                    .description = "as-of time of the run that saw it",
                    .type = VALUE_TIMESTAMP},
};

static const struct column tail[] = {
    {.name = "changed_columns",
     .description = "of an update: names of the columns, comma between",
     .type = VALUE_STRING,
     .nullable = true},
    {.name = "before",
     .description = "of an update: JSON object of their old values",
     .type = VALUE_STRING,
     .nullable = true},
};

enum {
    HEAD_COUNT = sizeof(head) / sizeof(head[0]),
    TAIL_COUNT = sizeof(tail) / sizeof(tail[0])
};

static bool is_taken(const char *name)
{
    for (size_t i = 0; i < HEAD_COUNT; i++) {
        if (strcmp(head[i].name, name) == 0)
            return true;
    }
    for (size_t i = 0; i < TAIL_COUNT; i++) {
        if (strcmp(tail[i].name, name) == 0)
            return true;
    }
    return false;
}

/* Its value says something of the run, not of the row. */
static bool is_of_run(const struct column_rule *rule)
{
    for (size_t i = 0; i < rule->alternative_count; i++) {
        const struct alternative *alternative = &rule->alternatives[i];

        if (!alternative->constant && alternative->ref.kind == REF_RUN)
            return true;
    }
    return false;
}

static void check_columns(struct spec *spec, const struct spec_node *root,
                          const struct rules *rules)
{
    const struct schema *schema = &rules->schema;

    if (schema->count > SCHEMA_COLUMNS_MAX - CHANGES_EXTRA)
        spec_problem_at(spec, root, "changes", "needs %d columns more, and "
                        "there may be %d", CHANGES_EXTRA, SCHEMA_COLUMNS_MAX);
    for (size_t i = 0; i < schema->count; i++) {
        const struct column *column = &schema->columns[i];

        if (column->name == NULL)
            continue;
        if (is_taken(column->name))
            spec_problem_at(spec, root, "changes", "the dataset of changes "
                            "has a \"%s\" of its own; give the column another "
                            "name", column->name);
        if (column->key && is_of_run(&rules->columns[i]))
            spec_problem_at(
                spec, root, "changes",
                "the key column \"%s\" is another in every run, so no row "
                "could be found again; take it out of the key",
                column->name);
    }
}

/* Rows are compared in one pass over both runs, in the order of their keys. */
static void check_order(struct spec *spec, const struct spec_node *root,
                        const struct rules *rules)
{
    for (size_t i = 0; i < rules->order_count; i++) {
        const struct column *column = &rules->schema.columns[rules->order[i]];

        if (column->key || column->name == NULL)
            continue;
        spec_problem_at(spec, root, "order", "\"%s\" is no key column; with "
                        "\"changes\" rows go in the order of the key alone",
                        column->name);
    }
}

/* Events never change; they only become more. */
static void check_grain(struct spec *spec, const struct spec_node *root)
{
    const struct json *grain = json_member(root->json, "grain");

    if (grain != NULL && json_type(grain) == JSON_STRING &&
        strcmp(json_text(grain), "user") != 0)
        spec_problem_at(spec, root, "changes", "are those of accounts; take "
                        "it out of a mapping of grain \"%s\"",
                        json_text(grain));
}

static void check_name(struct spec *spec, const struct spec_node *root,
                       const struct rules *rules)
{
    const char *name = rules->schema.name;

    if (name != NULL &&
        strlen(name) + strlen(CHANGES_SUFFIX) > DATASET_NAME_MAX)
        spec_problem_at(spec, root, "name", "is too long for a \"%s\" behind "
                        "it; at most %d characters in all", CHANGES_SUFFIX,
                        DATASET_NAME_MAX);
}

static bool name_dataset(struct spec *spec, const struct rules *rules,
                         struct schema *schema)
{
    const char *name = rules->schema.name, *title = rules->schema.title;

    if (name == NULL)
        return false;
    schema->name = arena_printf(spec->arena, "%s" CHANGES_SUFFIX, name);
    schema->title = arena_printf(spec->arena, "Changes: %s",
                                 title != NULL ? title : name);
    spec->no_memory |= schema->name == NULL || schema->title == NULL;
    return !spec->no_memory;
}

static void fill(struct spec *spec, struct rules *rules)
{
    size_t count = rules->schema.count;
    struct change_rules *changes = spec_alloc(spec, 1, sizeof(*changes));
    struct column *columns =
        spec_alloc(spec, count + CHANGES_EXTRA, sizeof(*columns));
    size_t *order = spec_alloc(spec, rules->order_count, sizeof(*order));
    bool *of_run = spec_alloc(spec, count, sizeof(*of_run));

    if (changes == NULL || columns == NULL || order == NULL ||
        of_run == NULL || !name_dataset(spec, rules, &changes->schema))
        return;
    memcpy(columns, head, sizeof(head));
    memcpy(columns + CHANGES_FIRST, rules->schema.columns,
           count * sizeof(*columns));
    memcpy(columns + CHANGES_FIRST + count, tail, sizeof(tail));
    for (size_t i = 0; i < rules->order_count; i++)
        order[i] = rules->order[i] + CHANGES_FIRST;
    for (size_t i = 0; i < count; i++)
        of_run[i] = is_of_run(&rules->columns[i]);
    changes->schema.columns = columns;
    changes->schema.count = count + CHANGES_EXTRA;
    changes->order = order;
    changes->of_run = of_run;
    rules->changes = changes;
}

void mapping_add_changes(struct spec *spec, const struct spec_node *root,
                         struct rules *rules)
{
    if (!rules->wants_changes || rules->schema.count == 0 ||
        rules->order == NULL)
        return;
    check_grain(spec, root);
    check_columns(spec, root, rules);
    check_order(spec, root, rules);
    check_name(spec, root, rules);
    if (rules->schema.count <= SCHEMA_COLUMNS_MAX - CHANGES_EXTRA)
        fill(spec, rules);
}
