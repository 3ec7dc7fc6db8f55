/* What is asked for, what counts, and the blow itself. Works with system
 * calls only, because everything else may be one of the wrappers. */
#include "shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 2 * PATH_MAX };

static struct {
    bool armed, onward, tracks, stacks;
    enum shim_set set;
    enum shim_order order;
    int cause, log_fd;
    long at, calls;
    size_t under_len;
    const char *under;
} control = {.log_fd = -1};

static const struct {
    const char *name;
    enum shim_order order;
} deeds[] = {
    {"fail", SHIM_FAIL},
    {"short", SHIM_SHORT},
    {"signal", SHIM_SIGNAL},
    {"kill", SHIM_DIE},
    {"kill-half", SHIM_DIE_HALF},
    {"kill-after", SHIM_DIE_AFTER},
};

static long number_of(const char *name)
{
    const char *text = getenv(name);

    return text == NULL ? 0 : strtol(text, NULL, 10);
}

static void misused(const char *name)
{
    fprintf(stderr, "shim: %s is wrong\n", name);
    _exit(127);
}

static void read_deed(void)
{
    const char *name = getenv("FAULT_DO");
    size_t count = sizeof(deeds) / sizeof(deeds[0]);

    for (size_t i = 0; i < count && name != NULL; i++) {
        if (strcmp(deeds[i].name, name) == 0) {
            control.order = deeds[i].order;
            return;
        }
    }
    misused("FAULT_DO");
}

static void read_set(void)
{
    static const char *const names[] = {
        [SHIM_WRITE] = "write",
        [SHIM_READ] = "read",
        [SHIM_MEMORY] = "memory",
    };
    const char *name = getenv("FAULT_SET");

    for (int i = SHIM_WRITE; name != NULL && i <= SHIM_MEMORY; i++) {
        if (strcmp(names[i], name) == 0)
            control.set = (enum shim_set)i;
    }
    if (name != NULL && control.set == SHIM_NONE)
        misused("FAULT_SET");
}

static void read_environment(void)
{
    const char *log = getenv("FAULT_LOG");

    read_set();
    control.under = getenv("FAULT_UNDER");
    control.under_len = control.under == NULL ? 0 : strlen(control.under);
    control.at = number_of("FAULT_AT");
    control.cause = (int)number_of("FAULT_ERRNO");
    control.onward = number_of("FAULT_ONWARD") != 0;
    control.stacks = number_of("FAULT_STACKS") != 0;
    if (control.at != 0)
        read_deed();
    if (log != NULL)
        control.log_fd =
            (int)syscall(SYS_openat, AT_FDCWD, log,
                         O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

typedef int main_fn(int argc, char **argv, char **envp);
static main_fn *real_main;

static int armed_main(int argc, char **argv, char **envp)
{
    int result;

    control.armed = true;
    control.tracks = control.set == SHIM_MEMORY;
    result = real_main(argc, argv, envp);
    control.armed = false;
    return result;
}

typedef int start_fn(main_fn *main, int argc, char **argv, main_fn *init,
                     void (*fini)(void), void (*rtld_fini)(void), void *end);
start_fn __libc_start_main;

/* libc's entry: what libraries do while they are loaded is not rollcall's. */
int __libc_start_main(main_fn *main, int argc, char **argv, main_fn *init,
                      void (*fini)(void), void (*rtld_fini)(void), void *end)
{
    start_fn *real = (start_fn *)shim_real("__libc_start_main");

    read_environment();
    real_main = main;
    return real(armed_main, argc, argv, init, fini, rtld_fini, end);
}

void *shim_real(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);

    if (found == NULL)
        misused(name);
    return found;
}

void shim_die(void)
{
    syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
    for (;;)
        syscall(SYS_pause);
}

void shim_after(enum shim_order order)
{
    if (order == SHIM_DIE_AFTER || order == SHIM_DIE_HALF)
        shim_die();
}

bool shim_watches(enum shim_set set)
{
    return control.armed && control.set == set;
}

static bool is_under(const char *path)
{
    return control.under != NULL &&
           strncmp(path, control.under, control.under_len) == 0 &&
           (path[control.under_len] == '/' || path[control.under_len] == '\0');
}

static bool name_of_fd(int fd, char path[PATH_MAX])
{
    char link[64];
    long len;

    if (fd == AT_FDCWD)
        snprintf(link, sizeof(link), "/proc/self/cwd");
    else
        snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    len = syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 1);
    if (len < 0)
        return false;
    path[len] = '\0';
    return true;
}

bool shim_has_fd(enum shim_set set, int fd, char path[PATH_MAX])
{
    int before = errno;
    bool has = shim_watches(set) && name_of_fd(fd, path) && is_under(path);

    errno = before;
    return has;
}

bool shim_has_at(enum shim_set set, int dir_fd, const char *name,
                 char path[PATH_MAX])
{
    int before = errno;
    size_t used = 0;

    if (!shim_watches(set))
        return false;
    path[0] = '\0';
    if (name[0] != '/' && name_of_fd(dir_fd, path))
        used = strlen(path);
    snprintf(path + used, PATH_MAX - used, "%s%s", name[0] == '/' ? "" : "/",
             name);
    errno = before;
    return is_under(path);
}

bool shim_tracks(void)
{
    return control.tracks;
}

bool shim_wants_stacks(void)
{
    return control.stacks;
}

void shim_tell(const char *line)
{
    char text[LINE_MAX_BYTES];
    int len = snprintf(text, sizeof(text), "%s\n", line);

    if (len > 0 && control.log_fd >= 0)
        syscall(SYS_write, control.log_fd, text,
                (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1);
}

bool shim_lists(void)
{
    return control.at == 0 && control.log_fd >= 0;
}

static void list(const char *word, long call, const char *kind,
                 const char *path)
{
    char line[LINE_MAX_BYTES];
    int len;

    if (control.log_fd < 0)
        return;
    len = snprintf(line, sizeof(line), "%s%ld %s %s\n", word, call, kind,
                   path + (is_under(path) ? control.under_len : 0));
    if (len > 0)
        syscall(SYS_write, control.log_fd, line, (size_t)len);
}

enum shim_order shim_strike(const char *kind, const char *path)
{
    long call = __atomic_add_fetch(&control.calls, 1, __ATOMIC_SEQ_CST);
    int before = errno;

    if (control.at == 0)
        list("", call, kind, path);
    if (call == control.at)
        list("struck ", call, kind, path);
    errno = before;
    if (control.at == 0 || call < control.at ||
        (call > control.at && !control.onward))
        return SHIM_PASS;
    if (control.order == SHIM_DIE)
        shim_die();
    if (control.order == SHIM_SIGNAL) {
        syscall(SYS_kill, syscall(SYS_getpid), control.cause);
        errno = before;
        return SHIM_PASS;
    }
    if (control.order == SHIM_FAIL)
        errno = control.cause;
    return control.order;
}

enum shim_order shim_on_fd(enum shim_set set, const char *kind, int fd)
{
    char path[PATH_MAX];

    return shim_has_fd(set, fd, path) ? shim_strike(kind, path)
                                      : SHIM_PASS;
}

enum shim_order shim_on_at(enum shim_set set, const char *kind, int dir_fd,
                           const char *name)
{
    char path[PATH_MAX];

    return shim_has_at(set, dir_fd, name, path) ? shim_strike(kind, path)
                                                : SHIM_PASS;
}
