#include "roster.h"

void roster_init(struct roster *roster)
{
    *roster = (struct roster){.source_count = 1};
    arena_init(&roster->arena);
}

void roster_release(struct roster *roster)
{
    strmap_release(&roster->by_id);
    arena_release(&roster->arena);
    roster_init(roster);
}

static bool is_text(enum user_field field)
{
    return user_fields[field].type == VALUE_STRING ||
           user_fields[field].type == VALUE_NUMBER;
}

static unsigned char origin_of(struct roster *roster, const char *source)
{
    size_t i = 0;

    while (i < roster->source_count && roster->sources[i] != source)
        i++;
    if (i == roster->source_count) {
        if (i == ROSTER_SOURCES_MAX)
            return 0;
        roster->sources[roster->source_count++] = source;
    }
    return (unsigned char)i;
}

static int copy_fields(struct roster *roster, struct account *account,
                       const struct user *user)
{
    unsigned char origin = origin_of(roster, user->source);

    for (unsigned i = 0; i < USER_FIELD_COUNT; i++) {
        const struct value *value = &user->fields[i];

        if (!value->present || (account->present & 1u << i) != 0)
            continue;
        if (!is_text(i)) {
            account->fields[i].integer = value->integer;
        } else {
            char *copy = arena_strdup(&roster->arena, value->text);
            if (copy == NULL)
                return -1;
            account->fields[i].text = copy;
        }
        account->present |= 1u << i;
        account->origin[i] = origin;
    }
    return 0;
}

static struct account *account_new(struct roster *roster,
                                   const struct user *user)
{
    struct account *account = arena_alloc(&roster->arena, sizeof(*account));

    if (account == NULL || copy_fields(roster, account, user) != 0)
        return NULL;
    if (strmap_put(&roster->by_id, account_id(account), account) != 0)
        return NULL;
    if (roster->last == NULL)
        roster->first = account;
    else
        roster->last->next = account;
    roster->last = account;
    return account;
}

struct account *roster_add(struct roster *roster, const struct user *user,
                           bool listed)
{
    struct account *account =
        roster_find(roster, user->fields[USER_ACCOUNT_ID].text);

    if (account == NULL)
        account = account_new(roster, user);
    else if (copy_fields(roster, account, user) != 0)
        return NULL;
    if (account != NULL && listed && !account->listed) {
        account->listed = true;
        roster->listed++;
    }
    return account;
}

struct account *roster_find(const struct roster *roster, const char *id)
{
    return strmap_get(&roster->by_id, id);
}

struct value account_value(const struct account *account,
                           enum user_field field)
{
    struct value value = value_null(user_fields[field].type);

    if ((account->present & 1u << field) == 0)
        return value;
    value.present = true;
    if (is_text(field))
        value.text = account->fields[field].text;
    else
        value.integer = account->fields[field].integer;
    return value;
}

const char *account_id(const struct account *account)
{
    return account->fields[USER_ACCOUNT_ID].text;
}

const char *account_source(const struct roster *roster,
                           const struct account *account,
                           enum user_field field)
{
    return roster->sources[account->origin[field]];
}
