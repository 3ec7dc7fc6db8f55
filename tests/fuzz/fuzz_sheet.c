/* Byte 0: which of the shipped sources. The rest: a file exported by hand. */
#include "fuzz.h"
#include "normalise.h"
#include "sheet.h"

static const char *const paths[] = {
    "mappings/sources/export_users_csv.json", "mappings/sources/audit_csv.json",
    "mappings/sources/managed_accounts_csv.json"};

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

static int take(void *context, const struct json *item, uint64_t number,
                struct error *err)
{
    const struct source *source = context;
    struct item_notes notes = {0};
    struct event event;
    struct user user;

    (void)err;
    require(number >= 2);
    require(json_type(item) == JSON_OBJECT);
    if (source->kind == SOURCE_EVENTS)
        normalise_event(source, item, &event, &notes);
    else
        normalise_user(source, item, &user, &notes);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned which = fuzz_byte(&data, &size) % SOURCES;
    struct sheet_facts facts;
    struct error err = {0};
    struct sheet_options options;

    load_sources();
    options = (struct sheet_options){.source = &sources[which],
                                     .path = fuzz_file(data, size),
                                     .row = take,
                                     .context = &sources[which]};
    require_error(sheet_read(&options, &facts, &err), &err);
    return 0;
}
