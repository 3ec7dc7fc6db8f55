/* The runs to merge: whole, of one site each, in the order of the sites. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "merge_parts.h"
#include "sink.h"
#include "verify.h"

struct finding {
    const struct merge *merge;
    const char *path;
};

static void tell(void *context, const char *file, const char *text)
{
    const struct finding *finding = context;

    log_line(finding->merge->options->log, LOG_ERROR, "finding", "%s: %s: %s",
             finding->path, file, text);
}

static int verify(const struct merge *merge, const char *path,
                  struct error *err)
{
    struct finding finding = {merge, path};
    struct verify_summary summary;

    return verify_run(path, NULL, tell, &finding, &summary, err);
}

static int hash_manifest(struct merge_run *run, struct error *err)
{
    size_t len;
    char *text = read_whole_file(run->fd, MANIFEST_NAME, MANIFEST_BYTES_MAX,
                                 &len, err);
    int result;

    if (text == NULL)
        return -1;
    result = digest_hex(text, len, run->sha256);
    free(text);
    return result == 0
               ? 0
               : error_set(err, ERROR_BUG, "%s: hashing failed, perhaps for "
                           "want of memory", MANIFEST_NAME);
}

/* Of OUT/NAME/RUN the NAME; "" when that cannot be told. */
static void folder_name(const struct merge_run *run, char out[NAME_MAX + 1])
{
    char link[64], path[PATH_MAX], *slash;
    ssize_t len;

    out[0] = '\0';
    snprintf(link, sizeof(link), "/proc/self/fd/%d", run->fd);
    len = readlink(link, path, sizeof(path) - 1);
    if (len <= 0)
        return;
    path[len] = '\0';
    for (int up = 0; up < 2; up++) {
        slash = strrchr(path, '/');
        if (slash == NULL)
            return;
        if (up == 0)
            *slash = '\0';
        else if (strlen(slash + 1) <= NAME_MAX)
            memcpy(out, slash + 1, strlen(slash + 1) + 1);
    }
}

static int name_site(struct merge_run *run, const char *given,
                     struct error *err)
{
    char folder[NAME_MAX + 1];
    const char *name = given != NULL ? given : run->manifest.site;

    folder_name(run, folder);
    if (name == NULL)
        name = folder;
    if (job_site_name_valid(name)) {
        memcpy(run->site, name, strlen(name) + 1);
        return 0;
    }
    if (given != NULL) {
        error_set(err, ERROR_USAGE, "--as: \"%.64s\" is no site's name", given);
        return error_hint(err, "a site's name is of a-z, 0-9, '_' and '-', the "
                               "first a letter or a digit");
    }
    error_set(err, ERROR_USAGE, "%s: which site it is of is not known",
              run->path);
    return error_hint(err, "name the sites of all runs, in their order, with "
                           "--as NAME");
}

static int open_run(struct merge *merge, struct merge_run *run,
                    const struct merge_input *input, struct error *err)
{
    run->path = input->path;
    if (verify(merge, input->path, err) != 0)
        return -1;
    run->fd = verify_open_run(input->path, err);
    if (run->fd < 0)
        return -1;
    if (manifest_load(&run->manifest, run->fd, err) != 0) {
        close(run->fd);
        run->fd = -1;
        return error_prefix(err, "%s", input->path);
    }
    if (run->manifest.merged) {
        error_set(err, ERROR_DATA, "%s: is merged already", input->path);
        return error_hint(err, "merge the runs that it was made of");
    }
    if (hash_manifest(run, err) != 0)
        return error_prefix(err, "%s", input->path);
    return name_site(run, input->site, err);
}

static int by_site(const void *left, const void *right)
{
    const struct merge_run *a = left, *b = right;

    return strcmp(a->site, b->site);
}

int merge_open(struct merge *merge, struct error *err)
{
    const struct merge_options *options = merge->options;

    if (options->input_count > JOB_SITES_MAX)
        return error_set(err, ERROR_USAGE, "runs: at most %d can be merged",
                         JOB_SITES_MAX);
    for (size_t i = 0; i < options->input_count; i++) {
        struct merge_run *run = &merge->runs[merge->count++];

        run->fd = -1;
        if (open_run(merge, run, &options->inputs[i], err) != 0)
            return -1;
    }
    qsort(merge->runs, merge->count, sizeof(*merge->runs), by_site);
    for (size_t i = 1; i < merge->count; i++) {
        const struct merge_run *a = &merge->runs[i - 1], *b = a + 1;

        if (strcmp(a->site, b->site) == 0) {
            error_set(err, ERROR_USAGE,
                      "%s: is of site \"%s\", as %s "
                      "is",
                      b->path, b->site, a->path);
            return error_hint(
                err,
                "give one run of each site, or name their sites with --as");
        }
    }
    return 0;
}

void merge_close(struct merge *merge)
{
    for (size_t i = 0; i < merge->count; i++) {
        if (merge->runs[i].fd < 0)
            continue;
        manifest_free(&merge->runs[i].manifest);
        close(merge->runs[i].fd);
    }
}
