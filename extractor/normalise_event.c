#include "normalise_parts.h"

#include <string.h>

#include "name.h"

/* 1 or 0 whether the member equals; -1 when it is there and no text. */
static int test_member(const struct member_test *test, const struct json *item)
{
    const struct json *node;

    if (test->at == NULL)
        return 1;
    node = json_at(item, test->at);
    if (node == NULL || json_type(node) == JSON_NULL)
        return 0;
    if (json_type(node) != JSON_STRING)
        return -1;
    return strcmp(json_text(node), test->equals) == 0;
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
    const struct json *found = normalise_find(node, rule->email);
    const char *reason, *text, *name;

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
    const struct json *found;
    int holds;

    if (json_type(node) != JSON_OBJECT)
        return normalise_refuse(notes, rule->items, "does not hold an object");
    holds = test_member(&rule->item, node);
    if (holds <= 0)
        return holds == 0
                   ? ITEM_GOOD
                   : normalise_refuse(notes, rule->item.at, "is not a text");
    found = normalise_find(node, rule->name);
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

enum item_verdict normalise_subject(const struct subject_rule *rule,
                                    const struct json *item,
                                    struct event *event,
                                    struct item_notes *notes)
{
    const struct json *node = json_at(item, rule->items);
    enum item_verdict verdict = ITEM_GOOD;

    if (rule->otherwise && event->subject_count > 0)
        return ITEM_GOOD;
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
        return add_subject(rule, node, event, notes);
    for (node = json_first(node); node != NULL && verdict == ITEM_GOOD;
         node = json_next(node))
        verdict = add_subject(rule, node, event, notes);
    return verdict;
}

enum item_verdict normalise_changes(const struct source *source,
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
        change.field =
            normalise_optional_text(node, source->change_field, &bad);
        change.from = normalise_optional_text(node, source->change_from, &bad);
        change.to = normalise_optional_text(node, source->change_to, &bad);
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
    const char *text = normalise_optional_text(node, pointer, bad);

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

enum item_verdict normalise_actors(const struct source *source,
                                   const struct json *item, struct event *event,
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
