/*
 * normalise_parts: what normalise.c (fields, users, pairs) and
 * normalise_event.c share. Private to normalise*.c.
 */
#ifndef ROLLCALL_NORMALISE_PARTS_H
#define ROLLCALL_NORMALISE_PARTS_H

#include "normalise.h"

/* Every check that fails passes through here, so that notes are never blank. */
enum item_verdict normalise_refuse(struct item_notes *notes, const char *field,
                                   const char *reason);

/* The first pointer that leads to something other than null. */
const struct json *normalise_find(const struct json *item,
                                  const char *const *pointers);

/* NULL with *reason set when node is no usable text. Ids may be numbers. */
const char *normalise_text(const struct json *node, bool numbers,
                           const char **reason);

/* NULL for absent and null; *bad is set when it is there and no text. */
const char *normalise_optional(const struct json *node, const char *pointer,
                               bool *bad);

enum item_verdict normalise_field(const struct field_rule *rule,
                                  const struct item_field *field,
                                  const struct json *item, struct value *value,
                                  struct item_notes *notes);

#endif
