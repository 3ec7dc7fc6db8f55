#include "job_read.h"

#include <string.h>

enum { REDSHIFT_URL_MAX = 1024 };

#define PART_SIZE_MIN 1                  /* bytes */
#define PART_SIZE_MAX (INT64_C(1) << 40) /* bytes */

static const char *const format_words[] = {"csv", "jsonl", NULL};
static const char *const layout_words[] = {"flat", "hive", NULL};
static const char *const compression_words[] = {"gzip", "none", NULL};
static const char *const sites_words[] = {"apart", "together", NULL};
static const char *const companion_words[] = {"lst", "par", NULL};
static const char *const header_case_words[] = {"as_is", "upper", "lower",
                                                NULL};
static const char *const line_end_words[] = {"lf", "crlf", NULL};

static void read_formats(struct spec *spec, const struct spec_node *node,
                         void *out)
{
    struct job *job = out;
    bool *const flags[] = {&job->output.csv, &job->output.jsonl};
    size_t index = 0;

    if (!spec_is(spec, node, JSON_ARRAY))
        return;
    job->output.csv = job->output.jsonl = false;
    if (json_size(node->json) == 0)
        spec_problem(spec, node, "expected csv, jsonl or both");
    for (const struct json *item = json_first(node->json); item != NULL;
         item = json_next(item)) {
        struct spec_node child = spec_child(node, item, index++);
        int word = spec_word(spec, &child, format_words);

        if (word < 0)
            continue;
        if (*flags[word])
            spec_problem(spec, &child, "given twice");
        *flags[word] = true;
    }
}

static void read_companions(struct spec *spec, const struct spec_node *node,
                            void *out)
{
    struct job *job = out;
    bool *const flags[] = {&job->output.companions.lst,
                           &job->output.companions.par};
    size_t index = 0;

    if (!spec_is(spec, node, JSON_ARRAY))
        return;
    for (const struct json *item = json_first(node->json); item != NULL;
         item = json_next(item)) {
        struct spec_node child = spec_child(node, item, index++);
        int word = spec_word(spec, &child, companion_words);

        if (word < 0)
            continue;
        if (*flags[word])
            spec_problem(spec, &child, "given twice");
        *flags[word] = true;
    }
}

/* What stands between the brackets of a parameter file's heading. */
static void read_section(struct spec *spec, const struct spec_node *node,
                         void *out)
{
    struct job *job = out;
    const char *text = spec_text(spec, node);

    if (text == NULL)
        return;
    if (strpbrk(text, "[]\r\n") != NULL)
        spec_problem(spec, node, "must hold no bracket and no line break");
    else
        job->output.companions.section = text;
}

/* "0640": three or four octal digits. */
static bool octal(const char *text, mode_t *mode)
{
    size_t len = strlen(text);

    if (len < 3 || len > 4 || strspn(text, "01234567") != len)
        return false;
    for (*mode = 0; *text != '\0'; text++)
        *mode = *mode * 8 + (mode_t)(*text - '0');
    return true;
}

/* needed: what rollcall itself must be able to do. allowed: no more than
 * this, which leaves out writing by others and special bits. */
static void read_mode(struct spec *spec, const struct spec_node *node,
                      mode_t needed, mode_t allowed, mode_t *out)
{
    const char *text = spec_text(spec, node);
    mode_t mode;

    if (text == NULL)
        return;
    if (!octal(text, &mode)) {
        spec_problem(spec, node, "expected octal digits such as \"0%o\"",
                     (unsigned)needed);
        return;
    }
    if ((mode & needed) != needed || (mode & ~allowed) != 0) {
        spec_problem(spec, node,
                     "expected at least \"0%o\" and at most \"0%o\"",
                     (unsigned)needed, (unsigned)allowed);
        return;
    }
    *out = mode;
}

static void read_file_mode(struct spec *spec, const struct spec_node *node,
                           void *out)
{
    read_mode(spec, node, 0600, 0664, out);
}

static void read_dir_mode(struct spec *spec, const struct spec_node *node,
                          void *out)
{
    read_mode(spec, node, 0700, 0775, out);
}

/* What stands before the names of parts, so it is a bucket or a folder. */
static void read_redshift_url(struct spec *spec, const struct spec_node *node,
                              void *out)
{
    static const char scheme[] = "s3://";
    const char *text = spec_text(spec, node);
    struct job *job = out;
    size_t len;

    if (text == NULL)
        return;
    len = strlen(text);
    if (strncmp(text, scheme, sizeof(scheme) - 1) != 0 ||
        len == sizeof(scheme) - 1 || text[sizeof(scheme) - 1] == '/' ||
        strpbrk(text, " ?#%\\\"") != NULL || len > REDSHIFT_URL_MAX) {
        spec_problem(spec, node,
                     "expected where the output will lie, as "
                     "\"s3://BUCKET/PREFIX\", up to %d characters",
                     REDSHIFT_URL_MAX);
        return;
    }
    while (text[len - 1] == '/')
        len--;
    job->output.redshift_url = arena_strndup(spec->arena, text, len);
    spec->no_memory |= job->output.redshift_url == NULL;
}

static void read_char(struct spec *spec, const struct spec_node *node,
                      void *out)
{
    const char *text = spec_text(spec, node);

    if (text == NULL)
        return;
    if (strlen(text) != 1 || (unsigned char)text[0] > 0x7f)
        spec_problem(spec, node, "expected one ASCII character");
    else
        *(char *)out = text[0];
}

static void read_null(struct spec *spec, const struct spec_node *node,
                      void *out)
{
    struct csv_dialect *dialect = out;
    const char *text = spec_any_text(spec, node);

    if (text != NULL)
        dialect->null_text = text;
}

static void read_time_format(struct spec *spec, const struct spec_node *node,
                             void *out)
{
    struct csv_dialect *dialect = out;
    const char *text = spec_text(spec, node);

    if (text != NULL)
        dialect->time_format = text;
}

static void read_line_end(struct spec *spec, const struct spec_node *node,
                          void *out)
{
    struct csv_dialect *dialect = out;
    int word = spec_word(spec, node, line_end_words);

    if (word >= 0)
        dialect->crlf = word == 1;
}

static void read_preset(struct spec *spec, const struct spec_node *node,
                        void *out)
{
    const char *name = spec_text(spec, node);

    if (name != NULL && !csv_preset(name, out))
        spec_problem(spec, node, "unknown preset \"%.*s\"; expected one of %s",
                     SPEC_PATH_MAX, name, csv_preset_names());
}

/* The preset comes first: the keys after it change what it set. */
static const struct spec_field csv_fields[] = {
    {.key = "preset",
     .help = "a set of these settings, which the others change",
     .fallback = "rfc4180",
     .type = "rfc4180, powercenter, excel, postgres",
     .kind = SPEC_CUSTOM,
     .read = read_preset},
    {.key = "delimiter",
     .help = "between fields",
     .fallback = ",",
     .type = "character",
     .kind = SPEC_CUSTOM,
     .offset = offsetof(struct csv_dialect, delimiter),
     .read = read_char},
    {.key = "quote",
     .help = "around fields",
     .fallback = "\"",
     .type = "character",
     .kind = SPEC_CUSTOM,
     .offset = offsetof(struct csv_dialect, quote),
     .read = read_char},
    {.key = "header",
     .help = "whether the names of the columns come first",
     .fallback = "true",
     .kind = SPEC_BOOL,
     .offset = offsetof(struct csv_dialect, header)},
    {.key = "line_end",
     .help = "of each line",
     .fallback = "lf",
     .type = "lf or crlf",
     .kind = SPEC_CUSTOM,
     .read = read_line_end},
    {.key = "null",
     .help = "what stands for no value",
     .fallback = "empty, unquoted",
     .type = "text",
     .kind = SPEC_CUSTOM,
     .read = read_null},
    {.key = "time_format",
     .help = "as strftime has it",
     .fallback = "%Y-%m-%d %H:%M:%S",
     .type = "text",
     .kind = SPEC_CUSTOM,
     .read = read_time_format},
    {.key = "decimal",
     .help = "point of numbers",
     .fallback = ".",
     .type = "character",
     .kind = SPEC_CUSTOM,
     .offset = offsetof(struct csv_dialect, decimal),
     .read = read_char},
    {.key = "header_case",
     .help = "case of the columns' names",
     .fallback = "as_is",
     .kind = SPEC_ENUM,
     .offset = offsetof(struct csv_dialect, header_case),
     .words = header_case_words},
    {.key = "excel_safe",
     .help = "whether what Excel takes for a formula is made text",
     .fallback = "false",
     .kind = SPEC_BOOL,
     .offset = offsetof(struct csv_dialect, excel_safe)},
    {.key = "bom",
     .help = "whether a byte order mark comes first",
     .fallback = "false",
     .kind = SPEC_BOOL,
     .offset = offsetof(struct csv_dialect, bom)},
    {0},
};

static void read_csv(struct spec *spec, const struct spec_node *node, void *out)
{
    struct job *job = out;
    const char *problem;

    if (!spec_object(spec, node, csv_fields, &job->output.dialect))
        return;
    problem = csv_dialect_problem(&job->output.dialect, 0);
    if (problem != NULL)
        spec_problem(spec, node, "%s", problem);
}

const struct spec_field job_output_fields[] = {
    {.key = "dir",
     .help = "the folder runs are published in",
     .fallback = "out",
     .kind = SPEC_PATH,
     .offset = offsetof(struct job, output.dir)},
    {.key = "formats",
     .help = "what each dataset is written as",
     .fallback = "[\"csv\", \"jsonl\"]",
     .type = "list of csv, jsonl",
     .kind = SPEC_CUSTOM,
     .read = read_formats},
    {.key = "layout",
     .help = "folders of a run",
     .fallback = "flat",
     .kind = SPEC_ENUM,
     .offset = offsetof(struct job, output.layout),
     .words = layout_words},
    {.key = "sites",
     .help = "whether the runs of several sites become one",
     .fallback = "apart",
     .kind = SPEC_ENUM,
     .offset = offsetof(struct job, output.sites),
     .words = sites_words},
    {.key = "redshift_url",
     .help = "where the output will lie, for a manifest of COPY",
     .type = "s3://BUCKET/PREFIX",
     .kind = SPEC_CUSTOM,
     .read = read_redshift_url},
    {.key = "part_size",
     .help = "bytes after which a new part begins",
     .fallback = "200MiB",
     .kind = SPEC_SIZE,
     .offset = offsetof(struct job, output.part_size),
     .min = PART_SIZE_MIN,
     .max = PART_SIZE_MAX},
    {.key = "compression",
     .help = "of the parts",
     .fallback = "gzip",
     .kind = SPEC_ENUM,
     .offset = offsetof(struct job, output.compression),
     .words = compression_words},
    {.key = "companions",
     .help = "files for PowerCenter beside the done file",
     .fallback = "none",
     .type = "list of lst, par",
     .kind = SPEC_CUSTOM,
     .read = read_companions},
    {.key = "parameter_section",
     .help = "heading in parameter files",
     .fallback = "Global",
     .type = "text",
     .kind = SPEC_CUSTOM,
     .read = read_section},
    {.key = "file_mode",
     .help = "of published files",
     .fallback = "0600",
     .type = "octal digits",
     .kind = SPEC_CUSTOM,
     .offset = offsetof(struct job, output.file_mode),
     .read = read_file_mode},
    {.key = "dir_mode",
     .help = "of published folders",
     .fallback = "0700",
     .type = "octal digits",
     .kind = SPEC_CUSTOM,
     .offset = offsetof(struct job, output.dir_mode),
     .read = read_dir_mode},
    {.key = "csv",
     .help = "how CSV is written",
     .type = "object",
     .object = csv_fields,
     .kind = SPEC_CUSTOM,
     .read = read_csv},
    {0},
};

/* PowerCenter takes each line of a list for the name of a plain file, and
 * nothing says that it skips a header in any but the first of them. */
static void check_companions(struct spec *spec, const struct spec_node *node,
                             const struct job *job)
{
    const struct companions *companions = &job->output.companions;

    if (!companions->lst && !companions->par)
        return;
    if (!job->output.csv)
        spec_problem_at(
            spec, node, "companions",
            "are about CSV files, and \"formats\" has no csv; add it");
    if (!companions->lst)
        return;
    if (job->output.compression != COMPRESSION_NONE)
        spec_problem_at(spec, node, "companions",
                        "a list names plain files; set \"compression\": "
                        "\"none\"");
    if (job->output.dialect.header)
        spec_problem_at(spec, node, "companions",
                        "the files of a list have no header; set "
                        "\"csv\": {\"header\": false} or the preset "
                        "powercenter");
}

void job_read_output(struct spec *spec, const struct spec_node *node, void *out)
{
    if (spec_object(spec, node, job_output_fields, out))
        check_companions(spec, node, out);
}
