#include "inquiry_parts.h"

const char *inquiry_actor_id(const struct inquiry *q,
                             const struct fact_event *event)
{
    return join_actor_id(q->joined.input, event->actor);
}

const char *inquiry_actor_name(const struct inquiry *q,
                               const struct fact_event *event)
{
    return join_actor_name(q->joined.input, event->actor, event->actor_name);
}

static const struct ref *column_ref(const struct explain_column *column)
{
    const struct column_rule *rule = column->rule;
    const struct alternative *chosen;

    if (column->alternative == rule->alternative_count)
        return NULL;
    chosen = &rule->alternatives[column->alternative];
    return chosen->constant ? NULL : &chosen->ref;
}

const char *inquiry_column_source(const struct inquiry *q,
                                  const struct explain_column *column)
{
    const struct ref *ref = column_ref(column);

    return ref != NULL && ref->kind == REF_USER
               ? account_source(&q->gathered.roster, q->account,
                                (enum user_field)ref->index)
               : NULL;
}

const struct fact_event *
inquiry_column_lender(const struct explain_column *column)
{
    const struct ref *ref = column_ref(column);

    if (column->view == NULL)
        return NULL;
    return ref->part == FACT_ACTOR_ID || ref->part == FACT_ACTOR_NAME ||
                   ref->part == FACT_STATUS
               ? column->view->lender
               : NULL;
}

int inquiry_check(const struct buf *out, struct error *err)
{
    if (buf_ok(out))
        return 0;
    if (!out->full)
        return error_no_memory(err);
    error_set(err, ERROR_DATA, "the answer: larger than %d MiB",
              INQUIRY_BYTES_MAX / 1024 / 1024);
    return error_hint(err, "set a shorter events.lookback in a job of its own "
                           "for this question");
}
