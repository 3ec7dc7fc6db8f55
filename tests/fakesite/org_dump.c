/* org_dump(): any organisation in the format org_load() reads. */
#include "org.h"

#include <stdio.h>
#include <sysexits.h>

static void finish(FILE *file, const char *name)
{
    if (ferror(file) || fclose(file) != 0)
        die(EX_IOERR, "cannot write %s", name);
}

static void dump_settings(const struct org *org, const char *dir)
{
    const struct {
        const char *name;
        const char *value;
    } members[] = {{"orgId", org->id},
                   {"directoryId", org->directory},
                   {"siteId", org->site_id},
                   {"keyOwner", org->key_owner},
                   {"sessionOwner", org->session_owner}};
    FILE *file = site_create(dir, "org.json");
    struct text text = {0};

    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        text_fmt(&text, "%s\"%s\": ", i == 0 ? "{" : ",\n ", members[i].name);
        text_json(&text, members[i].value);
    }
    text_str(&text, "}\n");
    fwrite(text.data, 1, text.len, file);
    text_free(&text);
    finish(file, "org.json");
}

static bool add_member(const struct org *org, size_t index, struct text *out)
{
    if (index >= org->member_count)
        return false;
    if ((org->ops->flags(org, index) & MEMBER_ABSENT) == 0)
        org->ops->member(org, index, out);
    return true;
}

static bool add_event(const struct org *org, size_t index, struct text *out)
{
    if (index >= org->event_count)
        return false;
    org->ops->event(org, index, out);
    return true;
}

/* ADD says false after the last; rows may be empty. */
static void dump_rows(const struct org *org, const char *dir, const char *name,
                      bool (*add)(const struct org *, size_t, struct text *))
{
    FILE *file = site_create(dir, name);
    struct text row = {0};
    const char *before = "[\n";

    for (size_t i = 0; add(org, i, &row); i++) {
        if (row.len > 0) {
            fputs(before, file);
            fwrite(row.data, 1, row.len, file);
            before = ",\n";
        }
        text_clear(&row);
    }
    fputs(before[0] == '[' ? "[]\n" : "\n]\n", file);
    text_free(&row);
    finish(file, name);
}

void org_dump(const struct org *org, const char *dir)
{
    if (org->id == NULL)
        return;
    dump_settings(org, dir);
    dump_rows(org, dir, "org_users.json", add_member);
    dump_rows(org, dir, "org_events.json", add_event);
    dump_rows(org, dir, "event_actions.json", org->ops->action);
}
