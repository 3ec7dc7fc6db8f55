#include "setup_parts.h"

#include <string.h>

#include "nearest.h"

static int no_file(const struct setup *setup, const struct source *source,
                   struct error *err)
{
    error_set(err, ERROR_CONFIG,
              "%s: files: source \"%s\" needs a file "
              "\"%s\", and the job names none",
              setup->job.path, source->name, source->file);
    return error_hint(err, "add it under \"files\": {\"%s\": PATH}",
                      source->file);
}

int setup_bind_file(struct setup *setup, struct setup_source *entry,
                    bool optional, struct error *err)
{
    const struct source *source = &entry->source;

    entry->files = job_file(&setup->job, source->file);
    if (entry->files != NULL)
        return 0;
    if (!optional)
        return no_file(setup, source, err);
    entry->skipped =
        arena_printf(&setup->arena, "the job has no file \"%s\"", source->file);
    return entry->skipped != NULL ? 0 : error_no_memory(err);
}

int setup_no_log(const struct setup *setup, const struct setup_source *entry,
                 struct error *err)
{
    if (entry->source.file != NULL)
        return no_file(setup, &entry->source, err);
    error_set(err, ERROR_CONFIG,
              "%s: endpoints: source \"%s\" cannot "
              "be read: %s",
              setup->job.path, entry->source.name, entry->skipped);
    return error_hint(
        err, "add to the job what it needs, or take it out of the mapping");
}

bool setup_uses_file(const struct setup *setup, const struct job_file *file)
{
    for (size_t i = 0; i < setup->source_count; i++) {
        const struct setup_source *entry = &setup->sources[i];

        if (entry->skipped == NULL && entry->files == file)
            return true;
    }
    return false;
}

/* A slip of the pen would silently leave out what a source could tell. */
int setup_check_files(const struct setup *setup, struct error *err)
{
    for (size_t f = 0; f < setup->job.file_count; f++) {
        const struct job_file *file = &setup->job.files[f];
        struct nearest nearest;

        if (setup_uses_file(setup, file))
            continue;
        nearest_start(&nearest, file->name);
        for (size_t i = 0; i < setup->source_count; i++) {
            if (setup->sources[i].source.file != NULL)
                nearest_offer(&nearest, setup->sources[i].source.file);
        }
        if (nearest_word(&nearest) != NULL)
            return error_set(err, ERROR_CONFIG,
                             "%s: files.%s: no source "
                             "reads it; did you mean \"%s\"?",
                             setup->job.path, file->name,
                             nearest_word(&nearest));
    }
    return 0;
}

bool setup_lacks_log(const struct setup *setup, size_t mapping)
{
    const char *const *event = setup->mappings[mapping].rules.events;
    bool lacks = false;

    for (; event != NULL && *event != NULL; event++) {
        if (setup_source(setup, *event)->skipped == NULL)
            return false;
        lacks = true;
    }
    return lacks;
}
