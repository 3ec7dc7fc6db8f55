#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fact.h"
#include "instant.h"

enum {
    WITHIN = 15 * INSTANT_MINUTE,
    T0 = 1000 * 1000,
    RANDOM_EVENTS = 60,
    RANDOM_SUBJECTS = 4,
    RANDOM_ROUNDS = 200,
    ORDERS = 12
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* One event, as short as a test can say it. */
struct record {
    int64_t at;
    const char *id, *actor, *action, *source, *subject;
};

static struct event *make_event(const struct record *r)
{
    static struct event event;

    event.source = r->source != NULL ? r->source : "log";
    for (int i = 0; i < EVENT_FIELD_COUNT; i++)
        event.fields[i] = value_null(event_fields[i].type);
    event.fields[EVENT_AT] = value_instant(r->at);
    event.fields[EVENT_ID] = value_text(r->id);
    event.fields[EVENT_ACTOR] = value_text(r->actor);
    event.fields[EVENT_ACTION] = value_text(r->action);
    event.subjects[0] = r->subject != NULL ? r->subject : "u";
    event.subject_count = 1;
    event.change_count = 0;
    return &event;
}

static void fold(struct fact_book *book, const struct record *r)
{
    assert_int_equal(fact_fold(book, make_event(r)), 0);
}

static struct fact_view view(const struct fact_book *book, const char *name,
                             size_t rule)
{
    return fact_winner(book, fact_find(book, name), rule);
}

static const struct fact_rule any_change = {
    .name = "any", .actor_within_ms = WITHIN, .cancelled_by = -1};

/* Id and actor of the winner, whichever event comes first. */
static void wins(const struct record *events, size_t count, const char *id,
                 const char *actor, bool lent)
{
    for (size_t first = 0; first < count; first++) {
        struct fact_book book;
        struct fact_view v;

        fact_book_init(&book, &any_change, 1);
        for (size_t i = 0; i < count; i++)
            fold(&book, &events[(first + i) % count]);
        for (size_t i = count; i-- > 0;)
            fold(&book, &events[i]);
        v = view(&book, "u", 0);
        assert_non_null(v.event);
        assert_string_equal(v.event->id, id);
        assert_int_equal(v.lent, lent);
        if (actor == NULL)
            assert_null(v.actor);
        else
            assert_string_equal(v.actor, actor);
        fact_book_release(&book);
    }
}

static void newer_wins(void **state)
{
    static const struct record events[] = {{.at = T0, "2", "a"},
                                           {.at = T0 + 1, "1", "b"}};

    (void)state;
    wins(events, 2, "1", "b", false);
}

static void actor_beats_none_at_equal_time(void **state)
{
    static const struct record events[] = {{.at = T0, "9"},
                                           {.at = T0, "1", "a"}};

    (void)state;
    wins(events, 2, "1", "a", false);
}

static void ids_compare_as_numbers(void **state)
{
    static const char *const rising[] = {"9",
                                         "10",
                                         "099",
                                         "4294967296",
                                         "9007199254740993",
                                         "12345678901234567890",
                                         "12345678901234567891",
                                         "100000000000000000000"};

    (void)state;
    for (size_t i = 0; i + 1 < COUNT(rising); i++) {
        const struct record events[] = {{.at = T0, rising[i], "a"},
                                        {.at = T0, rising[i + 1], "a"}};

        wins(events, 2, rising[i + 1], "a", false);
    }
}

static void text_ids_compare_as_text(void **state)
{
    static const struct record events[] = {{.at = T0, "a9", "x"},
                                           {.at = T0, "a10", "x"}};

    (void)state;
    wins(events, 2, "a9", "x", false);
}

/* 9 < 10 as numbers, 10 < 1a and 1a < 9 as texts: no order may go round. */
static void mixed_ids_have_one_order(void **state)
{
    static const struct record events[] = {
        {.at = T0, "9", "x"}, {.at = T0, "10", "x"}, {.at = T0, "1a", "x"}};

    (void)state;
    wins(events, 3, "1a", "x", false);
}

static void equal_numbers_written_differently(void **state)
{
    static const struct record events[] = {{.at = T0, "01", "x"},
                                           {.at = T0, "1", "y"}};

    (void)state;
    wins(events, 2, "1", "y", false);
}

static void sources_break_the_last_tie(void **state)
{
    static const struct record events[] = {{.at = T0, "1", "x", NULL, "jira"},
                                           {.at = T0, "1", "y", NULL, "org"}};

    (void)state;
    wins(events, 2, "1", "y", false);
}

static void lends_within(void **state)
{
    static const struct record events[] = {{.at = T0, "1", "a"},
                                           {.at = T0 + 1000, "2", "b"},
                                           {.at = T0 + 2000, "3"}};

    (void)state;
    wins(events, 3, "3", "b", true);
}

static void lends_at_the_edge(void **state)
{
    static const struct record events[] = {{.at = T0, "1", "a"},
                                           {.at = T0 + WITHIN, "2"}};

    (void)state;
    wins(events, 2, "2", "a", true);
}

static void lends_not_beyond(void **state)
{
    static const struct record events[] = {{.at = T0, "1", "a"},
                                           {.at = T0 + WITHIN + 1, "2"}};

    (void)state;
    wins(events, 2, "2", NULL, false);
}

/* Echo after echo: the distance counts from the winner, not from the last. */
static void lending_does_not_chain(void **state)
{
    static const struct record events[] = {{.at = T0, "1", "a"},
                                           {.at = T0 + WITHIN, "2"},
                                           {.at = T0 + 2 * WITHIN, "3"}};

    (void)state;
    wins(events, 3, "3", NULL, false);
}

/* Who did it stands in one log, its echo in another. */
static void lends_over_sources(void **state)
{
    struct fact_book book;
    struct fact_view v;

    (void)state;
    for (int order = 0; order < 2; order++) {
        const struct record org = {.at = T0, .id = "e9", .actor = "ada",
                                   .action = "deactivated", .source = "org"};
        const struct record echo = {.at = T0 + 10, .id = "7",
                                    .action = "updated", .source = "jira"};

        fact_book_init(&book, &any_change, 1);
        fold(&book, order == 0 ? &org : &echo);
        fold(&book, order == 0 ? &echo : &org);
        v = view(&book, "u", 0);
        assert_string_equal(v.event->source, "jira");
        assert_string_equal(v.event->action, "updated");
        assert_string_equal(v.actor, "ada");
        assert_string_equal(v.actor_source, "org");
        assert_true(v.lent);
        fact_book_release(&book);
    }
}

/* The same when the logs call the account by different names. */
static void lends_over_names(void **state)
{
    struct fact_book book;
    struct fact_view v;

    (void)state;
    fact_book_init(&book, &any_change, 1);
    fold(&book, &(struct record){.at = T0, .id = "e9", .actor = "ada",
                                 .source = "org", .subject = "id:u"});
    fold(&book, &(struct record){.at = T0 + 10, .id = "7", .source = "jira",
                                 .subject = "ug:u"});
    assert_int_equal(fact_merge(&book, fact_find(&book, "ug:u"), "id:u"), 0);
    v = view(&book, "id:u", 0);
    assert_string_equal(v.event->source, "jira");
    assert_string_equal(v.actor_source, "org");
    fact_book_release(&book);
}

static void later_actor_lends_nothing(void **state)
{
    static const struct record events[] = {{.at = T0, "1"},
                                           {.at = T0 + 1, "2", "b"}};

    (void)state;
    wins(events, 2, "2", "b", false);
}

static void lent_event_keeps_its_own_action(void **state)
{
    static const struct record events[] = {{.at = T0, "1", "a", "click"},
                                           {.at = T0 + 1, "2", NULL, "echo"}};
    struct fact_book book;

    (void)state;
    fact_book_init(&book, &any_change, 1);
    fold(&book, &events[0]);
    fold(&book, &events[1]);
    assert_string_equal(view(&book, "u", 0).event->action, "echo");
    assert_true(view(&book, "u", 0).event->at == T0 + 1);
    fact_book_release(&book);
}

static void nobody_named(void **state)
{
    struct fact_book book;

    (void)state;
    fact_book_init(&book, &any_change, 1);
    assert_null(fact_find(&book, "u"));
    assert_null(view(&book, "u", 0).event);
    assert_null(view(&book, "u", 0).actor);
    fact_book_release(&book);
}

static void every_subject_of_an_event(void **state)
{
    struct event *event = make_event(&(struct record){.at = T0, "1", "a"});
    struct fact_book book;

    (void)state;
    event->subjects[1] = "v";
    event->subject_count = 2;
    fact_book_init(&book, &any_change, 1);
    assert_int_equal(fact_fold(&book, event), 0);
    assert_string_equal(view(&book, "u", 0).event->id, "1");
    assert_string_equal(view(&book, "v", 0).event->id, "1");
    assert_null(fact_find(&book, "w"));
    event->subject_count = 0;
    assert_int_equal(fact_fold(&book, event), 0);
    assert_int_equal(book.by_name.count, 2);
    fact_book_release(&book);
}

/* --- conditions, sources, cancelling ----------------------------------- */

static const char *const off_texts[] = {"off"}, *const on_texts[] = {"on"};
static struct condition is_off = {.kind = CONDITION_EQUALS,
                                  .ref = {REF_EVENT, EVENT_ACTION, 0},
                                  .texts = off_texts,
                                  .text_count = 1};
static struct condition is_on = {.kind = CONDITION_EQUALS,
                                 .ref = {REF_EVENT, EVENT_ACTION, 0},
                                 .texts = on_texts,
                                 .text_count = 1};
static const struct fact_rule on_off[] = {
    {.name = "off",
     .when = &is_off,
     .actor_within_ms = WITHIN,
     .cancelled_by = 1},
    {.name = "on",
     .when = &is_on,
     .actor_within_ms = WITHIN,
     .cancelled_by = -1},
};

static void cancelled(int64_t on_at, bool expected)
{
    const struct record events[] = {{.at = T0, "1", "a", "off"},
                                    {.at = on_at, "2", "a", "on"}};

    for (int first = 0; first < 2; first++) {
        struct fact_book book;

        fact_book_init(&book, on_off, 2);
        fold(&book, &events[first]);
        fold(&book, &events[!first]);
        assert_int_equal(view(&book, "u", 0).event == NULL, expected);
        assert_non_null(view(&book, "u", 1).event);
        fact_book_release(&book);
    }
}

static void newer_cancels(void **state)
{
    (void)state;
    cancelled(T0 + 1, true);
}

static void equal_time_does_not_cancel(void **state)
{
    (void)state;
    cancelled(T0, false);
}

static void older_does_not_cancel(void **state)
{
    (void)state;
    cancelled(T0 - 1, false);
}

static void cancelled_then_again(void **state)
{
    static const struct record events[] = {{.at = T0, "1", "a", "off"},
                                           {.at = T0 + 1, "2", "a", "on"},
                                           {.at = T0 + 2, "3", "b", "off"},
                                           {.at = T0 + 9, "4", "c", "other"}};
    struct fact_book book;

    (void)state;
    fact_book_init(&book, on_off, 2);
    for (size_t i = 0; i < COUNT(events); i++)
        fold(&book, &events[i]);
    assert_string_equal(view(&book, "u", 0).event->id, "3");
    assert_string_equal(view(&book, "u", 0).actor, "b");
    fact_book_release(&book);
}

static void cancelled_after_merge(void **state)
{
    struct fact_book book;

    (void)state;
    fact_book_init(&book, on_off, 2);
    fold(&book, &(struct record){.at = T0, "1", "a", "off", NULL, "account"});
    fold(&book, &(struct record){.at = T0 + 1, "2", "a", "on", NULL, "ug:key"});
    assert_non_null(view(&book, "account", 0).event);
    assert_int_equal(fact_merge(&book, fact_find(&book, "ug:key"), "account"),
                     0);
    assert_null(view(&book, "account", 0).event);
    fact_book_release(&book);
}

static void lends_within_its_own_fact_only(void **state)
{
    struct fact_book book;

    (void)state;
    fact_book_init(&book, on_off, 2);
    fold(&book, &(struct record){.at = T0, "1", "a", "on"});
    fold(&book, &(struct record){.at = T0 + 1, "2", NULL, "off"});
    assert_null(view(&book, "u", 0).actor);
    fact_book_release(&book);
}

static void only_the_rules_sources(void **state)
{
    static const char *const org[] = {"org", "more", NULL};
    const struct fact_rule rules[] = {
        {.name = "org", .sources = org, .cancelled_by = -1},
        {.name = "all", .cancelled_by = -1}};
    struct fact_book book;

    (void)state;
    fact_book_init(&book, rules, 2);
    fold(&book, &(struct record){.at = T0, "1", NULL, NULL, "more"});
    fold(&book, &(struct record){.at = T0 + 1, "2", NULL, NULL, "jira"});
    assert_string_equal(view(&book, "u", 0).event->id, "1");
    assert_string_equal(view(&book, "u", 1).event->id, "2");
    assert_string_equal(view(&book, "u", 1).event->source, "jira");
    fact_book_release(&book);
}

/* --- merging ------------------------------------------------------------ */

static void merge_names_the_account_too(void **state)
{
    struct fact_book book;

    (void)state;
    fact_book_init(&book, &any_change, 1);
    fold(&book, &(struct record){.at = T0, "1", "a", NULL, NULL, "ug:key"});
    fold(&book,
         &(struct record){.at = T0 + 5, "2", NULL, NULL, NULL, "ug:key"});
    assert_int_equal(fact_merge(&book, fact_find(&book, "ug:key"), "account"),
                     0);
    assert_string_equal(view(&book, "ug:key", 0).event->id, "2");
    assert_string_equal(view(&book, "account", 0).event->id, "2");
    assert_string_equal(view(&book, "account", 0).actor, "a");
    assert_true(view(&book, "account", 0).lent);
    fact_book_release(&book);
}

static void merge_with_itself(void **state)
{
    struct fact_book book;

    (void)state;
    fact_book_init(&book, &any_change, 1);
    fold(&book, &(struct record){.at = T0, "1", "a"});
    assert_int_equal(fact_merge(&book, fact_find(&book, "u"), "u"), 0);
    assert_string_equal(view(&book, "u", 0).event->id, "1");
    fact_book_release(&book);
}

static void merge_of_two_keys_to_one(void **state)
{
    struct fact_book book;

    (void)state;
    fact_book_init(&book, &any_change, 1);
    fold(&book, &(struct record){.at = T0, "1", "a", NULL, NULL, "k1"});
    fold(&book, &(struct record){.at = T0 + 5, "2", NULL, NULL, NULL, "k2"});
    assert_int_equal(fact_merge(&book, fact_find(&book, "k2"), "acc"), 0);
    assert_null(view(&book, "acc", 0).actor);
    assert_int_equal(fact_merge(&book, fact_find(&book, "k1"), "acc"), 0);
    assert_string_equal(view(&book, "acc", 0).event->id, "2");
    assert_string_equal(view(&book, "acc", 0).actor, "a");
    fact_book_release(&book);
}

/* --- the order of arrival never matters --------------------------------- */

static unsigned random_state;

static unsigned random_below(unsigned limit)
{
    random_state = random_state * 1103515245u + 12345u;
    return (random_state >> 8) % limit;
}

static const char *const subjects[RANDOM_SUBJECTS] = {"s0", "s1", "s2", "s3"};

struct world {
    struct record records[RANDOM_EVENTS];
    char ids[RANDOM_EVENTS][32];
};

/* Few times, ids and actors, so that ties and edges are common. */
static void world_make(struct world *world)
{
    static const char *const actors[] = {NULL, NULL, "a", "b"};
    static const char *const actions[] = {"on", "off", "other"};
    static const char *const sources[] = {"jira", "org"};
    static const char *const prefixes[] = {"", "", "9", "1x",
                                           "1234567890123456789"};

    for (unsigned i = 0; i < RANDOM_EVENTS; i++) {
        static const int64_t steps[] = {0,      1,          WITHIN / 2,
                                        WITHIN, WITHIN + 1, 2 * WITHIN};
        const char *prefix = prefixes[random_below(COUNT(prefixes))];

        snprintf(world->ids[i], sizeof(world->ids[i]), "%s%u", prefix, i);
        world->records[i] = (struct record){
            T0 + steps[random_below(COUNT(steps))],
            world->ids[i],
            actors[random_below(COUNT(actors))],
            actions[random_below(COUNT(actions))],
            sources[random_below(COUNT(sources))],
            subjects[random_below(RANDOM_SUBJECTS)],
        };
    }
}

static bool digits(const char *text)
{
    return text[strspn(text, "0123456789")] == '\0';
}

/* The rule once more, written for the ids of world_make(). */
static bool above(const struct record *a, const struct record *b)
{
    if (a->at != b->at)
        return a->at > b->at;
    if ((a->actor != NULL) != (b->actor != NULL))
        return a->actor != NULL;
    if (digits(a->id) != digits(b->id))
        return digits(b->id);
    if (digits(a->id) && strlen(a->id) != strlen(b->id))
        return strlen(a->id) > strlen(b->id);
    return strcmp(a->id, b->id) > 0;
}

static const struct record *best(const struct world *world, size_t rule,
                                 const char *subject, bool with_actor)
{
    static const char *const actions[] = {"off", "on"};
    const struct record *found = NULL;

    for (size_t i = 0; i < RANDOM_EVENTS; i++) {
        const struct record *r = &world->records[i];

        if (strcmp(r->subject, subject) == 0 &&
            strcmp(r->action, actions[rule]) == 0 &&
            (!with_actor || r->actor != NULL) &&
            (found == NULL || above(r, found)))
            found = r;
    }
    return found;
}

static void agrees(const struct fact_book *book, const struct world *world)
{
    for (unsigned s = 0; s < RANDOM_SUBJECTS; s++) {
        const char name[] = {'s', (char)('0' + s), '\0'};

        for (size_t rule = 0; rule < COUNT(on_off); rule++) {
            const struct record *newest = best(world, rule, name, false);
            const struct record *lender = best(world, rule, name, true);
            const struct record *on = best(world, 1, name, false);
            struct fact_view v = view(book, name, rule);
            bool lent;

            if (newest == NULL || (rule == 0 && on && on->at > newest->at)) {
                assert_null(v.event);
                continue;
            }
            lent = newest->actor == NULL && lender != NULL &&
                   newest->at - lender->at <= WITHIN;
            assert_non_null(v.event);
            assert_string_equal(v.event->id, newest->id);
            assert_string_equal(v.event->source, newest->source);
            assert_int_equal(v.lent, lent);
            if (lent || newest->actor != NULL)
                assert_string_equal(v.actor,
                                    lent ? lender->actor : newest->actor);
            else
                assert_null(v.actor);
        }
    }
}

static void shuffle(size_t *order, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t j = random_below((unsigned)i), kept = order[i - 1];

        order[i - 1] = order[j];
        order[j] = kept;
    }
}

/* Every event twice, in a random order; with `halves`, some of them under a
 * user key that is merged into the account later. */
static void fold_somehow(const struct world *world, bool halves)
{
    static const char *const keys[RANDOM_SUBJECTS] = {"k0", "k1", "k2", "k3"};
    size_t order[2 * RANDOM_EVENTS];
    struct fact_book book;

    for (size_t i = 0; i < COUNT(order); i++)
        order[i] = i % RANDOM_EVENTS;
    shuffle(order, COUNT(order));
    fact_book_init(&book, on_off, COUNT(on_off));
    for (size_t i = 0; i < COUNT(order); i++) {
        struct record r = world->records[order[i]];

        if (halves && random_below(2) == 0)
            r.subject = keys[r.subject[1] - '0'];
        fold(&book, &r);
    }
    for (size_t i = 0; halves && i < RANDOM_SUBJECTS; i++) {
        struct fact_subject *key = fact_find(&book, keys[i]);

        if (key != NULL)
            assert_int_equal(fact_merge(&book, key, subjects[i]), 0);
    }
    agrees(&book, world);
    fact_book_release(&book);
}

static void any_order_gives_the_same(void **state)
{
    struct world world;

    (void)state;
    for (unsigned round = 0; round < RANDOM_ROUNDS; round++) {
        random_state = round;
        world_make(&world);
        for (int i = 0; i < ORDERS; i++)
            fold_somehow(&world, false);
    }
}

static void merged_halves_give_the_same(void **state)
{
    struct world world;

    (void)state;
    for (unsigned round = 0; round < RANDOM_ROUNDS; round++) {
        random_state = round + RANDOM_ROUNDS;
        world_make(&world);
        for (int i = 0; i < ORDERS; i++)
            fold_somehow(&world, true);
    }
}

/* Names of what changed since the last call, one after the other. */
static const char *changes(struct fact_book *book, bool seen[2])
{
    const struct fact_subject *subject;
    static char text[64];
    size_t count = 0;

    seen[0] = seen[1] = false;
    while ((subject = fact_changed(book)) != NULL) {
        seen[strcmp(subject->name, "u") != 0] = true;
        count++;
    }
    snprintf(text, sizeof(text), "%zu", count);
    return text;
}

/* Whoever folds pages of several lists by turns learns of names in the turn
 * that first has them, whichever page comes first. */
static void names_are_told_by_their_first_turn(void **state)
{
    static const struct record u = {.at = T0, "1", "a", .subject = "u"},
                               v = {.at = T0, "2", "a", .subject = "v"};
    static const struct fact_event known = {.at = T0, .source = "log",
                                            .id = "0"};
    struct fact_book book;

    (void)state;
    fact_book_init(&book, &any_change, 1);
    assert_int_equal(fact_restore(&book, "w", 0, &known, NULL), 0);
    assert_null(fact_turned(&book));
    assert_int_equal(fact_find(&book, "w")->turn, FACT_NO_TURN);
    book.turn = 5;
    fold(&book, &u);
    fold(&book, &u);
    assert_ptr_equal(fact_turned(&book), fact_find(&book, "u"));
    assert_null(fact_turned(&book));
    book.turn = 6;
    fold(&book, &u);
    assert_null(fact_turned(&book));
    fold(&book, &v);
    book.turn = 3;
    fold(&book, &u);
    fold(&book, &v);
    assert_non_null(fact_turned(&book));
    assert_non_null(fact_turned(&book));
    assert_null(fact_turned(&book));
    assert_int_equal(fact_find(&book, "u")->turn, 3);
    assert_int_equal(fact_find(&book, "v")->turn, 3);
    fact_book_release(&book);
}

static void only_what_changed_is_told(void **state)
{
    static const struct record first = {.at = T0, "1", "a"},
                               older = {.at = T0 - 1, "0", "a"},
                               newer = {.at = T0 + 1, "2"},
                               other = {.at = T0, "3", .subject = "v"};
    struct fact_book book;
    bool seen[2];

    (void)state;
    fact_book_init(&book, &any_change, 1);
    fold(&book, &first);
    fold(&book, &first);
    assert_string_equal(changes(&book, seen), "1");
    assert_string_equal(changes(&book, seen), "0");
    fold(&book, &older);
    fold(&book, &first);
    assert_string_equal(changes(&book, seen), "0");
    fold(&book, &newer);
    fold(&book, &other);
    assert_string_equal(changes(&book, seen), "2");
    assert_true(seen[0] && seen[1]);
    fact_book_release(&book);
}

/* Everything that book knows, into one that begins with it. */
static void carry_over(const struct fact_book *from, struct fact_book *to)
{
    const struct strmap_slot *entry;
    size_t position = 0;

    while ((entry = strmap_next(&from->by_name, &position)) != NULL) {
        const struct fact_subject *subject = entry->value;

        for (size_t i = 0; i < from->count; i++) {
            const struct fact_slot *slot = &subject->slots[i];

            if (slot->newest == NULL)
                continue;
            assert_int_equal(
                fact_restore(to, subject->name, i, slot->newest,
                             slot->attributed != slot->newest
                                 ? slot->attributed
                                 : NULL),
                0);
        }
    }
}

static void same_event(const struct fact_event *a, const struct fact_event *b)
{
    assert_int_equal(a == NULL, b == NULL);
    if (a == NULL)
        return;
    assert_int_equal(fact_order(a, b, NULL), 0);
    if (a->actor != NULL)
        assert_string_equal(a->actor, b->actor);
}

/* A book that is carried over between any two events, and told some of them
 * again, is the book that saw them all. */
static void a_restored_book_goes_on(void **state)
{
    static const struct fact_rule rules[] = {
        {.name = "a", .actor_within_ms = WITHIN, .cancelled_by = -1},
        {.name = "b", .actor_within_ms = 0, .cancelled_by = 0}};
    char ids[RANDOM_EVENTS][8];
    struct record events[RANDOM_EVENTS];

    (void)state;
    srand(11);
    for (int round = 0; round < RANDOM_ROUNDS; round++) {
        struct fact_book whole, before, after;
        size_t cut = (size_t)rand() % RANDOM_EVENTS;
        size_t again = cut - (size_t)rand() % (cut + 1);

        for (size_t i = 0; i < RANDOM_EVENTS; i++) {
            snprintf(ids[i], sizeof(ids[i]), "%zu", i);
            events[i] = (struct record){
                .at = T0 + rand() % 20 * 3 * INSTANT_MINUTE,
                .id = ids[i],
                .actor = rand() % 2 ? "x" : NULL,
                .subject = rand() % 2 ? "u" : "v"};
        }
        fact_book_init(&whole, rules, COUNT(rules));
        fact_book_init(&before, rules, COUNT(rules));
        fact_book_init(&after, rules, COUNT(rules));
        for (size_t i = 0; i < RANDOM_EVENTS; i++)
            fold(&whole, &events[i]);
        for (size_t i = 0; i < cut; i++)
            fold(&before, &events[i]);
        carry_over(&before, &after);
        assert_null(fact_changed(&after));
        for (size_t i = again; i < RANDOM_EVENTS; i++)
            fold(&after, &events[i]);
        for (size_t s = 0; s < 2; s++) {
            for (size_t i = 0; i < COUNT(rules); i++) {
                struct fact_view a = view(&whole, s ? "v" : "u", i);
                struct fact_view b = view(&after, s ? "v" : "u", i);

                same_event(a.event, b.event);
                same_event(a.lender, b.lender);
                same_event(a.cancelled, b.cancelled);
            }
        }
        fact_book_release(&whole);
        fact_book_release(&before);
        fact_book_release(&after);
    }
}

static void a_restored_event_is_shared_and_marked(void **state)
{
    static const struct fact_rule rules[] = {
        {.name = "a", .cancelled_by = -1}, {.name = "b", .cancelled_by = -1}};
    static const struct fact_event event = {
        .at = T0, .source = "log", .id = "1", .actor = "x"};
    struct fact_book book;
    const struct fact_subject *subject;

    (void)state;
    fact_book_init(&book, rules, COUNT(rules));
    assert_int_equal(fact_restore(&book, "u", 0, &event, NULL), 0);
    assert_int_equal(fact_restore(&book, "u", 1, &event, NULL), 0);
    subject = fact_find(&book, "u");
    assert_ptr_equal(subject->slots[0].newest, subject->slots[1].newest);
    assert_ptr_equal(subject->slots[0].newest, subject->slots[0].attributed);
    assert_true(subject->slots[0].newest->restored);
    fold(&book, &(struct record){.at = T0 + 1, "2", "x"});
    assert_false(subject->slots[0].newest->restored);
    fact_book_release(&book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_changed_is_told),
        cmocka_unit_test(names_are_told_by_their_first_turn),
        cmocka_unit_test(a_restored_book_goes_on),
        cmocka_unit_test(a_restored_event_is_shared_and_marked),
        cmocka_unit_test(newer_wins),
        cmocka_unit_test(actor_beats_none_at_equal_time),
        cmocka_unit_test(ids_compare_as_numbers),
        cmocka_unit_test(text_ids_compare_as_text),
        cmocka_unit_test(mixed_ids_have_one_order),
        cmocka_unit_test(equal_numbers_written_differently),
        cmocka_unit_test(sources_break_the_last_tie),
        cmocka_unit_test(lends_within),
        cmocka_unit_test(lends_at_the_edge),
        cmocka_unit_test(lends_not_beyond),
        cmocka_unit_test(lending_does_not_chain),
        cmocka_unit_test(lends_over_sources),
        cmocka_unit_test(lends_over_names),
        cmocka_unit_test(later_actor_lends_nothing),
        cmocka_unit_test(lent_event_keeps_its_own_action),
        cmocka_unit_test(nobody_named),
        cmocka_unit_test(every_subject_of_an_event),
        cmocka_unit_test(newer_cancels),
        cmocka_unit_test(equal_time_does_not_cancel),
        cmocka_unit_test(older_does_not_cancel),
        cmocka_unit_test(cancelled_then_again),
        cmocka_unit_test(cancelled_after_merge),
        cmocka_unit_test(lends_within_its_own_fact_only),
        cmocka_unit_test(only_the_rules_sources),
        cmocka_unit_test(merge_names_the_account_too),
        cmocka_unit_test(merge_with_itself),
        cmocka_unit_test(merge_of_two_keys_to_one),
        cmocka_unit_test(any_order_gives_the_same),
        cmocka_unit_test(merged_halves_give_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
