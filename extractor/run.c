#include "run.h"

#include <stdlib.h>
#include <string.h>

#include "each.h"
#include "emit.h"
#include "gather.h"
#include "guard.h"
#include "previous.h"
#include "publish.h"
#include "recall.h"
#include "resolve.h"
#include "state.h"
#include "watch.h"

/* Everything a run holds; released in one place. */
struct run {
    const struct run_options *options;
    struct run_report report;
    struct publish *publish;
    struct previous previous;
    struct state *state;
    struct recall *recall;
    struct worker *worker; /* NULL: everything is done by this thread */
    struct exchange *exchange;
    struct gathered gathered;
    struct resolved resolved;
    struct emission emission;
    struct gather_options gather;
    struct watch *watch; /* NULL: nobody looks on */
};

static void name_sources(struct run *run)
{
    static const char *const kinds[] = {[SOURCE_USERS] = "users",
                                        [SOURCE_EVENTS] = "events",
                                        [SOURCE_KEYS] = "keys"};
    const struct setup *setup = run->options->setup;

    for (size_t i = 0; i < setup->source_count; i++) {
        const struct source *source = &setup->sources[i].source;
        struct source_report *report = &run->report.sources[i];

        report->name = source->name;
        report->kind = kinds[source->kind];
        report->path = source->path;
        report->sha256 = source->sha256;
        report->skipped = setup->sources[i].skipped;
        if (report->skipped != NULL && !setup->sources[i].is_fallback)
            log_line(run->options->log, LOG_INFO, "source", "%s: skipped: %s",
                     report->name, report->skipped);
    }
    for (size_t i = 0; i < setup->job.file_count; i++) {
        if (!setup_uses_file(setup, &setup->job.files[i]))
            log_line(run->options->log, LOG_INFO, "source", "files.%s: no "
                     "source of the run reads it", setup->job.files[i].name);
    }
    for (size_t i = 0; i < setup->mapping_count; i++) {
        const struct mapping *mapping = &setup->mappings[i];
        struct dataset_report *report = &run->report.datasets[i];

        report->schema = &mapping->rules.schema;
        report->mapping_path = mapping->path;
        report->mapping_sha256 = mapping->sha256;
        report->order = mapping->rules.order;
        report->order_count = mapping->rules.order_count;
    }
}

static int start_report(struct run *run, struct error *err)
{
    const struct run_options *options = run->options;
    const struct setup *setup = options->setup;
    struct run_report *report = &run->report;

    report->run_id = options->run_id;
    report->as_of = options->as_of;
    report->accepted = options->accept_guards;
    report->started = clock_wall(&options->log->clock);
    report->job_sha256 = setup->job.sha256;
    report->site = setup->job.site;
    report->dialect = &setup->job.output.dialect;
    report->hive = setup->job.output.layout == LAYOUT_HIVE;
    report->is_signed = options->sign_key != NULL;
    report->companions = setup->job.output.companions;
    report->source_count = setup->source_count;
    report->dataset_count = setup->mapping_count;
    report->sources = calloc(setup->source_count, sizeof(*report->sources));
    /* Each may have one of its changes. */
    report->datasets = calloc(2 * setup->mapping_count,
                              sizeof(*report->datasets));
    if (report->sources == NULL || report->datasets == NULL)
        return error_no_memory(err);
    name_sources(run);
    return 0;
}

/* Where files go is settled before anything is asked, so that a full or
 * locked disk costs no requests. */
static int open_output(struct run *run, struct error *err)
{
    const struct run_options *options = run->options;
    const struct setup *setup = options->setup;
    const struct publish_options publish = {
        .out_dir = setup->out_dir,
        .run_id = options->run_id,
        .file_mode = setup->job.output.file_mode,
        .dir_mode = setup->job.output.dir_mode,
        .replace = options->force,
        .redshift_url = setup->job.output.redshift_url,
        .sign_key = options->sign_key,
    };

    run->publish = publish_open(&publish, err);
    if (run->publish == NULL)
        return -1;
    if (previous_open(&run->previous, publish_out_fd(run->publish),
                      options->run_id, options->as_of, options->log,
                      err) != 0)
        return error_prefix(err, "%s", setup->out_dir);
    if (run->previous.found)
        run->report.supersedes = run->previous.manifest.run_id;
    return 0;
}

/* A recording holds a whole run's answers, so what earlier runs know is not
 * used while one is made or replayed, and they learn nothing of it. */
static bool knows_state(const struct run_options *options)
{
    return options->record == NULL && options->replay == NULL;
}

static int open_state(struct run *run, struct error *err)
{
    const struct run_options *options = run->options;
    const struct setup *setup = options->setup;
    const struct request_window window =
        gather_window(&setup->job, options->as_of);
    struct recall_options recall = {
        .setup = setup,
        .as_of = options->as_of,
        .run_id = options->run_id,
        .window = {window.from, window.to},
        .backfill = options->backfill,
        .full = options->full,
        .read_all = setup_makes_event_rows(setup),
        .log = options->log,
    };

    if (knows_state(options)) {
        run->state = state_open(setup->job.state, options->run_id,
                                options->log, err);
        if (run->state == NULL)
            return -1;
    }
    recall.state = run->state;
    run->recall = recall_open(&recall, err);
    return run->recall != NULL ? 0 : -1;
}

static int open_exchange(struct run *run, struct error *err)
{
    const struct run_options *options = run->options;
    struct worker *worker = run->worker = worker_new();
    const struct watch_options watch = {.screen = options->screen,
                                        .color = options->log->color,
                                        .log = options->log,
                                        .setup = options->setup,
                                        .report = &run->report};
    const struct exchange_options exchange = {
        .job = &options->setup->job,
        .allow_commands = options->allow_commands,
        .log = options->log,
        .clock = options->log->clock,
        .stop = options->stop,
        .seed = (uint64_t)clock_mono(&options->log->clock),
        .record = options->record,
        .replay = options->replay,
        .worker = worker,
        .tick = watch_tick,
        .tick_context = run->watch = watch_new(&watch),
    };

    run->exchange = exchange_new(&exchange, err);
    if (run->exchange == NULL)
        return -1;
    run->gather = (struct gather_options){
        .setup = options->setup,
        .exchange = run->exchange,
        .worker = worker,
        .log = options->log,
        .window = gather_window(&options->setup->job, options->as_of),
        .recall = run->recall,
        .report = &run->report,
        .previous = run->previous.found ? &run->previous.manifest : NULL,
        .watch = run->watch,
    };
    watch_start(run->watch, run->exchange, run->gather.previous);
    return 0;
}

static int check_stop(const struct run *run, struct error *err)
{
    if (run->options->stop == NULL || *run->options->stop == 0)
        return 0;
    return error_set(err, ERROR_INTERRUPTED, "interrupted; nothing published");
}

/* What is asked account by account comes last, when it is known for whom. */
static int ask_each(struct run *run, struct error *err)
{
    const struct each_options each = {.emission = &run->emission,
                                      .state = run->state};

    return each_needed(run->options->setup) ? each_ask(&each, err) : 0;
}

static int read_all(struct run *run, struct error *err)
{
    int previous_fd = run->previous.found ? run->previous.dir_fd : -1;
    const char *map_file = run->options->setup->job.keys.map_file;

    resolve_init(&run->resolved);
    if (map_file != NULL &&
        resolve_load_map(&run->resolved, map_file, err) != 0)
        return -1;
    if (gather_init(&run->gathered, run->options->setup, err) != 0 ||
        gather_keep_events(&run->gathered, run->options->setup,
                           publish_dir_fd(run->publish), err) != 0 ||
        resolve_early(&run->resolved, &run->gathered, &run->gather, err) != 0 ||
        gather_run(&run->gathered, &run->gather, err) != 0)
        return -1;
    if (resolve_subjects(&run->resolved, &run->gathered, &run->gather, err) ||
        emit_prepare(&run->emission, &run->gathered, &run->resolved,
                     &run->gather, previous_fd, err) != 0 ||
        ask_each(run, err) != 0 || emit_choose(&run->emission, err) != 0)
        return -1;
    if (run->report.keys.unresolved > 0)
        log_line(run->options->log, LOG_WARN, "keys", "%llu user keys of the "
                 "log belong to no known account, deleted ones perhaps; "
                 "keys.map_file in the job can name them",
                 (unsigned long long)run->report.keys.unresolved);
    if (run->report.keys.emails_unresolved > 0)
        log_line(run->options->log, LOG_WARN, "keys", "%llu e-mail addresses "
                 "of the log belong to no known account, or to several",
                 (unsigned long long)run->report.keys.emails_unresolved);
    return resolve_actors(&run->resolved, &run->gathered, &run->gather,
                          &run->emission.actors, err);
}

static int write_rejects(struct run *run, struct error *err)
{
    struct rejects *rejects = run->gathered.rejects;

    if (guard_maximum(&run->report, GUARD_MAX_REJECTS,
                      (int64_t)rejects_count(rejects),
                      run->options->setup->job.guards.max_rejects, err) != 0)
        return -1;
    run->gathered.rejects = NULL;
    if (rejects_close(rejects, publish_dir_fd(run->publish),
                      run->options->setup->job.output.file_mode,
                      &run->report.rejects, err) != 0)
        return -1;
    run->report.has_rejects = run->report.rejects.rows > 0;
    return 0;
}

/* What an operator let pass is said aloud. */
static void tell_accepted(const struct run *run)
{
    const struct run_report *report = &run->report;

    for (size_t i = 0; i < report->guard_count; i++) {
        const struct guard_report *guard = &report->guards[i];

        if (guard->accepted)
            log_line(run->options->log, LOG_WARN, "guard", "%s: %lld is past "
                     "the limit %lld%s; accepted for this run", guard->name,
                     (long long)guard->value, (long long)guard->limit,
                     guard->ppm ? " (parts per million)" : "");
    }
}

static int write_manifest(struct run *run, struct error *err)
{
    run->report.ended = clock_wall(&run->options->log->clock);
    return manifest_store(&run->report, publish_dir_fd(run->publish),
                          run->options->setup->job.output.file_mode,
                          run->options->sign_key, err);
}

static int write_all(struct run *run, struct error *err)
{
    struct publish *publish = run->publish;

    if (emit_check(&run->emission, err) != 0 ||
        emit_open_changes(&run->emission, &run->previous, err) != 0 ||
        emit_write(&run->emission, publish_dir_fd(publish), err) != 0 ||
        write_rejects(run, err) != 0 ||
        recall_report(run->recall, &run->report, err) != 0 ||
        write_manifest(run, err) != 0 || check_stop(run, err) != 0)
        return -1;
    tell_accepted(run);
    if (run->options->record != NULL &&
        recording_finish(run->options->record, err) != 0)
        return -1;
    if (run->options->ready != NULL &&
        run->options->ready(run->options->ready_context, err) != 0)
        return -1;
    run->publish = NULL;
    return publish_commit(publish, err);
}

static int learn(struct run *run, struct error *err)
{
    const struct recall_names names = gather_names(&run->gathered);

    return recall_commit(run->recall, &run->gathered.roster,
                         emit_first_observed(&run->emission), &names, err);
}

static void release(struct run *run)
{
    watch_free(run->watch);
    for (size_t i = 0; run->report.datasets != NULL &&
                       i < run->report.dataset_count; i++) {
        struct dataset_report *report = &run->report.datasets[i];

        for (size_t w = 0; w < report->writer_count; w++)
            writer_report_release(&report->writers[w]);
        free(report->writers);
        free(report->over_length);
    }
    for (size_t i = 0; run->report.sources != NULL &&
                       i < run->report.source_count; i++)
        source_report_release(&run->report.sources[i]);
    free(run->report.sources);
    free(run->report.datasets);
    emit_release(&run->emission);
    exchange_free(run->exchange);
    recall_free(run->recall);
    state_close(run->state);
    gather_release(&run->gathered);
    resolve_release(&run->resolved);
    previous_close(&run->previous);
    publish_abort(run->publish);
    worker_free(run->worker);
}

static int extract(struct run *run, struct run_result *result,
                   struct error *err)
{
    if (start_report(run, err) != 0 || open_output(run, err) != 0)
        return -1;
    if (publish_exists(run->publish) && !run->options->force) {
        struct publish *publish = run->publish;

        result->already = true;
        run->publish = NULL;
        return publish_complete(publish, err);
    }
    if (open_state(run, err) != 0)
        return -1;
    if (open_exchange(run, err) != 0 || read_all(run, err) != 0 ||
        check_stop(run, err) != 0 || write_all(run, err) != 0) {
        recall_end(run->recall, err);
        return -1;
    }
    summary_collect(&result->summary, &run->report, &run->emission,
                    &run->previous);
    return learn(run, err);
}

int run_extract(const struct run_options *options, struct run_result *result,
                struct error *err)
{
    struct run *run = calloc(1, sizeof(*run));
    int outcome;

    memset(result, 0, sizeof(*result));
    if (run == NULL)
        return error_no_memory(err);
    run->options = options;
    snprintf(result->dir, sizeof(result->dir), "%s/%s",
             options->setup->out_dir, options->run_id);
    outcome = extract(run, result, err);
    release(run);
    free(run);
    return outcome;
}
