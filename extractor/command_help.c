/* help and completion: what the command line tells of itself. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "put.h"
#include "setup.h"

int command_help(const struct command *command, struct error *err)
{
    const struct cli *cli = command->cli;

    if (cli->operand_count == 0)
        cli_help(VERB_NONE, true, stdout);
    else if (cli_help_topic(cli->operands[0], stdout, err) != 0)
        return -1;
    return put_flush(err);
}

#define SUFFIX ".json"

/* Other names could be given with --mapping, but a shell expands what it is
 * offered, so nothing that means something to one is. */
static int is_plain_json(const struct dirent *entry)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz0123456789_.-";
    size_t len = strlen(entry->d_name), end = strlen(SUFFIX);

    return len > end && strspn(entry->d_name, plain) == len &&
           strcmp(entry->d_name + len - end, SUFFIX) == 0;
}

/* Whether a folder before this one has the file too. */
static bool printed(struct arena *arena, const char *const *folders,
                    size_t index, const char *inside, const char *file)
{
    for (size_t i = 0; i < index; i++) {
        const char *path =
            arena_printf(arena, "%s%s/%s", folders[i], inside, file);

        if (path != NULL && access(path, F_OK) == 0)
            return true;
    }
    return false;
}

/* A folder that is not there has no names. */
static int print_names(struct arena *arena, const char *const *folders,
                       size_t index, const char *inside, struct error *err)
{
    const char *path = arena_printf(arena, "%s%s", folders[index], inside);
    struct dirent **list = NULL;
    int count;

    if (path == NULL)
        return error_no_memory(err);
    count = scandir(path, &list, is_plain_json, alphasort);
    for (int i = 0; i < count; i++) {
        const char *file = list[i]->d_name;

        if (!printed(arena, folders, index, inside, file))
            printf("%.*s\n", (int)(strlen(file) - strlen(SUFFIX)), file);
        free(list[i]);
    }
    free(list);
    return 0;
}

/* As a job in the current folder would find them. */
static int list_names(const char *inside, struct error *err)
{
    const char *folders[SETUP_FOLDERS_MAX];
    char here[PATH_MAX];
    struct job job = {.folder = here};
    struct arena arena;
    int result;

    if (getcwd(here, sizeof(here)) == NULL)
        return error_system(err, ERROR_NO_INPUT, errno, "current folder");
    arena_init(&arena);
    result = setup_folders(&job, &arena, folders, err);
    for (size_t i = 0; result == 0 && folders[i] != NULL; i++)
        result = print_names(&arena, folders, i, inside, err);
    arena_release(&arena);
    return result;
}

int command_completion(const struct command *command, struct error *err)
{
    const char *what = command->cli->operands[0];
    int result = 0;

    if (strcmp(what, "mappings") == 0)
        result = list_names("", err);
    else if (strcmp(what, "actions") == 0)
        result = list_names("/actions", err);
    else
        cli_completion(what, stdout);
    return result != 0 ? -1 : put_flush(err);
}
