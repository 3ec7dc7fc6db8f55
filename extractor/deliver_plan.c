/* The files of a run, in the order in which they are sent. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deliver_parts.h"
#include "instant.h"
#include "manifest.h"
#include "publish.h"
#include "seal.h"
#include "sink.h"
#include "strmap.h"

#define DONE_SUFFIX ".done"
/* Of a folder in Hive's layout, dataset=NAME/dt=DAY/run=RUNID beside the run's:
 * the parts by the same names, and these. */
#define SUCCESS_MARKER "_SUCCESS"
#define HIVE_MANIFEST  "_" MANIFEST_NAME

enum {
    READ_SIZE = 64 * 1024,
    OPEN_FOLDER = O_RDONLY | O_DIRECTORY | O_CLOEXEC
};

struct loading {
    struct deliver_plan *plan;
    const struct manifest *manifest;
    struct strmap parts; /* name in the run's folder -> resource */
    size_t root;         /* bytes of the path of the folder being listed */
    const volatile sig_atomic_t *stop;
    struct error *err;
};

/* Names go into addresses and commands as they are. */
static bool name_is_plain(const char *name)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz0123456789._=-";

    return name[0] != '-' && name[strspn(name, plain)] == '\0';
}

static int add_file(struct loading *l, const char *path, enum plan_rank rank)
{
    struct deliver_plan *plan = l->plan;
    struct deliver_file *file;

    if (plan->count == PLAN_FILES_MAX) {
        error_set(l->err, ERROR_DATA, "%s: more than %d files", plan->run_id,
                  PLAN_FILES_MAX);
        return error_usual(
            l->err,
            "so many cannot be delivered; raise output.part_size in the job");
    }
    if (plan->count == plan->capacity) {
        size_t capacity = plan->capacity > 0 ? 2 * plan->capacity : 64;
        struct deliver_file *grown =
            realloc(plan->files, capacity * sizeof(*grown));

        if (grown == NULL)
            return error_no_memory(l->err);
        plan->files = grown;
        plan->capacity = capacity;
    }
    file = &plan->files[plan->count];
    memset(file, 0, sizeof(*file));
    file->rank = rank;
    file->path = arena_strdup(&plan->arena, path);
    if (file->path == NULL)
        return error_no_memory(l->err);
    plan->count++;
    return 0;
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static enum plan_rank rank_in_folder(const struct loading *l, const char *path)
{
    const char *name = name_of(path);

    if (path + l->root + 1 == name && strmap_get(&l->parts, name) != NULL)
        return RANK_PART;
    if (strcmp(name, MANIFEST_NAME) == 0 || strcmp(name, HIVE_MANIFEST) == 0)
        return RANK_MANIFEST;
    if (strcmp(name, MANIFEST_NAME SEAL_SUFFIX) == 0 ||
        strcmp(name, HIVE_MANIFEST SEAL_SUFFIX) == 0)
        return RANK_SEAL;
    return strcmp(name, SUCCESS_MARKER) == 0 ? RANK_SUCCESS : RANK_OTHER;
}

static int list_folder(struct loading *l, const char *path, int depth);

static int take_entry(struct loading *l, int fd, const char *folder,
                      const char *name, int depth)
{
    char path[PLACE_MAX];
    struct stat st;
    int len = snprintf(path, sizeof(path), "%s/%s", folder, name);

    if (name[0] == '.') /* ".", "..", and what a file system hides */
        return 0;
    if (len < 0 || (size_t)len >= sizeof(path) || !name_is_plain(name)) {
        error_set(l->err, ERROR_DATA,
                  "%s: a file in it has no name "
                  "that rollcall gives",
                  folder);
        return error_usual(l->err,
                           "move what is not of the run out of its folder");
    }
    if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return error_system(l->err, ERROR_IO, errno, "%s: cannot be looked at",
                            path);
    if (S_ISDIR(st.st_mode))
        return list_folder(l, path, depth + 1);
    if (!S_ISREG(st.st_mode)) {
        error_set(l->err, ERROR_DATA, "%s: is no plain file", path);
        return error_usual(l->err,
                           "move what is not of the run out of its folder");
    }
    return add_file(l, path, rank_in_folder(l, path));
}

static int list_folder(struct loading *l, const char *path, int depth)
{
    int result = 0,
        fd = openat(l->plan->out_fd, path, OPEN_FOLDER | O_NOFOLLOW);
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;

    if (list == NULL) {
        error_system(l->err, ERROR_IO, errno, "%s: cannot list", path);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    if (depth > PLAN_DEPTH_MAX) {
        error_set(l->err, ERROR_DATA,
                  "%s: too many folders in one "
                  "another",
                  path);
        result = error_usual(l->err,
                             "move what is not of the run out of its folder");
    }
    while (result == 0 && (errno = 0, entry = readdir(list)) != NULL)
        result = take_entry(l, fd, path, entry->d_name, depth);
    if (result == 0 && errno != 0)
        result = error_system(l->err, ERROR_IO, errno, "%s: cannot list", path);
    closedir(list);
    return result;
}

static int list_root(struct loading *l, const char *path)
{
    l->root = strlen(path);
    return list_folder(l, path, 0);
}

/* Where the output has that layout too. */
static int list_hive(struct loading *l)
{
    const struct manifest *m = l->manifest;
    char path[PUBLISH_HIVE_PATH_MAX];
    struct stat st;

    for (size_t i = 0; i < m->dataset_count; i++) {
        if (publish_hive_path(m->datasets[i].name, m->as_of, m->run_id, path) !=
            0)
            continue;
        if (fstatat(l->plan->out_fd, path, &st, AT_SYMLINK_NOFOLLOW) != 0) {
            if (errno == ENOENT)
                continue;
            return error_system(l->err, ERROR_IO, errno,
                                "%s: cannot be looked at", path);
        }
        if (list_root(l, path) != 0)
            return -1;
    }
    return 0;
}

/* A name beside the run is of it when it is that of a done file but for what
 * stands behind the last '.'. */
static int take_beside(struct loading *l, const char *name)
{
    const struct manifest *m = l->manifest;
    char done[PUBLISH_DONE_NAME_MAX];
    struct stat st;

    for (size_t i = 0; i < m->dataset_count; i++) {
        size_t stem;

        if (publish_done_name(m->datasets[i].name, m->as_of, m->run_id, done) !=
            0)
            continue;
        stem = strlen(done) - strlen(DONE_SUFFIX);
        if (strncmp(name, done, stem) != 0 || name[stem] != '.' ||
            !name_is_plain(name))
            continue;
        if (fstatat(l->plan->out_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            return error_system(l->err, ERROR_IO, errno,
                                "%s: cannot be looked at", name);
        if (!S_ISREG(st.st_mode))
            continue;
        return add_file(l, name,
                        strcmp(name, done) == 0 ? RANK_MARKER : RANK_BESIDE);
    }
    return 0;
}

static int list_beside(struct loading *l)
{
    int result = 0, fd = openat(l->plan->out_fd, ".", OPEN_FOLDER);
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;

    if (list == NULL) {
        error_system(l->err, ERROR_IO, errno,
                     "cannot list the output directory");
        if (fd >= 0)
            close(fd);
        return -1;
    }
    while (result == 0 && (errno = 0, entry = readdir(list)) != NULL)
        result = take_beside(l, entry->d_name);
    if (result == 0 && errno != 0)
        result = error_system(l->err, ERROR_IO, errno,
                              "cannot list the output directory");
    closedir(list);
    return result;
}

static int by_order(const void *left, const void *right)
{
    const struct deliver_file *a = left, *b = right;

    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    return strcmp(a->path, b->path);
}

/* They are written last, so nothing else is missing either. */
static int check_markers(const struct loading *l)
{
    const struct deliver_plan *plan = l->plan;
    size_t found = 0;

    for (size_t i = 0; i < plan->count; i++)
        found += plan->files[i].rank == RANK_MARKER;
    if (found == l->manifest->dataset_count)
        return 0;
    error_set(l->err, ERROR_DATA, "%s: lacks a done file", plan->run_id);
    return error_hint(l->err, "rollcall extract with its --as-of and --run-id "
                              "sets what is missing");
}

/* Whoever checks them at the target would miss one. */
static int check_seals(const struct loading *l)
{
    const struct deliver_plan *plan = l->plan;
    size_t manifests = 0, seals = 0;

    for (size_t i = 0; i < plan->count; i++) {
        manifests += plan->files[i].rank == RANK_MANIFEST;
        seals += plan->files[i].rank == RANK_SEAL;
    }
    if (!l->manifest->is_signed || seals == manifests)
        return 0;
    error_set(l->err, ERROR_DATA,
              "%s: is signed, and lacks a signature beside a manifest",
              plan->run_id);
    return error_usual(l->err,
                       "publish the run anew with --force and its --sign-key");
}

int plan_hash(int fd, struct deliver_file *file, struct error *err)
{
    struct digest *sha256 = digest_new(), *md5 = digest_new_md5();
    unsigned char raw[DIGEST_MD5_BYTES];
    char data[READ_SIZE];
    int result = -1;
    ssize_t got = 0;

    file->bytes = 0;
    if (sha256 == NULL || md5 == NULL) {
        error_no_memory(err);
        goto end;
    }
    while ((got = read(fd, data, sizeof(data))) > 0 ||
           (got < 0 && errno == EINTR)) {
        if (got < 0)
            continue;
        digest_update(sha256, data, (size_t)got);
        digest_update(md5, data, (size_t)got);
        file->bytes += (uint64_t)got;
    }
    if (got < 0)
        error_system(err, ERROR_IO, errno, "cannot read");
    else if (digest_final(sha256, file->sha256) != 0 ||
             digest_final_md5(md5, raw) != 0)
        error_set(err, ERROR_BUG,
                  "hashing failed, perhaps for want of memory, "
                  "or MD5 is switched off");
    else
        result = 0;
    if (result == 0) {
        digest_put_hex(raw, sizeof(raw), file->md5);
        digest_put_base64(raw, sizeof(raw), file->md5_base64);
    }
end:
    digest_free(sha256);
    digest_free(md5);
    return result;
}

int plan_open_file(const struct deliver_plan *plan,
                   const struct deliver_file *file, struct error *err)
{
    int fd =
        openat(plan->out_fd, file->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        error_system(err, ERROR_IO, errno, "%s: cannot open", file->path);
    return fd;
}

static int check_part(const struct loading *l, const struct deliver_file *file)
{
    const struct manifest_resource *part =
        strmap_get(&l->parts, name_of(file->path));

    if (file->bytes == part->bytes && strcmp(file->sha256, part->sha256) == 0)
        return 0;
    error_set(l->err, ERROR_DATA, "%s: is not what the manifest says",
              file->path);
    return error_hint(l->err, "nothing is delivered; rollcall verify tells "
                              "more of the run");
}

static bool in_run(const struct deliver_plan *plan,
                   const struct deliver_file *file)
{
    size_t len = strlen(plan->run_id);

    return strncmp(file->path, plan->run_id, len) == 0 &&
           file->path[len] == '/';
}

/* All of it before anything is sent, so that no damaged run is begun. */
static int hash_files(struct loading *l)
{
    struct deliver_plan *plan = l->plan;
    size_t parts = 0;

    for (size_t i = 0; i < plan->count; i++) {
        struct deliver_file *file = &plan->files[i];
        int fd = plan_open_file(plan, file, l->err), result;

        if (fd < 0)
            return -1;
        result = plan_hash(fd, file, l->err);
        close(fd);
        if (result != 0)
            return error_prefix(l->err, "%s", file->path);
        if (file->rank == RANK_PART && check_part(l, file) != 0)
            return -1;
        parts += file->rank == RANK_PART && in_run(plan, file);
        if (l->stop != NULL && *l->stop != 0)
            return error_set(l->err, ERROR_INTERRUPTED, "interrupted");
    }
    if (parts == l->manifest->resource_count)
        return 0;
    error_set(l->err, ERROR_DATA,
              "%s: lacks files that its manifest "
              "names",
              plan->run_id);
    return error_usual(l->err,
                       "rollcall verify names them; extract the run anew");
}

static int load_files(struct loading *l)
{
    const struct manifest *m = l->manifest;

    for (size_t i = 0; i < m->resource_count; i++) {
        if (strmap_put(&l->parts, m->resources[i].path, &m->resources[i]) != 0)
            return error_no_memory(l->err);
    }
    if (list_root(l, l->plan->run_id) != 0 || list_hive(l) != 0 ||
        list_beside(l) != 0)
        return -1;
    qsort(l->plan->files, l->plan->count, sizeof(*l->plan->files), by_order);
    return check_markers(l) != 0 || check_seals(l) != 0 ? -1 : hash_files(l);
}

static int open_run(int out_fd, const char *run_id, struct error *err)
{
    int fd = openat(out_fd, run_id, OPEN_FOLDER | O_NOFOLLOW);

    if (fd >= 0)
        return fd;
    error_system(err, ERROR_NO_INPUT, errno, "%s: no such run", run_id);
    return error_hint(err, "rollcall status lists the runs that are there");
}

int plan_load(struct deliver_plan *plan, int out_fd, const char *run_id,
              const volatile sig_atomic_t *stop, struct error *err)
{
    struct manifest manifest;
    struct loading l = {
        .plan = plan, .manifest = &manifest, .stop = stop, .err = err};
    int fd, result;

    memset(plan, 0, sizeof(*plan));
    arena_init(&plan->arena);
    plan->out_fd = out_fd;
    plan->run_id = run_id;
    fd = open_run(out_fd, run_id, err);
    if (fd < 0)
        return -1;
    result = manifest_load(&manifest, fd, err);
    close(fd);
    if (result != 0)
        return error_prefix(err, "%s", run_id);
    plan->as_of = manifest.as_of;
    if (strcmp(manifest.run_id, run_id) != 0) {
        error_set(err, ERROR_DATA,
                  "%s: its manifest is of another "
                  "run",
                  run_id);
        result = error_usual(err, "give the folder the name of its run again");
    } else
        result = load_files(&l);
    strmap_release(&l.parts);
    manifest_free(&manifest);
    return result;
}

void plan_release(struct deliver_plan *plan)
{
    free(plan->files);
    arena_release(&plan->arena);
    memset(plan, 0, sizeof(*plan));
}
