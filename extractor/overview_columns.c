/* What each column is, by its name: columns are the mapping's, and the
 * manifest tells no more of them. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "overview_parts.h"

/* Texts without a closed list that tell of no person all the same. */
static const char *const plain_names[] = {
    "account_status", "account_type",  "action",      "action_name",
    "actor_kind",     "category",      "change",      "changed_columns",
    "last_modified_action", "last_modified_source",   "locale",
    "object_type",    "op",            "source",      "time_zone",
};

/* Shown first, as far as they are there. */
static const char *const shown_names[] = {
    "display_name", "email", "occurred_at", "status", "inactive_since",
    "deactivated_by_name", "last_modified_at", "last_modified_by_name",
    "last_modified_action", "account_status", "action_name", "change",
    "actor_name", "object_name", "active", "last_seen_at", "account_type",
};

enum { SHOWN_MAX = 7, SHOWN_LEAST = 3 };

static bool is_one_of(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

#define IS_ONE_OF(name, names) \
    is_one_of(name, names, sizeof(names) / sizeof((names)[0]))

static bool ends_in(const char *text, const char *end)
{
    size_t len = strlen(text), most = strlen(end);

    return len >= most && strcmp(text + len - most, end) == 0;
}

size_t overview_find(const struct overview *o, const char *name)
{
    const struct schema *schema = &o->first->schema;

    for (size_t i = 0; i < schema->count; i++) {
        if (strcmp(schema->columns[i].name, name) == 0)
            return i;
    }
    return SCHEMA_COLUMNS_MAX;
}

void overview_title(const char *name, char out[OVERVIEW_TITLE_MAX])
{
    if (strncmp(name, "email", 5) == 0)
        snprintf(out, OVERVIEW_TITLE_MAX, "E-mail%s", name + 5);
    else
        snprintf(out, OVERVIEW_TITLE_MAX, "%s", name);
    for (char *p = out; *p != '\0'; p++) {
        if (*p == '_')
            *p = ' ';
    }
    out[0] = (char)toupper((unsigned char)out[0]);
}

static enum overview_role role_of(const struct column *column)
{
    const char *name = column->name;

    /* A number may be somebody's. */
    if (column->type == VALUE_INTEGER || column->type == VALUE_NUMBER)
        return ROLE_TEXT;
    if (column->type != VALUE_STRING || column->values != NULL ||
        IS_ONE_OF(name, plain_names))
        return ROLE_PLAIN;
    if (ends_in(name, "_id"))
        return ROLE_ID;
    if (strstr(name, "email") != NULL)
        return ROLE_EMAIL;
    return ends_in(name, "_name") ? ROLE_NAME : ROLE_TEXT;
}

/* X_name is the name of X_id; a name or an e-mail of its own is the
 * account's. */
static size_t person_of(const struct overview *o, size_t index)
{
    const char *name = o->columns[index].column->name;
    char id[OVERVIEW_TITLE_MAX];
    size_t stem = strlen(name), found;

    if (ends_in(name, "_name"))
        stem -= strlen("_name");
    else if (ends_in(name, "_email"))
        stem -= strlen("_email");
    snprintf(id, sizeof(id), "%.*s_id", (int)stem, name);
    found = overview_find(o, id);
    if (found == SCHEMA_COLUMNS_MAX && (strcmp(name, "display_name") == 0 ||
                                        strcmp(name, "email") == 0))
        found = overview_find(o, "account_id");
    return found == SCHEMA_COLUMNS_MAX ? index : found;
}

void overview_choose_shown(struct overview *o)
{
    size_t count = 0;

    for (size_t i = 0; i < sizeof(shown_names) / sizeof(shown_names[0]); i++) {
        size_t index = overview_find(o, shown_names[i]);

        if (index == SCHEMA_COLUMNS_MAX || count == SHOWN_MAX ||
            (o->rows > 0 && !o->columns[index].filled))
            continue;
        o->columns[index].shown = true;
        count++;
    }
    for (size_t i = 0; count < SHOWN_LEAST && i < o->first->schema.count &&
                       i < SHOWN_MAX; i++)
        o->columns[i].shown = true;
}

void overview_set_columns(struct overview *o)
{
    const struct schema *schema = &o->first->schema;

    for (size_t i = 0; i < schema->count; i++) {
        struct overview_column *c = &o->columns[i];

        c->column = &schema->columns[i];
        c->role = role_of(c->column);
        overview_title(c->column->name, c->title);
        tally_init(&c->texts, OVERVIEW_VALUES_MAX);
    }
    for (size_t i = 0; i < schema->count; i++) {
        struct overview_column *c = &o->columns[i];

        c->person = person_of(o, i);
        /* "Actor" says as much as "Actor name", beside "Actor id". */
        if (c->role == ROLE_NAME && c->person != i &&
            strcmp(c->column->name, "display_name") != 0)
            c->title[strlen(c->title) - strlen(" name")] = '\0';
    }
}
