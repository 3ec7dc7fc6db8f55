/*
 * setup_parts: what setup.c, setup_files.c (sources that are files) and
 * setup_layout.c share. Private to setup*.c.
 */
#ifndef ROLLCALL_SETUP_PARTS_H
#define ROLLCALL_SETUP_PARTS_H

#include "setup.h"

/* Finds the job's files of a source; without them it is skipped when it is
 * optional, and ERROR_CONFIG otherwise. */
int setup_bind_file(struct setup *setup, struct setup_source *entry,
                    bool optional, struct error *err);
/* ERROR_CONFIG for the only log of a mapping, which is skipped. */
int setup_no_log(const struct setup *setup, const struct setup_source *entry,
                 struct error *err);
/* ERROR_CONFIG for a file that no source reads and that is called almost like
 * one that a source asks for. */
int setup_check_files(const struct setup *setup, struct error *err);
/* ERROR_CONFIG for a column that has the name of a folder of the layout. */
int setup_check_layout(const struct setup *setup, struct error *err);

#endif
