#include "mapping_read.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"

enum { FOLDERS_TEXT_MAX = 512 };

#define SUFFIX ".json"

/* Offers NAME of every NAME.json in the folder; the name is kept in the
 * arena, because struct nearest keeps words by pointer. */
static void offer_folder(struct arena *arena, const char *folder,
                         struct nearest *nearest)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;

    if (dir == NULL)
        return;
    while ((entry = readdir(dir)) != NULL) {
        size_t len = strlen(entry->d_name), end = strlen(SUFFIX);
        const char *name;

        if (len <= end || strcmp(entry->d_name + len - end, SUFFIX) != 0)
            continue;
        name = arena_strndup(arena, entry->d_name, len - end);
        if (name != NULL)
            nearest_offer(nearest, name);
    }
    closedir(dir);
}

static const char *not_found(struct arena *arena, const char *what,
                             const char *name, const char *const *folders,
                             struct error *err)
{
    char advice[NEAREST_ADVICE_MAX];
    struct nearest nearest;
    struct buf tried;

    buf_init(&tried, FOLDERS_TEXT_MAX);
    nearest_start(&nearest, name);
    for (size_t i = 0; folders[i] != NULL; i++) {
        offer_folder(arena, folders[i], &nearest);
        buf_printf(&tried, "%s%s", i != 0 ? ", " : "", folders[i]);
    }
    nearest_advice(&nearest, advice, sizeof(advice));
    error_set(err, ERROR_CONFIG, "unknown %s \"%.*s\"; %s", what, SPEC_PATH_MAX,
              name, advice);
    error_hint(err, "looked for %s.json in %s", name, tried.data);
    buf_release(&tried);
    return NULL;
}

const char *mapping_find(struct arena *arena, const char *what,
                         const char *name, const char *const *folders,
                         struct error *err)
{
    for (size_t i = 0; folders[i] != NULL; i++) {
        const char *path =
            arena_printf(arena, "%s/%s" SUFFIX, folders[i], name);

        if (path == NULL) {
            error_no_memory(err);
            return NULL;
        }
        if (access(path, F_OK) == 0)
            return path;
    }
    return not_found(arena, what, name, folders, err);
}

const char *mapping_source_path(struct mapping *mapping, const char *source,
                                const char *const *folders, struct error *err)
{
    const char **inside;
    size_t count = 0;

    while (folders[count] != NULL)
        count++;
    inside = arena_alloc(&mapping->arena, (count + 1) * sizeof(*inside));
    for (size_t i = 0; inside != NULL && i < count; i++) {
        inside[i] = arena_printf(&mapping->arena, "%s/sources", folders[i]);
        if (inside[i] == NULL)
            inside = NULL;
    }
    if (inside == NULL) {
        error_no_memory(err);
        return NULL;
    }
    return mapping_find(&mapping->arena, "source", source, inside, err);
}
