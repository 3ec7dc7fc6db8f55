/*
 * reject: the file of refused rows, rejects.jsonl.gz.
 *
 * Calling order: rejects_open(); rejects_add() as they are met, in any order;
 * rejects_close(), which sorts them, so that the file does not depend on
 * arrival, and writes it, unless there is none; or rejects_abort(). Each line
 * is {"source", "dataset", "item", "field", "reason"}; a member that does not
 * apply is null. Texts are copied. No personal data: item is an account id,
 * a record id or a line number, and reason never quotes the value.
 * More than REJECTS_MAX end the run with ERROR_DATA.
 */
#ifndef ROLLCALL_REJECT_H
#define ROLLCALL_REJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "error.h"
#include "writer.h"

enum { REJECTS_MAX = 100000 };

#define REJECTS_NAME "rejects.jsonl.gz"

struct reject {
    const char *source, *dataset, *item, *field, *reason; /* NULL: null */
};

struct rejects;

struct rejects *rejects_open(struct error *err);
int rejects_add(struct rejects *rejects, const struct reject *reject,
                struct error *err);
size_t rejects_count(const struct rejects *rejects);

/* Writes into dir_fd. report->rows is 0 when there was nothing to write, and
 * then there is no file. Frees always. */
int rejects_close(struct rejects *rejects, int dir_fd, mode_t mode,
                  struct part_report *report, struct error *err);
void rejects_abort(struct rejects *rejects); /* NULL allowed */

#endif
