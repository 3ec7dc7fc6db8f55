/*
 * check: what `rollcall check` found, and how it is told.
 *
 * command_check.c fills the rows; check_text() writes a table, what is to be
 * said of each row below it, and warnings; check_json() one document.
 *
 * The document: {"job": path, "verdict": "ok"|"failed", "exit": code,
 *   "datasets": [{"name", "mapping"}],
 *   "sources": [{"name", "kind", "endpoint", "url", "verdict",
 *                "reachable": true|false|null, "permitted": the same,
 *                "status": of the refusal or null, "rows": number or null,
 *                "oldest": time or null, "newest": time or null,
 *                "needs": {"permission", "scopes", "granular", "how"},
 *                "lacks": [scopes] or null where they are not known,
 *                "note": text or null,
 *                "error": null or {"kind", "message", "hint"}}],
 *   "credentials": [{"endpoint", "url", "expires": time or null,
 *                    "scopes": [texts] or null, "warning": text or null}]}
 * Where runs are delivered to is among the sources, with the kind "target",
 * and what signs their manifests, with the kind "key".
 * verdict of a source: ok, failed, skipped, or replaced where its fallback is
 * asked in its place. null: not known.
 */
#ifndef ROLLCALL_CHECK_H
#define ROLLCALL_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "error.h"
#include "setup.h"

enum {
    CHECK_NOTE_MAX = 512,
    CHECK_LACKS_MAX = 16,
    CHECK_LOGINS_MAX = 32,
    CHECK_ROWS_MAX = SETUP_SOURCES_MAX + JOB_TARGETS_MAX + 1,
    CHECK_BYTES_MAX = 1024 * 1024 /* of the whole answer */
};

enum check_verdict { CHECK_OK, CHECK_FAILED, CHECK_SKIPPED, CHECK_REPLACED };
enum check_answer { CHECK_UNKNOWN, CHECK_NO, CHECK_YES };

struct check_row {
    const char *name, *kind;
    const struct endpoint *endpoint; /* NULL: the job has none */
    const struct source *source;     /* for its needs; NULL: none */
    enum check_verdict verdict;
    enum check_answer reachable, permitted;
    int status; /* of a refusal; 0: none */
    bool has_rows, has_oldest, has_newest;
    uint64_t rows;
    int64_t oldest, newest;
    bool scopes_known;
    const char *lacks[CHECK_LACKS_MAX + 1]; /* NULL terminated */
    char note[CHECK_NOTE_MAX];
    struct error error;
};

struct check_login {
    const struct endpoint *endpoint;
    int64_t expiry; /* EXPIRY_UNKNOWN */
    char *scopes;   /* owned; NULL: not known */
};

struct check {
    const struct setup *setup;
    int64_t now;
    struct check_row rows[CHECK_ROWS_MAX];
    size_t row_count;
    struct check_login logins[CHECK_LOGINS_MAX];
    size_t login_count;
    struct error first; /* of the rows; kind ERROR_NONE: all is well */
};

void check_text(const struct check *check, struct buf *out);
void check_json(const struct check *check, struct buf *out);

/* "failed", … */
const char *check_verdict_word(enum check_verdict verdict);

/* When a login ends, in words; false: not soon, or not known. */
bool check_login_warning(const struct check *check,
                         const struct check_login *login, struct buf *out);

#endif
