/* What is in the manifest of a merged run alone, and whose run another is. */
#include <string.h>

#include "manifest_parts.h"

static void put_site(struct jsonw *w, const struct site_report *site)
{
    static const char *const members[] = {"tool",    "jobSha256", "users",
                                          "datasets", "sources",  "keys",
                                          "guards",  "timings"};

    jsonw_object(w, NULL);
    jsonw_text(w, "site", site->name);
    jsonw_text(w, "runId", site->run_id);
    jsonw_instant(w, "asOf", site->as_of);
    jsonw_text(w, "manifestSha256", site->manifest_sha256);
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        const struct json *node = json_member(site->run, members[i]);

        if (node != NULL && !json_write(w, members[i], node, NULL))
            w->out->failed = true;
    }
    jsonw_object_end(w);
}

void manifest_put_sites(struct jsonw *w, const struct run_report *report)
{
    jsonw_array(w, "sites");
    for (size_t i = 0; i < report->site_count; i++)
        put_site(w, &report->sites[i]);
    jsonw_array_end(w);
    jsonw_array(w, "missing");
    for (size_t i = 0; i < report->missing_count; i++) {
        jsonw_object(w, NULL);
        jsonw_text(w, "site", report->missing[i].name);
        jsonw_text(w, "verdict", report->missing[i].verdict);
        jsonw_int(w, "exit", report->missing[i].exit);
        jsonw_object_end(w);
    }
    jsonw_array_end(w);
    jsonw_array(w, "omitted");
    for (size_t i = 0; i < report->omitted_count; i++) {
        jsonw_object(w, NULL);
        jsonw_text(w, "dataset", report->omitted[i].name);
        jsonw_text(w, "reason", report->omitted[i].reason);
        jsonw_object_end(w);
    }
    jsonw_array_end(w);
}

static int read_missing(const struct manifest_object *run)
{
    struct manifest *manifest = run->manifest;
    const struct json *list, *node;

    if (manifest_list(run, "missing", &list) != 0)
        return -1;
    manifest->missing =
        arena_alloc(&manifest->arena,
                    (json_size(list) + 1) * sizeof(*manifest->missing));
    if (manifest->missing == NULL)
        return error_no_memory(run->err);
    for (node = json_first(list); node != NULL; node = json_next(node)) {
        size_t index = manifest->missing_count++;
        struct manifest_object o;

        if (manifest_element(run, "missing", node, index, &o) != 0 ||
            manifest_text(&o, "site", &manifest->missing[index]) != 0)
            return -1;
    }
    return 0;
}

int manifest_read_sites(const struct manifest_object *run, bool partial)
{
    struct manifest *manifest = run->manifest;
    const struct json *list;

    if (json_member(run->node, "site") != NULL &&
        manifest_text(run, "site", &manifest->site) != 0)
        return -1;
    if (json_member(run->node, "sites") != NULL) {
        if (manifest_list(run, "sites", &list) != 0 || read_missing(run) != 0)
            return -1;
        manifest->merged = true;
    }
    if (partial == (manifest->missing_count > 0))
        return 0;
    return manifest_bad(run, "verdict", "does not fit \"missing\"");
}
