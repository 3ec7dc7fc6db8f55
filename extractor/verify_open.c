/* Which folder a path stands for, and what must stand beside it. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "publish.h"
#include "sink.h"
#include "verify_parts.h"

enum {
    OPEN_FOLDER = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
    DONE_BYTES_MAX = 64 * 1024
};

/* "RUN/manifest.json" stands for RUN, "…/_manifest.json" for its folder. */
static int open_named(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    char folder[PATH_MAX];
    int len;

    if (strcmp(name, MANIFEST_NAME) != 0 &&
        strcmp(name, MANIFEST_PART_NAME) != 0)
        return open(path, OPEN_FOLDER);
    len = snprintf(folder, sizeof(folder), "%.*s.", (int)(name - path), path);
    if (len < 0 || (size_t)len >= sizeof(folder)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return open(folder, OPEN_FOLDER);
}

/* OUT stands for the run that OUT/latest names. */
static int open_latest(int out_fd)
{
    char target[PUBLISH_RUN_ID_MAX + 2];
    ssize_t len =
        readlinkat(out_fd, PUBLISH_LATEST_NAME, target, sizeof(target) - 1);

    if (len < 0)
        return -1;
    target[len] = '\0';
    if (!publish_run_id_valid(target)) {
        errno = EINVAL;
        return -1;
    }
    return openat(out_fd, target, OPEN_FOLDER | O_NOFOLLOW);
}

static bool holds(int dir_fd, const char *name)
{
    return faccessat(dir_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int verify_plain(int dir_fd, const char *name, struct error *err)
{
    struct stat st;

    if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT)
            return error_set(err, ERROR_NO_INPUT, "%s: is missing", name);
        return error_system(err, ERROR_IO, errno, "%s: cannot be looked at",
                            name);
    }
    if (!S_ISREG(st.st_mode)) {
        error_set(err, ERROR_DATA, "%s: is no regular file", name);
        return error_usual(err, "bring back the file of the run");
    }
    return 0;
}

char *verify_read(int dir_fd, const char *name, size_t max, size_t *len,
                  struct error *err)
{
    return verify_plain(dir_fd, name, err) == 0
               ? read_whole_file(dir_fd, name, max, len, err)
               : NULL;
}

/* What lies in an output directory, or has the mark of a Hive folder, was a
 * run, and lacks its manifest. */
static bool was_run(int fd)
{
    return holds(fd, PUBLISH_SUCCESS_NAME) ||
           (holds(fd, "../" PUBLISH_LOCK_NAME) &&
            !holds(fd, PUBLISH_LOCK_NAME));
}

int verify_open_run(const char *path, struct error *err)
{
    int run, fd = open_named(path);

    if (fd < 0)
        return error_system(err, ERROR_NO_INPUT, errno, "%s: cannot open",
                            path);
    if (holds(fd, MANIFEST_NAME) || holds(fd, MANIFEST_PART_NAME) ||
        was_run(fd))
        return fd;
    run = open_latest(fd);
    close(fd);
    if (run >= 0)
        return run;
    error_set(err, ERROR_NO_INPUT, "%s: holds no %s and no latest run", path,
              MANIFEST_NAME);
    return error_hint(err, "name a run's folder or the output directory");
}

const char *verify_manifest_name(int run_fd)
{
    return !holds(run_fd, MANIFEST_NAME) &&
                   (holds(run_fd, MANIFEST_PART_NAME) ||
                    holds(run_fd, PUBLISH_SUCCESS_NAME))
               ? MANIFEST_PART_NAME
               : MANIFEST_NAME;
}

int verify_load(struct manifest *manifest, int run_fd, struct error *err)
{
    const char *name = verify_manifest_name(run_fd);

    if (verify_plain(run_fd, name, err) == 0)
        return manifest_load_named(manifest, run_fd, name, err);
    if (err->kind == ERROR_NO_INPUT)
        err->kind = ERROR_DATA; /* of what was a run it is a finding */
    return -1;
}

bool verify_is_part(const struct manifest *manifest)
{
    return strcmp(manifest->file, MANIFEST_PART_NAME) == 0;
}

/* 1 or 0; -1 with *err. */
static int same_folder(int dir_fd, const char *name, int fd, struct error *err)
{
    struct stat a, b;

    if (fstatat(dir_fd, name, &a, AT_SYMLINK_NOFOLLOW) == 0 &&
        fstat(fd, &b) == 0)
        return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
    return errno == ENOENT ? 0
                           : error_system(err, ERROR_IO, errno,
                                          "%s: cannot be looked at", name);
}

static bool names_text(const struct json *root, const char *name,
                       const char *text)
{
    const struct json *node = json_member(root, name);

    return node != NULL && json_type(node) == JSON_STRING &&
           strcmp(json_text(node), text) == 0;
}

static void check_done_text(struct verify *v, const char *file,
                            const struct manifest_dataset *dataset,
                            const struct json *root, const char *hex)
{
    const struct json *rows = json_member(root, "rows");
    int64_t count;

    if (!names_text(root, "manifestSha256", hex))
        verify_found(v, file, "names another manifest than the run's");
    if (!names_text(root, "runId", v->manifest.run_id) ||
        !names_text(root, "dataset", dataset->name))
        verify_found(v, file, "names another run or dataset");
    if (rows == NULL || json_int64(rows, &count) != 0 ||
        count != (int64_t)dataset->rows)
        verify_found(v, file, "has another number of rows than the manifest");
}

/* Only what is of the file itself is a finding. */
static int no_done(struct verify *v, const char *file,
                   const struct error *trouble, struct error *err)
{
    if (trouble->kind != ERROR_NO_INPUT && trouble->kind != ERROR_DATA) {
        *err = *trouble;
        return -1;
    }
    if (trouble->kind == ERROR_NO_INPUT)
        verify_found(v, file, "done file is missing");
    else
        verify_found_error(v, file, trouble);
    return 0;
}

static int check_done(struct verify *v, int out_fd,
                      const struct manifest_dataset *dataset, const char *hex,
                      struct error *err)
{
    char file[PUBLISH_DONE_NAME_MAX];
    struct error local = {0};
    struct json_doc doc;
    size_t len;
    char *text;

    if (publish_done_name(dataset->name, v->manifest.as_of, v->manifest.run_id,
                          file) != 0) {
        error_set(err, ERROR_DATA, "%s: the name of a dataset is too long",
                  MANIFEST_NAME);
        return error_usual(err,
                           "it is not as rollcall wrote it: bring it back, "
                           "or extract the run anew");
    }
    text = verify_read(out_fd, file, DONE_BYTES_MAX, &len, &local);
    if (text == NULL ||
        json_parse(&doc, text, len, JSON_UNIQUE, file, ERROR_DATA, &local)) {
        free(text);
        return no_done(v, file, &local, err);
    }
    if (len == 0 || text[len - 1] != '\n')
        verify_found(v, file, "last line has no end");
    check_done_text(v, file, dataset, doc.root, hex);
    json_free(&doc);
    free(text);
    return 0;
}

static int check_all_done(struct verify *v, int out_fd, struct error *err)
{
    char hex[DIGEST_HEX_SIZE];
    size_t len;
    char *text = read_whole_file(v->run_fd, MANIFEST_NAME, MANIFEST_BYTES_MAX,
                                 &len, err);
    int result;

    if (text == NULL)
        return -1;
    result = digest_hex(text, len, hex);
    free(text);
    if (result != 0)
        return error_set(err, ERROR_BUG, "%s: hashing failed, perhaps "
                         "for want of memory", MANIFEST_NAME);
    for (size_t i = 0; i < v->manifest.dataset_count && result == 0; i++) {
        result = check_done(v, out_fd, &v->manifest.datasets[i], hex, err);
        if (result == 0)
            result = verify_companions(v, out_fd, v->manifest.datasets[i].name,
                                       err);
    }
    return result;
}

int verify_success(struct verify *v, int dir_fd, const char *folder,
                   struct error *err)
{
    char file[PATH_MAX];
    struct stat st;

    snprintf(file, sizeof(file), "%s" PUBLISH_SUCCESS_NAME, folder);
    if (fstatat(dir_fd, PUBLISH_SUCCESS_NAME, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno != ENOENT)
            return error_system(err, ERROR_IO, errno,
                                "%s: cannot be looked at", file);
        verify_found(v, file, "is missing");
    } else if (!S_ISREG(st.st_mode) || st.st_size != 0) {
        verify_found(v, file, "is no empty file");
    }
    return 0;
}

/* The output directory the run lies in; *out_fd is -1 where it lies in none.
 * What may not be read is nobody's output directory to check. */
static int open_out(const struct verify *v, int *out_fd, struct error *err)
{
    *out_fd = openat(v->run_fd, "..", OPEN_FOLDER);
    if (*out_fd >= 0 && faccessat(*out_fd, PUBLISH_LOCK_NAME, F_OK,
                                  AT_SYMLINK_NOFOLLOW) == 0)
        return 0;
    if (errno != ENOENT && errno != EACCES)
        error_system(err, ERROR_IO, errno, "cannot look beside the run");
    if (*out_fd >= 0)
        close(*out_fd);
    *out_fd = -1;
    return err->kind == ERROR_NONE ? 0 : -1;
}

/* Everything beside a run that is called as its id. */
static int check_beside(struct verify *v, int out_fd, struct error *err)
{
    int named = same_folder(out_fd, v->manifest.run_id, v->run_fd, err);

    if (named < 0)
        return -1;
    if (named == 0) {
        verify_found(v, v->manifest.file,
                     "is in a folder of another name than its run id");
        return 0;
    }
    return check_all_done(v, out_fd, err) == 0 &&
                   verify_beside(v, out_fd, err) == 0
               ? verify_hive(v, out_fd, err)
               : -1;
}

int verify_markers(struct verify *v, struct error *err)
{
    char temp[sizeof(SINK_TEMP_PREFIX) + PUBLISH_RUN_ID_MAX];
    int out_fd, temporary, result = -1;

    if (verify_is_part(&v->manifest) &&
        verify_success(v, v->run_fd, "", err) != 0)
        return -1;
    if (open_out(v, &out_fd, err) != 0)
        return -1;
    if (out_fd < 0)
        return 0;
    snprintf(temp, sizeof(temp), SINK_TEMP_PREFIX "%.*s", PUBLISH_RUN_ID_MAX,
             v->manifest.run_id);
    temporary = same_folder(out_fd, temp, v->run_fd, err);
    if (temporary >= 0)
        result = temporary > 0 ? 0 : check_beside(v, out_fd, err);
    close(out_fd);
    return result;
}
