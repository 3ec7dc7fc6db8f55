#include "runs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "companion.h"
#include "publish.h"
#include "sink.h"

enum { OPEN_FOLDER = O_RDONLY | O_DIRECTORY | O_CLOEXEC };

int runs_open_out(const char *path, struct error *err)
{
    int fd = open(path, OPEN_FOLDER);

    if (fd >= 0)
        return fd;
    error_system(err, ERROR_NO_INPUT, errno,
                 "%s: cannot open the output directory", path);
    return error_hint(err, "name it with --out, or its job with -c");
}

/* 1 or 0; -1 with errno. */
static int is_file(int out_fd, const char *name)
{
    struct stat st;

    if (fstatat(out_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return S_ISREG(st.st_mode);
    return errno == ENOENT ? 0 : -1;
}

/* In the same way. */
static int is_marked(int out_fd, const struct manifest *m, const char *dataset)
{
    char name[PUBLISH_DONE_NAME_MAX];

    for (int i = 0; i < COMPANION_COUNT; i++) {
        const enum companion which = (enum companion)i;
        int there;

        if (!companion_wanted(m, which))
            continue;
        there = companion_name(m, dataset, which, name) == 0
                    ? is_file(out_fd, name)
                    : 0;
        if (there <= 0)
            return there;
    }
    return publish_done_name(dataset, m->as_of, m->run_id, name) == 0
               ? is_file(out_fd, name)
               : 0;
}

/* It may be a good run, and nobody can tell. */
static int note_unread(struct runs *runs, struct runs_entry *entry,
                       const char *what, int cause)
{
    entry->problem = arena_printf(&runs->arena, "%s cannot be looked at: %s",
                                  what, strerror(cause));
    return entry->problem != NULL ? 0 : -1;
}

static int copy_datasets(struct runs *runs, int out_fd,
                         const struct manifest *m, struct runs_entry *entry)
{
    int marked;
    struct manifest_dataset *copies = arena_alloc(
        &runs->arena, (m->dataset_count + 1) * sizeof(*copies));

    if (copies == NULL)
        return -1;
    entry->marked = true;
    for (size_t i = 0; i < m->dataset_count; i++) {
        copies[i] = m->datasets[i];
        copies[i].name = arena_strdup(&runs->arena, m->datasets[i].name);
        if (copies[i].name == NULL)
            return -1;
        marked = is_marked(out_fd, m, copies[i].name);
        if (marked < 0)
            return note_unread(runs, entry, "what lies beside it", errno);
        entry->marked &= marked > 0;
    }
    entry->datasets = copies;
    entry->dataset_count = m->dataset_count;
    return 0;
}

static int copy_manifest(struct runs *runs, int out_fd,
                         const struct manifest *m, struct runs_entry *entry)
{
    if (strcmp(m->run_id, entry->name) != 0) {
        entry->problem = "its manifest is of another run";
        return 0;
    }
    entry->as_of = m->as_of;
    entry->users = m->users;
    entry->missing = m->missing_count;
    for (size_t i = 0; i < m->resource_count; i++)
        entry->bytes += m->resources[i].bytes;
    if (m->supersedes != NULL) {
        entry->supersedes = arena_strdup(&runs->arena, m->supersedes);
        if (entry->supersedes == NULL)
            return -1;
    }
    return copy_datasets(runs, out_fd, m, entry);
}

static struct runs_entry *add_entry(struct runs *runs, const char *name)
{
    struct runs_entry *entry;

    if (runs->count == runs->capacity) {
        size_t capacity = runs->capacity ? runs->capacity * 2 : 64;
        struct runs_entry *grown =
            realloc(runs->entries, capacity * sizeof(*grown));

        if (grown == NULL)
            return NULL;
        runs->entries = grown;
        runs->capacity = capacity;
    }
    entry = &runs->entries[runs->count];
    *entry = (struct runs_entry){.name = arena_strdup(&runs->arena, name)};
    if (entry->name == NULL)
        return NULL;
    runs->count++;
    return entry;
}

static int load_run(struct runs *runs, int out_fd, const char *name, int run_fd,
                    struct error *err)
{
    struct runs_entry *entry = add_entry(runs, name);
    struct error local = {0};
    struct manifest manifest;
    int result;

    if (entry == NULL)
        return error_no_memory(err);
    if (manifest_load(&manifest, run_fd, &local) != 0) {
        if (local.kind == ERROR_BUG)
            return error_no_memory(err);
        entry->problem = arena_strdup(&runs->arena, local.text);
        return entry->problem != NULL ? 0 : error_no_memory(err);
    }
    result = copy_manifest(runs, out_fd, &manifest, entry);
    manifest_free(&manifest);
    return result == 0 ? 0 : error_no_memory(err);
}

/* A copy that can be shown; what rollcall itself writes is not changed. */
static const char *plain_copy(struct runs *runs, const char *name)
{
    char *copy = arena_strdup(&runs->arena, name);

    for (char *p = copy; p != NULL && *p != '\0'; p++) {
        if (*p < ' ' || *p > '~')
            *p = '?';
    }
    return copy;
}

static int add_leftover(struct runs *runs, const char *name,
                        struct error *err)
{
    if (runs->leftover_count == runs->leftover_capacity) {
        size_t capacity =
            runs->leftover_capacity ? runs->leftover_capacity * 2 : 16;
        const char **grown =
            realloc(runs->leftovers, capacity * sizeof(*grown));

        if (grown == NULL)
            return error_no_memory(err);
        runs->leftovers = grown;
        runs->leftover_capacity = capacity;
    }
    name = plain_copy(runs, name);
    if (name == NULL)
        return error_no_memory(err);
    runs->leftovers[runs->leftover_count++] = name;
    return 0;
}

static int add_unread(struct runs *runs, const char *name, int cause,
                      struct error *err)
{
    struct runs_entry *entry = add_entry(runs, name);

    return entry != NULL && note_unread(runs, entry, "it", cause) == 0
               ? 0
               : error_no_memory(err);
}

static int take_name(struct runs *runs, int out_fd, const char *name,
                     struct error *err)
{
    int fd, result = 0;

    if (strncmp(name, SINK_TEMP_PREFIX, strlen(SINK_TEMP_PREFIX)) == 0)
        return add_leftover(runs, name, err);
    if (!publish_run_id_valid(name))
        return 0;
    fd = openat(out_fd, name, OPEN_FOLDER | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOTDIR || errno == ELOOP || errno == ENOENT
                   ? 0
                   : add_unread(runs, name, errno, err);
    if (runs->count == RUNS_MAX) {
        error_set(err, ERROR_DATA, "output directory: holds more than %d runs",
                  RUNS_MAX);
        result =
            error_usual(err, "remove old ones with rollcall clean --keep N");
    } else if (faccessat(fd, MANIFEST_NAME, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        result = load_run(runs, out_fd, name, fd, err);
    else if (errno != ENOENT)
        result = add_unread(runs, name, errno, err);
    close(fd);
    return result;
}

static int list_folder(struct runs *runs, int out_fd, struct error *err)
{
    int result = 0, fd = openat(out_fd, ".", OPEN_FOLDER);
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;

    if (list == NULL) {
        error_system(err, ERROR_IO, errno, "cannot list the output directory");
        if (fd >= 0)
            close(fd);
        return -1;
    }
    while (result == 0 && (errno = 0, entry = readdir(list)) != NULL)
        result = take_name(runs, out_fd, entry->d_name, err);
    if (result == 0 && errno != 0)
        result = error_system(err, ERROR_IO, errno,
                              "cannot list the output directory");
    closedir(list);
    return result;
}

/* As "latest" goes: by time, then by name. */
static int newest_first(const void *left, const void *right)
{
    const struct runs_entry *a = left, *b = right;

    if ((a->problem != NULL) != (b->problem != NULL))
        return a->problem != NULL ? 1 : -1;
    if (a->as_of != b->as_of)
        return a->as_of > b->as_of ? -1 : 1;
    return strcmp(b->name, a->name);
}

static int by_name(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static int read_latest(struct runs *runs, int out_fd, struct error *err)
{
    char target[PATH_MAX];
    ssize_t len =
        readlinkat(out_fd, PUBLISH_LATEST_NAME, target, sizeof(target) - 1);

    if (len < 0)
        return errno == ENOENT || errno == EINVAL
                   ? 0
                   : error_system(err, ERROR_IO, errno,
                                  PUBLISH_LATEST_NAME ": cannot be read");
    target[len] = '\0';
    runs->latest = plain_copy(runs, target);
    if (runs->latest == NULL)
        return error_no_memory(err);
    runs->named = runs_find(runs, runs->latest);
    if (runs->named != NULL && runs->named->problem != NULL)
        runs->named = NULL;
    return 0;
}

int runs_load(struct runs *runs, int out_fd, struct error *err)
{
    memset(runs, 0, sizeof(*runs));
    arena_init(&runs->arena);
    if (list_folder(runs, out_fd, err) != 0)
        goto fail;
    if (runs->count > 0)
        qsort(runs->entries, runs->count, sizeof(*runs->entries),
              newest_first);
    if (runs->leftover_count > 0)
        qsort(runs->leftovers, runs->leftover_count, sizeof(*runs->leftovers),
              by_name);
    if (read_latest(runs, out_fd, err) != 0)
        goto fail;
    return 0;
fail:
    runs_free(runs);
    return -1;
}

void runs_free(struct runs *runs)
{
    free(runs->entries);
    free(runs->leftovers);
    arena_release(&runs->arena);
    memset(runs, 0, sizeof(*runs));
}

const struct runs_entry *runs_find(const struct runs *runs, const char *name)
{
    for (size_t i = 0; i < runs->count; i++) {
        if (strcmp(runs->entries[i].name, name) == 0)
            return &runs->entries[i];
    }
    return NULL;
}

const struct runs_entry *runs_before(const struct runs *runs,
                                     const struct runs_entry *entry)
{
    const struct runs_entry *before =
        entry->supersedes != NULL ? runs_find(runs, entry->supersedes) : NULL;

    return before != NULL && before->problem == NULL ? before : NULL;
}
