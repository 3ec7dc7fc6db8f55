#include "setup_parts.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "request.h"

static void cut_last_part(char *path)
{
    char *slash = strrchr(path, '/');

    if (slash != NULL)
        *slash = '\0';
}

/* Beside the job, where the environment says, in the source tree the binary
 * was built in, and where it is installed. */
int setup_folders(const struct job *job, struct arena *arena,
                  const char *folders[SETUP_FOLDERS_MAX], struct error *err)
{
    const char *named = getenv("ROLLCALL_MAPPINGS");
    char exe[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
    size_t n = 0;

    exe[len > 0 ? len : 0] = '\0';
    cut_last_part(exe);
    cut_last_part(exe);
    folders[n++] = arena_printf(arena, "%s/mappings", job->folder);
    if (named != NULL && *named != '\0')
        folders[n++] = arena_strdup(arena, named);
    folders[n++] = arena_printf(arena, "%s/mappings", exe);
    folders[n++] = arena_printf(arena, "%s/share/rollcall/mappings", exe);
    for (size_t i = 0; i < n; i++) {
        if (folders[i] == NULL)
            return error_no_memory(err);
    }
    folders[n] = NULL;
    return 0;
}

bool setup_makes_event_rows(const struct setup *setup)
{
    for (size_t i = 0; i < setup->mapping_count; i++) {
        if (setup->mappings[i].rules.grain == GRAIN_EVENT)
            return true;
    }
    return false;
}

const struct setup_source *setup_source(const struct setup *setup,
                                        const char *name)
{
    const struct setup_source *all = setup->sources;

    /* Each event of a log asks, with the very text. */
    for (size_t i = 0; i < setup->source_count; i++) {
        if (all[i].source.name == name)
            return &all[i];
    }
    for (size_t i = 0; name != NULL && i < setup->source_count; i++) {
        if (strcmp(all[i].source.name, name) == 0)
            return &all[i];
    }
    return NULL;
}

static int need_source(struct setup *setup, struct mapping *mapping,
                       const char *name, enum source_kind kind, bool optional,
                       struct error *err);

static int check_source(const struct setup_source *entry, const char *name,
                        enum source_kind kind, struct error *err)
{
    const struct source *source = &entry->source;

    if (strcmp(source->name, name) != 0) {
        error_set(err, ERROR_CONFIG,
                  "%s: name: is \"%s\", but the "
                  "file is for \"%s\"",
                  source->path, source->name, name);
        return error_hint(err, "write \"%s\" there, or rename the file", name);
    }
    if (source->kind != kind) {
        error_set(err, ERROR_CONFIG,
                  "%s: kind: source \"%s\" is used for something else",
                  source->path, name);
        return error_hint(err,
                          "\"users\" and \"enrich\" take sources of users, "
                          "\"events\" those of events, keys those of keys");
    }
    return 0;
}

/* Why a source that a run can do without is left out; NULL: it is not. */
static int decide_skip(struct setup *setup, struct setup_source *entry,
                       struct error *err)
{
    const struct source *source = &entry->source;
    const char *lacks = NULL;

    if (entry->endpoint == NULL)
        entry->skipped =
            arena_printf(&setup->arena, "the job has no endpoint \"%s\"",
                         source->endpoint);
    else
        lacks = request_lacks(source, entry->endpoint);
    if (lacks != NULL)
        entry->skipped =
            arena_printf(&setup->arena, "endpoint \"%s\" has no %s",
                         source->endpoint, lacks);
    if (entry->skipped == NULL && (entry->endpoint == NULL || lacks != NULL))
        return error_no_memory(err);
    return 0;
}

static int no_endpoint(const struct setup *setup, const struct source *source,
                       struct error *err)
{
    error_set(err, ERROR_CONFIG, "%s: endpoints: source \"%s\" needs an "
              "endpoint \"%s\", and the job has none", setup->job.path,
              source->name, source->endpoint);
    return error_hint(err, "add it under \"endpoints\" with its url and auth");
}

static int bind_endpoint(struct setup *setup, struct setup_source *entry,
                         bool optional, struct error *err)
{
    if (entry->source.file != NULL)
        return setup_bind_file(setup, entry, optional, err);
    entry->endpoint = job_endpoint(&setup->job, entry->source.endpoint);
    if (optional)
        return decide_skip(setup, entry, err);
    if (entry->endpoint != NULL)
        return 0;
    return no_endpoint(setup, &entry->source, err);
}

static int need_fallback(struct setup *setup, struct mapping *mapping,
                         const struct setup_source *entry, bool optional,
                         struct error *err)
{
    const char *name = entry->source.fallback;
    size_t index = setup->source_count;
    struct setup_source *fallback = &setup->sources[index];

    if (setup_source(setup, name) != NULL) {
        error_set(err, ERROR_CONFIG,
                  "%s: fallback: source \"%s\" is "
                  "used on its own as well",
                  entry->source.path, name);
        return error_hint(
            err,
            "take it out of the mapping, or the fallback out of the source");
    }
    if (need_source(setup, mapping, name, SOURCE_USERS, optional, err) != 0)
        return -1;
    fallback->is_fallback = true;
    if (fallback->source.each) {
        error_set(err, ERROR_CONFIG,
                  "%s: fallback: source \"%s\" is "
                  "asked account by account and gives no list",
                  entry->source.path, name);
        return error_hint(err, "name a source that lists accounts");
    }
    if (fallback->source.fallback == NULL)
        return 0;
    error_set(err, ERROR_CONFIG,
              "%s: fallback: source \"%s\" has a "
              "fallback itself",
              entry->source.path, name);
    return error_hint(err, "name a source that has none");
}

/* What is asked for the names of a log; of one that is left out, nothing. */
static int need_helpers(struct setup *setup, struct mapping *mapping,
                        const struct setup_source *entry, struct error *err)
{
    const struct source *source = &entry->source;

    if (entry->skipped != NULL)
        return 0;
    if (source->resolve_keys != NULL &&
        need_source(setup, mapping, source->resolve_keys, SOURCE_KEYS, false,
                    err) != 0)
        return -1;
    if (source->resolve_names == NULL)
        return 0;
    if (need_source(setup, mapping, source->resolve_names, SOURCE_USERS, false,
                    err) != 0)
        return -1;
    if (setup_source(setup, source->resolve_names)->source.batch_parameter !=
        NULL)
        return 0;
    error_set(err, ERROR_CONFIG,
              "%s: resolve.names: source \"%s\" has "
              "no \"batch\", so it cannot be asked for names",
              source->path, source->resolve_names);
    return error_hint(err, "name a source that has \"batch\"");
}

static int need_source(struct setup *setup, struct mapping *mapping,
                       const char *name, enum source_kind kind, bool optional,
                       struct error *err)
{
    const struct setup_source *known = setup_source(setup, name);
    struct setup_source *entry = &setup->sources[setup->source_count];
    const char *path;

    if (known != NULL) {
        entry = &setup->sources[known - setup->sources];
        if (check_source(known, name, kind, err) != 0)
            return -1;
        if (known->skipped == NULL || optional)
            return 0;
        entry->skipped = NULL;
        return bind_endpoint(setup, entry, false, err);
    }
    if (setup->source_count == SETUP_SOURCES_MAX)
        return error_set(err, ERROR_CONFIG,
                         "%s: at most %d sources are possible in a run",
                         mapping->path, SETUP_SOURCES_MAX);
    path = mapping_source_path(mapping, name, setup->folders, err);
    if (path == NULL || source_load(&entry->source, path, err) != 0)
        return -1;
    setup->source_count++;
    if (check_source(entry, name, kind, err) != 0 ||
        bind_endpoint(setup, entry, optional, err) != 0)
        return -1;
    if (entry->source.fallback != NULL &&
        need_fallback(setup, mapping, entry, optional, err) != 0)
        return -1;
    return need_helpers(setup, mapping, entry, err);
}

static int other_universe(const struct setup *setup, size_t mapping,
                          const char *name, struct error *err)
{
    const struct mapping *first = setup->mappings;

    while (setup->mapping_users[first - setup->mappings] == 0)
        first++;
    error_set(err, ERROR_CONFIG, "%s: users: reads \"%s\", but \"%s\" of the "
              "same run reads \"%s\"", setup->mappings[mapping].path, name,
              first->rules.schema.name, setup->user_names[0]);
    return error_hint(err, "put mappings with different users into jobs of "
                      "their own");
}

/* Adds a source to the mapping's list of them, which must agree with the list
 * of the run as far as both go. */
static int use_users(struct setup *setup, size_t mapping, const char *name,
                     struct error *err)
{
    const struct setup_source *entry = setup_source(setup, name);
    size_t at = setup->mapping_users[mapping];

    if (entry->is_fallback) {
        error_set(err, ERROR_CONFIG,
                  "%s: users: source \"%s\" is the "
                  "fallback of another of the run",
                  setup->mappings[mapping].path, name);
        return error_hint(err,
                          "take it out: it is asked when the other is refused");
    }
    if (entry->skipped != NULL)
        return 0;
    if (at == 0 && entry->source.each) {
        error_set(err, ERROR_CONFIG,
                  "%s: users: source \"%s\" is "
                  "asked account by account, so it can only enrich "
                  "others",
                  setup->mappings[mapping].path, name);
        return error_hint(
            err,
            "name a source that lists accounts, and this one under \"enrich\"");
    }
    if (entry->source.each &&
        setup->mappings[mapping].rules.grain == GRAIN_EVENT) {
        error_set(err, ERROR_CONFIG,
                  "%s: users: source \"%s\" is "
                  "asked account by account, and only for rows of "
                  "accounts",
                  setup->mappings[mapping].path, name);
        return error_hint(err, "take it out of this mapping of events");
    }
    if (at == 0 && !entry->source.user_fields[USER_ACCOUNT_ID].required) {
        error_set(err, ERROR_CONFIG,
                  "%s: users: source \"%s\" may "
                  "lack account ids, so it can only enrich others",
                  setup->mappings[mapping].path, name);
        return error_hint(
            err,
            "name a source that lists accounts, and this one under \"enrich\"");
    }
    if (at < setup->user_count && setup->users[at] == entry) {
        setup->mapping_users[mapping]++;
        return 0;
    }
    if (at == setup->user_count) {
        setup->mapping_users[mapping]++;
        setup->users[at] = entry;
        setup->user_names[at] = entry->source.name;
        setup->user_count++;
        return 0;
    }
    if (at == 0)
        return other_universe(setup, mapping, name, err);
    error_set(err, ERROR_CONFIG, "%s: users: \"%s\" enriches in another place "
              "than in a mapping of the same run",
              setup->mappings[mapping].path, name);
    return error_hint(err, "give the mappings the same \"enrich\", or put "
                      "them into jobs of their own");
}

/* A mapping of events has a row for every event, whoever is known, so it does
 * without a list whose endpoint is not there. */
static int load_users(struct setup *setup, size_t index, struct error *err)
{
    struct mapping *mapping = &setup->mappings[index];
    const char *const *name = mapping->rules.enrich;
    bool optional = mapping->rules.grain == GRAIN_EVENT;

    if (mapping->rules.users == NULL)
        return 0;
    if (need_source(setup, mapping, mapping->rules.users, SOURCE_USERS,
                    optional, err) != 0 ||
        use_users(setup, index, mapping->rules.users, err) != 0)
        return -1;
    for (; *name != NULL; name++) {
        if (need_source(setup, mapping, *name, SOURCE_USERS, true, err) != 0 ||
            use_users(setup, index, *name, err) != 0)
            return -1;
    }
    return 0;
}

/* Datasets that a mapping writes: its own, and of its changes. */
static bool writes(const struct rules *rules, const char *name)
{
    return strcmp(rules->schema.name, name) == 0 ||
           (rules->changes != NULL &&
            strcmp(rules->changes->schema.name, name) == 0);
}

static bool both_write(const struct rules *a, const struct rules *b,
                       const char **name)
{
    *name = b->schema.name;
    if (writes(a, *name))
        return true;
    *name = b->changes != NULL ? b->changes->schema.name : NULL;
    return *name != NULL && writes(a, *name);
}

static int check_mapping(const struct setup *setup, size_t index,
                         struct error *err)
{
    const struct rules *rules = &setup->mappings[index].rules;

    for (size_t i = 0; i < index; i++) {
        const char *name;

        if (both_write(&setup->mappings[i].rules, rules, &name)) {
            error_set(err, ERROR_CONFIG,
                      "%s: name: the run has a "
                      "dataset \"%s\" already",
                      setup->mappings[index].path, name);
            return error_hint(err, "give each mapping a name of its own");
        }
    }
    return 0;
}

/* A mapping of events needs one source of them at least, unless it says that
 * it can do without. */
static int need_events(struct setup *setup, struct mapping *mapping,
                       struct error *err)
{
    const char *const *events = mapping->rules.events;
    const struct setup_source *entry;
    size_t found = 0;

    for (const char *const *e = events; e && *e; e++) {
        if (need_source(setup, mapping, *e, SOURCE_EVENTS, true, err) != 0)
            return -1;
        found += setup_source(setup, *e)->skipped == NULL;
    }
    if (events == NULL || *events == NULL || found > 0 ||
        mapping->rules.events_optional)
        return 0;
    entry = setup_source(setup, *events);
    if (entry->source.file == NULL && entry->endpoint == NULL)
        return no_endpoint(setup, &entry->source, err);
    return setup_no_log(setup, entry, err);
}

static int load_mapping(struct setup *setup, const char *name,
                        struct error *err)
{
    struct mapping *mapping = &setup->mappings[setup->mapping_count];

    if (setup->mapping_count == SETUP_MAPPINGS_MAX)
        return error_set(err, ERROR_CONFIG,
                         "%s: mappings: at most %d are possible",
                         setup->job.path, SETUP_MAPPINGS_MAX);
    if (mapping_load(mapping, name, setup->folders, err) != 0)
        return -1;
    if (check_mapping(setup, setup->mapping_count++, err) != 0)
        return -1;
    if (load_users(setup, setup->mapping_count - 1, err) != 0)
        return -1;
    return need_events(setup, mapping, err);
}

int setup_load(struct setup *setup, const struct setup_options *options,
               struct error *err)
{
    const char *const *names;

    memset(setup, 0, sizeof(*setup));
    arena_init(&setup->arena);
    if (job_load_site(&setup->job, options->job_path, options->site, err) != 0)
        return -1;
    setup->out_dir = job_out_dir(&setup->job, options->out_dir);
    if (setup->out_dir == NULL) {
        error_no_memory(err);
        goto fail;
    }
    if (options->several && setup_has_sites(setup))
        return 0;
    if (setup_need_site(&setup->job, err) != 0)
        goto fail;
    if (setup_folders(&setup->job, &setup->arena, setup->folders, err) != 0)
        goto fail;
    names = options->mappings != NULL ? options->mappings
                                      : setup->job.mappings;
    for (; *names != NULL; names++) {
        if (load_mapping(setup, *names, err) != 0)
            goto fail;
    }
    if (setup_check_files(setup, err) != 0 ||
        setup_check_layout(setup, err) != 0)
        goto fail;
    return 0;
fail:
    setup_free(setup);
    return -1;
}

void setup_free(struct setup *setup)
{
    for (size_t i = 0; i < setup->source_count; i++)
        source_free(&setup->sources[i].source);
    for (size_t i = 0; i < setup->mapping_count; i++)
        mapping_free(&setup->mappings[i]);
    if (setup->job.path != NULL)
        job_free(&setup->job);
    arena_release(&setup->arena);
    memset(setup, 0, sizeof(*setup));
}
