#include "normalise_parts.h"

#include <stdlib.h>
#include <string.h>

enum { LIST_TEXTS_MAX = 256 };

#define LIST_BETWEEN "; "

static int by_bytes(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Texts of the array's objects; what holds none is passed over. */
static enum item_verdict collect(const struct list_rule *rule,
                                 const struct json *list, const char **texts,
                                 size_t *count, struct item_notes *notes)
{
    const struct json *one;

    *count = 0;
    for (one = json_first(list); one != NULL; one = json_next(one)) {
        const struct json *node;
        const char *reason, *text;

        if (json_type(one) != JSON_OBJECT)
            return normalise_refuse(notes, rule->items,
                                    "holds something that is not an object");
        node = normalise_find(one, rule->at, 0);
        if (node == NULL)
            continue;
        text = normalise_text(node, false, &reason);
        if (text == NULL)
            return normalise_refuse(notes, rule->items, reason);
        if (*text == '\0')
            continue;
        if (*count == LIST_TEXTS_MAX)
            return normalise_refuse(notes, rule->items,
                                    "holds more texts than fit");
        texts[(*count)++] = text;
    }
    return ITEM_GOOD;
}

/* The texts behind what the room holds; NULL when they do not fit. */
static const char *join(const char *const *texts, size_t count,
                        const struct made_room *room)
{
    char *start = room->bytes + *room->used, *to = start;
    char *end = room->bytes + room->size;

    for (size_t i = 0; i < count; i++) {
        const char *between = to > start ? LIST_BETWEEN : "";
        size_t need = strlen(between) + strlen(texts[i]);

        if (i > 0 && strcmp(texts[i], texts[i - 1]) == 0)
            continue;
        if (need >= (size_t)(end - to))
            return NULL;
        to = stpcpy(stpcpy(to, between), texts[i]);
    }
    if (to == end)
        return NULL;
    *to = '\0';
    *room->used += (size_t)(to - start) + 1;
    return start;
}

/* Servers give the elements in any order; the same ones make one text. */
enum item_verdict normalise_list(const struct field_rule *rule,
                                 const struct item_field *field,
                                 const struct json *item,
                                 const struct made_room *room,
                                 struct value *value, struct item_notes *notes)
{
    const struct json *list = json_at(item, rule->list->items);
    const char *texts[LIST_TEXTS_MAX], *text;
    size_t count;

    if (list == NULL || json_type(list) == JSON_NULL)
        return rule->required
                   ? normalise_refuse(notes, field->name, "is missing")
                   : ITEM_GOOD;
    if (json_type(list) != JSON_ARRAY)
        return normalise_refuse(notes, rule->list->items, "is not an array");
    if (collect(rule->list, list, texts, &count, notes) != ITEM_GOOD)
        return ITEM_REFUSED;
    if (count > 1)
        qsort(texts, count, sizeof(*texts), by_bytes);
    text = join(texts, count, room);
    if (text == NULL)
        return normalise_refuse(notes, field->name,
                                "takes more space than there is");
    *value = value_text(text);
    return ITEM_GOOD;
}
