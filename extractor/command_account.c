#include "command.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "nearest.h"
#include "prompt.h"
#include "put.h"
#include "setup.h"

enum { ANSWER_MAX = 16, NAMES_MAX = 1024 * 1024 };

/* Everything of one command, in the order it is made. */
struct work {
    struct job job;
    struct account_action action;
    struct account_list list;
    struct account_run *run;
    struct account_journal *journal;
    struct arena arena;
};

static void work_free(struct work *work)
{
    account_journal_close(work->journal);
    account_free(work->run);
    account_list_release(&work->list);
    account_action_free(&work->action);
    if (work->job.path != NULL)
        job_free(&work->job);
    arena_release(&work->arena);
    free(work);
}

static int is_action(const struct dirent *entry)
{
    const char *end = strrchr(entry->d_name, '.');

    return end != NULL && end != entry->d_name && strcmp(end, ".json") == 0;
}

/* Whether a folder before this one has the file too. */
static bool offered(struct work *work, const char *const *folders, size_t index,
                    const char *file)
{
    for (size_t i = 0; i < index; i++) {
        const char *path =
            arena_printf(&work->arena, "%s/actions/%s", folders[i], file);

        if (path != NULL && access(path, F_OK) == 0)
            return true;
    }
    return false;
}

static void offer_actions(struct work *work, const char *const *folders,
                          size_t index, struct nearest *nearest)
{
    const char *path = arena_printf(&work->arena, "%s/actions", folders[index]);
    struct dirent **list = NULL;
    int count = path != NULL ? scandir(path, &list, is_action, alphasort) : 0;

    for (int i = 0; i < count; i++) {
        const char *file = list[i]->d_name;
        const char *name = arena_strndup(&work->arena, file,
                                         (size_t)(strrchr(file, '.') - file));

        if (name != NULL && !offered(work, folders, index, file))
            nearest_offer(nearest, name);
        free(list[i]);
    }
    free(list);
}

/* The words of --via are the files in the folders of mappings. */
static int unknown_via(struct work *work, const char *via,
                       const char *const *folders, struct error *err)
{
    char advice[NEAREST_ADVICE_MAX];
    struct nearest nearest;

    nearest_start(&nearest, via != NULL ? via : "");
    for (size_t i = 0; folders[i] != NULL; i++)
        offer_actions(work, folders, i, &nearest);
    nearest_advice(&nearest, advice, sizeof(advice));
    if (via == NULL)
        error_set(err, ERROR_USAGE, "--via: missing; %s", advice);
    else
        error_set(err, ERROR_USAGE, "--via: unknown \"%.64s\"; %s", via,
                  advice);
    return error_hint(err, "each is a file actions/NAME.json in mappings/; the "
                           "README tells what each does and needs");
}

static int load_action(struct work *work, const char *via, struct error *err)
{
    const char *folders[SETUP_FOLDERS_MAX];

    if (setup_folders(&work->job, &work->arena, folders, err) != 0)
        return -1;
    for (size_t i = 0; via != NULL && folders[i] != NULL; i++) {
        const char *path =
            arena_printf(&work->arena, "%s/actions/%s.json", folders[i], via);

        if (path == NULL)
            return error_no_memory(err);
        if (strchr(via, '/') == NULL && access(path, F_OK) == 0)
            return account_action_load(&work->action, path, err);
    }
    return unknown_via(work, via, folders, err);
}

static int load_list(struct work *work, const struct cli *cli,
                     struct error *err)
{
    const char *file = cli->values[OPTION_ACCOUNTS];

    for (size_t i = 0; i < cli->operand_count; i++) {
        if (account_list_add(&work->list, cli->operands[i], err) != 0)
            return -1;
    }
    if (file != NULL && account_list_read(&work->list, file, err) != 0)
        return -1;
    if (work->list.count > 0)
        return 0;
    error_set(err, ERROR_USAGE, "no account is named");
    return error_hint(err, "give account ids, or a file of them with "
                           "--accounts FILE");
}

/* A person must be there to ask, or have said yes beforehand. */
static int check_consent(const struct cli *cli, struct error *err)
{
    bool asks =
        cli->values[OPTION_APPLY] != NULL && cli->values[OPTION_YES] == NULL;

    if (!asks || prompt_possible())
        return 0;
    error_set(err, ERROR_USAGE,
              "--apply: there is no terminal to ask on; "
              "nothing was sent");
    return error_hint(err, "look at what it shows without --apply, then add "
                           "--yes");
}

static int load_job(struct work *work, const char *path, const char *site,
                    struct error *err)
{
    if (job_load_site(&work->job, path != NULL ? path : "rollcall.json", site,
                      err) == 0)
        return setup_need_site(&work->job, err);
    if (err->kind == ERROR_NO_INPUT && path == NULL)
        error_hint(err, "name the job file with -c FILE");
    return -1;
}

static int load(struct work *work, const struct command *command,
                enum account_verb verb, struct error *err)
{
    const struct cli *cli = command->cli;
    struct account_options options = {
        .job = &work->job,
        .action = &work->action,
        .verb = verb,
        .list = &work->list,
        .myself = cli->values[OPTION_MYSELF],
        .allow_commands = cli->on_command_line[OPTION_JOB],
        .log = command->log,
        .stop = command->stop,
    };

    if (check_consent(cli, err) != 0 ||
        load_job(work, cli->values[OPTION_JOB], cli->values[OPTION_SITE],
                 err) != 0 ||
        load_action(work, cli->values[OPTION_VIA], err) != 0 ||
        load_list(work, cli, err) != 0)
        return -1;
    work->run = account_new(&options, err);
    return work->run != NULL ? 0 : -1;
}

static int ask_consent(const struct work *work, const struct command *command,
                       enum account_verb verb, struct error *err)
{
    size_t count = account_pending(work->run);
    char answer[ANSWER_MAX];
    struct buf names;

    buf_init(&names, NAMES_MAX);
    account_names(work->run, &names);
    fprintf(stderr,
            "%s %zu %s by %s:\n%sType yes to send: ", account_verb_name(verb),
            count, count == 1 ? "account" : "accounts", work->action.about.name,
            names.data);
    fflush(stderr);
    buf_release(&names);
    if (prompt_line(command->stop, answer, sizeof(answer), err) < 0)
        return error_prefix(err, "nothing was sent");
    if (strcmp(answer, "yes") == 0)
        return 0;
    error_set(err, ERROR_USAGE, "not confirmed, nothing was sent");
    return error_hint(err, "answer yes to send, or give --yes");
}

static int apply(struct work *work, const struct command *command,
                 enum account_verb verb, struct error *err)
{
    if (account_ready(work->run, err) != 0)
        return -1;
    if (account_pending(work->run) > 0) {
        work->journal = account_journal_open(work->job.actions.journal, err);
        if (work->journal == NULL)
            return -1;
        if (command->cli->values[OPTION_YES] == NULL &&
            ask_consent(work, command, verb, err) != 0)
            return -1;
    }
    return account_apply(work->run, work->journal, err);
}

static int tell(const struct work *work, bool json, struct error *err)
{
    struct buf text;
    int result = 0;

    buf_init(&text, ACCOUNT_TEXT_MAX);
    if (json)
        account_json(work->run, &text);
    else
        account_text(work->run, &text);
    if (!buf_ok(&text))
        result = text.full
                     ? error_set(err, ERROR_BUG, "the report is too long")
                     : error_no_memory(err);
    else
        result = put_text(&text, err);
    buf_release(&text);
    return result;
}

static int run_verb(const struct command *command, enum account_verb verb,
                    struct error *err)
{
    const struct cli *cli = command->cli;
    struct work *work = calloc(1, sizeof(*work));
    int result;

    if (work == NULL)
        return error_no_memory(err);
    result = load(work, command, verb, err);
    if (result == 0) {
        result = account_look(work->run, err);
        if (result == 0 && cli->values[OPTION_APPLY] != NULL)
            result = apply(work, command, verb, err);
        if (result == 0 && cli->values[OPTION_APPLY] == NULL &&
            account_pending(work->run) > 0)
            log_line(command->log, LOG_INFO, "preview",
                     "nothing is sent; add --apply to send it");
        if (tell(work, cli->values[OPTION_JSON] != NULL, err) != 0 ||
            (result == 0 && account_problem(work->run, err) != 0))
            result = -1;
    }
    work_free(work);
    return result;
}

int command_activate(const struct command *command, struct error *err)
{
    return run_verb(command, ACCOUNT_ACTIVATE, err);
}

int command_deactivate(const struct command *command, struct error *err)
{
    return run_verb(command, ACCOUNT_DEACTIVATE, err);
}
