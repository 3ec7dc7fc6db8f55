#include <stdio.h>
#include <string.h>

#include "job_read.h"

enum { JOB_PATH_MAX = 256, TYPE_MAX = 128 };

struct describe {
    job_key_fn *fn;
    void *context;
};

static const char *const types[] = {
    [SPEC_TEXT] = "text",
    [SPEC_PATH] = "path",
    [SPEC_BOOL] = "true or false",
    [SPEC_INT] = "number",
    [SPEC_INTEGER] = "number",
    [SPEC_DURATION] = "duration such as 90s, 15m, 24h or 180d",
    [SPEC_PERCENT] = "share such as 20%",
    [SPEC_SIZE] = "size such as 200MiB",
    [SPEC_TEXTS] = "list of texts",
    [SPEC_OBJECT] = "object",
};

/* "a, b or c" */
static void name_type(const struct spec_field *field, char text[TYPE_MAX])
{
    const char *const *words = field->words;

    if (field->type != NULL || words == NULL) {
        snprintf(text, TYPE_MAX, "%s",
                 field->type != NULL ? field->type : types[field->kind]);
        return;
    }
    text[0] = '\0';
    for (; *words != NULL; words++)
        snprintf(text + strlen(text), TYPE_MAX - strlen(text), "%s%s", *words,
                 words[1] == NULL   ? ""
                 : words[2] == NULL ? " or "
                                    : ", ");
}

static void describe(const struct describe *to, const char *above,
                     const struct spec_field *fields, bool typed);

/* The first key of each table is "type", whose word is the table's. */
static void describe_variants(const struct describe *to, const char *path,
                              const struct spec_field *const *tables)
{
    const char *const *words = tables[0][0].words;
    char below[JOB_PATH_MAX];

    for (size_t i = 0; tables[i] != NULL; i++) {
        if (i == 0) {
            const struct spec_field type[] = {tables[0][0], {0}};

            describe(to, path, type, false);
        }
        snprintf(below, sizeof(below), "%s(%s)", path, words[i]);
        describe(to, below, tables[i], true);
    }
}

/* typed: the member "type" is described already. */
static void describe(const struct describe *to, const char *above,
                     const struct spec_field *fields, bool typed)
{
    for (const struct spec_field *field = fields; field->key != NULL; field++) {
        char path[JOB_PATH_MAX / 2], below[JOB_PATH_MAX / 2 + 8];
        char type[TYPE_MAX];
        bool list = field->step != NULL && field->step[0] == '[';

        if (typed && strcmp(field->key, "type") == 0)
            continue;
        snprintf(path, sizeof(path), "%s%s%s", above, *above != '\0' ? "." : "",
                 field->key);
        name_type(field, type);
        to->fn(&(struct job_key){path, type, field->fallback, field->help,
                                 field->required},
               to->context);
        snprintf(below, sizeof(below), "%s%s%s", path,
                 field->step != NULL && !list ? "." : "",
                 field->step != NULL ? field->step : "");
        if (field->object != NULL)
            describe(to, below, field->object, false);
        if (field->variants != NULL)
            describe_variants(to, below, field->variants);
    }
}

void job_describe(job_key_fn *fn, void *context)
{
    describe(&(struct describe){fn, context}, "", job_fields, false);
}
