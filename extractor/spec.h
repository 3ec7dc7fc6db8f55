/*
 * spec: the one strict reader behind job, mapping and source files.
 *
 * A file is described by tables: one struct spec_field per key with its kind,
 * its range and where the value goes. The reader reports keys that are
 * unknown, given twice, missing or of the wrong type, and goes on, so that
 * all mistakes of a file are told at once; each names file, path such as
 * "columns[3].from[0].when", what is wrong and what was expected.
 *
 * Calling order: spec_open(); spec_object() with the root and the top table;
 * own cross checks, each mistake by spec_problem(); spec_close(), which gives
 * the verdict and releases all but the arena. Texts, lists and paths read are
 * allocated in the arena; equal texts of a file are one. When memory is out the functions set a flag that
 * spec_close() reports; callers need not look, only survive a NULL.
 */
#ifndef ROLLCALL_SPEC_H
#define ROLLCALL_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "error.h"
#include "json.h"
#include "nearest.h"
#include "pool.h"
#include "problems.h"

enum {
    SPEC_FILE_MAX = 1024 * 1024, /* bytes of one file */
    SPEC_PATH_MAX = 256,         /* bytes of a path in an error text */
    SPEC_FIELDS_MAX = 64         /* keys of one table */
};

struct spec {
    const char *path;   /* of the file, as given */
    const char *folder; /* absolute */
    char sha256[65];    /* of the file's bytes */
    struct arena *arena;
    void *owner; /* for read functions */
    struct json_doc doc;
    struct pool texts;
    struct problems problems;
    bool no_memory;
    bool mute; /* a look ahead: problems are not recorded */
};

/* A value and where it stands. Lives on the stack of whoever walks. */
struct spec_node {
    const struct json *json;
    const struct spec_node *up; /* NULL: the root */
    const char *key;            /* NULL: element `index` of an array */
    size_t index;
};

/* Reads a value into *out; mistakes go to spec_problem(). */
typedef void spec_read_fn(struct spec *spec, const struct spec_node *node,
                          void *out);

enum spec_kind {            /* type behind `offset` */
                 SPEC_TEXT, /* const char *, not empty */
                 SPEC_PATH, /* const char *, made absolute against the folder */
                 SPEC_BOOL, /* bool */
                 SPEC_INT,  /* int, min to max */
                 SPEC_INTEGER,  /* int64_t, min to max */
                 SPEC_DURATION, /* int64_t milliseconds, min to max */
                 SPEC_PERCENT,  /* int64_t parts per million, min to max */
                 SPEC_SIZE,     /* uint64_t bytes, min to max */
                 SPEC_ENUM, /* an enum whose values count from 0 as `words` does
                             */
                 SPEC_TEXTS,  /* const char *const *, NULL terminated, no
                                 repeats;  min: fewest */
                 SPEC_OBJECT, /* `object` read into the same struct at `offset`
                               */
                 SPEC_CUSTOM  /* `read` */
};

struct spec_field {
    const char *key; /* NULL ends a table */
    enum spec_kind kind;
    bool required;
    size_t offset;
    int64_t min, max;
    const char *const *words; /* NULL terminated */
    const struct spec_field *object;
    spec_read_fn *read;
    /* What a manual says; the reader looks at none of it. `object` of a CUSTOM
     * is the table of its members, `variants` are tables by their "type". */
    const char *help, *type, *fallback;
    const char *step; /* "NAME" or "[]": a member is one of many */
    const struct spec_field *const *variants; /* NULL ends them */
};

/* ERROR_NO_INPUT when the file is missing, ERROR_CONFIG when it is no JSON. */
int spec_open(struct spec *spec, const char *path, struct arena *arena,
              struct error *err);
/* 0 when nothing was found wrong, else -1 with *err set. */
int spec_close(struct spec *spec, struct error *err);

struct spec_node spec_root(const struct spec *spec);
struct spec_node spec_child(const struct spec_node *up, const struct json *json,
                            size_t index);

/* Fields are read in the order of the table, whatever the order in the file.
 * False when the node is not an object. */
bool spec_object(struct spec *spec, const struct spec_node *node,
                 const struct spec_field *fields, void *out);

/* Adds "PATH: text"; spec_close() puts the file's name before them. */
void spec_problem(struct spec *spec, const struct spec_node *node,
                  const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* What went wrong with what the node names; memory is out for all of it. */
void spec_failed(struct spec *spec, const struct spec_node *node,
                 const struct error *cause);
/* spec_problem() for member `key` of the node, which need not exist. */
void spec_problem_at(struct spec *spec, const struct spec_node *node,
                     const char *key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* "unknown WHAT "word"; did you mean …". */
void spec_unknown(struct spec *spec, const struct spec_node *node,
                  const char *what, const struct nearest *nearest);

/* False, and a problem, unless the node has that type. */
bool spec_is(struct spec *spec, const struct spec_node *node,
             enum json_type type);
/* Type object or array, and no key twice. */
bool spec_is_container(struct spec *spec, const struct spec_node *node,
                       enum json_type type);
/* NULL, and a problem, unless the node is text that is not empty. The text
 * is a copy in the arena. */
const char *spec_text(struct spec *spec, const struct spec_node *node);
/* The same, but empty text is allowed. */
const char *spec_any_text(struct spec *spec, const struct spec_node *node);
/* Index of the node's text in words, or -1 and a problem. */
int spec_word(struct spec *spec, const struct spec_node *node,
              const char *const *words);
/* NULL terminated list of the array's texts; NULL and problems otherwise. */
const char *const *spec_texts(struct spec *spec, const struct spec_node *node,
                              size_t fewest);

/* Whether a reference to such a file is a path, not a name: it holds '/' or
 * ends in ".json". */
bool spec_is_file(const char *name_or_file);

/* Reads one value of a scalar or list kind; spec_object() does the rest. */
void spec_value(struct spec *spec, const struct spec_node *node,
                const struct spec_field *field, void *out);

/* Arena with the flag. */
void *spec_alloc(struct spec *spec, size_t count, size_t size);
const char *spec_copy(struct spec *spec, const char *text);
const char *spec_absolute(struct spec *spec, const char *path);

#endif
