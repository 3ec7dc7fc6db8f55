/* The names that people have for accounts. */
#include <stdlib.h>
#include <string.h>

#include "lookup.h"
#include "name.h"
#include "normalise.h"
#include "resolve_parts.h"

const struct setup_source *resolve_helper(const struct setup *setup, bool keys)
{
    for (size_t i = 0; i < setup->source_count; i++) {
        const struct source *source = &setup->sources[i].source;
        const char *name = keys ? source->resolve_keys : source->resolve_names;

        if (setup->sources[i].skipped == NULL && name != NULL)
            return setup_source(setup, name);
    }
    return NULL;
}

struct source_report *resolve_report(const struct gather_options *options,
                                     const struct setup_source *entry)
{
    return &options->report->sources[entry - options->setup->sources];
}

bool resolve_is_id_or_key(const char *name)
{
    return name_id(name) == name;
}

struct naming {
    struct gathered *gathered;
    const struct setup_source *entry;
};

static int take_name(void *context, const struct json *item, const char **name,
                     struct error *err)
{
    struct naming *naming = context;
    struct item_notes notes = {0};
    struct user user;

    *name = NULL;
    if (normalise_user(&naming->entry->source, item, &user, &notes) !=
        ITEM_GOOD)
        return 0;
    if (!user.fields[USER_ACCOUNT_ID].present)
        return 0;
    *name = user.fields[USER_ACCOUNT_ID].text;
    if (roster_add(&naming->gathered->roster, &user, false) == NULL)
        return error_no_memory(err);
    return 0;
}

/* What only enriches may know an account without its name. */
static bool may_have_name(const struct roster *roster, const char *id)
{
    const struct account *account = roster_find(roster, id);

    return account != NULL &&
           (account->listed ||
            account_value(account, USER_DISPLAY_NAME).present);
}

int resolve_ask_names(struct resolved *resolved, struct gathered *gathered,
                      const struct gather_options *options,
                      const struct strmap *actors, struct error *err)
{
    struct naming naming = {.gathered = gathered,
                            .entry = resolve_helper(options->setup, false)};
    struct lookup_options lookup = {
        .exchange = options->exchange, .item = take_name, .context = &naming};
    struct text_list missing = {0};
    const struct strmap_slot *entry;
    size_t position = 0;
    int result = 0;

    if (naming.entry == NULL)
        return 0;
    while (result == 0 && (entry = strmap_next(actors, &position)) != NULL) {
        const char *id = strmap_get(&resolved->ids, entry->key);

        if (id == NULL)
            id = entry->key;
        if (name_id(id) == id && !may_have_name(&gathered->roster, id))
            result = text_list_add(&missing, id, err);
    }
    text_list_sort(&missing);
    lookup.source = &naming.entry->source;
    lookup.endpoint = naming.entry->endpoint;
    lookup.report = resolve_report(options, naming.entry);
    if (result == 0 && missing.count > 0)
        result = lookup_run(&lookup, missing.texts, missing.count, err);
    free(missing.texts);
    return result;
}

static uint64_t count_unknown(const struct resolved *resolved,
                              const struct gathered *gathered)
{
    const struct strmap_slot *entry;
    size_t position = 0;
    uint64_t count = 0;
    const char *id;

    while ((entry = strmap_next(&gathered->subjects, &position)) != NULL)
        count +=
            resolve_is_id_or_key(entry->key) &&
            resolve_way(resolved, gathered, entry->key, &id) == RESOLVE_UNKNOWN;
    return count;
}

int resolve_subject_names(struct resolved *resolved, struct gathered *gathered,
                          const struct gather_options *options,
                          struct error *err)
{
    struct key_report *report = &options->report->keys;
    uint64_t before = count_unknown(resolved, gathered), found;

    if (resolve_ask_names(resolved, gathered, options, &gathered->subjects,
                          err) != 0)
        return -1;
    found = before - count_unknown(resolved, gathered);
    report->unresolved -= found;
    report->already_ids += found;
    return 0;
}
