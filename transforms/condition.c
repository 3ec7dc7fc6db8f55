#include "condition.h"

#include <string.h>

#include "instant.h"
#include "join.h"
#include "name.h"

/* A name is shown without its form, which only this program knows. */
static struct value event_value(const struct scope *scope, size_t part)
{
    struct value value;

    if (part == EVENT_SOURCE)
        return value_text(scope->event->source);
    if (part == EVENT_CHANGES)
        return joined_changes(scope->joined);
    value = scope->event->fields[part];
    if (part == EVENT_ACTOR && value.present)
        value.text = name_shown(value.text);
    return value;
}

struct value scope_value(const struct scope *scope, const struct ref *ref)
{
    switch (ref->kind) {
    case REF_EVENT:
        return event_value(scope, ref->index);
    case REF_USER:
        if (scope->joined == NULL)
            return account_value(scope->account, (enum user_field)ref->index);
        return joined_value(scope->joined, ref);
    case REF_FACT:
    case REF_OBSERVED:
    case REF_RUN:
    case REF_SUBJECT:
    case REF_ACTOR:
        return joined_value(scope->joined, ref);
    }
    return value_null(VALUE_STRING);
}

/* NULL for null; buffer holds what is not text already. */
static const char *comparable(const struct value *value,
                              char buffer[INSTANT_TEXT_MAX])
{
    if (!value->present)
        return NULL;
    switch (value->type) {
    case VALUE_BOOLEAN:
        return value->integer != 0 ? "true" : "false";
    case VALUE_TIMESTAMP:
    case VALUE_DATE:
        instant_rfc3339(value->integer, buffer);
        return buffer;
    default:
        return value->text;
    }
}

static bool text_among(const struct condition *c, const struct scope *scope)
{
    char buffer[INSTANT_TEXT_MAX];
    struct value value = scope_value(scope, &c->ref);
    const char *text = comparable(&value, buffer);

    for (size_t i = 0; text != NULL && i < c->text_count; i++) {
        if (*text == *c->texts[i] && strcmp(text, c->texts[i]) == 0)
            return true;
    }
    return false;
}

static bool text_matches(const struct condition *c, const struct scope *scope)
{
    char buffer[INSTANT_TEXT_MAX];
    struct value value = scope_value(scope, &c->ref);
    const char *text = comparable(&value, buffer);

    return text != NULL && pattern_matches(c->pattern, text, c->no_memory);
}

static bool member_equal(const char *wanted, const char *found)
{
    return wanted == NULL || (found != NULL && strcmp(wanted, found) == 0);
}

static bool change_among(const struct event_change *wanted,
                         const struct event *event)
{
    for (size_t i = 0; i < event->change_count; i++) {
        const struct event_change *change = &event->changes[i];

        if (member_equal(wanted->field, change->field) &&
            member_equal(wanted->from, change->from) &&
            member_equal(wanted->to, change->to))
            return true;
    }
    return false;
}

static bool leaf_holds(const struct condition *c, const struct scope *scope)
{
    struct value value;

    switch (c->kind) {
    case CONDITION_EQUALS:
    case CONDITION_IN:
        return text_among(c, scope);
    case CONDITION_MATCHES:
        return text_matches(c, scope);
    case CONDITION_PRESENT:
        return scope_value(scope, &c->ref).present == c->flag;
    case CONDITION_OLDER:
        value = scope_value(scope, &c->ref);
        return value.present && value.integer < scope->as_of - c->age_ms;
    case CONDITION_CHANGE:
        return change_among(&c->change, scope->event);
    default:
        return false;
    }
}

static bool in_doubt(const struct condition *c, const struct unknowns *unknown)
{
    bool of_absence = c->kind == CONDITION_PRESENT || c->ref.origin;

    if (c->kind == CONDITION_CHANGE)
        return false;
    /* The text of changes is made with a row. */
    if (unknown->all_but_event &&
        (c->ref.kind != REF_EVENT || c->ref.index == EVENT_CHANGES))
        return true;
    return c->ref.kind == REF_USER &&
           (unknown->fields & 1u << c->ref.index) != 0 &&
           (unknown->may_come || !of_absence);
}

/* ALL is what its least child is, ANY what its greatest is. */
static enum decision combine(const struct condition *c,
                             const struct scope *scope,
                             const struct unknowns *unknown)
{
    bool all = c->kind == CONDITION_ALL;
    enum decision decision = all ? DECIDED_YES : DECIDED_NO;
    enum decision final = all ? DECIDED_NO : DECIDED_YES;

    for (size_t i = 0; i < c->child_count && decision != final; i++) {
        enum decision child =
            condition_decide(&c->children[i], scope, unknown);

        if (all ? child < decision : child > decision)
            decision = child;
    }
    return decision;
}

enum decision condition_decide(const struct condition *c,
                               const struct scope *scope,
                               const struct unknowns *unknown)
{
    if (c->kind == CONDITION_ALL || c->kind == CONDITION_ANY)
        return combine(c, scope, unknown);
    if (c->kind == CONDITION_NOT)
        return DECIDED_YES - condition_decide(&c->children[0], scope, unknown);
    if (in_doubt(c, unknown))
        return UNDECIDED;
    return leaf_holds(c, scope) ? DECIDED_YES : DECIDED_NO;
}

bool condition_holds(const struct condition *c, const struct scope *scope)
{
    return condition_decide(c, scope, &(struct unknowns){0}) == DECIDED_YES;
}

bool condition_may_hold(const struct condition *c, const struct scope *scope)
{
    return condition_decide(c, scope,
                            &(struct unknowns){.all_but_event = true}) !=
           DECIDED_NO;
}
