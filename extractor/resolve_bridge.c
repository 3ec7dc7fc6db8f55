/* Keys asked of the bridge source: some while logs are still read, the rest when
 * all of them are known. */
#include <stdlib.h>
#include <string.h>

#include "lookup.h"
#include "normalise.h"
#include "resolve_parts.h"

/* So many requests for one look-up: windows of logs must not wait for them. */
enum { EARLY_SHARE = 4 };

struct bridge {
    struct resolved *resolved;
    struct gathered *gathered;
    const struct setup_source *entry;
    struct lookup *lookup;
    struct strmap asked; /* name -> itself as it lives with the run; NULL: taken
                            back */
    struct strmap found; /* of these -> account id */
};

void resolve_bridge_free(struct bridge *bridge)
{
    if (bridge == NULL)
        return;
    lookup_free(bridge->lookup);
    strmap_release(&bridge->asked);
    strmap_release(&bridge->found);
    free(bridge);
}

/* An account id's text that lives as long as the run. */
static const char *lasting_id(const struct bridge *bridge, const char *id)
{
    const struct account *account =
        roster_find(&bridge->gathered->roster, id);

    return account != NULL ? account_id(account)
                           : arena_strdup(&bridge->resolved->arena, id);
}

static int take_key(void *context, const struct json *item, const char **name,
                    struct error *err)
{
    struct bridge *bridge = context;
    const char *key, *id;
    bool pair = normalise_pair(&bridge->entry->source, item, &key, &id);

    /* That a key has no account is an answer as well. */
    *name = key != NULL ? strmap_get(&bridge->asked, key) : NULL;
    if (*name == NULL || !pair)
        return 0;
    id = lasting_id(bridge, id);
    if (id == NULL || strmap_put(&bridge->found, *name, (void *)id) != 0)
        return error_no_memory(err);
    return 0;
}

static struct bridge *bridge_open(struct resolved *resolved,
                                  struct gathered *gathered,
                                  const struct gather_options *options,
                                  const struct setup_source *entry,
                                  struct error *err)
{
    struct bridge *bridge = calloc(1, sizeof(*bridge));
    const struct lookup_options lookup = {
        .exchange = options->exchange,
        .source = &entry->source,
        .endpoint = entry->endpoint,
        .report = resolve_report(options, entry),
        .item = take_key,
        .context = bridge,
        .most = (size_t)options->setup->job.limits.concurrency / EARLY_SHARE +
                1,
    };

    if (bridge == NULL) {
        error_no_memory(err);
        return NULL;
    }
    bridge->resolved = resolved;
    bridge->gathered = gathered;
    bridge->entry = entry;
    bridge->lookup = lookup_new(&lookup, err);
    if (bridge->lookup != NULL)
        return bridge;
    resolve_bridge_free(bridge);
    return NULL;
}

static int ask(struct bridge *bridge, const char *name, struct error *err)
{
    if (strmap_get(&bridge->asked, name) != NULL)
        return 0;
    if (strmap_put(&bridge->asked, name, (void *)name) != 0)
        return error_no_memory(err);
    return lookup_add(bridge->lookup, name, err);
}

/* Pages that are still to come have no part in what is known here, so that the
 * batches are the same whenever they come: gather.h sees to the pairs. */
static int take_names(void *context, const char *const *names, size_t count,
                      struct error *err)
{
    struct bridge *bridge = context;

    for (size_t i = 0; i < count; i++) {
        if (roster_find(&bridge->gathered->roster, names[i]) == NULL &&
            strmap_get(&bridge->resolved->map, names[i]) == NULL &&
            strmap_get(&bridge->gathered->bridged, names[i]) == NULL &&
            ask(bridge, names[i], err) != 0)
            return -1;
    }
    return 0;
}

int resolve_early(struct resolved *resolved, struct gathered *gathered,
                  struct gather_options *options, struct error *err)
{
    const struct setup_source *entry = resolve_helper(options->setup, true);

    if (entry == NULL)
        return 0;
    resolved->bridge = bridge_open(resolved, gathered, options, entry, err);
    if (resolved->bridge == NULL)
        return -1;
    options->early = (struct gather_names){take_names, resolved->bridge};
    return 0;
}

/* What fills no batch may have been explained since. */
static int take_back(struct bridge *bridge, struct error *err)
{
    const char *name;

    while ((name = lookup_take_back(bridge->lookup)) != NULL) {
        if (strmap_put(&bridge->asked, name, NULL) != 0)
            return error_no_memory(err);
    }
    return 0;
}

static int ask_rest(struct bridge *bridge, const struct text_list *names,
                    struct error *err)
{
    if (take_back(bridge, err) != 0)
        return -1;
    for (size_t i = 0; i < names->count; i++) {
        if (ask(bridge, names->texts[i], err) != 0)
            return -1;
    }
    return lookup_finish(bridge->lookup, err);
}

static int take_found(struct bridge *bridge, const struct text_list *names,
                      struct key_report *report, struct error *err)
{
    for (size_t i = 0; i < names->count; i++) {
        const char *name = names->texts[i];
        char *id = strmap_get(&bridge->found, name);

        report->looked_up += id != NULL;
        report->unresolved += id == NULL;
        if (id != NULL &&
            (strmap_put(&bridge->resolved->ids, name, id) != 0 ||
             strmap_put(&bridge->gathered->answered, name, id) != 0))
            return error_no_memory(err);
    }
    return 0;
}

int resolve_ask_keys(struct resolved *resolved, struct gathered *gathered,
                     const struct gather_options *options,
                     const struct text_list *names, struct key_report *report,
                     struct error *err)
{
    const struct setup_source *entry = resolve_helper(options->setup, true);
    struct bridge *bridge = resolved->bridge;
    int result = 0;

    resolved->bridge = NULL;
    if (entry == NULL) {
        report->unresolved += names->count;
    } else if (names->count > 0) {
        if (bridge == NULL)
            bridge = bridge_open(resolved, gathered, options, entry, err);
        result = bridge == NULL || ask_rest(bridge, names, err) != 0
                     ? -1
                     : take_found(bridge, names, report, err);
    }
    if (result != 0)
        resolved->bridge = bridge; /* requests may be under way */
    else
        resolve_bridge_free(bridge);
    return result;
}
