#include "job.h"

#include <string.h>

#include "instant.h"
#include "job_read.h"
#include "secret_ref.h"
#include "spec.h"
#include "units.h"

#define WEEK         (INT64_C(7) * INSTANT_DAY)
#define LOOKBACK_MAX (INT64_C(3650) * INSTANT_DAY)
#define COUNT_MAX    INT64_C(1000000000)

enum {
    CONCURRENCY_MAX = 32,
    ALL_PPM = 1000 * 1000, /* 100 % */
    DEFAULT_SHARE_PPM = ALL_PPM / 5,
    DEFAULT_PART_SIZE = 200 * 1024 * 1024
};

static const char *const no_access_words[] = {"fail", "allow", NULL};
static const char *const zero_rows_words[] = {"fail", "allow", NULL};
static const char *const site_failure_words[] = {"fail", "publish_others",
                                                 NULL};

static bool earlier(const char *const *texts, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(texts[i], text) == 0)
            return true;
    }
    return false;
}

void job_read_mappings(struct spec *spec, const struct spec_node *node,
                       void *out)
{
    struct job *job = out;
    const char *const *texts = spec_texts(spec, node, 1);
    const char **names;
    size_t count = 0;

    while (texts != NULL && texts[count] != NULL)
        count++;
    names = spec_alloc(spec, count + 1, sizeof(*names));
    if (names == NULL)
        return;
    for (size_t i = 0; i < count; i++) {
        names[i] = texts[i];
        if (spec_is_file(names[i]))
            names[i] = spec_absolute(spec, names[i]);
        if (names[i] == NULL)
            return;
        if (earlier(names, i, names[i]))
            spec_problem(spec, node, "names %s twice", names[i]);
    }
    job->mappings = names;
}

const struct spec_field job_event_fields[] = {
    {.key = "lookback",
     .help = "how far back a log is read when nothing is known of it",
     .fallback = "180d",
     .kind = SPEC_DURATION,
     .offset = offsetof(struct job, events.lookback_ms),
     .min = 1,
     .max = LOOKBACK_MAX},
    {.key = "overlap",
     .help = "how much of what is known is read again",
     .fallback = "24h",
     .kind = SPEC_DURATION,
     .offset = offsetof(struct job, events.overlap_ms),
     .max = LOOKBACK_MAX},
    {.key = "settle",
     .help = "the newest records, left to the next run",
     .fallback = "5m",
     .kind = SPEC_DURATION,
     .offset = offsetof(struct job, events.settle_ms),
     .max = INSTANT_DAY},
    {.key = "no_access",
     .help = "whether a log that may not be read ends the run",
     .fallback = "fail",
     .kind = SPEC_ENUM,
     .offset = offsetof(struct job, events.no_access),
     .words = no_access_words},
    {0},
};

const struct spec_field job_key_fields[] = {
    {.key = "map_file",
     .help = "CSV user_key,account_id of accounts that the log names by key",
     .kind = SPEC_PATH,
     .offset = offsetof(struct job, keys.map_file)},
    {0},
};

const struct spec_field job_limit_fields[] = {
    {.key = "concurrency",
     .help = "requests at a time",
     .fallback = "4",
     .kind = SPEC_INT,
     .offset = offsetof(struct job, limits.concurrency),
     .min = 1,
     .max = CONCURRENCY_MAX},
    {.key = "rate",
     .help = "by endpoint: requests in a span of time",
     .step = "NAME",
     .type = "rate such as 10/s or 50/min",
     .kind = SPEC_CUSTOM,
     .read = job_read_rate},
    {.key = "retry_for",
     .help = "how long a request is tried again",
     .fallback = "15m",
     .kind = SPEC_DURATION,
     .offset = offsetof(struct job, limits.retry_for_ms),
     .max = WEEK},
    {.key = "run_for",
     .help = "how long a run may last",
     .fallback = "6h",
     .kind = SPEC_DURATION,
     .offset = offsetof(struct job, limits.run_for_ms),
     .min = 1,
     .max = WEEK},
    {.key = "sites",
     .help = "sites at a time; of the whole job",
     .fallback = "4",
     .kind = SPEC_INT,
     .offset = offsetof(struct job, limits.sites),
     .min = 1,
     .max = JOB_SITES_MAX},
    {0},
};

const struct spec_field job_guard_fields[] = {
    {.key = "min_users",
     .help = "fewest accounts of a list",
     .fallback = "1",
     .kind = SPEC_INTEGER,
     .offset = offsetof(struct job, guards.min_users),
     .max = COUNT_MAX},
    {.key = "max_new_inactive",
     .help = "most accounts newly inactive since the run before",
     .fallback = "20%",
     .kind = SPEC_PERCENT,
     .offset = offsetof(struct job, guards.max_new_inactive_ppm),
     .max = ALL_PPM},
    {.key = "max_placeholders",
     .help = "most accounts without id or name",
     .fallback = "20%",
     .kind = SPEC_PERCENT,
     .offset = offsetof(struct job, guards.max_placeholders_ppm),
     .max = ALL_PPM},
    {.key = "max_fewer_users",
     .help = "most accounts gone since the run before",
     .fallback = "20%",
     .kind = SPEC_PERCENT,
     .offset = offsetof(struct job, guards.max_fewer_users_ppm),
     .max = ALL_PPM},
    {.key = "max_export_age",
     .help = "how old an exported file may be",
     .fallback = "48h",
     .kind = SPEC_DURATION,
     .offset = offsetof(struct job, guards.max_export_age_ms),
     .min = 1,
     .max = LOOKBACK_MAX},
    {.key = "max_rejects",
     .help = "most records refused by all sources",
     .fallback = "10",
     .kind = SPEC_INTEGER,
     .offset = offsetof(struct job, guards.max_rejects),
     .max = COUNT_MAX},
    {.key = "zero_rows",
     .help = "whether a dataset may be empty",
     .fallback = "fail",
     .kind = SPEC_ENUM,
     .offset = offsetof(struct job, guards.zero_rows),
     .words = zero_rows_words},
    {0},
};

const struct spec_field job_action_fields[] = {
    {.key = "journal",
     .help = "what activate and deactivate did",
     .fallback = "journal.jsonl beside the state",
     .kind = SPEC_PATH,
     .offset = offsetof(struct job, actions.journal)},
    {0},
};

static void read_sign(struct spec *spec, const struct spec_node *node,
                      void *out)
{
    struct job *job = out;

    job->has_sign = secret_ref_read(spec, node, true, &job->sign);
}

/* Endpoints come before the limits, whose rates refer to them; sites last,
 * because they begin as what the top says. */
const struct spec_field job_fields[] = {
    {.key = "endpoints",
     .help = "by name: who is asked; jira, admin and adminhub are those of the "
             "shipped sources",
     .type = "object",
     .step = "NAME",
     .object = job_endpoint_fields,
     .kind = SPEC_CUSTOM,
     .read = job_read_endpoints},
    {.key = "files",
     .help = "by name: exported files that are read instead",
     .type = "path or list of paths ending in .csv or .csv.gz",
     .step = "NAME",
     .kind = SPEC_CUSTOM,
     .read = job_read_files},
    {.key = "mappings",
     .help = "the datasets to make",
     .type = "list of names or files",
     .kind = SPEC_CUSTOM,
     .required = true,
     .read = job_read_mappings},
    {.key = "events",
     .help = "how logs are read",
     .kind = SPEC_OBJECT,
     .object = job_event_fields},
    {.key = "keys",
     .help = "who is who",
     .kind = SPEC_OBJECT,
     .object = job_key_fields},
    {.key = "limits",
     .help = "how hard and how long it asks",
     .kind = SPEC_OBJECT,
     .object = job_limit_fields},
    {.key = "guards",
     .help = "past a limit nothing is published",
     .kind = SPEC_OBJECT,
     .object = job_guard_fields},
    {.key = "output",
     .help = "what is written, and where",
     .type = "object",
     .object = job_output_fields,
     .kind = SPEC_CUSTOM,
     .read = job_read_output},
    {.key = "state",
     .help = "what is kept from run to run",
     .fallback = "state/rollcall.db",
     .kind = SPEC_PATH,
     .offset = offsetof(struct job, state)},
    {.key = "actions",
     .help = "activate and deactivate",
     .kind = SPEC_OBJECT,
     .object = job_action_fields},
    {.key = "sign",
     .help = "private Ed25519 key that signs each manifest",
     .fallback = "none",
     .type = "secret",
     .kind = SPEC_CUSTOM,
     .read = read_sign},
    {.key = "deliver",
     .help = "where published runs are brought to",
     .fallback = "none",
     .type = "list of objects",
     .step = "[]",
     .variants = job_target_tables,
     .kind = SPEC_CUSTOM,
     .read = job_read_deliver},
    {.key = "on_site_failure",
     .help = "whether a site that fails keeps the others from being published",
     .fallback = "fail",
     .kind = SPEC_ENUM,
     .offset = offsetof(struct job, on_site_failure),
     .words = site_failure_words},
    {.key = "sites",
     .help = "several sites, each with what is its own",
     .fallback = "none",
     .type = "list of objects",
     .step = "[]",
     .object = job_site_fields,
     .kind = SPEC_CUSTOM,
     .read = job_read_sites},
    {0},
};

static void set_defaults(struct job *job, struct spec *spec)
{
    job->events.lookback_ms = INT64_C(180) * INSTANT_DAY;
    job->events.overlap_ms = INSTANT_DAY;
    job->events.settle_ms = 5 * INSTANT_MINUTE;
    job->limits.concurrency = 4;
    job->limits.retry_for_ms = 15 * INSTANT_MINUTE;
    job->limits.run_for_ms = 6 * INSTANT_HOUR;
    job->limits.sites = 4;
    job->guards.min_users = 1;
    job->guards.max_new_inactive_ppm = DEFAULT_SHARE_PPM;
    job->guards.max_placeholders_ppm = DEFAULT_SHARE_PPM;
    job->guards.max_fewer_users_ppm = DEFAULT_SHARE_PPM;
    job->guards.max_export_age_ms = INT64_C(2) * INSTANT_DAY;
    job->guards.max_rejects = 10;
    job->output.csv = job->output.jsonl = true;
    job->output.part_size = DEFAULT_PART_SIZE;
    job->output.companions.section = "Global";
    job->output.file_mode = 0600;
    job->output.dir_mode = 0700;
    csv_preset("rfc4180", &job->output.dialect);
    job->output.dir = spec_absolute(spec, "out");
    job->state = spec_absolute(spec, "state/rollcall.db");
}

/* The journal of actions stands beside the state unless the job says where. */
static void place_journal(struct job *job, struct spec *spec)
{
    const char *slash = job->state != NULL ? strrchr(job->state, '/') : NULL;

    if (job->actions.journal != NULL || slash == NULL)
        return;
    job->actions.journal =
        arena_printf(spec->arena, "%.*s/journal.jsonl",
                     (int)(slash - job->state), job->state);
    if (job->actions.journal == NULL)
        spec->no_memory = true;
}

void job_finish(struct spec *spec, const struct spec_node *node,
                struct job *job)
{
    place_journal(job, spec);
    if (job->endpoints == NULL && job->files == NULL &&
        json_type(node->json) == JSON_OBJECT &&
        json_member(node->json, "endpoints") == NULL &&
        json_member(node->json, "files") == NULL)
        spec_problem_at(spec, node, "endpoints",
                        "missing; only a job with \"files\" needs none");
    if (job->events.overlap_ms >= job->events.lookback_ms)
        spec_problem_at(spec, node, "events.overlap",
                        "must be shorter than events.lookback");
}

/* Whose job was asked for, where it is not in the file. */
static int no_site(const struct job *job, const char *site, struct error *err)
{
    char advice[NEAREST_ADVICE_MAX];
    struct nearest nearest;

    if (job->sites == NULL) {
        error_set(err, ERROR_USAGE, "--site: %s has no \"sites\"", job->path);
        return error_hint(err, "leave --site out");
    }
    nearest_start(&nearest, site);
    for (const char *const *name = job->sites; *name != NULL; name++)
        nearest_offer(&nearest, *name);
    nearest_advice(&nearest, advice, sizeof(advice));
    error_set(err, ERROR_USAGE, "--site: %s has no site \"%.64s\"", job->path,
              site);
    return error_hint(err, "%s", advice);
}

static void read_root(struct spec *spec, struct job *job)
{
    struct spec_node root = spec_root(spec);

    spec_object(spec, &root, job_fields, job);
    if (job->sites == NULL && (json_type(root.json) != JSON_OBJECT ||
                               json_member(root.json, "sites") == NULL))
        job_finish(spec, &root, job);
}

int job_load_site(struct job *job, const char *path, const char *site,
                  struct error *err)
{
    struct spec spec;

    memset(job, 0, sizeof(*job));
    arena_init(&job->arena);
    if (spec_open(&spec, path, &job->arena, err) != 0)
        goto err0;
    spec.owner = (void *)(uintptr_t)site;
    job->path = spec.path;
    job->folder = spec.folder;
    memcpy(job->sha256, spec.sha256, sizeof(job->sha256));
    set_defaults(job, &spec);
    read_root(&spec, job);
    if (spec_close(&spec, err) != 0)
        goto err0;
    if (site != NULL && job->site == NULL) {
        no_site(job, site, err);
        goto err0;
    }
    return 0;
err0:
    job_free(job);
    return -1;
}

int job_load(struct job *job, const char *path, struct error *err)
{
    return job_load_site(job, path, NULL, err);
}

void job_free(struct job *job)
{
    arena_release(&job->arena);
    memset(job, 0, sizeof(*job));
}

const struct endpoint *job_endpoint(const struct job *job, const char *name)
{
    for (size_t i = 0; i < job->endpoint_count; i++) {
        if (strcmp(job->endpoints[i].name, name) == 0)
            return &job->endpoints[i];
    }
    return NULL;
}
