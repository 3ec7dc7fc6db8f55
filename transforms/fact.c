#include "fact.h"

#include <stdlib.h>
#include <string.h>

#include "condition.h"

void fact_book_init(struct fact_book *book, const struct fact_rule *rules,
                    size_t count)
{
    *book = (struct fact_book){.rules = rules, .count = count};
    arena_init(&book->arena);
    pool_init(&book->pool, &book->arena, FACT_POOL_MAX);
}

static void event_drop(struct fact_event *event)
{
    if (event != NULL && --event->users == 0)
        free(event);
}

static void slot_release(struct fact_slot *slot)
{
    event_drop(slot->newest);
    event_drop(slot->attributed);
    *slot = (struct fact_slot){0};
}

void fact_book_release(struct fact_book *book)
{
    const struct strmap_slot *entry;
    size_t position = 0;

    while ((entry = strmap_next(&book->by_name, &position)) != NULL) {
        struct fact_subject *subject = entry->value;
        for (size_t i = 0; i < book->count; i++)
            slot_release(&subject->slots[i]);
    }
    strmap_release(&book->by_name);
    pool_release(&book->pool);
    arena_release(&book->arena);
}

static bool all_digits(const char *text)
{
    return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* Ids grow with time; as numbers they are compared by length first, so that
 * any number of digits is exact. Numbers come before other texts, because
 * 9 < 10 < 1a < 9 would be no order; 01 and 1 differ as texts. */
static int id_order(const char *a, const char *b)
{
    bool a_number = all_digits(a), b_number = all_digits(b);
    const char *x = a, *y = b;
    int order;

    if (a_number != b_number)
        return a_number ? -1 : 1;
    if (a_number) {
        x += strspn(x, "0");
        y += strspn(y, "0");
        if (strlen(x) != strlen(y))
            return strlen(x) > strlen(y) ? 1 : -1;
    }
    order = strcmp(x, y);
    return order != 0 ? order : strcmp(a, b);
}

/* The whole order of the rules: time, then a named actor, then id; the source
 * last, so that no two different events are equal. */
int fact_order(const struct fact_event *a, const struct fact_event *b,
               enum fact_reason *reason)
{
    enum fact_reason unwanted;
    int order;

    if (reason == NULL)
        reason = &unwanted;
    *reason = FACT_BY_TIME;
    if (a->at != b->at)
        return a->at > b->at ? 1 : -1;
    *reason = FACT_BY_ACTOR;
    if ((a->actor == NULL) != (b->actor == NULL))
        return a->actor != NULL ? 1 : -1;
    *reason = FACT_BY_ID;
    order = id_order(a->id, b->id);
    if (order != 0)
        return order;
    order = strcmp(a->source, b->source);
    *reason = order != 0 ? FACT_BY_SOURCE : FACT_SAME;
    return order;
}

/* Copies text behind *end and moves *end. */
static const char *pack(char **end, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = *end;

    memcpy(copy, text, size);
    *end += size;
    return copy;
}

static struct fact_event *event_copy(struct fact_book *book,
                                     const struct fact_event *from)
{
    const char *texts[] = {from->action, from->actor, from->actor_name,
                           from->id};
    const char *shared[4] = {NULL};
    struct fact_event *copy;
    size_t size = sizeof(*copy);
    char *end;

    for (size_t i = 0; i < 4; i++) {
        bool repeats = texts[i] != NULL && texts[i] != from->id;

        shared[i] = repeats ? pool_text(&book->pool, texts[i]) : NULL;
        if (texts[i] != NULL && shared[i] == NULL)
            size += strlen(texts[i]) + 1;
    }
    copy = malloc(size);
    if (copy == NULL)
        return NULL;
    end = (char *)(copy + 1);
    for (size_t i = 0; i < 4; i++) {
        if (texts[i] != NULL && shared[i] == NULL)
            shared[i] = pack(&end, texts[i]);
    }
    *copy = (struct fact_event){.at = from->at,
                                .source = from->source,
                                .action = shared[0],
                                .actor = shared[1],
                                .actor_name = shared[2],
                                .id = shared[3],
                                .restored = from->restored};
    return copy;
}

/* Events are kept by the slots that need them; a candidate becomes a kept
 * event when the first slot takes it. */
struct candidate {
    struct fact_book *book;
    const struct fact_event *event;
    struct fact_event *kept; /* NULL: no slot took it yet */
    bool taken;              /* a slot of the subject at hand did */
};

static int keep(struct fact_event **place, struct candidate *candidate)
{
    if (candidate->kept == NULL)
        candidate->kept = event_copy(candidate->book, candidate->event);
    if (candidate->kept == NULL)
        return -1;
    candidate->kept->users++;
    candidate->taken = true;
    event_drop(*place);
    *place = candidate->kept;
    return 0;
}

static bool greater(const struct fact_event *candidate,
                    const struct fact_event *kept)
{
    return kept == NULL || fact_order(candidate, kept, NULL) > 0;
}

/* An event with an actor may lend it while it is not too old for that. */
static int slot_offer(struct fact_slot *slot, struct candidate *candidate,
                      int64_t within_ms)
{
    const struct fact_event *event = candidate->event;

    if (greater(event, slot->newest) && keep(&slot->newest, candidate) != 0)
        return -1;
    if (event->actor != NULL && greater(event, slot->attributed) &&
        slot->newest->at - event->at <= within_ms &&
        keep(&slot->attributed, candidate) != 0)
        return -1;
    if (slot->attributed != NULL &&
        slot->newest->at - slot->attributed->at > within_ms) {
        event_drop(slot->attributed);
        slot->attributed = NULL;
    }
    return 0;
}

static struct fact_subject *subject_get(struct fact_book *book,
                                        const char *name)
{
    struct fact_subject *subject = strmap_get(&book->by_name, name);

    if (subject != NULL)
        return subject;
    subject = arena_alloc(&book->arena,
                          sizeof(*subject) +
                              book->count * sizeof(subject->slots[0]));
    if (subject == NULL)
        return NULL;
    subject->turn = FACT_NO_TURN;
    subject->name = arena_strdup(&book->arena, name);
    if (subject->name == NULL ||
        strmap_put(&book->by_name, subject->name, subject) != 0)
        return NULL;
    return subject;
}

bool fact_takes(const struct fact_rule *rule, const struct event *event)
{
    const char *const *source = rule->sources;

    while (source != NULL && *source != NULL &&
           strcmp(*source, event->source) != 0)
        source++;
    if (source != NULL && *source == NULL)
        return false;
    return rule->when == NULL ||
           condition_holds(rule->when, &(struct scope){.event = event});
}

static const char *text_of(const struct event *event, enum event_field field)
{
    return event->fields[field].present ? event->fields[field].text : NULL;
}

struct fact_event fact_event_of(const struct event *event)
{
    return (struct fact_event){
        .at = event->fields[EVENT_AT].integer,
        .source = event->source,
        .id = text_of(event, EVENT_ID),
        .action = text_of(event, EVENT_ACTION),
        .actor = text_of(event, EVENT_ACTOR),
        .actor_name = text_of(event, EVENT_ACTOR_NAME),
    };
}

static void note_change(struct fact_book *book, struct fact_subject *subject)
{
    if (subject->changed)
        return;
    subject->changed = true;
    subject->next_changed = book->changed;
    book->changed = subject;
}

struct fact_subject *fact_changed(struct fact_book *book)
{
    struct fact_subject *subject = book->changed;

    if (subject != NULL) {
        book->changed = subject->next_changed;
        subject->changed = false;
    }
    return subject;
}

static void note_turn(struct fact_book *book, struct fact_subject *subject)
{
    subject->turn = book->turn;
    if (subject->named)
        return;
    subject->named = true;
    subject->next_named = book->named;
    book->named = subject;
}

struct fact_subject *fact_turned(struct fact_book *book)
{
    struct fact_subject *subject = book->named;

    if (subject != NULL) {
        book->named = subject->next_named;
        subject->named = false;
    }
    return subject;
}

/* Which facts the event counts for. Returns how many. */
static size_t which_take(const struct fact_book *book,
                         const struct event *event,
                         bool takes[RULES_FACTS_MAX])
{
    size_t count = 0;

    for (size_t f = 0; f < book->count; f++) {
        takes[f] = fact_takes(&book->rules[f], event);
        count += takes[f];
    }
    return count;
}

static int offer(struct fact_book *book, const char *name,
                 const bool takes[RULES_FACTS_MAX],
                 struct candidate *candidate)
{
    struct fact_subject *subject = subject_get(book, name);

    candidate->taken = false;
    for (size_t f = 0; f < book->count; f++) {
        if (subject == NULL ||
            (takes[f] && slot_offer(&subject->slots[f], candidate,
                                    book->rules[f].actor_within_ms) != 0))
            return -1;
    }
    if (candidate->taken)
        note_change(book, subject);
    if (book->turn < subject->turn)
        note_turn(book, subject);
    return 0;
}

int fact_fold(struct fact_book *book, const struct event *event)
{
    const struct fact_event found = fact_event_of(event);
    struct candidate candidate = {.book = book, .event = &found};
    bool takes[RULES_FACTS_MAX] = {false};

    if (event->subject_count == 0 || which_take(book, event, takes) == 0)
        return 0;
    for (size_t s = 0; s < event->subject_count; s++) {
        if (offer(book, event->subjects[s], takes, &candidate) != 0)
            return -1;
    }
    return 0;
}

/* An event that another slot of the subject keeps already is shared. */
static struct fact_event *kept_by(const struct fact_book *book,
                                  const struct fact_subject *subject,
                                  const struct fact_event *event)
{
    for (size_t i = 0; i < book->count; i++) {
        struct fact_event *const kept[] = {subject->slots[i].newest,
                                           subject->slots[i].attributed};

        for (size_t k = 0; k < 2; k++) {
            if (kept[k] != NULL && fact_order(kept[k], event, NULL) == 0)
                return kept[k];
        }
    }
    return NULL;
}

int fact_restore(struct fact_book *book, const char *subject, size_t fact,
                 const struct fact_event *newest,
                 const struct fact_event *lender)
{
    struct fact_subject *to = subject_get(book, subject);
    const struct fact_event *events[] = {newest, lender};

    for (size_t i = 0; i < 2; i++) {
        struct fact_event restored;
        struct candidate candidate = {.book = book, .event = &restored};

        if (events[i] == NULL)
            continue;
        if (to == NULL)
            return -1;
        restored = *events[i];
        restored.restored = true;
        candidate.kept = kept_by(book, to, events[i]);
        if (slot_offer(&to->slots[fact], &candidate,
                       book->rules[fact].actor_within_ms) != 0)
            return -1;
    }
    return 0;
}

struct fact_subject *fact_find(const struct fact_book *book, const char *name)
{
    return strmap_get(&book->by_name, name);
}

static int slot_merge(struct fact_slot *to, const struct fact_slot *from,
                      int64_t within_ms)
{
    struct fact_event *events[] = {from->newest, from->attributed};

    for (size_t i = 0; i < 2; i++) {
        struct candidate candidate = {NULL, events[i], events[i], false};

        if (events[i] != NULL && slot_offer(to, &candidate, within_ms) != 0)
            return -1;
    }
    return 0;
}

int fact_merge(struct fact_book *book, struct fact_subject *from,
               const char *account)
{
    struct fact_subject *to = strmap_get(&book->by_name, account);

    if (to == from)
        return 0;
    if (to == NULL)
        return strmap_put(&book->by_name, account, from);
    for (size_t i = 0; i < book->count; i++) {
        if (slot_merge(&to->slots[i], &from->slots[i],
                       book->rules[i].actor_within_ms) != 0)
            return -1;
    }
    return 0;
}

struct fact_view fact_winner(const struct fact_book *book,
                             const struct fact_subject *subject, size_t index)
{
    const struct fact_rule *rule = &book->rules[index];
    struct fact_view view = {0};
    const struct fact_event *newest, *lender, *cancel = NULL;

    if (subject == NULL || subject->slots[index].newest == NULL)
        return view;
    newest = subject->slots[index].newest;
    lender = subject->slots[index].attributed;
    if (rule->cancelled_by >= 0)
        cancel = subject->slots[rule->cancelled_by].newest;
    if (cancel != NULL && cancel->at > newest->at) {
        view.cancelled = newest;
        view.cancelled_by = cancel;
        return view;
    }
    view.event = newest;
    if (newest->actor == NULL && lender != NULL &&
        newest->at - lender->at <= rule->actor_within_ms) {
        view.lent = true;
        view.lender = lender;
    }
    if (newest->actor == NULL && !view.lent)
        return view;
    view.actor = view.lent ? lender->actor : newest->actor;
    view.actor_name = view.lent ? lender->actor_name : newest->actor_name;
    view.actor_source = view.lent ? lender->source : newest->source;
    return view;
}
