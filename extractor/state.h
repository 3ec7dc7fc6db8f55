/*
 * state: what rollcall remembers from run to run, in one SQLite file.
 *
 * It is a cache: everything in it can be read again, or was proved by a
 * published manifest. state_open() makes the file and its folder (0600 in
 * 0700) where they are missing, and takes the lock FILE.lock (held:
 * ERROR_TRY_LATER, naming the holder's pid and run). A damaged file is set
 * aside as FILE.damaged-RUNID, said in the log, and a new one begun; a file of
 * another program or of a later rollcall is ERROR_CONFIG and stays untouched.
 * state_open_reader() takes no lock and changes nothing.
 * state_close() accepts NULL. Each kind of knowledge has a header of its own,
 * state_….h, and works on state_db().
 */
#ifndef ROLLCALL_STATE_H
#define ROLLCALL_STATE_H

#include "db.h"
#include "error.h"
#include "log.h"

struct state;

struct state *state_open(const char *path, const char *run_id,
                         const struct log *log, struct error *err);
/* To look only. NULL without an error: there is no file, or none that can be
 * used, which the log says. */
struct state *state_open_reader(const char *path, const struct log *log,
                                struct error *err);
/* The same for who says himself why: with an error when there is a file that
 * cannot be used. */
struct state *state_look(const char *path, struct error *err);
void state_close(struct state *state);

struct db *state_db(struct state *state);
/* A file was there, and is used: false when it was begun by this run. */
bool state_is_old(const struct state *state);

#endif
