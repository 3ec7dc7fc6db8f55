/* schema: the texts of target.h, for the datasets of a job or a mapping. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "merge.h"
#include "prepare.h"
#include "put.h"
#include "setup.h"
#include "sink.h"
#include "target.h"

enum {
    DATASETS_MAX = 2 * CLI_MAPPINGS_MAX, /* each with its changes */
    FILE_MODE = 0644                     /* no personal data in them */
};

#define REPOSITORY_VERSION "189.98" /* as PowerCenter 10.5 exports it */

/* What the texts are made from. Of a mapping without a job the defaults. */
struct subject {
    bool has_job;
    struct job job;
    struct csv_dialect dialect;
    const char *folders[SETUP_FOLDERS_MAX];
    const char *location;
    struct mapping mappings[CLI_MAPPINGS_MAX];
    size_t mapping_count;
    const struct schema *datasets[DATASETS_MAX];
    size_t dataset_count;
    struct arena arena;
};

/* Without -c a job is used when it is there; one that cannot be read is told
 * of, for its dialect would be lost. */
static bool needs_job(const struct command *command)
{
    const struct cli *cli = command->cli;

    return cli->mappings[0] == NULL || cli->values[OPTION_JOB] != NULL ||
           cli->values[OPTION_SITE] != NULL ||
           access(prepare_job_path(command), F_OK) == 0;
}

static int read_job(const struct command *command, struct subject *s,
                    struct error *err)
{
    char folder[PATH_MAX];

    if (needs_job(command)) {
        if (job_load_site(&s->job, prepare_job_path(command),
                          command->cli->values[OPTION_SITE], err) != 0)
            return prepare_job_missing(command, err);
        s->has_job = true;
        s->dialect = s->job.output.dialect;
        return setup_folders(&s->job, &s->arena, s->folders, err);
    }
    if (getcwd(folder, sizeof(folder)) == NULL)
        return error_system(err, ERROR_NO_INPUT, errno, "current folder");
    s->job.folder = arena_strdup(&s->arena, folder);
    if (s->job.folder == NULL)
        return error_no_memory(err);
    csv_preset("rfc4180", &s->dialect);
    return setup_folders(&s->job, &s->arena, s->folders, err);
}

static int find_location(const struct command *command, struct subject *s,
                         struct error *err)
{
    const char *given = command->cli->values[OPTION_LOCATION];
    size_t len;
    char *text;

    if (given == NULL && !s->has_job)
        return 0;
    if (given == NULL && s->job.output.sites == SITES_APART &&
        setup_need_site(&s->job, err) != 0)
        return -1;
    if (given == NULL)
        text = arena_printf(&s->arena, "%s/latest",
                            job_out_dir(&s->job, NULL));
    else
        text = arena_strdup(&s->arena, given);
    if (text == NULL)
        return error_no_memory(err);
    for (len = strlen(text); len > 1 && text[len - 1] == '/'; len--)
        text[len - 1] = '\0';
    s->location = text;
    return 0;
}

static bool wanted(const struct command *command, const char *dataset)
{
    const char *name = command->cli->values[OPTION_DATASET];

    return name == NULL || strcmp(name, dataset) == 0;
}

/* Of sites that come together the rows begin with the site. */
static int add_dataset(const struct command *command, struct subject *s,
                       const struct schema *schema, struct error *err)
{
    if (!wanted(command, schema->name))
        return 0;
    if (s->job.sites != NULL && s->job.site == NULL &&
        s->job.output.sites == SITES_TOGETHER)
        schema = merge_schema_of(&s->arena, schema);
    if (schema == NULL)
        return error_no_memory(err);
    s->datasets[s->dataset_count++] = schema;
    return 0;
}

static int read_mappings(const struct command *command, struct subject *s,
                         struct error *err)
{
    const char *const *name = command->cli->mappings[0] != NULL
                                  ? command->cli->mappings
                                  : s->job.mappings;

    for (; *name != NULL; name++) {
        struct mapping *mapping = &s->mappings[s->mapping_count];

        if (s->mapping_count == CLI_MAPPINGS_MAX)
            return error_set(err, ERROR_CONFIG,
                             "%s: mappings: at most %d are possible",
                             s->job.path, CLI_MAPPINGS_MAX);
        if (mapping_load(mapping, *name, s->folders, err) != 0)
            return -1;
        s->mapping_count++;
        if (add_dataset(command, s, &mapping->rules.schema, err) != 0 ||
            (mapping->rules.changes != NULL &&
             add_dataset(command, s, &mapping->rules.changes->schema, err)))
            return -1;
    }
    return 0;
}

static int check_datasets(const struct command *command,
                          const struct subject *s, struct error *err)
{
    const char *const *values = command->cli->values;

    if (s->dataset_count == 0) {
        error_set(err, ERROR_USAGE, "--dataset: no mapping makes \"%s\"",
                  values[OPTION_DATASET]);
        return error_hint(
            err,
            "give the \"name\" of a mapping; without --dataset all are taken");
    }
    if (s->dataset_count > 1 && values[OPTION_TABLE] != NULL) {
        error_set(err, ERROR_USAGE,
                  "--table: names one dataset, and "
                  "there are %zu",
                  s->dataset_count);
        return error_hint(err, "choose the dataset with --dataset");
    }
    if (s->dataset_count == 1 || values[OPTION_OUT_DIR] != NULL)
        return 0;
    error_set(err, ERROR_USAGE,
              "--dataset: missing, and the job has %zu datasets",
              s->dataset_count);
    return error_hint(err,
                      "choose one with --dataset, such as %s, or have "
                      "them all in files with --out-dir",
                      s->datasets[0]->name);
}

static struct target_table table_of(const struct command *command,
                                    const struct subject *s, size_t index)
{
    const char *const *values = command->cli->values;
    const struct schema *schema = s->datasets[index];
    const char *version = values[OPTION_REPOSITORY_VERSION];

    return (struct target_table){
        .schema = schema,
        .dialect = &s->dialect,
        .csv = !s->has_job || s->job.output.csv,
        .gzip = s->job.output.compression == COMPRESSION_GZIP,
        .table =
            values[OPTION_TABLE] != NULL ? values[OPTION_TABLE] : schema->name,
        .location = s->location,
        .repository_version = version != NULL ? version : REPOSITORY_VERSION,
        .repository = values[OPTION_REPOSITORY],
        .folder = values[OPTION_FOLDER],
        .created = clock_wall(&command->log->clock),
    };
}

static int print_parts(const struct target_format *format,
                       const struct target_part *only,
                       const struct target_table *table, struct error *err)
{
    const struct target_part *part = only != NULL ? only : target_parts(format);
    struct buf text;
    int result = 0;

    if (only == NULL && !target_joins(format)) {
        error_set(
            err, ERROR_USAGE,
            "--part: missing, and the parts are files of different kinds");
        return error_hint(err,
                          "choose one, such as --part %s, or have them "
                          "all with --out-dir",
                          part->name);
    }
    buf_init(&text, TARGET_TEXT_MAX);
    for (; result == 0 && part->name != NULL; part++) {
        result = target_write(format, part, table, &text, err);
        if (only != NULL)
            break;
    }
    if (result == 0)
        result = put_text(&text, err);
    buf_release(&text);
    return result;
}

static int make_folder(const char *folder, struct error *err)
{
    if (mkdir(folder, 0777) == 0 || errno == EEXIST)
        return 0;
    return file_create_error(err, folder);
}

static int write_part(const char *folder, const char *format_name,
                      const struct target_format *format,
                      const struct target_part *part,
                      const struct target_table *table, struct error *err)
{
    char path[PATH_MAX];
    struct buf text;
    int result;
    int len =
        snprintf(path, sizeof(path), "%s/%s.%s.%s.%s", folder,
                 table->schema->name, format_name, part->name, part->suffix);

    if (len < 0 || (size_t)len >= sizeof(path)) {
        error_set(err, ERROR_USAGE, "--out-dir: the path is too long");
        return error_hint(err, "choose a shorter path");
    }
    buf_init(&text, TARGET_TEXT_MAX);
    result = target_write(format, part, table, &text, err);
    if (result == 0)
        result = write_whole_file(AT_FDCWD, path, text.data, text.len,
                                  FILE_MODE, err);
    buf_release(&text);
    return result;
}

static int write_files(const struct command *command,
                       const struct target_format *format,
                       const struct target_part *only, const struct subject *s,
                       struct error *err)
{
    const char *const *values = command->cli->values;
    const char *folder = values[OPTION_OUT_DIR];

    if (make_folder(folder, err) != 0)
        return -1;
    for (size_t i = 0; i < s->dataset_count; i++) {
        const struct target_table table = table_of(command, s, i);

        for (const struct target_part *part = target_parts(format);
             part->name != NULL; part++) {
            if ((only == NULL || only == part) &&
                write_part(folder, values[OPTION_FORMAT], format, part, &table,
                           err) != 0)
                return -1;
        }
    }
    return 0;
}

static int write_all(const struct command *command,
                     const struct target_format *format,
                     const struct target_part *only, struct subject *s,
                     struct error *err)
{
    if (read_job(command, s, err) != 0 || find_location(command, s, err) != 0 ||
        read_mappings(command, s, err) != 0 ||
        check_datasets(command, s, err) != 0)
        return -1;
    if (command->cli->values[OPTION_OUT_DIR] == NULL) {
        const struct target_table table = table_of(command, s, 0);

        return print_parts(format, only, &table, err);
    }
    return write_files(command, format, only, s, err);
}

static void release(struct subject *s)
{
    for (size_t i = 0; i < s->mapping_count; i++)
        mapping_free(&s->mappings[i]);
    if (s->has_job)
        job_free(&s->job);
    arena_release(&s->arena);
    free(s);
}

int command_schema(const struct command *command, struct error *err)
{
    const char *const *values = command->cli->values;
    const struct target_format *format;
    const struct target_part *only = NULL;
    struct subject *s;
    int result;

    if (values[OPTION_FORMAT] == NULL) {
        error_set(err, ERROR_USAGE, "--format: is missing");
        return error_hint(err, "name one of %s", target_names());
    }
    format = target_find(values[OPTION_FORMAT], err);
    if (format == NULL)
        return -1;
    if (values[OPTION_PART] != NULL) {
        only = target_part(format, values[OPTION_PART], err);
        if (only == NULL)
            return -1;
    }
    s = calloc(1, sizeof(*s));
    if (s == NULL)
        return error_no_memory(err);
    arena_init(&s->arena);
    result = write_all(command, format, only, s, err);
    release(s);
    return result;
}
