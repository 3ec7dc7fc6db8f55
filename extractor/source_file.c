/* A source that is a file: "file", "csv", and what such a source has not. */
#include "source_read.h"

#include <string.h>
#include <strings.h>

static bool known_member(const struct csv_rules *csv, const char *name)
{
    for (const struct csv_column *c = csv->columns; c && c->name; c++) {
        if (strcmp(c->name, name) == 0)
            return true;
    }
    return false;
}

/* The name of a column without the star that makes it a beginning; NULL when
 * there is no text for want of memory. */
static const char *without_star(struct spec *spec, const char *text,
                                bool prefix)
{
    if (!prefix || text == NULL)
        return text;
    return arena_strndup(spec->arena, text, strlen(text) - 1);
}

static bool has_star(const char *text)
{
    size_t len = strlen(text);

    return len > 1 && text[len - 1] == '*';
}

static void read_column(struct spec *spec, const struct spec_node *node,
                        struct csv_column *column)
{
    const char *const *also = spec_texts(spec, node, 0);
    size_t count = 0;
    const char **list;

    column->prefix = has_star(node->key);
    column->name =
        without_star(spec, spec_copy(spec, node->key), column->prefix);
    while (also != NULL && also[count] != NULL)
        count++;
    list = spec_alloc(spec, count + 1, sizeof(*list));
    if (list == NULL || column->name == NULL) {
        spec->no_memory = true;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (has_star(also[i]) != column->prefix)
            spec_problem(spec, node,
                         "\"%.*s\" and the column's name end in "
                         "'*' both or not at all",
                         SPEC_PATH_MAX, also[i]);
        list[i] = without_star(spec, also[i], has_star(also[i]));
        spec->no_memory |= list[i] == NULL;
    }
    column->also = list;
}

static void read_columns(struct spec *spec, const struct spec_node *node,
                         void *out)
{
    struct csv_rules *csv = out;
    struct csv_column *columns;
    size_t count = 0;

    if (!spec_is_container(spec, node, JSON_OBJECT))
        return;
    if (json_size(node->json) == 0)
        spec_problem(spec, node, "must not be empty");
    columns = spec_alloc(spec, json_size(node->json) + 1, sizeof(*columns));
    if (columns == NULL)
        return;
    for (const struct json *item = json_first(node->json); item != NULL;
         item = json_next(item)) {
        struct spec_node child = spec_child(node, item, 0);

        read_column(spec, &child, &columns[count++]);
    }
    csv->columns = columns;
}

static void check_member(struct spec *spec, const struct spec_node *node,
                         const struct csv_rules *csv, const char *name)
{
    struct nearest nearest;

    if (name == NULL || known_member(csv, name))
        return;
    nearest_start(&nearest, name);
    for (const struct csv_column *c = csv->columns; c && c->name; c++)
        nearest_offer(&nearest, c->name);
    spec_unknown(spec, node, "column", &nearest);
}

/* NULL terminated; a single text is a list of one. */
static const char *const *read_names(struct spec *spec,
                                     const struct spec_node *node)
{
    const char **list;

    if (json_type(node->json) == JSON_ARRAY)
        return spec_texts(spec, node, 1);
    list = spec_alloc(spec, 2, sizeof(*list));
    if (list != NULL)
        list[0] = spec_text(spec, node);
    return list;
}

/* Columns are referred to as they are listed, with their star. */
static const char *const *without_stars(struct spec *spec,
                                        const char *const *names)
{
    size_t count = 0;
    const char **plain;

    while (names != NULL && names[count] != NULL)
        count++;
    plain = spec_alloc(spec, count + 1, sizeof(*plain));
    for (size_t i = 0; plain != NULL && i < count; i++) {
        plain[i] = without_star(spec, names[i], has_star(names[i]));
        spec->no_memory |= plain[i] == NULL;
    }
    return plain;
}

static void read_required(struct spec *spec, const struct spec_node *node,
                          void *out)
{
    struct csv_rules *csv = out;
    const char *const **groups;
    size_t count = 0, index = 0;

    if (!spec_is(spec, node, JSON_ARRAY))
        return;
    groups = spec_alloc(spec, json_size(node->json) + 1, sizeof(*groups));
    if (groups == NULL)
        return;
    for (const struct json *item = json_first(node->json); item != NULL;
         item = json_next(item)) {
        struct spec_node child = spec_child(node, item, index++);
        const char *const *names =
            without_stars(spec, read_names(spec, &child));

        for (const char *const *n = names; n != NULL && *n != NULL; n++)
            check_member(spec, &child, csv, *n);
        if (names != NULL && names[0] != NULL)
            groups[count++] = names;
    }
    csv->required = groups;
}

static void read_joined(struct spec *spec, const struct spec_node *node,
                        void *out)
{
    struct csv_rules *csv = out;
    const char *const **list;
    size_t count = 0;

    if (!spec_is_container(spec, node, JSON_OBJECT))
        return;
    list = spec_alloc(spec, json_size(node->json) + 1, sizeof(*list));
    if (list == NULL)
        return;
    for (const struct json *item = json_first(node->json); item != NULL;
         item = json_next(item)) {
        struct spec_node child = spec_child(node, item, 0);
        const char *const *parts = spec_texts(spec, &child, 2);
        size_t length = 0;
        const char **names;

        while (parts != NULL && parts[length] != NULL)
            check_member(spec, &child, csv, parts[length++]);
        names = spec_alloc(spec, length + 2, sizeof(*names));
        if (names == NULL)
            return;
        names[0] = spec_copy(spec, json_key(item));
        if (length > 0)
            memcpy(names + 1, parts, length * sizeof(*names));
        if (known_member(csv, json_key(item)))
            spec_problem(spec, &child, "is a column already");
        list[count++] = names;
    }
    csv->joined = list;
}

static void read_delimiter(struct spec *spec, const struct spec_node *node,
                           void *out)
{
    const char *text = spec_text(spec, node);

    if (text == NULL)
        return;
    if (strlen(text) != 1 || strchr("\"\r\n", *text) != NULL ||
        (*text & 0x80) != 0)
        spec_problem(spec, node,
                     "expected one character such as \",\" or "
                     "\";\"");
    else
        *(char *)out = *text;
}

static const char *const more_words[] = {"refuse", "allow", NULL};

/* The columns come before what refers to them. */
static const struct spec_field csv_fields[] = {
    {.key = "delimiter",
     .kind = SPEC_CUSTOM,
     .offset = offsetof(struct csv_rules, delimiter),
     .read = read_delimiter},
    {.key = "columns",
     .kind = SPEC_CUSTOM,
     .required = true,
     .read = read_columns},
    {.key = "required",
     .kind = SPEC_CUSTOM,
     .required = true,
     .read = read_required},
    {.key = "more_cells",
     .kind = SPEC_ENUM,
     .offset = offsetof(struct csv_rules, more_cells),
     .words = more_words},
    {.key = "joined", .kind = SPEC_CUSTOM, .read = read_joined},
    {.key = "digest",
     .kind = SPEC_TEXT,
     .offset = offsetof(struct csv_rules, digest)},
    {0},
};

void source_read_csv(struct spec *spec, const struct spec_node *node, void *out)
{
    struct source *source = out;

    source->csv.delimiter = ',';
    spec_object(spec, node, csv_fields, &source->csv);
    if (source->csv.digest != NULL &&
        known_member(&source->csv, source->csv.digest))
        spec_problem_at(spec, node, "digest", "is a column already");
}

/* A pointer of one name must lead to a member that rows can have. */
static void check_pointer(struct spec *spec, const struct spec_node *root,
                          const struct csv_rules *csv, const char *pointer)
{
    const char *name = pointer + 1;

    if (pointer[0] != '/' || known_member(csv, name) ||
        (csv->digest != NULL && strcmp(csv->digest, name) == 0))
        return;
    for (const char *const *const *j = csv->joined; j && *j; j++) {
        if ((*j)[0] != NULL && strcmp((*j)[0], name) == 0)
            return;
    }
    spec_problem_at(
        spec, root, "fields",
        "\"%.*s\" must lead to a column, \"joined\" or \"digest\" of \"csv\"",
        SPEC_PATH_MAX, pointer);
}

static void check_pointers(struct spec *spec, const struct spec_node *root,
                           const struct source *source)
{
    bool events = source->kind == SOURCE_EVENTS;
    size_t count = events ? EVENT_FIELD_COUNT : USER_FIELD_COUNT;
    const struct field_rule *rules =
        events ? source->event_fields : source->user_fields;

    for (size_t i = 0; i < count; i++) {
        const char *const *at = rules[i].at;

        for (; at != NULL && *at != NULL; at++)
            check_pointer(spec, root, &source->csv, *at);
    }
}

void source_check_file(struct spec *spec, const struct spec_node *root,
                       const struct source *source)
{
    static const char *const asked[] = {"endpoint", "request", "paging",
                                        "items"};
    static const char *const never[] = {"time",     "batch",    "total",
                                        "fallback", "halve_on", "probe",
                                        "actions",  "windows",  "resolve"};
    bool file = json_member(root->json, "file") != NULL;

    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        bool there = json_member(root->json, asked[i]) != NULL;

        if (there == file)
            spec_problem_at(spec, root, asked[i], "%s",
                            file ? "a source that is a file has none"
                                 : "missing");
    }
    for (size_t i = 0; file && i < sizeof(never) / sizeof(never[0]); i++) {
        if (json_member(root->json, never[i]) != NULL)
            spec_problem_at(spec, root, never[i],
                            "a source that is a file has none");
    }
    if (file != (json_member(root->json, "csv") != NULL))
        spec_problem_at(spec, root, "csv", "%s",
                        file ? "missing; a source that is a file needs it"
                             : "only a source that is a file has it");
    if (file && source->kind == SOURCE_KEYS)
        spec_problem_at(spec, root, "file",
                        "a source of keys cannot be a file");
    if (file && source->csv.columns != NULL)
        check_pointers(spec, root, source);
}
