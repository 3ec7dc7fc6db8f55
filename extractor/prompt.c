#include "prompt.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

enum { POLL_MS = 100 };

bool prompt_possible(void)
{
    return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

/* A signal may come just before the wait, so that is cut into short ones. */
static int wait_for_stdin(const volatile sig_atomic_t *stop, struct error *err)
{
    struct pollfd stdin_ready = {.fd = STDIN_FILENO, .events = POLLIN};
    int ready = 0;

    while (ready == 0 && *stop == 0)
        ready = poll(&stdin_ready, 1, POLL_MS);
    if (*stop != 0)
        return error_set(err, ERROR_INTERRUPTED, "interrupted");
    if (ready > 0)
        return 0;
    return error_system(err, errno == EINTR ? ERROR_INTERRUPTED : ERROR_IO,
                        errno, "cannot wait for an answer");
}

int prompt_line(const volatile sig_atomic_t *stop, char *line, size_t size,
                struct error *err)
{
    size_t len = 0;
    ssize_t got;
    char c = '\0';

    do {
        if (wait_for_stdin(stop, err) != 0)
            return -1;
        got = read(STDIN_FILENO, &c, 1);
        if (got == 1 && c != '\n' && len + 1 < size)
            line[len++] = c;
    } while (got == 1 && c != '\n');
    line[len] = '\0';
    if (got < 0)
        return error_system(err, errno == EINTR ? ERROR_INTERRUPTED : ERROR_IO,
                            errno, "cannot read the answer");
    return got == 1 || len > 0;
}
