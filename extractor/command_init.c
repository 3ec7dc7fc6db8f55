#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "arena.h"
#include "command_init.h"
#include "init.h"
#include "prepare.h"
#include "prompt.h"

enum { LINE_MAX_BYTES = INIT_ANSWER_MAX + 16 };

/* Where the command line has the answer. */
static const enum cli_option options[INIT_QUESTIONS] = {
    [INIT_SITE] = OPTION_URL,
    [INIT_ACCESS] = OPTION_ACCESS,
    [INIT_USER] = OPTION_USER,
    [INIT_COOKIE] = OPTION_COOKIE,
    [INIT_TOKEN_URL] = OPTION_TOKEN_URL,
    [INIT_CLIENT_ID] = OPTION_CLIENT_ID,
    [INIT_REFRESH_TOKEN] = OPTION_REFRESH_TOKEN,
    [INIT_SECRET] = OPTION_SECRET,
    [INIT_ORGANISATION] = OPTION_ORGANISATION,
    [INIT_ORGANISATION_URL] = OPTION_ORGANISATION_URL,
    [INIT_ORGANISATION_SECRET] = OPTION_ORGANISATION_SECRET,
    [INIT_MAPPING] = OPTION_MAPPING,
    [INIT_OUT] = OPTION_OUT,
    [INIT_FORMATS] = OPTION_FORMATS,
};

struct asking {
    const struct command *command;
    bool person; /* somebody can be asked */
    struct init_answers answers;
    struct arena arena;
};

/* The option that may repeat as one text. */
static const char *join_mappings(struct asking *a, struct error *err)
{
    const char *const *name = a->command->cli->mappings;
    const char *all = *name++;

    for (; *name != NULL && all != NULL; name++)
        all = arena_printf(&a->arena, "%s,%s", all, *name);
    if (all == NULL)
        error_no_memory(err);
    return all;
}

static int take_given(struct asking *a, enum init_question q,
                      struct error *err)
{
    const char *text = a->command->cli->values[options[q]];
    const char *problem;

    if (q == INIT_MAPPING && (text = join_mappings(a, err)) == NULL)
        return -1;
    problem = init_problem(q, text);
    if (problem != NULL)
        return error_set(err, ERROR_USAGE, "--%s: %s", init_name(q), problem);
    a->answers.texts[q] = text;
    return 0;
}

static int take_default(struct asking *a, enum init_question q,
                        struct error *err)
{
    a->answers.texts[q] = init_default(q);
    if (a->answers.texts[q] != NULL)
        return 0;
    error_set(err, ERROR_USAGE, "--%s: missing, and there is no terminal to "
              "ask on", init_name(q));
    return error_hint(err, "--%s: %s", init_name(q), init_help(q));
}

/* 1 when there is an answer to the prompt, 0 when the default is meant. */
static int read_line(const struct asking *a, char *line, struct error *err)
{
    int result;

    fflush(stderr);
    result = prompt_line(a->command->stop, line, LINE_MAX_BYTES, err);
    if (result < 0)
        return error_prefix(err, "nothing was written");
    if (result == 0) {
        error_set(err, ERROR_USAGE,
                  "stdin: the answers ended early; nothing was written");
        return error_hint(
            err, "answer every question, or give the answers as options");
    }
    return *line != '\0';
}

static int ask(struct asking *a, enum init_question q, struct error *err)
{
    const char *standard = init_default(q);
    char line[LINE_MAX_BYTES];
    const char *problem;

    fprintf(stderr, "\n%s.\n", init_help(q));
    do {
        int result;

        fprintf(stderr, standard != NULL ? "%s [%s]: " : "%s: ", init_name(q),
                standard);
        result = read_line(a, line, err);
        if (result < 0)
            return -1;
        if (result == 0 && standard != NULL)
            snprintf(line, sizeof(line), "%s", standard);
        problem = init_problem(q, line);
        if (problem != NULL)
            fprintf(stderr, "%s\n", problem);
    } while (problem != NULL);
    a->answers.texts[q] = arena_strdup(&a->arena, line);
    return a->answers.texts[q] != NULL ? 0 : error_no_memory(err);
}

static int answer(struct asking *a, enum init_question q, struct error *err)
{
    const struct cli *cli = a->command->cli;

    if (!init_asked(q, &a->answers)) {
        if (!cli->on_command_line[options[q]])
            return 0;
        error_set(err, ERROR_USAGE,
                  "--%s: does not go with the other "
                  "answers",
                  init_name(q));
        return error_hint(err, "leave it out");
    }
    if (cli->values[options[q]] != NULL)
        return take_given(a, q, err);
    return a->person && !init_silent(q) ? ask(a, q, err)
                                        : take_default(a, q, err);
}

/* All options first: a wrong one is told before anybody is asked. */
static int check_given(struct asking *a, struct error *err)
{
    for (int q = 0; q < INIT_QUESTIONS; q++) {
        if (a->command->cli->values[options[q]] != NULL &&
            take_given(a, (enum init_question)q, err) != 0)
            return -1;
    }
    memset(&a->answers, 0, sizeof(a->answers));
    return 0;
}

static int answer_all(struct asking *a, struct error *err)
{
    if (check_given(a, err) != 0)
        return -1;
    if (a->person)
        fputs("Return alone takes what stands in brackets.\n", stderr);
    for (int q = 0; q < INIT_QUESTIONS; q++) {
        if (answer(a, (enum init_question)q, err) != 0)
            return -1;
    }
    return 0;
}

static int write_job(const struct asking *a, const char *path,
                     struct error *err)
{
    bool over = a->command->cli->values[OPTION_FORCE] != NULL;
    struct buf text;
    int result;

    buf_init(&text, INIT_JOB_MAX);
    init_job(&a->answers, &text);
    result = buf_ok(&text) ? command_init_write(path, text.data, over, err)
                           : error_no_memory(err);
    buf_release(&text);
    if (result == 0)
        log_line(a->command->log, LOG_INFO, "init",
                 "wrote %s; put the secret where it says (%s), then: rollcall "
                 "check -c %s", path, a->answers.texts[INIT_SECRET], path);
    return result;
}

/* 1: yes. */
static int wants_check(const struct asking *a, struct error *err)
{
    char line[LINE_MAX_BYTES];
    int result;

    if (a->command->cli->values[OPTION_CHECK] != NULL)
        return 1;
    if (!a->person)
        return 0;
    fputs("\nRun rollcall check with it now? yes or no [yes]: ", stderr);
    fflush(stderr);
    result = prompt_line(a->command->stop, line, sizeof(line), err);
    if (result <= 0)
        return result;
    return *line == '\0' || *line == 'y' || *line == 'Y';
}

static int run_check(const struct command *command, const char *path,
                     struct error *err)
{
    struct cli cli = {.verb = VERB_CHECK};
    struct command check = *command;

    cli.values[OPTION_JOB] = path;
    cli.on_command_line[OPTION_JOB] = true;
    check.cli = &cli;
    return command_check(&check, err);
}

int command_init(const struct command *command, struct error *err)
{
    const char *path = prepare_job_path(command);
    struct asking a = {.command = command, .person = prompt_possible()};
    struct stat there;
    int result;

    if (command->cli->values[OPTION_FORCE] == NULL && lstat(path, &there) == 0)
        return command_init_exists(path, err);
    arena_init(&a.arena);
    result = answer_all(&a, err);
    if (result == 0)
        result = write_job(&a, path, err);
    if (result == 0)
        result = wants_check(&a, err);
    arena_release(&a.arena);
    return result == 1 ? run_check(command, path, err) : result;
}
