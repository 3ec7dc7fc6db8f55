#include "manifest.h"

#include <stdio.h>
#include <string.h>

#include "instant.h"
#include "manifest_parts.h"
#include "sink.h"

enum { PACKAGE_NAME_MAX = 96, INDENT = 2 };

void manifest_put_count(struct jsonw *w, const char *name, uint64_t count)
{
    jsonw_int(w, name, count > INT64_MAX ? INT64_MAX : (int64_t)count);
}

/* Data Package names are lower case. */
static void put_package_name(struct jsonw *w, const char *run_id)
{
    char name[PACKAGE_NAME_MAX];

    snprintf(name, sizeof(name), "rollcall-%s", run_id);
    for (char *p = name; *p != '\0'; p++) {
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    }
    jsonw_text(w, "name", name);
}

static int check(const struct run_report *report, struct error *err)
{
    for (size_t i = 0; i < report->dataset_count; i++) {
        const char *name = report->datasets[i].schema->name;

        if (strcmp(name, REJECTS_DATASET) == 0) {
            error_set(err, ERROR_CONFIG,
                      "%s: this dataset name is taken by the file of "
                      "refused rows",
                      name);
            return error_usual(err, "choose another \"name\" for the mapping");
        }
    }
    return 0;
}

int manifest_write(const struct run_report *report, struct buf *out,
                   struct error *err)
{
    struct jsonw w;

    if (check(report, err) != 0)
        return -1;
    jsonw_init(&w, out, INDENT);
    jsonw_object(&w, NULL);
    jsonw_text(&w, "$schema", DATA_PACKAGE_PROFILES "datapackage.json");
    put_package_name(&w, report->run_id);
    jsonw_instant(&w, "created", report->ended);
    manifest_put_run(&w, report);
    manifest_put_resources(&w, report);
    jsonw_object_end(&w);
    buf_putc(out, '\n');
    if (buf_no_memory(out))
        return error_no_memory(err);
    if (!buf_ok(out))
        return error_set(err, ERROR_BUG, "%s: larger than %zu bytes",
                         MANIFEST_NAME, out->ceiling);
    return 0;
}

int manifest_store(const struct run_report *report, int dir_fd, mode_t mode,
                   const struct signature_key *key, struct error *err)
{
    struct buf text;
    int result;

    buf_init(&text, MANIFEST_BYTES_MAX);
    result = manifest_write(report, &text, err);
    if (result == 0)
        result = write_whole_file(dir_fd, MANIFEST_NAME, text.data, text.len,
                                  mode, err);
    if (result == 0)
        result = seal_write(dir_fd, MANIFEST_NAME, text.data, text.len, key,
                            mode, err);
    buf_release(&text);
    return result;
}
