/*
 * source_read: the parts of the source reader, private to source*.c.
 *
 * The owner of the spec is a struct source_reader. Read functions report
 * mistakes by spec_problem().
 */
#ifndef ROLLCALL_SOURCE_READ_H
#define ROLLCALL_SOURCE_READ_H

#include "source.h"
#include "spec.h"

struct source_reader {
    struct source *source;
    bool kind_known;            /* "kind" was read and is right */
    const char *windowless;     /* a part that has no window is read: what
                                   it is called; NULL otherwise */
    bool uses_from, uses_to;    /* {from}, {to} stand in the request */
    bool uses_account;          /* {account} does */
    enum value_type field_type; /* of the field rule being read */
};

/* A RFC 6901 pointer, which may be "" for the whole; NULL and a problem. */
const char *source_pointer(struct spec *spec, const struct spec_node *node);
/* One pointer, or a list of at least one; NULL terminated. */
const char *const *source_pointers(struct spec *spec,
                                   const struct spec_node *node);
/* Read functions of the two, for tables; out is where the result goes. */
void source_read_pointer(struct spec *spec, const struct spec_node *node,
                         void *out);
void source_read_pointers(struct spec *spec, const struct spec_node *node,
                          void *out);

/* A list of statuses from 400 to 599; out is a const int *, ended by 0. */
void source_read_statuses(struct spec *spec, const struct spec_node *node,
                          void *out);

/* source_each.c; out is the struct source. */
void source_read_each(struct spec *spec, const struct spec_node *node,
                      void *out);
/* What a source with "each" must have and cannot have, once all is read. */
void source_check_each(struct spec *spec, const struct spec_node *root,
                       const struct source_reader *reader);

/* source_request.c; out is the struct source. */
void source_read_request(struct spec *spec, const struct spec_node *node,
                         void *out);
void source_read_probe(struct spec *spec, const struct spec_node *node,
                       void *out);
void source_read_actions(struct spec *spec, const struct spec_node *node,
                         void *out);
void source_read_paging(struct spec *spec, const struct spec_node *node,
                        void *out);
void source_read_batch(struct spec *spec, const struct spec_node *node,
                       void *out);

/* source_select.c: fills source->select once all is read; -1: no memory. */
int source_select(struct source *source);

/* source_fields.c; out is the struct source. */
void source_read_fields(struct spec *spec, const struct spec_node *node,
                        void *out);

/* source_file.c; out is the struct source. The check is for all sources. */
void source_read_csv(struct spec *spec, const struct spec_node *node,
                     void *out);
void source_check_file(struct spec *spec, const struct spec_node *root,
                       const struct source *source);

/* source_rule.c: one field rule, for a field of reader->field_type. */
void source_read_rule(struct spec *spec, const struct spec_node *node,
                      struct field_rule *rule);

/* source_subjects.c; out is the struct source. */
void source_read_subjects(struct spec *spec, const struct spec_node *node,
                          void *out);
void source_read_objects(struct spec *spec, const struct spec_node *node,
                         void *out);
void source_read_actors(struct spec *spec, const struct spec_node *node,
                        void *out);

#endif
