/*
 * normalise_parts: what the readers of users, events, fields and newest
 * instants share. Private to normalise*.c.
 */
#ifndef ROLLCALL_NORMALISE_PARTS_H
#define ROLLCALL_NORMALISE_PARTS_H

#include "normalise.h"

/* Every check that fails passes through here, so that notes are never blank. */
enum item_verdict normalise_refuse(struct item_notes *notes, const char *field,
                                   const char *reason);
bool normalise_among(const char *const *texts, const char *text);
/* The first pointer that leads to something other than null. slot: of the
 * first (json_slot()), or 0. */
const struct json *normalise_find(const struct json *item,
                                  const char *const *pointers, unsigned slot);
/* NULL with *reason set when node is no usable text; numbers: whether a whole
 * number is one. */
const char *normalise_text(const struct json *node, bool numbers,
                           const char **reason);
/* NULL for absent and null; *bad is set when it is there and no text. */
const char *normalise_optional_text(const struct json *node,
                                    const char *pointer, unsigned slot,
                                    bool *bad);

/* An instant in one of the forms of the rule; refused otherwise. *value is
 * left as it is when the text is one of `none`. */
enum item_verdict normalise_time(const struct field_rule *rule,
                                 const char *name, const struct json *node,
                                 const char *const *none, struct value *value,
                                 struct item_notes *notes);

/* Where texts go that are made and not found; they live with the item. */
struct made_room {
    char *bytes;
    size_t size;
    size_t *used;
};

/* normalise_field.c: one canonical field by its rule. */
enum item_verdict normalise_field(const struct field_rule *rule,
                                  const struct item_field *field,
                                  const struct json *item,
                                  const struct made_room *room,
                                  struct value *value,
                                  struct item_notes *notes);
/* normalise_list.c: the same for a rule with "list". */
enum item_verdict normalise_list(const struct field_rule *rule,
                                 const struct item_field *field,
                                 const struct json *item,
                                 const struct made_room *room,
                                 struct value *value,
                                 struct item_notes *notes);
/* normalise_newest.c: the same for a rule with "newest". */
enum item_verdict normalise_newest(const struct field_rule *rule,
                                   const struct item_field *field,
                                   const struct json *item, struct value *value,
                                   struct item_notes *notes);

#endif
