/* Byte 0: which of the shipped sources. The rest: an answer of its API, which
 * is read whole and as a walk reads it. */
#include <stdlib.h>
#include <string.h>

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

/* What was made of a page, folded into a number (FNV-1a). */
static uint64_t made;

static void note(const char *text)
{
    for (; text != NULL && *text != '\0'; text++)
        made = (made ^ (unsigned char)*text) * 1099511628211u;
    made = (made ^ (text == NULL)) * 1099511628211u;
}

static void judge(enum item_verdict verdict, const struct item_notes *notes)
{
    made = (made ^ (unsigned)verdict) * 1099511628211u;
    if (verdict != ITEM_REFUSED)
        return;
    require(notes->field != NULL && notes->reason != NULL);
    note(notes->field);
    note(notes->reason);
}

static void note_values(const struct value *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool text = values[i].present && (values[i].type == VALUE_STRING ||
                                          values[i].type == VALUE_NUMBER);

        note(text ? values[i].text : NULL);
        made = (made ^ (uint64_t)(text ? 0 : values[i].integer)) *
               1099511628211u;
    }
}

static void take_event(const struct source *source, const struct json *item)
{
    static struct event event;
    struct item_notes notes = {0};
    enum item_verdict verdict = normalise_event(source, item, &event, &notes);

    judge(verdict, &notes);
    if (verdict != ITEM_GOOD)
        return;
    note_values(event.fields, EVENT_FIELD_COUNT);
    for (size_t i = 0; i < event.subject_count; i++)
        note(event.subjects[i]);
    for (size_t i = 0; i < event.change_count; i++) {
        note(event.changes[i].field);
        note(event.changes[i].from);
        note(event.changes[i].to);
    }
}

static void take_item(const struct source *source, const struct json *item)
{
    struct item_notes notes = {0};
    const char *key = NULL, *account = NULL;
    static struct user user;

    if (source->kind == SOURCE_EVENTS) {
        take_event(source, item);
    } else if (source->kind == SOURCE_USERS) {
        enum item_verdict verdict = normalise_user(source, item, &user, &notes);

        judge(verdict, &notes);
        if (verdict == ITEM_GOOD)
            note_values(user.fields, USER_FIELD_COUNT);
    }
    if (normalise_pair(source, item, &key, &account)) {
        note(key);
        note(account);
    }
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
    if (source->paging.style == PAGING_CURSOR) {
        require_error(request_next_cursor(source, root, &cursor, &err), &err);
        note(cursor.data);
    }
    buf_release(&cursor);
}

/* A page of which only what is looked at becomes nodes says the same. */
static void take_selected(const struct source *source, const char *text,
                          size_t size)
{
    uint64_t whole = made;
    struct error err = {0};
    struct json_doc doc = {0};
    char *room = json_room(&doc, size);

    require(room != NULL);
    memcpy(room, text, size);
    require(json_parse_room(&doc, source->select, "page", ERROR_DATA, &err) ==
            0);
    made = 0;
    take_page(source, doc.root);
    require(json_check(&doc, "page", ERROR_DATA, &err) == 0);
    require(made == whole);
    json_free(&doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct source *source = &sources[fuzz_byte(&data, &size) % SOURCES];
    struct error err = {0};
    struct json_doc doc;
    char *text = fuzz_text(data, size);

    load_sources();
    if (json_parse(&doc, text, size, JSON_UNIQUE, "page", ERROR_DATA, &err) ==
        0) {
        made = 0;
        take_page(source, doc.root);
        json_free(&doc);
        take_selected(source, text, size);
    }
    free(text);
    return 0;
}
