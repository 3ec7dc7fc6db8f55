#include "rules.h"

#include <string.h>

const struct item_field rules_fact_parts[FACT_PART_COUNT] = {
    [FACT_AT] = {"at", VALUE_TIMESTAMP},
    [FACT_ACTOR_ID] = {"actor_id", VALUE_STRING},
    [FACT_ACTOR_NAME] = {"actor_name", VALUE_STRING},
    [FACT_ACTION] = {"action", VALUE_STRING},
    [FACT_SOURCE] = {"source", VALUE_STRING},
    [FACT_ACTOR_SOURCE] = {"actor_source", VALUE_STRING},
    [FACT_EVENT_ID] = {"event_id", VALUE_STRING},
    [FACT_STATUS] = {"status", VALUE_STRING},
};

const struct item_field rules_observed_parts[OBSERVED_PART_COUNT] = {
    [OBSERVED_FIRST_INACTIVE] = {"first_inactive_at", VALUE_TIMESTAMP},
    [OBSERVED_LAST_ACTIVE] = {"last_active_at", VALUE_TIMESTAMP},
};

const struct item_field rules_run_parts[RUN_PART_COUNT] = {
    [RUN_AS_OF] = {"as_of", VALUE_TIMESTAMP},
    [RUN_ID] = {"id", VALUE_STRING},
};

static uint32_t ref_field(const struct ref *ref)
{
    return ref->kind == REF_USER ? 1u << ref->index : 0;
}

static uint32_t condition_fields(const struct condition *condition)
{
    uint32_t fields = 0;

    if (condition == NULL || condition->kind == CONDITION_CHANGE)
        return 0;
    if (condition->child_count == 0)
        return ref_field(&condition->ref);
    for (size_t i = 0; i < condition->child_count; i++)
        fields |= condition_fields(&condition->children[i]);
    return fields;
}

uint32_t rules_user_fields(const struct rules *rules)
{
    uint32_t fields = condition_fields(rules->where);

    for (size_t i = 0; i < rules->schema.count; i++) {
        const struct column_rule *rule = &rules->columns[i];

        for (size_t a = 0; a < rule->alternative_count; a++) {
            fields |= condition_fields(rule->alternatives[a].when);
            if (!rule->alternatives[a].constant)
                fields |= ref_field(&rule->alternatives[a].ref);
        }
    }
    return fields;
}

const struct item_field rules_subject_parts[SUBJECT_PART_COUNT] = {
    [SUBJECT_ID] = {"id", VALUE_STRING},
    [SUBJECT_ACCOUNT_ID] = {"account_id", VALUE_STRING},
    [SUBJECT_NAME] = {"name", VALUE_STRING},
    [SUBJECT_STATUS] = {"status", VALUE_STRING},
};

const struct item_field rules_actor_parts[ACTOR_PART_COUNT] = {
    [ACTOR_ID] = {"id", VALUE_STRING},
    [ACTOR_NAME] = {"name", VALUE_STRING},
    [ACTOR_KIND] = {"kind", VALUE_STRING},
};

const struct rules_order_ref rules_event_order[RULES_EVENT_ORDER] = {
    {REF_EVENT, EVENT_AT},
    {REF_EVENT, EVENT_SOURCE},
    {REF_EVENT, EVENT_ID},
    {REF_SUBJECT, SUBJECT_ID},
};

bool rules_take_source(const struct rules *rules, const char *source)
{
    for (const char *const *e = rules->events; e != NULL && *e != NULL; e++) {
        if (strcmp(*e, source) == 0)
            return true;
    }
    return false;
}

bool rules_column_is(const struct rules *rules, size_t column,
                     enum ref_kind kind, size_t index)
{
    const struct column_rule *rule = &rules->columns[column];
    const struct alternative *first = rule->alternatives;

    return rule->alternative_count > 0 && rule->transform_count == 0 &&
           first->when == NULL && !first->constant && first->ref.kind == kind &&
           first->ref.index == index && !first->ref.origin;
}

/* A date column orders by days, so it does not count as the time. */
bool rules_in_event_order(const struct rules *rules)
{
    if (rules->order_count != RULES_EVENT_ORDER ||
        rules->schema.columns[rules->order[0]].type != VALUE_TIMESTAMP)
        return false;
    for (size_t i = 0; i < RULES_EVENT_ORDER; i++) {
        if (!rules_column_is(rules, rules->order[i], rules_event_order[i].kind,
                             rules_event_order[i].index))
            return false;
    }
    return true;
}

char *rules_ref_text(const struct rules *rules, const struct ref *ref,
                     struct arena *arena)
{
    switch (ref->kind) {
    case REF_USER:
        return arena_printf(arena, "user.%s%s", user_fields[ref->index].name,
                            ref->origin ? ".source" : "");
    case REF_EVENT:
        return arena_printf(arena, "event.%s", event_fields[ref->index].name);
    case REF_FACT:
        return arena_printf(arena, "fact.%s.%s", rules->facts[ref->index].name,
                            rules_fact_parts[ref->part].name);
    case REF_OBSERVED:
        return arena_printf(arena, "observed.%s",
                            rules_observed_parts[ref->index].name);
    case REF_SUBJECT:
        return arena_printf(arena, "subject.%s",
                            rules_subject_parts[ref->index].name);
    case REF_ACTOR:
        return arena_printf(arena, "actor.%s",
                            rules_actor_parts[ref->index].name);
    case REF_RUN:
        break;
    }
    return arena_printf(arena, "run.%s", rules_run_parts[ref->index].name);
}

static bool orders_rows(const struct rules *rules, size_t column)
{
    for (size_t i = 0; i < rules->order_count; i++) {
        if (rules->order[i] == column)
            return true;
    }
    return false;
}

enum over_length rules_over_length(const struct rules *rules, size_t column)
{
    const struct column_rule *rule = &rules->columns[column];
    enum over_length policy = rule->has_over_length ? rule->over_length
                                                    : rules->over_length;

    return policy == OVER_LENGTH_TRUNCATE && orders_rows(rules, column)
               ? OVER_LENGTH_REJECT
               : policy;
}
