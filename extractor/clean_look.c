/* What may be touched: looked at, never followed. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clean_parts.h"
#include "publish.h"
#include "seal.h"
#include "sink.h"
#include "strmap.h"

enum {
    OPEN_FOLDER = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
    DONE_BYTES_MAX = 4096
};

static bool is_file(int dir_fd, const char *name)
{
    struct stat st;

    return fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(st.st_mode);
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* A stream that leaves fd open. */
static DIR *list_folder(int fd, struct error *err)
{
    int copy = openat(fd, ".", OPEN_FOLDER);
    DIR *list = copy < 0 ? NULL : fdopendir(copy);

    if (list != NULL)
        return list;
    error_system(err, ERROR_IO, errno, "cannot list a folder");
    if (copy >= 0)
        close(copy);
    return NULL;
}

static int find_stray(struct clean *clean, int run_fd,
                      const struct strmap *paths, const char **reason,
                      struct error *err)
{
    DIR *list = list_folder(run_fd, err);
    struct dirent *entry;
    int result = 0;

    if (list == NULL)
        return -1;
    while (*reason == NULL && result == 0 &&
           (entry = readdir(list)) != NULL) {
        const char *name = entry->d_name, *what = NULL;

        if (is_dots(name))
            continue;
        if (strmap_get(paths, name) == NULL)
            what = "is not in its manifest";
        else if (!is_file(run_fd, name))
            what = "is no plain file";
        if (what == NULL)
            continue;
        *reason = arena_printf(&clean->arena, "%s %s", name, what);
        result = *reason != NULL ? 0 : error_no_memory(err);
    }
    closedir(list);
    return result;
}

/* own, own_too: what is there besides the parts: the manifest, which may have
 * a signature, and a mark, or NULL. */
static int look_at_folder(struct clean *clean, int fd, const struct manifest *m,
                          const char *own, const char *own_too,
                          const char **reason, struct error *err)
{
    struct strmap paths = {0};
    char seal[SEAL_NAME_MAX];
    int result = strmap_put(&paths, own, clean);

    seal_name(own, seal);
    if (result == 0)
        result = strmap_put(&paths, seal, clean);
    if (result == 0 && own_too != NULL)
        result = strmap_put(&paths, own_too, clean);
    for (size_t i = 0; i < m->resource_count && result == 0; i++)
        result = strmap_put(&paths, m->resources[i].path, clean);
    if (result != 0)
        error_no_memory(err);
    else
        result = find_stray(clean, fd, &paths, reason, err);
    strmap_release(&paths);
    return result;
}

/* A Hive folder that is not there was not laid yet, or is gone already. */
static int look_at_hive(struct clean *clean, const struct manifest *m,
                        const char *dataset, const char **reason,
                        struct error *err)
{
    char path[PUBLISH_HIVE_PATH_MAX];
    int fd, result;

    if (publish_hive_path(dataset, m->as_of, m->run_id, path) != 0)
        return 0;
    fd = openat(clean->out_fd, path, OPEN_FOLDER | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0)
        return error_system(err, ERROR_IO, errno, "%s: cannot open", path);
    result = look_at_folder(clean, fd, m, MANIFEST_PART_NAME,
                            PUBLISH_SUCCESS_NAME, reason, err);
    close(fd);
    return result;
}

static int look_at_all(struct clean *clean, int run_fd,
                       const struct manifest *m, const char **reason,
                       struct error *err)
{
    int result = look_at_folder(clean, run_fd, m, MANIFEST_NAME, NULL, reason,
                                err);

    for (size_t i = 0; m->hive && i < m->dataset_count && result == 0 &&
                       *reason == NULL; i++)
        result = look_at_hive(clean, m, m->datasets[i].name, reason, err);
    return result;
}

int clean_look_at_run(struct clean *clean, const char *name,
                      const char **reason, struct error *err)
{
    int run_fd = openat(clean->out_fd, name, OPEN_FOLDER | O_NOFOLLOW);
    struct manifest manifest;
    int result;

    *reason = NULL;
    if (run_fd < 0)
        return error_system(err, ERROR_IO, errno, "%s: cannot open", name);
    if (manifest_load(&manifest, run_fd, err) != 0) {
        close(run_fd);
        return error_prefix(err, "%s", name);
    }
    result = look_at_all(clean, run_fd, &manifest, reason, err);
    manifest_free(&manifest);
    close(run_fd);
    return result;
}

/* The run a done file of ours is of; NULL: it is none of ours. */
static const char *run_of(const struct json *root, const char *file)
{
    const struct json *run = json_member(root, "runId");
    const struct json *hash = json_member(root, "manifestSha256");
    size_t len, tail = strlen(file) - (sizeof(BESIDE_DONE) - 1);
    const char *id;

    if (run == NULL || json_type(run) != JSON_STRING || hash == NULL ||
        json_type(hash) != JSON_STRING)
        return NULL;
    id = json_text(run);
    len = strlen(id);
    if (!publish_run_id_valid(id) || tail < len + 1 ||
        memcmp(file + tail - len, id, len) != 0 ||
        file[tail - len - 1] != '_')
        return NULL;
    return id;
}

static bool is_plain(const char *name)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ._-";

    return strspn(name, plain) == strlen(name);
}

/* A done file whose run is gone, after what belongs to it: killed between
 * the two it would be found again. */
static int take_orphan(struct clean *clean, const char *file,
                       struct error *err)
{
    const struct clean_item done = {.kind = CLEAN_DONE, .name = file};
    int stem = (int)(strlen(file) - (sizeof(BESIDE_DONE) - 1));

    for (size_t i = 1; beside_suffixes[i] != NULL; i++) {
        char name[BESIDE_NAME_MAX];
        const struct clean_item item = {.kind = CLEAN_DONE, .name = name};

        snprintf(name, sizeof(name), "%.*s%s", stem, file, beside_suffixes[i]);
        if (is_file(clean->out_fd, name) && clean_add(clean, &item, err) != 0)
            return -1;
    }
    return clean_add(clean, &done, err);
}

static int take_done(struct clean *clean, const char *file, struct error *err)
{
    struct error local = {0};
    struct json_doc doc;
    struct stat st;
    const char *run;
    size_t len;
    char *text;
    int result = 0;

    if (!is_plain(file) || !is_file(clean->out_fd, file))
        return 0;
    text = read_whole_file(clean->out_fd, file, DONE_BYTES_MAX, &len, &local);
    if (text == NULL ||
        json_parse(&doc, text, len, JSON_STRICT, file, ERROR_DATA, &local)) {
        free(text);
        return local.kind == ERROR_BUG ? error_no_memory(err) : 0;
    }
    run = run_of(doc.root, file);
    if (run != NULL &&
        fstatat(clean->out_fd, run, &st, AT_SYMLINK_NOFOLLOW) != 0 &&
        errno == ENOENT) {
        result = take_orphan(clean, file, err);
    }
    json_free(&doc);
    free(text);
    return result;
}

int clean_find_done(struct clean *clean, struct error *err)
{
    DIR *list = list_folder(clean->out_fd, err);
    struct dirent *entry;
    int result = 0;

    if (list == NULL)
        return -1;
    while (result == 0 && (entry = readdir(list)) != NULL) {
        size_t len = strlen(entry->d_name);

        if (len >= sizeof(BESIDE_DONE) &&
            strcmp(entry->d_name + len - (sizeof(BESIDE_DONE) - 1),
                   BESIDE_DONE) == 0)
            result = take_done(clean, entry->d_name, err);
    }
    closedir(list);
    return result;
}
