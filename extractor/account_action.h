/*
 * account_action: mappings/actions/NAME.json, how an account is turned on and
 * off by one API, and how its state is read back; read strictly.
 *
 * account_action_load() checks every key like source_load() does
 * (ERROR_CONFIG, all mistakes at once). Keys of the file:
 *
 *   name        as the file is called, without ".json"; --via says it
 *   title, endpoint, needs   as of a source, see source.h
 *   state       {"method": "GET" (default) or "POST", "path", "body",
 *               "items": pointer of an array, of which the element with the
 *               account's id counts, or absent: the document is the account,
 *               "account_id": pointers that must hold the id asked for,
 *               "at": pointers of the state, "map": {text: "active" or
 *               "inactive"}, "display_name", "email": pointers}
 *               true and false are mapped as "true" and "false"; a POST must
 *               be a question, see source_post_reads()
 *   activate, deactivate   {"method": "POST", "PUT" or "DELETE", "path",
 *               "body", "accept": [statuses of success]}
 *   own         [{"endpoint", "path", "account_id": pointers}]: where the
 *               job's own accounts are asked for, at each of these endpoints
 *               that the job has; 403, 404, 405 and 410 mean that it is not
 *               told there
 *   refusals    {"at": pointers of a short word in a refusal's body, "words":
 *               {word: what it means and what helps}}
 *
 * A path is a text, or several in order of preference: the first whose
 * placeholders the endpoint has values for is used. Placeholders of paths and
 * texts of bodies: {organisation} {directory} {site} {account_id}; the last
 * must stand in what changes an account and in what reads its state.
 *
 * Only the modules account and command_account may include this header, so
 * nothing of a run can reach what it describes.
 */
#ifndef ROLLCALL_ACCOUNT_ACTION_H
#define ROLLCALL_ACCOUNT_ACTION_H

#include "arena.h"
#include "error.h"
#include "source.h"

enum account_verb { ACCOUNT_ACTIVATE, ACCOUNT_DEACTIVATE, ACCOUNT_VERBS };
enum account_state { ACCOUNT_UNKNOWN, ACCOUNT_ACTIVE, ACCOUNT_INACTIVE };

/* Of "accept" and "own". */
enum { ACCOUNT_ACCEPT_MAX = 16, ACCOUNT_OWN_MAX = 16 };

struct account_request {
    const char *method;
    const char *const *paths; /* NULL terminated */
    const char *body;         /* JSON text with placeholders, or NULL */
    const int *accept;        /* ended by 0; NULL: only 200 */
};

struct account_own {
    const char *endpoint;
    const char *path;
    const char *const *id; /* pointers, NULL terminated */
};

struct account_action {
    struct source about; /* name, path and needs, for texts of errors */
    const char *title, *endpoint;
    struct account_request state;
    const char *items;     /* NULL: the document is the account */
    const char *const *id; /* pointers, NULL terminated, as the next */
    const char *const *at;
    const char *const *display_name; /* may be NULL, as the next */
    const char *const *email;
    const struct name_value *map; /* to "active" and "inactive" */
    struct account_request verbs[ACCOUNT_VERBS];
    const struct account_own *own; /* ended by endpoint NULL; may be NULL */
    const char *const *refusal_at; /* may be NULL, as the next */
    const struct name_value *refusal_words;
    struct arena arena;
};

int account_action_load(struct account_action *action, const char *path,
                        struct error *err);
void account_action_free(struct account_action *action);

/* "activate", "deactivate"; "active", "inactive", NULL for unknown. */
const char *account_verb_name(enum account_verb verb);
const char *account_state_name(enum account_state state);
enum account_state account_state_of(const char *word);
enum account_state account_wished(enum account_verb verb);

#endif
