#include "join.h"

#include <stdlib.h>
#include <string.h>

#include "condition.h"
#include "instant.h"
#include "join_parts.h"
#include "name.h"
#include "transform.h"

void joined_fill(struct joined *joined, const struct join_input *input,
                 const struct account *account)
{
    joined->input = input;
    joined->account = account;
    joined->event = NULL;
    joined->subject = (struct join_subject){0};
    joined->changes = NULL;
    joined->facts_known = false;
}

static void find_facts(struct joined *joined)
{
    const struct join_input *input = joined->input;
    const struct fact_subject *subject =
        fact_find(input->book, account_id(joined->account));

    for (size_t i = 0; i < input->rules->fact_count; i++)
        joined->facts[i] = fact_winner(input->book, subject, i);
    joined->facts_known = true;
}

/* Whoever fills a joined has it in memory of its own. */
const struct fact_view *joined_fact(const struct joined *joined, size_t index)
{
    if (!joined->facts_known)
        find_facts((struct joined *)(uintptr_t)joined);
    return &joined->facts[index];
}

static struct scope scope_of(const struct joined *joined)
{
    return (struct scope){.event = joined->event,
                          .account = joined->account,
                          .joined = joined,
                          .as_of = joined->input->as_of};
}

const char *joined_item(const struct joined *joined)
{
    if (joined->event != NULL)
        return joined->event->fields[EVENT_ID].text;
    return account_id(joined->account);
}

bool join_selects(const struct joined *joined)
{
    struct scope scope = scope_of(joined);
    const struct condition *where = joined->input->rules->where;

    return where == NULL || condition_holds(where, &scope);
}

enum decision join_decides(const struct joined *joined,
                           const struct unknowns *unknown)
{
    struct scope scope = scope_of(joined);
    const struct condition *where = joined->input->rules->where;

    return where == NULL ? DECIDED_YES
                         : condition_decide(where, &scope, unknown);
}

bool join_lacks(const struct joined *joined)
{
    const struct join_input *input = joined->input;
    unsigned sources = input->sources != NULL ? (unsigned)input->source_count
                                              : ROSTER_ASKED + 1;
    const struct unknowns unknown = {
        .fields = account_open(joined->account, sources)};

    return join_decides(joined, &unknown) == UNDECIDED;
}

const char *join_actor_id(const struct join_input *input, const char *actor)
{
    const char *resolved;

    if (actor == NULL)
        return NULL;
    resolved = strmap_get(input->actors, actor);
    return resolved != NULL ? resolved : name_id(actor);
}

const char *joined_actor_id(const struct joined *joined, size_t fact)
{
    return join_actor_id(joined->input, joined_fact(joined, fact)->actor);
}

const char *join_actor_name(const struct join_input *input, const char *actor,
                            const char *event_name)
{
    const char *id = join_actor_id(input, actor);
    const struct account *account;
    struct value name;

    if (id == NULL)
        return actor != NULL ? event_name : NULL;
    account = roster_find(input->roster, id);
    if (account == NULL)
        return event_name;
    name = account_value(account, USER_DISPLAY_NAME);
    return name.present ? name.text : event_name;
}

static const char *actor_name(const struct joined *joined, size_t fact)
{
    const struct fact_view *view = joined_fact(joined, fact);

    return join_actor_name(joined->input, view->actor, view->actor_name);
}

const char *joined_status(const struct joined *joined, size_t fact)
{
    const struct fact_view *view = joined_fact(joined, fact);

    if (view->event == NULL)
        return joined->input->no_access ? "no_access" : "before_log";
    return view->actor == NULL ? "no_actor" : "known";
}

static struct value fact_value(const struct joined *joined, size_t fact,
                               enum fact_part part)
{
    const struct fact_view *view = joined_fact(joined, fact);
    const struct fact_event *event = view->event;

    if (part == FACT_STATUS)
        return value_text(joined_status(joined, fact));
    if (event == NULL)
        return value_null(part == FACT_AT ? VALUE_TIMESTAMP : VALUE_STRING);
    switch (part) {
    case FACT_AT:
        return value_instant(event->at);
    case FACT_ACTOR_ID:
        return value_text(joined_actor_id(joined, fact));
    case FACT_ACTOR_NAME:
        return value_text(actor_name(joined, fact));
    case FACT_ACTION:
        return value_text(event->action);
    case FACT_SOURCE:
        return value_text(event->source);
    case FACT_ACTOR_SOURCE:
        return value_text(view->actor_source);
    case FACT_EVENT_ID:
        return value_text(event->id);
    default:
        return value_null(VALUE_STRING);
    }
}

int64_t sighting_first_inactive(const struct sighting *sighting,
                                const int64_t *published, int64_t as_of)
{
    if (sighting != NULL && sighting->is_inactive)
        return sighting->first_inactive_at;
    if (published == NULL)
        return as_of;
    if (sighting != NULL && (*published <= sighting->last_active_at ||
                             *published > as_of))
        return as_of;
    return *published;
}

static struct value first_inactive(const struct joined *joined,
                                   const struct sighting *sighting)
{
    const struct join_input *input = joined->input;
    const struct value active = account_value(joined->account, USER_ACTIVE);
    const bool is_inactive = active.present && !active.integer;

    return value_instant(sighting_first_inactive(
        is_inactive ? sighting : NULL,
        strmap_get(input->observed, account_id(joined->account)),
        input->as_of));
}

static struct value last_active(const struct joined *joined,
                                const struct sighting *sighting)
{
    const struct value active = account_value(joined->account, USER_ACTIVE);

    if (active.present && active.integer)
        return value_instant(joined->input->as_of);
    return sighting != NULL && sighting->was_active
               ? value_instant(sighting->last_active_at)
               : value_null(VALUE_TIMESTAMP);
}

static struct value observed_value(const struct joined *joined, size_t part)
{
    const struct strmap *sightings = joined->input->sightings;
    const struct sighting *sighting =
        sightings != NULL
            ? strmap_get(sightings, account_id(joined->account))
            : NULL;

    return part == OBSERVED_LAST_ACTIVE ? last_active(joined, sighting)
                                        : first_inactive(joined, sighting);
}

/* A value of a source that another dataset of the run has, and this one has
 * not, is none here: so a dataset is the same in whatever run it is made. */
static struct value user_value(const struct joined *joined,
                               const struct ref *ref)
{
    const struct join_input *input = joined->input;
    enum user_field field = (enum user_field)ref->index;
    struct value value;
    uint8_t origin;

    if (joined->account == NULL)
        return value_null(ref->origin ? VALUE_STRING
                                      : user_fields[field].type);
    value = account_value(joined->account, field);
    origin = joined->account->origin[field];
    if (input->sources == NULL && !ref->origin)
        return value;
    if (!value.present || origin >= input->source_count)
        return value_null(ref->origin ? VALUE_STRING : value.type);
    /* source_count is 0 without sources. NOLINTNEXTLINE */
    return ref->origin ? value_text(input->sources[origin]) : value;
}

struct value joined_value(const struct joined *joined, const struct ref *ref)
{
    switch (ref->kind) {
    case REF_USER:
        return user_value(joined, ref);
    case REF_FACT:
        return fact_value(joined, ref->index, ref->part);
    case REF_OBSERVED:
        return observed_value(joined, ref->index);
    case REF_RUN:
        if (ref->index == RUN_AS_OF)
            return value_instant(joined->input->as_of);
        return value_text(joined->input->run_id);
    case REF_SUBJECT:
        return join_subject_value(joined, (enum subject_part)ref->index);
    case REF_ACTOR:
        return join_actor_value(joined, (enum actor_part)ref->index);
    default:
        return value_null(VALUE_STRING);
    }
}

static struct value alternative_value(const struct alternative *alternative,
                                      const struct scope *scope)
{
    return alternative->constant ? alternative->value
                                 : scope_value(scope, &alternative->ref);
}

/* Null has the type the alternatives have, which transforms rely on. */
struct value join_choose(const struct joined *joined, size_t column,
                         size_t *alternative)
{
    const struct column_rule *rule = &joined->input->rules->columns[column];
    struct scope scope = scope_of(joined);
    size_t *i = alternative;

    for (*i = 0; *i < rule->alternative_count; (*i)++) {
        const struct alternative *a = &rule->alternatives[*i];
        struct value value;

        if (a->when != NULL && !condition_holds(a->when, &scope))
            continue;
        value = alternative_value(a, &scope);
        if (value.present)
            return value;
    }
    return value_null(alternative_value(&rule->alternatives[0], &scope).type);
}

/* Rows ascend by what they show, so a date has no time of day. */
static int64_t day_of(int64_t instant)
{
    int64_t rest = instant % INSTANT_DAY;

    return instant - (rest < 0 ? rest + INSTANT_DAY : rest);
}

int join_cell(const struct joined *joined, size_t column, struct value *cell,
              struct arena *arena, struct error *err)
{
    const struct rules *rules = joined->input->rules;
    const struct column_rule *rule = &rules->columns[column];
    size_t alternative;

    *cell = join_choose(joined, column, &alternative);
    for (size_t i = 0; i < rule->transform_count; i++) {
        if (transform_apply(&rule->transforms[i], cell, arena, err) != 0)
            return -1;
    }
    /* An instant may fill a date column; writers go by the cell's type. */
    cell->type = rules->schema.columns[column].type;
    if (cell->type == VALUE_DATE)
        cell->integer = day_of(cell->integer);
    return 0;
}

/* Bytes of the first `characters` characters; the whole length when it has no
 * more than that. */
static size_t cut_at(const char *text, size_t characters)
{
    size_t i = 0;

    for (; text[i] != '\0'; i++) {
        if (((unsigned char)text[i] & 0xC0) != 0x80 && characters-- == 0)
            return i;
    }
    return i;
}

static enum join_outcome fit_length(const struct joined *joined, size_t i,
                                    struct value *cell, struct arena *arena,
                                    struct join_notes *notes,
                                    struct error *err)
{
    const struct column *column = &joined->input->rules->schema.columns[i];
    size_t cut;

    /* There are no more characters than bytes. */
    if (strlen(cell->text) <= column->length)
        return JOIN_ROW;
    cut = cut_at(cell->text, column->length);
    if (cell->text[cut] == '\0')
        return JOIN_ROW;
    if (notes->too_long != NULL)
        notes->too_long[i]++;
    switch (rules_over_length(joined->input->rules, i)) {
    case OVER_LENGTH_TRUNCATE:
        cell->text = arena_strndup(arena, cell->text, cut);
        if (cell->text == NULL)
            break;
        notes->truncated++;
        return JOIN_ROW;
    case OVER_LENGTH_REJECT:
        notes->reason = "longer than the column";
        return JOIN_REJECTED;
    case OVER_LENGTH_FAIL:
        error_set(err, ERROR_DATA, "%s: %s of %s %s is longer than %zu "
                  "characters", joined->input->rules->schema.name,
                  column->name, joined->event != NULL ? "event" : "account",
                  joined_item(joined), column->length);
        error_hint(err, "raise the column's length in the mapping, or set "
                   "over_length to truncate or reject");
        return JOIN_FAILED;
    }
    error_no_memory(err);
    return JOIN_FAILED;
}

static bool among(const char *const *values, const char *text)
{
    while (*values != NULL && strcmp(*values, text) != 0)
        values++;
    return *values != NULL;
}

static enum join_outcome check_cell(const struct joined *joined, size_t i,
                                    struct value *cell, struct arena *arena,
                                    struct join_notes *notes,
                                    struct error *err)
{
    const struct column *column = &joined->input->rules->schema.columns[i];

    notes->column = column->name;
    if (!cell->present) {
        notes->reason = "no value, and the column must have one";
        return column->nullable ? JOIN_ROW : JOIN_REJECTED;
    }
    if (column->type != VALUE_STRING)
        return JOIN_ROW;
    if (column->values != NULL && !among(column->values, cell->text)) {
        notes->reason = "not one of the column's values";
        return JOIN_REJECTED;
    }
    if (column->length == 0)
        return JOIN_ROW;
    return fit_length(joined, i, cell, arena, notes, err);
}

enum join_outcome join_row(const struct joined *joined, struct value *cells,
                           struct arena *arena, struct join_notes *notes,
                           struct error *err)
{
    size_t count = joined->input->rules->schema.count;

    for (size_t i = 0; i < count; i++) {
        enum join_outcome outcome;

        if (join_cell(joined, i, &cells[i], arena, err) != 0)
            return JOIN_FAILED;
        outcome = check_cell(joined, i, &cells[i], arena, notes, err);
        if (outcome != JOIN_ROW)
            return outcome;
    }
    return JOIN_ROW;
}

/* By value as far as a double tells; numbers it does not tell apart by sign,
 * length and text, which is exact for digits without exponent and a total
 * order for all. */
static int number_order(const char *a, const char *b)
{
    double a_value = strtod(a, NULL), b_value = strtod(b, NULL);
    bool a_negative = *a == '-', b_negative = *b == '-';
    size_t a_whole, b_whole;
    int order;

    if (a_value != b_value)
        return a_value < b_value ? -1 : 1;
    if (a_negative != b_negative)
        return a_negative ? -1 : 1;
    a += a_negative;
    b += b_negative;
    a_whole = strcspn(a, ".");
    b_whole = strcspn(b, ".");
    order = a_whole != b_whole ? (a_whole > b_whole ? 1 : -1) : strcmp(a, b);
    return a_negative ? -order : order;
}

int value_order(const struct value *a, const struct value *b)
{
    if (!a->present || !b->present)
        return (int)a->present - (int)b->present;
    if (a->type == VALUE_STRING)
        return strcmp(a->text, b->text);
    if (a->type == VALUE_NUMBER)
        return number_order(a->text, b->text);
    return (a->integer > b->integer) - (a->integer < b->integer);
}
