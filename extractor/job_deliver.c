/* "deliver": where published runs go. */
#include <string.h>

#include "job_read.h"

#define MULTIPART_DEFAULT (INT64_C(1) * 1024 * 1024 * 1024)

/* Amazon's own, where the job names no other. A bucket with a '.' in its name
 * fits no certificate when it stands in the host. */
static void place_bucket(struct spec *spec, struct job_target *target)
{
    if (target->url != NULL) {
        target->path_style = true;
        return;
    }
    if (target->bucket == NULL || target->region == NULL)
        return;
    target->path_style = strchr(target->bucket, '.') != NULL;
    target->url = arena_printf(
        spec->arena, "https://%s%ss3.%s.amazonaws.com%s",
        target->path_style ? "" : target->bucket, target->path_style ? "" : ".",
        target->region, strncmp(target->region, "cn-", 3) == 0 ? ".cn" : "");
    spec->no_memory |= target->url == NULL;
}

static void check_host_key(struct spec *spec, const struct spec_node *node)
{
    bool hosts = json_member(node->json, "known_hosts") != NULL;

    if (hosts == (json_member(node->json, "fingerprint") != NULL))
        spec_problem(spec, node,
                     "expected either known_hosts or fingerprint: "
                     "without one of them nobody knows whom the files go to");
}

/* The type decides which other keys there are, so it is read first. */
static void read_target(struct spec *spec, const struct spec_node *node,
                        struct job_target *target)
{
    const struct json *type = json_member(node->json, "type");
    struct spec_node child;
    int word;

    if (!spec_is(spec, node, JSON_OBJECT))
        return;
    if (type == NULL) {
        spec_problem_at(spec, node, "type",
                        "missing; expected one of s3, azure, sftp, dir");
        return;
    }
    child = spec_child(node, type, 0);
    word = spec_word(spec, &child, job_target_tables[0][0].words);
    if (word < 0)
        return;
    spec_object(spec, node, job_target_tables[word], target);
    if (target->type == TARGET_S3)
        place_bucket(spec, target);
    if (target->type == TARGET_SFTP)
        check_host_key(spec, node);
}

static void check_names(struct spec *spec, const struct spec_node *node,
                        const struct job *job)
{
    for (size_t i = 0; i < job->target_count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (job->targets[i].name != NULL && job->targets[j].name != NULL &&
                strcmp(job->targets[i].name, job->targets[j].name) == 0)
                spec_problem(
                    spec, node,
                    "names two targets \"%s\"; give each a name of its own",
                    job->targets[i].name);
        }
    }
}

void job_read_deliver(struct spec *spec, const struct spec_node *node,
                      void *out)
{
    struct job *job = out;
    size_t size = json_size(node->json), index = 0;

    if (!spec_is(spec, node, JSON_ARRAY) || size == 0)
        return;
    if (size > JOB_TARGETS_MAX) {
        spec_problem(spec, node, "expected at most %d targets",
                     JOB_TARGETS_MAX);
        return;
    }
    job->targets = spec_alloc(spec, size, sizeof(*job->targets));
    if (job->targets == NULL)
        return;
    for (const struct json *item = json_first(node->json); item != NULL;
         item = json_next(item), index++) {
        struct job_target *target = &job->targets[job->target_count++];
        struct spec_node child = spec_child(node, item, index);

        memset(target, 0, sizeof(*target));
        target->prefix = "";
        target->multipart_above = MULTIPART_DEFAULT;
        target->name = arena_printf(spec->arena, "deliver[%zu]", index);
        spec->no_memory |= target->name == NULL;
        read_target(spec, &child, target);
    }
    check_names(spec, node, job);
}
