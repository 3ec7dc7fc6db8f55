/*
 * companion: what PowerCenter reads beside a dataset's done file, for
 * sessions that take it. Named like the done file, with another end:
 *
 *   .lst  a file list: the absolute paths of the dataset's CSV parts, one a
 *         line (Source filetype Indirect)
 *   .par  a parameter file: [SECTION], then
 *         $InputFile_DATASET   the list, or the CSV part when there is one
 *                              part and no list; else left out
 *         $$RunDir $$RunId     the run's folder, its id
 *         $$AsOfDate $$AsOf    2026-11-23, 2026-11-23 02:00:00 (UTC)
 *         $$ExpectedRows       rows of the dataset, to compare with what the
 *                              session read
 *         $$MaxRecordBytes     longest line of its CSV, for Line Sequential
 *                              Buffer Length
 *
 * Both are made from the manifest alone, so publish writes and verify
 * compares the same bytes. Values end with their line: nothing is quoted.
 * docs.informatica.com/data-integration/powercenter: file lists, parameter
 * files.
 */
#ifndef ROLLCALL_COMPANION_H
#define ROLLCALL_COMPANION_H

#include <sys/types.h>

#include "beside.h"
#include "buf.h"
#include "error.h"
#include "manifest.h"

enum companion { COMPANION_LST, COMPANION_PAR, COMPANION_COUNT };

/* Whether the run has such files. */
bool companion_wanted(const struct manifest *manifest,
                           enum companion which);

/* -1 when it would be too long. */
int companion_name(const struct manifest *manifest, const char *dataset,
                           enum companion which,
                           char out[BESIDE_NAME_MAX]);

/* Appends the text; the paths are those of the output directory out_fd. */
int companion_text(const struct manifest *manifest, const char *dataset,
                           enum companion which, int out_fd,
                           struct buf *out, struct error *err);

/* All of one dataset, each durable before the call returns. */
int companions_write(const struct manifest *manifest, const char *dataset,
                       int out_fd, mode_t mode, struct error *err);

#endif
