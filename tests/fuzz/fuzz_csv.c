/* Byte 0: delimiter and quote. Byte 1: the length of a piece. The rest: a
 * text. In pieces it holds the same rows as in one, and what was read can be
 * written, and read again to the same. */
#include "buf.h"
#include "csv.h"
#include "fuzz.h"

enum { ROWS_MAX = 64 << 20 };

struct reading {
    struct buf rows; /* as our writer says them */
    struct csv_writer writer;
    struct csv_dialect dialect;
    bool lone_null; /* a row whose one cell is null: a blank line */
    struct error err;
    int result;
};

static int keep(void *context, const char *const *cells, size_t count,
                struct error *err)
{
    struct reading *r = context;

    (void)err;
    require(count >= 1 && count <= CSV_COLUMNS_MAX);
    csv_row_start(&r->writer);
    for (size_t i = 0; i < count; i++) {
        if (cells[i] == NULL)
            csv_put_null(&r->writer);
        else
            csv_put_text(&r->writer, cells[i]);
    }
    csv_row_end(&r->writer);
    r->lone_null |= count == 1 && cells[0] == NULL;
    return 0;
}

static void read_rows(struct reading *r, char delimiter, char quote,
                      const char *text, size_t len, size_t piece)
{
    struct csv_reader *reader = csv_reader_new(delimiter, quote, keep, r);

    require(reader != NULL);
    memset(r, 0, sizeof(*r));
    buf_init(&r->rows, ROWS_MAX);
    require(csv_preset("rfc4180", &r->dialect));
    r->dialect.delimiter = delimiter;
    r->dialect.quote = quote;
    r->writer = (struct csv_writer){&r->rows, &r->dialect, false};
    while (len > 0 && r->result == 0) {
        size_t now = piece != 0 && piece < len ? piece : len;

        r->result = csv_reader_feed(reader, text, now, &r->err);
        text += now;
        len -= now;
    }
    if (r->result == 0)
        r->result = csv_reader_finish(reader, &r->err);
    csv_reader_free(reader);
    require_error(r->result, &r->err);
    require(buf_ok(&r->rows));
}

static void require_same(const struct reading *a, const struct reading *b)
{
    require(a->rows.len == b->rows.len);
    require(memcmp(a->rows.data, b->rows.data, a->rows.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char delimiters[] = ",;\t|", quotes[] = "\"'";
    unsigned style = fuzz_byte(&data, &size), piece = fuzz_byte(&data, &size);
    char delimiter = delimiters[style & 3], quote = quotes[style >> 2 & 1];
    struct reading whole, pieces, again;
    char *text = fuzz_text(data, size);

    read_rows(&whole, delimiter, quote, text, size, 0);
    read_rows(&pieces, delimiter, quote, text, size, piece);
    require(whole.result == pieces.result);
    require(strcmp(whole.err.text, pieces.err.text) == 0);
    require_same(&whole, &pieces);
    if (whole.result == 0 && !whole.lone_null) {
        read_rows(&again, delimiter, quote, whole.rows.data, whole.rows.len,
                  piece);
        require(again.result == 0);
        require_same(&whole, &again);
        buf_release(&again.rows);
    }
    buf_release(&whole.rows);
    buf_release(&pieces.rows);
    free(text);
    return 0;
}
