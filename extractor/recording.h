/*
 * recording: the answers of a run, kept in a folder and read from it again.
 *
 * Writing, for --record: recording_create() makes the folder, which must be
 * empty or absent; recording_put() for each answer that was taken;
 * recording_finish() makes it durable; recording_close(). Reading, for
 * --replay: recording_open(), recording_head(), recording_next() and
 * recording_body() for each request, recording_close(). NULL may be closed.
 *
 * The folder (0700, its files 0600) holds
 *   index.jsonl   first {"recording": 1, "asOf": RFC 3339, "concurrency": N},
 *                 then a line an answer: {"file", "endpoint", "source", "method", "path",
 *                 "body" (or null), "status", "bytes"}
 *   NNNNNN.json.gz  the body as it was decoded; NNNNNN.json is read as well
 * What was asked is told by path, query and body alone: no header, so no
 * credential, is ever kept; a path or a body may name accounts. An index
 * without its last lines, of a run that was killed, can be read: what it
 * lacks is missing when it is asked for.
 *
 * The same request may have been asked again, of a list that moved: its
 * answers are given in their order, and the last one stays.
 *
 * Errors: a folder that is in use or cannot be written ERROR_CANT_CREATE or
 * ERROR_IO; one that is no recording ERROR_NO_INPUT; a request that was not
 * recorded, a damaged file or index ERROR_DATA.
 */
#ifndef ROLLCALL_RECORDING_H
#define ROLLCALL_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

enum {
    RECORDING_CONCURRENCY_MAX = 1024, /* above any a job can have */
    RECORDING_LINE_MAX = 512 * 1024,       /* bytes of a line of the index */
    RECORDING_INDEX_MAX = 1024 * 1024 * 1024,
    RECORDING_BODY_MAX = 1024 * 1024 * 1024 /* above any answer taken */
};

struct recording;

struct recorded_request {
    const char *endpoint, *source, *method;
    const char *path_query;
    const char *body; /* NULL: none */
};

/* What decides which requests a run makes, besides job and mapping. */
struct recording_head {
    int64_t as_of;
    int concurrency; /* which the windows of a long span of a log depend on */
};

struct recording *recording_create(const char *folder,
                                   const struct recording_head *head,
                                   struct error *err);
int recording_put(struct recording *recording,
                  const struct recorded_request *request, int status,
                  const char *body, size_t len, struct error *err);
int recording_finish(struct recording *recording, struct error *err);

struct recording *recording_open(const char *folder, struct error *err);
struct recording_head recording_head(const struct recording *recording);
/* 1 or 0; -1 with *err when memory is out. */
int recording_has(struct recording *recording,
                  const struct recorded_request *request, struct error *err);
/* The answer that is given next, and the one after it from now on. */
struct recorded_answer {
    const char *folder, *file; /* live with the recording */
    int dir_fd;
    int status;
    size_t bytes;
};
int recording_next(struct recording *recording,
                   const struct recorded_request *request,
                   struct recorded_answer *answer, struct error *err);

/* Its body, answer->bytes of it; touches the file and room alone, so that any
 * thread may call it. */
int recording_body(const struct recorded_answer *answer, char *room,
                   struct error *err);

void recording_close(struct recording *recording);

#endif
