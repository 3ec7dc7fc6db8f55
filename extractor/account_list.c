#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "sink.h"

static int refuse(const char *id, const char *why, struct error *err)
{
    error_set(err, ERROR_USAGE, "\"%.*s\" is no account id: %s", ACCOUNT_ID_MAX,
              id, why);
    return error_hint(err,
                      "write each as Atlassian shows it, in a file one a line");
}

/* An id is opaque, but it stands in a path: dots alone would be a folder. */
static int check(const char *id, struct error *err)
{
    if (strchr(id, '@') != NULL) {
        /* An address is personal: it is not repeated in the log. */
        error_set(err, ERROR_USAGE, "an e-mail address is no account id");
        return error_hint(err, "rollcall explain finds the account id of an "
                               "address; addresses change hands, ids do not");
    }
    if (strlen(id) > ACCOUNT_ID_MAX)
        return refuse(id, "it is longer than 128 bytes", err);
    if (id[0] == '\0' || strspn(id, ".") == strlen(id) ||
        strcmp(id, "unknown") == 0)
        return refuse(id, "no single account is called so", err);
    for (; *id != '\0'; id++) {
        if ((unsigned char)*id <= ' ' || *id == 0x7f) {
            error_set(err, ERROR_USAGE,
                      "account id: holds blanks or control characters");
            return error_hint(
                err, "write each as Atlassian shows it, in a file one a line");
        }
    }
    return 0;
}

int account_list_add(struct account_list *list, const char *id,
                     struct error *err)
{
    if (check(id, err) != 0)
        return -1;
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->ids[i], id) == 0)
            return 0;
    }
    if (list->count == ACCOUNTS_MAX) {
        error_set(err, ERROR_USAGE, "accounts: more than %d at once",
                  ACCOUNTS_MAX);
        return error_hint(err, "name them in several runs");
    }
    list->ids[list->count] = arena_strdup(&list->arena, id);
    if (list->ids[list->count] == NULL)
        return error_no_memory(err);
    list->count++;
    return 0;
}

static char *trim(char *line)
{
    char *end;

    line[strcspn(line, "#")] = '\0';
    while (isspace((unsigned char)*line))
        line++;
    end = line + strlen(line);
    while (end > line && isspace((unsigned char)end[-1]))
        *--end = '\0';
    return line;
}

static int add_lines(struct account_list *list, char *text, const char *path,
                     struct error *err)
{
    size_t number = 1;
    char *line;

    for (; (line = strsep(&text, "\n")) != NULL; number++) {
        line = trim(line);
        if (*line != '\0' && account_list_add(list, line, err) != 0)
            return error_prefix(err, "%s:%zu", path, number);
    }
    return 0;
}

/* All of stdin, NUL terminated. */
static char *read_stdin(size_t *len, struct error *err)
{
    struct buf text;
    char block[4096], *copy = NULL;
    ssize_t got;

    buf_init(&text, ACCOUNT_LIST_MAX);
    while ((got = read(STDIN_FILENO, block, sizeof(block))) > 0)
        buf_append(&text, block, (size_t)got);
    if (got < 0)
        error_system(err, errno == EINTR ? ERROR_INTERRUPTED : ERROR_IO, errno,
                     "stdin");
    else if (text.full) {
        error_set(err, ERROR_DATA, "stdin: more than %d bytes",
                  ACCOUNT_LIST_MAX);
        error_hint(err, "name the accounts in several runs");
    } else if (!buf_ok(&text) || (copy = malloc(text.len + 1)) == NULL)
        error_no_memory(err);
    else
        memcpy(copy, text.data, text.len + 1);
    *len = text.len;
    buf_release(&text);
    return copy;
}

int account_list_read(struct account_list *list, const char *path,
                      struct error *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    size_t len;
    char *text =
        is_stdin ? read_stdin(&len, err)
                 : read_whole_file(AT_FDCWD, path, ACCOUNT_LIST_MAX, &len, err);
    int result;

    if (text == NULL)
        return -1;
    if (strlen(text) != len) {
        error_set(err, ERROR_DATA, "%s: holds a NUL byte", path);
        result =
            error_hint(err, "save it as plain text, one account id a line");
    } else
        result = add_lines(list, text, path, err);
    free(text);
    return result;
}

void account_list_release(struct account_list *list)
{
    arena_release(&list->arena);
    memset(list, 0, sizeof(*list));
}
