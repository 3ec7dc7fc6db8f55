/* A site read from files. */
#include "site.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "raw.h"
#include "stamp.h"

struct account {
    struct span raw;
    char *id;
    char *key;
    unsigned flags;
};

struct record {
    struct span raw;
    int64_t at;
    int64_t id;
};

struct name {
    const char *text;
    size_t index;
};

struct key {
    struct span raw;
    char *key;
    char *id; /* "" when dropped */
};

struct files {
    struct text users;
    struct text audit;
    struct text keys;
    struct account *accounts;
    size_t account_count;
    struct record *records;
    struct key *bridge;
    size_t bridge_count;
    struct name *ids; /* sorted */
    struct name *names_by_key;
    size_t key_count;
};

static void read_json(struct text *text, const char *dir, const char *name)
{
    struct text path = {0};

    text_fmt(&path, "%s/%s", dir, name);
    text_read_file(text, path.data);
    text_free(&path);
}

/* The elements of an array; their number in COUNT. */
static struct span *slice(const struct text *text, const char *name,
                          size_t *count)
{
    struct span *spans = NULL;
    size_t room = 0;
    struct raw_walk walk;
    struct raw_entry entry;

    *count = 0;
    if (!raw_open(&walk, raw_of(text)) || walk.object)
        die(EX_DATAERR, "%s: not an array", name);
    while (raw_next(&walk, &entry)) {
        if (*count == room) {
            room = room == 0 ? 64 : room * 2;
            spans = must_grow(spans, room * sizeof(*spans));
        }
        spans[(*count)++] = entry.value;
    }
    if (walk.broken)
        die(EX_DATAERR, "%s: not JSON near element %zu", name, *count);
    return spans;
}

static bool is_true(struct span object, const char *name)
{
    struct span value;

    return raw_member(object, name, &value) && raw_is(value, "true");
}

static void load_accounts(struct site *site, struct files *files)
{
    struct span *rows =
        slice(&files->users, "users.json", &site->account_count);

    files->account_count = site->account_count;
    files->accounts =
        must_alloc((site->account_count + 1) * sizeof(*files->accounts));
    for (size_t i = 0; i < site->account_count; i++) {
        struct account *account = &files->accounts[i];

        account->raw = rows[i];
        account->id = raw_member_text(rows[i], "accountId");
        account->key = raw_member_text(rows[i], "_key");
        if (is_true(rows[i], "_hidden"))
            account->flags |= ACCOUNT_HIDDEN;
        if (is_true(rows[i], "_unlisted"))
            account->flags |= ACCOUNT_UNLISTED;
    }
    free(rows);
}

static int newest_first(const void *left, const void *right)
{
    const struct record *a = left;
    const struct record *b = right;

    if (a->at != b->at)
        return a->at < b->at ? 1 : -1;
    return a->id < b->id ? 1 : a->id > b->id ? -1 : 0;
}

static void load_records(struct site *site, struct files *files)
{
    struct span *rows = slice(&files->audit, "audit.json", &site->record_count);
    enum stamp_zone zone;

    files->records =
        must_alloc((site->record_count + 1) * sizeof(*files->records));
    for (size_t i = 0; i < site->record_count; i++) {
        struct record *record = &files->records[i];
        char *created = raw_member_text(rows[i], "created");
        struct span id;

        if (!raw_member(rows[i], "id", &id) ||
            !stamp_parse(created, &record->at, &zone))
            die(EX_DATAERR, "audit.json: element %zu has no id or time", i);
        record->raw = rows[i];
        record->id = strtoll(id.at, NULL, 10);
        if (record->id > site->last_record_id)
            site->last_record_id = record->id;
        free(created);
    }
    if (site->record_count > 0)
        qsort(files->records, site->record_count, sizeof(*files->records),
              newest_first);
    free(rows);
}

static void load_bridge(struct files *files)
{
    struct span *rows = slice(&files->keys, "keys.json", &files->bridge_count);

    files->bridge =
        must_alloc((files->bridge_count + 1) * sizeof(*files->bridge));
    for (size_t i = 0; i < files->bridge_count; i++) {
        files->bridge[i].raw = rows[i];
        files->bridge[i].key = raw_member_text(rows[i], "key");
        files->bridge[i].id = raw_member_text(rows[i], "accountId");
    }
    free(rows);
}

static int by_text(const void *left, const void *right)
{
    const struct name *a = left;
    const struct name *b = right;

    return strcmp(a->text, b->text);
}

static void index_names(struct site *site, struct files *files)
{
    size_t room = (site->account_count + 1) * sizeof(*files->ids);

    files->ids = must_alloc(room);
    files->names_by_key = must_alloc(room);
    for (size_t i = 0; i < site->account_count; i++) {
        files->ids[i] = (struct name){files->accounts[i].id, i};
        if (files->accounts[i].key[0] != '\0')
            files->names_by_key[files->key_count++] =
                (struct name){files->accounts[i].key, i};
    }
    qsort(files->ids, site->account_count, sizeof(*files->ids), by_text);
    qsort(files->names_by_key, files->key_count, sizeof(*files->names_by_key),
          by_text);
}

static long find(const struct name *names, size_t count, const char *text)
{
    struct name wanted = {text, 0};
    const struct name *hit =
        bsearch(&wanted, names, count, sizeof(*names), by_text);

    return hit == NULL ? SITE_NONE : (long)hit->index;
}

static void file_account(const struct site *site, size_t index,
                         struct text *out)
{
    const struct files *files = site->data;

    text_add(out, files->accounts[index].raw.at,
             files->accounts[index].raw.len);
}

static unsigned file_flags(const struct site *site, size_t index)
{
    const struct files *files = site->data;

    return files->accounts[index].flags;
}

static long file_by_id(const struct site *site, const char *id)
{
    const struct files *files = site->data;

    if (strcmp(id, "unknown") == 0)
        return SITE_NONE;
    return find(files->ids, site->account_count, id);
}

static long file_by_key(const struct site *site, const char *key)
{
    const struct files *files = site->data;

    return find(files->names_by_key, files->key_count, key);
}

static enum bridge file_bridge(const struct site *site, const char *key,
                               struct text *id)
{
    const struct files *files = site->data;
    const char *found = NULL;
    long index;

    for (size_t i = 0; i < files->bridge_count && found == NULL; i++) {
        if (strcmp(files->bridge[i].key, key) == 0)
            found = files->bridge[i].id;
    }
    if (found == NULL) {
        index = file_by_key(site, key);
        found = index == SITE_NONE ? "" : files->accounts[index].id;
    }
    if (found[0] == '\0')
        return BRIDGE_DROPPED;
    text_str(id, found);
    return strcmp(found, "unknown") == 0 ? BRIDGE_UNKNOWN : BRIDGE_KNOWN;
}

static void file_record(const struct site *site, size_t index, struct text *out)
{
    const struct files *files = site->data;

    raw_public(out, files->records[index].raw);
}

static int64_t file_record_at(const struct site *site, size_t index)
{
    const struct files *files = site->data;

    return files->records[index].at;
}

static bool file_key_row(const struct site *site, size_t index,
                         struct text *out)
{
    const struct files *files = site->data;

    if (index >= files->bridge_count)
        return false;
    text_add(out, files->bridge[index].raw.at, files->bridge[index].raw.len);
    return true;
}

static void file_release(void *data)
{
    struct files *files = data;

    for (size_t i = 0; i < files->account_count; i++) {
        free(files->accounts[i].id);
        free(files->accounts[i].key);
    }
    for (size_t i = 0; i < files->bridge_count; i++) {
        free(files->bridge[i].key);
        free(files->bridge[i].id);
    }
    free(files->accounts);
    free(files->records);
    free(files->bridge);
    free(files->ids);
    free(files->names_by_key);
    text_free(&files->users);
    text_free(&files->audit);
    text_free(&files->keys);
    free(files);
}

static const struct site_ops file_ops = {
    .account = file_account,
    .flags = file_flags,
    .by_id = file_by_id,
    .by_key = file_by_key,
    .bridge = file_bridge,
    .record = file_record,
    .record_at = file_record_at,
    .key_row = file_key_row,
    .release = file_release,
};

static void load_settings(struct site *site, const char *dir)
{
    struct text text = {0};
    enum stamp_zone zone;
    char *now;

    read_json(&text, dir, "site.json");
    site->base_url = raw_member_text(raw_of(&text), "baseUrl");
    site->cloud_id = raw_member_text(raw_of(&text), "cloudId");
    site->user = raw_member_text(raw_of(&text), "user");
    site->caller = raw_member_text(raw_of(&text), "accountId");
    now = raw_member_text(raw_of(&text), "now");
    if (!stamp_parse(now, &site->now, &zone))
        die(EX_DATAERR, "%s/site.json: 'now' is not a time", dir);
    free(now);
    text_free(&text);
}

void site_load(struct site *site, const char *dir)
{
    struct files *files = must_alloc(sizeof(*files));

    *site = (struct site){.ops = &file_ops, .data = files};
    load_settings(site, dir);
    read_json(&files->users, dir, "users.json");
    read_json(&files->audit, dir, "audit.json");
    read_json(&files->keys, dir, "keys.json");
    load_accounts(site, files);
    load_records(site, files);
    load_bridge(files);
    index_names(site, files);
}

void site_free(struct site *site)
{
    site->ops->release(site->data);
    free(site->base_url);
    free(site->cloud_id);
    free(site->user);
    free(site->caller);
}
