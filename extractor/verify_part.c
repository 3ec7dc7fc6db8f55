/* One file of a run against its resource in the manifest. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "sink.h"
#include "verify_parts.h"

enum { PART_CHUNK = 64 * 1024 };

struct scan {
    struct verify_table *t;
    const struct verify_reader *reader;
    void *state;
    bool stopped;  /* rows cannot be read any further */
    bool too_long; /* more content than the manifest says */
    bool bom, crlf;
    uint64_t seen, line, longest, lines, bad_end; /* bad_end: line number */
    char last;
};

static const struct verify_reader *reader_for(const struct verify_table *t)
{
    if (t->first->schema.count == 0)
        return &verify_rejects_reader;
    return t->lossy ? &verify_csv_reader : &verify_jsonl_reader;
}

/* Line lengths and ends, on the bytes themselves. */
static void scan_lines(struct scan *s, const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++, s->last = data[i - 1]) {
        if (s->bom && s->seen++ < sizeof(CSV_BOM) - 1)
            continue;
        s->line++;
        if (data[i] != '\n')
            continue;
        s->lines++;
        if ((s->last == '\r') != s->crlf && s->bad_end == 0)
            s->bad_end = s->lines;
        if (s->line > s->longest)
            s->longest = s->line;
        s->line = 0;
    }
}

static void found(struct scan *s, const char *what)
{
    if (!s->t->keys_only)
        verify_found(s->t->v, s->t->part->path, "%s", what);
}

/* ERROR_DATA is a finding, all else ends the verification. */
static int settle(struct scan *s, struct error *local, struct error *err)
{
    if (local->kind != ERROR_DATA) {
        *err = *local;
        return -1;
    }
    if (!s->t->keys_only)
        verify_found_error(s->t->v, s->t->part->path, local);
    error_clear(local);
    s->stopped = true;
    return 0;
}

static int feed(struct scan *s, const char *data, size_t len, struct error *err)
{
    struct error local = {0};

    if (s->stopped || s->reader->feed(s->state, data, len, &local) == 0)
        return 0;
    return settle(s, &local, err);
}

static int scan_file(struct scan *s, struct source_file *file,
                     struct error *err)
{
    const uint64_t most = s->t->part->plain_bytes;
    struct error local = {0};
    char data[PART_CHUNK];
    uint64_t total = 0;
    ssize_t got;

    while ((got = source_file_read(file, data, sizeof(data), &local)) > 0) {
        total += (uint64_t)got;
        if (total > most) {
            found(s, "holds more than the manifest says");
            s->too_long = s->stopped = true;
            return 0;
        }
        scan_lines(s, data, (size_t)got);
        if (feed(s, data, (size_t)got, err) != 0)
            return -1;
    }
    if (got < 0)
        return settle(s, &local, err);
    if (!s->stopped && s->reader->finish(s->state, &local) != 0)
        return settle(s, &local, err);
    return 0;
}

static void check_facts(struct scan *s, const struct sink_facts *facts)
{
    const struct manifest_resource *r = s->t->part;

    if (strcmp(facts->sha256, r->sha256) != 0)
        found(s, "SHA-256 of the file is not the manifest's");
    if (facts->plain_sha256[0] == '\0')
        return;
    if (facts->plain_bytes != r->plain_bytes)
        found(s, "size of the content is not the manifest's");
    if (strcmp(facts->plain_sha256, r->plain_sha256) != 0)
        found(s, "SHA-256 of the content is not the manifest's");
}

/* What only a part that was read to its end can tell. */
static void check_counts(struct scan *s)
{
    const struct manifest_resource *r = s->t->part;

    if (s->t->part_rows != r->rows)
        verify_found(s->t->v, r->path,
                     "holds %llu rows, the manifest says "
                     "%llu",
                     (unsigned long long)s->t->part_rows,
                     (unsigned long long)r->rows);
    if (s->longest != r->longest)
        verify_found(s->t->v, r->path,
                     "longest line has %llu bytes, the manifest says %llu",
                     (unsigned long long)s->longest,
                     (unsigned long long)r->longest);
    if (s->bad_end != 0)
        verify_found(s->t->v, r->path,
                     "line %llu ends in another way than the manifest says",
                     (unsigned long long)s->bad_end);
    if (s->line != 0)
        found(s, "last line has no end");
    if (s->t->header_due)
        found(s, "header is missing");
}

static bool check_file(struct scan *s)
{
    const struct manifest_resource *r = s->t->part;
    struct stat st;

    if (fstatat(s->t->v->run_fd, r->path, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        verify_found(s->t->v, r->path, "cannot be found: %s", strerror(errno));
        return false;
    }
    if (!S_ISREG(st.st_mode)) {
        found(s, "is no regular file");
        return false;
    }
    if (!s->t->keys_only && (uint64_t)st.st_size != r->bytes)
        verify_found(s->t->v, r->path,
                     "has %llu bytes, the manifest says "
                     "%llu",
                     (unsigned long long)st.st_size,
                     (unsigned long long)r->bytes);
    return true;
}

static int finish_file(struct scan *s, struct source_file *file,
                       struct error *err)
{
    struct error local = {0};
    struct sink_facts facts;

    if (s->too_long) {
        source_file_close(file, NULL, err);
        return 0;
    }
    if (source_file_close(file, &facts, &local) != 0 &&
        local.kind != ERROR_DATA) {
        *err = local;
        return -1;
    }
    check_facts(s, &facts);
    if (!s->stopped && !s->t->keys_only)
        check_counts(s);
    return 0;
}

int verify_part(struct verify_table *t, struct error *err)
{
    struct scan s = {.t = t, .reader = reader_for(t)};
    struct source_file *file;
    int result;

    t->part_rows = t->shown = 0;
    t->header_due = false;
    s.bom = t->lossy && t->dialect->bom;
    s.crlf = t->lossy && t->dialect->crlf;
    if (!check_file(&s))
        return 0;
    file = source_file_open(t->v->run_fd, t->part->path, err);
    if (file == NULL)
        return -1;
    s.state = s.reader->open(t);
    if (s.state == NULL) {
        source_file_close(file, NULL, err);
        return error_no_memory(err);
    }
    result = scan_file(&s, file, err);
    s.reader->close(s.state);
    if (result != 0) {
        source_file_close(file, NULL, err);
        return -1;
    }
    return finish_file(&s, file, err);
}
