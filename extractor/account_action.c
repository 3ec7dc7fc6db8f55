#include "account_action.h"

#include <stddef.h>
#include <string.h>

#include "spec.h"
#include "template.h"

enum { STATUS_MIN = 200, STATUS_MAX = 299 };

static const char *const placeholders[] = {"organisation", "directory", "site",
                                           "account_id", NULL};
static const char *const state_methods[] = {"GET", "POST", NULL};
static const char *const verb_methods[] = {"POST", "PUT", "DELETE", NULL};
static const char *const state_words[] = {"active", "inactive", NULL};

const char *account_verb_name(enum account_verb verb)
{
    return verb == ACCOUNT_ACTIVATE ? "activate" : "deactivate";
}

const char *account_state_name(enum account_state state)
{
    return state == ACCOUNT_UNKNOWN ? NULL : state_words[state - 1];
}

enum account_state account_state_of(const char *word)
{
    return strcmp(word, state_words[0]) == 0 ? ACCOUNT_ACTIVE
                                             : ACCOUNT_INACTIVE;
}

enum account_state account_wished(enum account_verb verb)
{
    return verb == ACCOUNT_ACTIVATE ? ACCOUNT_ACTIVE : ACCOUNT_INACTIVE;
}

/* One text or several, each through `check`; NULL terminated. */
static const char *const *
read_list(struct spec *spec, const struct spec_node *node,
          void (*check)(struct spec *spec, const struct spec_node *node,
                        const char *text))
{
    bool many = json_type(node->json) == JSON_ARRAY;
    size_t count = 0, room = many ? json_size(node->json) : 1;
    const char **list = spec_alloc(spec, room + 1, sizeof(*list));
    const struct json *item = many ? json_first(node->json) : node->json;

    if (many && item == NULL)
        spec_problem(spec, node, "must not be empty");
    for (size_t i = 0; list != NULL && i < room; i++) {
        struct spec_node child = many ? spec_child(node, item, i) : *node;
        const char *text = spec_text(spec, &child);

        if (text != NULL) {
            check(spec, &child, text);
            list[count++] = text;
        }
        if (many)
            item = json_next(item);
    }
    return list;
}

static void check_path(struct spec *spec, const struct spec_node *node,
                       const char *text)
{
    if (text[0] != '/')
        spec_problem(spec, node, "expected a path that begins with '/'");
    template_check(spec, node, text, placeholders);
}

static void check_pointer(struct spec *spec, const struct spec_node *node,
                          const char *text)
{
    if (text[0] != '/')
        spec_problem(spec, node,
                     "expected a JSON pointer such as \"/status\","
                     " found \"%.*s\"",
                     SPEC_PATH_MAX, text);
}

static void read_paths(struct spec *spec, const struct spec_node *node,
                       void *out)
{
    *(const char *const **)out = read_list(spec, node, check_path);
}

static void read_pointers(struct spec *spec, const struct spec_node *node,
                          void *out)
{
    *(const char *const **)out = read_list(spec, node, check_pointer);
}

static void read_body(struct spec *spec, const struct spec_node *node,
                      void *out)
{
    *(const char **)out = template_body(spec, node, placeholders);
}

static void read_state_method(struct spec *spec, const struct spec_node *node,
                              void *out)
{
    int word = spec_word(spec, node, state_methods);

    *(const char **)out = word >= 0 ? state_methods[word] : NULL;
}

static void read_verb_method(struct spec *spec, const struct spec_node *node,
                             void *out)
{
    int word = spec_word(spec, node, verb_methods);

    *(const char **)out = word >= 0 ? verb_methods[word] : NULL;
}

static bool check_size(struct spec *spec, const struct spec_node *node,
                       size_t most)
{
    size_t size = json_size(node->json);

    if (size >= 1 && size <= most)
        return true;
    spec_problem(spec, node, "expected 1 to %zu elements, found %zu", most,
                 size);
    return false;
}

static void read_accept(struct spec *spec, const struct spec_node *node,
                        void *out)
{
    static const struct spec_field status = {
        .kind = SPEC_INT, .min = STATUS_MIN, .max = STATUS_MAX};
    int *list;
    size_t index = 0;

    if (!spec_is(spec, node, JSON_ARRAY))
        return;
    if (!check_size(spec, node, ACCOUNT_ACCEPT_MAX))
        return;
    list = spec_alloc(spec, json_size(node->json) + 1, sizeof(*list));
    for (const struct json *item = json_first(node->json);
         list != NULL && item != NULL; item = json_next(item)) {
        struct spec_node child = spec_child(node, item, index);

        spec_value(spec, &child, &status, &list[index++]);
    }
    *(const int **)out = list;
}

/* Texts to texts; words: what the values may be, or NULL for any. */
static const struct name_value *read_words(struct spec *spec,
                                           const struct spec_node *node,
                                           const char *const *words)
{
    struct name_value *list;
    size_t count = 0;

    if (!spec_is_container(spec, node, JSON_OBJECT))
        return NULL;
    if (json_size(node->json) == 0)
        spec_problem(spec, node, "must not be empty");
    list = spec_alloc(spec, json_size(node->json) + 1, sizeof(*list));
    for (const struct json *item = json_first(node->json);
         list != NULL && item != NULL; item = json_next(item)) {
        struct spec_node child = spec_child(node, item, 0);
        int word = words != NULL ? spec_word(spec, &child, words) : -1;

        list[count].name = spec_copy(spec, json_key(item));
        list[count].value = word >= 0       ? words[word]
                            : words == NULL ? spec_text(spec, &child)
                                            : NULL;
        if (list[count].name != NULL && list[count].value != NULL)
            count++;
    }
    if (list != NULL)
        list[count] = (struct name_value){NULL, NULL};
    return list;
}

static void read_map(struct spec *spec, const struct spec_node *node, void *out)
{
    *(const struct name_value **)out = read_words(spec, node, state_words);
}

static void read_refusal_words(struct spec *spec, const struct spec_node *node,
                               void *out)
{
    *(const struct name_value **)out = read_words(spec, node, NULL);
}

#define CUSTOM(name, need, type, member, function)                             \
    {                                                                          \
        .key = name, .kind = SPEC_CUSTOM, .required = need,                    \
        .offset = offsetof(struct type, member), .read = function              \
    }

static const struct spec_field own_fields[] = {
    {.key = "endpoint",
     .kind = SPEC_TEXT,
     .required = true,
     .offset = offsetof(struct account_own, endpoint)},
    {.key = "path",
     .kind = SPEC_TEXT,
     .required = true,
     .offset = offsetof(struct account_own, path)},
    CUSTOM("account_id", true, account_own, id, read_pointers),
    {0},
};

static void read_own(struct spec *spec, const struct spec_node *node, void *out)
{
    struct account_own *list;
    size_t index = 0;

    if (!spec_is(spec, node, JSON_ARRAY) ||
        !check_size(spec, node, ACCOUNT_OWN_MAX))
        return;
    list = spec_alloc(spec, json_size(node->json) + 1, sizeof(*list));
    for (const struct json *item = json_first(node->json);
         list != NULL && item != NULL; item = json_next(item)) {
        struct spec_node child = spec_child(node, item, index);
        struct account_own *own = &list[index++];

        spec_object(spec, &child, own_fields, own);
        if (own->path != NULL && own->path[0] != '/')
            spec_problem_at(spec, &child, "path",
                            "expected a path that begins with '/'");
    }
    *(const struct account_own **)out = list;
}

static const struct spec_field state_fields[] = {
    CUSTOM("method", false, account_action, state.method, read_state_method),
    CUSTOM("path", true, account_action, state.paths, read_paths),
    CUSTOM("body", false, account_action, state.body, read_body),
    {.key = "items",
     .kind = SPEC_TEXT,
     .offset = offsetof(struct account_action, items)},
    CUSTOM("account_id", true, account_action, id, read_pointers),
    CUSTOM("at", true, account_action, at, read_pointers),
    CUSTOM("map", true, account_action, map, read_map),
    CUSTOM("display_name", false, account_action, display_name, read_pointers),
    CUSTOM("email", false, account_action, email, read_pointers),
    {0},
};

static const struct spec_field verb_fields[] = {
    CUSTOM("method", true, account_request, method, read_verb_method),
    CUSTOM("path", true, account_request, paths, read_paths),
    CUSTOM("body", false, account_request, body, read_body),
    CUSTOM("accept", true, account_request, accept, read_accept),
    {0},
};

static const struct spec_field refusal_fields[] = {
    CUSTOM("at", true, account_action, refusal_at, read_pointers),
    CUSTOM("words", true, account_action, refusal_words, read_refusal_words),
    {0},
};

static const struct spec_field need_fields[] = {
    {.key = "permission",
     .kind = SPEC_TEXT,
     .offset = offsetof(struct account_action, about.needs_permission)},
    {.key = "scopes",
     .kind = SPEC_TEXTS,
     .offset = offsetof(struct account_action, about.needs_scopes)},
    {.key = "how",
     .kind = SPEC_TEXT,
     .offset = offsetof(struct account_action, about.needs_how)},
    {0},
};

#define VERB(verb) offsetof(struct account_action, verbs[verb])

static const struct spec_field action_fields[] = {
    {.key = "name",
     .kind = SPEC_TEXT,
     .required = true,
     .offset = offsetof(struct account_action, about.name)},
    {.key = "title",
     .kind = SPEC_TEXT,
     .offset = offsetof(struct account_action, title)},
    {.key = "endpoint",
     .kind = SPEC_TEXT,
     .required = true,
     .offset = offsetof(struct account_action, endpoint)},
    {.key = "state",
     .kind = SPEC_OBJECT,
     .required = true,
     .object = state_fields},
    {.key = "activate",
     .kind = SPEC_OBJECT,
     .required = true,
     .offset = VERB(ACCOUNT_ACTIVATE),
     .object = verb_fields},
    {.key = "deactivate",
     .kind = SPEC_OBJECT,
     .required = true,
     .offset = VERB(ACCOUNT_DEACTIVATE),
     .object = verb_fields},
    CUSTOM("own", false, account_action, own, read_own),
    {.key = "refusals", .kind = SPEC_OBJECT, .object = refusal_fields},
    {.key = "needs", .kind = SPEC_OBJECT, .object = need_fields},
    {0},
};

/* A request that names no account would be about any, or all of them. */
static void check_names_account(struct spec *spec, const struct spec_node *root,
                                const char *section,
                                const struct account_request *request)
{
    struct spec_node node = {.up = root, .key = section};
    const char *const *path = request->paths;

    for (; path != NULL && *path != NULL; path++) {
        if (!template_uses(*path, "account_id") &&
            !template_uses(request->body, "account_id"))
            spec_problem_at(spec, &node, "path",
                            "\"%s\" does not say which account: {account_id}",
                            *path);
    }
}

static void check_state(struct spec *spec, const struct spec_node *root,
                        struct account_action *action)
{
    struct spec_node node = {.up = root, .key = "state"};
    const char *const *path = action->state.paths;

    if (action->state.method == NULL)
        action->state.method = state_methods[0];
    if (strcmp(action->state.method, "GET") == 0) {
        if (action->state.body != NULL)
            spec_problem_at(spec, &node, "body", "a GET request has no body");
        return;
    }
    for (; path != NULL && *path != NULL; path++) {
        if (!source_post_reads(*path))
            spec_problem_at(spec, &node, "path", SOURCE_POST_ADVICE);
    }
}

static void check_name(struct spec *spec, const struct spec_node *root,
                       const char *name)
{
    const char *slash = strrchr(spec->path, '/');
    const char *file = slash != NULL ? slash + 1 : spec->path;
    size_t len = strcspn(file, ".");

    if (name != NULL && (strlen(name) != len || memcmp(name, file, len) != 0))
        spec_problem_at(spec, root, "name",
                        "expected \"%.*s\", the name of the file", (int)len,
                        file);
}

int account_action_load(struct account_action *action, const char *path,
                        struct error *err)
{
    struct spec spec;
    struct spec_node root;

    memset(action, 0, sizeof(*action));
    arena_init(&action->arena);
    if (spec_open(&spec, path, &action->arena, err) != 0)
        goto err0;
    action->about.path = spec.path;
    root = spec_root(&spec);
    if (spec_object(&spec, &root, action_fields, action)) {
        check_name(&spec, &root, action->about.name);
        check_state(&spec, &root, action);
        check_names_account(&spec, &root, "state", &action->state);
        for (int verb = 0; verb < ACCOUNT_VERBS; verb++)
            check_names_account(&spec, &root,
                                account_verb_name((enum account_verb)verb),
                                &action->verbs[verb]);
    }
    if (spec_close(&spec, err) != 0)
        goto err0;
    return 0;
err0:
    account_action_free(action);
    return -1;
}

void account_action_free(struct account_action *action)
{
    arena_release(&action->arena);
    memset(action, 0, sizeof(*action));
}
