#include "setup.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void cut_last_part(char *path)
{
    char *slash = strrchr(path, '/');

    if (slash != NULL)
        *slash = '\0';
}

/* Where mappings are looked for: beside the job, where the environment says,
 * in the source tree the binary was built in, and where it is installed. */
static int find_folders(struct setup *setup, struct error *err)
{
    const char *named = getenv("ROLLCALL_MAPPINGS");
    char exe[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
    size_t n = 0;

    exe[len > 0 ? len : 0] = '\0';
    cut_last_part(exe);
    cut_last_part(exe);
    setup->folders[n++] =
        arena_printf(&setup->arena, "%s/mappings", setup->job.folder);
    if (named != NULL && *named != '\0')
        setup->folders[n++] = arena_strdup(&setup->arena, named);
    setup->folders[n++] = arena_printf(&setup->arena, "%s/mappings", exe);
    setup->folders[n++] =
        arena_printf(&setup->arena, "%s/share/rollcall/mappings", exe);
    for (size_t i = 0; i < n; i++) {
        if (setup->folders[i] == NULL)
            return error_no_memory(err);
    }
    setup->folders[n] = NULL;
    return 0;
}

const struct setup_source *setup_source(const struct setup *setup,
                                        const char *name)
{
    for (size_t i = 0; name != NULL && i < setup->source_count; i++) {
        if (strcmp(setup->sources[i].source.name, name) == 0)
            return &setup->sources[i];
    }
    return NULL;
}

static int check_source(const struct setup_source *entry, const char *name,
                        enum source_kind kind, struct error *err)
{
    const struct source *source = &entry->source;

    if (strcmp(source->name, name) != 0)
        return error_set(err, ERROR_CONFIG, "%s: name: is \"%s\", but the "
                         "file is for \"%s\"", source->path, source->name,
                         name);
    if (source->kind != kind)
        return error_set(err, ERROR_CONFIG, "%s: kind: source \"%s\" is used "
                         "for another kind of thing", source->path, name);
    return 0;
}

static int no_endpoint(const struct setup *setup, const char *source,
                       const char *endpoint, struct error *err)
{
    error_set(err, ERROR_CONFIG, "%s: endpoints: source \"%s\" needs an "
              "endpoint \"%s\", and the job has none", setup->job.path,
              source, endpoint);
    return error_hint(err, "add it under \"endpoints\" with its url and auth");
}

static int bind_endpoint(struct setup *setup, struct setup_source *entry,
                         struct error *err)
{
    entry->endpoint = job_endpoint(&setup->job, entry->source.endpoint);
    if (entry->endpoint != NULL)
        return 0;
    return no_endpoint(setup, entry->source.name, entry->source.endpoint, err);
}

/* Takes the source that was loaded last out again. */
static int skip_source(struct setup *setup, struct error *err)
{
    struct source *source = &setup->sources[setup->source_count - 1].source;
    struct setup_skipped skipped;

    for (size_t i = 0; i < setup->skipped_count; i++) {
        if (strcmp(setup->skipped[i].source, source->name) == 0)
            goto drop;
    }
    if (setup->skipped_count == SETUP_SOURCES_MAX)
        return error_set(err, ERROR_CONFIG, "%s: more than %d sources",
                         setup->job.path, SETUP_SOURCES_MAX);
    skipped.source = arena_strdup(&setup->arena, source->name);
    skipped.endpoint = arena_strdup(&setup->arena, source->endpoint);
    if (skipped.source == NULL || skipped.endpoint == NULL)
        return error_no_memory(err);
    setup->skipped[setup->skipped_count++] = skipped;
drop:
    source_free(source);
    setup->source_count--;
    return 0;
}

static int need_source(struct setup *setup, struct mapping *mapping,
                       const char *name, enum source_kind kind,
                       struct error *err)
{
    const struct setup_source *known = setup_source(setup, name);
    struct setup_source *entry = &setup->sources[setup->source_count];
    const char *path;

    if (known != NULL)
        return check_source(known, name, kind, err);
    if (setup->source_count == SETUP_SOURCES_MAX)
        return error_set(err, ERROR_CONFIG, "%s: more than %d sources",
                         mapping->path, SETUP_SOURCES_MAX);
    path = mapping_source_path(mapping, name, setup->folders, err);
    if (path == NULL || source_load(&entry->source, path, err) != 0)
        return -1;
    setup->source_count++;
    if (check_source(entry, name, kind, err) != 0)
        return -1;
    if (kind == SOURCE_EVENTS &&
        job_endpoint(&setup->job, entry->source.endpoint) == NULL)
        return skip_source(setup, err);
    if (bind_endpoint(setup, entry, err) != 0)
        return -1;
    if (entry->source.resolve_keys != NULL &&
        need_source(setup, mapping, entry->source.resolve_keys, SOURCE_KEYS,
                    err) != 0)
        return -1;
    if (entry->source.resolve_names != NULL)
        return need_source(setup, mapping, entry->source.resolve_names,
                           SOURCE_USERS, err);
    return 0;
}

static int check_mapping(const struct setup *setup, size_t index,
                         struct error *err)
{
    const struct rules *first = &setup->mappings[0].rules;
    const struct rules *rules = &setup->mappings[index].rules;

    for (size_t i = 0; i < index; i++) {
        if (strcmp(setup->mappings[i].rules.schema.name,
                   rules->schema.name) == 0)
            return error_set(err, ERROR_CONFIG, "%s: name: the run has a "
                             "dataset \"%s\" already",
                             setup->mappings[index].path, rules->schema.name);
    }
    if (strcmp(first->users, rules->users) == 0)
        return 0;
    error_set(err, ERROR_CONFIG, "%s: users: reads \"%s\", but \"%s\" of the "
              "same run reads \"%s\"", setup->mappings[index].path,
              rules->users, first->schema.name, first->users);
    return error_hint(err, "put mappings with different users into jobs of "
                      "their own");
}

/* A mapping of events needs one source of them at least. */
static int need_events(struct setup *setup, struct mapping *mapping,
                       struct error *err)
{
    const char *const *events = mapping->rules.events;
    size_t found = 0;

    for (const char *const *e = events; e && *e; e++) {
        if (need_source(setup, mapping, *e, SOURCE_EVENTS, err) != 0)
            return -1;
        found += setup_source(setup, *e) != NULL;
    }
    if (events == NULL || *events == NULL || found > 0)
        return 0;
    for (size_t i = 0; i < setup->skipped_count; i++) {
        if (strcmp(setup->skipped[i].source, *events) == 0)
            return no_endpoint(setup, *events, setup->skipped[i].endpoint,
                               err);
    }
    return 0;
}

static int load_mapping(struct setup *setup, const char *name,
                        struct error *err)
{
    struct mapping *mapping = &setup->mappings[setup->mapping_count];

    if (setup->mapping_count == SETUP_MAPPINGS_MAX)
        return error_set(err, ERROR_CONFIG, "%s: more than %d mappings",
                         setup->job.path, SETUP_MAPPINGS_MAX);
    if (mapping_load(mapping, name, setup->folders, err) != 0)
        return -1;
    if (check_mapping(setup, setup->mapping_count++, err) != 0)
        return -1;
    if (need_source(setup, mapping, mapping->rules.users, SOURCE_USERS, err))
        return -1;
    return need_events(setup, mapping, err);
}

int setup_load(struct setup *setup, const struct setup_options *options,
               struct error *err)
{
    const char *const *names;

    memset(setup, 0, sizeof(*setup));
    arena_init(&setup->arena);
    if (job_load(&setup->job, options->job_path, err) != 0)
        return -1;
    setup->out_dir = options->out_dir != NULL ? options->out_dir
                                              : setup->job.output.dir;
    if (find_folders(setup, err) != 0)
        goto fail;
    names = options->mappings != NULL ? options->mappings
                                      : setup->job.mappings;
    for (; *names != NULL; names++) {
        if (load_mapping(setup, *names, err) != 0)
            goto fail;
    }
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
