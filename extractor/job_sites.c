/* "sites": each begins as what the top of the job says. */
#include <string.h>

#include "job_read.h"
#include "units.h"

bool job_site_name_valid(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
    size_t len = strlen(name);

    return len > 0 && len <= JOB_SITE_NAME_MAX &&
           strspn(name, allowed) == len && strchr("_-", name[0]) == NULL &&
           strcmp(name, "latest") != 0;
}

static const struct json *member_at(const struct json *node, const char *outer,
                                    const char *inner)
{
    node = json_type(node) == JSON_OBJECT ? json_member(node, outer) : NULL;
    return node != NULL && json_type(node) == JSON_OBJECT
               ? json_member(node, inner)
               : NULL;
}

bool job_site_has_endpoint(const struct spec *spec, const char *name)
{
    const struct json *root = spec->doc.root;
    const struct json *list =
        json_type(root) == JSON_OBJECT ? json_member(root, "sites") : NULL;
    const struct json *site = NULL;

    if (list != NULL && json_type(list) == JSON_ARRAY)
        site = json_first(list);
    while (site != NULL && member_at(site, "endpoints", name) == NULL)
        site = json_next(site);
    return site != NULL;
}

static bool among(const struct endpoint *endpoints, size_t count,
                  const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (endpoints[i].name != NULL && name != NULL &&
            strcmp(endpoints[i].name, name) == 0)
            return true;
    }
    return false;
}

/* The site's own, then those of the top that it has none of its own for. */
static void read_endpoints(struct spec *spec, const struct spec_node *node,
                           struct job *site)
{
    const struct json *own = json_member(node->json, "endpoints");
    const struct job top = *site;
    struct endpoint *all;
    size_t count;

    site->endpoints = NULL;
    site->endpoint_count = 0;
    if (own != NULL) {
        struct spec_node child = spec_child(node, own, 0);

        job_read_endpoints(spec, &child, site);
    }
    count = site->endpoint_count;
    all = spec_alloc(spec, count + top.endpoint_count + 1, sizeof(*all));
    if (all == NULL)
        return;
    if (count > 0)
        memcpy(all, site->endpoints, count * sizeof(*all));
    for (size_t i = 0; i < top.endpoint_count; i++) {
        if (!among(all, site->endpoint_count, top.endpoints[i].name))
            all[count++] = top.endpoints[i];
    }
    site->endpoints = count > 0 ? all : NULL;
    site->endpoint_count = count;
}

/* The rates of the top, of the endpoints that this site has. What is wrong
 * with them was said when the top was read. */
static void take_rates(const struct spec *spec, struct job *site)
{
    const struct json *rates = member_at(spec->doc.root, "limits", "rate");

    for (size_t i = 0; i < site->endpoint_count; i++) {
        struct endpoint *endpoint = &site->endpoints[i];
        const struct json *rate =
            rates != NULL && endpoint->name != NULL &&
                    json_type(rates) == JSON_OBJECT
                ? json_member(rates, endpoint->name)
                : NULL;
        int64_t count, per_ms;

        if (rate == NULL || json_type(rate) != JSON_STRING ||
            units_rate(json_text(rate), &count, &per_ms) != 0)
            continue;
        endpoint->rate_count = count;
        endpoint->rate_per_ms = per_ms;
    }
}

/* PATH/FILE as PATH/NAME/FILE. */
static const char *beside(struct spec *spec, const char *path,
                          const char *name)
{
    const char *slash = path != NULL ? strrchr(path, '/') : NULL;
    char *text = NULL;

    if (slash != NULL)
        text = arena_printf(spec->arena, "%.*s/%s%s", (int)(slash - path),
                            path, name, slash);
    spec->no_memory |= text == NULL;
    return text;
}

static void read_name(struct spec *spec, const struct spec_node *node,
                      void *out)
{
    const char *name = spec_text(spec, node);

    if (name == NULL)
        return;
    if (job_site_name_valid(name))
        ((struct job *)out)->site = name;
    else
        spec_problem(spec, node, "a site's name is 1 to %d of a-z, 0-9, '_' "
                     "and '-', the first a letter or a digit, and not "
                     "\"latest\"",
                     JOB_SITE_NAME_MAX);
}

static void skip(struct spec *spec, const struct spec_node *node, void *out)
{
    (void)spec;
    (void)node;
    (void)out;
}

static void read_files(struct spec *spec, const struct spec_node *node,
                       void *out)
{
    struct job *site = out;

    site->files = NULL;
    site->file_count = 0;
    job_read_files(spec, node, out);
}

static void read_events(struct spec *spec, const struct spec_node *node,
                        void *out)
{
    spec_object(spec, node, job_event_fields, out);
}

static void read_keys(struct spec *spec, const struct spec_node *node,
                      void *out)
{
    spec_object(spec, node, job_key_fields, out);
}

/* How many sites are read at a time is nothing that one of them has. */
static void read_limits(struct spec *spec, const struct spec_node *node,
                        void *out)
{
    if (spec_object(spec, node, job_limit_fields, out) &&
        json_member(node->json, "sites") != NULL)
        spec_problem_at(spec, node, "sites", "is of the whole job: say it in "
                        "\"limits\" at the top");
}

static void read_guards(struct spec *spec, const struct spec_node *node,
                        void *out)
{
    spec_object(spec, node, job_guard_fields, out);
}

static void read_actions(struct spec *spec, const struct spec_node *node,
                         void *out)
{
    spec_object(spec, node, job_action_fields, out);
}

/* The name and the endpoints are read before all else. */
const struct spec_field job_site_fields[] = {
    {.key = "name",
     .help = "a-z, 0-9, '_' and '-'; its folder, and its rows' column site",
     .type = "text",
     .kind = SPEC_CUSTOM,
     .required = true,
     .read = skip},
    {.key = "endpoints",
     .help = "its own; each replaces that of the top as a whole",
     .type = "object, as at the top",
     .kind = SPEC_CUSTOM,
     .read = skip},
    {.key = "files",
     .help = "instead of the top's",
     .type = "object, as at the top",
     .kind = SPEC_CUSTOM,
     .read = read_files},
    {.key = "mappings",
     .help = "instead of the top's",
     .type = "list of names or files",
     .kind = SPEC_CUSTOM,
     .read = job_read_mappings},
    {.key = "events",
     .help = "what differs from the top's",
     .type = "object, as at the top",
     .kind = SPEC_CUSTOM,
     .read = read_events},
    {.key = "keys",
     .help = "what differs from the top's",
     .type = "object, as at the top",
     .kind = SPEC_CUSTOM,
     .read = read_keys},
    {.key = "limits",
     .help = "what differs from the top's, but for sites",
     .type = "object, as at the top",
     .kind = SPEC_CUSTOM,
     .read = read_limits},
    {.key = "guards",
     .help = "what differs from the top's",
     .type = "object, as at the top",
     .kind = SPEC_CUSTOM,
     .read = read_guards},
    {.key = "state",
     .help = "what is kept from run to run",
     .fallback = "NAME/rollcall.db beside the top's",
     .kind = SPEC_PATH,
     .offset = offsetof(struct job, state)},
    {.key = "actions",
     .help = "what differs from the top's",
     .type = "object, as at the top",
     .kind = SPEC_CUSTOM,
     .read = read_actions},
    {0},
};

static void move_target(struct spec *spec, struct job_target *target,
                        const char *site)
{
    const char **place = target->type == TARGET_SFTP  ? &target->url
                         : target->type == TARGET_DIR ? &target->path
                                                      : &target->prefix;
    const bool prefix = place == &target->prefix;

    if (*place == NULL)
        return;
    *place = arena_printf(spec->arena, prefix ? "%s%s/" : "%s/%s", *place,
                          site);
    spec->no_memory |= *place == NULL;
}

static void move_targets(struct spec *spec, struct job *site)
{
    struct job_target *own =
        spec_alloc(spec, site->target_count + 1, sizeof(*own));

    if (own == NULL || site->target_count == 0)
        return;
    memcpy(own, site->targets, site->target_count * sizeof(*own));
    for (size_t i = 0; i < site->target_count; i++)
        move_target(spec, &own[i], site->site);
    site->targets = own;
}

/* What a site has in a folder of its name. */
static void set_apart(struct spec *spec, struct job *site)
{
    if (site->site == NULL)
        return;
    site->state = beside(spec, site->state, site->site);
    if (site->output.redshift_url != NULL) {
        site->output.redshift_url =
            arena_printf(spec->arena, "%s/%s", site->output.redshift_url,
                         site->site);
        spec->no_memory |= site->output.redshift_url == NULL;
    }
    move_targets(spec, site);
}

/* site: begins as the top. */
static void read_site(struct spec *spec, const struct spec_node *node,
                      struct job *site)
{
    const struct json *name;

    if (!spec_is(spec, node, JSON_OBJECT))
        return;
    name = json_member(node->json, "name");
    if (name != NULL) {
        struct spec_node child = spec_child(node, name, 0);

        read_name(spec, &child, site);
    }
    set_apart(spec, site);
    read_endpoints(spec, node, site);
    take_rates(spec, site);
    spec_object(spec, node, job_site_fields, site);
    job_finish(spec, node, site);
}

static void check_unique(struct spec *spec, const struct spec_node *node,
                         const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (names[i] != NULL && names[count] != NULL &&
            strcmp(names[i], names[count]) == 0)
            spec_problem_at(spec, node, "name",
                            "\"%s\" is the name of another site", names[i]);
    }
}

/* Where the names stand; NULL and a problem when there is no sensible list. */
static const char **make_room(struct spec *spec, const struct spec_node *node)
{
    size_t size = json_size(node->json);

    if (!spec_is(spec, node, JSON_ARRAY))
        return NULL;
    if (size == 0 || size > JOB_SITES_MAX) {
        spec_problem(spec, node, "expected 1 to %d sites", JOB_SITES_MAX);
        return NULL;
    }
    return spec_alloc(spec, size + 1, sizeof(const char *));
}

void job_read_sites(struct spec *spec, const struct spec_node *node, void *out)
{
    const char **names = make_room(spec, node);
    const char *wanted = spec->owner;
    struct job *job = out, chosen = {0};
    size_t index = 0;

    if (names == NULL)
        return;
    job->sites = names;
    job->site_count = json_size(node->json);
    for (const struct json *item = json_first(node->json); item != NULL;
         item = json_next(item), index++) {
        struct spec_node child = spec_child(node, item, index);
        struct job site = *job;

        read_site(spec, &child, &site);
        names[index] = site.site;
        check_unique(spec, &child, names, index);
        if (wanted != NULL && site.site != NULL &&
            strcmp(wanted, site.site) == 0)
            chosen = site;
    }
    if (chosen.site == NULL)
        return;
    chosen.arena = job->arena; /* it has grown since the site began */
    *job = chosen;
}

const char *job_out_dir(struct job *job, const char *dir)
{
    if (dir == NULL)
        dir = job->output.dir;
    return job->site == NULL
               ? dir
               : arena_printf(&job->arena, "%s/%s", dir, job->site);
}
