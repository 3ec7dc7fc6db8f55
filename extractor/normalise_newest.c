#include "normalise_parts.h"

#include <string.h>

/* What the places of a rule hold, taken together. */
struct newest {
    bool places; /* there is a place, whatever it holds */
    bool found;  /* a place holds an instant */
    int64_t at;  /* the newest of them */
};

static bool has_prefix(const char *const *prefix, const char *key)
{
    for (; prefix != NULL && *prefix != NULL; prefix++) {
        if (strncmp(*prefix, key, strlen(*prefix)) == 0)
            return true;
    }
    return false;
}

static enum item_verdict take_place(const struct field_rule *rule,
                                    const char *name, const struct json *place,
                                    struct newest *newest,
                                    struct item_notes *notes)
{
    const char *const *at = rule->newest->at;
    const struct json *node;
    struct value value = value_null(VALUE_TIMESTAMP);

    if (**at != '\0' && json_type(place) != JSON_OBJECT &&
        json_type(place) != JSON_NULL)
        return normalise_refuse(notes, rule->newest->items,
                                "holds something that is not an object");
    node = normalise_find(place, at, 0);
    if (node == NULL)
        return ITEM_GOOD;
    if (json_type(node) == JSON_STRING && *json_text(node) == '\0')
        return ITEM_GOOD;
    if (normalise_time(rule, name, node, rule->never, &value, notes) !=
        ITEM_GOOD)
        return ITEM_REFUSED;
    if (!value.present)
        return ITEM_GOOD;
    if (!newest->found || value.integer > newest->at)
        newest->at = value.integer;
    newest->found = true;
    return ITEM_GOOD;
}

/* An array is a place for each of its elements and says "never" when it is
 * empty; so does an object of which every member is a place. With a prefix
 * there are places only when a member is called so. */
static enum item_verdict look(const struct field_rule *rule, const char *name,
                              const struct json *item, struct newest *newest,
                              struct item_notes *notes)
{
    const char *const *prefix = rule->newest->prefix;
    const struct json *list = json_at(item, rule->newest->items);
    enum item_verdict verdict = ITEM_GOOD;

    if (list == NULL || json_type(list) == JSON_NULL)
        return ITEM_GOOD;
    if (json_type(list) != JSON_OBJECT &&
        (prefix != NULL || json_type(list) != JSON_ARRAY))
        return normalise_refuse(notes, rule->newest->items,
                                prefix != NULL ? "is not an object"
                                               : "is neither object nor array");
    newest->places = prefix == NULL;
    for (const struct json *place = json_first(list);
         place != NULL && verdict == ITEM_GOOD; place = json_next(place)) {
        if (prefix != NULL && !has_prefix(prefix, json_key(place)))
            continue;
        newest->places = true;
        verdict = take_place(rule, name, place, newest, notes);
    }
    return verdict;
}

enum item_verdict normalise_newest(const struct field_rule *rule,
                                   const struct item_field *field,
                                   const struct json *item, struct value *value,
                                   struct item_notes *notes)
{
    struct newest newest = {0};

    if (look(rule, field->name, item, &newest, notes) != ITEM_GOOD)
        return ITEM_REFUSED;
    if (field->type == VALUE_TIMESTAMP && newest.found)
        *value = value_instant(newest.at);
    else if (field->type == VALUE_STRING && newest.places)
        *value =
            value_text(newest.found ? rule->when_present : rule->when_absent);
    if (rule->required && !value->present)
        return normalise_refuse(notes, field->name, "is missing");
    return ITEM_GOOD;
}
