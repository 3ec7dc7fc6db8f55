/*
 * check_table: cells of text in columns as wide as their widest cell.
 *
 * The caller owns the cells, which must live until the table is written. Width
 * is counted in characters of UTF-8, one column each. Two blanks stand between
 * columns, none at the end of a line.
 */
#ifndef ROLLCALL_CHECK_TABLE_H
#define ROLLCALL_CHECK_TABLE_H

#include <stddef.h>

#include "buf.h"

enum { CHECK_COLUMNS_MAX = 12 };

/* cells: rows times columns, row by row, the heading first. */
void check_table(const char *const *cells, size_t rows, size_t columns,
                 struct buf *out);

#endif
