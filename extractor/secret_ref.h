/*
 * secret_ref: reads {"env": NAME}, {"file": PATH} or {"command": [ARGV…]}.
 *
 * Whatever stands in its place is never printed: it may be the secret.
 */
#ifndef ROLLCALL_SECRET_REF_H
#define ROLLCALL_SECRET_REF_H

#include <stdbool.h>

#include "job.h"
#include "spec.h"

/* Relative paths are made absolute against the file's folder. Mistakes go to
 * spec_problem(). True when *out was filled. */
bool secret_ref_read(struct spec *spec, const struct spec_node *node,
                     bool allow_command, struct secret_ref *out);

#endif
