/* What stands beside the runs under the name of this one. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "beside.h"
#include "verify_parts.h"

static bool is_of_dataset(const struct manifest *m, const char *name,
                          const char *suffix)
{
    char due[BESIDE_NAME_MAX];

    for (size_t i = 0; i < m->dataset_count; i++) {
        if (beside_name(m->datasets[i].name, m->as_of, m->run_id, suffix,
                        due) == 0 &&
            strcmp(due, name) == 0)
            return true;
    }
    return false;
}

/* A done file that nobody wrote would have its dataset loaded. */
static void check_name(struct verify *v, const char *name)
{
    for (size_t i = 0; beside_suffixes[i] != NULL; i++) {
        if (beside_is_of(name, v->manifest.run_id, beside_suffixes[i]) &&
            !is_of_dataset(&v->manifest, name, beside_suffixes[i]))
            verify_found(v, name, "is of no dataset of the run");
    }
}

int verify_beside(struct verify *v, int out_fd, struct error *err)
{
    int result = 0,
        fd = openat(out_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;

    if (list == NULL) {
        error_set(err, ERROR_IO, "the output directory: cannot list: %s",
                  strerror(errno));
        if (fd >= 0)
            close(fd);
        return -1;
    }
    while ((errno = 0, entry = readdir(list)) != NULL)
        check_name(v, entry->d_name);
    if (errno != 0)
        result = error_set(err, ERROR_IO,
                           "the output directory: cannot list: %s",
                           strerror(errno));
    closedir(list);
    return result;
}
