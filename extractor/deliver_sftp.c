/* SFTP: a file goes to a hidden name, is read back, and is then renamed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deliver_parts.h"

enum { NAME_MAX_LENGTH = 2 * PLACE_MAX };

#define TEMP_PREFIX "."
#define TEMP_SUFFIX ".part"

/* What is read back is hashed, not kept. */
struct read_back {
    struct digest *digest;
    uint64_t bytes, expected;
};

struct sftp_call {
    const char *url;
    const struct http_upload *upload;
    struct read_back *read_back;
    const char *const *commands;
};

/* Private keys and known hosts are files of ours; better said by their name
 * than by what libssh2 makes of it. */
static int check_file(const char *path, const char *key, bool private,
                      struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    int result = 0;

    if (fd < 0)
        return error_system(err, ERROR_CONFIG, errno, "%s: cannot open %s", key,
                            path);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        error_set(err, ERROR_CONFIG, "%s: %s is no regular file", key, path);
        result = error_usual(err, "name a file");
    } else if (private && (st.st_mode & 077) != 0) {
        error_set(err, ERROR_CONFIG,
                  "%s: %s is open to group or others (mode "
                  "%04o)",
                  key, path, (unsigned)st.st_mode & 07777);
        result = error_hint(err, "chmod 600 %s", path);
    }
    close(fd);
    return result;
}

static int open_files(struct delivery *d, struct error *err)
{
    const struct job_target *target = d->target;

    if (check_file(target->key_file, "key", true, err) != 0)
        return -1;
    return target->known_hosts != NULL
               ? check_file(target->known_hosts, "known_hosts", false, err)
               : 0;
}

static int take(void *context, const void *data, size_t len)
{
    struct read_back *back = context;

    back->bytes += len;
    digest_update(back->digest, data, len);
    return back->bytes > back->expected ? -1 : 0;
}

static int start(struct delivery *d, const struct wire_call *wire,
                 struct error *err)
{
    const struct job_target *target = d->target;
    const struct sftp_call *call = wire->data;
    const struct http_sftp request = {
        .url = call->url,
        .user = target->user,
        .key_file = target->key_file,
        .passphrase = d->secret.text,
        .known_hosts = target->known_hosts,
        .fingerprint = target->fingerprint,
        .upload = call->upload,
        .take = take,
        .take_context = call->read_back,
        .after = call->commands,
        .only_after = call->commands != NULL,
        .file_mode = (long)d->options->job->output.file_mode,
        .dir_mode = (long)d->options->job->output.dir_mode,
    };

    if (call->read_back != NULL) { /* each attempt begins anew */
        digest_free(call->read_back->digest);
        call->read_back->digest = digest_new();
        call->read_back->bytes = 0;
        if (call->read_back->digest == NULL)
            return error_no_memory(err);
    }
    return http_start_sftp(d->http, &request, wire_done, d, err);
}

static int ask(struct delivery *d, const struct deliver_file *file,
               const char *what, const int *good, const struct sftp_call *call,
               struct error *err)
{
    const struct wire_call wire = {
        .file = file, .what = what, .good = good, .start = start, .data = call};

    return wire_ask(d, &wire, err);
}

/* "/drop/RUN/.part.csv.gz.part", or the whole URL of it. */
static int put_name(const struct delivery *d, const struct deliver_file *file,
                    bool url, bool temp, char out[NAME_MAX_LENGTH],
                    struct error *err)
{
    const char *base = d->place.data, *name = strrchr(file->path, '/');
    int len;

    if (!url) {
        base = strchr(strstr(base, "://") + 3, '/');
        base = base != NULL ? base : "";
    }
    name = name != NULL ? name + 1 : file->path;
    len = snprintf(out, NAME_MAX_LENGTH, "%s/%.*s%s%s%s", base,
                   (int)(name - file->path), file->path,
                   temp ? TEMP_PREFIX : "", name, temp ? TEMP_SUFFIX : "");
    return len > 0 && len < NAME_MAX_LENGTH
               ? 0
               : error_set(err, ERROR_CONFIG,
                           "url: too long with the names of the files; choose "
                           "a shorter path");
}

static int judge(const struct delivery *d, struct read_back *back,
                 const struct deliver_file *file, enum presence *presence,
                 struct error *err)
{
    char hex[DIGEST_HEX_SIZE];

    *presence = PRESENCE_ABSENT;
    if (d->reply.status == 404)
        return 0;
    if (digest_final(back->digest, hex) != 0)
        return error_no_memory(err);
    *presence = back->bytes == file->bytes && strcmp(hex, file->sha256) == 0
                    ? PRESENCE_SAME
                    : PRESENCE_OTHER;
    return 0;
}

/* A file that is longer than it should be is read no further; the transfer
 * that take() breaks off then is no failure. */
static int read_whole(struct delivery *d, const struct deliver_file *file,
                      bool temp, enum presence *presence, struct error *err)
{
    static const int good[] = {200, 404, 0};
    struct read_back back = {.expected = file->bytes};
    char url[NAME_MAX_LENGTH];
    const struct sftp_call call = {.url = url, .read_back = &back};
    struct error failed = {0};
    int result;

    if (put_name(d, file, true, temp, url, err) != 0)
        return -1;
    result = ask(d, file, temp ? "reading it back" : "looking for it", good,
                 &call, &failed);
    if (result == 0) {
        result = judge(d, &back, file, presence, err);
    } else if (back.bytes > back.expected && failed.kind != ERROR_INTERRUPTED) {
        *presence = PRESENCE_OTHER;
        result = 0;
    } else {
        *err = failed;
    }
    digest_free(back.digest);
    return result;
}

static int look(struct delivery *d, const struct deliver_file *file,
                enum presence *presence, struct error *err)
{
    return read_whole(d, file, false, presence, err);
}

static int put_temp(struct delivery *d, const struct deliver_file *file,
                    struct error *err)
{
    static const int good[] = {200, 0};
    struct http_upload upload = {.length = file->bytes};
    char url[NAME_MAX_LENGTH];
    const struct sftp_call call = {.url = url, .upload = &upload};
    int result = put_name(d, file, true, true, url, err);

    if (result != 0)
        return -1;
    upload.fd = plan_open_file(d->plan, file, err);
    if (upload.fd < 0)
        return -1;
    result = ask(d, file, "sending", good, &call, err);
    close(upload.fd);
    return result;
}

static int command(struct delivery *d, const struct deliver_file *file,
                   const char *what, const char *const *commands,
                   struct error *err)
{
    static const int good[] = {200, 0};
    char url[PLACE_MAX + 2];
    const struct sftp_call call = {.url = url, .commands = commands};

    snprintf(url, sizeof(url), "%s/", d->place.data);
    return ask(d, file, what, good, &call, err);
}

/* SFTP as libssh2 1.10 has it renames onto nothing that is there. */
static int rename_temp(struct delivery *d, const struct deliver_file *file,
                       bool over, struct error *err)
{
    char from[NAME_MAX_LENGTH], to[NAME_MAX_LENGTH];
    char removal[NAME_MAX_LENGTH + 8], renaming[2 * NAME_MAX_LENGTH + 16];
    const char *commands[] = {over ? removal : renaming, over ? renaming : NULL,
                              NULL};

    if (put_name(d, file, false, true, from, err) != 0 ||
        put_name(d, file, false, false, to, err) != 0)
        return -1;
    snprintf(removal, sizeof(removal), "*rm %s", to);
    snprintf(renaming, sizeof(renaming), "rename %s %s", from, to);
    return command(d, file, "renaming", commands, err);
}

/* A rename that failed, perhaps because it had been done when the connection
 * broke, is decided by what is there. */
static int rename_and_look(struct delivery *d, const struct deliver_file *file,
                           bool over, struct error *err)
{
    struct error failed = {0}, unseen = {0};
    enum presence presence = PRESENCE_ABSENT;

    if (rename_temp(d, file, over, &failed) == 0)
        return 0;
    if (failed.kind == ERROR_AUTH && look(d, file, &presence, &unseen) == 0) {
        if (presence == PRESENCE_SAME)
            return 0;
        if (presence == PRESENCE_OTHER && !over)
            return 1;
    }
    *err = failed;
    return -1;
}

static int send_and_rename(struct delivery *d, const struct deliver_file *file,
                           bool over, struct error *err)
{
    enum presence presence;

    if (put_temp(d, file, err) != 0 ||
        read_whole(d, file, true, &presence, err) != 0)
        return -1;
    if (presence != PRESENCE_SAME)
        return 1;
    return rename_and_look(d, file, over, err);
}

static int take_away(struct delivery *d, const struct deliver_file *file,
                     struct error *err)
{
    char path[NAME_MAX_LENGTH], removal[NAME_MAX_LENGTH + 4];
    const char *commands[] = {removal, NULL};

    if (put_name(d, file, false, false, path, err) != 0)
        return -1;
    snprintf(removal, sizeof(removal), "rm %s", path);
    return command(d, file, "taking it away", commands, err);
}

const struct deliver_driver deliver_sftp = {
    .open = open_files,
    .look = look,
    .send = send_and_rename,
    .take_away = take_away,
};
