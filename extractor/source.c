#include "source.h"

#include <string.h>

#include "source_read.h"
#include "spec.h"

enum { STATUS_MIN = 400, STATUS_MAX = 599 };

static const char *const kind_words[] = {"users", "events", "keys", NULL};
static const char *const time_words[] = {"rfc3339_ms", "epoch_ms", NULL};
static const char *const window_words[] = {"split", "one", NULL};
static const char *const order_words[] = {"unknown", "newest_first",
                                          "oldest_first", NULL};
static const char *const to_words[] = {"exclusive", "inclusive", NULL};

/* Names stand in mappings, manifests and cursors and find the file again, so
 * a copied file must not keep the name of its model. */
static void read_name(struct spec *spec, const struct spec_node *node,
                      void *out)
{
    const char *slash = strrchr(spec->path, '/');
    const char *file = slash != NULL ? slash + 1 : spec->path;
    const char *name = spec_text(spec, node);
    size_t len = strcspn(file, ".");

    *(const char **)out = name;
    if (name != NULL && (strlen(name) != len || memcmp(name, file, len) != 0))
        spec_problem(spec, node, "expected \"%.*s\", the name of the file",
                     (int)len, file);
}

static void read_kind(struct spec *spec, const struct spec_node *node,
                      void *out)
{
    struct source_reader *reader = spec->owner;
    struct source *source = out;
    int word = spec_word(spec, node, kind_words);

    if (word < 0)
        return;
    source->kind = (enum source_kind)word;
    reader->kind_known = true;
}

static void read_to(struct spec *spec, const struct spec_node *node, void *out)
{
    *(bool *)out = spec_word(spec, node, to_words) == 1;
}

void source_read_statuses(struct spec *spec, const struct spec_node *node,
                          void *out)
{
    static const struct spec_field status = {
        .kind = SPEC_INT, .min = STATUS_MIN, .max = STATUS_MAX};
    int *list;
    size_t index = 0;

    if (!spec_is(spec, node, JSON_ARRAY))
        return;
    list = spec_alloc(spec, json_size(node->json) + 1, sizeof(*list));
    if (list == NULL)
        return;
    for (const struct json *item = json_first(node->json); item != NULL;
         item = json_next(item)) {
        struct spec_node child = spec_child(node, item, index);

        spec_value(spec, &child, &status, &list[index++]);
    }
    *(const int **)out = list;
}

static void read_gateway_url(struct spec *spec, const struct spec_node *node,
                             void *out)
{
    const char *url = spec_text(spec, node);

    *(const char **)out = url;
    if (url != NULL && strstr(url, SOURCE_CLOUD_ID) == NULL)
        spec_problem(spec, node, "expected a URL with %s in it",
                     SOURCE_CLOUD_ID);
}

#define POINTER(name, need, member)                                            \
    {                                                                          \
        .key = name, .kind = SPEC_CUSTOM, .required = need,                    \
        .offset = offsetof(struct source, member), .read = source_read_pointer \
    }

static const struct spec_field time_fields[] = {
    {.key = "format",
     .kind = SPEC_ENUM,
     .required = true,
     .offset = offsetof(struct source, time),
     .words = time_words},
    {.key = "to",
     .kind = SPEC_CUSTOM,
     .required = true,
     .offset = offsetof(struct source, to_inclusive),
     .read = read_to},
    {0},
};

static const struct spec_field gateway_fields[] = {
    {.key = "path",
     .kind = SPEC_TEXT,
     .required = true,
     .offset = offsetof(struct source, gateway_path)},
    POINTER("cloud_id", true, gateway_cloud_id),
    {.key = "url",
     .kind = SPEC_CUSTOM,
     .required = true,
     .offset = offsetof(struct source, gateway_url),
     .read = read_gateway_url},
    {0},
};

static const struct spec_field change_fields[] = {
    POINTER("items", true, changes_items),
    POINTER("field", true, change_field),
    POINTER("from", true, change_from),
    POINTER("to", true, change_to),
    {0},
};

static const struct spec_field pair_fields[] = {
    POINTER("key", true, pair_key),
    POINTER("account_id", true, pair_account_id),
    {0},
};

static const struct spec_field resolve_fields[] = {
    {.key = "keys",
     .kind = SPEC_TEXT,
     .offset = offsetof(struct source, resolve_keys)},
    {.key = "names",
     .kind = SPEC_TEXT,
     .offset = offsetof(struct source, resolve_names)},
    {0},
};

static const struct spec_field need_fields[] = {
    {.key = "permission",
     .kind = SPEC_TEXT,
     .offset = offsetof(struct source, needs_permission)},
    {.key = "scopes",
     .kind = SPEC_TEXTS,
     .offset = offsetof(struct source, needs_scopes)},
    {.key = "granular",
     .kind = SPEC_TEXTS,
     .offset = offsetof(struct source, needs_granular)},
    {.key = "how",
     .kind = SPEC_TEXT,
     .offset = offsetof(struct source, needs_how)},
    {0},
};

/* Kind and "each" come before the fields, which depend on them. */
static const struct spec_field source_fields[] = {
    {.key = "name",
     .kind = SPEC_CUSTOM,
     .required = true,
     .offset = offsetof(struct source, name),
     .read = read_name},
    {.key = "title",
     .kind = SPEC_TEXT,
     .offset = offsetof(struct source, title)},
    {.key = "kind", .kind = SPEC_CUSTOM, .required = true, .read = read_kind},
    {.key = "endpoint",
     .kind = SPEC_TEXT,
     .offset = offsetof(struct source, endpoint)},
    {.key = "file",
     .kind = SPEC_TEXT,
     .offset = offsetof(struct source, file)},
    {.key = "csv", .kind = SPEC_CUSTOM, .read = source_read_csv},
    {.key = "request", .kind = SPEC_CUSTOM, .read = source_read_request},
    {.key = "time", .kind = SPEC_OBJECT, .object = time_fields},
    {.key = "paging", .kind = SPEC_CUSTOM, .read = source_read_paging},
    {.key = "batch", .kind = SPEC_CUSTOM, .read = source_read_batch},
    {.key = "each", .kind = SPEC_CUSTOM, .read = source_read_each},
    POINTER("items", false, items),
    POINTER("total", false, total),
    {.key = "fallback",
     .kind = SPEC_TEXT,
     .offset = offsetof(struct source, fallback)},
    {.key = "halve_on",
     .kind = SPEC_CUSTOM,
     .offset = offsetof(struct source, halve_on),
     .read = source_read_statuses},
    {.key = "probe", .kind = SPEC_CUSTOM, .read = source_read_probe},
    {.key = "fields",
     .kind = SPEC_CUSTOM,
     .required = true,
     .read = source_read_fields},
    {.key = "subjects", .kind = SPEC_CUSTOM, .read = source_read_subjects},
    {.key = "objects", .kind = SPEC_CUSTOM, .read = source_read_objects},
    {.key = "actors", .kind = SPEC_CUSTOM, .read = source_read_actors},
    {.key = "actions", .kind = SPEC_CUSTOM, .read = source_read_actions},
    {.key = "windows",
     .kind = SPEC_ENUM,
     .offset = offsetof(struct source, windows),
     .words = window_words},
    {.key = "order",
     .kind = SPEC_ENUM,
     .offset = offsetof(struct source, order),
     .words = order_words},
    {.key = "gateway", .kind = SPEC_OBJECT, .object = gateway_fields},
    {.key = "changes", .kind = SPEC_OBJECT, .object = change_fields},
    {.key = "pairs", .kind = SPEC_OBJECT, .object = pair_fields},
    {.key = "resolve", .kind = SPEC_OBJECT, .object = resolve_fields},
    {.key = "needs", .kind = SPEC_OBJECT, .object = need_fields},
    {0},
};

enum presence { OPTIONAL, NEEDED, FORBIDDEN };

/* Which sections a kind of source has, beyond those that all have. */
static const struct section {
    const char *key;
    enum presence presence[3]; /* by enum source_kind */
} sections[] = {
    {"subjects", {FORBIDDEN, NEEDED, FORBIDDEN}},
    {"objects", {FORBIDDEN, OPTIONAL, FORBIDDEN}},
    {"actors", {FORBIDDEN, OPTIONAL, FORBIDDEN}},
    {"actions", {FORBIDDEN, OPTIONAL, FORBIDDEN}},
    {"windows", {FORBIDDEN, OPTIONAL, FORBIDDEN}},
    {"order", {FORBIDDEN, OPTIONAL, FORBIDDEN}},
    {"changes", {FORBIDDEN, OPTIONAL, FORBIDDEN}},
    {"pairs", {OPTIONAL, OPTIONAL, NEEDED}},
    {"resolve", {FORBIDDEN, OPTIONAL, FORBIDDEN}},
    {"batch", {OPTIONAL, FORBIDDEN, NEEDED}},
    {"each", {OPTIONAL, FORBIDDEN, FORBIDDEN}},
    {"time", {FORBIDDEN, OPTIONAL, FORBIDDEN}},
    {"fallback", {OPTIONAL, FORBIDDEN, FORBIDDEN}},
};

static void check_sections(struct spec *spec, const struct spec_node *root,
                           const struct source *source)
{
    const char *kind = kind_words[source->kind];

    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
        const struct section *section = &sections[i];
        bool there = json_member(root->json, section->key) != NULL;

        if (section->presence[source->kind] == NEEDED && !there)
            spec_problem_at(spec, root, section->key,
                            "missing; a source of kind \"%s\" needs it", kind);
        if (section->presence[source->kind] == FORBIDDEN && there)
            spec_problem_at(spec, root, section->key,
                            "a source of kind \"%s\" has none", kind);
    }
    if (source->fallback != NULL && source->name != NULL &&
        strcmp(source->fallback, source->name) == 0)
        spec_problem_at(spec, root, "fallback",
                        "is this source itself; name another");
    if (source->kind == SOURCE_EVENTS && source->subjects != NULL &&
        source->subject_count == 0)
        spec_problem_at(spec, root, "subjects", "must not be empty");
}

/* What an event is about is told in one way only. */
static void check_objects(struct spec *spec, const struct spec_node *root,
                          const struct source *source)
{
    const struct field_rule *fields = source->event_fields;

    if (source->objects == NULL)
        return;
    if (source->object_count == 0)
        spec_problem_at(spec, root, "objects", "must not be empty");
    if (fields[EVENT_OBJECT_TYPE].used || fields[EVENT_OBJECT_ID].used ||
        fields[EVENT_OBJECT_NAME].used)
        spec_problem_at(spec, root, "fields",
                        "\"objects\" tells the object already");
}

/* The actor is told in one way only. */
static void check_actors(struct spec *spec, const struct spec_node *root,
                         const struct source *source)
{
    const struct field_rule *fields = source->event_fields;

    if (source->actors == NULL)
        return;
    if (source->actor_count == 0)
        spec_problem_at(spec, root, "actors", "must not be empty");
    if (fields[EVENT_ACTOR].used || fields[EVENT_ACTOR_NAME].used ||
        fields[EVENT_ACTOR_EMAIL].used)
        spec_problem_at(spec, root, "fields",
                        "\"actors\" tells the actor already");
}

static void check_window(struct spec *spec, const struct spec_node *root,
                         const struct source_reader *reader)
{
    bool time = json_member(root->json, "time") != NULL;
    bool window = reader->uses_from && reader->uses_to;

    if (reader->uses_from != reader->uses_to)
        spec_problem_at(spec, root, "request",
                        "{from} and {to} are used together or not at all");
    else if (window && reader->source->kind != SOURCE_EVENTS)
        spec_problem_at(spec, root, "request",
                        "only a source of events has {from} and {to}");
    else if (window && !time)
        spec_problem_at(spec, root, "time", "missing; {from} needs it");
    else if (time && !window)
        spec_problem_at(spec, root, "time",
                        "cannot be without {from} and {to} in the request");
}

/* A parameter sent twice makes the server choose. */
static void check_parameters(struct spec *spec, const struct spec_node *root,
                             const struct source *source)
{
    const char *names[] = {
        source->paging.offset_parameter, source->paging.limit_parameter,
        source->paging.cursor_parameter, source->batch_parameter};
    enum { NAMES = sizeof(names) / sizeof(names[0]) };
    const struct json *body = json_at(root->json, "/request/body");

    if (source->paging.in_body && source->batch_parameter != NULL)
        spec_problem_at(spec, root, "paging.in",
                        "must be \"query\" in a source with \"batch\"");
    for (size_t i = 0; i < NAMES; i++) {
        const struct name_value *query = source->query;

        if (names[i] == NULL)
            continue;
        if (source->paging.in_body && body != NULL &&
            json_member(body, names[i]) != NULL)
            spec_problem_at(
                spec, root, "request.body",
                "holds \"%s\", which paging sends; leave it out here",
                names[i]);
        for (; query != NULL && query->name != NULL; query++) {
            if (strcmp(query->name, names[i]) == 0)
                spec_problem_at(spec, root, "request.query",
                                "holds \"%s\", which paging or batch sends; "
                                "leave it out here",
                                names[i]);
        }
        for (size_t j = 0; j < i; j++) {
            if (names[j] != NULL && strcmp(names[i], names[j]) == 0)
                spec_problem_at(spec, root, "paging",
                                "parameter \"%s\" is used twice", names[i]);
        }
    }
}

const int source_fallback_statuses[] = {404, 405, 410, 0};

bool source_falls_back(const struct source *source, int status)
{
    const int *known = source_fallback_statuses;

    while (*known != 0 && *known != status)
        known++;
    return source->fallback != NULL && *known != 0;
}

int source_load(struct source *source, const char *path, struct error *err)
{
    struct source_reader reader = {.source = source};
    struct spec spec;
    struct spec_node root;

    memset(source, 0, sizeof(*source));
    arena_init(&source->arena);
    if (spec_open(&spec, path, &source->arena, err) != 0)
        goto err0;
    spec.owner = &reader;
    source->path = spec.path;
    memcpy(source->sha256, spec.sha256, sizeof(source->sha256));
    root = spec_root(&spec);
    if (spec_object(&spec, &root, source_fields, source) && reader.kind_known) {
        source_check_file(&spec, &root, source);
        check_sections(&spec, &root, source);
        check_objects(&spec, &root, source);
        check_actors(&spec, &root, source);
        check_window(&spec, &root, &reader);
        check_parameters(&spec, &root, source);
        source_check_each(&spec, &root, &reader);
    }
    if (spec_close(&spec, err) != 0)
        goto err0;
    if (source->endpoint != NULL && source_select(source) != 0) {
        error_no_memory(err);
        goto err0;
    }
    return 0;
err0:
    source_free(source);
    return -1;
}

void source_free(struct source *source)
{
    arena_release(&source->arena);
    memset(source, 0, sizeof(*source));
}
