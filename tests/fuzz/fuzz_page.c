/* Byte 0: which of the shipped sources. The rest: an answer of its API. */
#include "buf.h"
#include "fuzz.h"
#include "normalise.h"
#include "request.h"

static const char *const paths[] = {"mappings/sources/jira_users.json",
                                    "mappings/sources/jira_audit.json",
                                    "mappings/sources/org_events.json",
                                    "mappings/sources/org_directory_users.json",
                                    "mappings/sources/org_managed_users.json",
                                    "mappings/sources/adminhub_site_users.json",
                                    "mappings/sources/last_active.json",
                                    "mappings/sources/jira_user_keys.json"};

enum { SOURCES = sizeof(paths) / sizeof(paths[0]) };

static struct source sources[SOURCES];

static void load_sources(void)
{
    static bool loaded;
    struct error err = {0};

    for (size_t i = 0; i < SOURCES && !loaded; i++)
        require(source_load(&sources[i], paths[i], &err) == 0);
    loaded = true;
}

static void judge(enum item_verdict verdict, const struct item_notes *notes)
{
    if (verdict == ITEM_REFUSED)
        require(notes->field != NULL && notes->reason != NULL);
}

static void take_item(const struct source *source, const struct json *item)
{
    struct item_notes notes = {0};
    const char *key, *account;
    struct event event;
    struct user user;

    if (source->kind == SOURCE_EVENTS)
        judge(normalise_event(source, item, &event, &notes), &notes);
    else if (source->kind == SOURCE_USERS)
        judge(normalise_user(source, item, &user, &notes), &notes);
    else
        normalise_pair(source, item, &key, &account);
}

static void take_page(const struct source *source, const struct json *root)
{
    const struct json *items, *item;
    struct error err = {0};
    struct buf cursor;

    if (source->each) {
        item = normalise_item(source, root, &err);
        if (item != NULL)
            take_item(source, item);
    } else {
        items = normalise_items(source, root, &err);
        for (item = items != NULL ? json_first(items) : NULL; item != NULL;
             item = json_next(item))
            take_item(source, item);
    }
    error_clear(&err);
    buf_init(&cursor, REQUEST_BYTES_MAX);
    if (source->paging.style == PAGING_CURSOR)
        require_error(request_next_cursor(source, root, &cursor, &err), &err);
    buf_release(&cursor);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned which = fuzz_byte(&data, &size) % SOURCES;
    struct error err = {0};
    struct json_doc doc;
    char *text = fuzz_text(data, size);

    load_sources();
    if (json_parse(&doc, text, size, JSON_UNIQUE, "page", ERROR_DATA, &err) ==
        0) {
        take_page(&sources[which], doc.root);
        json_free(&doc);
    }
    free(text);
    return 0;
}
