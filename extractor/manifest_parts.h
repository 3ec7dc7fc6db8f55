/*
 * manifest_parts: the pieces of the manifest's writer and reader. Private to
 * manifest*.c.
 */
#ifndef ROLLCALL_MANIFEST_PARTS_H
#define ROLLCALL_MANIFEST_PARTS_H

#include "json.h"
#include "jsonw.h"
#include "manifest.h"

#define DATA_PACKAGE_PROFILES "https://datapackage.org/profiles/2.0/"

#define MANIFEST_HIVE "hive" /* the only "layout" that is named */

#define MANIFEST_SIGNATURE "ed25519" /* the only "signature" there is */

/* Writing. */
void manifest_put_count(struct jsonw *w, const char *name, uint64_t count);
void manifest_put_resources(struct jsonw *w, const struct run_report *report);
void manifest_put_schema(struct jsonw *w, const struct dataset_report *dataset,
                         const struct csv_dialect *csv); /* NULL: JSONL */
void manifest_put_dialect(struct jsonw *w, const struct csv_dialect *dialect);
void manifest_put_run(struct jsonw *w, const struct run_report *report);
/* manifest_sites.c: what only a merged run has. */
void manifest_put_sites(struct jsonw *w, const struct run_report *report);

/* Names of enum csv_header_case in "x-headerCase". */
extern const char *const manifest_header_cases[3];
/* Names of enum value_type as Table Schema has them. */
extern const char *const manifest_field_types[VALUE_TYPE_COUNT];

/* Reading: one object of the file and its place, for error texts. Each
 * returns 0, or -1 with "manifest.json: PLACE.NAME: …" set. */
struct manifest_object {
    const struct json *node;
    char place[128];
    struct manifest *manifest;
    struct error *err;
};

int manifest_bad(const struct manifest_object *object, const char *name,
                 const char *what);
/* "site", "sites" and "missing", which must fit the verdict. */
int manifest_read_sites(const struct manifest_object *run, bool partial);
int manifest_text(const struct manifest_object *object, const char *name,
                  const char **out);
int manifest_count(const struct manifest_object *object, const char *name,
                   uint64_t *out);
int manifest_bool(const struct manifest_object *object, const char *name,
                  bool *out);
/* A text of exactly one byte. */
int manifest_char(const struct manifest_object *object, const char *name,
                  char *out);
/* Index of the text in names. */
int manifest_choice(const struct manifest_object *object, const char *name,
                    const char *const *names, size_t count, size_t *out);
/* "sha256:HEX"; *out is the 64 lower-case digits. */
int manifest_hash(const struct manifest_object *object, const char *name,
                  const char **out);
/* An object below this one. */
int manifest_child(const struct manifest_object *object, const char *name,
                   struct manifest_object *child);
/* A member that must be an array. */
int manifest_list(const struct manifest_object *object, const char *name,
                  const struct json **out);
/* An element of that array, which must be an object. */
int manifest_element(const struct manifest_object *object, const char *name,
                     const struct json *node, size_t index,
                     struct manifest_object *child);

int manifest_read_dialect(const struct manifest_object *resource,
                          size_t columns, struct csv_dialect *out);
int manifest_read_schema(const struct manifest_object *resource,
                         struct manifest_resource *out);

#endif
