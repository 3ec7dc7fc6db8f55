/* Events that become rows: into the spool, and their names beside it. */
#include "condition.h"
#include "gather_parts.h"

int gather_keep_events(struct gathered *gathered, const struct setup *setup,
                       int folder_fd, struct error *err)
{
    for (size_t i = 0; i < setup->mapping_count; i++) {
        if (setup->mappings[i].rules.grain != GRAIN_EVENT)
            continue;
        gathered->spool = spool_open(folder_fd, err);
        return gathered->spool != NULL ? 0 : -1;
    }
    return 0;
}

/* Whether rows of the mapping can come of it, whoever the accounts are. */
static bool may_select(const struct rules *rules, const struct scope *scope)
{
    const struct event *event = scope->event;

    return rules->grain == GRAIN_EVENT &&
           rules_take_source(rules, event->source) &&
           (event->subject_count > 0 || rules->without_subject) &&
           (rules->where == NULL || condition_may_hold(rules->where, scope));
}

bool gather_lean(const struct setup *setup)
{
    for (size_t i = 0; i < setup->mapping_count; i++) {
        if (setup->mappings[i].rules.without_subject)
            return false;
    }
    return true;
}

static int note_name(struct gathered *gathered, struct strmap *names,
                     const char *name, struct error *err)
{
    const char *copy;

    if (strmap_get(names, name) != NULL)
        return 0;
    copy = arena_strdup(&gathered->arena, name);
    if (copy == NULL || strmap_put(names, copy, (void *)copy) != 0)
        return error_no_memory(err);
    return 0;
}

static int note_names(struct gathered *gathered, const struct event *event,
                      struct error *err)
{
    const struct value *actor = &event->fields[EVENT_ACTOR];

    for (size_t i = 0; i < event->subject_count; i++) {
        if (note_name(gathered, &gathered->subjects, event->subjects[i], err) !=
            0)
            return -1;
    }
    if (!actor->present)
        return 0;
    return note_name(gathered, &gathered->actors, actor->text, err);
}

int gather_spool_event(const struct gathering *g, const struct event *event,
                       struct error *err)
{
    const struct setup *setup = g->options->setup;
    const struct scope scope = {.event = event,
                                .as_of = g->options->report->as_of};
    bool wanted = false;

    if (g->gathered->spool == NULL)
        return 0;
    for (size_t i = 0; i < setup->mapping_count && !wanted; i++)
        wanted = may_select(&setup->mappings[i].rules, &scope);
    if (!wanted)
        return 0;
    if (note_names(g->gathered, event, err) != 0)
        return -1;
    return spool_add(g->gathered->spool, event, err);
}
