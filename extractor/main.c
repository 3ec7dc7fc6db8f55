/* rollcall: parses the command line, runs one verb, maps the outcome to an
 * exit status. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli.h"
#include "command.h"
#include "http.h"
#include "screen.h"

enum { LOG_BUFFER_BYTES = 16 * 1024 };

/* The one thing a signal handler may touch. */
static volatile sig_atomic_t stop_signal;

/* The first one decides; a second changes nothing. */
static void note_signal(int number)
{
    if (stop_signal == 0)
        stop_signal = number;
}

static void catch_signals(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    /* A file that was half opened or synced is not to fail by a signal that
     * asks to stop; waits, which poll(2), end by it all the same. */
    struct sigaction action = {.sa_handler = note_signal,
                               .sa_flags = SA_RESTART};

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        struct sigaction old;

        /* nohup and schedulers may have it ignored on purpose. */
        if (sigaction(signals[i], NULL, &old) == 0 &&
            old.sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
    }
    /* Both come back as errors of write(2), which are told and cleaned up. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

/* Secrets are in memory: no core file, no ptrace by others. */
static void protect_memory(void)
{
    const struct rlimit none = {0, 0};

    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static const struct {
    int (*run)(const struct command *command, struct error *err);
} verbs[VERB_COUNT] = {
    [VERB_INIT] = {command_init},
    [VERB_EXTRACT] = {command_extract}, [VERB_PLAN] = {command_plan},
    [VERB_CHECK] = {command_check},     [VERB_VERIFY] = {command_verify},
    [VERB_CAT] = {command_cat},         [VERB_EXPLAIN] = {command_explain},
    [VERB_ACTIVATE] = {command_activate},
    [VERB_DEACTIVATE] = {command_deactivate},
    [VERB_DELIVER] = {command_deliver},
    [VERB_STATUS] = {command_status},   [VERB_CLEAN] = {command_clean},
    [VERB_SCHEMA] = {command_schema},   [VERB_HELP] = {command_help},
    [VERB_COMPLETION] = {command_completion},
    [VERB_REPORT] = {command_report},   [VERB_MERGE] = {command_merge},
};

static void open_log(struct log *log, const struct cli *cli)
{
    int color = cli_word(cli, OPTION_COLOR);

    log->json = cli_word(cli, OPTION_LOG_FORMAT) == 1;
    log->terminal = isatty(STDERR_FILENO);
    log->color = color == 2 || (color == 0 && log->terminal &&
                                getenv("NO_COLOR") == NULL);
    if (cli->values[OPTION_QUIET] != NULL)
        log->level = LOG_WARN;
    if (cli->values[OPTION_VERBOSE] != NULL)
        log->level = LOG_DEBUG;
}

/* What is drawn goes out in one piece with the log lines above it, so the
 * stream gets a buffer, which it keeps to the end of the process. */
static int open_screen(struct command *command, struct error *err)
{
    const struct cli *cli = command->cli;
    int wish = cli_word(cli, OPTION_PROGRESS);
    char *buffer;

    if (wish == SCREEN_AUTO &&
        (command->log->json || cli->values[OPTION_QUIET] != NULL))
        wish = SCREEN_NEVER;
    if (!screen_wanted((enum screen_wish)wish, STDERR_FILENO))
        return 0;
    buffer = malloc(SCREEN_BUFFER);
    if (buffer == NULL)
        return error_no_memory(err);
    setvbuf(stderr, buffer, _IOFBF, SCREEN_BUFFER);
    command->screen = stderr;
    return 0;
}

static int print_version(void)
{
    return printf("rollcall %s (%s)\n", ROLLCALL_VERSION,
                  http_library_version()) < 0;
}

static int run(const struct cli *cli, struct log *log, struct error *err)
{
    struct command command = {.cli = cli, .log = log, .stop = &stop_signal};
    int result;

    if (open_screen(&command, err) != 0 || http_global_init(err) != 0)
        return -1;
    result = verbs[cli->verb].run(&command, err);
    http_global_cleanup();
    return result;
}

/* The mistakes of a file stand on lines of their own. */
static void tell(const struct log *log, const char *event, const char *text)
{
    while (*text != '\0') {
        int len = (int)strcspn(text, "\n");

        log_line(log, LOG_ERROR, event, "%.*s", len, text);
        text += len;
        text += *text == '\n';
    }
}

/* A scheduler must see that a signal ended us, and which. */
static int finish(const struct log *log, const struct error *err)
{
    if (err->kind == ERROR_NONE)
        return 0;
    tell(log, error_kind_name(err->kind), err->text);
    tell(log, "hint", err->hint);
    if (err->kind == ERROR_INTERRUPTED && stop_signal != 0) {
        signal(stop_signal, SIG_DFL);
        raise(stop_signal);
    }
    return error_exit_code(err);
}

int main(int argc, char **argv)
{
    struct log log = {.out = stderr, .level = LOG_INFO};
    struct error err = {0};
    struct cli cli;

    log.clock = clock_system();
    /* A line is one write(2), so that those of several processes stay whole:
     * the log flushes after each. */
    setvbuf(stderr, NULL, _IOFBF, LOG_BUFFER_BYTES);
    protect_memory();
    catch_signals();
    if (cli_parse(&cli, argc, argv, &err) == 0) {
        open_log(&log, &cli);
        if (cli.values[OPTION_VERSION] != NULL)
            return print_version();
        if (cli.values[OPTION_HELP] != NULL) {
            cli_help(cli.verb, cli.all_help, stdout);
            return fflush(stdout) != 0 || ferror(stdout);
        }
        run(&cli, &log, &err);
    }
    return finish(&log, &err);
}
