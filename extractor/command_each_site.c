/* What looks at each site of a job, one after the other on stdout. */
#include "command_sites.h"

#include <stdio.h>
#include <stdlib.h>

#include "command_result.h"
#include "put.h"
#include "sites.h"

/* In a process of its own. */
static int look(const struct command *command, const char *site,
                int (*one)(const struct command *command, struct error *err),
                struct error *err)
{
    struct cli cli = *command->cli;
    const struct command own = {
        .cli = &cli, .log = command->log, .stop = command->stop};

    snprintf(command->log->site, sizeof(command->log->site), "%s", site);
    cli.values[OPTION_SITE] = site;
    return err->kind == ERROR_NONE ? one(&own, err) : -1;
}

static void print_text(const struct job *job, size_t index,
                       const struct buf *text)
{
    printf("%ssite      %s\n", index > 0 ? "\n" : "", job->sites[index]);
    fwrite(text->data, 1, text->len, stdout);
}

/* Each printed one document, or, when it failed, none. */
static void print_json(const struct job *job, size_t index,
                       const struct buf *text)
{
    printf("%s{\"site\":\"%s\",\"report\":", index == 0 ? "{\"sites\":[" : ",",
           job->sites[index]);
    fwrite(text->data, 1, text->len, stdout);
    fputs(text->len == 0 ? "null}" : "}", stdout);
    if (index + 1 == job->site_count)
        puts("]}");
}

static int finish(const struct command *command, const struct job *job,
                  const struct sites *sites, struct error *err)
{
    for (size_t i = 0; i < job->site_count; i++) {
        const struct sites_child *child = &sites->children[i];

        if (!buf_ok(&child->text))
            error_no_memory(err);
        if (command->cli->values[OPTION_JSON] != NULL)
            print_json(job, i, &child->text);
        else
            print_text(job, i, &child->text);
    }
    put_flush(err);
    if (*command->stop != 0)
        error_set(err, ERROR_INTERRUPTED, "interrupted");
    for (size_t i = 0; i < job->site_count; i++) {
        if (sites->children[i].exit != 0)
            error_set(err, command_kind_of(sites->children[i].exit),
                      "site %s: failed as said above", job->sites[i]);
    }
    return err->kind == ERROR_NONE ? 0 : -1;
}

int command_each_site(const struct command *command, const struct job *job,
                      int (*one)(const struct command *command,
                                 struct error *err),
                      struct error *err)
{
    const struct sites_options options = {.count = job->site_count,
                                          .limit = job->limits.sites,
                                          .stop = command->stop};
    struct sites *sites = calloc(1, sizeof(*sites));
    size_t index = 0;
    int result = -1;

    if (sites == NULL)
        return error_no_memory(err);
    switch (sites_run(sites, &options, &index, err)) {
    case SITES_CHILD:
        result = look(command, job->sites[index], one, err);
        break;
    case SITES_DONE:
    case SITES_FAILED:
        result = finish(command, job, sites, err);
    }
    sites_release(sites);
    free(sites);
    return result;
}
