#include "target_parts.h"

#include <string.h>

#include "nearest.h"

static const struct target_format *const formats[] = {
    &target_powercenter, &target_postgres, &target_duckdb, &target_snowflake,
    &target_bigquery,    &target_redshift, &target_spark,  &target_jsonschema,
};

const char *target_names(void)
{
    return "powercenter|postgres|duckdb|snowflake|bigquery|redshift|spark|"
           "jsonschema";
}

/* After an error: the nearest of what there is. */
static void hint(const struct nearest *nearest, const char *all,
                 struct error *err)
{
    const char *near = nearest_word(nearest);

    if (near != NULL)
        error_hint(err, "did you mean %s?", near);
    else
        error_hint(err, "there are %s", all);
}

const struct target_format *target_find(const char *name, struct error *err)
{
    struct nearest nearest;

    nearest_start(&nearest, name);
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        nearest_offer(&nearest, formats[i]->name);
        if (strcmp(formats[i]->name, name) == 0)
            return formats[i];
    }
    error_set(err, ERROR_USAGE, "--format: \"%s\" is not known", name);
    hint(&nearest, target_names(), err);
    return NULL;
}

const struct target_part *target_parts(const struct target_format *format)
{
    return format->parts;
}

static void list_parts(const struct target_format *format, char *out,
                       size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (const struct target_part *p = format->parts; p->name != NULL; p++) {
        size_t len = strlen(p->name);

        if (used + len + 2 > size)
            return;
        if (used > 0)
            out[used++] = '|';
        memcpy(out + used, p->name, len + 1);
        used += len;
    }
}

const struct target_part *target_part(const struct target_format *format,
                                      const char *name, struct error *err)
{
    struct nearest nearest;
    char all[128];

    nearest_start(&nearest, name);
    for (const struct target_part *p = format->parts; p->name != NULL; p++) {
        nearest_offer(&nearest, p->name);
        if (strcmp(p->name, name) == 0)
            return p;
    }
    list_parts(format, all, sizeof(all));
    error_set(err, ERROR_USAGE, "--part: %s has no \"%s\"", format->name, name);
    hint(&nearest, all, err);
    return NULL;
}

bool target_joins(const struct target_format *format)
{
    return format->joins || format->parts[1].name == NULL;
}

static int check_location(const struct target_part *part,
                          const struct target_table *table, struct error *err)
{
    if (!part->located || table->location != NULL)
        return 0;
    error_set(err, ERROR_USAGE, "--location: is needed for the part \"%s\"",
              part->name);
    return error_hint(err, "say where the run's files lie, such as "
                           "/srv/rollcall/out/latest or "
                           "s3://bucket/rollcall/20261123T020000Z");
}

int target_write(const struct target_format *format,
                 const struct target_part *part,
                 const struct target_table *table, struct buf *out,
                 struct error *err)
{
    if (check_location(part, table, err) != 0)
        return -1;
    if (part->loads && target_check_dialect(format, table, err) != 0)
        return -1;
    if (part->write(table, out, err) != 0)
        return -1;
    if (buf_ok(out))
        return 0;
    if (!out->full)
        return error_no_memory(err);
    error_set(err, ERROR_CONFIG, "%s: its %s is larger than %d bytes",
              table->schema->name, part->name, TARGET_TEXT_MAX);
    return error_hint(err, "take columns out of the mapping");
}
