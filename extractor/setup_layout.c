/* A mapping's columns and the layout of the output. */
#include <string.h>

#include "setup_parts.h"

/* What a reader of a Hive layout makes columns of: a file must not have them
 * as well. */
static const char *const partitions[] = {"dataset", "dt", "run", NULL};

static int check_columns(const struct setup *setup, const char *path,
                         const struct schema *schema, struct error *err)
{
    for (size_t i = 0; i < schema->count; i++) {
        for (const char *const *name = partitions; *name != NULL; name++) {
            if (strcmp(schema->columns[i].name, *name) != 0)
                continue;
            error_set(err, ERROR_CONFIG, "%s: columns: \"%s\" is the name of "
                      "a folder in the layout \"hive\" of %s", path,
                      schema->columns[i].name, setup->job.path);
            return error_hint(err, "rename the column, or set output.layout "
                              "to \"flat\"");
        }
    }
    return 0;
}

int setup_check_layout(const struct setup *setup, struct error *err)
{
    if (setup->job.output.layout != LAYOUT_HIVE)
        return 0;
    for (size_t i = 0; i < setup->mapping_count; i++) {
        const struct mapping *mapping = &setup->mappings[i];

        if (check_columns(setup, mapping->path, &mapping->rules.schema, err))
            return -1;
    }
    return 0;
}
