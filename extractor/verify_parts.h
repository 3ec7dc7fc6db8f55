/*
 * verify_parts: the pieces of verify. Private to verify*.c and cat.c.
 *
 * A table is one format of one dataset, all its parts. verify_table.c drives
 * it; verify_csv.c and verify_jsonl.c turn bytes into rows of cells;
 * verify_row.c checks a row, its order and its key.
 */
#ifndef ROLLCALL_VERIFY_PARTS_H
#define ROLLCALL_VERIFY_PARTS_H

#include "buf.h"
#include "digest.h"
#include "manifest.h"
#include "strmap.h"
#include "verify.h"

struct verify {
    verify_finding_fn *finding;
    void *context;
    struct verify_summary *summary;
    struct manifest manifest;
    const struct signature_key *public_key; /* or NULL */
    int run_fd;
};

void verify_found(struct verify *v, const char *file, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* An error of the file's as a finding: without its name, which such a text
 * begins with and a finding has beside it. */
void verify_found_error(struct verify *v, const char *file,
                        const struct error *err);

/* Whether a file is there and a plain one, which a link or a pipe, that would
 * never end, is not: ERROR_NO_INPUT it is missing, ERROR_DATA it is something
 * else. */
int verify_plain(int dir_fd, const char *name, struct error *err);
/* The text of such a file, or NULL; ERROR_DATA also when it is too long. To
 * free. */
char *verify_read(int dir_fd, const char *name, size_t max, size_t *len,
                  struct error *err);

const char *verify_manifest_name(int run_fd);

/* The signature beside a manifest, which is due with a public key or where the
 * manifest says so; folder, "" or "NAME/", stands before its name. */
int verify_signature(struct verify *v, int dir_fd, const char *folder,
                     const char *manifest, struct error *err);

/* Tells of what is in a folder and not in paths; folder, "" or "NAME/", stands
 * before its names. */
int verify_strays(struct verify *v, int dir_fd, const char *folder,
                  const struct strmap *paths, struct error *err);

/* The mark of a Hive folder; folder, "" or "NAME/", stands before its name. */
int verify_success(struct verify *v, int dir_fd, const char *folder,
                   struct error *err);

/* Lock, name, done files and Hive folders, when the run is inside an output
 * directory; _SUCCESS in a Hive folder. */
int verify_markers(struct verify *v, struct error *err);
/* Names beside the runs that are of this one and of none of its datasets. */
int verify_beside(struct verify *v, int out_fd, struct error *err);
/* A list for Redshift that is there: the manifest does not say whether one was
 * asked for. */
int verify_redshift(struct verify *v, int out_fd, const char *file,
                    const char *dataset, const char *format, struct error *err);
/* The companions of one dataset in the output directory. */
int verify_companions(struct verify *v, int out_fd, const char *dataset,
                      struct error *err);
int verify_hive(struct verify *v, int out_fd, struct error *err);

struct verify_cell {
    bool present;
    bool unsure;      /* text that equals a null text: may have been either */
    size_t canonical; /* offsets in the row's texts: as the CSV holds it */
    size_t exact;     /* as far as the format still knows it */
    int64_t integer;  /* integers, booleans, instants */
    double number;
};

struct verify_row {
    struct verify_cell cells[SCHEMA_COLUMNS_MAX];
    struct buf texts;
};

struct verify_keys {
    struct verify_key {
        uint64_t a, b; /* both 0: free */
    } * slots;
    size_t capacity, count;
    uint64_t lots, lot; /* keys with a % lots == lot are collected */
};

struct verify_table {
    struct verify *v;
    const struct manifest_resource *first;
    const struct csv_dialect *dialect; /* of the canonical form */
    bool lossy;                        /* the format is CSV */
    bool lossy_times;                  /* and its times lack milliseconds */
    struct digest *digest;             /* of the canonical rows */
    struct verify_row rows[2];         /* the row and the one before */
    struct verify_row *row, *before;
    bool has_before;
    struct verify_keys keys;
    bool keys_only; /* a later reading, for keys alone */
    uint64_t row_count;
    /* Of the part being read. */
    const struct manifest_resource *part;
    uint64_t part_rows, shown;
    bool header_due;
};

/* About a row of the part being read: row and, where column is not NULL,
 * column are named. */
void verify_row_found(struct verify_table *t, const char *column,
                      const char *what);

/* A row is complete in t->row: checks it and makes it the row before. */
int verify_row_done(struct verify_table *t, struct error *err);

/* Cells of the row being made. Each gives NULL or what is wrong. */
const char *verify_csv_cell(struct verify_table *t, size_t column,
                            const char *text);
const char *verify_json_cell(struct verify_table *t, size_t column,
                             const struct json *node);
/* How CSV and JSONL forms become comparable: sets `canonical`. */
void verify_put_canonical(struct verify_table *t, struct verify_cell *cell,
                          enum value_type type, const char *text);

int verify_keys_init(struct verify_keys *keys, uint64_t rows);
/* 1: seen before, 0: new or of another lot, -1: memory is out. */
int verify_keys_add(struct verify_keys *keys, const void *key, size_t len);

/* What reads one part's bytes. */
struct verify_reader {
    void *(*open)(struct verify_table *t);
    int (*feed)(void *reader, const char *data, size_t len, struct error *err);
    int (*finish)(void *reader, struct error *err);
    void (*close)(void *reader);
};

extern const struct verify_reader verify_csv_reader;
extern const struct verify_reader verify_jsonl_reader;
extern const struct verify_reader verify_rejects_reader;

/* One part: the file itself and, through its reader, its rows. */
int verify_part(struct verify_table *t, struct error *err);

/* All parts of the table that begins at resource `first`; *count of them.
 * hex gets the digest of the rows. */
int verify_table(struct verify *v, size_t first, size_t *count, uint64_t *rows,
                 char hex[DIGEST_HEX_SIZE], struct error *err);

#endif
