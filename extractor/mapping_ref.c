#include "mapping_read.h"

#include <string.h>

#include "join.h"

static const char *const fact_status_words[] = {"known", "no_actor",
                                                "before_log", "no_access",
                                                NULL};

static const struct family {
    const char *name; /* with its point */
    const struct item_field *parts;
    size_t count;
} families[] = {
    [REF_USER] = {"user.", user_fields, USER_FIELD_COUNT},
    [REF_EVENT] = {"event.", event_fields, EVENT_PART_COUNT},
    [REF_FACT] = {"fact.", rules_fact_parts, FACT_PART_COUNT},
    [REF_OBSERVED] = {"observed.", rules_observed_parts, OBSERVED_PART_COUNT},
    [REF_RUN] = {"run.", rules_run_parts, RUN_PART_COUNT},
    [REF_SUBJECT] = {"subject.", rules_subject_parts, SUBJECT_PART_COUNT},
    [REF_ACTOR] = {"actor.", rules_actor_parts, ACTOR_PART_COUNT},
};

enum { FAMILIES = sizeof(families) / sizeof(families[0]) };

/* Index of the family, or -1 and a problem. */
static int find_family(struct spec *spec, const struct spec_node *node,
                       const char *text, unsigned scope)
{
    size_t len = strcspn(text, ".");
    const char *word =
        arena_strndup(spec->arena, text, text[len] == '.' ? len + 1 : len);
    struct nearest nearest;

    if (word == NULL) {
        spec->no_memory = true;
        return -1;
    }
    nearest_start(&nearest, word);
    for (int i = 0; i < FAMILIES; i++) {
        if ((scope & 1u << i) == 0)
            continue;
        if (strcmp(families[i].name, word) == 0)
            return i;
        nearest_offer(&nearest, families[i].name);
    }
    nearest.word = text;
    spec_unknown(spec, node, "or misplaced reference", &nearest);
    return -1;
}

static bool find_part(struct spec *spec, const struct spec_node *node,
                      const struct family *family, const char *name,
                      size_t *out)
{
    struct nearest nearest;

    nearest_start(&nearest, name);
    for (size_t i = 0; i < family->count; i++) {
        if (strcmp(family->parts[i].name, name) == 0) {
            *out = i;
            return true;
        }
        nearest_offer(&nearest, family->parts[i].name);
    }
    spec_unknown(spec, node, "field", &nearest);
    return false;
}

/* rest is "NAME.part" without the "fact." */
static bool find_fact(struct spec *spec, const struct spec_node *node,
                      const char *rest, struct ref *out)
{
    const struct mapping_reader *reader = spec->owner;
    size_t len = strcspn(rest, "."), part;
    struct nearest nearest;
    const char *name = arena_strndup(spec->arena, rest, len);

    if (name == NULL) {
        spec->no_memory = true;
        return false;
    }
    nearest_start(&nearest, name);
    for (out->index = 0; out->index < reader->fact_count; out->index++) {
        const char *known = reader->facts[out->index].name;

        if (strcmp(known, name) == 0)
            break;
        nearest_offer(&nearest, known);
    }
    if (out->index == reader->fact_count) {
        spec_unknown(spec, node, "fact", &nearest);
        return false;
    }
    rest += len + (rest[len] == '.');
    if (!find_part(spec, node, &families[REF_FACT], rest, &part))
        return false;
    out->part = (enum fact_part)part;
    return true;
}

/* text is "FIELD" or "FIELD.source" without the "user." */
static bool find_user_field(struct spec *spec, const struct spec_node *node,
                            const char *text, struct ref *out)
{
    size_t len = strcspn(text, ".");
    const char *name = arena_strndup(spec->arena, text, len);

    if (name == NULL) {
        spec->no_memory = true;
        return false;
    }
    out->origin = strcmp(text + len, ".source") == 0;
    return find_part(spec, node, &families[REF_USER], out->origin ? name : text,
                     &out->index);
}

/* What is misplaced though its name is right. */
static bool check_place(struct spec *spec, const struct spec_node *node,
                        unsigned scope, const struct ref *ref)
{
    const struct mapping_reader *reader = spec->owner;
    const char *problem = NULL;

    if (ref->kind == REF_USER && reader->mapping->rules.users == NULL)
        problem = "needs \"users\", the source of accounts";
    else if (scope == SCOPE_FACT && ref->index == EVENT_CHANGES)
        problem = "is for columns; a condition tests {\"change\": {..}}";
    if (problem != NULL)
        spec_problem(spec, node, "%s", problem);
    return problem == NULL;
}

bool mapping_read_ref(struct spec *spec, const struct spec_node *node,
                      unsigned scope, struct ref *out)
{
    const char *text = spec_text(spec, node);
    int family;

    memset(out, 0, sizeof(*out));
    if (text == NULL)
        return false;
    family = find_family(spec, node, text, scope);
    if (family < 0)
        return false;
    out->kind = (enum ref_kind)family;
    text += strlen(families[family].name);
    if (out->kind == REF_FACT)
        return find_fact(spec, node, text, out);
    if (out->kind == REF_USER)
        return find_user_field(spec, node, text, out) &&
               check_place(spec, node, scope, out);
    return find_part(spec, node, &families[family], text, &out->index) &&
           check_place(spec, node, scope, out);
}

enum value_type mapping_ref_type(const struct ref *ref)
{
    size_t part = ref->kind == REF_FACT ? (size_t)ref->part : ref->index;

    if (ref->origin)
        return VALUE_STRING;
    return families[ref->kind].parts[part].type;
}

const char *const *mapping_ref_words(const struct ref *ref)
{
    if (ref->kind == REF_FACT && ref->part == FACT_STATUS)
        return fact_status_words;
    if (ref->kind == REF_SUBJECT && ref->index == SUBJECT_STATUS)
        return join_subject_words;
    if (ref->kind == REF_ACTOR && ref->index == ACTOR_KIND)
        return join_actor_words;
    return NULL;
}
