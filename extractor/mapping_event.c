/* What is special about a mapping of grain "event". */
#include "mapping_read.h"

unsigned mapping_scope_of_where(const struct rules *rules)
{
    return rules->grain == GRAIN_EVENT ? SCOPE_EVENT_WHERE : SCOPE_WHERE;
}

unsigned mapping_scope_of_columns(const struct rules *rules)
{
    return rules->grain == GRAIN_EVENT ? SCOPE_EVENT_COLUMN : SCOPE_COLUMN;
}

void mapping_event_order(const struct rules *rules, size_t *order,
                         size_t *count)
{
    for (size_t i = 0; i < RULES_EVENT_ORDER; i++) {
        for (size_t c = 0; c < rules->schema.count; c++) {
            if (!rules_column_is(rules, c, rules_event_order[i].kind,
                                 rules_event_order[i].index))
                continue;
            order[(*count)++] = c;
            break;
        }
    }
}

static bool names(const struct column_rule *rule, enum ref_kind kind,
                  size_t index)
{
    for (size_t i = 0; i < rule->alternative_count; i++) {
        const struct alternative *a = &rule->alternatives[i];

        if (!a->constant && a->ref.kind == kind && a->ref.index == index)
            return true;
    }
    return false;
}

/* With less than these two rows of one run could be one to a loader. */
static void check_key(struct spec *spec, const struct spec_node *root,
                      const struct rules *rules)
{
    static const struct {
        enum ref_kind kind;
        size_t index;
        const char *name;
    } parts[] = {
        {REF_EVENT, EVENT_SOURCE, "event.source"},
        {REF_EVENT, EVENT_ID, "event.id"},
        {REF_SUBJECT, SUBJECT_ID, "subject.id"},
    };

    for (size_t p = 0; p < sizeof(parts) / sizeof(parts[0]); p++) {
        bool found = false;

        for (size_t i = 0; i < rules->schema.count && !found; i++)
            found = rules->schema.columns[i].key &&
                    names(&rules->columns[i], parts[p].kind, parts[p].index);
        if (!found)
            spec_problem_at(
                spec, root, "columns",
                "needs a column with \"key\": true from %s; an event's row is "
                "told apart by event.source, event.id and subject.id",
                parts[p].name);
    }
}

static void check_order(struct spec *spec, const struct spec_node *root,
                        const struct rules *rules)
{
    for (size_t i = 0; i < rules->order_count; i++) {
        const struct column *column = &rules->schema.columns[rules->order[i]];

        if (column->type == VALUE_NUMBER)
            spec_problem_at(spec, root, "order",
                            "events cannot be ordered by \"%s\", a number",
                            column->name);
    }
}

void mapping_check_event(struct spec *spec, const struct spec_node *root,
                         const struct rules *rules)
{
    if (rules->events[0] == NULL)
        spec_problem_at(spec, root, "events",
                        "missing; a mapping of events needs the sources of "
                        "them");
    if (json_member(root->json, "facts") != NULL)
        spec_problem_at(spec, root, "facts", "a mapping of events has none");
    if (rules->schema.count == 0)
        return;
    check_key(spec, root, rules);
    check_order(spec, root, rules);
}
