/* The manifest of one dataset, cut out of its run's. */
#include <string.h>

#include "manifest.h"
#include "manifest_parts.h"

enum { INDENT = 2 };

struct cut {
    struct jsonw w;
    const char *dataset;
    bool whole; /* false: something could not be written */
};

static void put(struct cut *cut, const char *name, const struct json *node)
{
    cut->whole &= json_write(&cut->w, name, node, NULL);
}

/* Of an array those elements whose member `name` is the dataset. */
static void put_own(struct cut *cut, const struct json *list, const char *name)
{
    jsonw_array(&cut->w, json_key(list));
    for (const struct json *one = json_first(list); one != NULL;
         one = json_next(one)) {
        const struct json *text = json_member(one, name);

        if (text != NULL && json_type(text) == JSON_STRING &&
            strcmp(json_text(text), cut->dataset) == 0)
            put(cut, NULL, one);
    }
    jsonw_array_end(&cut->w);
}

static void put_run(struct cut *cut, const struct json *run)
{
    jsonw_object(&cut->w, json_key(run));
    for (const struct json *one = json_first(run); one != NULL;
         one = json_next(one)) {
        if (strcmp(json_key(one), "datasets") == 0)
            put_own(cut, one, "name");
        else
            put(cut, json_key(one), one);
    }
    jsonw_object_end(&cut->w);
}

int manifest_write_part(const struct manifest *manifest, const char *dataset,
                        struct buf *out, struct error *err)
{
    struct cut cut = {.dataset = dataset, .whole = true};

    jsonw_init(&cut.w, out, INDENT);
    jsonw_object(&cut.w, NULL);
    for (const struct json *one = json_first(manifest->doc.root); one != NULL;
         one = json_next(one)) {
        if (strcmp(json_key(one), "resources") == 0)
            put_own(&cut, one, "x-dataset");
        else if (strcmp(json_key(one), "x-rollcall") == 0)
            put_run(&cut, one);
        else
            put(&cut, json_key(one), one);
    }
    jsonw_object_end(&cut.w);
    buf_putc(out, '\n');
    if (buf_no_memory(out))
        return error_no_memory(err);
    if (!buf_ok(out) || !cut.whole) {
        error_set(err, ERROR_DATA,
                  "%s: the part of it for %s alone cannot be made",
                  manifest->file, dataset);
        return error_usual(err,
                           "it is not as rollcall wrote it: bring it back, "
                           "or extract the run anew");
    }
    return 0;
}
