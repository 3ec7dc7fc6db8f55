#include "publish.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "digest.h"
#include "folder.h"
#include "lock.h"
#include "manifest.h"
#include "companion.h"
#include "publish_hive.h"
#include "publish_parts.h"
#include "sink.h"

struct publish {
    char run_id[PUBLISH_RUN_ID_MAX + 1];
    char temp[sizeof(SINK_TEMP_PREFIX) + PUBLISH_RUN_ID_MAX];
    mode_t file_mode, dir_mode;
    bool replace, exists;
    char *out_dir, *redshift_url;
    const struct signature_key *sign_key;
    int out_fd, lock_fd, dir_fd;
};

bool publish_run_id_valid(const char *run_id)
{
    return manifest_run_id_valid(run_id) &&
           strcmp(run_id, PUBLISH_LATEST_NAME) != 0;
}

static void close_all(struct publish *p)
{
    if (p->dir_fd >= 0)
        close(p->dir_fd);
    if (p->lock_fd >= 0)
        close(p->lock_fd);
    if (p->out_fd >= 0)
        close(p->out_fd);
    free(p->out_dir);
    free(p->redshift_url);
    free(p);
}

static int refuse_other(int out_fd, const char *name, struct error *err)
{
    switch (publish_entry(out_fd, name, err)) {
    case ENTRY_FAILED:
        return -1;
    case ENTRY_OTHER:
        error_set(err, ERROR_CANT_CREATE, "%s: exists and is not a folder",
                  name);
        return error_usual(err, "move it away, then run again");
    default:
        return 0;
    }
}

static int refuse_links(const struct publish *p, struct error *err)
{
    if (refuse_other(p->out_fd, p->run_id, err) != 0 ||
        refuse_other(p->out_fd, p->temp, err) != 0)
        return -1;
    return publish_check_latest(p->out_fd, err);
}

static int open_run(const struct publish *p)
{
    return openat(p->out_fd, p->run_id,
                  O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Whether the run is published. Only what is not there counts as not there:
 * any other trouble would have it read again for nothing. */
static int find_run(struct publish *p, struct error *err)
{
    int fd = open_run(p), cause = errno;

    if (fd >= 0) {
        p->exists = faccessat(fd, MANIFEST_NAME, F_OK, 0) == 0;
        cause = errno;
        close(fd);
    }
    if (p->exists || cause == ENOENT)
        return 0;
    return error_system(err, ERROR_IO, cause, "%s/%s: cannot be looked at",
                        p->run_id, MANIFEST_NAME);
}

/* Better said before the run than after hours of it. */
static int refuse_foreign(const struct publish *p, struct error *err)
{
    enum publish_entry entry = publish_entry(p->out_fd, p->run_id, err);

    if (entry == ENTRY_FAILED)
        return -1;
    if (p->replace || p->exists || entry == ENTRY_ABSENT)
        return 0;
    error_set(err, ERROR_CANT_CREATE, "%s: exists and holds no manifest",
              p->run_id);
    return error_hint(err, "remove the folder or use another run id");
}

static int make_temp(struct publish *p, struct error *err)
{
    if (mkdirat(p->out_fd, p->temp, 0700) != 0)
        return file_create_error(err, p->temp);
    p->dir_fd = openat(p->out_fd, p->temp,
                       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (p->dir_fd < 0) {
        file_create_error(err, p->temp);
        unlinkat(p->out_fd, p->temp, AT_REMOVEDIR);
        return -1;
    }
    return 0;
}

/* A run that is there, and stays, needs no folder to be written in. */
static int prepare_out(struct publish *p, struct error *err)
{
    if (refuse_links(p, err) != 0 || find_run(p, err) != 0 ||
        refuse_foreign(p, err) != 0)
        return -1;
    if (publish_remove_prefixed(p->out_fd, SINK_TEMP_PREFIX, err) != 0)
        return error_hint(err, "an earlier run left it; remove it by hand");
    return p->exists && !p->replace ? 0 : make_temp(p, err);
}

struct publish *publish_open(const struct publish_options *options,
                             struct error *err)
{
    struct publish *p;

    if (!publish_run_id_valid(options->run_id)) {
        error_set(err, ERROR_USAGE, "%.64s: is no run id", options->run_id);
        error_hint(err, "use up to 64 letters, digits, '.', '_' and '-', the "
                        "first a letter or a digit, and not \"latest\"");
        return NULL;
    }
    p = calloc(1, sizeof(*p));
    if (p == NULL) {
        error_no_memory(err);
        return NULL;
    }
    p->lock_fd = p->dir_fd = -1;
    snprintf(p->run_id, sizeof(p->run_id), "%s", options->run_id);
    snprintf(p->temp, sizeof(p->temp), SINK_TEMP_PREFIX "%s", p->run_id);
    p->file_mode = options->file_mode;
    p->dir_mode = options->dir_mode;
    p->replace = options->replace;
    p->sign_key = options->sign_key;
    p->out_fd = -1;
    p->out_dir = strdup(options->out_dir);
    if (options->redshift_url != NULL)
        p->redshift_url = strdup(options->redshift_url);
    if (p->out_dir == NULL ||
        (options->redshift_url != NULL && p->redshift_url == NULL)) {
        error_no_memory(err);
        goto fail;
    }
    p->out_fd = folder_make(options->out_dir, p->dir_mode, err);
    if (p->out_fd < 0)
        goto fail;
    p->lock_fd = lock_take(p->out_fd, PUBLISH_LOCK_NAME, p->run_id,
                           p->file_mode, err);
    if (p->lock_fd < 0 || prepare_out(p, err) != 0)
        goto fail_in;
    return p;

fail_in:
    error_prefix(err, "%s", options->out_dir);
fail:
    close_all(p);
    return NULL;
}

bool publish_exists(const struct publish *publish)
{
    return publish->exists;
}

int publish_out_fd(const struct publish *publish)
{
    return publish->out_fd;
}

int publish_dir_fd(const struct publish *publish)
{
    return publish->dir_fd;
}

/* Not every file system has the flag; the lock and the check before keep the
 * plain rename from meeting a run of that name. */
static int rename_new(const struct publish *p)
{
    if (renameat2(p->out_fd, p->temp, p->out_fd, p->run_id, RENAME_NOREPLACE) ==
        0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    return renameat(p->out_fd, p->temp, p->out_fd, p->run_id);
}

static int rename_over(const struct publish *p, struct error *err)
{
    if (publish_remove_done(p->out_fd, p->run_id, err) != 0 ||
        publish_hive_unmark(p->out_fd, p->run_id, err) != 0)
        return -1;
    if (renameat2(p->out_fd, p->temp, p->out_fd, p->run_id, RENAME_EXCHANGE) !=
        0) {
        file_create_error(err, p->run_id);
        return error_hint(err, "publish it under another run id");
    }
    return 0;
}

/* A run takes hours. Where its folder was moved away meanwhile, and perhaps
 * another put in its place, the run would not be where it is said to be. */
static int check_place(const struct publish *p, struct error *err)
{
    struct stat held, named;

    if (fstat(p->out_fd, &held) != 0)
        return file_write_error(err, p->out_dir);
    if (stat(p->out_dir, &named) == 0 && named.st_dev == held.st_dev &&
        named.st_ino == held.st_ino)
        return 0;
    error_set(err, ERROR_CANT_CREATE,
              "%s: was moved, removed or replaced during the run", p->out_dir);
    return error_hint(err, "nothing is published; run again");
}

/* The one step that makes the run visible; *old: another was in its place. */
static int show(const struct publish *p, bool *old, struct error *err)
{
    enum publish_entry entry = publish_entry(p->out_fd, p->run_id, err);

    *old = entry == ENTRY_FOLDER;
    if (entry == ENTRY_FAILED)
        return -1;
    if (entry != ENTRY_ABSENT && !p->replace) {
        error_set(err, ERROR_CANT_CREATE, "%s: is published already",
                  p->run_id);
        return error_usual(err,
                           "replace it with --force, or choose another run id");
    }
    if (fchmod(p->dir_fd, p->dir_mode) != 0 || file_sync(p->dir_fd) != 0)
        return file_write_error(err, p->temp);
    if (*old)
        return rename_over(p, err);
    return rename_new(p) == 0 ? 0 : file_create_error(err, p->run_id);
}

static int write_done(const struct publish *p, const struct manifest *manifest,
                      const char *hex, struct error *err)
{
    int result = 0;

    for (size_t i = 0; i < manifest->dataset_count && result == 0; i++) {
        const struct publish_done done = {
            .run_id = p->run_id,
            .dataset = manifest->datasets[i].name,
            .as_of = manifest->as_of,
            .rows = manifest->datasets[i].rows,
            .manifest_sha256 = hex,
            .mode = p->file_mode,
        };

        result = companions_write(manifest, done.dataset, p->out_fd,
                                    p->file_mode, err);
        if (result == 0)
            result = publish_write_done(p->out_fd, &done, err);
    }
    return result;
}

/* What stands beside a visible run, from the run's own manifest. */
static int mark(const struct publish *p, int run_fd, struct error *err)
{
    char hex[DIGEST_HEX_SIZE];
    struct manifest manifest;
    const struct publish_hive hive = {.out_fd = p->out_fd,
                                      .run_fd = run_fd,
                                      .manifest = &manifest,
                                      .sign_key = p->sign_key,
                                      .file_mode = p->file_mode,
                                      .dir_mode = p->dir_mode};
    int result = -1;

    if (publish_hash_manifest(run_fd, hex, err) != 0 ||
        manifest_load(&manifest, run_fd, err) != 0)
        return -1;
    if (publish_latest(p->out_fd, p->run_id, manifest.as_of, err) == 0 &&
        publish_hive_lay(&hive, err) == 0 &&
        (p->redshift_url == NULL ||
         publish_write_redshift(p->out_fd, &manifest, p->redshift_url,
                                p->file_mode, err) == 0))
        result = write_done(p, &manifest, hex, err);
    manifest_free(&manifest);
    return result;
}

/* The run that was to be replaced stays, and so must its done files. */
static void mark_old(struct publish *p)
{
    struct error ignored = {0};
    int fd = open_run(p);

    if (fd < 0)
        return;
    mark(p, fd, &ignored);
    close(fd);
}

/* What is left to do once everybody can see the run. */
static int settle(const struct publish *p, bool old, struct error *err)
{
    if (file_sync(p->out_fd) != 0) {
        file_write_error(err, p->run_id);
    } else if (mark(p, p->dir_fd, err) == 0) {
        if (!old || publish_remove(p->out_fd, p->temp, err) == 0)
            return 0;
        return error_hint(err, "the run is published; what it replaced is "
                               "removed by the next run");
    }
    return error_hint(err, "the run is published; only its markers are not: "
                           "run again with the same run id");
}

/* A run whose own manifest cannot be read back is no run. */
static int check_manifest(const struct publish *p, struct error *err)
{
    struct manifest manifest;

    if (manifest_load(&manifest, p->dir_fd, err) != 0)
        return -1;
    manifest_free(&manifest);
    return 0;
}

int publish_commit(struct publish *publish, struct error *err)
{
    bool old = false;

    if (check_manifest(publish, err) != 0 || check_place(publish, err) != 0 ||
        show(publish, &old, err) != 0) {
        if (old)
            mark_old(publish);
        publish_abort(publish);
        return -1;
    }
    if (settle(publish, old, err) == 0) {
        close_all(publish);
        return 0;
    }
    publish_abort(publish); /* what was replaced, if anything, goes with it */
    return -1;
}

int publish_complete(struct publish *publish, struct error *err)
{
    int result, fd = open_run(publish);

    if (fd < 0) {
        result = error_system(err, ERROR_NO_INPUT, errno, "%s: cannot open",
                              publish->run_id);
    } else {
        result = publish_check_seal(fd, publish->run_id, publish->sign_key,
                                    err);
        if (result == 0)
            result = mark(publish, fd, err);
        close(fd);
    }
    close_all(publish);
    return result;
}

void publish_abort(struct publish *publish)
{
    struct error ignored = {0};

    if (publish == NULL)
        return;
    if (publish->dir_fd >= 0) {
        close(publish->dir_fd); /* there may be no other descriptor left */
        publish->dir_fd = -1;
        publish_remove(publish->out_fd, publish->temp, &ignored);
    }
    close_all(publish);
}
