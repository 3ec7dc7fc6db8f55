/*
 * normalise: one item of an answer, by the rules of its source, to a user, an
 * event or a pair. The only place that reads an API's own member names, and
 * it reads them from the source definition.
 *
 * A member of the wrong type is never guessed at: the item is refused with the
 * member and the reason. Absent and null are the same. Texts of the result
 * live in the page's document, in the source definition or in the event.
 */
#ifndef ROLLCALL_NORMALISE_H
#define ROLLCALL_NORMALISE_H

#include "item.h"
#include "json.h"
#include "source.h"

enum { FIELD_BYTES_MAX = 64 * 1024 }; /* of one text in an item */

enum item_verdict {
    ITEM_GOOD,
    ITEM_REFUSED,     /* field and reason say why */
    ITEM_PLACEHOLDER  /* the id means "nobody in particular" */
};

struct item_notes {
    const char *field;  /* pointer or canonical name */
    const char *reason;
};

/* The array of items of an answer; NULL with *err set (ERROR_DATA) when the
 * document has another shape. */
const struct json *normalise_items(const struct source *source,
                                   const struct json *root,
                                   struct error *err);

/* The same for the one object that a source with "each" answers with. */
const struct json *normalise_item(const struct source *source,
                                  const struct json *root, struct error *err);

/* With "each" a user without account id is one as well: it is the account that
 * was asked for. A source whose account ids are not required may give a user without one;
 * then there is an e-mail address. */
enum item_verdict normalise_user(const struct source *source,
                                 const struct json *item, struct user *user,
                                 struct item_notes *notes);

/* event->lean is the caller's to set: what is about no account then is an id
 * and a time, and nothing else of it is looked at. */
enum item_verdict normalise_event(const struct source *source,
                                  const struct json *item,
                                  struct event *event,
                                  struct item_notes *notes);

/* The instant a rule finds in an item. Returns 0, or -1 when there is none. */
int normalise_instant(const struct field_rule *rule, const struct json *item,
                      int64_t *at);

/* The pair (user key, account id) an item teaches; false when it teaches
 * none, or when the account id is a placeholder ("unknown"); *key is then the
 * key that has no account, or NULL. */
bool normalise_pair(const struct source *source, const struct json *item,
                    const char **key, const char **account_id);

#endif
