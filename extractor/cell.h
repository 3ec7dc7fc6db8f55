/*
 * cell: one cell of a published file, read back as a value. The reverse of
 * what writer.h says of both formats.
 *
 * Each gives NULL, or what is wrong ("is no integer"). Texts of the value are
 * those passed in. Pure.
 */
#ifndef ROLLCALL_CELL_H
#define ROLLCALL_CELL_H

#include "csv.h"
#include "json.h"
#include "value.h"

/* The node must not be null. A date has no time. */
const char *cell_from_json(enum value_type type, const struct json *node,
                           struct value *out);

/* text: of a cell that is not null. Of a number the value has the text as it
 * is, with the dialect's decimal sign; a text loses excel_safe's apostrophe.
 * A time is as exact as the dialect's format. */
const char *cell_from_csv(const struct csv_dialect *dialect,
                          enum value_type type, const char *text,
                          struct value *out);

#endif
