#include "companion.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "instant.h"
#include "sink.h"

enum { TEXT_MAX = 16 * 1024 * 1024 }; /* of 10000 paths and more */

/* One dataset of a run, and where it lies. */
struct subject {
    const struct manifest *manifest;
    const char *dataset;
    char folder[PATH_MAX + 32]; /* of the output, absolute */
};

bool companion_wanted(const struct manifest *manifest,
                           enum companion which)
{
    return which == COMPANION_LST ? manifest->companions.lst
                                  : manifest->companions.par;
}

int companion_name(const struct manifest *manifest, const char *dataset,
                           enum companion which,
                           char out[BESIDE_NAME_MAX])
{
    static const char *const suffixes[COMPANION_COUNT] = {
        [COMPANION_LST] = BESIDE_LST,
        [COMPANION_PAR] = BESIDE_PAR,
    };

    return beside_name(dataset, manifest->as_of, manifest->run_id,
                               suffixes[which], out);
}

/* The place by its descriptor, so it is the one that is written to. */
static int find_folder(struct subject *s, int out_fd, struct error *err)
{
    char link[64];
    ssize_t len;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", out_fd);
    len = readlink(link, s->folder, PATH_MAX);
    if (len < 0)
        return error_system(err, ERROR_IO, errno,
                            "cannot tell where the output directory is");
    s->folder[len] = '\0';
    if (strpbrk(s->folder, "\r\n") == NULL)
        return 0;
    error_set(err, ERROR_CANT_CREATE,
              "output directory: its path has a line break, which a file list "
              "or parameter file cannot hold");
    return error_usual(err, "rename the folder, or take \"companions\" out of "
                            "\"output\" in the job");
}

/* The next CSV part of the dataset from *index on, or NULL. */
static const struct manifest_resource *next_part(const struct subject *s,
                                                 size_t *index)
{
    while (*index < s->manifest->resource_count) {
        const struct manifest_resource *r = &s->manifest->resources[(*index)++];

        if (strcmp(r->dataset, s->dataset) == 0 &&
            strcmp(r->format, "csv") == 0)
            return r;
    }
    return NULL;
}

static void put_path(const struct subject *s, const char *name, struct buf *out)
{
    buf_printf(out, "%s/%s/%s\n", s->folder, s->manifest->run_id, name);
}

static void put_list(const struct subject *s, struct buf *out)
{
    const struct manifest_resource *part;
    size_t index = 0;

    while ((part = next_part(s, &index)) != NULL)
        put_path(s, part->path, out);
}

static void put_input(const struct subject *s, struct buf *out)
{
    char name[BESIDE_NAME_MAX];
    size_t index = 0;
    const struct manifest_resource *part = next_part(s, &index);

    if (s->manifest->companions.lst) {
        if (companion_name(s->manifest, s->dataset, COMPANION_LST,
                                   name) == 0)
            buf_printf(out, "$InputFile_%s=%s/%s\n", s->dataset, s->folder,
                       name);
    } else if (part != NULL && next_part(s, &index) == NULL) {
        buf_printf(out, "$InputFile_%s=", s->dataset);
        put_path(s, part->path, out);
    }
}

static void put_counts(const struct subject *s, struct buf *out)
{
    const struct manifest_resource *part;
    uint64_t rows = 0, longest = 0;
    size_t index = 0;

    while ((part = next_part(s, &index)) != NULL) {
        rows += part->rows;
        if (part->longest > longest)
            longest = part->longest;
    }
    buf_printf(out, "$$ExpectedRows=%llu\n$$MaxRecordBytes=%llu\n",
               (unsigned long long)rows, (unsigned long long)longest);
}

static void put_parameters(const struct subject *s, struct buf *out)
{
    const struct manifest *m = s->manifest;
    char day[INSTANT_TEXT_MAX], time[INSTANT_TEXT_MAX];

    if (instant_format(m->as_of, "%Y-%m-%d", 0, day, sizeof(day)) != 0 ||
        instant_format(m->as_of, "%Y-%m-%d %H:%M:%S", 0, time, sizeof(time)) !=
            0)
        out->failed = true;
    buf_printf(out, "[%s]\n", m->companions.section);
    put_input(s, out);
    buf_printf(out, "$$RunDir=%s/%s\n$$RunId=%s\n", s->folder, m->run_id,
               m->run_id);
    buf_printf(out, "$$AsOfDate=%s\n$$AsOf=%s\n", day, time);
    put_counts(s, out);
}

int companion_text(const struct manifest *manifest, const char *dataset,
                           enum companion which, int out_fd,
                           struct buf *out, struct error *err)
{
    struct subject s = {.manifest = manifest, .dataset = dataset};

    if (find_folder(&s, out_fd, err) != 0)
        return -1;
    if (which == COMPANION_LST)
        put_list(&s, out);
    else
        put_parameters(&s, out);
    return buf_ok(out) ? 0 : error_no_memory(err);
}

static int write_one(const struct manifest *manifest, const char *dataset,
                     enum companion which, int out_fd, mode_t mode,
                     struct error *err)
{
    char name[BESIDE_NAME_MAX];
    struct buf text;
    int result;

    if (companion_name(manifest, dataset, which, name) != 0) {
        error_set(
            err, ERROR_CANT_CREATE,
            "%s: the name of a file beside the done file would be too long",
            dataset);
        return error_usual(err, "choose a shorter \"name\" for the mapping");
    }
    buf_init(&text, TEXT_MAX);
    result =
        companion_text(manifest, dataset, which, out_fd, &text, err);
    if (result == 0)
        result = write_whole_file(out_fd, name, text.data, text.len, mode, err);
    buf_release(&text);
    return result;
}

int companions_write(const struct manifest *manifest, const char *dataset,
                       int out_fd, mode_t mode, struct error *err)
{
    for (int which = 0; which < COMPANION_COUNT; which++) {
        if (companion_wanted(manifest, (enum companion)which) &&
            write_one(manifest, dataset, (enum companion)which, out_fd,
                      mode, err) != 0)
            return -1;
    }
    return 0;
}
