/* `rollcall report`: one page about a published run. */
#include "command.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "manifest.h"
#include "outfile.h"
#include "overview.h"
#include "publish.h"
#include "sink.h"

enum { BASE_MAX = 4 * PATH_MAX, NAME_SIZE = MANIFEST_RUN_ID_MAX + 32 };

struct report_page {
    struct overview *overview;
    struct outfile *file; /* NULL: stdout */
    struct buf base;
};

static int read_rows_max(const char *text, uint64_t *out, struct error *err)
{
    char *end;

    *out = UINT64_MAX;
    if (text == NULL || strcmp(text, "all") == 0)
        return 0;
    errno = 0;
    *out = strtoull(text, &end, 10);
    if (isdigit((unsigned char)text[0]) && *end == '\0' && errno == 0)
        return 0;
    error_set(err, ERROR_USAGE, "--rows: \"%s\" is no number of rows", text);
    return error_hint(err, "write a number, or all");
}

/* A page in a run's folder would be a stray file to verify. */
static int check_folder(int folder, const char *output, struct error *err)
{
    if (faccessat(folder, MANIFEST_NAME, F_OK, AT_SYMLINK_NOFOLLOW) != 0 &&
        faccessat(folder, MANIFEST_PART_NAME, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
        return 0;
    error_set(err, ERROR_USAGE, "--output: %s would be a stray file in a "
              "run's folder", output);
    return error_hint(err, "choose a folder beside it");
}

static bool same_folder(const char *path, int fd)
{
    struct stat a, b;

    return stat(path, &a) == 0 && fstat(fd, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

/* The absolute path of the run's folder, which `path` stands for: the folder,
 * the output directory with its latest run, or the run's manifest. */
static bool find_run(const char *path, int run_fd, char out[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    char tries[3][PATH_MAX + 16];

    snprintf(tries[0], sizeof(tries[0]), "%s", path);
    snprintf(tries[1], sizeof(tries[1]), "%s/%s", path, PUBLISH_LATEST_NAME);
    snprintf(tries[2], sizeof(tries[2]), "%.*s.",
             slash != NULL ? (int)(slash - path) + 1 : 0, path);
    for (size_t i = 0; i < 3; i++) {
        if (realpath(tries[i], out) != NULL && same_folder(out, run_fd))
            return true;
    }
    return false;
}

static void put_encoded(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (isalnum((unsigned char)*text) || strchr("/._~-", *text) != NULL)
            buf_putc(out, *text);
        else
            buf_printf(out, "%%%02X", (unsigned)(unsigned char)*text);
    }
}

/* From one absolute path to another, as a relative URL. */
static void put_relative(struct buf *out, const char *from, const char *to)
{
    size_t same = 0;

    for (size_t i = 0;; i++) {
        bool from_ends = from[i] == '\0' || from[i] == '/';
        bool to_ends = to[i] == '\0' || to[i] == '/';

        if (from_ends && to_ends)
            same = i;
        if (from[i] != to[i] || from[i] == '\0')
            break;
    }
    for (const char *p = from + same; *p != '\0'; p++) {
        if (*p == '/' && p[1] != '\0')
            buf_puts(out, "../");
    }
    if (to[same] == '/')
        same++;
    if (to[same] == '\0')
        return;
    put_encoded(out, to + same);
    buf_putc(out, '/');
}

/* Folders may be called after people, so a masked page does not name them. */
static const char *find_base(struct report_page *page, const struct cli *cli,
                             const char *output)
{
    char folder[PATH_MAX], from[PATH_MAX], to[PATH_MAX];
    const char *slash = strrchr(output, '/');

    snprintf(folder, sizeof(folder), "%.*s.",
             slash != NULL ? (int)(slash - output) + 1 : 0, output);
    if (cli->values[OPTION_MASK] != NULL || realpath(folder, from) == NULL ||
        !find_run(cli->operands[0], overview_run_fd(page->overview), to))
        return NULL;
    put_relative(&page->base, from, to);
    return buf_ok(&page->base) ? page->base.data : NULL;
}

static int put(void *context, const void *data, size_t len, struct error *err)
{
    struct report_page *page = context;

    if (page->file != NULL)
        return outfile_write(page->file, data, len, err);
    return file_write_all(STDOUT_FILENO, data, len) == 0
               ? 0
               : file_write_error(err, "stdout");
}

static int write_page(struct report_page *page, const struct cli *cli,
                      const char *output, struct error *err)
{
    struct html *html = malloc(sizeof(*html));
    const char *base = find_base(page, cli, output);
    int result;

    if (html == NULL || buf_no_memory(&page->base)) {
        free(html);
        return error_no_memory(err);
    }
    html_init(html, put, page, err);
    result = overview_write(page->overview, html, base, err);
    free(html);
    return result;
}

static int open_output(struct report_page *page, const char *output,
                       struct error *err)
{
    if (strcmp(output, "-") == 0)
        return 0;
    page->file = outfile_open(output, err);
    if (page->file == NULL)
        return -1;
    return check_folder(outfile_folder(page->file), output, err);
}

static int make_page(struct report_page *page, const struct command *command,
                     struct error *err)
{
    const char *output = command->cli->values[OPTION_OUTPUT];
    struct outfile *file;
    char name[NAME_SIZE];

    if (output == NULL) {
        snprintf(name, sizeof(name), "report-%s.html",
                 overview_run_id(page->overview));
        output = name;
    }
    /* A place that cannot be written to is told before the rows are read. */
    if (open_output(page, output, err) != 0 ||
        overview_read(page->overview, err) != 0 ||
        write_page(page, command->cli, output, err) != 0)
        return -1;
    file = page->file;
    page->file = NULL;
    if (file == NULL)
        return 0;
    if (outfile_commit(file, err) != 0)
        return -1;
    log_line(command->log, LOG_INFO, "report", "wrote %s, a page for a browser",
             output);
    return 0;
}

int command_report(const struct command *command, struct error *err)
{
    const struct cli *cli = command->cli;
    struct overview_options options = {
        .path = cli->operands[0],
        .dataset = cli->values[OPTION_DATASET],
        .title = cli->values[OPTION_TITLE],
        .mask = cli->values[OPTION_MASK] != NULL,
        .stop = command->stop,
    };
    struct report_page page = {0};
    int result = -1;

    if (read_rows_max(cli->values[OPTION_ROWS], &options.rows_max, err) != 0)
        return -1;
    buf_init(&page.base, BASE_MAX);
    page.overview = overview_open(&options, err);
    if (page.overview != NULL)
        result = make_page(&page, command, err);
    outfile_abort(page.file);
    overview_free(page.overview);
    buf_release(&page.base);
    return result;
}
