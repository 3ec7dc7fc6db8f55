/* What stands beside the runs under the name of this one. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "beside.h"
#include "verify_parts.h"

static const char *dataset_of(const struct manifest *m, const char *name,
                              const char *suffix)
{
    char due[BESIDE_NAME_MAX];

    for (size_t i = 0; i < m->dataset_count; i++) {
        if (beside_name(m->datasets[i].name, m->as_of, m->run_id, suffix,
                        due) == 0 &&
            strcmp(due, name) == 0)
            return m->datasets[i].name;
    }
    return NULL;
}

static const char *format_of(const char *suffix)
{
    if (strcmp(suffix, ".csv" BESIDE_REDSHIFT) == 0)
        return "csv";
    return strcmp(suffix, ".jsonl" BESIDE_REDSHIFT) == 0 ? "jsonl" : NULL;
}

/* A done file that nobody wrote would have its dataset loaded. */
static int check_name(struct verify *v, int out_fd, const char *name,
                      struct error *err)
{
    for (size_t i = 0; beside_suffixes[i] != NULL; i++) {
        const char *suffix = beside_suffixes[i], *dataset;

        if (!beside_is_of(name, v->manifest.run_id, suffix))
            continue;
        dataset = dataset_of(&v->manifest, name, suffix);
        if (dataset == NULL)
            verify_found(v, name, "is of no dataset of the run");
        else if (format_of(suffix) != NULL)
            return verify_redshift(v, out_fd, name, dataset, format_of(suffix),
                                   err);
    }
    return 0;
}

int verify_beside(struct verify *v, int out_fd, struct error *err)
{
    int result = 0,
        fd = openat(out_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;

    if (list == NULL) {
        error_system(err, ERROR_IO, errno, "the output directory: cannot list");
        if (fd >= 0)
            close(fd);
        return -1;
    }
    while (result == 0 && (errno = 0, entry = readdir(list)) != NULL)
        result = check_name(v, out_fd, entry->d_name, err);
    if (result == 0 && errno != 0)
        result = error_system(err, ERROR_IO, errno,
                              "the output directory: cannot list");
    closedir(list);
    return result;
}
