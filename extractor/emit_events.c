/* Rows of events: each with each account it is about. */
#include <stdlib.h>
#include <string.h>

#include "emit_parts.h"

enum { PLACE_MAX = 4 * 1024 * 1024 }; /* bytes a row is sorted by */

/* An account an event is about, and how the log's name led to it. */
struct concern {
    struct join_subject subject;
    const char *id; /* subject.id */
    enum resolve_way way;
};

/* The rows under way. */
struct stream {
    struct emit_output *out;
    struct spool *spool;
    struct concern *concerns; /* of the event at hand; room for all */
    size_t count;
    struct buf place;
};

static int concern_order(const void *left, const void *right)
{
    const struct concern *a = left, *b = right;
    int order = strcmp(a->id, b->id);

    if (order == 0)
        order = (int)a->way - (int)b->way;
    return order != 0 ? order : strcmp(a->subject.name, b->subject.name);
}

/* In ascending order of ids; an account that has two names in the event is
 * listed once, under the one that needed least to be resolved. */
static void list_concerns(struct stream *stream, const struct event *event)
{
    const struct emission *emission = stream->out->emission;
    struct concern *concerns = stream->concerns;
    size_t kept = 0;

    for (size_t i = 0; i < event->subject_count; i++) {
        struct concern *c = &concerns[i];

        c->subject.name = event->subjects[i];
        c->way = resolve_way(emission->resolved, emission->gathered,
                             c->subject.name, &c->subject.account_id);
        c->subject.status = join_subject_words[c->way];
        c->id = join_subject_id(&c->subject);
    }
    if (event->subject_count > 1)
        qsort(concerns, event->subject_count, sizeof(*concerns), concern_order);
    for (size_t i = 0; i < event->subject_count; i++) {
        if (kept == 0 || strcmp(concerns[kept - 1].id, concerns[i].id) != 0)
            concerns[kept++] = concerns[i];
    }
    stream->count = kept;
}

typedef int row_fn(struct stream *stream, const struct joined *joined,
                   struct error *err);

/* concern NULL: the event is about no account. */
static int take_row(struct stream *stream, const struct event *event,
                    const struct concern *concern, row_fn *take,
                    struct error *err)
{
    struct emit_output *out = stream->out;
    struct joined joined;

    arena_reset(&out->arena);
    if (joined_fill_event(&joined, &out->rows->input, event,
                          concern != NULL ? &concern->subject : NULL,
                          &out->arena, err) != 0)
        return -1;
    return join_selects(&joined) ? take(stream, &joined, err) : 0;
}

static int take_event(struct stream *stream, const struct event *event,
                      row_fn *take, struct error *err)
{
    const struct rules *rules = stream->out->rows->input.rules;

    if (!rules_take_source(rules, event->source))
        return 0;
    if (event->subject_count == 0)
        return rules->without_subject ? take_row(stream, event, NULL, take, err)
                                      : 0;
    list_concerns(stream, event);
    for (size_t i = 0; i < stream->count; i++) {
        if (take_row(stream, event, &stream->concerns[i], take, err) != 0)
            return -1;
    }
    return 0;
}

static int take_all(struct stream *stream, row_fn *take, struct error *err)
{
    const struct event *event;
    int more;

    spool_rewind(stream->spool);
    while ((more = spool_next(stream->spool, &event, err)) > 0) {
        if (take_event(stream, event, take, err) != 0)
            return -1;
    }
    return more;
}

static int write_row(struct stream *stream, const struct joined *joined,
                     struct error *err)
{
    return emit_row(stream->out, joined, err);
}

/* Bytes that compare as value_order() does: null first, an integer from its
 * highest byte on with the sign turned, a text to its end. */
static void put_place(struct buf *place, const struct value *cell)
{
    uint64_t bits = (uint64_t)cell->integer ^ (UINT64_C(1) << 63);

    buf_putc(place, cell->present ? 1 : 0);
    if (!cell->present)
        return;
    if (cell->type == VALUE_STRING) {
        buf_append(place, cell->text, strlen(cell->text) + 1);
        return;
    }
    for (int shift = 56; shift >= 0; shift -= 8)
        buf_putc(place, (char)(bits >> shift & 0xff));
}

static int equal_rows(const struct joined *joined, struct error *err)
{
    error_set(err, ERROR_CONFIG,
              "%s: two rows have the same key, the second of event %s of %s",
              joined->input->rules->schema.name, joined_item(joined),
              joined->event->source);
    return error_hint(err, "a transform or a constant of the mapping makes "
                           "keys equal that the log tells apart");
}

static int place_row(struct stream *stream, const struct joined *joined,
                     struct error *err)
{
    const struct rules *rules = joined->input->rules;
    struct spool_row row = {joined->event->source, joined_item(joined),
                            join_subject_id(&joined->subject)};
    bool taken;

    buf_reset(&stream->place);
    for (size_t i = 0; i < rules->order_count; i++) {
        struct value cell;

        if (join_cell(joined, rules->order[i], &cell, &stream->out->arena,
                      err) != 0)
            return -1;
        put_place(&stream->place, &cell);
    }
    if (buf_no_memory(&stream->place))
        return error_no_memory(err);
    if (!buf_ok(&stream->place)) {
        error_set(err, ERROR_DATA,
                  "%s: the order columns of event %s take more than %d "
                  "bytes",
                  rules->schema.name, row.id, PLACE_MAX);
        return error_usual(
            err, "name fewer or shorter columns in \"order\" of the mapping");
    }
    if (spool_place(stream->spool, stream->place.data, stream->place.len, &row,
                    &taken, err) != 0)
        return -1;
    return taken ? equal_rows(joined, err) : 0;
}

static int lost_row(struct error *err)
{
    return error_set(err, ERROR_BUG, "a row that was sorted is gone");
}

/* The event of a row that was sorted, and of it the one account. */
static int write_placed(struct stream *stream, const struct spool_row *row,
                        struct error *err)
{
    const struct event *event;
    int found = spool_find(stream->spool, row->source, row->id, &event, err);

    if (found <= 0)
        return found < 0 ? -1 : lost_row(err);
    if (row->subject == NULL)
        return take_row(stream, event, NULL, write_row, err);
    list_concerns(stream, event);
    for (size_t i = 0; i < stream->count; i++) {
        const struct concern *concern = &stream->concerns[i];

        if (strcmp(concern->id, row->subject) == 0)
            return take_row(stream, event, concern, write_row, err);
    }
    return lost_row(err);
}

static int take_sorted(struct stream *stream, struct error *err)
{
    struct spool_row row;
    int more;

    if (spool_place_clear(stream->spool, err) != 0 ||
        take_all(stream, place_row, err) != 0)
        return -1;
    spool_place_rewind(stream->spool);
    while ((more = spool_place_next(stream->spool, &row, err)) > 0) {
        if (write_placed(stream, &row, err) != 0)
            return -1;
    }
    return more;
}

int emit_events(struct emit_output *out, struct error *err)
{
    struct stream stream = {.out = out,
                            .spool = out->emission->gathered->spool};
    int result;

    stream.concerns = calloc(EVENT_SUBJECTS_MAX, sizeof(*stream.concerns));
    if (stream.concerns == NULL)
        return error_no_memory(err);
    buf_init(&stream.place, PLACE_MAX);
    if (rules_in_event_order(out->rows->input.rules))
        result = take_all(&stream, write_row, err);
    else
        result = take_sorted(&stream, err);
    buf_release(&stream.place);
    free(stream.concerns);
    return result;
}
