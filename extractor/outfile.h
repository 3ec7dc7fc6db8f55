/*
 * outfile: a file that is written piece by piece and appears whole, by one
 * rename, or not at all.
 *
 * Calling order: outfile_open(); outfile_write()…; outfile_commit(), after
 * which the file and its folder are on disk; or outfile_abort(). Both free.
 * Until then it has a temporary name beside PATH that begins with
 * SINK_TEMP_PREFIX. An older file is replaced; what is neither a file nor a
 * symbolic link is refused. Mode 0600. Errors: as sink.h has them.
 */
#ifndef ROLLCALL_OUTFILE_H
#define ROLLCALL_OUTFILE_H

#include <stddef.h>

#include "error.h"

struct outfile;

struct outfile *outfile_open(const char *path, struct error *err);
int outfile_write(struct outfile *file, const void *data, size_t len,
                  struct error *err);
int outfile_commit(struct outfile *file, struct error *err);
void outfile_abort(struct outfile *file); /* NULL allowed */

/* Of the folder that the file will be in. */
int outfile_folder(const struct outfile *file);

#endif
