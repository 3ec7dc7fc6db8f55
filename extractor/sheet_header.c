#include "sheet_parts.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "utf8.h"

enum { NAME_SHOWN_MAX = 100 }; /* bytes of a name in an error */

void sheet_list(char list[SHEET_NAMES_MAX], const char *name)
{
    static const char cut[] = "…";
    size_t used = strlen(list), len = strlen(name);

    if (used >= sizeof(cut) &&
        strcmp(list + used - (sizeof(cut) - 1), cut) == 0)
        return;
    if (used + len + sizeof(", ") + sizeof(cut) > SHEET_NAMES_MAX)
        snprintf(list + used, SHEET_NAMES_MAX - used, "%s%s",
                 used > 0 ? ", " : "", cut);
    else
        snprintf(list + used, SHEET_NAMES_MAX - used, "%s%s",
                 used > 0 ? ", " : "", name);
}

static int cannot(const struct sheet *sheet, struct error *err)
{
    return error_hint(err,
                      "export the list anew, or edit \"csv\" of %s when "
                      "the export calls its columns otherwise",
                      sheet->options->source->path);
}

/* What follows `known` in a header that begins so, or is that to the end. */
static const char *match(const char *known, bool prefix, const char *header)
{
    size_t len = strlen(known);

    if (strncasecmp(known, header, len) != 0 ||
        (!prefix && header[len] != '\0'))
        return NULL;
    return header + len;
}

static const char *match_any(const struct csv_column *column,
                             const char *header)
{
    const char *rest = match(column->name, column->prefix, header);

    for (size_t i = 0; rest == NULL && column->also[i] != NULL; i++)
        rest = match(column->also[i], column->prefix, header);
    return rest;
}

static int find_member(struct sheet *sheet, struct sheet_column *column,
                       struct error *err)
{
    const struct csv_column *known = sheet->options->source->csv.columns;

    for (; known->name != NULL; known++) {
        const char *rest = match_any(known, column->header);

        if (rest == NULL)
            continue;
        column->member = arena_printf(&sheet->arena, "%s%s", known->name, rest);
        return column->member != NULL ? 0 : error_no_memory(err);
    }
    return 0;
}

/* A header's name without blanks at its ends, which quotes keep. */
static char *trimmed(struct sheet *sheet, const char *cell)
{
    size_t len;

    cell += strspn(cell, " \t\r\n");
    len = strlen(cell);
    while (len > 0 && strchr(" \t\r\n", cell[len - 1]) != NULL)
        len--;
    return arena_strndup(&sheet->arena, cell, len);
}

static int take_name(struct sheet *sheet, const char *cell, size_t index,
                     struct error *err)
{
    struct sheet_column *column = &sheet->columns[index];

    if (cell != NULL && !utf8_valid(cell)) {
        error_set(err, ERROR_DATA,
                  "row 1: column %zu has a name that "
                  "is not UTF-8",
                  index + 1);
        return error_usual(err, "save the file as CSV in UTF-8");
    }
    column->header = trimmed(sheet, cell != NULL ? cell : "");
    if (column->header == NULL)
        return error_no_memory(err);
    return find_member(sheet, column, err);
}

static const char *shown(const char *name)
{
    return strlen(name) <= NAME_SHOWN_MAX ? name : "(a long name)";
}

static int check_pair(const struct sheet *sheet, const struct sheet_column *one,
                      const struct sheet_column *other, struct error *err)
{
    if (*one->header == '\0')
        return 0;
    if (strcasecmp(one->header, other->header) == 0) {
        error_set(err, ERROR_DATA, "two columns are called \"%s\"",
                  shown(other->header));
        return cannot(sheet, err);
    }
    if (one->member == NULL || other->member == NULL ||
        strcmp(one->member, other->member) != 0)
        return 0;
    error_set(err, ERROR_DATA,
              "the columns \"%s\" and \"%s\" are both taken for \"%s\"",
              shown(one->header), shown(other->header), shown(one->member));
    return cannot(sheet, err);
}

static int check_twice(const struct sheet *sheet, struct error *err)
{
    for (size_t i = 0; i < sheet->column_count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (check_pair(sheet, &sheet->columns[k], &sheet->columns[i],
                           err) != 0)
                return -1;
        }
    }
    return 0;
}

/* Whether the file has a column of that name of the definition; one that
 * stands for many is there when any of them is. */
static bool has_column(const struct sheet *sheet, const char *name)
{
    const struct csv_column *known = sheet->options->source->csv.columns;

    while (known->name != NULL && strcmp(known->name, name) != 0)
        known++;
    for (size_t i = 0; known->name != NULL && i < sheet->column_count; i++) {
        if (sheet->columns[i].member != NULL &&
            match_any(known, sheet->columns[i].header) != NULL)
            return true;
    }
    return false;
}

static void list_expected(const struct sheet *sheet, const char *name,
                          char list[SHEET_NAMES_MAX])
{
    const struct csv_column *known = sheet->options->source->csv.columns;

    sheet_list(list, name);
    for (; known->name != NULL; known++) {
        if (strcmp(known->name, name) != 0)
            continue;
        for (size_t i = 0; known->also[i] != NULL; i++)
            sheet_list(list, known->also[i]);
    }
}

/* Where the header is missing, the first row holds a person's data, which must
 * not reach a log. */
static int nothing_known(const struct sheet *sheet, const char *expected,
                         struct error *err)
{
    const struct source *source = sheet->options->source;

    error_set(err, ERROR_DATA,
              "a column is missing: expected one of: %s; found: none of the "
              "names in the first row is known",
              expected);
    return error_hint(err,
                      "see that the file begins with its header and that its "
                      "delimiter is '%c'; columns and delimiter stand in %s",
                      source->csv.delimiter, source->path);
}

static int check_required(const struct sheet *sheet, struct error *err)
{
    const struct csv_rules *csv = &sheet->options->source->csv;

    for (const char *const *const *group = csv->required; group && *group;
         group++) {
        char expected[SHEET_NAMES_MAX] = "", found[SHEET_NAMES_MAX] = "";
        const char *const *name = *group;

        while (*name != NULL && !has_column(sheet, *name))
            list_expected(sheet, *name++, expected);
        if (*name != NULL)
            continue;
        if (sheet->facts->columns == 0)
            return nothing_known(sheet, expected, err);
        for (size_t i = 0; i < sheet->column_count; i++)
            sheet_list(found, sheet->columns[i].header);
        error_set(err, ERROR_DATA,
                  "a column is missing: expected one of: "
                  "%s; found: %s",
                  expected, found);
        return cannot(sheet, err);
    }
    return 0;
}

int sheet_take_header(struct sheet *sheet, const char *const *cells,
                      size_t count, struct error *err)
{
    struct sheet_facts *facts = sheet->facts;

    sheet->columns =
        arena_alloc(&sheet->arena, (count + 1) * sizeof(*sheet->columns));
    if (sheet->columns == NULL)
        return error_no_memory(err);
    sheet->column_count = count;
    for (size_t i = 0; i < count; i++) {
        if (take_name(sheet, cells[i], i, err) != 0)
            return -1;
        if (sheet->columns[i].member != NULL) {
            facts->columns++;
            continue;
        }
        facts->unknown_columns++;
        sheet_list(facts->unknown, *sheet->columns[i].header != '\0'
                                       ? sheet->columns[i].header
                                       : "(no name)");
    }
    return check_required(sheet, err) != 0 ? -1 : check_twice(sheet, err);
}
