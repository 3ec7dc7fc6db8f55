#include "inquiry_parts.h"

#include <inttypes.h>

#include "instant.h"
#include "name.h"
#include "transform.h"

enum { NAME_WIDTH = 28, MARK_WIDTH = 16 };

/* A name of somebody must not move the reader's cursor: control characters
 * (C0, DEL, C1) are written as \u00XX. */
static void put_text(struct buf *out, const char *text)
{
    const unsigned char *c = (const unsigned char *)text;

    for (; *c != '\0'; c++) {
        if (*c == '\n')
            buf_puts(out, "\\n");
        else if (*c < 0x20 || *c == 0x7f)
            buf_printf(out, "\\u%04x", *c);
        else if (*c == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f)
            buf_printf(out, "\\u%04x", *++c);
        else
            buf_putc(out, (char)*c);
    }
}

static void put_instant(struct buf *out, int64_t instant)
{
    char text[INSTANT_TEXT_MAX];

    instant_rfc3339(instant, text);
    buf_puts(out, text);
}

static void put_value(struct buf *out, const struct value *value)
{
    char text[INSTANT_TEXT_MAX];

    if (!value->present) {
        buf_puts(out, "(none)");
        return;
    }
    switch (value->type) {
    case VALUE_INTEGER:
        buf_printf(out, "%" PRId64, value->integer);
        break;
    case VALUE_BOOLEAN:
        buf_puts(out, value->integer != 0 ? "true" : "false");
        break;
    case VALUE_TIMESTAMP:
        put_instant(out, value->integer);
        break;
    case VALUE_DATE:
        if (instant_format(value->integer, "%Y-%m-%d", 0, text, sizeof(text)) ==
            0)
            buf_puts(out, text);
        break;
    default:
        put_text(out, value->text);
    }
}

static void put_event_ref(struct buf *out, const struct fact_event *event)
{
    buf_puts(out, "event ");
    put_text(out, event->id);
    buf_printf(out, " (%s)", event->source);
}

static void put_head(struct buf *out, const struct inquiry *q)
{
    struct value name = account_value(q->account, USER_DISPLAY_NAME);

    buf_puts(out, "account   ");
    put_text(out, q->id);
    buf_puts(out, "  ");
    put_value(out, &name);
    buf_printf(out, "\ndataset   %s (%s), as of ", q->rules->schema.name,
               q->options->setup->mappings[0].path);
    put_instant(out, q->options->as_of);
    buf_puts(out, "\nlog       ");
    put_instant(out, q->gather.window.from);
    buf_puts(out, " to ");
    put_instant(out, q->gather.window.to);
    buf_puts(out, q->emission.datasets[0].input.no_access ? ", not all of it readable" : "");
    buf_puts(out, "\nselected  ");
    if (!q->account->listed)
        buf_printf(out, "no: %s does not list the account", q->rules->users);
    else if (!q->selected)
        buf_puts(out, "no: the mapping's \"where\" does not hold");
    else if (q->refused)
        buf_printf(out, "yes, but the row is refused: %s: %s", q->notes.column,
                   q->notes.reason);
    else
        buf_puts(out, "yes");
    buf_putc(out, '\n');
}

static void put_fields(struct buf *out, const struct inquiry *q)
{
    buf_puts(out, "\nfields\n");
    for (unsigned i = 0; i < USER_FIELD_COUNT; i++) {
        struct value value = account_value(q->account, i);
        const char *source = account_source(&q->gathered.roster, q->account, i);

        if (!value.present)
            continue;
        buf_printf(out, "  %-*s ", NAME_WIDTH, user_fields[i].name);
        put_value(out, &value);
        buf_printf(out, "  <- %s\n", source != NULL ? source : "the log");
    }
}

static void put_names(struct buf *out, const struct inquiry *q)
{
    static const char *const ways[] = {
        [RESOLVE_ID] = "is the account id",
        [RESOLVE_MAPPED] = "by the job's map file",
        [RESOLVE_LEARNED] = "by a record that has key and account id",
        [RESOLVE_BRIDGE] = "by the bridge from user keys to account ids",
        [RESOLVE_EMAIL] = "by its e-mail address",
        [RESOLVE_UNKNOWN] = "unresolved"};

    buf_puts(out, "\nnames in the log\n");
    for (size_t i = 0; i < q->name_count; i++) {
        buf_puts(out, "  ");
        put_text(out, name_shown(q->names[i]->name));
        buf_printf(out, "  %s, %zu event%s\n", ways[q->names[i]->way],
                   q->names[i]->events, q->names[i]->events == 1 ? "" : "s");
    }
    if (q->name_count == 0)
        buf_puts(out, "  none\n");
}

static const char *why_won(enum fact_reason reason)
{
    static const char *const texts[] = {
        [FACT_SAME] = "the only one",
        [FACT_BY_TIME] = "the newest",
        [FACT_BY_ACTOR] = "names an actor, unlike the as new ",
        [FACT_BY_ID] = "has a higher id than the as new ",
        [FACT_BY_SOURCE] = "its source ranks above the as new "};

    return texts[reason];
}

static const char *why_lost(enum fact_reason reason)
{
    static const char *const texts[] = {
        [FACT_SAME] = "is ",
        [FACT_BY_TIME] = "older than ",
        [FACT_BY_ACTOR] = "names nobody, unlike the as new ",
        [FACT_BY_ID] = "has a lower id than the as new ",
        [FACT_BY_SOURCE] = "its source ranks below the as new "};

    return texts[reason];
}

static void put_win(struct buf *out, const struct explain_mark *mark)
{
    buf_printf(out, "won: %s", why_won(mark->reason));
    if (mark->reason != FACT_SAME && mark->reason != FACT_BY_TIME)
        put_event_ref(out, mark->other);
}

static void put_mark(struct buf *out, const struct inquiry *q, size_t index,
                     size_t fact)
{
    const struct fact_rule *rule = &q->rules->facts[fact];
    struct explain_mark mark =
        explain_mark(&q->events, &q->joined, index, fact);

    if (mark.role == EXPLAIN_NONE)
        return;
    buf_printf(out, "    %-*s ", MARK_WIDTH, rule->name);
    switch (mark.role) {
    case EXPLAIN_WON:
        put_win(out, &mark);
        break;
    case EXPLAIN_LENT:
        buf_puts(out, "lent its actor to the newer ");
        put_event_ref(out, mark.other);
        break;
    case EXPLAIN_CANCELLED:
        buf_printf(
            out, "cancelled by %s: ", q->rules->facts[rule->cancelled_by].name);
        put_event_ref(out, mark.other);
        break;
    default:
        buf_printf(out, "lost: %s", why_lost(mark.reason));
        put_event_ref(out, mark.other);
    }
    buf_putc(out, '\n');
}

static void put_change(struct buf *out, const struct event_change *change)
{
    const char *const texts[] = {change->field, change->from, change->to};
    static const char *const before[] = {"", ": ", " -> "};

    buf_printf(out, "    %-*s ", MARK_WIDTH, "changed");
    for (size_t i = 0; i < 3; i++) {
        buf_puts(out, before[i]);
        put_text(out, texts[i] != NULL ? texts[i] : "(none)");
    }
    buf_putc(out, '\n');
}

static void put_actor(struct buf *out, const struct inquiry *q,
                      const struct fact_event *event)
{
    const char *id = inquiry_actor_id(q, event);
    const char *name = inquiry_actor_name(q, event);

    buf_printf(out, "    %-*s ", MARK_WIDTH, "by");
    if (event->actor == NULL) {
        buf_puts(out, "nobody is named\n");
        return;
    }
    put_text(out, id != NULL ? id : "(id unknown)");
    buf_puts(out, "  ");
    put_text(out, name != NULL ? name : "(name unknown)");
    buf_putc(out, '\n');
}

static void put_event(struct buf *out, const struct inquiry *q, size_t index)
{
    const struct explain_event *entry = &q->events.events[index];
    const struct fact_event *event = &entry->event;

    buf_puts(out, "  ");
    put_instant(out, event->at);
    buf_printf(out, "  %s ", event->source);
    put_text(out, event->id);
    buf_puts(out, "  ");
    put_text(out, event->action != NULL ? event->action : "(none)");
    buf_putc(out, '\n');
    put_actor(out, q, event);
    if (entry->earlier) {
        buf_printf(out, "    %-*s from an earlier run; the log does not show "
                   "it any more\n", MARK_WIDTH, "known");
    } else {
        buf_printf(out, "    %-*s ", MARK_WIDTH, "calls it");
        put_text(out, name_shown(entry->subject));
        buf_putc(out, '\n');
    }
    for (size_t i = 0; i < entry->change_count; i++)
        put_change(out, &entry->changes[i]);
    for (size_t f = 0; f < q->rules->fact_count; f++)
        put_mark(out, q, index, f);
}

static void put_fact(struct buf *out, const struct inquiry *q, size_t fact)
{
    const struct fact_rule *rule = &q->rules->facts[fact];
    const struct fact_view *view = joined_fact(&q->joined, fact);

    buf_printf(out, "  %-*s %s", NAME_WIDTH, rule->name,
               joined_status(&q->joined, fact));
    if (view->event != NULL) {
        buf_puts(out, ": ");
        put_event_ref(out, view->event);
        buf_printf(out, " of %zu", explain_counted(&q->events, fact));
    }
    if (view->lent) {
        buf_puts(out, ", actor lent by ");
        put_event_ref(out, view->lender);
    }
    if (view->cancelled != NULL) {
        buf_puts(out, ": ");
        put_event_ref(out, view->cancelled);
        buf_printf(out, " is cancelled by %s: ",
                   q->rules->facts[rule->cancelled_by].name);
        put_event_ref(out, view->cancelled_by);
    }
    buf_putc(out, '\n');
}

static void put_origin(struct buf *out, const struct inquiry *q,
                       const struct explain_column *column)
{
    const char *source = inquiry_column_source(q, column);
    const struct fact_event *lender = inquiry_column_lender(column);

    buf_printf(out, "%s", column->from != NULL ? column->from : "nothing");
    if (source != NULL)
        buf_printf(out, " of %s", source);
    if (column->view != NULL && column->view->event != NULL) {
        buf_puts(out, " of ");
        put_event_ref(out, column->view->event);
    }
    if (lender != NULL) {
        buf_puts(out, ", lent by ");
        put_event_ref(out, lender);
    }
    if (column->rule->alternative_count > 1 && column->from != NULL)
        buf_printf(out, " [alternative %zu of %zu]", column->alternative + 1,
                   column->rule->alternative_count);
    for (size_t i = 0; i < column->rule->transform_count; i++)
        buf_printf(out, "%s%s", i == 0 ? "; then " : ", ",
                   transform_name(column->rule->transforms[i].kind));
}

int inquiry_text(const struct inquiry *q, struct buf *out, struct error *err)
{
    put_head(out, q);
    put_fields(out, q);
    put_names(out, q);
    buf_puts(out, "\nevents, oldest first\n");
    for (size_t i = 0; i < q->events.count; i++)
        put_event(out, q, i);
    if (q->events.count == 0)
        buf_puts(out, "  none\n");
    if (q->rules->fact_count > 0)
        buf_puts(out, "\nfacts\n");
    for (size_t i = 0; i < q->rules->fact_count; i++)
        put_fact(out, q, i);
    buf_puts(out, "\ncolumns\n");
    for (size_t i = 0; i < q->rules->schema.count; i++) {
        buf_printf(out, "  %-*s ", NAME_WIDTH, q->columns[i].column->name);
        put_value(out, &q->columns[i].value);
        buf_puts(out, "  <- ");
        put_origin(out, q, &q->columns[i]);
        buf_putc(out, '\n');
    }
    return inquiry_check(out, err);
}
