#include "resolve.h"

#include <stdlib.h>
#include <string.h>

#include "lookup.h"
#include "name.h"
#include "normalise.h"
#include "resolve_parts.h"

void resolve_init(struct resolved *resolved)
{
    memset(resolved, 0, sizeof(*resolved));
    arena_init(&resolved->arena);
}

void resolve_release(struct resolved *resolved)
{
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
    const struct setup_source *entry;
    struct key_report *report;
    struct names unknown; /* sorted; their texts live with the books */
};

/* A name that was asked for, as the list asked holds it: it lives as long as
 * the run, unlike the answer's text. */
static const char *asked_name(const struct asking *asking, const char *key)
{
    const char **found = NULL;

    if (asking->unknown.count > 0)
        found = bsearch(&key, asking->unknown.texts, asking->unknown.count,
                        sizeof(*asking->unknown.texts), resolve_text_order);
    return found != NULL ? *found : NULL;
}

/* An account id's text that lives as long as the run. */
static const char *lasting_id(struct asking *asking, const char *id)
{
    const struct account *account =
        roster_find(&asking->gathered->roster, id);

    return account != NULL ? account_id(account)
                           : arena_strdup(&asking->resolved->arena, id);
}

static int take_key(void *context, const struct json *item, const char **name,
                    struct error *err)
{
    struct asking *asking = context;
    const char *key, *id;
    bool pair = normalise_pair(&asking->entry->source, item, &key, &id);

    /* That a key has no account is an answer as well. */
    *name = key != NULL ? asked_name(asking, key) : NULL;
    if (*name == NULL || !pair)
        return 0;
    if (strmap_get(&asking->resolved->ids, *name) == NULL)
        asking->report->looked_up++;
    id = lasting_id(asking, id);
    if (id == NULL ||
        strmap_put(&asking->resolved->ids, *name, (void *)id) != 0 ||
        strmap_put(&asking->gathered->answered, *name, (void *)id) != 0)
        return error_no_memory(err);
    return 0;
}

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
    struct names *names = &asking->unknown;
    size_t kept = 0;

    resolve_names_sort(names);
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

static int ask_bridge(struct asking *asking,
                      const struct gather_options *options, struct error *err)
{
    struct lookup_options lookup = {.exchange = options->exchange,
                                    .item = take_key,
                                    .context = asking};
    const struct names *unknown = &asking->unknown;
    uint64_t before = asking->report->looked_up;

    asking->entry = resolve_helper(options->setup, true);
    if (asking->entry != NULL && unknown->count > 0) {
        lookup.source = &asking->entry->source;
        lookup.endpoint = asking->entry->endpoint;
        lookup.report = resolve_report(options, asking->entry);
        if (lookup_run(&lookup, unknown->texts, unknown->count, err) != 0)
            return -1;
    }
    asking->report->unresolved +=
        unknown->count - (asking->report->looked_up - before);
    return 0;
}

/* Frees the names in any case. */
static int resolve_names(struct asking *asking,
                         const struct gather_options *options,
                         struct error *err)
{
    int result = settle_known(asking, err);

    if (result == 0)
        result = ask_bridge(asking, options, err);
    free(asking->unknown.texts);
    asking->unknown = (struct names){0};
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
            resolve_names_add(&asking->unknown, entry->key, err) != 0) {
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
        if (resolve_names_add(&asking->unknown, entry->key, err) != 0) {
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
