/* The list of a dataset's parts that Redshift's COPY … MANIFEST reads. Source:
 * docs.aws.amazon.com/redshift, "Using a manifest to specify data files". */
#include <stdio.h>
#include <string.h>

#include "jsonw.h"
#include "publish.h"
#include "publish_parts.h"
#include "sink.h"

enum { URL_MAX = 2048, LIST_BYTES_MAX = 64 * 1024 * 1024 };

static const char *const formats[] = {"csv", "jsonl"};

struct list {
    const struct manifest *manifest;
    const char *url, *dataset, *format;
    size_t count;
};

static int put_part(struct list *list, struct jsonw *w,
                    const struct manifest_resource *r)
{
    char url[URL_MAX];
    int len = snprintf(url, sizeof(url), "%s/%s/%s", list->url,
                       list->manifest->run_id, r->path);

    if (len < 0 || (size_t)len >= sizeof(url))
        return -1;
    jsonw_object(w, NULL);
    jsonw_text(w, "url", url);
    jsonw_bool(w, "mandatory", true);
    jsonw_object(w, "meta");
    jsonw_int(w, "content_length", (int64_t)r->bytes);
    jsonw_object_end(w);
    jsonw_object_end(w);
    list->count++;
    return 0;
}

static int put_list(struct list *list, struct buf *text)
{
    const struct manifest *m = list->manifest;
    int result = 0;
    struct jsonw w;

    jsonw_init(&w, text, 2);
    jsonw_object(&w, NULL);
    jsonw_array(&w, "entries");
    for (size_t i = 0; i < m->resource_count && result == 0; i++) {
        const struct manifest_resource *r = &m->resources[i];

        if (strcmp(r->dataset, list->dataset) == 0 &&
            strcmp(r->format, list->format) == 0)
            result = put_part(list, &w, r);
    }
    jsonw_array_end(&w);
    jsonw_object_end(&w);
    buf_putc(text, '\n');
    return result;
}

static int write_list(struct list *list, int out_fd, mode_t mode,
                      struct error *err)
{
    const struct manifest *m = list->manifest;
    char name[BESIDE_NAME_MAX], suffix[32];
    struct buf text;
    int result;

    snprintf(suffix, sizeof(suffix), ".%s" BESIDE_REDSHIFT,
             list->format);
    if (beside_name(list->dataset, m->as_of, m->run_id, suffix, name) != 0) {
        error_set(err, ERROR_CANT_CREATE,
                  "%s: the name of its list for Redshift would be too long",
                  list->dataset);
        return error_usual(err, "choose a shorter \"name\" for the mapping");
    }
    buf_init(&text, LIST_BYTES_MAX);
    if (put_list(list, &text) != 0) {
        error_set(err, ERROR_CONFIG,
                  "%s: output.redshift_url is too "
                  "long",
                  name);
        result = error_usual(err, "choose a shorter one");
    } else if (!buf_ok(&text))
        result = error_no_memory(err);
    else
        result = list->count == 0 ? 0
                                  : write_whole_file(out_fd, name, text.data,
                                                     text.len, mode, err);
    buf_release(&text);
    return result;
}

int publish_write_redshift(int out_fd, const struct manifest *manifest,
                           const char *url, mode_t mode, struct error *err)
{
    for (size_t i = 0; i < manifest->dataset_count; i++) {
        for (size_t f = 0; f < sizeof(formats) / sizeof(formats[0]); f++) {
            struct list list = {.manifest = manifest,
                                .url = url,
                                .dataset = manifest->datasets[i].name,
                                .format = formats[f]};

            if (write_list(&list, out_fd, mode, err) != 0)
                return -1;
        }
    }
    return 0;
}
