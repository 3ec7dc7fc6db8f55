/*
 * clean_parts: what clean.c (which runs, removing) and clean_look.c (what may
 * be touched) share. Private to clean*.c.
 */
#ifndef ROLLCALL_CLEAN_PARTS_H
#define ROLLCALL_CLEAN_PARTS_H

#include "clean.h"
#include "runs.h"

/* At the end of clean->items; texts are copied. */
int clean_add(struct clean *clean, const struct clean_item *item,
              struct error *err);

/* Whether the run's folder holds its manifest and parts, as plain files, and
 * nothing else. *reason: what else; in the arena, or NULL. */
int clean_look_at_run(struct clean *clean, const char *name,
                      const char **reason, struct error *err);

/* Adds the done files whose run is not there. */
int clean_find_done(struct clean *clean, struct error *err);

#endif
