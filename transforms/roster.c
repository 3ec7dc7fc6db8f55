#include "roster.h"

#include <string.h>

void roster_init(struct roster *roster)
{
    *roster = (struct roster){0};
    arena_init(&roster->arena);
    pool_init(&roster->pool, &roster->arena, ROSTER_POOL_MAX);
}

void roster_release(struct roster *roster)
{
    strmap_release(&roster->by_id);
    strmap_release(&roster->nameless);
    pool_release(&roster->pool);
    arena_release(&roster->arena);
    roster_init(roster);
}

static bool is_text(enum user_field field)
{
    return user_fields[field].type == VALUE_STRING ||
           user_fields[field].type == VALUE_NUMBER;
}

/* The words of an API rather than an account's own. */
static bool repeats(enum user_field field)
{
    static const bool words[USER_FIELD_COUNT] = {
        [USER_ACCOUNT_TYPE] = true, [USER_STATUS] = true,
        [USER_LAST_SEEN_STATUS] = true, [USER_CLAIM_STATUS] = true,
        [USER_TIME_ZONE] = true, [USER_LOCALE] = true,
        [USER_PRODUCTS] = true,
    };

    return words[field];
}

static bool has(const struct account *account, unsigned field)
{
    return (account->present & 1u << field) != 0;
}

/* Where the field's cell is, or would be. */
static size_t place_in(const struct account *account, unsigned field)
{
    uint32_t before = account->present & ((1u << field) - 1);

    return (size_t)__builtin_popcount(before);
}

/* Of a field that the account has. */
static union account_cell *cell_of(const struct account *account,
                                   unsigned field)
{
    return &account->cells[place_in(account, field)];
}

/* Makes room for all fields of the set; the new ones are zero. */
static int widen(struct roster *roster, struct account *account, uint32_t set)
{
    const struct account old = *account;
    union account_cell *cells;

    if ((set & ~account->present) == 0)
        return 0;
    account->present |= set;
    cells = arena_alloc(&roster->arena,
                        (size_t)__builtin_popcount(account->present) *
                            sizeof(*cells));
    if (cells == NULL) {
        account->present = old.present;
        return -1;
    }
    account->cells = cells;
    for (unsigned i = 0; i < USER_FIELD_COUNT; i++) {
        if (has(&old, i))
            *cell_of(account, i) = *cell_of(&old, i);
    }
    return 0;
}

/* The lowest source wins; "" is no more than nothing to another source. */
static bool yields(const struct account *account, unsigned field,
                   const struct value *value, unsigned source)
{
    bool text = is_text(field), empty;

    if (!has(account, field))
        return true;
    if (account->origin[field] == source)
        return false;
    empty = text && cell_of(account, field)->text[0] == '\0';
    if (empty != (text && value->text[0] == '\0'))
        return empty;
    return source < account->origin[field];
}

static unsigned place_of(unsigned source)
{
    return source < ROSTER_SOURCES_MAX ? source : ROSTER_SOURCES_MAX;
}

static const char *text_copy(struct roster *roster, unsigned field,
                             const char *text)
{
    const char *shared = repeats(field) ? pool_text(&roster->pool, text) : NULL;

    return shared != NULL ? shared : arena_strdup(&roster->arena, text);
}

/* Fields of the user that the account takes. */
static uint32_t taken_of(const struct account *account,
                         const struct user *user, unsigned source)
{
    uint32_t taken = 0;

    for (unsigned i = 0; i < USER_FIELD_COUNT; i++) {
        const struct value *value = &user->fields[i];

        if (value->present && yields(account, i, value, source))
            taken |= 1u << i;
    }
    return taken;
}

static int copy_fields(struct roster *roster, struct account *account,
                       const struct user *user, unsigned source)
{
    uint32_t taken = taken_of(account, user, source);

    roster->sources[place_of(source)] = user->source;
    if (widen(roster, account, taken) != 0)
        return -1;
    for (unsigned i = 0; i < USER_FIELD_COUNT; i++) {
        union account_cell cell = {.integer = user->fields[i].integer};

        if ((taken & 1u << i) == 0)
            continue;
        if (is_text(i))
            cell.text = text_copy(roster, i, user->fields[i].text);
        if (is_text(i) && cell.text == NULL)
            return -1;
        *cell_of(account, i) = cell;
        account->origin[i] = (uint8_t)source;
    }
    return 0;
}

static struct account *account_new(struct roster *roster,
                                   const struct user *user, unsigned source)
{
    struct account *account = arena_alloc(&roster->arena, sizeof(*account));

    if (account == NULL || copy_fields(roster, account, user, source) != 0)
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

static struct account *add(struct roster *roster, const struct user *user,
                           unsigned source)
{
    struct account *account =
        roster_find(roster, user->fields[USER_ACCOUNT_ID].text);

    if (account == NULL)
        account = account_new(roster, user, source);
    else if (copy_fields(roster, account, user, source) != 0)
        return NULL;
    if (account != NULL && source == 0 && !account->listed) {
        account->listed = true;
        roster->listed++;
    }
    return account;
}

struct account *roster_add(struct roster *roster, const struct user *user,
                           bool listed)
{
    return add(roster, user, listed ? 0 : ROSTER_ASKED);
}

/* ASCII only: what else an address may hold is compared byte for byte. */
static void lower(char *text)
{
    for (; *text != '\0'; text++) {
        if (*text >= 'A' && *text <= 'Z')
            *text = (char)(*text - 'A' + 'a');
    }
}

static struct account *add_nameless(struct roster *roster,
                                    const struct user *user, unsigned source)
{
    char *key = arena_printf(&roster->arena, "%u %s", source,
                             user->fields[USER_EMAIL].text);
    struct account *account;

    if (key == NULL)
        return NULL;
    lower(key);
    account = strmap_get(&roster->nameless, key);
    if (account != NULL)
        return account;
    account = arena_alloc(&roster->arena, sizeof(*account));
    if (account == NULL || copy_fields(roster, account, user, source) != 0 ||
        strmap_put(&roster->nameless, key, account) != 0)
        return NULL;
    return account;
}

struct account *roster_take(struct roster *roster, const struct user *user,
                            unsigned source)
{
    return user->fields[USER_ACCOUNT_ID].present
               ? add(roster, user, source)
               : add_nameless(roster, user, source);
}

/* Accounts by e-mail address; an address of two leads to the roster. */
static int index_addresses(struct roster *roster, struct strmap *by_address)
{
    struct account *account = roster->first;

    for (; account != NULL; account = account->next) {
        struct value email = account_value(account, USER_EMAIL);
        bool taken;
        char *key;

        if (!email.present || email.text[0] == '\0')
            continue;
        key = arena_strdup(&roster->arena, email.text);
        if (key == NULL)
            return -1;
        lower(key);
        taken = strmap_get(by_address, key) != NULL;
        if (strmap_put(by_address, key,
                       taken ? (void *)roster : (void *)account) != 0)
            return -1;
    }
    return 0;
}

/* All fields of a row have one origin: its source. */
static int give(struct roster *roster, const struct account *row,
                struct account *account)
{
    struct user user = {
        .source = roster->sources[place_of(row->origin[USER_EMAIL])]};

    for (unsigned i = 0; i < USER_FIELD_COUNT; i++)
        user.fields[i] = account_value(row, i);
    return copy_fields(roster, account, &user, row->origin[USER_EMAIL]);
}

int roster_settle(struct roster *roster,
                  uint64_t unmatched[ROSTER_SOURCES_MAX])
{
    struct strmap by_address = {0};
    const struct strmap_slot *entry;
    size_t position = 0;
    int result = 0;

    if (roster->nameless.count > 0)
        result = index_addresses(roster, &by_address);
    while (result == 0 &&
           (entry = strmap_next(&roster->nameless, &position)) != NULL) {
        const struct account *row = entry->value;
        void *found = strmap_get(&by_address, strchr(entry->key, ' ') + 1);

        if (found == NULL || found == roster)
            unmatched[row->origin[USER_EMAIL]]++;
        else
            result = give(roster, row, found);
    }
    strmap_release(&by_address);
    return result;
}

struct account *roster_find(const struct roster *roster, const char *id)
{
    return strmap_get(&roster->by_id, id);
}

struct value account_value(const struct account *account,
                           enum user_field field)
{
    struct value value = value_null(user_fields[field].type);

    if (!has(account, field))
        return value;
    value.present = true;
    if (is_text(field))
        value.text = cell_of(account, field)->text;
    else
        value.integer = cell_of(account, field)->integer;
    return value;
}

static bool told(const struct account *account, unsigned field,
                 unsigned source)
{
    return has(account, field) && account->origin[field] < source &&
           !(is_text(field) && cell_of(account, field)->text[0] == '\0');
}

uint32_t account_open(const struct account *account, unsigned source)
{
    uint32_t open = 0;

    for (unsigned i = 0; i < USER_FIELD_COUNT; i++) {
        if (!told(account, i, source))
            open |= 1u << i;
    }
    if (told(account, USER_LAST_SEEN_AT, source))
        open &= ~(1u << USER_LAST_SEEN_STATUS);
    else if (told(account, USER_LAST_SEEN_STATUS, source) &&
             strcmp(cell_of(account, USER_LAST_SEEN_STATUS)->text,
                    LAST_SEEN_NEVER) == 0)
        open &= ~(1u << USER_LAST_SEEN_AT);
    return open;
}

const char *account_id(const struct account *account)
{
    return cell_of(account, USER_ACCOUNT_ID)->text;
}

const char *account_source(const struct roster *roster,
                           const struct account *account,
                           enum user_field field)
{
    if (!has(account, field))
        return NULL;
    return roster->sources[place_of(account->origin[field])];
}
