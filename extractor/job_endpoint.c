#include "job_read.h"

#include <ctype.h>
#include <string.h>

#include "units.h"

enum { ENDPOINT_NAME_MAX = 32, ENDPOINTS_MAX = 32 };

const struct spec_field job_endpoint_fields[] = {
    {.key = "url",
     .help = "its address, https without query; http on loopback only",
     .type = "URL",
     .kind = SPEC_CUSTOM,
     .required = true,
     .offset = offsetof(struct endpoint, url),
     .read = job_read_url},
    {.key = "organisation",
     .help = "id of the organisation",
     .kind = SPEC_TEXT,
     .offset = offsetof(struct endpoint, organisation)},
    {.key = "directory",
     .help = "id of the directory",
     .fallback = "-",
     .kind = SPEC_TEXT,
     .offset = offsetof(struct endpoint, directory)},
    {.key = "site",
     .help = "id of the site",
     .kind = SPEC_TEXT,
     .offset = offsetof(struct endpoint, site)},
    {.key = "ca_file",
     .help = "PEM bundle instead of the system's",
     .kind = SPEC_PATH,
     .offset = offsetof(struct endpoint, ca_file)},
    {.key = "auth",
     .help = "how rollcall makes itself known",
     .type = "object",
     .variants = job_auth_tables,
     .kind = SPEC_CUSTOM,
     .required = true,
     .read = job_read_auth},
    {0},
};

static bool endpoint_name(const char *text)
{
    size_t len = strlen(text);

    if (len == 0 || len > ENDPOINT_NAME_MAX)
        return false;
    for (; *text != '\0'; text++) {
        if (!isalnum((unsigned char)*text) && *text != '_' && *text != '-')
            return false;
    }
    return true;
}

void job_read_endpoints(struct spec *spec, const struct spec_node *node,
                        void *out)
{
    struct job *job = out;
    size_t size = json_size(node->json);

    if (!spec_is_container(spec, node, JSON_OBJECT))
        return;
    if (size == 0 || size > ENDPOINTS_MAX) {
        spec_problem(spec, node, "expected 1 to %d endpoints", ENDPOINTS_MAX);
        return;
    }
    job->endpoints = spec_alloc(spec, size, sizeof(*job->endpoints));
    if (job->endpoints == NULL)
        return;
    for (const struct json *item = json_first(node->json); item != NULL;
         item = json_next(item)) {
        struct endpoint *endpoint = &job->endpoints[job->endpoint_count++];
        struct spec_node child = spec_child(node, item, 0);

        endpoint->name = spec_copy(spec, json_key(item));
        endpoint->directory = "-";
        if (!endpoint_name(json_key(item)))
            spec_problem(spec, &child,
                         "an endpoint's name is 1 to %d letters, digits, "
                         "'_' or '-'",
                         ENDPOINT_NAME_MAX);
        spec_object(spec, &child, job_endpoint_fields, endpoint);
    }
}

static struct endpoint *find_endpoint(struct spec *spec, struct job *job,
                                      const struct spec_node *node)
{
    struct nearest nearest;

    nearest_start(&nearest, node->key);
    for (size_t i = 0; i < job->endpoint_count; i++) {
        const char *name = job->endpoints[i].name;

        if (name == NULL)
            continue;
        if (strcmp(name, node->key) == 0)
            return &job->endpoints[i];
        nearest_offer(&nearest, name);
    }
    if (!job_site_has_endpoint(spec, node->key))
        spec_unknown(spec, node, "endpoint", &nearest);
    return NULL;
}

void job_read_rate(struct spec *spec, const struct spec_node *node, void *out)
{
    if (!spec_is_container(spec, node, JSON_OBJECT))
        return;
    for (const struct json *item = json_first(node->json); item != NULL;
         item = json_next(item)) {
        struct spec_node child = spec_child(node, item, 0);
        struct endpoint *endpoint = find_endpoint(spec, out, &child);
        const char *text = spec_text(spec, &child);
        int64_t count, per_ms;

        if (endpoint == NULL || text == NULL)
            continue;
        if (units_rate(text, &count, &per_ms) != 0 || count < 1) {
            spec_problem(spec, &child,
                         "expected a rate such as \"10/s\" or \"50/min\", "
                         "found \"%.*s\"",
                         SPEC_PATH_MAX, text);
            continue;
        }
        endpoint->rate_count = count;
        endpoint->rate_per_ms = per_ms;
    }
}
