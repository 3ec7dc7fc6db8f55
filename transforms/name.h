/*
 * name: how a log names an account, told apart by the first byte.
 *
 * Most names are what the log says: an account id or an old user key. Two
 * forms are made here, and begin with a byte that no UTF-8 text holds, so that
 * neither can be taken for an id or a key:
 *   by e-mail  the address in lower case; who that is is settled once all
 *              accounts are known
 *   an app     its id, which is no account id and is never looked up
 */
#ifndef ROLLCALL_NAME_H
#define ROLLCALL_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* Whether a text can be an e-mail address at all. */
bool name_is_address(const char *text);

/* Whether an id has a form that account ids have: it holds a ':', or is a
 * UUID or 24 hexadecimal digits. */
bool name_is_account_shaped(const char *id);

/* The name of an e-mail address, or of an app, with its NUL, into out; the
 * bytes it takes, or 0 when it needs more than size. */
size_t name_from_email(const char *address, char *out, size_t size);
size_t name_from_app(const char *id, char *out, size_t size);

bool name_is_email(const char *name);
bool name_is_app(const char *name);

/* What may be shown of a name as an id: NULL for an e-mail address. */
const char *name_id(const char *name);

/* A name for a person to read: the address or the id of a form. */
const char *name_shown(const char *name);

#endif
