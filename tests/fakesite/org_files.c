/* An organisation read from the site's folder. */
#include "org.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "stamp.h"

struct file_rows {
    struct text text;
    struct span *rows;
    size_t count;
};

struct member {
    char *id;
    unsigned flags;
};

struct times {
    char *id;
    int64_t at;
    int64_t processed;
};

struct files {
    struct file_rows users;
    struct file_rows events;
    struct file_rows actions;
    struct member *members;
    struct times *times;
};

static void load_rows(struct file_rows *rows, const char *dir, const char *name)
{
    struct text path = {0};
    struct raw_walk walk;
    struct raw_entry entry;

    text_fmt(&path, "%s/%s", dir, name);
    text_read_file(&rows->text, path.data);
    text_free(&path);
    if (!raw_open(&walk, raw_of(&rows->text)) || walk.object)
        die(EX_DATAERR, "%s: not an array", name);
    while (raw_next(&walk, &entry)) {
        rows->rows =
            must_grow(rows->rows, (rows->count + 1) * sizeof(*rows->rows));
        rows->rows[rows->count++] = entry.value;
    }
    if (walk.broken)
        die(EX_DATAERR, "%s: not JSON near element %zu", name, rows->count);
}

static unsigned flag(struct span row, const char *name, const char *raw,
                     unsigned value)
{
    struct span found;

    return raw_member(row, name, &found) && raw_is(found, raw) ? value : 0;
}

static void load_members(struct files *files)
{
    files->members =
        must_alloc((files->users.count + 1) * sizeof(*files->members));
    for (size_t i = 0; i < files->users.count; i++) {
        struct span row = files->users.rows[i];

        files->members[i].id = raw_member_text(row, "accountId");
        files->members[i].flags =
            flag(row, "claimStatus", "\"managed\"", MEMBER_MANAGED) |
            flag(row, "_offSite", "true", MEMBER_OFF_SITE) |
            flag(row, "_google", "true", MEMBER_GOOGLE);
    }
}

static bool read_time(struct span attributes, const char *name, int64_t *ms)
{
    char *text = raw_member_text(attributes, name);
    enum stamp_zone zone;
    bool good = stamp_parse(text, ms, &zone);

    free(text);
    return good;
}

static void load_events(struct files *files)
{
    files->times =
        must_alloc((files->events.count + 1) * sizeof(*files->times));
    for (size_t i = 0; i < files->events.count; i++) {
        struct span row = files->events.rows[i];
        struct times *times = &files->times[i];
        struct span attributes;

        times->id = raw_member_text(row, "id");
        if (!raw_member(row, "attributes", &attributes) ||
            !read_time(attributes, "time", &times->at) ||
            !read_time(attributes, "processedAt", &times->processed))
            die(EX_DATAERR, "org_events.json: element %zu has no time", i);
    }
}

static unsigned flags(const struct org *org, size_t index)
{
    const struct files *files = org->data;

    return files->members[index].flags;
}

static void add_row(const struct file_rows *rows, size_t index,
                    struct text *out)
{
    text_add(out, rows->rows[index].at, rows->rows[index].len);
}

static void member(const struct org *org, size_t index, struct text *out)
{
    const struct files *files = org->data;

    add_row(&files->users, index, out);
}

static long by_id(const struct org *org, const char *id)
{
    const struct files *files = org->data;

    for (size_t i = 0; i < org->member_count; i++) {
        if (strcmp(files->members[i].id, id) == 0)
            return (long)i;
    }
    return SITE_NONE;
}

static void event(const struct org *org, size_t index, struct text *out)
{
    const struct files *files = org->data;

    add_row(&files->events, index, out);
}

static void event_at(const struct org *org, size_t index, int64_t *at,
                     int64_t *processed)
{
    const struct files *files = org->data;

    *at = files->times[index].at;
    *processed = files->times[index].processed;
}

static long event_by_id(const struct org *org, const char *id)
{
    const struct files *files = org->data;

    for (size_t i = 0; i < org->event_count; i++) {
        if (strcmp(files->times[i].id, id) == 0)
            return (long)i;
    }
    return SITE_NONE;
}

static bool action(const struct org *org, size_t index, struct text *out)
{
    const struct files *files = org->data;

    if (index >= files->actions.count)
        return false;
    add_row(&files->actions, index, out);
    return true;
}

static void free_rows(struct file_rows *rows)
{
    text_free(&rows->text);
    free(rows->rows);
}

static void release(void *data)
{
    struct files *files = data;

    for (size_t i = 0; i < files->users.count; i++)
        free(files->members[i].id);
    for (size_t i = 0; i < files->events.count; i++)
        free(files->times[i].id);
    free(files->members);
    free(files->times);
    free_rows(&files->users);
    free_rows(&files->events);
    free_rows(&files->actions);
    free(files);
}

static const struct org_ops file_ops = {
    .flags = flags,
    .member = member,
    .by_id = by_id,
    .event = event,
    .event_at = event_at,
    .event_by_id = event_by_id,
    .action = action,
    .release = release,
};

static void load_settings(struct org *org, const char *path)
{
    struct text text = {0};

    text_read_file(&text, path);
    org->id = raw_member_text(raw_of(&text), "orgId");
    org->directory = raw_member_text(raw_of(&text), "directoryId");
    org->site_id = raw_member_text(raw_of(&text), "siteId");
    org->key_owner = raw_member_text(raw_of(&text), "keyOwner");
    org->session_owner = raw_member_text(raw_of(&text), "sessionOwner");
    text_free(&text);
}

void org_load(struct org *org, const struct site *site, const char *dir)
{
    struct text path = {0};
    struct files *files;

    *org = (struct org){.site = site, .ops = &file_ops};
    text_fmt(&path, "%s/org.json", dir);
    if (access(path.data, F_OK) == 0) {
        files = must_alloc(sizeof(*files));
        load_settings(org, path.data);
        load_rows(&files->users, dir, "org_users.json");
        load_rows(&files->events, dir, "org_events.json");
        load_rows(&files->actions, dir, "event_actions.json");
        load_members(files);
        load_events(files);
        org->data = files;
        org->member_count = files->users.count;
        org->event_count = files->events.count;
        pthread_mutex_init(&org->lock, NULL);
    }
    text_free(&path);
}
