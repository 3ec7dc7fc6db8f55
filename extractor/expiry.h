/*
 * expiry: when a credential ends, as far as that can be known beforehand. Pure.
 *
 * Two witnesses: auth.expires of the job, the day somebody noted when the
 * token or key was made; and the member "exp" of a token that is a JSON Web
 * Token (RFC 7519, 4.1.4), as Atlassian's session cookies and access tokens
 * are. Its signature is not looked at: the server judges, this only warns.
 */
#ifndef ROLLCALL_EXPIRY_H
#define ROLLCALL_EXPIRY_H

#include <stdbool.h>
#include <stdint.h>

#include "job.h"

enum { EXPIRY_TEXT_MAX = 64, EXPIRY_WARN_DAYS = 14 };

#define EXPIRY_UNKNOWN INT64_MAX

/* "exp" of a JWT as an instant; EXPIRY_UNKNOWN for everything else. Copies
 * made on the way are wiped. */
int64_t expiry_of_jwt(const char *token);

/* The earlier of what the job and the secret say. secret: NULL: not known.
 * With OAuth the secret is the client's. */
int64_t expiry_of(const struct endpoint *endpoint, const char *secret);

/* Whether it ends within EXPIRY_WARN_DAYS or has ended. */
bool expiry_near(int64_t expiry, int64_t now);

/* "ends 2027-03-01T00:00:00Z, in 9 days", "ended 2027-03-01T00:00:00Z, 2 days
 * ago"; hours below two days, minutes below two hours. */
void expiry_text(int64_t expiry, int64_t now, char out[EXPIRY_TEXT_MAX]);

#endif
