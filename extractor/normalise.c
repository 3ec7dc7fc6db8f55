#include "normalise.h"

#include <string.h>

#include "normalise_parts.h"

enum item_verdict normalise_refuse(struct item_notes *notes, const char *field,
                                const char *reason)
{
    notes->field = field;
    notes->reason = reason;
    return ITEM_REFUSED;
}

const struct json *normalise_items(const struct source *source,
                                   const struct json *root, struct error *err)
{
    const struct json *items = json_at(root, source->items);

    if (items != NULL && json_type(items) == JSON_ARRAY)
        return items;
    error_set(err, ERROR_DATA, "%s: the answer has %s where an array is due, "
              "%s%s", source->name,
              items == NULL ? "nothing" : json_type_name(json_type(items)),
              *source->items == '\0' ? "at its top" : "at ", source->items);
    error_hint(err, "if the endpoint changed, edit %s", source->path);
    return NULL;
}

static bool among(const char *const *texts, const char *text)
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

const struct json *normalise_find(const struct json *item,
                                  const char *const *pointers)
{
    for (; pointers != NULL && *pointers != NULL; pointers++) {
        const struct json *node = json_at(item, *pointers);

        if (node != NULL && json_type(node) != JSON_NULL)
            return node;
    }
    return NULL;
}

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

static enum item_verdict read_instant(const struct field_rule *rule,
                                      const char *name,
                                      const struct json *node,
                                      struct value *value,
                                      struct item_notes *notes)
{
    const char *reason;
    const char *text =
        normalise_text(node, rule->time == INSTANT_EPOCH_MS, &reason);

    if (text == NULL)
        return normalise_refuse(notes, name, reason);
    if (among(rule->placeholders, text))
        return ITEM_GOOD;
    if (instant_parse(text, rule->time, &value->integer) != 0)
        return normalise_refuse(notes, name, "is not a time in the expected format");
    value->present = true;
    return ITEM_GOOD;
}

int normalise_instant(const struct field_rule *rule, const struct json *item,
                      int64_t *at)
{
    const struct json *node = normalise_find(item, rule->at);
    struct value value = value_null(VALUE_TIMESTAMP);
    struct item_notes notes;

    if (node == NULL ||
        read_instant(rule, "", node, &value, &notes) != ITEM_GOOD ||
        !value.present)
        return -1;
    *at = value.integer;
    return 0;
}

static enum item_verdict read_boolean(const struct field_rule *rule,
                                      const char *name,
                                      const struct json *node,
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
        return normalise_refuse(notes, name, "is a word the source does not map");
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
    if (among(rule->placeholders, text)) {
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
    node = normalise_find(item, rule->at);
    if (node == NULL && rule->when_absent != NULL)
        *value = value_text(rule->when_absent);
    if (node == NULL)
        return rule->required ? normalise_refuse(notes, field->name, "is missing")
                              : ITEM_GOOD;
    if (field->type == VALUE_TIMESTAMP)
        return read_instant(rule, field->name, node, value, notes);
    if (field->type == VALUE_BOOLEAN)
        return read_boolean(rule, field->name, node, value, notes);
    return read_text(rule, field->name, node, value, notes);
}

static bool has_text(const struct user *user, enum user_field field)
{
    return user->fields[field].present && user->fields[field].text[0] != '\0';
}

enum item_verdict normalise_user(const struct source *source,
                                 const struct json *item, struct user *user,
                                 struct item_notes *notes)
{
    if (json_type(item) != JSON_OBJECT)
        return normalise_refuse(notes, "item", "is not an object");
    user->source = source->name;
    for (unsigned i = 0; i < USER_FIELD_COUNT; i++) {
        enum item_verdict verdict =
            normalise_field(&source->user_fields[i], &user_fields[i], item,
                       &user->fields[i], notes);

        if (verdict == ITEM_REFUSED)
            return verdict;
        if (verdict == ITEM_PLACEHOLDER && i == USER_ACCOUNT_ID)
            return verdict;
    }
    if (has_text(user, USER_ACCOUNT_ID))
        return ITEM_GOOD;
    user->fields[USER_ACCOUNT_ID].present = false;
    if (source->user_fields[USER_ACCOUNT_ID].required)
        return normalise_refuse(notes, "account_id", "is missing");
    if (!has_text(user, USER_EMAIL))
        return normalise_refuse(notes, "email", "is missing, and so is account_id");
    return ITEM_GOOD;
}

const char *normalise_optional(const struct json *node, const char *pointer,
                                 bool *bad)
{
    const struct json *found = pointer ? json_at(node, pointer) : NULL;
    const char *reason, *text;

    if (found == NULL || json_type(found) == JSON_NULL)
        return NULL;
    text = normalise_text(found, false, &reason);
    *bad = *bad || text == NULL;
    return text;
}

bool normalise_pair(const struct source *source, const struct json *item,
                    const char **key, const char **account_id)
{
    const struct field_rule *rule =
        source->kind == SOURCE_EVENTS ? &source->event_fields[EVENT_ACTOR]
                                      : &source->user_fields[USER_ACCOUNT_ID];
    bool bad = false;

    *key = NULL;
    if (source->pair_key == NULL || json_type(item) != JSON_OBJECT)
        return false;
    *key = normalise_optional(item, source->pair_key, &bad);
    *account_id = normalise_optional(item, source->pair_account_id, &bad);
    if (bad || *key == NULL || *account_id == NULL)
        return false;
    return **key != '\0' && **account_id != '\0' &&
           !among(rule->placeholders, *account_id);
}
