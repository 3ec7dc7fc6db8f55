/* The Hive folders of a run against the run, which was checked itself. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "publish.h"
#include "sink.h"
#include "verify_parts.h"

enum { NAME_MAX_TEXT = PUBLISH_HIVE_PATH_MAX + 256 };

struct hive_folder {
    struct verify *v;
    const char *dataset;
    char path[PUBLISH_HIVE_PATH_MAX + 1]; /* ends with '/' */
    int fd;
};

static void found(const struct hive_folder *f, const char *name,
                  const char *what)
{
    char file[NAME_MAX_TEXT];

    snprintf(file, sizeof(file), "%s%s", f->path, name);
    verify_found(f->v, file, "%s", what);
}

/* Another name of the run's part, or a copy of it. */
static int check_part(const struct hive_folder *f,
                      const struct manifest_resource *r, struct error *err)
{
    struct stat own, run;
    struct sink_facts facts;
    struct error local = {0};
    struct source_file *file;

    if (fstatat(f->fd, r->path, &own, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno != ENOENT)
            return error_system(err, ERROR_IO, errno,
                                "%s%s: cannot be looked at", f->path, r->path);
        own.st_mode = 0;
    }
    if (!S_ISREG(own.st_mode)) {
        found(f, r->path, "is missing or no regular file");
        return 0;
    }
    if (fstatat(f->v->run_fd, r->path, &run, AT_SYMLINK_NOFOLLOW) == 0 &&
        own.st_dev == run.st_dev && own.st_ino == run.st_ino)
        return 0;
    file = source_file_open(f->fd, r->path, err);
    if (file == NULL)
        return -1;
    if (source_file_close(file, &facts, &local) != 0 &&
        local.kind != ERROR_DATA) {
        *err = local;
        return -1;
    }
    if (strcmp(facts.sha256, r->sha256) != 0)
        found(f, r->path, "is not the run's file of this name");
    return 0;
}

static int check_text(const struct hive_folder *f, const struct buf *want,
                      struct error *err)
{
    struct error local = {0};
    size_t len;
    char *text = verify_read(f->fd, MANIFEST_PART_NAME, MANIFEST_BYTES_MAX,
                             &len, &local);

    if (text == NULL && local.kind != ERROR_NO_INPUT &&
        local.kind != ERROR_DATA) {
        *err = local;
        return -1;
    }
    if (text == NULL)
        found(f, MANIFEST_PART_NAME,
              local.kind == ERROR_NO_INPUT ? "is missing"
                                           : "is no regular file");
    else if (len != want->len || memcmp(text, want->data, len) != 0)
        found(f, MANIFEST_PART_NAME, "is not what the run's manifest says");
    free(text);
    return 0;
}

static int check_manifest(const struct hive_folder *f, struct error *err)
{
    struct buf want;
    int result;

    buf_init(&want, MANIFEST_BYTES_MAX);
    result = manifest_write_part(&f->v->manifest, f->dataset, &want, err);
    if (result == 0)
        result = check_text(f, &want, err);
    buf_release(&want);
    return result;
}

static int check_names(struct hive_folder *f, struct strmap *paths,
                       struct error *err)
{
    const struct manifest *m = &f->v->manifest;

    if (strmap_put(paths, MANIFEST_PART_NAME, f) != 0 ||
        strmap_put(paths, MANIFEST_PART_NAME SEAL_SUFFIX, f) != 0 ||
        strmap_put(paths, PUBLISH_SUCCESS_NAME, f) != 0)
        return error_no_memory(err);
    for (size_t i = 0; i < m->resource_count; i++) {
        const struct manifest_resource *r = &m->resources[i];

        if (strcmp(r->dataset, f->dataset) != 0)
            continue;
        if (strmap_put(paths, r->path, f) != 0)
            return error_no_memory(err);
        if (check_part(f, r, err) != 0)
            return -1;
    }
    return verify_strays(f->v, f->fd, f->path, paths, err);
}

static int check_folder(struct hive_folder *f, struct error *err)
{
    struct strmap paths = {0};
    int result;

    if (verify_success(f->v, f->fd, f->path, err) != 0 ||
        check_manifest(f, err) != 0 ||
        verify_signature(f->v, f->fd, f->path, MANIFEST_PART_NAME, err) != 0)
        return -1;
    result = check_names(f, &paths, err);
    strmap_release(&paths);
    return result;
}

static int check_dataset(struct verify *v, int out_fd, const char *dataset,
                         struct error *err)
{
    struct hive_folder f = {.v = v, .dataset = dataset};
    int result;

    if (publish_hive_path(dataset, v->manifest.as_of, v->manifest.run_id,
                          f.path) != 0) {
        error_set(err, ERROR_DATA, "%s: the name of a dataset is too long",
                  v->manifest.file);
        return error_usual(err,
                           "it is not as rollcall wrote it: bring it back, "
                           "or extract the run anew");
    }
    f.fd = openat(out_fd, f.path,
                  O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (f.fd < 0) {
        verify_found(v, f.path, "cannot be opened: %s", strerror(errno));
        return 0;
    }
    strcat(f.path, "/");
    result = check_folder(&f, err);
    close(f.fd);
    return result;
}

int verify_hive(struct verify *v, int out_fd, struct error *err)
{
    const struct manifest *m = &v->manifest;
    int result = 0;

    for (size_t i = 0; m->hive && i < m->dataset_count && result == 0; i++)
        result = check_dataset(v, out_fd, m->datasets[i].name, err);
    return result;
}
