#include "explain.h"

#include <stdlib.h>
#include <string.h>

void explain_init(struct explain_log *log)
{
    *log = (struct explain_log){0};
    arena_init(&log->arena);
}

void explain_release(struct explain_log *log)
{
    free(log->events);
    arena_release(&log->arena);
    explain_init(log);
}

/* NULL stays NULL; *failed is set when memory is out. */
static const char *copied(struct arena *arena, const char *text, bool *failed)
{
    const char *copy = text != NULL ? arena_strdup(arena, text) : NULL;

    *failed |= text != NULL && copy == NULL;
    return copy;
}

static const struct event_change *
copy_changes(struct arena *arena, const struct event *event, bool *failed)
{
    struct event_change *changes;

    if (event->change_count == 0)
        return NULL;
    changes = arena_alloc(arena, event->change_count * sizeof(*changes));
    *failed |= changes == NULL;
    for (size_t i = 0; changes != NULL && i < event->change_count; i++) {
        const struct event_change *from = &event->changes[i];

        changes[i].field = copied(arena, from->field, failed);
        changes[i].from = copied(arena, from->from, failed);
        changes[i].to = copied(arena, from->to, failed);
    }
    return changes;
}

static bool copy_event(struct explain_event *copy, struct arena *arena,
                       const struct event *event, const char *subject)
{
    struct value category = event->fields[EVENT_CATEGORY];
    struct fact_event *to = &copy->event;
    bool failed = false;

    *to = fact_event_of(event);
    to->id = copied(arena, to->id, &failed);
    to->action = copied(arena, to->action, &failed);
    to->actor = copied(arena, to->actor, &failed);
    to->actor_name = copied(arena, to->actor_name, &failed);
    copy->category =
        copied(arena, category.present ? category.text : NULL, &failed);
    copy->subject = copied(arena, subject, &failed);
    copy->changes = copy_changes(arena, event, &failed);
    copy->change_count = event->change_count;
    return !failed;
}

static int make_room(struct explain_log *log, struct error *err)
{
    size_t capacity = log->capacity > 0 ? log->capacity * 2 : 64;
    struct explain_event *grown;

    if (log->count == EXPLAIN_EVENTS_MAX) {
        error_set(err, ERROR_DATA, "log: more than %d events of the account",
                  EXPLAIN_EVENTS_MAX);
        return error_hint(err, "set a shorter events.lookback in a job of "
                               "its own for this question");
    }
    if (log->count < log->capacity)
        return 0;
    grown = realloc(log->events, capacity * sizeof(*grown));
    if (grown == NULL)
        return error_no_memory(err);
    log->events = grown;
    log->capacity = capacity;
    return 0;
}

int explain_keep(struct explain_log *log, const struct rules *rules,
                 const struct event *event, const char *subject,
                 struct error *err)
{
    struct explain_event kept = {0};

    if (make_room(log, err) != 0)
        return -1;
    if (!copy_event(&kept, &log->arena, event, subject))
        return error_no_memory(err);
    for (size_t i = 0; i < rules->fact_count; i++) {
        if (fact_takes(&rules->facts[i], event))
            kept.taken |= (uint32_t)1 << i;
    }
    log->events[log->count++] = kept;
    return 0;
}

/* By rank alone an event without an actor could stand behind a newer id, so
 * people get them by time, then id. */
static int reading_order(const void *left, const void *right)
{
    struct fact_event a = ((const struct explain_event *)left)->event;
    struct fact_event b = ((const struct explain_event *)right)->event;

    a.actor = b.actor = NULL;
    return fact_order(&a, &b, NULL);
}

void explain_settle(struct explain_log *log)
{
    size_t kept = 0;

    if (log->count > 1)
        qsort(log->events, log->count, sizeof(*log->events), reading_order);
    for (size_t i = 0; i < log->count; i++) {
        if (kept == 0 ||
            reading_order(&log->events[kept - 1], &log->events[i]) != 0)
            log->events[kept++] = log->events[i];
    }
    log->count = kept;
}

static bool same(const struct fact_event *a, const struct fact_event *b)
{
    return a != NULL && b != NULL && fact_order(a, b, NULL) == 0;
}

const struct explain_event *explain_find(const struct explain_log *log,
                                         const struct fact_event *event)
{
    for (size_t i = 0; i < log->count; i++) {
        if (same(&log->events[i].event, event))
            return &log->events[i];
    }
    return NULL;
}

static bool taken(const struct explain_event *event, size_t fact)
{
    return (event->taken >> fact & 1) != 0;
}

size_t explain_counted(const struct explain_log *log, size_t fact)
{
    size_t count = 0;

    for (size_t i = 0; i < log->count; i++)
        count += taken(&log->events[i], fact);
    return count;
}

static int remember(struct explain_log *log, const struct fact_event *event,
                    size_t fact, struct error *err)
{
    struct explain_event *found =
        event != NULL ? (struct explain_event *)explain_find(log, event) : NULL;

    if (event == NULL || !event->restored ||
        (found != NULL && !found->earlier))
        return 0;
    if (found == NULL) {
        if (make_room(log, err) != 0)
            return -1;
        found = &log->events[log->count++];
        *found = (struct explain_event){.event = *event, .earlier = true};
    }
    found->taken |= (uint32_t)1 << fact;
    return 0;
}

int explain_remember(struct explain_log *log, const struct joined *joined,
                     struct error *err)
{
    for (size_t i = 0; i < joined->input->rules->fact_count; i++) {
        const struct fact_view *view = joined_fact(joined, i);
        int by = joined->input->rules->facts[i].cancelled_by;

        if (remember(log, view->event, i, err) != 0 ||
            remember(log, view->lender, i, err) != 0 ||
            remember(log, view->cancelled, i, err) != 0 ||
            remember(log, view->cancelled_by, by >= 0 ? (size_t)by : i, err))
            return -1;
    }
    explain_settle(log);
    return 0;
}

/* The best of the fact's events apart from `besides`, which may be NULL. */
static const struct fact_event *best(const struct explain_log *log, size_t fact,
                                     const struct fact_event *besides)
{
    const struct fact_event *found = NULL;

    for (size_t i = 0; i < log->count; i++) {
        const struct fact_event *event = &log->events[i].event;

        if (taken(&log->events[i], fact) && !same(event, besides) &&
            (found == NULL || fact_order(event, found, NULL) > 0))
            found = event;
    }
    return found;
}

static bool kept(const struct explain_log *log, const struct fact_event *event)
{
    return event == NULL || explain_find(log, event) != NULL;
}

int explain_check(const struct explain_log *log, const struct joined *joined,
                  struct error *err)
{
    for (size_t i = 0; i < joined->input->rules->fact_count; i++) {
        const struct fact_view *view = joined_fact(joined, i);
        const struct fact_event *decided =
            view->event != NULL ? view->event : view->cancelled;
        const struct fact_event *expected = best(log, i, NULL);

        if ((decided == NULL) == (expected == NULL) &&
            (decided == NULL || same(decided, expected)) &&
            kept(log, view->lender) && kept(log, view->cancelled_by))
            continue;
        error_set(err, ERROR_DATA,
                  "fact %s: the log changed while it was "
                  "read twice",
                  joined->input->rules->facts[i].name);
        return error_hint(err, "ask again; if it stays so, give records more "
                               "time to arrive (events.settle)");
    }
    return 0;
}

struct explain_mark explain_mark(const struct explain_log *log,
                                 const struct joined *joined, size_t index,
                                 size_t fact)
{
    const struct fact_event *event = &log->events[index].event;
    const struct fact_view *view = joined_fact(joined, fact);
    struct explain_mark mark = {.role = EXPLAIN_NONE};

    if (!taken(&log->events[index], fact))
        return mark;
    if (view->cancelled != NULL) {
        mark.role = EXPLAIN_CANCELLED;
        mark.other = view->cancelled_by;
        return mark;
    }
    if (same(event, view->event)) {
        mark.role = EXPLAIN_WON;
        mark.other = best(log, fact, event);
    } else {
        mark.role = same(event, view->lender) ? EXPLAIN_LENT : EXPLAIN_LOST;
        mark.other = view->event;
    }
    if (mark.other != NULL)
        fact_order(event, mark.other, &mark.reason);
    return mark;
}

static int explain_column(const struct joined *joined, size_t index,
                          struct explain_column *out, struct arena *arena,
                          struct error *err)
{
    const struct rules *rules = joined->input->rules;
    const struct alternative *chosen;

    *out = (struct explain_column){.column = &rules->schema.columns[index],
                                   .rule = &rules->columns[index]};
    join_choose(joined, index, &out->alternative);
    if (join_cell(joined, index, &out->value, arena, err) != 0)
        return -1;
    if (out->alternative == out->rule->alternative_count)
        return 0;
    chosen = &out->rule->alternatives[out->alternative];
    out->from = chosen->constant ? "constant"
                                 : rules_ref_text(rules, &chosen->ref, arena);
    if (out->from == NULL)
        return error_no_memory(err);
    if (!chosen->constant && chosen->ref.kind == REF_FACT)
        out->view = joined_fact(joined, chosen->ref.index);
    return 0;
}

enum join_outcome join_explain(const struct joined *joined, bool publish,
                               struct explain_column *columns,
                               struct arena *arena, struct join_notes *notes,
                               struct error *err)
{
    size_t count = joined->input->rules->schema.count;
    enum join_outcome outcome;
    struct value *cells;

    for (size_t i = 0; i < count; i++) {
        if (explain_column(joined, i, &columns[i], arena, err) != 0)
            return JOIN_FAILED;
    }
    if (!publish)
        return JOIN_ROW;
    cells = arena_alloc(arena, count * sizeof(*cells));
    if (cells == NULL) {
        error_no_memory(err);
        return JOIN_FAILED;
    }
    outcome = join_row(joined, cells, arena, notes, err);
    for (size_t i = 0; outcome == JOIN_ROW && i < count; i++)
        columns[i].value = cells[i];
    return outcome;
}
