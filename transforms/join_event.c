/* Events as rows: whom they are about, who did it, what they changed. */
#include <string.h>

#include "buf.h"
#include "join_parts.h"
#include "jsonw.h"
#include "name.h"

const char *const join_subject_words[] = {
    "account_id", "map_file", "learned_pair", "bridge", "email",
    "unresolved", NULL};

enum actor_kind { KIND_PERSON, KIND_APP, KIND_NOBODY };
const char *const join_actor_words[] = {"person", "app", "nobody", NULL};

static void put_changes(struct jsonw *w, const struct event *event)
{
    jsonw_array(w, NULL);
    for (size_t i = 0; i < event->change_count; i++) {
        const struct event_change *change = &event->changes[i];

        jsonw_object(w, NULL);
        jsonw_text_or_null(w, "field", change->field);
        jsonw_text_or_null(w, "from", change->from);
        jsonw_text_or_null(w, "to", change->to);
        jsonw_object_end(w);
    }
    jsonw_array_end(w);
}

/* Into the arena; NULL with *err set. */
static const char *changes_text(const struct event *event, struct arena *arena,
                                struct error *err)
{
    const char *text = NULL;
    struct buf out;
    struct jsonw w;

    buf_init(&out, JOIN_CHANGES_MAX);
    jsonw_init(&w, &out, 0);
    put_changes(&w, event);
    if (buf_ok(&out)) {
        text = arena_strdup(arena, out.data);
        if (text == NULL)
            error_no_memory(err);
    } else if (!out.full) {
        error_no_memory(err);
    } else {
        error_set(err, ERROR_DATA,
                  "%s: the changes of event %s take more than %d bytes",
                  event->source, event->fields[EVENT_ID].text,
                  JOIN_CHANGES_MAX);
        error_usual(err, "see that event in the log of the site; with --from "
                         "and --to a run can leave its time out");
    }
    buf_release(&out);
    return text;
}

int joined_fill_event(struct joined *joined, const struct join_input *input,
                      const struct event *event,
                      const struct join_subject *subject, struct arena *arena,
                      struct error *err)
{
    *joined = (struct joined){
        .input = input, .event = event, .facts_known = true};
    if (subject != NULL)
        joined->subject = *subject;
    if (joined->subject.account_id != NULL)
        joined->account =
            roster_find(input->roster, joined->subject.account_id);
    if (event->change_count == 0)
        return 0;
    joined->changes = changes_text(event, arena, err);
    return joined->changes != NULL ? 0 : -1;
}

struct value joined_changes(const struct joined *joined)
{
    return value_text(joined->changes);
}

const char *join_subject_id(const struct join_subject *subject)
{
    if (subject->account_id != NULL || subject->name == NULL)
        return subject->account_id;
    return name_shown(subject->name);
}

struct value join_subject_value(const struct joined *joined,
                                enum subject_part part)
{
    const struct join_subject *subject = &joined->subject;

    switch (part) {
    case SUBJECT_ID:
        return value_text(join_subject_id(subject));
    case SUBJECT_ACCOUNT_ID:
        return value_text(subject->account_id);
    case SUBJECT_NAME:
        return joined->account != NULL
                   ? account_value(joined->account, USER_DISPLAY_NAME)
                   : value_null(VALUE_STRING);
    case SUBJECT_STATUS:
        return value_text(subject->status);
    default:
        return value_null(VALUE_STRING);
    }
}

/* An app is known by its id's form, or by what the list says of its account. */
static enum actor_kind actor_kind(const struct joined *joined,
                                  const char *actor)
{
    const char *id = join_actor_id(joined->input, actor);
    const struct account *account = NULL;
    struct value type;

    if (actor == NULL)
        return KIND_NOBODY;
    if (name_is_app(actor))
        return KIND_APP;
    if (id != NULL)
        account = roster_find(joined->input->roster, id);
    if (account == NULL)
        return KIND_PERSON;
    type = account_value(account, USER_ACCOUNT_TYPE);
    return type.present && strcmp(type.text, "app") == 0 ? KIND_APP
                                                         : KIND_PERSON;
}

struct value join_actor_value(const struct joined *joined, enum actor_part part)
{
    const struct value *fields = joined->event->fields;
    const char *actor =
        fields[EVENT_ACTOR].present ? fields[EVENT_ACTOR].text : NULL;
    const char *said =
        fields[EVENT_ACTOR_NAME].present ? fields[EVENT_ACTOR_NAME].text : NULL;

    switch (part) {
    case ACTOR_ID:
        return value_text(join_actor_id(joined->input, actor));
    case ACTOR_NAME:
        return value_text(join_actor_name(joined->input, actor, said));
    case ACTOR_KIND:
        return value_text(join_actor_words[actor_kind(joined, actor)]);
    default:
        return value_null(VALUE_STRING);
    }
}
