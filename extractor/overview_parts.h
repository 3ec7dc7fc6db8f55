/*
 * overview_parts: the pieces of the overview. Private to overview*.c.
 *
 *   overview_columns  what each column is: person, mask, title
 *   overview_cells    a cell as text, masked where asked for
 *   overview_panels   which columns are counted, and the tables of that
 *   overview_months   rows by month
 *   overview_diff     the run before, side by side
 *   overview          opening, and the first reading
 *   overview_rows     the second: rows as JSON
 *   overview_figures, overview_history, overview_logs, overview_doubts,
 *   overview_facts    sections of the page
 *   overview_document the page around them
 */
#ifndef ROLLCALL_OVERVIEW_PARTS_H
#define ROLLCALL_OVERVIEW_PARTS_H

#include "buf.h"
#include "digest.h"
#include "instant.h"
#include "json.h"
#include "manifest.h"
#include "overview.h"
#include "past.h"
#include "runs.h"
#include "tally.h"

enum {
    OVERVIEW_PANELS_MAX = 24,
    OVERVIEW_TITLE_MAX = 96,
    OVERVIEW_RUN_ID_MAX = MANIFEST_RUN_ID_MAX + 8
};

#define OVERVIEW_MASKED "masked" /* a cell that may tell of anything */

enum overview_role {
    ROLE_PLAIN, /* tells of no person */
    ROLE_ID,
    ROLE_NAME,
    ROLE_EMAIL,
    ROLE_TEXT   /* may tell of anything */
};

struct overview_column {
    const struct column *column;
    enum overview_role role;
    size_t person; /* column of the id that a name or an e-mail belongs to */
    bool filled;   /* not null in every row */
    bool shown;    /* in the table until the reader chooses */
    char title[OVERVIEW_TITLE_MAX];
    struct tally texts; /* strings; empty when there are too many */
    bool listed;        /* cells are written as indexes into texts */
};

enum overview_place { PLACE_WHO, PLACE_WHAT, PLACE_KNOWN };

struct overview_panel {
    const struct overview_panel_rule *rule;
    size_t column, label;
    struct tally tally;
};

struct overview_months {
    const struct overview_months_rule *rule;
    size_t column;
    struct months months;
};

struct overview_gone { /* a row that only the run before has */
    const char *id, *name, *email; /* as shown; may be NULL */
};

/* Of one reading of both runs. */
struct overview_diff {
    bool usable;        /* both can be compared, as far as was read */
    char reason[ERROR_TEXT_MAX];/* why not */
    char before[OVERVIEW_RUN_ID_MAX]; /* run id; "" without one */
    int fd;
    bool loaded;
    struct manifest manifest;
    struct past *past;
    struct past_row old;
    bool has_old;
    uint64_t added, removed;
};

struct overview {
    const struct overview_options *options;
    int run_fd, out_fd; /* out_fd -1: the run is in no output directory */
    bool loaded;
    struct manifest manifest;
    const struct manifest_resource *first; /* part of the dataset */
    const struct manifest_dataset *dataset;
    const struct json *facts;         /* "x-rollcall" */
    const struct json *dataset_facts; /* the dataset in it, or NULL */
    unsigned char key[DIGEST_BYTES];
    struct overview_column columns[SCHEMA_COLUMNS_MAX];
    struct overview_panel panels[OVERVIEW_PANELS_MAX];
    size_t panel_count;
    struct overview_months months[OVERVIEW_PANELS_MAX];
    size_t month_count;
    struct overview_diff diff;
    struct overview_gone gone[OVERVIEW_GONE_MAX];
    size_t gone_count;
    uint64_t rows;
    struct buf cell; /* the text of a cell */
    struct arena arena;
};

/* columns */
void overview_set_columns(struct overview *o);
/* Once the rows are counted. */
void overview_choose_shown(struct overview *o);
/* "inactive_since" becomes "Inactive since". */
void overview_title(const char *name, char out[OVERVIEW_TITLE_MAX]);
/* SCHEMA_COLUMNS_MAX: there is none of that name. */
size_t overview_find(const struct overview *o, const char *name);

/* cells */

/* As the page may have it, until the next call; NULL: null, or with *err set
 * a failure. */
const char *overview_text(struct overview *o, const struct past_row *row,
                          size_t column, struct error *err);
bool overview_stopped(const struct overview *o, struct error *err);
/* "2026-11-23 02:00" UTC, for people. */
void overview_time_text(int64_t instant, char out[INSTANT_TEXT_MAX]);
void overview_put_time(struct html *h, int64_t instant);

/* panels */
void overview_set_panels(struct overview *o);
int overview_count_row(struct overview *o, const struct past_row *row,
                       struct error *err);
void overview_put_panels(struct overview *o, struct html *h,
                         enum overview_place place);
bool overview_has_panels(const struct overview *o, enum overview_place place);
/* The panel that counts this column, or NULL. */
const struct overview_panel *overview_panel(const struct overview *o,
                                            const char *column);

/* months */
void overview_set_months(struct overview *o);
void overview_count_months(struct overview *o, const struct past_row *row);
void overview_put_months(struct overview *o, struct html *h);
void overview_put_month_links(const struct overview *o, struct html *h);

/* diff */
int overview_diff_open(struct overview *o, struct overview_diff *diff,
                       struct error *err);
/* keep: rows that are gone go to o->gone. */
int overview_diff_row(struct overview *o, struct overview_diff *diff,
                      const struct past_row *row, bool keep, bool *added,
                      struct error *err);
int overview_diff_end(struct overview *o, struct overview_diff *diff,
                      bool keep, struct error *err);
void overview_diff_close(struct overview_diff *diff);

/* rows */
int overview_put_rows(struct overview *o, struct html *h, struct error *err);

/* sections */
void overview_open_section(struct html *h, const char *id, const char *title,
                           const char *lead); /* lead: may be NULL */
void overview_close_section(struct html *h);
/* To a section. */
void overview_put_link(struct html *h, const char *id, const char *text);
void overview_put_figures(struct overview *o, struct html *h);
int overview_put_history(struct overview *o, struct html *h,
                         struct error *err);
void overview_put_logs(struct overview *o, struct html *h);
void overview_put_doubts(struct overview *o, struct html *h);
void overview_put_facts(struct overview *o, struct html *h, const char *base);

/* members: of the manifest; NULL, 0 or false when not there. */
const char *overview_member_text(const struct json *object, const char *name);
uint64_t overview_member_count(const struct json *object, const char *name);
bool overview_member_true(const struct json *object, const char *name);
bool overview_member_time(const struct json *object, const char *name,
                          int64_t *out);
/* First element of an array; NULL: none. */
const struct json *overview_member_first(const struct json *object,
                                         const char *name);

#endif
