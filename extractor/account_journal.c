#include "account_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "jsonw.h"
#include "sink.h"

enum { USER_NAME_MAX = 64, HOST_MAX = 256 };

struct account_journal {
    int fd;
    char *path;
    char user[USER_NAME_MAX];
};

static void find_user(char name[USER_NAME_MAX])
{
    const struct passwd *entry = getpwuid(getuid());

    if (entry != NULL)
        snprintf(name, USER_NAME_MAX, "%s", entry->pw_name);
    else
        snprintf(name, USER_NAME_MAX, "uid %lu", (unsigned long)getuid());
}

/* The folder of path, made where it is missing; *name: the rest. */
static int open_folder(const char *path, const char **name, struct error *err)
{
    const char *slash = strrchr(path, '/');
    char *folder;
    int fd;

    if (slash == NULL || slash[1] == '\0')
        return error_set(err, ERROR_CANT_CREATE, "%s: is no path of a file",
                         path);
    folder = strndup(path, slash == path ? 1 : (size_t)(slash - path));
    if (folder == NULL)
        return error_no_memory(err);
    *name = slash + 1;
    fd = folder_make(folder, 0700, err);
    free(folder);
    return fd;
}

static int open_file(int folder, const char *name, const char *path,
                     struct error *err)
{
    int fd = openat(folder, name,
                    O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK |
                        O_CLOEXEC,
                    0600);
    struct stat st;

    if (fd < 0)
        return file_create_error(err, path);
    if (fstat(fd, &st) != 0 || file_sync(folder) != 0) {
        file_create_error(err, path);
    } else if (!S_ISREG(st.st_mode)) {
        error_set(err, ERROR_CANT_CREATE, "%s: is no plain file", path);
    } else {
        return fd;
    }
    close(fd);
    return -1;
}

static int append(struct account_journal *journal, const char *data, size_t len,
                  struct error *err)
{
    ssize_t wrote;

    do {
        wrote = write(journal->fd, data, len);
    } while (wrote < 0 && errno == EINTR);
    if (wrote >= 0 && (size_t)wrote != len)
        errno = ENOSPC;
    if (wrote < 0 || (size_t)wrote != len || file_sync(journal->fd) != 0)
        return file_write_error(err, journal->path);
    return 0;
}

/* A crash or a full disk may have left half a line: it gets its end. */
static int end_last_line(struct account_journal *journal, struct error *err)
{
    off_t size = lseek(journal->fd, 0, SEEK_END);
    char last;

    if (size < 0)
        return file_write_error(err, journal->path);
    if (size == 0 ||
        (pread(journal->fd, &last, 1, size - 1) == 1 && last == '\n'))
        return 0;
    return append(journal, "\n", 1, err);
}

struct account_journal *account_journal_open(const char *path,
                                             struct error *err)
{
    struct account_journal *journal = calloc(1, sizeof(*journal));
    const char *name = "";
    int folder;

    if (journal == NULL || (journal->path = strdup(path)) == NULL) {
        error_no_memory(err);
        free(journal);
        return NULL;
    }
    journal->fd = -1;
    find_user(journal->user);
    folder = open_folder(path, &name, err);
    if (folder >= 0) {
        journal->fd = open_file(folder, name, path, err);
        close(folder);
    }
    if (journal->fd >= 0 && end_last_line(journal, err) == 0)
        return journal;
    error_prefix(err, "journal of actions");
    error_hint(err, "nothing was sent; put it elsewhere with actions.journal "
                    "in the job");
    account_journal_close(journal);
    return NULL;
}

static void put_host(struct jsonw *w, const char *url)
{
    const char *start = strstr(url, "://");
    char host[HOST_MAX];

    start = start != NULL ? start + 3 : url;
    snprintf(host, sizeof(host), "%.*s", (int)strcspn(start, "/"), start);
    jsonw_text(w, "host", host);
}

int account_journal_write(struct account_journal *journal,
                          const struct account_record *record,
                          struct error *err)
{
    struct buf line;
    struct jsonw w;
    int result;

    buf_init(&line, JOURNAL_LINE_MAX);
    jsonw_init(&w, &line, 0);
    jsonw_object(&w, NULL);
    jsonw_instant(&w, "at", record->at);
    jsonw_text(&w, "phase", record->verdict != NULL ? "outcome" : "intent");
    jsonw_text(&w, "verb", record->verb);
    jsonw_text(&w, "via", record->via);
    jsonw_text(&w, "account_id", record->account_id);
    put_host(&w, record->url);
    jsonw_text_or_null(&w, "before", record->before);
    jsonw_text(&w, "by", journal->user);
    if (record->verdict != NULL) {
        if (record->status != 0)
            jsonw_int(&w, "status", record->status);
        else
            jsonw_null(&w, "status");
        jsonw_text_or_null(&w, "after", record->after);
        jsonw_text(&w, "verdict", record->verdict);
    }
    jsonw_object_end(&w);
    buf_putc(&line, '\n');
    if (buf_ok(&line))
        result = append(journal, line.data, line.len, err);
    else if (buf_no_memory(&line))
        result = error_no_memory(err);
    else {
        error_set(err, ERROR_IO,
                  "%s: the note of one account would be longer than %d bytes",
                  journal->path, JOURNAL_LINE_MAX);
        result =
            error_hint(err, "see what the endpoint answers for that account");
    }
    buf_release(&line);
    return result;
}

void account_journal_close(struct account_journal *journal)
{
    if (journal == NULL)
        return;
    if (journal->fd >= 0)
        close(journal->fd);
    free(journal->path);
    free(journal);
}
