#include "overview.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "overview_parts.h"
#include "publish.h"
#include "sink.h"
#include "verify.h"
#include "writer.h"

enum { OPEN_FOLDER = O_RDONLY | O_DIRECTORY | O_CLOEXEC };

const char *overview_run_id(const struct overview *o)
{
    return o->manifest.run_id;
}

int overview_run_fd(const struct overview *o)
{
    return o->run_fd;
}

static int pick_dataset(struct overview *o, struct error *err)
{
    const struct manifest *m = &o->manifest;
    const char *name = o->options->dataset;

    for (size_t i = 0; i < m->dataset_count && o->dataset == NULL; i++) {
        if (name == NULL || strcmp(m->datasets[i].name, name) == 0)
            o->dataset = &m->datasets[i];
    }
    if (o->dataset == NULL && name != NULL) {
        error_set(err, ERROR_USAGE, "%s: has no dataset \"%s\"", m->run_id,
                  name);
        return error_hint(err, "its manifest names them");
    }
    if (o->dataset == NULL) {
        error_set(err, ERROR_DATA, "%s: has no dataset", m->file);
        return error_usual(err,
                           "it is not as rollcall wrote it: bring it back, "
                           "or extract the run anew");
    }
    o->first = past_first(m, o->dataset->name);
    if (o->first == NULL || o->first->schema.count == 0) {
        error_set(err, ERROR_DATA, "%s: %s: has no part", m->file,
                  o->dataset->name);
        return error_usual(err,
                           "it is not as rollcall wrote it: bring it back, "
                           "or extract the run anew");
    }
    return 0;
}

/* The run's folder is in an output directory when that has the lock file. */
static int find_out(struct overview *o, struct error *err)
{
    if (verify_is_part(&o->manifest))
        return 0;
    o->out_fd = openat(o->run_fd, "..", OPEN_FOLDER);
    if (o->out_fd >= 0 && faccessat(o->out_fd, PUBLISH_LOCK_NAME, F_OK,
                                    AT_SYMLINK_NOFOLLOW) == 0)
        return 0;
    /* A folder that may not be read is nobody's output directory to tell of. */
    if (errno != ENOENT && errno != EACCES)
        return error_system(err, ERROR_IO, errno,
                            "%s: cannot look beside the run", o->options->path);
    if (o->out_fd >= 0)
        close(o->out_fd);
    o->out_fd = -1;
    return 0;
}

/* Whoever has not got the manifest cannot try out whose code is whose. */
static int make_key(struct overview *o, struct error *err)
{
    size_t len;
    char *text = read_whole_file(o->run_fd, o->manifest.file,
                                 MANIFEST_BYTES_MAX, &len, err);
    int result;

    if (text == NULL)
        return -1;
    result = digest_hmac("rollcall report", strlen("rollcall report"), text,
                         len, o->key);
    free(text);
    return result == 0 ? 0
                       : error_set(err, ERROR_BUG, "hashing failed, perhaps "
                                   "for want of memory");
}

static void find_facts(struct overview *o)
{
    const struct json *node;

    o->facts = json_member(o->manifest.doc.root, "x-rollcall");
    node = overview_member_first(o->facts, "datasets");
    for (; node != NULL; node = json_next(node)) {
        const char *name = overview_member_text(node, "name");

        if (name != NULL && strcmp(name, o->dataset->name) == 0)
            o->dataset_facts = node;
    }
}

static int load(struct overview *o, struct error *err)
{
    o->run_fd = verify_open_run(o->options->path, err);
    if (o->run_fd < 0 || verify_load(&o->manifest, o->run_fd, err) != 0)
        return -1;
    o->loaded = true;
    if (pick_dataset(o, err) != 0 || make_key(o, err) != 0 ||
        find_out(o, err) != 0)
        return -1;
    find_facts(o);
    overview_set_columns(o);
    overview_set_panels(o);
    overview_set_months(o);
    return 0;
}

struct overview *overview_open(const struct overview_options *options,
                               struct error *err)
{
    struct overview *o = calloc(1, sizeof(*o));

    if (o == NULL) {
        error_no_memory(err);
        return NULL;
    }
    o->options = options;
    o->run_fd = o->out_fd = o->diff.fd = -1;
    buf_init(&o->cell, WRITER_RECORD_MAX);
    arena_init(&o->arena);
    if (load(o, err) == 0)
        return o;
    overview_free(o);
    return NULL;
}

void overview_free(struct overview *o)
{
    if (o == NULL)
        return;
    for (size_t i = 0; i < o->panel_count; i++)
        tally_release(&o->panels[i].tally);
    for (size_t i = 0; o->first != NULL && i < o->first->schema.count; i++)
        tally_release(&o->columns[i].texts);
    overview_diff_close(&o->diff);
    buf_release(&o->cell);
    arena_release(&o->arena);
    if (o->loaded)
        manifest_free(&o->manifest);
    if (o->out_fd >= 0)
        close(o->out_fd);
    if (o->run_fd >= 0)
        close(o->run_fd);
    free(o);
}

static int read_rows(struct overview *o, struct past *past, struct error *err)
{
    struct past_row row;
    bool added;
    int found;

    while ((found = past_next(past, &row, err)) > 0) {
        if (overview_stopped(o, err) ||
            overview_diff_row(o, &o->diff, &row, true, &added, err) != 0 ||
            overview_count_row(o, &row, err) != 0)
            return -1;
        overview_count_months(o, &row);
        for (size_t i = 0; i < o->first->schema.count; i++)
            o->columns[i].filled |= row.cells[i].present;
        o->rows++;
    }
    return found < 0 ? -1 : overview_diff_end(o, &o->diff, true, err);
}

/* A list of texts is worth it where each stands for two rows at least. */
static void rank_all(struct overview *o)
{
    for (size_t i = 0; i < o->panel_count; i++)
        tally_rank(&o->panels[i].tally);
    for (size_t i = 0; i < o->first->schema.count; i++) {
        struct tally *texts = &o->columns[i].texts;

        tally_rank(texts);
        o->columns[i].listed =
            o->columns[i].column->type == VALUE_STRING && texts->others == 0 &&
            (o->columns[i].column->values != NULL ||
             texts->total - texts->absent >= 2 * texts->count);
    }
}

int overview_read(struct overview *o, struct error *err)
{
    struct past *past;
    int result = overview_diff_open(o, &o->diff, err);

    if (result != 0)
        return -1;
    past = past_open(&o->manifest, o->run_fd, &o->first->schema);
    if (past == NULL)
        return error_no_memory(err);
    result = read_rows(o, past, err);
    past_close(past);
    overview_diff_close(&o->diff);
    if (result == 0 && o->rows != o->dataset->rows) {
        error_set(err, ERROR_DATA,
                  "%s: %s: holds another number of "
                  "rows than the manifest says",
                  o->manifest.file, o->dataset->name);
        result = error_usual(err, "rollcall verify tells more of the run");
    }
    rank_all(o);
    overview_choose_shown(o);
    return result;
}
