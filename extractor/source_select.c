/* Which members of a page the definition leads to, and so of which the scanner
 * is to leave nodes. Every pointer of a source that is followed in a page or
 * in one of its items has to be here. */
#include "json_select.h"
#include "source_read.h"

struct selecting {
    struct source *source;
    struct json_select *select;
    bool no_memory;
};

/* The member at pointer below base; NULL: the definition has none. */
static void add(struct selecting *s, const char *base, const char *pointer)
{
    if (pointer != NULL && json_select_add(s->select, &s->source->arena, base,
                                           pointer) != 0)
        s->no_memory = true;
}

static void add_all(struct selecting *s, const char *base,
                    const char *const *pointers)
{
    for (; pointers != NULL && *pointers != NULL; pointers++)
        add(s, base, *pointers);
}

/* Most records of a log are about no account, and these are never opened. */
static void later(struct selecting *s, const char *pointer)
{
    if (json_select_later(s->select, &s->source->arena, s->source->items,
                          pointer) != 0)
        s->no_memory = true;
}

/* A pointer below an item that itself lies below the item of the page. */
static const char *below(struct selecting *s, const char *pointer)
{
    char *joined =
        arena_printf(&s->source->arena, "%s%s", s->source->items, pointer);

    if (joined == NULL ||
        json_select_name(s->select, &s->source->arena, s->source->items,
                         pointer) != 0)
        s->no_memory = true;
    return joined;
}

/* Places that are looked at one by one: all that is in them. */
static void add_field(struct selecting *s, const struct field_rule *rule)
{
    add_all(s, s->source->items, rule->at);
    if (rule->newest != NULL)
        add(s, s->source->items, rule->newest->items);
    if (rule->list != NULL)
        add(s, s->source->items, rule->list->items);
}

static void add_subject(struct selecting *s, const struct subject_rule *rule)
{
    const char *items = below(s, rule->items);

    for (size_t i = 0; i < rule->when_count; i++)
        add(s, s->source->items, rule->when[i].at);
    if (items == NULL)
        return;
    if (rule->when_count > 0)
        later(s, rule->items);
    add(s, items, rule->item.at);
    add_all(s, items, rule->name);
    add_all(s, items, rule->email);
    add_all(s, items, rule->id);
}

static void add_actor(struct selecting *s, const struct actor_rule *rule)
{
    const char *at = below(s, rule->at);

    if (at == NULL)
        return;
    add(s, at, rule->id);
    add(s, at, rule->name);
    add(s, at, rule->email);
}

static void add_changes(struct selecting *s)
{
    const struct source *source = s->source;
    const char *items;

    if (source->changes_items == NULL)
        return;
    items = below(s, source->changes_items);
    if (items == NULL)
        return;
    later(s, source->changes_items);
    add(s, items, source->change_field);
    add(s, items, source->change_from);
    add(s, items, source->change_to);
}

static void add_item(struct selecting *s)
{
    const struct source *source = s->source;

    for (unsigned i = 0; i < USER_FIELD_COUNT; i++)
        add_field(s, &source->user_fields[i]);
    for (unsigned i = 0; i < EVENT_FIELD_COUNT; i++)
        add_field(s, &source->event_fields[i]);
    for (size_t i = 0; i < source->subject_count; i++)
        add_subject(s, &source->subjects[i]);
    for (size_t i = 0; i < source->object_count; i++)
        add_subject(s, &source->objects[i]);
    for (size_t i = 0; i < source->actor_count; i++)
        add_actor(s, &source->actors[i]);
    add_changes(s);
    add(s, source->items, source->pair_key);
    add(s, source->items, source->pair_account_id);
}

/* What is looked up in each record of a log is found by its slot. */
static void find_subject_slots(struct selecting *s, struct subject_rule *rule)
{
    const char *items = s->source->items;
    char *below = arena_printf(&s->source->arena, "%s%s", items, rule->items);

    rule->slot = json_select_slot(s->select, items, rule->items);
    for (size_t i = 0; i < rule->when_count; i++)
        rule->when[i].slot =
            json_select_slot(s->select, items, rule->when[i].at);
    if (below == NULL)
        s->no_memory = true;
    else
        rule->item.slot = json_select_slot(s->select, below, rule->item.at);
}

static void find_field_slot(struct selecting *s, struct field_rule *rule)
{
    if (rule->at != NULL)
        rule->slot = json_select_slot(s->select, s->source->items, *rule->at);
}

static void find_slots(struct selecting *s)
{
    struct source *source = s->source;

    for (unsigned i = 0; i < USER_FIELD_COUNT; i++)
        find_field_slot(s, &source->user_fields[i]);
    for (unsigned i = 0; i < EVENT_FIELD_COUNT; i++)
        find_field_slot(s, &source->event_fields[i]);
    for (size_t i = 0; i < source->subject_count; i++)
        find_subject_slots(s, &source->subjects[i]);
    for (size_t i = 0; i < source->object_count; i++)
        find_subject_slots(s, &source->objects[i]);
    source->pair_key_slot =
        json_select_slot(s->select, source->items, source->pair_key);
    source->pair_account_id_slot =
        json_select_slot(s->select, source->items, source->pair_account_id);
}

int source_select(struct source *source)
{
    struct selecting s = {.source = source};

    s.select = arena_alloc(&source->arena, sizeof(*s.select));
    if (s.select == NULL)
        return -1;
    add_item(&s);
    add(&s, NULL, source->total);
    add_all(&s, NULL, source->paging.next);
    find_slots(&s);
    source->select = s.select;
    return s.no_memory ? -1 : 0;
}
