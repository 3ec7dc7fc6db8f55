#include "merge_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "instant.h"
#include "previous.h"
#include "publish.h"
#include "sink.h"

enum { FILE_MODE_DEFAULT = 0600, DIR_MODE_DEFAULT = 0700 };

static void report_sites(struct merge *merge)
{
    struct run_report *report = &merge->report;

    for (size_t i = 0; i < merge->count; i++) {
        const struct manifest *m = &merge->runs[i].manifest;

        merge->sites[i] = (struct site_report){
            .name = merge->runs[i].site,
            .run_id = m->run_id,
            .manifest_sha256 = merge->runs[i].sha256,
            .as_of = m->as_of,
            .run = json_member(m->doc.root, "x-rollcall"),
        };
        report->users += m->users;
        if (i == 0 || m->as_of < report->as_of)
            report->as_of = m->as_of;
    }
    report->sites = merge->sites;
    report->site_count = merge->count;
    report->missing = merge->options->missing;
    report->missing_count = merge->options->missing_count;
    report->omitted = merge->omitted;
}

static int start_report(struct merge *merge, struct merge_result *result,
                        struct error *err)
{
    const struct merge_options *options = merge->options;
    const struct manifest *first = &merge->runs[0].manifest;
    struct run_report *report = &merge->report;
    char made[INSTANT_TEXT_MAX];

    report_sites(merge);
    report->is_signed = options->sign_key != NULL;
    report->started = clock_wall(&options->log->clock);
    report->hive = options->job != NULL
                       ? options->job->output.layout == LAYOUT_HIVE
                       : first->hive;
    report->companions = options->job != NULL ? options->job->output.companions
                                              : first->companions;
    if (options->job != NULL)
        report->job_sha256 = options->job->sha256;
    report->datasets = arena_alloc(
        &merge->arena, (first->dataset_count + 1) * sizeof(*report->datasets));
    if (report->datasets == NULL)
        return error_no_memory(err);
    instant_compact(report->as_of, made);
    snprintf(result->run_id, sizeof(result->run_id), "%s",
             options->run_id != NULL ? options->run_id : made);
    snprintf(result->dir, sizeof(result->dir), "%s/%s", options->out_dir,
             result->run_id);
    result->as_of = report->as_of;
    report->run_id = result->run_id;
    return 0;
}

/* A partial run gives way to one that lacks fewer sites. What cannot be told
 * is an error: a run left in its place would pass for this one. What is there
 * and no run is for publish to refuse. */
static int gives_way(const struct merge *merge, const char *dir, bool *way,
                     struct error *err)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    struct error trouble = {0};
    struct manifest manifest;

    *way = merge->options->replace;
    if (fd < 0 && errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
        return error_system(err, ERROR_IO, errno, "%s: cannot open", dir);
    if (fd < 0)
        return 0;
    if (manifest_load(&manifest, fd, &trouble) == 0) {
        *way |= manifest.merged &&
                merge->options->missing_count < manifest.missing_count;
        manifest_free(&manifest);
    }
    close(fd);
    if (trouble.kind == ERROR_NONE || trouble.kind == ERROR_DATA ||
        trouble.kind == ERROR_NO_INPUT)
        return 0;
    error_prefix(&trouble, "%s", dir);
    return error_pass(err, &trouble);
}

static int omit(struct merge *merge, const char *dataset, const char *reason,
                struct error *err)
{
    struct run_report *report = &merge->report;

    if (report->omitted_count == JOB_SITES_MAX) {
        error_set(err, ERROR_DATA, "datasets: more than %d cannot be merged",
                  JOB_SITES_MAX);
        return error_usual(
            err, "merge runs that were extracted with the same mappings");
    }
    merge->omitted[report->omitted_count++] =
        (struct omitted_report){.name = dataset, .reason = reason};
    log_line(merge->options->log, LOG_WARN, "merge", "%s: left out: %s; load "
             "the whole dataset this time", dataset, reason);
    return 0;
}

static int write_datasets(struct merge *merge, struct error *err)
{
    const struct manifest *first = &merge->runs[0].manifest;
    struct run_report *report = &merge->report;

    for (size_t i = 0; i < first->dataset_count; i++) {
        struct dataset_report *dataset =
            &report->datasets[report->dataset_count];
        const char *name = first->datasets[i].name, *reason;

        memset(dataset, 0, sizeof(*dataset));
        if (merge_schema(merge, name, dataset, err) != 0 ||
            merge_count(merge, dataset, &reason, err) != 0)
            return -1;
        if (reason != NULL) {
            if (omit(merge, name, reason, err) != 0)
                return -1;
            continue;
        }
        report->dataset_count++;
        if (merge_dataset(merge, dataset, err) != 0)
            return -1;
    }
    return 0;
}

static int write_manifest(struct merge *merge, struct error *err)
{
    merge->report.ended = clock_wall(&merge->options->log->clock);
    return manifest_store(&merge->report, merge->dir_fd, merge->file_mode,
                          merge->options->sign_key, err);
}

static int fill_result(const struct merge *merge, struct merge_result *result,
                       struct error *err)
{
    const struct run_report *report = &merge->report;

    result->datasets =
        arena_alloc(&result->arena,
                    (report->dataset_count + 1) * sizeof(*result->datasets));
    if (result->datasets == NULL)
        return error_no_memory(err);
    for (size_t i = 0; i < report->dataset_count; i++) {
        struct merge_dataset *dataset = &result->datasets[i];

        dataset->name =
            arena_strdup(&result->arena, report->datasets[i].schema->name);
        dataset->rows = report->datasets[i].rows;
        dataset->rejected = report->datasets[i].rejected;
        if (dataset->name == NULL)
            return error_no_memory(err);
    }
    result->dataset_count = report->dataset_count;
    return 0;
}

/* The merged run before this one, which clean keeps and status compares. */
static int name_previous(struct merge *merge, const struct publish *publish,
                         struct error *err)
{
    struct run_report *report = &merge->report;
    struct previous previous;
    int result = 0;

    if (previous_open(&previous, publish_out_fd(publish), report->run_id,
                      report->as_of, merge->options->log, err) != 0)
        return error_prefix(err, "%s", merge->options->out_dir);
    if (previous.found) {
        report->supersedes =
            arena_strdup(&merge->arena, previous.manifest.run_id);
        if (report->supersedes == NULL)
            result = error_no_memory(err);
    }
    previous_close(&previous);
    return result;
}

/* Publishes and frees the folder, or leaves nothing of it. */
static int write_run(struct merge *merge, struct publish *publish,
                     struct merge_result *result, struct error *err)
{
    merge->dir_fd = publish_dir_fd(publish);
    if (name_previous(merge, publish, err) != 0 ||
        write_datasets(merge, err) != 0 || merge_rejects(merge, err) != 0 ||
        write_manifest(merge, err) != 0 ||
        fill_result(merge, result, err) != 0) {
        publish_abort(publish);
        return -1;
    }
    return publish_commit(publish, err);
}

static int merge_into(struct merge *merge, struct merge_result *result,
                      struct error *err)
{
    const struct merge_options *options = merge->options;
    const struct job *job = options->job;
    struct publish_options publish_options = {
        .out_dir = options->out_dir,
        .run_id = result->run_id,
        .file_mode = job != NULL ? job->output.file_mode : FILE_MODE_DEFAULT,
        .dir_mode = job != NULL ? job->output.dir_mode : DIR_MODE_DEFAULT,
        .sign_key = options->sign_key,
        .redshift_url = job != NULL ? job->output.redshift_url : NULL,
    };
    struct publish *publish;

    if (gives_way(merge, result->dir, &publish_options.replace, err) != 0)
        return -1;
    publish = publish_open(&publish_options, err);
    if (publish == NULL)
        return -1;
    merge->file_mode = publish_options.file_mode;
    if (publish_exists(publish) && !publish_options.replace) {
        result->already = true;
        return publish_complete(publish, err);
    }
    return write_run(merge, publish, result, err);
}

static void release_report(struct run_report *report)
{
    for (size_t i = 0; report->datasets != NULL && i < report->dataset_count;
         i++) {
        for (size_t w = 0; w < report->datasets[i].writer_count; w++)
            writer_report_release(&report->datasets[i].writers[w]);
    }
}

int merge_runs(const struct merge_options *options,
               struct merge_result *result, struct error *err)
{
    struct merge *merge = calloc(1, sizeof(*merge));
    int outcome = -1;

    memset(result, 0, sizeof(*result));
    arena_init(&result->arena);
    if (merge == NULL)
        return error_no_memory(err);
    merge->options = options;
    arena_init(&merge->arena);
    merge->worker = worker_new();
    if (merge_open(merge, err) == 0 && merge_check_shapes(merge, err) == 0 &&
        start_report(merge, result, err) == 0)
        outcome = merge_into(merge, result, err);
    release_report(&merge->report);
    merge_close(merge);
    worker_free(merge->worker);
    arena_release(&merge->arena);
    free(merge);
    return outcome;
}

void merge_result_release(struct merge_result *result)
{
    arena_release(&result->arena);
    memset(result, 0, sizeof(*result));
}
