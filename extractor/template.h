/*
 * template: texts with {placeholders}, as files describe requests.
 *
 * Reading: template_check() reports a brace without its other half and an
 * unknown placeholder with the nearest known one; template_body() makes a
 * body's JSON text after checking all its texts. Filling: template_fill() for
 * a path, whose values are percent-encoded (RFC 3986) so that none can add a
 * segment or a parameter; template_fill_query() for the value of a parameter,
 * all of which is encoded; template_fill_body() for JSON, whose values become
 * text as they are. Pure.
 */
#ifndef ROLLCALL_TEMPLATE_H
#define ROLLCALL_TEMPLATE_H

#include <stdbool.h>

#include "buf.h"
#include "error.h"
#include "job.h"
#include "jsonw.h"
#include "spec.h"

enum { TEMPLATE_BODY_MAX = 64 * 1024 }; /* bytes of a body, filled or not */

struct template_value {
    const char *name;  /* NULL ends a list */
    const char *value; /* NULL: there is none */
};

/* The first values of a list: {organisation} {directory} {site}. */
enum { TEMPLATE_OF_ENDPOINT = 3 };
void template_of_endpoint(const struct endpoint *endpoint,
                          struct template_value values[TEMPLATE_OF_ENDPOINT]);

/* known: names, NULL terminated. */
void template_check(struct spec *spec, const struct spec_node *node,
                    const char *text, const char *const *known);

/* JSON text in the arena; NULL and a problem. */
const char *template_body(struct spec *spec, const struct spec_node *node,
                          const char *const *known);

/* The same name in text as "{name}"; text may be NULL. */
bool template_uses(const char *text, const char *name);

/* The first name used that has no value; NULL: none. */
const char *template_lacks(const char *text,
                           const struct template_value *values);

/* Each appends. Every placeholder used must have a value (ERROR_BUG), and the
 * result must fit (ERROR_CONFIG). */
int template_fill(const char *text, const struct template_value *values,
                  struct buf *out, struct error *err);
int template_fill_body(const char *json, const struct template_value *values,
                       struct buf *out, struct error *err);
int template_fill_query(const char *text, const struct template_value *values,
                        struct buf *out, struct error *err);

/* The members of a body that is an object, into the object w has open; whether
 * they fit is to be asked when it is closed. */
int template_fill_members(const char *json, const struct template_value *values,
                          struct jsonw *w, struct error *err);

/* -1 (ERROR_CONFIG) when something appended to out passed its ceiling. */
int template_fits(const struct buf *out, struct error *err);

#endif
