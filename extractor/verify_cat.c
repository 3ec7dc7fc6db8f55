/* `rollcall cat`: the rows of one dataset on a descriptor. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "sink.h"
#include "verify_parts.h"

enum { CAT_CHUNK = 64 * 1024 };

struct cat {
    const struct cat_options *options;
    struct manifest manifest;
    int run_fd, out_fd;
    bool first; /* no part was written yet */
};

static int write_out(int fd, const char *data, size_t len, struct error *err)
{
    return file_write_all(fd, data, len) == 0 ? 0
                                              : file_write_error(err, "output");
}

/* The only dataset there is, its changes aside, or the one asked for. */
static int pick_dataset(const struct cat *cat, const char **name,
                        struct error *err)
{
    const struct manifest *m = &cat->manifest;
    size_t count = 0;

    *name = cat->options->dataset;
    for (size_t i = 0; cat->options->dataset == NULL && i < m->dataset_count;
         i++) {
        if (m->dataset_count > 1 && m->datasets[i].changes)
            continue;
        *name = count++ == 0 ? m->datasets[i].name : NULL;
    }
    if (*name == NULL) {
        error_set(err, ERROR_USAGE, "run %s: holds %zu datasets", m->run_id,
                  m->dataset_count);
        return error_hint(err, "say which one with --dataset");
    }
    return 0;
}

/* Bytes at the start of a part that are not wanted: the byte order mark and
 * the header line of all parts but the first, or of all. */
static bool skips_head(const struct cat *cat, const struct manifest_resource *r)
{
    return strcmp(r->format, "csv") == 0 &&
           (!cat->first || !cat->options->header);
}

struct head {
    size_t mark;  /* bytes of the mark still to skip */
    bool in_line; /* inside the header line */
};

static void skip_head(struct head *head, const char **data, size_t *len)
{
    const char *end;
    size_t skip = head->mark < *len ? head->mark : *len;

    head->mark -= skip;
    *data += skip;
    *len -= skip;
    if (!head->in_line || *len == 0)
        return;
    end = memchr(*data, '\n', *len);
    skip = end == NULL ? *len : (size_t)(end - *data) + 1;
    head->in_line = end == NULL;
    *data += skip;
    *len -= skip;
}

static int copy_part(struct cat *cat, const struct manifest_resource *r,
                     struct source_file *file, struct error *err)
{
    struct head head = {0};
    char chunk[CAT_CHUNK];
    ssize_t got;

    if (skips_head(cat, r)) {
        head.mark = r->dialect.bom ? sizeof(CSV_BOM) - 1 : 0;
        head.in_line = r->dialect.header;
    }
    while ((got = source_file_read(file, chunk, sizeof(chunk), err)) > 0) {
        const char *data = chunk;
        size_t len = (size_t)got;

        skip_head(&head, &data, &len);
        if (write_out(cat->out_fd, data, len, err) != 0)
            return -1;
    }
    cat->first = false;
    return got < 0 ? -1 : 0;
}

static int cat_part(struct cat *cat, const struct manifest_resource *r,
                    struct error *err)
{
    struct source_file *file;
    struct sink_facts facts;

    if (verify_plain(cat->run_fd, r->path, err) != 0)
        return -1;
    file = source_file_open(cat->run_fd, r->path, err);
    if (file == NULL)
        return -1;
    if (copy_part(cat, r, file, err) != 0) {
        if (err->kind == ERROR_DATA)
            error_hint(err, "do not use what was written; see rollcall verify");
        source_file_close(file, NULL, err);
        return -1;
    }
    if (source_file_close(file, &facts, err) != 0)
        return -1;
    if (strcmp(facts.sha256, r->sha256) == 0)
        return 0;
    error_set(err, ERROR_DATA, "%s: SHA-256 is not the manifest's", r->path);
    return error_hint(err, "do not use what was written; see rollcall verify");
}

static int cat_parts(struct cat *cat, struct error *err)
{
    const char *format =
        cat->options->format == NULL ? "csv" : cat->options->format;
    const struct manifest *m = &cat->manifest;
    const char *dataset;
    size_t parts = 0;

    if (pick_dataset(cat, &dataset, err) != 0)
        return -1;
    for (size_t i = 0; i < m->resource_count; i++) {
        const struct manifest_resource *r = &m->resources[i];

        /* pick_dataset() has set it. NOLINTNEXTLINE */
        if (strcmp(r->dataset, dataset) != 0 || strcmp(r->format, format) != 0)
            continue;
        parts++;
        if (cat_part(cat, r, err) != 0)
            return -1;
    }
    if (parts > 0)
        return 0;
    error_set(err, ERROR_NO_INPUT, "run %s: holds no %s of %s", m->run_id,
              format, dataset);
    return error_usual(
        err,
        "choose another with --format; the manifest names what the run holds");
}

int cat_run(const char *path, const struct cat_options *options, int fd,
            struct error *err)
{
    struct cat cat = {.options = options, .out_fd = fd, .first = true};
    int result;

    cat.run_fd = verify_open_run(path, err);
    if (cat.run_fd < 0)
        return -1;
    result = verify_load(&cat.manifest, cat.run_fd, err);
    if (result == 0) {
        result = cat_parts(&cat, err);
        manifest_free(&cat.manifest);
    }
    close(cat.run_fd);
    return result;
}
