#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "normalise.h"
#include "walk_parts.h"

/* The id of an item as far as it has a usable one; NULL otherwise. */
static const char *item_id(const struct source *source,
                           const struct json *item)
{
    const struct field_rule *rule =
        source->kind == SOURCE_EVENTS ? &source->event_fields[EVENT_ID]
                                      : &source->user_fields[USER_ACCOUNT_ID];

    for (const char *const *at = rule->at; at != NULL && *at != NULL; at++) {
        const struct json *node =
            json_slot(item, at == rule->at ? rule->slot : 0, *at);
        const char *text;

        if (node == NULL || json_type(node) == JSON_NULL)
            continue;
        if (json_type(node) == JSON_NUMBER)
            return json_number_text(node);
        if (json_type(node) != JSON_STRING)
            return NULL;
        text = json_text(node);
        for (const char *const *p = rule->placeholders; p && *p; p++) {
            if (strcmp(*p, text) == 0)
                return NULL;
        }
        return *text != '\0' ? text : NULL;
    }
    return NULL;
}

int walk_collect_ids(struct walk *walk, const struct json *items,
                     size_t *count, struct error *err)
{
    const struct json *item;

    *count = 0;
    for (item = json_first(items); item != NULL; item = json_next(item)) {
        if (*count == walk->id_capacity) {
            size_t capacity = walk->id_capacity ? walk->id_capacity * 2 : 1024;
            const char **grown =
                realloc(walk->ids, capacity * sizeof(*walk->ids));
            if (grown == NULL)
                return error_no_memory(err);
            walk->ids = grown;
            walk->id_capacity = capacity;
        }
        json_expect(item);
        walk->ids[(*count)++] = item_id(walk->options.source, item);
    }
    return 0;
}

/* Where an item stands: behind is whether it lies behind what was read, so
 * that a row which a page repeats by design is not counted twice. */
struct place {
    int64_t index;
    bool behind;
};

static int refuse(struct walk *walk, const char *id, const struct place *place,
                  const struct item_notes *notes, struct error *err)
{
    char text[300];

    if (!place->behind)
        return 0;
    walk->options.report->rejected++;
    if (walk->options.window_report != NULL)
        walk->options.window_report->rejected++;
    snprintf(text, sizeof(text), "%s %s %" PRId64,
             walk->row_of != NULL ? walk->row_of : "",
             walk->row_of != NULL ? "row" : "index", place->index);
    return walk->target.refused(walk->target.context,
                                walk->options.source->name,
                                id != NULL ? id : text + (*text == ' '),
                                notes->field,
                                notes->reason, err);
}

static void count_item(struct source_report *report, const struct place *place,
                       bool fresh)
{
    if (fresh || place->behind)
        report->items++;
    if (!fresh && place->behind)
        report->duplicates++;
}

static int take_user(struct walk *walk, const struct json *item,
                     const char *id, const struct place *place, bool *fresh,
                     struct error *err)
{
    struct source_report *report = walk->options.report;
    struct item_notes notes = {0};
    struct user user;

    switch (normalise_user(walk->options.source, item, &user, &notes)) {
    case ITEM_REFUSED:
        report->items += place->behind;
        return refuse(walk, id, place, &notes, err);
    case ITEM_PLACEHOLDER:
        report->items += place->behind;
        report->placeholders += place->behind;
        return 0;
    case ITEM_GOOD:
        break;
    }
    if (walk->target.user(walk->target.context, &user, walk->options.number,
                          fresh, err) != 0)
        return -1;
    count_item(report, place, *fresh);
    return 0;
}

static void note_time(struct walk *walk, int64_t at)
{
    struct source_report *report = walk->options.report;
    struct window_report *window = walk->options.window_report;

    if (!report->has_span || at < report->oldest)
        report->oldest = at;
    if (!report->has_span || at > report->newest)
        report->newest = at;
    report->has_span = true;
    window->records++;
    if (!window->has_oldest || at < window->oldest)
        window->oldest = at;
    if (!window->has_oldest || at > window->newest)
        window->newest = at;
    window->has_oldest = true;
}

static void name_action(const struct walk *walk, struct event *event)
{
    const struct value *action = &event->fields[EVENT_ACTION];
    struct value *name = &event->fields[EVENT_ACTION_NAME];

    if (walk->options.action_names != NULL && action->present &&
        !name->present)
        *name = value_text(
            strmap_get(walk->options.action_names, action->text));
}

static int take_event(struct walk *walk, const struct json *item,
                      const char *id, const struct place *place, bool *fresh,
                      struct error *err)
{
    struct source_report *report = walk->options.report;
    struct event *event = &walk->event;
    struct item_notes notes = {0};
    bool seen = false;
    int64_t at;

    if (id != NULL && recent_add(&walk->recent, id, &seen) != 0)
        return error_no_memory(err);
    *fresh = !seen;
    if (seen) {
        count_item(report, place, false);
        return 0;
    }
    if (normalise_event(walk->options.source, item, event, &notes) ==
        ITEM_REFUSED) {
        report->items += place->behind;
        return refuse(walk, id, place, &notes, err);
    }
    at = event->fields[EVENT_AT].integer;
    if (at < walk->window.from || at >= walk->window.to)
        return 0;
    count_item(report, place, true);
    note_time(walk, at);
    name_action(walk, event);
    return walk->target.event(walk->target.context, event, err);
}

static int take_item(struct walk *walk, const struct json *item,
                     const char *id, const struct place *place, bool *fresh,
                     struct error *err)
{
    const char *key, *account_id;

    *fresh = false;
    if (normalise_pair(walk->options.source, item, &key, &account_id) &&
        walk->target.pair(walk->target.context, key, account_id, err) != 0)
        return -1;
    if (walk->options.source->kind == SOURCE_EVENTS)
        return take_event(walk, item, id, place, fresh, err);
    return take_user(walk, item, id, place, fresh, err);
}

int walk_take_items(struct walk *walk, const struct json *items,
                    const struct page_ask *ask, size_t *fresh,
                    struct error *err)
{
    bool offset = walk->pager.rules->style == PAGING_OFFSET;
    int64_t end = walk->pager.end;
    size_t i = 0;

    *fresh = 0;
    for (const struct json *item = json_first(items); item != NULL;
         item = json_next(item), i++) {
        struct place place = {.index = ask->start + (int64_t)i};
        bool is_fresh;

        place.behind = !offset || place.index >= end;
        if (take_item(walk, item, walk->ids[i], &place, &is_fresh, err) != 0)
            return -1;
        *fresh += is_fresh;
        if (!is_fresh)
            pager_known(&walk->pager, walk->ids[i], *fresh);
    }
    return 0;
}

int walk_take_row(struct walk *walk, const struct json *item, uint64_t number,
                  struct error *err)
{
    const struct place place = {.index = (int64_t)number, .behind = true};
    bool fresh;

    return take_item(walk, item, item_id(walk->options.source, item), &place,
                     &fresh, err);
}
