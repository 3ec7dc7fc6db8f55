#include "mapping_read.h"

#include <string.h>

#include "instant.h"

#define ACTOR_WITHIN_MAX (INT64_C(7) * INSTANT_DAY)

static bool in_list(const char *const *list, const char *text,
                    struct nearest *nearest)
{
    nearest_start(nearest, text);
    for (; *list != NULL; list++) {
        if (strcmp(*list, text) == 0)
            return true;
        nearest_offer(nearest, *list);
    }
    return false;
}

static void read_sources(struct spec *spec, const struct spec_node *node,
                         void *out)
{
    const struct mapping_reader *reader = spec->owner;
    const char *const *sources = spec_texts(spec, node, 1);

    *(const char *const **)out = sources;
    for (; sources != NULL && *sources != NULL; sources++) {
        struct nearest nearest;

        if (!in_list(reader->mapping->rules.events, *sources, &nearest))
            spec_unknown(spec, node, "source of events", &nearest);
    }
}

static void read_when(struct spec *spec, const struct spec_node *node,
                      void *out)
{
    *(struct condition **)out = mapping_read_condition(spec, node, SCOPE_FACT);
}

static void read_cancelled_by(struct spec *spec, const struct spec_node *node,
                              void *out)
{
    const struct mapping_reader *reader = spec->owner;
    const char *text = spec_text(spec, node);
    struct nearest nearest;

    if (text == NULL)
        return;
    nearest_start(&nearest, text);
    for (size_t i = 0; i < reader->fact_count; i++) {
        const struct fact_rule *fact = &reader->facts[i];
        bool itself = &fact->cancelled_by == (int *)out;

        if (strcmp(fact->name, text) == 0) {
            if (itself)
                spec_problem(spec, node, "a fact cannot cancel itself");
            *(int *)out = (int)i;
            return;
        }
        if (!itself)
            nearest_offer(&nearest, fact->name);
    }
    spec_unknown(spec, node, "fact", &nearest);
}

static const struct spec_field fact_fields[] = {
    {.key = "sources",
     .kind = SPEC_CUSTOM,
     .offset = offsetof(struct fact_rule, sources),
     .read = read_sources},
    {.key = "when",
     .kind = SPEC_CUSTOM,
     .offset = offsetof(struct fact_rule, when),
     .read = read_when},
    {.key = "actor_within",
     .kind = SPEC_DURATION,
     .offset = offsetof(struct fact_rule, actor_within_ms),
     .max = ACTOR_WITHIN_MAX},
    {.key = "cancelled_by",
     .kind = SPEC_CUSTOM,
     .offset = offsetof(struct fact_rule, cancelled_by),
     .read = read_cancelled_by},
    {0},
};

static bool fact_name(const char *text)
{
    return *text != '\0' &&
           text[strspn(text, "abcdefghijklmnopqrstuvwxyz_")] == '\0';
}

/* Names first: cancelled_by may name a fact that stands further down. */
static bool read_names(struct spec *spec, const struct spec_node *node)
{
    struct mapping_reader *reader = spec->owner;

    for (const struct json *item = json_first(node->json); item != NULL;
         item = json_next(item)) {
        struct fact_rule *fact = &reader->facts[reader->fact_count];

        if (!fact_name(json_key(item)))
            spec_problem_at(spec, node, json_key(item),
                            "a fact's name holds only a-z and '_'");
        fact->name = spec_copy(spec, json_key(item));
        fact->cancelled_by = -1;
        fact->actor_within_ms = 15 * INSTANT_MINUTE;
        if (fact->name == NULL)
            return false;
        reader->fact_count++;
    }
    return true;
}

void mapping_read_facts(struct spec *spec, const struct spec_node *node,
                        void *out)
{
    struct mapping_reader *reader = spec->owner;
    struct rules *rules = out;
    size_t count = json_size(node->json), index = 0;

    if (!spec_is_container(spec, node, JSON_OBJECT))
        return;
    if (count > RULES_FACTS_MAX) {
        spec_problem(spec, node, "at most %d facts are possible",
                     RULES_FACTS_MAX);
        return;
    }
    if (count != 0 && rules->events[0] == NULL)
        spec_problem(spec, node, "facts need \"events\", the sources of them");
    reader->facts = spec_alloc(spec, count + 1, sizeof(*reader->facts));
    if (reader->facts == NULL || !read_names(spec, node))
        return;
    for (const struct json *item = json_first(node->json); item != NULL;
         item = json_next(item)) {
        struct spec_node child = spec_child(node, item, 0);

        spec_object(spec, &child, fact_fields, &reader->facts[index++]);
    }
    rules->facts = reader->facts;
    rules->fact_count = reader->fact_count;
}
