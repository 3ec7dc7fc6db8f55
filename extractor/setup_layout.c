/* A mapping's columns and the layout of the output; and whose job it is. */
#include <string.h>
#include <strings.h>

#include "setup_parts.h"

/* What a reader of a Hive layout makes columns of: a file must not have them
 * as well. */
static const char *const partitions[] = {"dataset", "dt", "run", NULL};

bool setup_has_sites(const struct setup *setup)
{
    return setup->job.sites != NULL && setup->job.site == NULL;
}

int setup_need_site(const struct job *job, struct error *err)
{
    if (job->sites == NULL || job->site != NULL)
        return 0;
    error_set(err, ERROR_USAGE, "%s: has %zu sites", job->path,
              job->site_count);
    return error_hint(err, "say which one with --site, such as --site %s",
                      job->sites[0]);
}

/* What the rows of all sites have before them when they come together. */
static int check_site_column(const struct setup *setup, const char *path,
                             const struct schema *schema, struct error *err)
{
    for (size_t i = 0; i < schema->count; i++) {
        if (strcasecmp(schema->columns[i].name, "site") != 0)
            continue;
        error_set(err, ERROR_CONFIG, "%s: columns: \"%s\" is what the rows of "
                  "all sites get from output.sites in %s", path,
                  schema->columns[i].name, setup->job.path);
        return error_hint(err, "rename the column, or set output.sites to "
                               "\"apart\"");
    }
    return 0;
}

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
    for (size_t i = 0; i < setup->mapping_count; i++) {
        const struct mapping *mapping = &setup->mappings[i];
        const struct schema *schema = &mapping->rules.schema;

        if (setup->job.output.layout == LAYOUT_HIVE &&
            check_columns(setup, mapping->path, schema, err) != 0)
            return -1;
        if (setup->job.site != NULL &&
            setup->job.output.sites == SITES_TOGETHER &&
            check_site_column(setup, mapping->path, schema, err) != 0)
            return -1;
    }
    return 0;
}
