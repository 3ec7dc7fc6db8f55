#include "resolve.h"

#include <stdlib.h>
#include <string.h>

#include "name.h"
#include "resolve_parts.h"

void resolve_init(struct resolved *resolved)
{
    memset(resolved, 0, sizeof(*resolved));
    arena_init(&resolved->arena);
}

void resolve_release(struct resolved *resolved)
{
    resolve_bridge_free(resolved->bridge);
    strmap_release(&resolved->ids);
    strmap_release(&resolved->map);
    strmap_release(&resolved->emails);
    strmap_release(&resolved->asked_emails);
    arena_release(&resolved->arena);
}

/* One round of asking the bridge. */
struct asking {
    struct resolved *resolved;
    struct gathered *gathered;
    struct key_report *report;
    struct text_list unknown; /* sorted; their texts live with the books */
};

/* How a name is known without asking; *id is set unless RESOLVE_UNKNOWN. */
static enum resolve_way known_way(const struct resolved *resolved,
                                  const struct gathered *gathered,
                                  const char *name, const char **id)
{
    *id = name;
    if (roster_find(&gathered->roster, name) != NULL)
        return RESOLVE_ID;
    *id = strmap_get(&resolved->map, name);
    if (*id != NULL)
        return RESOLVE_MAPPED;
    *id = strmap_get(&gathered->pairs, name);
    if (*id != NULL)
        return RESOLVE_LEARNED;
    *id = strmap_get(&gathered->pair_ids, name) != NULL ? name : NULL;
    if (*id != NULL)
        return RESOLVE_ID;
    *id = strmap_get(&gathered->bridged, name);
    return *id != NULL ? RESOLVE_BRIDGE : RESOLVE_UNKNOWN;
}

enum resolve_way resolve_way(const struct resolved *resolved,
                             const struct gathered *gathered,
                             const char *name, const char **id)
{
    enum resolve_way way = known_way(resolved, gathered, name, id);

    if (way != RESOLVE_UNKNOWN)
        return way;
    *id = strmap_get(&resolved->ids, name);
    if (*id != NULL && name_is_email(name))
        return RESOLVE_EMAIL;
    return *id != NULL ? RESOLVE_BRIDGE : RESOLVE_UNKNOWN;
}

/* The account id of a name as far as it is known without asking; NULL. */
static const char *known_id(struct resolved *resolved,
                            const struct gathered *gathered, const char *name,
                            struct key_report *report)
{
    uint64_t *const counts[] = {[RESOLVE_ID] = &report->already_ids,
                                [RESOLVE_MAPPED] = &report->mapped,
                                [RESOLVE_LEARNED] = &report->learned,
                                [RESOLVE_BRIDGE] = &report->remembered};
    const char *id;
    enum resolve_way way = known_way(resolved, gathered, name, &id);

    if (way == RESOLVE_UNKNOWN)
        return NULL;
    (*counts[way])++;
    return id;
}

/* Settles the names that are known without asking; the others stay. */
static int settle_known(struct asking *asking, struct error *err)
{
    struct text_list *names = &asking->unknown;
    size_t kept = 0;

    text_list_sort(names);
    asking->report->asked += names->count;
    for (size_t i = 0; i < names->count; i++) {
        const char *name = names->texts[i];
        const char *id = known_id(asking->resolved, asking->gathered, name,
                                  asking->report);

        if (id == NULL)
            names->texts[kept++] = name;
        else if (id != name && strmap_put(&asking->resolved->ids, name,
                                          (void *)id) != 0)
            return error_no_memory(err);
    }
    names->count = kept;
    return 0;
}

/* Frees the names in any case. */
static int resolve_names(struct asking *asking,
                         const struct gather_options *options,
                         struct error *err)
{
    int result = settle_known(asking, err);

    if (result == 0)
        result = resolve_ask_keys(asking->resolved, asking->gathered, options,
                                  &asking->unknown, asking->report, err);
    free(asking->unknown.texts);
    asking->unknown = (struct text_list){0};
    return result;
}

static int merge_book(struct fact_book *book, const struct resolved *resolved,
                      struct error *err)
{
    const struct strmap_slot *entry;
    size_t position = 0;

    while ((entry = strmap_next(&resolved->ids, &position)) != NULL) {
        struct fact_subject *subject = fact_find(book, entry->key);

        if (subject != NULL && fact_merge(book, subject, entry->value) != 0)
            return error_no_memory(err);
    }
    return 0;
}

static int collect(struct asking *asking, const struct strmap *names,
                   struct error *err)
{
    const struct strmap_slot *entry;
    size_t position = 0;

    while ((entry = strmap_next(names, &position)) != NULL) {
        if (resolve_is_id_or_key(entry->key) &&
            text_list_add(&asking->unknown, entry->key, err) != 0) {
            free(asking->unknown.texts);
            return -1;
        }
    }
    return 0;
}

static int collect_subjects(struct asking *asking, struct error *err)
{
    for (size_t i = 0; i < asking->gathered->book_count; i++) {
        if (collect(asking, &asking->gathered->books[i].by_name, err) != 0)
            return -1;
    }
    return collect(asking, &asking->gathered->subjects, err);
}

int resolve_subjects(struct resolved *resolved, struct gathered *gathered,
                     const struct gather_options *options, struct error *err)
{
    struct asking asking = {.resolved = resolved,
                            .gathered = gathered,
                            .report = &options->report->keys};

    if (collect_subjects(&asking, err) != 0 ||
        resolve_names(&asking, options, err) != 0)
        return -1;
    for (size_t i = 0; i < gathered->book_count; i++) {
        if (resolve_emails(resolved, gathered, &gathered->books[i].by_name,
                           &options->report->keys, err) != 0 ||
            merge_book(&gathered->books[i], resolved, err) != 0)
            return -1;
    }
    if (resolve_emails(resolved, gathered, &gathered->subjects,
                       &options->report->keys, err) != 0)
        return -1;
    return resolve_subject_names(resolved, gathered, options, err);
}

/* Names that were subjects as well were asked for already. */
static bool was_subject(const struct gathered *gathered, const char *name)
{
    for (size_t i = 0; i < gathered->book_count; i++) {
        if (fact_find(&gathered->books[i], name) != NULL)
            return true;
    }
    return strmap_get(&gathered->subjects, name) != NULL;
}

static int collect_actors(struct asking *asking, const struct strmap *actors,
                          struct error *err)
{
    const struct strmap_slot *entry;
    size_t position = 0;

    while ((entry = strmap_next(actors, &position)) != NULL) {
        if (!resolve_is_id_or_key(entry->key) ||
            was_subject(asking->gathered, entry->key))
            continue;
        if (text_list_add(&asking->unknown, entry->key, err) != 0) {
            free(asking->unknown.texts);
            return -1;
        }
    }
    return 0;
}

static uint64_t count_nameless(const struct resolved *resolved,
                               const struct gathered *gathered,
                               const struct strmap *actors)
{
    const struct strmap_slot *entry;
    size_t position = 0;
    uint64_t count = 0;

    while ((entry = strmap_next(actors, &position)) != NULL) {
        const char *id = strmap_get(&resolved->ids, entry->key);

        id = id != NULL ? id : entry->key;
        count += !name_is_app(id) &&
                 roster_find(&gathered->roster, id) == NULL &&
                 strmap_get(&gathered->pair_ids, id) == NULL;
    }
    return count;
}

int resolve_actors(struct resolved *resolved, struct gathered *gathered,
                   const struct gather_options *options,
                   const struct strmap *actors, struct error *err)
{
    struct key_report counts = {0};
    struct asking asking = {
        .resolved = resolved, .gathered = gathered, .report = &counts};

    if (collect_actors(&asking, actors, err) != 0 ||
        resolve_names(&asking, options, err) != 0 ||
        resolve_emails(resolved, gathered, actors, &options->report->keys,
                       err) != 0 ||
        resolve_ask_names(resolved, gathered, options, actors, err) != 0)
        return -1;
    options->report->keys.unresolved_actors +=
        count_nameless(resolved, gathered, actors);
    return 0;
}
