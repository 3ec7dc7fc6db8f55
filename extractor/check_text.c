#include "check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_table.h"
#include "expiry.h"
#include "instant.h"

enum { COLUMNS = 8, NUMBER_MAX = 24, NEEDS_MAX = 256 };

static const char *const heading[COLUMNS] = {
    "SOURCE", "VERDICT", "REACHABLE", "PERMITTED",
    "ROWS",   "OLDEST",  "NEWEST",    "NEEDS"};

static const char *const verdicts[] = {
    [CHECK_OK] = "ok",
    [CHECK_FAILED] = "failed",
    [CHECK_SKIPPED] = "skipped",
    [CHECK_REPLACED] = "replaced",
};

static const char *const answers[] = {
    [CHECK_UNKNOWN] = "-", [CHECK_NO] = "no", [CHECK_YES] = "yes"};

/* Texts of one row that are not there already. */
struct line {
    char rows[NUMBER_MAX], oldest[INSTANT_TEXT_MAX], newest[INSTANT_TEXT_MAX];
    struct buf needs;
};

const char *check_verdict_word(enum check_verdict verdict)
{
    return verdicts[verdict];
}

bool check_login_warning(const struct check *check,
                         const struct check_login *login, struct buf *out)
{
    char when[EXPIRY_TEXT_MAX];

    if (!expiry_near(login->expiry, check->now))
        return false;
    expiry_text(login->expiry, check->now, when);
    buf_printf(out, "the secret of endpoint %s %s: make a new one",
               login->endpoint->name, when);
    return true;
}

static void put_needs(struct buf *out, const struct source *source)
{
    const char *const *scope = source->needs_scopes;

    if (source->needs_permission != NULL)
        buf_puts(out, source->needs_permission);
    for (; scope != NULL && *scope != NULL; scope++)
        buf_printf(out, "%s%s",
                   out->len == 0                   ? ""
                   : scope == source->needs_scopes ? "; "
                                                   : " ",
                   *scope);
    if (out->len == 0)
        buf_puts(out, "-");
}

static void fill_line(struct line *line, const struct check_row *row,
                      const char **cells)
{
    snprintf(line->rows, NUMBER_MAX, row->has_rows ? "%" PRIu64 : "-",
             row->rows);
    strcpy(line->oldest, "-");
    strcpy(line->newest, "-");
    if (row->has_oldest)
        instant_rfc3339(row->oldest - row->oldest % INSTANT_SECOND,
                        line->oldest);
    if (row->has_newest)
        instant_rfc3339(row->newest - row->newest % INSTANT_SECOND,
                        line->newest);
    if (row->source != NULL)
        put_needs(&line->needs, row->source);
    else
        buf_puts(&line->needs, "-");
    cells[0] = row->name;
    cells[1] = verdicts[row->verdict];
    cells[2] = answers[row->reachable];
    cells[3] = answers[row->permitted];
    cells[4] = line->rows;
    cells[5] = line->oldest;
    cells[6] = line->newest;
    cells[7] = line->needs.data;
}

static void put_table(const struct check *check, struct buf *out)
{
    struct line *lines = calloc(check->row_count + 1, sizeof(*lines));
    const char **cells =
        calloc((check->row_count + 1) * COLUMNS, sizeof(*cells));

    if (lines == NULL || cells == NULL) {
        out->failed = true;
        goto done;
    }
    memcpy(cells, heading, sizeof(heading));
    for (size_t i = 0; i < check->row_count; i++) {
        buf_init(&lines[i].needs, NEEDS_MAX);
        fill_line(&lines[i], &check->rows[i], &cells[(i + 1) * COLUMNS]);
    }
    check_table(cells, check->row_count + 1, COLUMNS, out);
    for (size_t i = 0; i < check->row_count; i++) {
        out->failed |= buf_no_memory(&lines[i].needs);
        buf_release(&lines[i].needs);
    }
done:
    free(lines);
    free((void *)cells);
}

/* The first row that says the same, so that it need not be said again. */
static const struct check_row *earlier(const struct check *check,
                                       const struct check_row *row,
                                       const char *text, size_t offset)
{
    for (const struct check_row *at = check->rows; at < row; at++) {
        if (strcmp((const char *)at + offset, text) == 0)
            return at;
    }
    return NULL;
}

static void put_once(const struct check *check, const struct check_row *row,
                     const char *what, size_t offset, struct buf *out)
{
    const char *text = (const char *)row + offset;
    const struct check_row *before = earlier(check, row, text, offset);

    if (*text == '\0')
        return;
    if (before != NULL)
        buf_printf(out, "    %s: as for %s\n", what, before->name);
    else
        buf_printf(out, "    %s: %s\n", what, text);
}

/* Error texts begin with the name of the source where they have one. */
static const char *without_name(const struct check_row *row)
{
    size_t len = strlen(row->name);

    if (strncmp(row->error.text, row->name, len) == 0 &&
        strncmp(row->error.text + len, ": ", 2) == 0)
        return row->error.text + len + 2;
    return row->error.text;
}

/* What a cell has no room for. */
static void put_remarks(const struct check *check, const struct check_row *row,
                        struct buf *out)
{
    const char *verdict = verdicts[row->verdict];

    if (row->error.kind != ERROR_NONE) {
        buf_printf(out, "%s: %s: %s\n", row->name, verdict, without_name(row));
        put_once(check, row, "hint", offsetof(struct check_row, error.hint),
                 out);
        put_once(check, row, "note", offsetof(struct check_row, note), out);
    } else if (row->note[0] != '\0') {
        buf_printf(out, "%s: %s: %s\n", row->name, verdict, row->note);
    }
    if (row->lacks[0] == NULL)
        return;
    buf_printf(out, "%s: the token lacks", row->name);
    for (const char *const *scope = row->lacks; *scope != NULL; scope++)
        buf_printf(out, " %s", *scope);
    buf_putc(out, '\n');
}

void check_text(const struct check *check, struct buf *out)
{
    const struct setup *setup = check->setup;
    size_t begun;

    buf_printf(out, "job      %s: ok\n", setup->job.path);
    for (size_t i = 0; i < setup->mapping_count; i++)
        buf_printf(out, "dataset  %s: ok, %s\n",
                   setup->mappings[i].rules.schema.name,
                   setup->mappings[i].path);
    buf_putc(out, '\n');
    put_table(check, out);
    buf_putc(out, '\n');
    begun = out->len;
    for (size_t i = 0; i < check->row_count; i++)
        put_remarks(check, &check->rows[i], out);
    for (size_t i = 0; i < check->login_count; i++) {
        struct buf warning;

        buf_init(&warning, CHECK_NOTE_MAX);
        if (check_login_warning(check, &check->logins[i], &warning))
            buf_printf(out, "warning: %s\n", warning.data);
        out->failed |= buf_no_memory(&warning);
        buf_release(&warning);
    }
    if (out->len == begun)
        buf_puts(out, "nothing to remark\n");
}
