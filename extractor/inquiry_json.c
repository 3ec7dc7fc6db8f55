#include "inquiry_parts.h"

#include "jsonw.h"
#include "name.h"
#include "transform.h"
#include "writer.h"

static const char *const ways[] = {[RESOLVE_ID] = "account_id",
                                   [RESOLVE_MAPPED] = "map_file",
                                   [RESOLVE_LEARNED] = "learned_pair",
                                   [RESOLVE_BRIDGE] = "bridge",
                                   [RESOLVE_EMAIL] = "email",
                                   [RESOLVE_UNKNOWN] = NULL};

static const char *const roles[] = {[EXPLAIN_NONE] = NULL,
                                    [EXPLAIN_WON] = "won",
                                    [EXPLAIN_LENT] = "lent",
                                    [EXPLAIN_CANCELLED] = "cancelled",
                                    [EXPLAIN_LOST] = "lost"};

static const char *const reasons[] = {[FACT_SAME] = "only",
                                      [FACT_BY_TIME] = "time",
                                      [FACT_BY_ACTOR] = "actor",
                                      [FACT_BY_ID] = "id",
                                      [FACT_BY_SOURCE] = "source"};

static void put_value(struct jsonw *w, const char *name,
                      const struct value *value)
{
    if (!value->present || writer_json_value(w, name, value) != 0)
        jsonw_null(w, name);
}

/* fact: NULL, or the fact it is the event of. */
static void put_event_ref(struct jsonw *w, const char *name,
                          const struct fact_event *event, const char *fact)
{
    if (event == NULL) {
        jsonw_null(w, name);
        return;
    }
    jsonw_object(w, name);
    jsonw_text(w, "source", event->source);
    jsonw_text(w, "id", event->id);
    if (fact != NULL)
        jsonw_text(w, "fact", fact);
    jsonw_object_end(w);
}

static void put_head(struct jsonw *w, const struct inquiry *q)
{
    jsonw_text(w, "account_id", q->id);
    jsonw_text(w, "dataset", q->rules->schema.name);
    jsonw_text(w, "mapping", q->options->setup->mappings[0].path);
    jsonw_instant(w, "as_of", q->options->as_of);
    jsonw_bool(w, "listed", q->account->listed);
    jsonw_bool(w, "selected", q->selected);
    if (q->refused) {
        jsonw_object(w, "refused");
        jsonw_text(w, "column", q->notes.column);
        jsonw_text(w, "reason", q->notes.reason);
        jsonw_object_end(w);
    } else {
        jsonw_null(w, "refused");
    }
    jsonw_object(w, "log");
    jsonw_instant(w, "from", q->gather.window.from);
    jsonw_instant(w, "to", q->gather.window.to);
    jsonw_bool(w, "readable", !q->emission.datasets[0].input.no_access);
    jsonw_object_end(w);
}

static void put_fields(struct jsonw *w, const struct inquiry *q)
{
    jsonw_array(w, "fields");
    for (unsigned i = 0; i < USER_FIELD_COUNT; i++) {
        struct value value = account_value(q->account, i);

        if (!value.present)
            continue;
        jsonw_object(w, NULL);
        jsonw_text(w, "name", user_fields[i].name);
        put_value(w, "value", &value);
        jsonw_text_or_null(w, "source",
                           account_source(&q->gathered.roster, q->account, i));
        jsonw_object_end(w);
    }
    jsonw_array_end(w);
}

static void put_names(struct jsonw *w, const struct inquiry *q)
{
    jsonw_array(w, "names");
    for (size_t i = 0; i < q->name_count; i++) {
        jsonw_object(w, NULL);
        jsonw_text(w, "name", name_shown(q->names[i]->name));
        jsonw_text_or_null(w, "resolved", ways[q->names[i]->way]);
        jsonw_int(w, "events", (int64_t)q->names[i]->events);
        jsonw_object_end(w);
    }
    jsonw_array_end(w);
}

static void put_marks(struct jsonw *w, const struct inquiry *q, size_t index)
{
    jsonw_array(w, "facts");
    for (size_t f = 0; f < q->rules->fact_count; f++) {
        struct explain_mark mark =
            explain_mark(&q->events, &q->joined, index, f);

        if (mark.role == EXPLAIN_NONE)
            continue;
        jsonw_object(w, NULL);
        jsonw_text(w, "fact", q->rules->facts[f].name);
        jsonw_text(w, "role", roles[mark.role]);
        jsonw_text_or_null(
            w, "reason",
            mark.role == EXPLAIN_CANCELLED ? NULL : reasons[mark.reason]);
        put_event_ref(w, "other", mark.other, NULL);
        jsonw_object_end(w);
    }
    jsonw_array_end(w);
}

static void put_event(struct jsonw *w, const struct inquiry *q, size_t index)
{
    const struct explain_event *entry = &q->events.events[index];
    const struct fact_event *event = &entry->event;

    jsonw_object(w, NULL);
    jsonw_instant(w, "at", event->at);
    jsonw_text(w, "source", event->source);
    jsonw_text(w, "id", event->id);
    jsonw_text_or_null(w, "action", event->action);
    jsonw_text_or_null(w, "category", entry->category);
    jsonw_text_or_null(w, "subject",
                       entry->earlier ? NULL : name_shown(entry->subject));
    jsonw_bool(w, "earlier", entry->earlier);
    jsonw_text_or_null(
        w, "actor", event->actor != NULL ? name_shown(event->actor) : NULL);
    jsonw_text_or_null(w, "actor_id", inquiry_actor_id(q, event));
    jsonw_text_or_null(w, "actor_name", inquiry_actor_name(q, event));
    jsonw_array(w, "changes");
    for (size_t i = 0; i < entry->change_count; i++) {
        jsonw_object(w, NULL);
        jsonw_text_or_null(w, "field", entry->changes[i].field);
        jsonw_text_or_null(w, "from", entry->changes[i].from);
        jsonw_text_or_null(w, "to", entry->changes[i].to);
        jsonw_object_end(w);
    }
    jsonw_array_end(w);
    put_marks(w, q, index);
    jsonw_object_end(w);
}

static void put_fact(struct jsonw *w, const struct inquiry *q, size_t fact)
{
    const struct fact_rule *rule = &q->rules->facts[fact];
    const struct fact_view *view = joined_fact(&q->joined, fact);

    jsonw_object(w, NULL);
    jsonw_text(w, "name", rule->name);
    jsonw_text(w, "status", joined_status(&q->joined, fact));
    jsonw_int(w, "counted", (int64_t)explain_counted(&q->events, fact));
    put_event_ref(w, "event", view->event, NULL);
    put_event_ref(w, "lent_by", view->lender, NULL);
    put_event_ref(w, "cancelled", view->cancelled, NULL);
    put_event_ref(w, "cancelled_by", view->cancelled_by,
                  view->cancelled_by != NULL
                      ? q->rules->facts[rule->cancelled_by].name
                      : NULL);
    jsonw_object_end(w);
}

static void put_column(struct jsonw *w, const struct inquiry *q,
                       const struct explain_column *column)
{
    bool none = column->from == NULL;

    jsonw_object(w, NULL);
    jsonw_text(w, "name", column->column->name);
    put_value(w, "value", &column->value);
    jsonw_text_or_null(w, "from", column->from);
    if (none)
        jsonw_null(w, "alternative");
    else
        jsonw_int(w, "alternative", (int64_t)column->alternative + 1);
    jsonw_int(w, "alternatives", (int64_t)column->rule->alternative_count);
    jsonw_text_or_null(w, "source", inquiry_column_source(q, column));
    put_event_ref(w, "event", column->view != NULL ? column->view->event : NULL,
                  NULL);
    put_event_ref(w, "lent_by", inquiry_column_lender(column), NULL);
    jsonw_array(w, "transforms");
    for (size_t i = 0; i < column->rule->transform_count; i++)
        jsonw_text(w, NULL, transform_name(column->rule->transforms[i].kind));
    jsonw_array_end(w);
    jsonw_object_end(w);
}

int inquiry_json(const struct inquiry *q, struct buf *out, struct error *err)
{
    struct jsonw w;

    jsonw_init(&w, out, 0);
    jsonw_object(&w, NULL);
    put_head(&w, q);
    put_fields(&w, q);
    put_names(&w, q);
    jsonw_array(&w, "events");
    for (size_t i = 0; i < q->events.count; i++)
        put_event(&w, q, i);
    jsonw_array_end(&w);
    jsonw_array(&w, "facts");
    for (size_t i = 0; i < q->rules->fact_count; i++)
        put_fact(&w, q, i);
    jsonw_array_end(&w);
    jsonw_array(&w, "columns");
    for (size_t i = 0; i < q->rules->schema.count; i++)
        put_column(&w, q, &q->columns[i]);
    jsonw_array_end(&w);
    jsonw_object_end(&w);
    buf_putc(out, '\n');
    return inquiry_check(out, err);
}
