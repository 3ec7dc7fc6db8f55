#include "normalise_parts.h"

static const struct json *find_due(const struct source *source,
                                   const struct json *root,
                                   enum json_type type, const char *due,
                                   struct error *err)
{
    const struct json *items = json_at(root, source->items);

    if (items != NULL && json_type(items) == type)
        return items;
    error_set(err, ERROR_DATA,
              "%s: the answer has %s where %s is due, "
              "%s%s",
              source->name,
              items == NULL ? "nothing" : json_type_name(json_type(items)), due,
              *source->items == '\0' ? "at its top" : "at ", source->items);
    error_hint(err, "if the endpoint changed, edit %s", source->path);
    return NULL;
}

const struct json *normalise_items(const struct source *source,
                                   const struct json *root, struct error *err)
{
    return find_due(source, root, JSON_ARRAY, "an array", err);
}

const struct json *normalise_item(const struct source *source,
                                  const struct json *root, struct error *err)
{
    return find_due(source, root, JSON_OBJECT, "an object", err);
}

static bool has_text(const struct user *user, enum user_field field)
{
    return user->fields[field].present && user->fields[field].text[0] != '\0';
}

enum item_verdict normalise_user(const struct source *source,
                                 const struct json *item, struct user *user,
                                 struct item_notes *notes)
{
    const struct made_room room = {user->made, sizeof(user->made),
                                   &user->made_bytes};

    if (json_type(item) != JSON_OBJECT)
        return normalise_refuse(notes, "item", "is not an object");
    user->source = source->name;
    user->made_bytes = 0;
    for (unsigned i = 0; i < USER_FIELD_COUNT; i++) {
        enum item_verdict verdict =
            normalise_field(&source->user_fields[i], &user_fields[i], item,
                            &room, &user->fields[i], notes);

        if (verdict == ITEM_REFUSED)
            return verdict;
        if (verdict == ITEM_PLACEHOLDER && i == USER_ACCOUNT_ID)
            return verdict;
    }
    if (has_text(user, USER_ACCOUNT_ID) || source->each)
        return ITEM_GOOD;
    user->fields[USER_ACCOUNT_ID].present = false;
    if (source->user_fields[USER_ACCOUNT_ID].required)
        return normalise_refuse(notes, "account_id", "is missing");
    if (!has_text(user, USER_EMAIL))
        return normalise_refuse(notes, "email",
                                "is missing, and so is account_id");
    return ITEM_GOOD;
}

bool normalise_pair(const struct source *source, const struct json *item,
                    const char **key, const char **account_id)
{
    const struct field_rule *rule = source->kind == SOURCE_EVENTS
                                        ? &source->event_fields[EVENT_ACTOR]
                                        : &source->user_fields[USER_ACCOUNT_ID];
    bool bad = false;

    *key = NULL;
    if (source->pair_key == NULL || json_type(item) != JSON_OBJECT)
        return false;
    *key = normalise_optional_text(item, source->pair_key,
                                   source->pair_key_slot, &bad);
    *account_id = normalise_optional_text(
        item, source->pair_account_id, source->pair_account_id_slot, &bad);
    if (bad || *key == NULL || *account_id == NULL)
        return false;
    return **key != '\0' && **account_id != '\0' &&
           !normalise_among(rule->placeholders, *account_id);
}
