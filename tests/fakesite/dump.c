/* site_dump(): any site in the format site_load() reads. */
#include "site.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "raw.h"
#include "stamp.h"

FILE *site_create(const char *dir, const char *name)
{
    struct text path = {0};
    FILE *file;

    text_fmt(&path, "%s/%s", dir, name);
    file = fopen(path.data, "wb");
    if (file == NULL)
        die(EX_CANTCREAT, "cannot create %s", path.data);
    text_free(&path);
    return file;
}

static void finish(FILE *file, const char *name)
{
    if (fputs("\n]\n", file) == EOF || fclose(file) != 0)
        die(EX_IOERR, "cannot write %s", name);
}

static void element(FILE *file, const struct text *text, bool first)
{
    fputs(first ? "[\n" : ",\n", file);
    fwrite(text->data, 1, text->len, file);
}

static void dump_settings(const struct site *site, const char *dir)
{
    FILE *file = site_create(dir, "site.json");
    struct text text = {0};
    char now[STAMP_BYTES];

    stamp_jira(now, site->now);
    text_str(&text, "{\"baseUrl\": ");
    text_json(&text, site->base_url);
    text_str(&text, ",\n \"cloudId\": ");
    text_json(&text, site->cloud_id);
    text_str(&text, ",\n \"user\": ");
    text_json(&text, site->user);
    text_str(&text, ",\n \"accountId\": ");
    text_json(&text, site->caller);
    text_fmt(&text, ",\n \"now\": \"%s\"}\n", now);
    fwrite(text.data, 1, text.len, file);
    text_free(&text);
    if (fclose(file) != 0)
        die(EX_IOERR, "cannot write site.json");
}

static void dump_rows(const struct site *site, const char *dir,
                      const char *name, size_t count)
{
    FILE *file = site_create(dir, name);
    bool users = strcmp(name, "users.json") == 0;
    struct text row = {0};

    if (count == 0)
        fputs("[", file);
    for (size_t i = 0; i < count; i++) {
        text_clear(&row);
        if (users)
            site->ops->account(site, i, &row);
        else
            site->ops->record(site, i, &row);
        element(file, &row, i == 0);
    }
    finish(file, name);
    text_free(&row);
}

static void dump_keys(const struct site *site, const char *dir)
{
    FILE *file = site_create(dir, "keys.json");
    struct text row = {0};
    bool first = true;

    for (size_t i = 0; site->ops->key_row(site, i, &row); i++) {
        if (row.len > 0) {
            element(file, &row, first);
            first = false;
        }
        text_clear(&row);
    }
    if (first)
        fputs("[", file);
    finish(file, "keys.json");
    text_free(&row);
}

void site_dump(const struct site *site, const char *dir)
{
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        die(EX_CANTCREAT, "cannot create %s", dir);
    dump_settings(site, dir);
    dump_rows(site, dir, "users.json", site->account_count);
    dump_rows(site, dir, "audit.json", site->record_count);
    dump_keys(site, dir);
}
