#include "actions.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "condition.h"
#include "exchange.h"
#include "json.h"
#include "request.h"

/* A body that is no JSON may be a proxy's slip; in a row it is none. */
enum { ACTIONS_BAD_BODIES_MAX = 3, HTTP_OK = 200, HTTP_FORBIDDEN = 403 };

static const int accept_refusal[] = {HTTP_FORBIDDEN, 0};

void actions_release(struct actions *actions)
{
    strmap_release(&actions->names);
    strmap_release(&actions->all);
    arena_release(&actions->arena);
}

/* The entry of an action, made when it is new; NULL when memory is out. */
static struct action_report *entry_of(struct actions *actions, const char *id)
{
    struct action_report *entry = strmap_get(&actions->all, id);

    if (entry != NULL)
        return entry;
    entry = arena_alloc(&actions->arena, sizeof(*entry));
    if (entry == NULL)
        return NULL;
    *entry = (struct action_report){.id = arena_strdup(&actions->arena, id)};
    if (entry->id == NULL || strmap_put(&actions->all, entry->id, entry) != 0)
        return NULL;
    return entry;
}

struct fetching {
    struct actions *actions;
    const struct source *source;
    struct error cause; /* why the body could not be read */
    bool answered;
};

static const char *text_at(const struct json *item, const char *pointer)
{
    const struct json *node = json_at(item, pointer);

    return node != NULL && json_type(node) == JSON_STRING ? json_text(node)
                                                          : NULL;
}

static int take_action(struct actions *actions, const char *id,
                       const char *name, struct error *err)
{
    struct action_report *entry;

    if (actions->all.count >= ACTIONS_MAX)
        return 0;
    entry = entry_of(actions, id);
    if (entry == NULL)
        return error_no_memory(err);
    if (name == NULL)
        return 0;
    entry->name = arena_strdup(&actions->arena, name);
    if (entry->name == NULL ||
        strmap_put(&actions->names, entry->id, (void *)entry->name) != 0)
        return error_no_memory(err);
    return 0;
}

static int take_list(struct fetching *fetching, const struct json *root,
                     struct error *err)
{
    const struct source *source = fetching->source;
    const struct json *items = json_at(root, source->actions_items);

    if (items == NULL || json_type(items) != JSON_ARRAY) {
        error_set(err, ERROR_DATA,
                  "%s: the list of actions has no array at "
                  "\"%s\"",
                  source->name, source->actions_items);
        return error_hint(err, "if the endpoint changed, edit %s",
                          source->path);
    }
    for (const struct json *item = json_first(items); item != NULL;
         item = json_next(item)) {
        const char *id = text_at(item, source->actions_id);

        if (id != NULL &&
            take_action(fetching->actions, id,
                        text_at(item, source->actions_name), err) != 0)
            return -1;
    }
    return 0;
}

static int take_answer(void *context, const struct exchange_answer *answer,
                       struct error *err)
{
    struct fetching *fetching = context;
    struct json_doc doc;
    int result;

    fetching->answered = true;
    if (answer->status != HTTP_OK)
        return 0;
    fetching->cause = (struct error){0};
    fetching->answered =
        json_parse(&doc, answer->body, answer->len, JSON_UNIQUE,
                   fetching->source->name, ERROR_DATA, &fetching->cause) == 0;
    if (!fetching->answered)
        return fetching->cause.kind == ERROR_BUG
                   ? error_pass(err, &fetching->cause)
                   : 0;
    result = take_list(fetching, doc.root, err);
    json_free(&doc);
    return result;
}

/* Asks until a body can be read. */
static int ask(const struct gather_options *options,
               const struct exchange_request *request,
               struct fetching *fetching, struct error *err)
{
    for (int bad = 0; bad <= ACTIONS_BAD_BODIES_MAX; bad++) {
        if (exchange_submit(options->exchange, request, take_answer, fetching,
                            err) != 0 ||
            exchange_run(options->exchange, err) != 0)
            return -1;
        if (fetching->answered)
            return 0;
    }
    *err = fetching->cause;
    return -1;
}

int actions_fetch(struct actions *actions, const struct gather_options *options,
                  const struct setup_source *entry, struct error *err)
{
    const struct setup *setup = options->setup;
    struct fetching fetching = {.actions = actions, .source = &entry->source};
    struct exchange_request request = {
        .endpoint = entry->endpoint,
        .source = &entry->source,
        .method = "GET",
        .stats = &options->report->sources[entry - setup->sources].exchange,
    };
    struct buf path;
    int result = -1;

    if (setup->job.events.no_access == NO_ACCESS_ALLOW)
        request.accept = accept_refusal;
    buf_init(&path, REQUEST_BYTES_MAX);
    if (request_actions_path(&entry->source, entry->endpoint, &path, err) ==
        0) {
        request.path_query = path.data;
        result = ask(options, &request, &fetching, err);
    }
    buf_release(&path);
    return result;
}

int actions_note(struct actions *actions, const struct event *event,
                 struct error *err)
{
    const struct value *action = &event->fields[EVENT_ACTION];
    struct action_report *entry;

    if (!action->present)
        return 0;
    if (actions->all.count >= ACTIONS_MAX &&
        strmap_get(&actions->all, action->text) == NULL)
        return 0;
    entry = entry_of(actions, action->text);
    if (entry == NULL)
        return error_no_memory(err);
    entry->events++;
    return 0;
}

/* Whether a condition names the action of this event, in whatever sense: an
 * action that a rule leaves out is known to it. */
static bool names_action(const struct condition *c, const struct event *event)
{
    bool tests_text = c->kind == CONDITION_EQUALS || c->kind == CONDITION_IN ||
                      c->kind == CONDITION_MATCHES;

    for (size_t i = 0; i < c->child_count; i++) {
        if (names_action(&c->children[i], event))
            return true;
    }
    return tests_text && c->ref.kind == REF_EVENT &&
           (c->ref.index == EVENT_ACTION ||
            c->ref.index == EVENT_ACTION_NAME) &&
           condition_holds(c, &(struct scope){.event = event});
}

static bool takes(const char *const *sources, const char *name)
{
    for (; sources != NULL && *sources != NULL; sources++) {
        if (strcmp(*sources, name) == 0)
            return true;
    }
    return false;
}

/* Rows of all events know every action. */
static bool known_to(const struct rules *rules, const struct event *event)
{
    if (rules->grain == GRAIN_EVENT)
        return rules->where == NULL || names_action(rules->where, event);
    for (size_t i = 0; i < rules->fact_count; i++) {
        const struct fact_rule *fact = &rules->facts[i];

        if (fact->when != NULL &&
            (fact->sources == NULL || takes(fact->sources, event->source)) &&
            names_action(fact->when, event))
            return true;
    }
    return false;
}

static bool is_known(const struct setup *setup, const struct event *event)
{
    for (size_t i = 0; i < setup->mapping_count; i++) {
        const struct rules *rules = &setup->mappings[i].rules;

        if (takes(rules->events, event->source) && known_to(rules, event))
            return true;
    }
    return false;
}

static int id_order(const void *a, const void *b)
{
    return strcmp(((const struct action_report *)a)->id,
                  ((const struct action_report *)b)->id);
}

/* event is a blank one of the source. */
static void judge(struct action_report *list, size_t count,
                  const struct gather_options *options, struct event *event)
{
    for (size_t i = 0; i < count; i++) {
        struct action_report *action = &list[i];

        event->fields[EVENT_ACTION] = value_text(action->id);
        event->fields[EVENT_ACTION_NAME] = value_text(action->name);
        action->known = is_known(options->setup, event);
        if (!action->known && action->events > 0)
            log_line(options->log, LOG_INFO, "action",
                     "%s: no rule of a fact "
                     "names \"%s\", events: %" PRIu64,
                     event->source, action->id, action->events);
    }
}

int actions_report(struct actions *actions,
                   const struct gather_options *options,
                   const struct setup_source *entry, struct error *err)
{
    struct source_report *report =
        &options->report->sources[entry - options->setup->sources];
    size_t size = (actions->all.count + 1) * sizeof(struct action_report);
    struct action_report *list = arena_alloc(&actions->arena, size);
    struct event *event = calloc(1, sizeof(*event));
    const struct strmap_slot *slot;
    size_t position = 0, count = 0;
    int result = -1;

    if (list == NULL || event == NULL) {
        error_no_memory(err);
        goto end;
    }
    while ((slot = strmap_next(&actions->all, &position)) != NULL)
        list[count++] = *(const struct action_report *)slot->value;
    qsort(list, count, sizeof(*list), id_order);
    event->source = entry->source.name;
    judge(list, count, options, event);
    report->actions = list;
    report->action_count = count;
    result = 0;
end:
    free(event);
    return result;
}

static bool has_list(const struct setup_source *entry)
{
    return entry->skipped == NULL && entry->source.actions_path != NULL;
}

int actions_fetch_all(struct actions *list,
                      const struct gather_options *options, struct error *err)
{
    const struct setup *setup = options->setup;

    for (size_t i = 0; i < setup->source_count; i++) {
        if (has_list(&setup->sources[i]) &&
            actions_fetch(&list[i], options, &setup->sources[i], err) != 0)
            return -1;
    }
    return 0;
}

int actions_report_all(struct actions *list,
                       const struct gather_options *options,
                       struct error *err)
{
    const struct setup *setup = options->setup;

    for (size_t i = 0; i < setup->source_count; i++) {
        if (has_list(&setup->sources[i]) &&
            actions_report(&list[i], options, &setup->sources[i], err) != 0)
            return -1;
    }
    return 0;
}
