/*
 * spool: events on disk: sorted, each once, however many there are.
 *
 * Calling order: spool_open(); spool_add() for each event, in any order and as
 * often as it comes; then spool_rewind() and spool_next() through all of them,
 * ascending by time, source and id, again and again, or spool_find() for one.
 * For another order spool_place_clear(); spool_place() for each row, with the
 * bytes it is sorted by; spool_place_rewind() and spool_place_next().
 * spool_close(); NULL may be closed.
 *
 * An event is known by its source and id, both compared as bytes. When a log
 * gives one id with different content, the later time stays, and of one time
 * what is greater byte by byte, so that the order of arrival never matters.
 * All of it is in one file without a name inside the folder (db.h), which is
 * gone when the process is; memory is SPOOL_CACHE_KIB and one event.
 *
 * A full disk is ERROR_IO; an event above SPOOL_EVENT_MAX bytes ERROR_DATA.
 */
#ifndef ROLLCALL_SPOOL_H
#define ROLLCALL_SPOOL_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "item.h"

enum { SPOOL_CACHE_KIB = 8 * 1024, SPOOL_EVENT_MAX = 64 * 1024 * 1024 };

struct spool;

/* folder_fd: an open directory, which the file is made in. */
struct spool *spool_open(int folder_fd, struct error *err);
void spool_close(struct spool *spool);

int spool_add(struct spool *spool, const struct event *event,
              struct error *err);

/* What an event is until the next call of the same function; 1 and *event, 0
 * at the end (spool_find: when it is not there), or -1 with *err set. */
void spool_rewind(struct spool *spool);
int spool_next(struct spool *spool, const struct event **event,
               struct error *err);
int spool_find(struct spool *spool, const char *source, const char *id,
               const struct event **event, struct error *err);

/* One row of an event, by its source and id; subject: which account of it, or
 * NULL. */
struct spool_row {
    const char *source, *id, *subject;
};

int spool_place_clear(struct spool *spool, struct error *err);
/* *taken: another row has that very place, and this one is not kept. */
int spool_place(struct spool *spool, const void *place, size_t len,
                const struct spool_row *row, bool *taken, struct error *err);
void spool_place_rewind(struct spool *spool);
/* In ascending order of the places' bytes; as spool_next(). */
int spool_place_next(struct spool *spool, struct spool_row *row,
                     struct error *err);

#endif
