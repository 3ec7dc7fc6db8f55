#include "source_read.h"

#include <string.h>

#include "template.h"

enum {
    PAGE_SIZE_MAX = 10000,
    BATCH_SIZE_MAX = 1000,
    PAST_END_MAX = 10
};

static const char *const method_words[] = {"GET", "POST", NULL};

/* {organisation}, {directory}, {site}: of the endpoint; {from}, {to}: of the
 * window; {account}: who is asked about. */
static const char *const placeholders[] = {
    "organisation", "directory", "site", "from", "to", "account", NULL};

static void note_uses(struct spec *spec, const struct spec_node *node,
                      const char *text)
{
    struct source_reader *reader = spec->owner;
    const struct {
        const char *name;
        bool *used;
    } notes[] = {{"from", &reader->uses_from},
                 {"to", &reader->uses_to},
                 {"account", &reader->uses_account}};

    for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
        if (!template_uses(text, notes[i].name))
            continue;
        *notes[i].used = true;
        if (reader->windowless != NULL)
            spec_problem(spec, node, "%s has no {%s}", reader->windowless,
                         notes[i].name);
    }
}

static void check_text(struct spec *spec, const struct spec_node *node,
                       const char *text)
{
    template_check(spec, node, text, placeholders);
    note_uses(spec, node, text);
}

static void read_path(struct spec *spec, const struct spec_node *node,
                      void *out)
{
    const char *path = spec_text(spec, node);

    *(const char **)out = path;
    if (path == NULL)
        return;
    if (path[0] != '/' || strpbrk(path, "?# ") != NULL)
        spec_problem(spec, node,
                     "expected a path that begins with '/'; parameters "
                     "belong into \"query\"");
    check_text(spec, node, path);
}

static void read_query(struct spec *spec, const struct spec_node *node,
                       void *out)
{
    struct name_value *list;
    size_t count = 0;

    if (!spec_is_container(spec, node, JSON_OBJECT))
        return;
    list = spec_alloc(spec, json_size(node->json) + 1, sizeof(*list));
    if (list == NULL)
        return;
    for (const struct json *item = json_first(node->json); item != NULL;
         item = json_next(item)) {
        struct spec_node child = spec_child(node, item, 0);

        list[count].name = spec_copy(spec, json_key(item));
        list[count].value = spec_any_text(spec, &child);
        if (list[count].name == NULL || list[count].value == NULL)
            break;
        check_text(spec, &child, list[count++].value);
    }
    list[count] = (struct name_value){NULL, NULL};
    *(const struct name_value **)out = list;
}

static void read_method(struct spec *spec, const struct spec_node *node,
                        void *out)
{
    int word = spec_word(spec, node, method_words);

    if (word >= 0)
        *(const char **)out = method_words[word];
}

static void read_body(struct spec *spec, const struct spec_node *node,
                      void *out)
{
    const char *body = template_body(spec, node, placeholders);

    note_uses(spec, node, body);
    *(const char **)out = body;
}

static const struct spec_field request_fields[] = {
    {.key = "method",
     .kind = SPEC_CUSTOM,
     .required = true,
     .offset = offsetof(struct source, method),
     .read = read_method},
    {.key = "path",
     .kind = SPEC_CUSTOM,
     .required = true,
     .offset = offsetof(struct source, request_path),
     .read = read_path},
    {.key = "query",
     .kind = SPEC_CUSTOM,
     .offset = offsetof(struct source, query),
     .read = read_query},
    {.key = "body",
     .kind = SPEC_CUSTOM,
     .offset = offsetof(struct source, body),
     .read = read_body},
    {0},
};

bool source_post_reads(const char *path)
{
    static const char *const questions[] = {"search", "last-active-date-bulk"};
    const char *last = strrchr(path, '/');

    for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
        if (last != NULL && strcmp(last + 1, questions[i]) == 0)
            return true;
    }
    return false;
}

void source_read_request(struct spec *spec, const struct spec_node *node,
                         void *out)
{
    struct source *source = out;

    spec_object(spec, node, request_fields, source);
    if (source->method == NULL)
        return;
    if (strcmp(source->method, "GET") != 0) {
        if (source->request_path != NULL &&
            !source_post_reads(source->request_path))
            spec_problem_at(spec, node, "path", SOURCE_POST_ADVICE);
    } else if (source->body != NULL) {
        spec_problem_at(spec, node, "body", "a GET request has no body");
    }
}

static const struct spec_field probe_fields[] = {
    {.key = "path",
     .kind = SPEC_CUSTOM,
     .required = true,
     .offset = offsetof(struct source, probe_path),
     .read = read_path},
    {.key = "query",
     .kind = SPEC_CUSTOM,
     .offset = offsetof(struct source, probe_query),
     .read = read_query},
    {.key = "expect",
     .kind = SPEC_CUSTOM,
     .offset = offsetof(struct source, probe_expect),
     .read = source_read_pointer},
    {.key = "items",
     .kind = SPEC_CUSTOM,
     .offset = offsetof(struct source, probe_items),
     .read = source_read_pointer},
    {0},
};

void source_read_probe(struct spec *spec, const struct spec_node *node,
                       void *out)
{
    struct source_reader *reader = spec->owner;

    reader->windowless = "a probe";
    spec_object(spec, node, probe_fields, out);
    reader->windowless = NULL;
}

static const struct spec_field action_fields[] = {
    {.key = "path",
     .kind = SPEC_CUSTOM,
     .required = true,
     .offset = offsetof(struct source, actions_path),
     .read = read_path},
    {.key = "items",
     .kind = SPEC_CUSTOM,
     .required = true,
     .offset = offsetof(struct source, actions_items),
     .read = source_read_pointer},
    {.key = "id",
     .kind = SPEC_CUSTOM,
     .required = true,
     .offset = offsetof(struct source, actions_id),
     .read = source_read_pointer},
    {.key = "name",
     .kind = SPEC_CUSTOM,
     .required = true,
     .offset = offsetof(struct source, actions_name),
     .read = source_read_pointer},
    {0},
};

void source_read_actions(struct spec *spec, const struct spec_node *node,
                         void *out)
{
    struct source_reader *reader = spec->owner;

    reader->windowless = "a list of actions";
    spec_object(spec, node, action_fields, out);
    reader->windowless = NULL;
}

static const char *const style_words[] = {"offset", "cursor", "single", NULL};

static const char *const in_words[] = {"query", "body", NULL};

static void read_in(struct spec *spec, const struct spec_node *node, void *out)
{
    *(bool *)out = spec_word(spec, node, in_words) == 1;
}

#define PAGING(member) offsetof(struct source, paging.member)
#define PAGING_STYLE                                                           \
    {                                                                          \
        .key = "style", .kind = SPEC_ENUM, .required = true,                   \
        .offset = PAGING(style), .words = style_words                          \
    }
#define PAGING_IN                                                              \
    {                                                                          \
        .key = "in", .kind = SPEC_CUSTOM, .offset = PAGING(in_body),           \
        .read = read_in                                                        \
    }
#define PAGING_LIMIT                                                           \
    {                                                                          \
        .key = "limit", .kind = SPEC_TEXT, .offset = PAGING(limit_parameter)   \
    }
#define PAGING_SIZE(needed)                                                    \
    {                                                                          \
        .key = "size", .kind = SPEC_INTEGER, .required = needed,               \
        .offset = PAGING(size), .min = 1, .max = PAGE_SIZE_MAX                 \
    }

static const struct spec_field offset_fields[] = {
    PAGING_STYLE,
    PAGING_IN,
    {.key = "offset",
     .kind = SPEC_TEXT,
     .required = true,
     .offset = PAGING(offset_parameter)},
    PAGING_LIMIT,
    {.key = "first", .kind = SPEC_INTEGER, .offset = PAGING(first), .max = 1},
    PAGING_SIZE(true),
    {.key = "overlap",
     .kind = SPEC_INTEGER,
     .offset = PAGING(overlap),
     .max = PAGE_SIZE_MAX},
    {.key = "past_end",
     .kind = SPEC_INTEGER,
     .offset = PAGING(past_end),
     .max = PAST_END_MAX},
    {0},
};

static const struct spec_field cursor_fields[] = {
    PAGING_STYLE,
    PAGING_IN,
    {.key = "cursor",
     .kind = SPEC_TEXT,
     .required = true,
     .offset = PAGING(cursor_parameter)},
    PAGING_LIMIT,
    PAGING_SIZE(false),
    {.key = "next",
     .kind = SPEC_CUSTOM,
     .required = true,
     .offset = PAGING(next),
     .read = source_read_pointers},
    {.key = "only_cursor", .kind = SPEC_BOOL, .offset = PAGING(only_cursor)},
    {0},
};

static const struct spec_field single_fields[] = {
    PAGING_STYLE,
    PAGING_IN,
    PAGING_LIMIT,
    PAGING_SIZE(false),
    {0},
};

static const struct spec_field *const paging_tables[] = {
    [PAGING_OFFSET] = offset_fields,
    [PAGING_CURSOR] = cursor_fields,
    [PAGING_SINGLE] = single_fields,
};

/* Paging in the body needs one; without an own it is an object of paging. */
static void check_in_body(struct spec *spec, const struct spec_node *node,
                          struct source *source)
{
    if (!source->paging.in_body)
        return;
    if (source->method != NULL && strcmp(source->method, "GET") == 0)
        spec_problem_at(spec, node, "in", "a GET request has no body");
    if (source->body == NULL)
        source->body = "{}";
    else if (source->body[0] != '{')
        spec_problem_at(
            spec, node, "in",
            "must be \"query\": the body of the request is no object");
}

/* The style decides which other keys there are, so it is read first. */
void source_read_paging(struct spec *spec, const struct spec_node *node,
                        void *out)
{
    const struct json *style = json_member(node->json, "style");
    struct source *source = out;
    struct paging *paging = &source->paging;
    struct spec_node child;
    int word;

    if (!spec_is(spec, node, JSON_OBJECT))
        return;
    if (style == NULL) {
        spec_problem_at(spec, node, "style",
                        "missing; expected one of offset, cursor, single");
        return;
    }
    child = spec_child(node, style, 0);
    word = spec_word(spec, &child, style_words);
    if (word < 0)
        return;
    spec_object(spec, node, paging_tables[word], source);
    if (paging->limit_parameter != NULL && paging->size == 0)
        spec_problem_at(spec, node, "size", "missing; \"limit\" needs it");
    if (paging->size != 0 && paging->overlap >= paging->size)
        spec_problem_at(spec, node, "overlap", "must be less than size");
    check_in_body(spec, node, source);
}

static const struct spec_field batch_fields[] = {
    {.key = "parameter",
     .kind = SPEC_TEXT,
     .required = true,
     .offset = offsetof(struct source, batch_parameter)},
    {.key = "size",
     .kind = SPEC_INTEGER,
     .required = true,
     .offset = offsetof(struct source, batch_size),
     .min = 1,
     .max = BATCH_SIZE_MAX},
    {0},
};

void source_read_batch(struct spec *spec, const struct spec_node *node,
                       void *out)
{
    spec_object(spec, node, batch_fields, out);
}
