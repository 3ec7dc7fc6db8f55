#include "normalise_parts.h"

#include <string.h>

/* Every check that fails passes through here, so that notes are never blank. */
enum item_verdict normalise_refuse(struct item_notes *notes, const char *field,
                                   const char *reason)
{
    notes->field = field;
    notes->reason = reason;
    return ITEM_REFUSED;
}

bool normalise_among(const char *const *texts, const char *text)
{
    while (texts != NULL && *texts != NULL) {
        if (strcmp(*texts++, text) == 0)
            return true;
    }
    return false;
}

static const char *mapped(const struct name_value *map, const char *text)
{
    for (; map != NULL && map->name != NULL; map++) {
        if (strcmp(map->name, text) == 0)
            return map->value;
    }
    return text;
}

/* The first pointer that leads to something other than null. */
const struct json *normalise_find(const struct json *item,
                                  const char *const *pointers, unsigned slot)
{
    for (; pointers != NULL && *pointers != NULL; pointers++, slot = 0) {
        const struct json *node = json_slot(item, slot, *pointers);

        if (node != NULL && json_type(node) != JSON_NULL)
            return node;
    }
    return NULL;
}

/* NULL with *reason set when node is no usable text. Ids may be numbers. */
const char *normalise_text(const struct json *node, bool numbers,
                           const char **reason)
{
    const char *text;

    if (numbers && json_type(node) == JSON_NUMBER) {
        text = json_number_text(node);
        *reason = "is not a whole number";
        return text[strspn(text, "0123456789")] == '\0' ? text : NULL;
    }
    *reason = "is not a text";
    if (json_type(node) != JSON_STRING)
        return NULL;
    text = json_text(node);
    *reason = "is longer than 65536 bytes";
    return strnlen(text, FIELD_BYTES_MAX + 1) > FIELD_BYTES_MAX ? NULL : text;
}

enum item_verdict normalise_time(const struct field_rule *rule,
                                 const char *name, const struct json *node,
                                 const char *const *none, struct value *value,
                                 struct item_notes *notes)
{
    const unsigned times =
        rule->times != 0 ? rule->times : 1u << INSTANT_ISO8601;
    const char *reason;
    const char *text =
        normalise_text(node, (times & 1u << INSTANT_EPOCH_MS) != 0, &reason);

    if (text == NULL)
        return normalise_refuse(notes, name, reason);
    if (normalise_among(none, text))
        return ITEM_GOOD;
    for (unsigned format = 0; format < INSTANT_FORMAT_COUNT; format++) {
        int64_t at;

        if ((times & 1u << format) == 0 ||
            instant_parse(text, (enum instant_format)format, &at) != 0)
            continue;
        *value = value_instant(at);
        return ITEM_GOOD;
    }
    return normalise_refuse(notes, name,
                            "is not a time in the expected format");
}

int normalise_instant(const struct field_rule *rule, const struct json *item,
                      int64_t *at)
{
    const struct json *node = normalise_find(item, rule->at, rule->slot);
    struct value value = value_null(VALUE_TIMESTAMP);
    struct item_notes notes;

    if (node == NULL ||
        normalise_time(rule, "", node, rule->placeholders, &value, &notes) !=
            ITEM_GOOD ||
        !value.present)
        return -1;
    *at = value.integer;
    return 0;
}

static enum item_verdict read_boolean(const struct field_rule *rule,
                                      const char *name, const struct json *node,
                                      struct value *value,
                                      struct item_notes *notes)
{
    const char *text;

    value->present = true;
    if (json_type(node) == JSON_BOOLEAN) {
        value->integer = json_bool(node);
        return ITEM_GOOD;
    }
    if (json_type(node) != JSON_STRING || rule->map == NULL)
        return normalise_refuse(notes, name, "is not true or false");
    text = mapped(rule->map, json_text(node));
    value->integer = strcmp(text, "true") == 0;
    if (!value->integer && strcmp(text, "false") != 0)
        return normalise_refuse(notes, name,
                                "is a word the source does not map");
    return ITEM_GOOD;
}

static enum item_verdict read_text(const struct field_rule *rule,
                                   const char *name, const struct json *node,
                                   struct value *value,
                                   struct item_notes *notes)
{
    /* Only identifiers may be numbers; elsewhere a number is a mistake. */
    bool numbers = strcmp(name, "id") == 0;
    const char *reason, *text;

    if (rule->when_present != NULL) {
        *value = value_text(rule->when_present);
        return ITEM_GOOD;
    }
    text = rule->map != NULL && json_type(node) == JSON_BOOLEAN
               ? (json_bool(node) ? "true" : "false")
               : normalise_text(node, numbers, &reason);
    if (text == NULL)
        return normalise_refuse(notes, name, reason);
    if (normalise_among(rule->placeholders, text)) {
        notes->field = name;
        return ITEM_PLACEHOLDER;
    }
    value->present = true;
    value->text = mapped(rule->map, text);
    return ITEM_GOOD;
}

enum item_verdict normalise_field(const struct field_rule *rule,
                                  const struct item_field *field,
                                  const struct json *item,
                                  const struct made_room *room,
                                  struct value *value,
                                  struct item_notes *notes)
{
    const struct json *node;

    *value = value_null(field->type);
    if (!rule->used)
        return ITEM_GOOD;
    if (rule->constant != NULL) {
        *value = value_text(rule->constant);
        return ITEM_GOOD;
    }
    if (rule->newest != NULL)
        return normalise_newest(rule, field, item, value, notes);
    if (rule->list != NULL)
        return normalise_list(rule, field, item, room, value, notes);
    node = normalise_find(item, rule->at, rule->slot);
    if (node == NULL && rule->when_absent != NULL)
        *value = value_text(rule->when_absent);
    if (node == NULL)
        return rule->required
                   ? normalise_refuse(notes, field->name, "is missing")
                   : ITEM_GOOD;
    if (field->type == VALUE_TIMESTAMP)
        return normalise_time(rule, field->name, node, rule->placeholders,
                              value, notes);
    if (field->type == VALUE_BOOLEAN)
        return read_boolean(rule, field->name, node, value, notes);
    return read_text(rule, field->name, node, value, notes);
}

/* NULL for absent and null; *bad is set when it is there and no text. */
const char *normalise_optional_text(const struct json *node,
                                    const char *pointer, unsigned slot,
                                    bool *bad)
{
    const struct json *found =
        pointer != NULL ? json_slot(node, slot, pointer) : NULL;
    const char *reason, *text;

    if (found == NULL || json_type(found) == JSON_NULL)
        return NULL;
    text = normalise_text(found, false, &reason);
    *bad = *bad || text == NULL;
    return text;
}
