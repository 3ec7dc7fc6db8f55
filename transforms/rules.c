#include "rules.h"

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
    case REF_RUN:
        break;
    }
    return arena_printf(arena, "run.%s", rules_run_parts[ref->index].name);
}
