/* The lists that Redshift's COPY reads: they are to name the dataset's parts,
 * all of them, wherever those were brought to. */
#include <stdlib.h>
#include <string.h>

#include "verify_parts.h"

enum { LIST_BYTES_MAX = 64 * 1024 * 1024 };

struct list {
    struct verify *v;
    const char *dataset, *format;
    const struct json *entry;
    const char *base; /* of the first entry's URL; the others' is the same */
    size_t base_len;
};

static const struct json *typed(const struct json *object, const char *name,
                                enum json_type type)
{
    const struct json *node = json_type(object) == JSON_OBJECT
                                  ? json_member(object, name)
                                  : NULL;

    return node != NULL && json_type(node) == type ? node : NULL;
}

/* BASE/RUN/PART, with the base that all have. */
static bool names_part(struct list *list, const char *url,
                       const struct manifest_resource *r)
{
    const char *run = list->v->manifest.run_id;
    size_t run_len = strlen(run), path_len = strlen(r->path),
           tail = run_len + path_len + 2, len = strlen(url);
    const char *end = url + len - tail;

    if (len <= tail || end[0] != '/' ||
        strncmp(end + 1, run, run_len) != 0 || end[1 + run_len] != '/' ||
        strcmp(end + 2 + run_len, r->path) != 0)
        return false;
    if (list->base == NULL) {
        list->base = url;
        list->base_len = len - tail;
    }
    return list->base_len == len - tail &&
           strncmp(list->base, url, list->base_len) == 0;
}

static bool entry_fits(struct list *list, const struct manifest_resource *r)
{
    const struct json *url, *mandatory, *meta, *length;
    int64_t bytes;

    if (list->entry == NULL)
        return false;
    url = typed(list->entry, "url", JSON_STRING);
    mandatory = typed(list->entry, "mandatory", JSON_BOOLEAN);
    meta = typed(list->entry, "meta", JSON_OBJECT);
    length = meta == NULL ? NULL : typed(meta, "content_length", JSON_NUMBER);
    return url != NULL && mandatory != NULL && json_bool(mandatory) &&
           length != NULL && json_int64(length, &bytes) == 0 &&
           bytes == (int64_t)r->bytes && names_part(list, json_text(url), r);
}

static bool entries_fit(struct list *list, const struct json *root)
{
    const struct manifest *m = &list->v->manifest;
    const struct json *entries = typed(root, "entries", JSON_ARRAY);

    if (entries == NULL)
        return false;
    list->entry = json_first(entries);
    for (size_t i = 0; i < m->resource_count; i++) {
        const struct manifest_resource *r = &m->resources[i];

        if (strcmp(r->dataset, list->dataset) != 0 ||
            strcmp(r->format, list->format) != 0)
            continue;
        if (!entry_fits(list, r))
            return false;
        list->entry = json_next(list->entry);
    }
    return list->entry == NULL;
}

int verify_redshift(struct verify *v, int out_fd, const char *file,
                    const char *dataset, const char *format, struct error *err)
{
    struct list list = {.v = v, .dataset = dataset, .format = format};
    struct error local = {0};
    struct json_doc doc;
    size_t len;
    char *text = verify_read(out_fd, file, LIST_BYTES_MAX, &len, &local);
    bool read = text != NULL && json_parse(&doc, text, len, JSON_UNIQUE, file,
                                           ERROR_DATA, &local) == 0;

    free(text);
    if (!read && local.kind != ERROR_NO_INPUT && local.kind != ERROR_DATA) {
        *err = local;
        return -1;
    }
    if (!read) {
        verify_found_error(v, file, &local);
        return 0;
    }
    if (!entries_fit(&list, doc.root))
        verify_found(v, file, "does not name the parts of the manifest, with "
                     "their lengths");
    json_free(&doc);
    return 0;
}
