#include "mapping.h"

#include <ctype.h>
#include <string.h>

#include "digest.h"
#include "mapping_read.h"
#include "roster.h"

static const char *const grain_words[] = {"user", "event", NULL};
static const char *const subjects_words[] = {"required", "any", NULL};
const char *const mapping_over_length_words[] = {"reject", "truncate", "fail",
                                                NULL};

static const char *const no_names[] = {NULL};

struct mapping_resource *mapping_add_resource(struct spec *spec)
{
    struct mapping_reader *reader = spec->owner;
    struct mapping_resource *resource = spec_alloc(spec, 1, sizeof(*resource));

    if (resource == NULL)
        return NULL;
    resource->next = reader->mapping->resources;
    reader->mapping->resources = resource;
    return resource;
}

static void read_name(struct spec *spec, const struct spec_node *node,
                      void *out)
{
    const char *name = spec_text(spec, node);

    *(const char **)out = name;
    if (name != NULL && !mapping_is_name(name))
        spec_problem(spec, node,
                     "a dataset's name begins with a-z and goes on with a-z, "
                     "0-9 or '_'");
}

static void read_grain(struct spec *spec, const struct spec_node *node,
                       void *out)
{
    struct rules *rules = out;
    int word = spec_word(spec, node, grain_words);

    if (word >= 0)
        rules->grain = (enum rules_grain)word;
}

static void read_subjects(struct spec *spec, const struct spec_node *node,
                          void *out)
{
    struct rules *rules = out;

    rules->without_subject = spec_word(spec, node, subjects_words) == 1;
    if (rules->grain != GRAIN_EVENT)
        spec_problem(spec, node, "only a mapping of events has it");
}

/* A source is found by its name in the folders of the mappings, never by a
 * path, which could lead anywhere. */
static void check_source_name(struct spec *spec, const struct spec_node *node,
                              const char *name)
{
    for (const char *p = name; *p != '\0'; p++) {
        if (isalnum((unsigned char)*p) || *p == '_' || *p == '-')
            continue;
        spec_problem(spec, node,
                     "\"%.*s\" is not the name of a source; expected letters, "
                     "digits, '_' and '-', such as \"jira_users\"",
                     SPEC_PATH_MAX, name);
        return;
    }
}

static void read_from(struct spec *spec, const struct spec_node *node,
                      void *out)
{
    struct rules *rules = out;

    rules->users = spec_text(spec, node);
    if (rules->users != NULL)
        check_source_name(spec, node, rules->users);
}

static void read_enrich(struct spec *spec, const struct spec_node *node,
                        void *out)
{
    struct rules *rules = out;
    const char *const *names = spec_texts(spec, node, 1);
    size_t count = 0;

    if (names == NULL)
        return;
    rules->enrich = names;
    for (; names[count] != NULL; count++) {
        check_source_name(spec, node, names[count]);
        if (rules->users != NULL && strcmp(names[count], rules->users) == 0)
            spec_problem(
                spec, node,
                "\"%s\" is the source they enrich; take it out of here",
                rules->users);
    }
    if (count > ROSTER_SOURCES_MAX - 1)
        spec_problem(spec, node, "at most %d sources can enrich",
                     ROSTER_SOURCES_MAX - 1);
}

static const struct spec_field users_fields[] = {
    {.key = "from", .kind = SPEC_CUSTOM, .required = true, .read = read_from},
    {.key = "enrich",
     .kind = SPEC_CUSTOM,
     .required = true,
     .read = read_enrich},
    {0},
};

static void read_users(struct spec *spec, const struct spec_node *node,
                       void *out)
{
    if (json_type(node->json) == JSON_OBJECT)
        spec_object(spec, node, users_fields, out);
    else
        read_from(spec, node, out);
}

static void read_logs(struct spec *spec, const struct spec_node *node,
                      void *out)
{
    struct rules *rules = out;
    const char *const *names = spec_texts(spec, node, 1);

    if (names == NULL)
        return;
    rules->events = names;
    for (; *names != NULL; names++)
        check_source_name(spec, node, *names);
}

static const struct spec_field events_fields[] = {
    {.key = "from", .kind = SPEC_CUSTOM, .required = true, .read = read_logs},
    {.key = "optional",
     .kind = SPEC_BOOL,
     .offset = offsetof(struct rules, events_optional)},
    {0},
};

static void read_events(struct spec *spec, const struct spec_node *node,
                        void *out)
{
    if (json_type(node->json) == JSON_OBJECT)
        spec_object(spec, node, events_fields, out);
    else
        read_logs(spec, node, out);
}

static void read_where(struct spec *spec, const struct spec_node *node,
                       void *out)
{
    struct rules *rules = out;

    rules->where =
        mapping_read_condition(spec, node, mapping_scope_of_where(rules));
}

/* Index of the column, or the number of columns and a problem. */
static size_t find_column(struct spec *spec, const struct spec_node *node,
                          const char *name)
{
    const struct mapping_reader *reader = spec->owner;
    struct nearest nearest;

    nearest_start(&nearest, name);
    for (size_t i = 0; i < reader->column_count; i++) {
        const char *known = reader->columns[i].name;

        if (known == NULL)
            continue;
        if (strcmp(known, name) == 0)
            return i;
        nearest_offer(&nearest, known);
    }
    spec_unknown(spec, node, "column", &nearest);
    return reader->column_count;
}

static void read_order(struct spec *spec, const struct spec_node *node,
                       void *out)
{
    const struct mapping_reader *reader = spec->owner;
    const char *const *names = spec_texts(spec, node, 1);
    struct rules *rules = out;
    size_t *order;

    if (names == NULL || reader->columns == NULL)
        return;
    order = spec_alloc(spec, reader->column_count, sizeof(*order));
    if (order == NULL)
        return;
    for (; *names != NULL; names++) {
        size_t i = find_column(spec, node, *names);

        if (i < reader->column_count)
            order[rules->order_count++] = i;
    }
    rules->order = order;
}

/* In the order of the references: sources, facts, what refers to facts, and
 * the order of the columns last. */
static const struct spec_field mapping_fields[] = {
    {.key = "name",
     .kind = SPEC_CUSTOM,
     .required = true,
     .offset = offsetof(struct rules, schema.name),
     .read = read_name},
    {.key = "title",
     .kind = SPEC_TEXT,
     .offset = offsetof(struct rules, schema.title)},
    {.key = "grain", .kind = SPEC_CUSTOM, .read = read_grain},
    {.key = "users", .kind = SPEC_CUSTOM, .read = read_users},
    {.key = "events", .kind = SPEC_CUSTOM, .read = read_events},
    {.key = "subjects", .kind = SPEC_CUSTOM, .read = read_subjects},
    {.key = "facts", .kind = SPEC_CUSTOM, .read = mapping_read_facts},
    {.key = "where", .kind = SPEC_CUSTOM, .read = read_where},
    {.key = "columns",
     .kind = SPEC_CUSTOM,
     .required = true,
     .read = mapping_read_columns},
    {.key = "order", .kind = SPEC_CUSTOM, .read = read_order},
    {.key = "over_length",
     .kind = SPEC_ENUM,
     .offset = offsetof(struct rules, over_length),
     .words = mapping_over_length_words},
    {.key = "changes",
     .kind = SPEC_BOOL,
     .offset = offsetof(struct rules, wants_changes)},
    {0},
};

static void check_grain(struct spec *spec, const struct spec_node *root,
                        const struct rules *rules)
{
    if (rules->grain == GRAIN_EVENT)
        mapping_check_event(spec, root, rules);
    else if (json_type(root->json) == JSON_OBJECT &&
             json_member(root->json, "users") == NULL)
        spec_problem_at(spec, root, "users", "missing");
}

static bool ordered_by(const struct rules *rules, size_t column)
{
    for (size_t i = 0; i < rules->order_count; i++) {
        if (rules->order[i] == column)
            return true;
    }
    return false;
}

/* With the key columns last the order of rows is total. */
static void complete_order(struct spec *spec, struct rules *rules)
{
    size_t *order;

    if (rules->schema.count == 0)
        return;
    order = spec_alloc(spec, rules->schema.count, sizeof(*order));
    if (order == NULL)
        return;
    if (rules->order_count != 0)
        memcpy(order, rules->order, rules->order_count * sizeof(*order));
    else if (rules->grain == GRAIN_EVENT)
        mapping_event_order(rules, order, &rules->order_count);
    rules->order = order;
    for (size_t i = 0; i < rules->schema.count; i++) {
        if (rules->schema.columns[i].key && !ordered_by(rules, i))
            order[rules->order_count++] = i;
    }
}

/* Written anew, so that comments and blanks do not count. */
static bool digest_facts(struct mapping *mapping, const struct json *root)
{
    static const char *const members[] = {"events", "facts"};
    struct jsonw w;
    struct buf text;
    bool good = true;

    buf_init(&text, 2 * SPEC_FILE_MAX);
    jsonw_init(&w, &text, 0);
    jsonw_object(&w, NULL);
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        const struct json *node = json_member(root, members[i]);

        good &= node == NULL || json_write(&w, members[i], node, NULL);
    }
    jsonw_object_end(&w);
    good = good && buf_ok(&text) &&
           digest_hex(text.data, text.len, mapping->facts_sha256) == 0;
    buf_release(&text);
    return good;
}

int mapping_load(struct mapping *mapping, const char *name_or_file,
                 const char *const *folders, struct error *err)
{
    struct mapping_reader reader = {.mapping = mapping};
    const char *path = name_or_file;
    struct spec spec;
    struct spec_node root;
    bool digested;

    memset(mapping, 0, sizeof(*mapping));
    arena_init(&mapping->arena);
    if (!spec_is_file(name_or_file))
        path = mapping_find(&mapping->arena, "mapping", name_or_file, folders,
                            err);
    if (path == NULL || spec_open(&spec, path, &mapping->arena, err) != 0)
        goto err0;
    spec.owner = &reader;
    mapping->path = spec.path;
    memcpy(mapping->sha256, spec.sha256, sizeof(mapping->sha256));
    mapping->rules.events = no_names;
    mapping->rules.enrich = no_names;
    root = spec_root(&spec);
    spec_object(&spec, &root, mapping_fields, &mapping->rules);
    complete_order(&spec, &mapping->rules);
    mapping_add_changes(&spec, &root, &mapping->rules);
    check_grain(&spec, &root, &mapping->rules);
    digested = digest_facts(mapping, root.json);
    if (spec_close(&spec, err) != 0)
        goto err0;
    if (!digested) {
        error_no_memory(err);
        goto err0;
    }
    return 0;
err0:
    mapping_free(mapping);
    return -1;
}

int mapping_check(const struct mapping *mapping, struct error *err)
{
    return mapping->no_memory ? error_no_memory(err) : 0;
}

void mapping_free(struct mapping *mapping)
{
    struct mapping_resource *resource = mapping->resources;

    for (; resource != NULL; resource = resource->next) {
        if (resource->pattern != NULL)
            pattern_release(resource->pattern);
        if (resource->table != NULL)
            strmap_release(resource->table);
        if (resource->secret != NULL)
            secret_release(resource->secret);
    }
    arena_release(&mapping->arena);
    memset(mapping, 0, sizeof(*mapping));
}
