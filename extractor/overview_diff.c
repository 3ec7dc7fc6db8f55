/* The run before, row by row beside this one. Both ascend by their keys. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "join.h"
#include "overview_parts.h"

enum { OPEN_FOLDER = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW };

static int give_up(struct overview_diff *diff, const char *reason)
{
    snprintf(diff->reason, sizeof(diff->reason), "%s", reason);
    diff->usable = false;
    return 0;
}

/* What says nothing about the run before is an error of its own. */
static int judge(struct overview_diff *diff, const struct error *local,
                 struct error *err)
{
    if (local->kind != ERROR_DATA && local->kind != ERROR_NO_INPUT &&
        local->kind != ERROR_CANT_CREATE) {
        *err = *local;
        return -1;
    }
    return give_up(diff, local->text);
}

static bool is_keyed(const struct manifest_resource *r)
{
    bool ordered[SCHEMA_COLUMNS_MAX] = {false};

    for (size_t i = 0; i < r->order_count; i++) {
        const struct column *c = &r->schema.columns[r->order[i]];

        /* Times in a CSV may have lost what made them differ. */
        if (!c->key || c->type != VALUE_STRING)
            return false;
        ordered[r->order[i]] = true;
    }
    for (size_t i = 0; i < r->schema.count; i++) {
        if (r->schema.columns[i].key && !ordered[i])
            return false;
    }
    return r->order_count > 0;
}

static bool same_columns(const struct manifest_resource *a,
                         const struct manifest_resource *b)
{
    if (a->schema.count != b->schema.count || a->order_count != b->order_count)
        return false;
    for (size_t i = 0; i < a->schema.count; i++) {
        if (strcmp(a->schema.columns[i].name, b->schema.columns[i].name) != 0 ||
            a->schema.columns[i].type != b->schema.columns[i].type)
            return false;
    }
    for (size_t i = 0; i < a->order_count; i++) {
        if (a->order[i] != b->order[i])
            return false;
    }
    return true;
}

static int next_old(struct overview_diff *diff, struct error *err)
{
    struct error local = {0};
    int found = past_next(diff->past, &diff->old, &local);

    diff->has_old = found > 0;
    return found < 0 ? judge(diff, &local, err) : 0;
}

static int open_rows(struct overview *o, struct overview_diff *diff,
                     struct error *err)
{
    const struct manifest_resource *old =
        past_first(&diff->manifest, o->first->dataset);

    if (!is_keyed(o->first))
        return give_up(diff, "rows of this dataset are not ordered by their "
                             "key");
    if (old == NULL)
        return give_up(diff, "the run before has no such dataset");
    if (!same_columns(o->first, old))
        return give_up(diff, "the run before has other columns");
    diff->past = past_open(&diff->manifest, diff->fd, &old->schema);
    if (diff->past == NULL)
        return error_no_memory(err);
    diff->usable = true;
    return next_old(diff, err);
}

int overview_diff_open(struct overview *o, struct overview_diff *diff,
                       struct error *err)
{
    const char *before = o->manifest.supersedes;
    struct error local = {0};

    memset(diff, 0, sizeof(*diff));
    diff->fd = -1;
    if (before == NULL || !manifest_run_id_valid(before))
        return give_up(diff, "no run was published before");
    snprintf(diff->before, sizeof(diff->before), "%s", before);
    if (o->out_fd < 0)
        return give_up(diff, "the run before does not stand beside this one");
    diff->fd = openat(o->out_fd, before, OPEN_FOLDER);
    if (diff->fd < 0 && (errno == ENOENT || errno == ENOTDIR ||
                         errno == ELOOP))
        return give_up(diff, "the run before is no longer there");
    if (diff->fd < 0)
        return error_system(err, ERROR_IO, errno, "%s: cannot open", before);
    if (manifest_load(&diff->manifest, diff->fd, &local) != 0)
        return judge(diff, &local, err);
    diff->loaded = true;
    return open_rows(o, diff, err);
}

static const char *keep_text(struct overview *o, const struct past_row *row,
                             const char *name, struct error *err)
{
    size_t column = overview_find(o, name);
    const char *text;

    if (column == SCHEMA_COLUMNS_MAX ||
        o->columns[column].column->type != VALUE_STRING)
        return NULL;
    text = overview_text(o, row, column, err);
    if (text != NULL && (text = arena_strdup(&o->arena, text)) == NULL)
        error_no_memory(err);
    return text;
}

static int note_gone(struct overview *o, struct overview_diff *diff, bool keep,
                     struct error *err)
{
    struct overview_gone *gone = &o->gone[o->gone_count];

    diff->removed++;
    if (!keep || o->gone_count == OVERVIEW_GONE_MAX)
        return 0;
    gone->id = keep_text(o, &diff->old, "account_id", err);
    gone->name = keep_text(o, &diff->old, "display_name", err);
    gone->email = keep_text(o, &diff->old, "email", err);
    o->gone_count++;
    return err->kind == ERROR_NONE ? 0 : -1;
}

static int compare(const struct overview *o, const struct past_row *a,
                   const struct past_row *b)
{
    for (size_t i = 0; i < o->first->order_count; i++) {
        size_t column = o->first->order[i];
        int order = value_order(&a->cells[column], &b->cells[column]);

        if (order != 0)
            return order;
    }
    return 0;
}

int overview_diff_row(struct overview *o, struct overview_diff *diff,
                      const struct past_row *row, bool keep, bool *added,
                      struct error *err)
{
    int order = 1;

    *added = false;
    while (diff->usable && diff->has_old &&
           (order = compare(o, &diff->old, row)) < 0) {
        if (note_gone(o, diff, keep, err) != 0 || next_old(diff, err) != 0)
            return -1;
    }
    if (!diff->usable)
        return 0;
    if (diff->has_old && order == 0)
        return next_old(diff, err);
    diff->added++;
    *added = true;
    return 0;
}

int overview_diff_end(struct overview *o, struct overview_diff *diff,
                      bool keep, struct error *err)
{
    while (diff->usable && diff->has_old) {
        if (note_gone(o, diff, keep, err) != 0 || next_old(diff, err) != 0)
            return -1;
    }
    return 0;
}

void overview_diff_close(struct overview_diff *diff)
{
    past_close(diff->past);
    if (diff->loaded)
        manifest_free(&diff->manifest);
    if (diff->fd >= 0)
        close(diff->fd);
    diff->past = NULL;
    diff->loaded = false;
    diff->fd = -1;
}
