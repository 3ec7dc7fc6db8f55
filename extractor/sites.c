#include "sites.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    POLL_MS = 100, /* a signal may come just before a wait */
    TEXT_MAX = 64 * 1024 * 1024, /* what a command may print at most */
    EXIT_BY_SIGNAL = 128
};

static const char ready_sign = 'R', go_sign = 'G', no_sign = 'N';

static size_t count_of(const struct sites *sites, enum sites_state state)
{
    size_t count = 0;

    for (size_t i = 0; i < sites->options.count; i++)
        count += sites->children[i].state == state;
    return count;
}

/* The child's side of what follows fork(): its stdout leads to the parent,
 * and no sibling's way does. Ends with the parent. */
static void become_child(struct sites *sites, int fd, pid_t parent,
                         struct error *err)
{
    for (size_t i = 0; i < sites->options.count; i++) {
        if (sites->children[i].fd >= 0)
            close(sites->children[i].fd);
        sites->children[i].fd = -1;
    }
    if (dup2(fd, STDOUT_FILENO) < 0) {
        error_system(err, ERROR_BUG, errno, "no way to the parent");
        close(fd);
        return;
    }
    close(fd);
    prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
    if (getppid() != parent)
        error_set(err, ERROR_INTERRUPTED, "interrupted; nothing published");
}

static enum sites_outcome start(struct sites *sites, size_t index,
                                struct error *err)
{
    struct sites_child *child = &sites->children[index];
    pid_t parent = getpid();
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
        error_system(err, ERROR_BUG, errno, "cannot talk to a process");
        return SITES_FAILED;
    }
    child->pid = fork();
    if (child->pid < 0) {
        error_system(err, ERROR_TRY_LATER, errno, "cannot begin a process");
        close(fds[0]);
        close(fds[1]);
        return SITES_FAILED;
    }
    if (child->pid == 0) {
        close(fds[0]);
        become_child(sites, fds[1], parent, err);
        return SITES_CHILD;
    }
    close(fds[1]);
    child->fd = fds[0];
    child->state = SITES_WORKING;
    return SITES_DONE;
}

static int stop_signal(const struct sites *sites)
{
    return sites->options.stop != NULL ? *sites->options.stop : 0;
}

static bool may_start(const struct sites *sites)
{
    return !sites->doomed && stop_signal(sites) == 0 &&
           count_of(sites, SITES_WORKING) + count_of(sites, SITES_FREED) <
               (size_t)sites->options.limit;
}

static enum sites_outcome start_some(struct sites *sites, size_t *index,
                                     struct error *err)
{
    for (size_t i = 0; i < sites->options.count && may_start(sites); i++) {
        enum sites_outcome outcome;

        if (sites->children[i].state != SITES_WAITING)
            continue;
        *index = i;
        outcome = start(sites, i, err);
        if (outcome != SITES_DONE)
            return outcome;
    }
    return SITES_DONE;
}

/* A child that is gone cannot be told; what became of it shows at its end. */
static void answer(struct sites_child *child, char sign)
{
    while (send(child->fd, &sign, 1, MSG_NOSIGNAL) < 0 && errno == EINTR)
        ;
    child->state = SITES_FREED;
}

/* One has failed, so none is to be shown. */
static void doom(struct sites *sites)
{
    sites->doomed = true;
    for (size_t i = 0; i < sites->options.count; i++) {
        struct sites_child *child = &sites->children[i];

        if (child->state == SITES_ENDED || child->state == SITES_FREED)
            continue;
        child->withheld = true;
        if (child->state == SITES_READY)
            answer(child, no_sign);
        else if (child->state == SITES_WORKING)
            kill(child->pid, SIGTERM);
    }
}

static void release_all(struct sites *sites)
{
    for (size_t i = 0; i < sites->options.count; i++) {
        if (sites->children[i].state == SITES_READY)
            answer(&sites->children[i], go_sign);
    }
}

static void end(struct sites *sites, struct sites_child *child)
{
    int status;

    close(child->fd);
    child->fd = -1;
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
        ;
    child->exit = WIFSIGNALED(status) ? EXIT_BY_SIGNAL + WTERMSIG(status)
                                      : WEXITSTATUS(status);
    /* One that was to be stopped and had failed before that has failed. */
    child->withheld &= child->exit == EXIT_BY_SIGNAL + SIGTERM ||
                       child->exit == EXIT_BY_SIGNAL + SIGINT;
    child->state = SITES_ENDED;
    if (child->exit != 0 && sites->options.together_or_none && !sites->doomed)
        doom(sites);
}

static void receive(struct sites *sites, struct sites_child *child)
{
    char chunk[4096], *data = chunk;
    ssize_t got = read(child->fd, chunk, sizeof(chunk));

    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (got <= 0) {
        end(sites, child);
        return;
    }
    if (sites->options.together_or_none && child->state == SITES_WORKING &&
        child->text.len == 0 && chunk[0] == ready_sign) {
        child->state = SITES_READY;
        data++;
        got--;
        if (sites->doomed || sites->told)
            answer(child, no_sign);
    }
    buf_append(&child->text, data, (size_t)got);
}

static void pass_signal(struct sites *sites)
{
    int number = stop_signal(sites);

    if (number == 0 || sites->told)
        return;
    sites->told = true;
    for (size_t i = 0; i < sites->options.count; i++) {
        struct sites_child *child = &sites->children[i];

        if (child->state == SITES_READY)
            answer(child, no_sign);
        if (child->state != SITES_WAITING && child->state != SITES_ENDED)
            kill(child->pid, number);
    }
}

static void wait_for_some(struct sites *sites)
{
    struct pollfd fds[JOB_SITES_MAX];
    size_t whose[JOB_SITES_MAX];
    nfds_t count = 0;

    for (size_t i = 0; i < sites->options.count; i++) {
        if (sites->children[i].fd < 0)
            continue;
        whose[count] = i;
        fds[count++] =
            (struct pollfd){.fd = sites->children[i].fd, .events = POLLIN};
    }
    if (poll(fds, count, POLL_MS) <= 0)
        return;
    for (nfds_t i = 0; i < count; i++) {
        if (fds[i].revents != 0)
            receive(sites, &sites->children[whose[i]]);
    }
}

static bool at_work(const struct sites *sites)
{
    return count_of(sites, SITES_WORKING) + count_of(sites, SITES_READY) +
               count_of(sites, SITES_FREED) >
           0;
}

/* None is to begin any more, and all that have begun are to end. */
static void stop_all(struct sites *sites)
{
    doom(sites);
    while (at_work(sites))
        wait_for_some(sites);
}

static void prepare(struct sites *sites, const struct sites_options *options)
{
    memset(sites, 0, sizeof(*sites));
    sites->options = *options;
    for (size_t i = 0; i < options->count; i++) {
        sites->children[i].fd = -1;
        buf_init(&sites->children[i].text, TEXT_MAX);
    }
}

enum sites_outcome sites_run(struct sites *sites,
                             const struct sites_options *options,
                             size_t *index, struct error *err)
{
    prepare(sites, options);
    for (;;) {
        enum sites_outcome outcome = start_some(sites, index, err);

        if (outcome == SITES_FAILED)
            stop_all(sites);
        if (outcome != SITES_DONE)
            return outcome;
        if (!at_work(sites))
            return SITES_DONE;
        pass_signal(sites);
        if (count_of(sites, SITES_WORKING) + count_of(sites, SITES_WAITING) ==
                0 &&
            !sites->doomed && !sites->told)
            release_all(sites);
        wait_for_some(sites);
    }
}

static int read_answer(const struct sites *sites, char *sign)
{
    struct pollfd fd = {.fd = STDOUT_FILENO, .events = POLLIN};
    int found = 0;

    while (found == 0 && stop_signal(sites) == 0)
        found = poll(&fd, 1, POLL_MS);
    return found > 0 && recv(STDOUT_FILENO, sign, 1, 0) == 1 ? 0 : -1;
}

int sites_ready(void *context, struct error *err)
{
    const struct sites *sites = context;
    char sign = no_sign;

    if (send(STDOUT_FILENO, &ready_sign, 1, MSG_NOSIGNAL) == 1 &&
        read_answer(sites, &sign) == 0 && sign == go_sign)
        return 0;
    if (stop_signal(sites) != 0)
        return error_set(err, ERROR_INTERRUPTED,
                         "interrupted; nothing published");
    return error_set(err, ERROR_INTERRUPTED,
                     "read whole, and not published, because another site "
                     "failed");
}

void sites_release(struct sites *sites)
{
    for (size_t i = 0; i < sites->options.count; i++) {
        if (sites->children[i].fd >= 0)
            close(sites->children[i].fd);
        sites->children[i].fd = -1;
        buf_release(&sites->children[i].text);
    }
}
