#include "org.h"

#include <stdlib.h>
#include <string.h>

#include "stamp.h"

static const int64_t RETENTION_MS = INT64_C(180) * 24 * 3600 * 1000;

static void append(struct numbers *numbers, size_t value)
{
    numbers->values[numbers->count++] = value;
}

static void list_members(struct org *org)
{
    size_t room = (org->member_count + 1) * sizeof(size_t);

    org->members.values = must_alloc(room);
    org->managed.values = must_alloc(room);
    org->on_site.values = must_alloc(room);
    for (size_t i = 0; i < org->member_count; i++) {
        unsigned flags = org->ops->flags(org, i);

        if (flags & MEMBER_ABSENT)
            continue;
        append(&org->members, i);
        if (flags & MEMBER_MANAGED)
            append(&org->managed, i);
        if ((flags & MEMBER_OFF_SITE) == 0)
            append(&org->on_site, i);
    }
}

static int by_processing(const void *left, const void *right)
{
    const struct event_ref *a = left;
    const struct event_ref *b = right;

    if (a->processed != b->processed)
        return a->processed < b->processed ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index ? 1 : 0;
}

static int newest_first(const void *left, const void *right)
{
    const struct event_ref *a = left;
    const struct event_ref *b = right;

    if (a->at != b->at)
        return a->at < b->at ? 1 : -1;
    return a->index < b->index ? 1 : a->index > b->index ? -1 : 0;
}

static void push(struct event_list *list, const struct event_ref *ref)
{
    if ((list->count & (list->count - 1)) == 0)
        list->refs =
            must_grow(list->refs, (list->count * 2 + 1) * sizeof(*list->refs));
    list->refs[list->count++] = *ref;
}

static void sort(struct event_list *list,
                 int (*compare)(const void *, const void *))
{
    if (list->count > 0)
        qsort(list->refs, list->count, sizeof(*list->refs), compare);
}

static void list_events(struct org *org)
{
    int64_t now = org->site->now;

    for (size_t i = 0; i < org->event_count; i++) {
        struct event_ref ref = {.index = i};

        org->ops->event_at(org, i, &ref.at, &ref.processed);
        if (ref.at < now - RETENTION_MS)
            continue;
        if (ref.processed > now) {
            push(&org->late, &ref);
            continue;
        }
        push(&org->arrived, &ref);
        push(&org->newest, &ref);
    }
    sort(&org->arrived, by_processing);
    sort(&org->newest, newest_first);
    sort(&org->late, by_processing);
}

void org_prepare(struct org *org)
{
    if (org->ready)
        return;
    list_members(org);
    list_events(org);
    org->ready = true;
}

static void arrive(struct org *org, const struct event_ref *ref)
{
    struct event_list *newest = &org->newest;
    size_t at = 0;

    push(&org->arrived, ref);
    push(newest, ref);
    while (newest_first(&newest->refs[at], ref) < 0)
        at++;
    memmove(&newest->refs[at + 1], &newest->refs[at],
            (newest->count - 1 - at) * sizeof(*ref));
    newest->refs[at] = *ref;
}

void org_catch_up(struct org *org)
{
    for (size_t i = 0; i < org->late.count; i++)
        arrive(org, &org->late.refs[i]);
    org->late.count = 0;
}

long org_find(const struct org *org, const char *id)
{
    long index = org->ops->by_id(org, id);

    if (index != SITE_NONE &&
        org->ops->flags(org, (size_t)index) & MEMBER_ABSENT)
        return SITE_NONE;
    return index;
}

static struct change *change_of(const struct org *org, size_t member)
{
    for (size_t i = 0; i < org->change_count; i++) {
        if (org->changes[i].member == member)
            return &org->changes[i];
    }
    return NULL;
}

/* Takes a member from the site's account where the row has none of its own.
 */
static void inherit(struct text *row, struct span account, const char *from,
                    const char *pointer)
{
    struct span value;
    char *raw;

    if (raw_member(raw_of(row), pointer + 1, &value) ||
        !raw_member(account, from, &value))
        return;
    raw = must_copy(value.at, value.len);
    raw_set(row, pointer, raw);
    free(raw);
}

static void add_account(const struct org *org, struct text *row)
{
    char *id = raw_member_text(raw_of(row), "accountId");
    long index = org->site->ops->by_id(org->site, id);
    struct text account = {0};

    free(id);
    if (index == SITE_NONE)
        return;
    org->site->ops->account(org->site, (size_t)index, &account);
    inherit(row, raw_of(&account), "displayName", "/name");
    inherit(row, raw_of(&account), "emailAddress", "/email");
    inherit(row, raw_of(&account), "accountType", "/accountType");
    text_free(&account);
}

static bool says(struct span row, const char *name, const char *raw)
{
    struct span value;

    return raw_member(row, name, &value) && raw_is(value, raw);
}

bool org_has_access(struct span member)
{
    return says(member, "accountStatus", "\"active\"") &&
           says(member, "membershipStatus", "\"active\"");
}

/* One word for what account and membership say together. */
static const char *status_of(struct span row)
{
    if (says(row, "forDeletion", "true"))
        return "\"for_deletion\"";
    if (!says(row, "accountStatus", "\"active\""))
        return "\"deactivated\"";
    if (says(row, "membershipStatus", "\"suspended\""))
        return "\"suspended\"";
    return says(row, "membershipStatus", "\"no_membership\"")
               ? "\"not_invited\""
               : "\"active\"";
}

void org_member(const struct org *org, size_t index, struct text *out)
{
    const struct change *change = change_of(org, index);
    struct text row = {0};

    if (change != NULL) {
        text_add(&row, change->row.data, change->row.len);
    } else {
        org->ops->member(org, index, &row);
        add_account(org, &row);
    }
    raw_put(out, raw_of(&row), "/status", status_of(raw_of(&row)));
    text_free(&row);
}

void org_event(const struct org *org, size_t index, struct text *out)
{
    struct text row = {0};

    if (index >= org->event_count) {
        const struct text *added = &org->added[index - org->event_count];

        text_add(out, added->data, added->len);
        return;
    }
    org->ops->event(org, index, &row);
    raw_public(out, raw_of(&row));
    text_free(&row);
}

long org_find_event(const struct org *org, const char *id)
{
    long index = org->ops->event_by_id(org, id);

    for (size_t i = 0; i < org->added_count && index == SITE_NONE; i++) {
        char *own = raw_member_text(raw_of(&org->added[i]), "id");

        if (strcmp(own, id) == 0)
            index = (long)(org->event_count + i);
        free(own);
    }
    for (size_t i = 0; i < org->arrived.count; i++) {
        if ((long)org->arrived.refs[i].index == index)
            return index;
    }
    return SITE_NONE;
}

int64_t org_tick(struct org *org)
{
    int64_t now = stamp_now();

    if (now <= org->site->now)
        now = org->site->now + 1;
    if (now <= org->added_at)
        now = org->added_at + 1;
    org->added_at = now;
    return now;
}

void org_change(struct org *org, size_t index, struct text *row)
{
    struct change *change = change_of(org, index);

    if (change == NULL) {
        org->changes = must_grow(org->changes, (org->change_count + 1) *
                                                   sizeof(*org->changes));
        change = &org->changes[org->change_count++];
        *change = (struct change){.member = index};
    }
    text_free(&change->row);
    change->row = *row;
    *row = (struct text){0};
}

void org_add_event(struct org *org, int64_t at, struct text *row)
{
    struct event_ref ref = {at, at, org->event_count + org->added_count};

    org->added =
        must_grow(org->added, (org->added_count + 1) * sizeof(*org->added));
    org->added[org->added_count++] = *row;
    *row = (struct text){0};
    arrive(org, &ref);
}

void org_patch_account(struct org *org, struct text *row)
{
    const struct change *change = NULL;
    char *id;
    long index;

    if (org->id == NULL)
        return;
    pthread_mutex_lock(&org->lock);
    if (org->change_count > 0) {
        id = raw_member_text(raw_of(row), "accountId");
        index = org_find(org, id);
        free(id);
        if (index != SITE_NONE)
            change = change_of(org, (size_t)index);
    }
    if (change != NULL)
        raw_set(row, "/active",
                org_has_access(raw_of(&change->row)) ? "true" : "false");
    pthread_mutex_unlock(&org->lock);
}

void org_free(struct org *org)
{
    if (org->id == NULL)
        return;
    org->ops->release(org->data);
    for (size_t i = 0; i < org->added_count; i++)
        text_free(&org->added[i]);
    for (size_t i = 0; i < org->change_count; i++)
        text_free(&org->changes[i].row);
    free(org->added);
    free(org->changes);
    free(org->members.values);
    free(org->managed.values);
    free(org->on_site.values);
    free(org->arrived.refs);
    free(org->newest.refs);
    free(org->late.refs);
    free(org->id);
    free(org->directory);
    free(org->site_id);
    free(org->key_owner);
    free(org->session_owner);
    pthread_mutex_destroy(&org->lock);
}
