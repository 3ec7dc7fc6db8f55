/* Events: what happened, who did it, whom and what it is about. */
#include <stdio.h>
#include <string.h>

#include "name.h"
#include "normalise_parts.h"

#define OBJECT_BETWEEN "; "

/* 1 or 0 whether the member equals; -1 when it is there and no text. */
static int test_member(const struct member_test *test, const struct json *item)
{
    const struct json *node;

    if (test->at == NULL)
        return 1;
    node = json_slot(item, test->slot, test->at);
    if (node == NULL || json_type(node) == JSON_NULL)
        return 0;
    if (json_type(node) != JSON_STRING)
        return -1;
    return *json_text(node) == *test->equals &&
           strcmp(json_text(node), test->equals) == 0;
}

/* A text behind the names made so far; NULL when it does not fit. */
static const char *made_name(struct event *event, const char *text,
                             size_t (*make)(const char *, char *, size_t))
{
    char *name = event->names + event->name_bytes;
    size_t used = make(text, name, sizeof(event->names) - event->name_bytes);

    event->name_bytes += used;
    return used != 0 ? name : NULL;
}

static enum item_verdict keep_subject(const struct subject_rule *rule,
                                      const char *name, struct event *event,
                                      struct item_notes *notes)
{
    for (size_t i = 0; i < event->subject_count; i++) {
        if (strcmp(event->subjects[i], name) == 0)
            return ITEM_GOOD;
    }
    if (event->subject_count == EVENT_SUBJECTS_MAX)
        return normalise_refuse(notes, rule->items,
                                "names more accounts than fit");
    event->subjects[event->subject_count++] = name;
    return ITEM_GOOD;
}

/* An account that the log knows by its e-mail only; an app's is none. */
static enum item_verdict add_by_email(const struct subject_rule *rule,
                                      const struct json *node,
                                      struct event *event,
                                      struct item_notes *notes)
{
    const struct json *found = normalise_find(node, rule->email, 0);
    const char *reason, *text, *name;

    if (found == NULL && rule->optional)
        return ITEM_GOOD;
    if (found == NULL)
        return normalise_refuse(notes, rule->items,
                                "does not say which account");
    text = normalise_text(found, false, &reason);
    if (text == NULL || *text == '\0')
        return normalise_refuse(notes, rule->items,
                                "names its account with no text");
    if (!name_is_address(text))
        return ITEM_GOOD;
    name = made_name(event, text, name_from_email);
    if (name == NULL)
        return normalise_refuse(notes, rule->items,
                                "names more accounts than fit");
    return keep_subject(rule, name, event, notes);
}

static enum item_verdict add_subject(const struct subject_rule *rule,
                                     const struct json *node,
                                     struct event *event,
                                     struct item_notes *notes)
{
    const char *reason, *name;
    const struct json *found = normalise_find(node, rule->name, 0);

    if (found == NULL)
        return add_by_email(rule, node, event, notes);
    name = normalise_text(found, false, &reason);
    if (name != NULL && *name == '\0' && rule->email != NULL)
        return add_by_email(rule, node, event, notes);
    if (name == NULL || *name == '\0')
        return normalise_refuse(notes, rule->items,
                                "names its account with no text");
    return keep_subject(rule, name, event, notes);
}

/* For each item that a rule leads to. */
typedef enum item_verdict item_fn(const struct subject_rule *rule,
                                  const struct json *node, struct event *event,
                                  struct item_notes *notes);

static enum item_verdict take_item(const struct subject_rule *rule,
                                   const struct json *node, struct event *event,
                                   item_fn *take, struct item_notes *notes)
{
    int holds;

    if (json_type(node) != JSON_OBJECT)
        return normalise_refuse(notes, rule->items, "does not hold an object");
    holds = test_member(&rule->item, node);
    if (holds < 0)
        return normalise_refuse(notes, rule->item.at, "is not a text");
    return holds == 0 ? ITEM_GOOD : take(rule, node, event, notes);
}

static enum item_verdict each_item(const struct subject_rule *rule,
                                   const struct json *item, struct event *event,
                                   item_fn *take, struct item_notes *notes)
{
    const struct json *node = json_slot(item, rule->slot, rule->items);
    enum item_verdict verdict = ITEM_GOOD;

    if (node == NULL || json_type(node) == JSON_NULL)
        return ITEM_GOOD;
    if (json_type(node) != JSON_OBJECT && json_type(node) != JSON_ARRAY)
        return normalise_refuse(notes, rule->items,
                                "is neither object nor array");
    for (size_t i = 0; i < rule->when_count; i++) {
        int holds = test_member(&rule->when[i], item);

        if (holds < 0)
            return normalise_refuse(notes, rule->when[i].at, "is not a text");
        if (holds == 0)
            return ITEM_GOOD;
    }
    if (json_type(node) == JSON_OBJECT)
        return take_item(rule, node, event, take, notes);
    for (node = json_first(node); node != NULL && verdict == ITEM_GOOD;
         node = json_next(node))
        verdict = take_item(rule, node, event, take, notes);
    return verdict;
}

static enum item_verdict read_subjects(const struct source *source,
                                       const struct json *item,
                                       struct event *event,
                                       struct item_notes *notes)
{
    for (size_t i = 0; i < source->subject_count; i++) {
        const struct subject_rule *rule = &source->subjects[i];

        if (rule->otherwise && event->subject_count > 0)
            continue;
        if (each_item(rule, item, event, add_subject, notes) != ITEM_GOOD)
            return ITEM_REFUSED;
    }
    return ITEM_GOOD;
}

/* An item's id or name behind the ones before it. */
static enum item_verdict add_text(const char *const *pointers,
                                  const struct json *node, struct event *event,
                                  enum event_field field,
                                  struct item_notes *notes)
{
    const struct json *found = normalise_find(node, pointers, 0);
    struct value *value = &event->fields[field];
    size_t left = sizeof(event->names) - event->name_bytes;
    char *to = event->names + event->name_bytes;
    const char *reason, *text;
    int len;

    if (found == NULL)
        return ITEM_GOOD;
    text = normalise_text(found, field == EVENT_OBJECT_ID, &reason);
    if (text == NULL)
        return normalise_refuse(notes, event_fields[field].name, reason);
    if (*text == '\0')
        return ITEM_GOOD;
    len = snprintf(to, left, "%s%s%s", value->present ? value->text : "",
                   value->present ? OBJECT_BETWEEN : "", text);
    if (len < 0 || (size_t)len >= left)
        return normalise_refuse(notes, event_fields[field].name,
                                "takes more space than there is");
    event->name_bytes += (size_t)len + 1;
    *value = value_text(to);
    return ITEM_GOOD;
}

static enum item_verdict add_object(const struct subject_rule *rule,
                                    const struct json *node,
                                    struct event *event,
                                    struct item_notes *notes)
{
    if (add_text(rule->id, node, event, EVENT_OBJECT_ID, notes) != ITEM_GOOD)
        return ITEM_REFUSED;
    return add_text(rule->name, node, event, EVENT_OBJECT_NAME, notes);
}

/* What the first rule finds that finds anything. */
static enum item_verdict read_objects(const struct source *source,
                                      const struct json *item,
                                      struct event *event,
                                      struct item_notes *notes)
{
    for (size_t i = 0; i < source->object_count; i++) {
        const struct subject_rule *rule = &source->objects[i];

        if (each_item(rule, item, event, add_object, notes) != ITEM_GOOD)
            return ITEM_REFUSED;
        if (!event->fields[EVENT_OBJECT_ID].present &&
            !event->fields[EVENT_OBJECT_NAME].present)
            continue;
        event->fields[EVENT_OBJECT_TYPE] = value_text(rule->type);
        break;
    }
    return ITEM_GOOD;
}

static enum item_verdict read_changes(const struct source *source,
                                      const struct json *item,
                                      struct event *event,
                                      struct item_notes *notes)
{
    const char *where = source->changes_items;
    const struct json *list = where != NULL ? json_at(item, where) : NULL;
    const struct json *node;
    bool bad = false;

    if (list == NULL || json_type(list) == JSON_NULL)
        return ITEM_GOOD;
    if (json_type(list) != JSON_ARRAY)
        return normalise_refuse(notes, where, "is not an array");
    for (node = json_first(list); node != NULL; node = json_next(node)) {
        struct event_change change;

        if (json_type(node) != JSON_OBJECT)
            return normalise_refuse(notes, where, "does not hold objects");
        change.field = normalise_optional_text(node, source->change_field, 0, &bad);
        change.from = normalise_optional_text(node, source->change_from, 0, &bad);
        change.to = normalise_optional_text(node, source->change_to, 0, &bad);
        if (bad)
            return normalise_refuse(notes, where,
                                    "holds a member that is not a text");
        if (event->change_count == EVENT_CHANGES_MAX)
            return normalise_refuse(notes, where,
                                    "holds more changes than fit");
        event->changes[event->change_count++] = change;
    }
    return ITEM_GOOD;
}

/* NULL for absent, null and empty. */
static const char *said(const struct json *node, const char *pointer, bool *bad)
{
    const char *text = normalise_optional_text(node, pointer, 0, bad);

    return text != NULL && *text != '\0' ? text : NULL;
}

/* Nobody when the object identifies nobody. A person that is known by e-mail
 * only and has no name is called by the address. */
static enum item_verdict read_actor(const struct actor_rule *rule,
                                    const struct json *node,
                                    struct event *event,
                                    struct item_notes *notes)
{
    const char *id, *name, *email, *actor;
    bool bad = false;

    id = said(node, rule->id, &bad);
    name = said(node, rule->name, &bad);
    email = said(node, rule->email, &bad);
    if (bad)
        return normalise_refuse(notes, rule->at,
                                "holds a member that is not a text");
    if (email != NULL && !name_is_address(email))
        email = NULL;
    if (id == NULL && email == NULL)
        return ITEM_GOOD;
    actor = id;
    if (id == NULL)
        actor = made_name(event, email, name_from_email);
    else if (!name_is_account_shaped(id))
        actor = made_name(event, id, name_from_app);
    if (actor == NULL)
        return normalise_refuse(notes, rule->at, "has a name that is too long");
    event->fields[EVENT_ACTOR] = value_text(actor);
    event->fields[EVENT_ACTOR_NAME] =
        value_text(name == NULL && id == NULL ? email : name);
    event->fields[EVENT_ACTOR_EMAIL] = value_text(email);
    return ITEM_GOOD;
}

static enum item_verdict read_actors(const struct source *source,
                                     const struct json *item,
                                     struct event *event,
                                     struct item_notes *notes)
{
    for (size_t i = 0; i < source->actor_count; i++) {
        const struct actor_rule *rule = &source->actors[i];
        const struct json *node = json_at(item, rule->at);

        if (node == NULL || json_type(node) == JSON_NULL)
            continue;
        if (json_type(node) != JSON_OBJECT)
            return normalise_refuse(notes, rule->at, "is not an object");
        if (read_actor(rule, node, event, notes) != ITEM_GOOD)
            return ITEM_REFUSED;
        if (event->fields[EVENT_ACTOR].present)
            break;
    }
    return ITEM_GOOD;
}

/* Whether it is known that the event is about no account, which is found out
 * before anything else of it is read. */
static bool is_about_nobody(const struct source *source,
                            const struct json *item, struct event *event)
{
    struct item_notes unwanted;
    bool nobody =
        read_subjects(source, item, event, &unwanted) == ITEM_GOOD &&
        event->subject_count == 0;

    event->subject_count = 0;
    event->name_bytes = 0;
    return nobody;
}

/* The first `count` fields; the others are null. */
static enum item_verdict read_fields(const struct source *source,
                                     const struct json *item,
                                     struct event *event, unsigned count,
                                     struct item_notes *notes)
{
    const struct made_room room = {event->names, sizeof(event->names),
                                   &event->name_bytes};

    for (unsigned i = count; i < EVENT_FIELD_COUNT; i++)
        event->fields[i] = value_null(event_fields[i].type);
    for (unsigned i = 0; i < count; i++) {
        if (normalise_field(&source->event_fields[i], &event_fields[i], item,
                            &room, &event->fields[i], notes) == ITEM_REFUSED)
            return ITEM_REFUSED;
    }
    if (!event->fields[EVENT_ID].present ||
        event->fields[EVENT_ID].text[0] == '\0')
        return normalise_refuse(notes, "id", "is missing");
    if (!event->fields[EVENT_AT].present)
        return normalise_refuse(notes, "at", "is missing");
    return ITEM_GOOD;
}

enum item_verdict normalise_event(const struct source *source,
                                  const struct json *item, struct event *event,
                                  struct item_notes *notes)
{
    if (json_type(item) != JSON_OBJECT)
        return normalise_refuse(notes, "item", "is not an object");
    event->source = source->name;
    event->subject_count = 0;
    event->change_count = 0;
    event->name_bytes = 0;
    if (event->lean && is_about_nobody(source, item, event))
        return read_fields(source, item, event, EVENT_AT + 1, notes);
    if (read_fields(source, item, event, EVENT_FIELD_COUNT, notes) !=
            ITEM_GOOD ||
        read_actors(source, item, event, notes) != ITEM_GOOD ||
        read_subjects(source, item, event, notes) != ITEM_GOOD ||
        read_objects(source, item, event, notes) != ITEM_GOOD)
        return ITEM_REFUSED;
    return read_changes(source, item, event, notes);
}
