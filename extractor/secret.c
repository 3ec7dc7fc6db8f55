#include "secret.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "secret_parts.h"

enum {
    SECRET_ROOM = SECRET_MAX + 4, /* CR LF, one byte too many, NUL */
    COMMAND_TIMEOUT_MS = 30 * 1000,
    COMMAND_POLL_MS = 20
};

/* Bytes as they come, in a block of one size that is never reallocated, so
 * that no copy is left behind in freed memory. */
struct raw {
    char *data;
    size_t len; /* at most SECRET_ROOM - 1 */
    bool lines; /* several of them are no mistake */
};

struct command {
    const char *const *argv;
    char **environment;
    pid_t pid;
    int output;
    int64_t deadline_ms;
    struct clock clock;
};

static void wipe(char *data)
{
    if (data != NULL)
        explicit_bzero(data, SECRET_ROOM);
    free(data);
}

static int load_env(struct raw *raw, const char *name, struct error *err)
{
    const char *value = getenv(name);

    if (value == NULL) {
        error_set(err, ERROR_CONFIG,
                  "secret: environment variable %s is not set", name);
        return error_hint(err, "set %s to the secret and export it", name);
    }
    raw->len = strnlen(value, SECRET_ROOM - 1);
    memcpy(raw->data, value, raw->len);
    return 0;
}

static int open_private(const char *path, struct error *err)
{
    /* O_NONBLOCK: opening a FIFO must not wait for a writer. Links are
     * followed, as mounted secrets are links; what they lead to is checked. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return error_system(err, ERROR_CONFIG, errno, "secret: cannot open %s",
                            path);
    return fd;
}

static int check_private(int fd, const char *path, struct error *err)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return error_system(err, ERROR_CONFIG, errno,
                            "secret: cannot look at %s", path);
    if (!S_ISREG(st.st_mode)) {
        error_set(err, ERROR_CONFIG, "secret: %s is no regular file", path);
        return error_usual(err, "name the file itself");
    }
    if ((st.st_mode & 077) != 0) {
        error_set(err, ERROR_CONFIG,
                  "secret: %s is open to group or others (mode %04o)", path,
                  (unsigned)st.st_mode & 07777);
        return error_hint(err, "chmod 600 %s", path);
    }
    if (st.st_uid != geteuid() && st.st_uid != 0) {
        error_set(err, ERROR_CONFIG, "secret: %s belongs to another user",
                  path);
        return error_usual(err, "make a copy that belongs to the user who runs "
                                "rollcall, and chmod 600 it");
    }
    return 0;
}

static int load_fd(struct raw *raw, int fd, const char *path, struct error *err)
{
    ssize_t got = 1;

    if (check_private(fd, path, err) != 0)
        return -1;
    while (got > 0 && raw->len < SECRET_ROOM - 1) {
        got = read(fd, raw->data + raw->len, SECRET_ROOM - 1 - raw->len);
        if (got < 0 && errno == EINTR)
            got = 1;
        else if (got > 0)
            raw->len += (size_t)got;
    }
    if (got < 0)
        return error_system(err, ERROR_CONFIG, errno, "secret: cannot read %s",
                            path);
    return 0;
}

static int load_file(struct raw *raw, const char *path, struct error *err)
{
    int fd = open_private(path, err), result;

    if (fd < 0)
        return -1;
    result = load_fd(raw, fd, path, err);
    close(fd);
    return result;
}

/* The command gets no input of ours, and SIGPIPE back, which main ignores. */
static int spawn(struct command *command, int write_end)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t restored;
    int rc;

    rc = posix_spawn_file_actions_init(&files);
    if (rc != 0)
        return rc;
    rc = posix_spawnattr_init(&attributes);
    if (rc != 0)
        goto no_attributes;
    sigemptyset(&restored);
    sigaddset(&restored, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &restored);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    rc = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null",
                                          O_RDONLY, 0);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(&files, write_end, STDOUT_FILENO);
    if (rc == 0)
        rc = posix_spawnp(&command->pid, command->argv[0], &files, &attributes,
                          (char *const *)(uintptr_t)command->argv,
                          command->environment);
    posix_spawnattr_destroy(&attributes);
no_attributes:
    posix_spawn_file_actions_destroy(&files);
    return rc;
}

static int start(struct command *command, struct error *err)
{
    int ends[2], rc;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_system(err, ERROR_AUTH, errno,
                            "secret: cannot make a pipe");
    rc = spawn(command, ends[1]);
    close(ends[1]);
    if (rc != 0) {
        close(ends[0]);
        return error_system(err, ERROR_AUTH, rc, "secret: cannot run %s",
                            command->argv[0]);
    }
    command->output = ends[0];
    return 0;
}

static bool out_of_time(const struct command *command)
{
    return clock_mono(&command->clock) >= command->deadline_ms;
}

/* Reads to the end, so that the command is not stopped by a closed pipe, and
 * keeps what fits. False: out of time, or unreadable. */
static bool drain(struct command *command, struct raw *raw)
{
    struct pollfd ready = {.fd = command->output, .events = POLLIN};
    char beyond[256];
    ssize_t got = 1;

    while (got != 0) {
        size_t room = SECRET_ROOM - 1 - raw->len;

        if (out_of_time(command))
            return false;
        if (poll(&ready, 1, COMMAND_POLL_MS) <= 0)
            continue;
        got = room > 0 ? read(command->output, raw->data + raw->len, room)
                       : read(command->output, beyond, sizeof(beyond));
        if (got < 0 && errno != EINTR)
            return false;
        if (got > 0 && room > 0)
            raw->len += (size_t)got;
    }
    explicit_bzero(beyond, sizeof(beyond));
    return true;
}

/* The exit status, or -1 when it had to be killed or ended by a signal. */
static int reap(const struct command *command)
{
    int status = 0;
    pid_t pid;

    do {
        pid = waitpid(command->pid, &status, WNOHANG);
        if (pid == 0)
            poll(NULL, 0, COMMAND_POLL_MS);
    } while ((pid == 0 || (pid < 0 && errno == EINTR)) &&
             !out_of_time(command));
    if (pid == command->pid)
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    kill(command->pid, SIGKILL);
    while (waitpid(command->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return -1;
}

static int load_command(struct raw *raw, const char *const *argv,
                        const struct job *job, struct error *err)
{
    struct command command = {.argv = argv, .clock = clock_system()};
    bool whole;
    int status;
    char *end;

    command.deadline_ms = clock_mono(&command.clock) + COMMAND_TIMEOUT_MS;
    command.environment = secret_environ(job);
    if (command.environment == NULL)
        return error_no_memory(err);
    status = start(&command, err);
    free(command.environment);
    if (status != 0)
        return -1;
    whole = drain(&command, raw);
    close(command.output);
    status = reap(&command);
    if (status < 0 || !whole) {
        error_set(err, ERROR_AUTH,
                  "secret: command %s was killed or took longer than "
                  "%d s",
                  argv[0], COMMAND_TIMEOUT_MS / 1000);
        return error_usual(
            err, "run it by hand, as the user who runs rollcall, to see why");
    }
    if (status != 0) {
        error_set(err, ERROR_AUTH, "secret: command %s failed with status %d",
                  argv[0], status);
        return error_usual(
            err, "run it by hand, as the user who runs rollcall, to see why");
    }
    end = raw->lines ? NULL : memchr(raw->data, '\n', raw->len);
    if (end != NULL)
        raw->len = (size_t)(end - raw->data);
    return 0;
}

static void cut_line_end(struct raw *raw)
{
    if (raw->len > 0 && raw->data[raw->len - 1] == '\n')
        raw->len--;
    if (raw->len > 0 && raw->data[raw->len - 1] == '\r')
        raw->len--;
}

const char *secret_name(const struct secret_ref *ref)
{
    return ref->kind == SECRET_COMMAND ? ref->argv[0] : ref->name;
}

static int check(const struct raw *raw, const char *name, struct error *err)
{
    size_t i;

    if (raw->len == 0) {
        error_set(err, ERROR_CONFIG, "secret: %s gives empty text", name);
        return error_usual(err, "it must give the secret, in one line");
    }
    if (raw->len > SECRET_MAX) {
        error_set(err, ERROR_CONFIG, "secret: %s gives more than %d bytes",
                  name, SECRET_MAX);
        return error_usual(err, "it must give the secret alone");
    }
    for (i = 0; i < raw->len; i++)
        if (iscntrl((unsigned char)raw->data[i]) &&
            !(raw->lines && strchr("\r\n", raw->data[i]) != NULL &&
              raw->data[i] != '\0')) {
            error_set(err, ERROR_CONFIG,
                      "secret: %s gives a control character or more "
                      "than one line",
                      name);
            return error_usual(err,
                               "it must give the secret alone, in one line");
        }
    return 0;
}

static int load(struct raw *raw, const struct secret_ref *ref,
                const struct job *job, struct error *err)
{
    if (ref->kind == SECRET_ENV)
        return load_env(raw, ref->name, err);
    if (ref->kind == SECRET_FILE)
        return load_file(raw, ref->name, err);
    if (job != NULL)
        return load_command(raw, ref->argv, job, err);
    error_set(err, ERROR_CONFIG, "secret: command %s is not run", ref->argv[0]);
    return error_hint(err, "name the job file with -c to allow its commands");
}

/* Gives the raw text away as the secret, or wipes it when it is none. */
static int keep(struct secret *secret, struct raw *raw, const char *name,
                struct error *err)
{
    if (check(raw, name, err) != 0) {
        wipe(raw->data);
        return -1;
    }
    explicit_bzero(raw->data + raw->len, SECRET_ROOM - raw->len);
    secret->text = raw->data;
    return 0;
}

static int raw_start(struct raw *raw, struct secret *secret, struct error *err)
{
    secret->text = NULL;
    raw->len = 0;
    raw->lines = false;
    raw->data = calloc(1, SECRET_ROOM);
    return raw->data != NULL ? 0 : error_no_memory(err);
}

static int load_reference(struct secret *secret, const struct secret_ref *ref,
                          const struct job *job, bool lines, struct error *err)
{
    struct raw raw;

    if (raw_start(&raw, secret, err) != 0)
        return -1;
    raw.lines = lines;
    if (load(&raw, ref, job, err) != 0) {
        wipe(raw.data);
        return -1;
    }
    cut_line_end(&raw);
    return keep(secret, &raw, secret_name(ref), err);
}

int secret_load(struct secret *secret, const struct secret_ref *ref,
                const struct job *job, struct error *err)
{
    return load_reference(secret, ref, job, false, err);
}

int secret_load_lines(struct secret *secret, const struct secret_ref *ref,
                      const struct job *job, struct error *err)
{
    return load_reference(secret, ref, job, true, err);
}

int secret_load_fd(struct secret *secret, int fd, const char *path,
                   struct error *err)
{
    struct raw raw;

    if (raw_start(&raw, secret, err) != 0)
        return -1;
    if (load_fd(&raw, fd, path, err) != 0) {
        wipe(raw.data);
        return -1;
    }
    cut_line_end(&raw);
    return keep(secret, &raw, path, err);
}

int secret_set(struct secret *secret, const char *text, const char *name,
               struct error *err)
{
    struct raw raw;

    if (raw_start(&raw, secret, err) != 0)
        return -1;
    raw.len = strnlen(text, SECRET_ROOM - 1);
    memcpy(raw.data, text, raw.len);
    return keep(secret, &raw, name, err);
}

void secret_release(struct secret *secret)
{
    wipe(secret->text);
    secret->text = NULL;
}
