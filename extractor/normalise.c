#include "normalise.h"

#include <string.h>

#include "name.h"

/* Every check that fails passes through here, so that notes are never blank. */
static enum item_verdict refuse(struct item_notes *notes, const char *field,
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

/* The first pointer that leads to something other than null. */
static const struct json *find(const struct json *item,
                               const char *const *pointers)
{
    for (; pointers != NULL && *pointers != NULL; pointers++) {
        const struct json *node = json_at(item, *pointers);

        if (node != NULL && json_type(node) != JSON_NULL)
            return node;
    }
    return NULL;
}

/* NULL with *reason set when node is no usable text. Ids may be numbers. */
static const char *text_of(const struct json *node, bool numbers,
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
        text_of(node, rule->time == INSTANT_EPOCH_MS, &reason);

    if (text == NULL)
        return refuse(notes, name, reason);
    if (among(rule->placeholders, text))
        return ITEM_GOOD;
    if (instant_parse(text, rule->time, &value->integer) != 0)
        return refuse(notes, name, "is not a time in the expected format");
    value->present = true;
    return ITEM_GOOD;
}

int normalise_instant(const struct field_rule *rule, const struct json *item,
                      int64_t *at)
{
    const struct json *node = find(item, rule->at);
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
        return refuse(notes, name, "is not true or false");
    text = mapped(rule->map, json_text(node));
    value->integer = strcmp(text, "true") == 0;
    if (!value->integer && strcmp(text, "false") != 0)
        return refuse(notes, name, "is a word the source does not map");
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
               : text_of(node, numbers, &reason);
    if (text == NULL)
        return refuse(notes, name, reason);
    if (among(rule->placeholders, text)) {
        notes->field = name;
        return ITEM_PLACEHOLDER;
    }
    value->present = true;
    value->text = mapped(rule->map, text);
    return ITEM_GOOD;
}

static enum item_verdict read_field(const struct field_rule *rule,
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
    node = find(item, rule->at);
    if (node == NULL && rule->when_absent != NULL)
        *value = value_text(rule->when_absent);
    if (node == NULL)
        return rule->required ? refuse(notes, field->name, "is missing")
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
        return refuse(notes, "item", "is not an object");
    user->source = source->name;
    for (unsigned i = 0; i < USER_FIELD_COUNT; i++) {
        enum item_verdict verdict =
            read_field(&source->user_fields[i], &user_fields[i], item,
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
        return refuse(notes, "account_id", "is missing");
    if (!has_text(user, USER_EMAIL))
        return refuse(notes, "email", "is missing, and so is account_id");
    return ITEM_GOOD;
}

/* 1 or 0 whether the member equals; -1 when it is there and no text. */
static int test_member(const struct member_test *test,
                       const struct json *item)
{
    const struct json *node;

    if (test->at == NULL)
        return 1;
    node = json_at(item, test->at);
    if (node == NULL || json_type(node) == JSON_NULL)
        return 0;
    if (json_type(node) != JSON_STRING)
        return -1;
    return strcmp(json_text(node), test->equals) == 0;
}

/* A text behind the names made so far; NULL when it does not fit. */
static const char *made_name(struct event *event, const char *text,
                             size_t (*make)(const char *, char *, size_t))
{
    char *name = event->names + event->name_bytes;
    size_t used = make(text, name, sizeof(event->names) - event->name_bytes);

    event->name_bytes += used;
    return used != 0 ? name : NULL;
}

static enum item_verdict keep_subject(const struct subject_rule *rule,
                                      const char *name, struct event *event,
                                      struct item_notes *notes)
{
    for (size_t i = 0; i < event->subject_count; i++) {
        if (strcmp(event->subjects[i], name) == 0)
            return ITEM_GOOD;
    }
    if (event->subject_count == EVENT_SUBJECTS_MAX)
        return refuse(notes, rule->items, "names more accounts than fit");
    event->subjects[event->subject_count++] = name;
    return ITEM_GOOD;
}

/* An account that the log knows by its e-mail only; an app's is none. */
static enum item_verdict add_by_email(const struct subject_rule *rule,
                                      const struct json *node,
                                      struct event *event,
                                      struct item_notes *notes)
{
    const struct json *found = find(node, rule->email);
    const char *reason, *text, *name;

    if (found == NULL)
        return refuse(notes, rule->items, "does not say which account");
    text = text_of(found, false, &reason);
    if (text == NULL || *text == '\0')
        return refuse(notes, rule->items, "names its account with no text");
    if (!name_is_address(text))
        return ITEM_GOOD;
    name = made_name(event, text, name_from_email);
    if (name == NULL)
        return refuse(notes, rule->items, "names more accounts than fit");
    return keep_subject(rule, name, event, notes);
}

static enum item_verdict add_subject(const struct subject_rule *rule,
                                     const struct json *node,
                                     struct event *event,
                                     struct item_notes *notes)
{
    const char *reason, *name;
    const struct json *found;
    int holds;

    if (json_type(node) != JSON_OBJECT)
        return refuse(notes, rule->items, "does not hold an object");
    holds = test_member(&rule->item, node);
    if (holds <= 0)
        return holds == 0 ? ITEM_GOOD
                          : refuse(notes, rule->item.at, "is not a text");
    found = find(node, rule->name);
    if (found == NULL)
        return add_by_email(rule, node, event, notes);
    name = text_of(found, false, &reason);
    if (name != NULL && *name == '\0' && rule->email != NULL)
        return add_by_email(rule, node, event, notes);
    if (name == NULL || *name == '\0')
        return refuse(notes, rule->items, "names its account with no text");
    return keep_subject(rule, name, event, notes);
}

static enum item_verdict apply_subject_rule(const struct subject_rule *rule,
                                            const struct json *item,
                                            struct event *event,
                                            struct item_notes *notes)
{
    const struct json *node = json_at(item, rule->items);
    enum item_verdict verdict = ITEM_GOOD;

    if (rule->otherwise && event->subject_count > 0)
        return ITEM_GOOD;
    if (node == NULL || json_type(node) == JSON_NULL)
        return ITEM_GOOD;
    if (json_type(node) != JSON_OBJECT && json_type(node) != JSON_ARRAY)
        return refuse(notes, rule->items, "is neither object nor array");
    for (size_t i = 0; i < rule->when_count; i++) {
        int holds = test_member(&rule->when[i], item);

        if (holds < 0)
            return refuse(notes, rule->when[i].at, "is not a text");
        if (holds == 0)
            return ITEM_GOOD;
    }
    if (json_type(node) == JSON_OBJECT)
        return add_subject(rule, node, event, notes);
    for (node = json_first(node); node != NULL && verdict == ITEM_GOOD;
         node = json_next(node))
        verdict = add_subject(rule, node, event, notes);
    return verdict;
}

/* NULL for absent and null; *bad is set when it is there and no text. */
static const char *optional_text(const struct json *node, const char *pointer,
                                 bool *bad)
{
    const struct json *found = pointer ? json_at(node, pointer) : NULL;
    const char *reason, *text;

    if (found == NULL || json_type(found) == JSON_NULL)
        return NULL;
    text = text_of(found, false, &reason);
    *bad = *bad || text == NULL;
    return text;
}

static enum item_verdict read_changes(const struct source *source,
                                      const struct json *item,
                                      struct event *event,
                                      struct item_notes *notes)
{
    const char *where = source->changes_items;
    const struct json *list = where != NULL ? json_at(item, where) : NULL;
    const struct json *node;
    bool bad = false;

    if (list == NULL || json_type(list) == JSON_NULL)
        return ITEM_GOOD;
    if (json_type(list) != JSON_ARRAY)
        return refuse(notes, where, "is not an array");
    for (node = json_first(list); node != NULL; node = json_next(node)) {
        struct event_change change;

        if (json_type(node) != JSON_OBJECT)
            return refuse(notes, where, "does not hold objects");
        change.field = optional_text(node, source->change_field, &bad);
        change.from = optional_text(node, source->change_from, &bad);
        change.to = optional_text(node, source->change_to, &bad);
        if (bad)
            return refuse(notes, where, "holds a member that is not a text");
        if (event->change_count == EVENT_CHANGES_MAX)
            return refuse(notes, where, "holds more changes than fit");
        event->changes[event->change_count++] = change;
    }
    return ITEM_GOOD;
}

/* NULL for absent, null and empty. */
static const char *said(const struct json *node, const char *pointer,
                        bool *bad)
{
    const char *text = optional_text(node, pointer, bad);

    return text != NULL && *text != '\0' ? text : NULL;
}

/* Nobody when the object identifies nobody. A person that is known by e-mail
 * only and has no name is called by the address. */
static enum item_verdict read_actor(const struct actor_rule *rule,
                                    const struct json *node,
                                    struct event *event,
                                    struct item_notes *notes)
{
    const char *id, *name, *email, *actor;
    bool bad = false;

    id = said(node, rule->id, &bad);
    name = said(node, rule->name, &bad);
    email = said(node, rule->email, &bad);
    if (bad)
        return refuse(notes, rule->at, "holds a member that is not a text");
    if (email != NULL && !name_is_address(email))
        email = NULL;
    if (id == NULL && email == NULL)
        return ITEM_GOOD;
    actor = id;
    if (id == NULL)
        actor = made_name(event, email, name_from_email);
    else if (!name_is_account_shaped(id))
        actor = made_name(event, id, name_from_app);
    if (actor == NULL)
        return refuse(notes, rule->at, "has a name that is too long");
    event->fields[EVENT_ACTOR] = value_text(actor);
    event->fields[EVENT_ACTOR_NAME] =
        value_text(name == NULL && id == NULL ? email : name);
    event->fields[EVENT_ACTOR_EMAIL] = value_text(email);
    return ITEM_GOOD;
}

static enum item_verdict read_actors(const struct source *source,
                                     const struct json *item,
                                     struct event *event,
                                     struct item_notes *notes)
{
    for (size_t i = 0; i < source->actor_count; i++) {
        const struct actor_rule *rule = &source->actors[i];
        const struct json *node = json_at(item, rule->at);

        if (node == NULL || json_type(node) == JSON_NULL)
            continue;
        if (json_type(node) != JSON_OBJECT)
            return refuse(notes, rule->at, "is not an object");
        if (read_actor(rule, node, event, notes) != ITEM_GOOD)
            return ITEM_REFUSED;
        if (event->fields[EVENT_ACTOR].present)
            break;
    }
    return ITEM_GOOD;
}

enum item_verdict normalise_event(const struct source *source,
                                  const struct json *item,
                                  struct event *event,
                                  struct item_notes *notes)
{
    if (json_type(item) != JSON_OBJECT)
        return refuse(notes, "item", "is not an object");
    event->source = source->name;
    event->subject_count = 0;
    event->change_count = 0;
    event->name_bytes = 0;
    for (unsigned i = 0; i < EVENT_FIELD_COUNT; i++) {
        if (read_field(&source->event_fields[i], &event_fields[i], item,
                       &event->fields[i], notes) == ITEM_REFUSED)
            return ITEM_REFUSED;
    }
    if (!event->fields[EVENT_ID].present ||
        event->fields[EVENT_ID].text[0] == '\0')
        return refuse(notes, "id", "is missing");
    if (!event->fields[EVENT_AT].present)
        return refuse(notes, "at", "is missing");
    if (read_actors(source, item, event, notes) != ITEM_GOOD)
        return ITEM_REFUSED;
    for (size_t i = 0; i < source->subject_count; i++) {
        if (apply_subject_rule(&source->subjects[i], item, event, notes) !=
            ITEM_GOOD)
            return ITEM_REFUSED;
    }
    return read_changes(source, item, event, notes);
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
    *key = optional_text(item, source->pair_key, &bad);
    *account_id = optional_text(item, source->pair_account_id, &bad);
    if (bad || *key == NULL || *account_id == NULL)
        return false;
    return **key != '\0' && **account_id != '\0' &&
           !among(rule->placeholders, *account_id);
}
