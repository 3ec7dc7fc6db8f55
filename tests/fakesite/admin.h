/*
 * admin: the organisation's interfaces: /admin and /users (API key), and the
 * administration's own backend below /gateway (browser session).
 *
 * serve_admin() finds the route, authenticates, counts the quota, and calls
 * the endpoint with org->lock held: organisation requests are answered one at
 * a time.
 */
#ifndef FAKESITE_ADMIN_H
#define FAKESITE_ADMIN_H

#include <cjson/cJSON.h>

#include "exchange.h"

bool admin_route_known(const char *name);
bool admin_owns(const struct exchange *x);
/* ok, bad, none or scope, by the credentials of the path's family. */
const char *admin_auth(struct exchange *x);
void serve_admin(struct exchange *x);

/* An error in the form of the admin interfaces. */
void admin_error(struct exchange *x, unsigned status, const char *code,
                 const char *detail);
/* The member that {id} names, or SITE_NONE and a 404. */
long admin_member(struct exchange *x);
/* WANTED, but no more than the scenario allows. */
size_t admin_page(const struct exchange *x, size_t wanted);
/* The address of PATH as JSON text; CURSOR may be NULL. */
void admin_url(const struct exchange *x, const char *path, const char *cursor,
               struct text *out);
/* CURSOR as JSON text, or null. */
void admin_cursor(const char *cursor, struct text *out);

/* Cursors hold their whole request, so that the server need not remember.
 * A cursor of another endpoint (`of`) is no cursor: NULL. */
char *cursor_make(const cJSON *state, const char *of, size_t at);
cJSON *cursor_read(const char *cursor, const char *of, size_t *at);

/* The search a request asks for, from its query, its body or its cursor;
 * NULL: the answer is a 400. */
cJSON *search_read(struct exchange *x, size_t *at);
size_t search_limit(const cJSON *search);
bool search_matches(const struct org *org, const cJSON *search,
                    struct span member);

void serve_managed(struct exchange *x);
void serve_profile(struct exchange *x);
void serve_last_active(struct exchange *x);
void serve_directory(struct exchange *x);
void serve_search(struct exchange *x);
void serve_stream(struct exchange *x);
void serve_events(struct exchange *x);
void serve_event(struct exchange *x);
void serve_actions(struct exchange *x);
void serve_hub_site(struct exchange *x);
void serve_hub_org(struct exchange *x);
void serve_hub_user(struct exchange *x);
void serve_hub_me(struct exchange *x);
void serve_disable(struct exchange *x);
void serve_enable(struct exchange *x);
void serve_suspend(struct exchange *x);
void serve_restore(struct exchange *x);
void serve_hub_deactivate(struct exchange *x);
void serve_hub_activate(struct exchange *x);

#endif
