/*
 * mapping_read: the parts of the mapping reader, private to mapping*.c.
 *
 * The owner of the spec is a struct mapping_reader. Read functions report
 * mistakes by spec_problem(). The order of reading is that of the references:
 * sources, facts, then what refers to them.
 */
#ifndef ROLLCALL_MAPPING_READ_H
#define ROLLCALL_MAPPING_READ_H

#include "mapping.h"
#include "secret.h"
#include "spec.h"
#include "strmap.h"

/* What has to be released besides the arena; one member is not NULL. */
struct mapping_resource {
    struct mapping_resource *next;
    struct pattern *pattern;
    struct strmap *table;
    struct secret *secret;
};

/* Which kinds of reference are allowed: bits 1 << enum ref_kind. */
enum mapping_scope {
    SCOPE_FACT = 1 << REF_EVENT, /* conditions of facts */
    SCOPE_WHERE = 1 << REF_USER | 1 << REF_FACT,
    SCOPE_COLUMN = SCOPE_WHERE | 1 << REF_OBSERVED | 1 << REF_RUN,
    /* the same two of a mapping of events */
    SCOPE_EVENT_WHERE = 1 << REF_EVENT | 1 << REF_USER | 1 << REF_SUBJECT |
                        1 << REF_ACTOR,
    SCOPE_EVENT_COLUMN = SCOPE_EVENT_WHERE | 1 << REF_RUN
};

struct mapping_reader {
    struct mapping *mapping;
    struct fact_rule *facts; /* names are complete before any reference */
    size_t fact_count;
    unsigned scope;         /* of the condition being read */
    int depth;              /* of the condition being read */
    struct column *columns; /* of the schema */
    size_t column_count;
};

/* One column while it is read. */
/* Names of enum over_length, NULL terminated. */
extern const char *const mapping_over_length_words[];

struct mapping_column {
    struct column column;
    struct column_rule rule;
    int64_t length;
    bool type_known;
    bool has_transforms;
    enum value_type input; /* of the alternatives */
};

/* mapping.c */
struct mapping_resource *mapping_add_resource(struct spec *spec);
/* [a-z][a-z0-9_]*, for datasets and columns. */
bool mapping_is_name(const char *text);

/* mapping_ref.c: "user.email" and so on. */
bool mapping_read_ref(struct spec *spec, const struct spec_node *node,
                      unsigned scope, struct ref *out);
enum value_type mapping_ref_type(const struct ref *ref);
/* The words it can have, NULL terminated; NULL: it can have any. */
const char *const *mapping_ref_words(const struct ref *ref);

/* mapping_condition.c: NULL and problems when it is wrong. */
struct condition *mapping_read_condition(struct spec *spec,
                                         const struct spec_node *node,
                                         unsigned scope);

/* mapping_facts.c */
void mapping_read_facts(struct spec *spec, const struct spec_node *node,
                        void *out);

/* mapping_event.c: what grain "event" asks of a mapping, and the order it has
 * when the mapping gives none. */
unsigned mapping_scope_of_where(const struct rules *rules);
unsigned mapping_scope_of_columns(const struct rules *rules);
void mapping_event_order(const struct rules *rules, size_t *order,
                         size_t *count);
void mapping_check_event(struct spec *spec, const struct spec_node *root,
                         const struct rules *rules);

/* mapping_columns.c; the words are in the order of enum value_type. */
extern const char *const mapping_type_words[];
void mapping_read_columns(struct spec *spec, const struct spec_node *node,
                          void *out);

/* mapping_from.c: the alternatives; out is a struct mapping_column. */
void mapping_read_from(struct spec *spec, const struct spec_node *node,
                       void *out);

/* mapping_transform.c: the chain of one column. *type is the type that goes
 * in and becomes what comes out; false when the chain is wrong. */
bool mapping_read_transforms(struct spec *spec, const struct spec_node *node,
                             enum value_type *type, struct column_rule *rule);

/* mapping_lookup.c: a CSV file of two columns into a table. */
void mapping_read_lookup(struct spec *spec, const struct spec_node *node,
                         struct strmap *table);

/* mapping_changes.c: the rules of the dataset of changes, for a mapping that
 * wants it. root: of the file. */
void mapping_add_changes(struct spec *spec, const struct spec_node *root,
                         struct rules *rules);

/* mapping_find.c: "FOLDER/NAME.json" of the first folder that has it, or
 * NULL; what says what was looked for ("mapping", "source"). */
const char *mapping_find(struct arena *arena, const char *what,
                         const char *name, const char *const *folders,
                         struct error *err);

#endif
