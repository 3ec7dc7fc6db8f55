/* The pager against a simulated server that caps, drops, deletes and adds. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "pager.h"

enum { ROWS_MAX = 4000, QUEUE_MAX = 8, REQUESTS_MAX = 20000 };

struct server {
    int rows[ROWS_MAX]; /* account numbers in list order */
    size_t count;
    bool hidden[ROWS_MAX]; /* by account number */
    bool gone[ROWS_MAX];   /* deleted during the walk */
    bool nameless[ROWS_MAX]; /* placeholders: rows without an id */
    int64_t cap;
    int requests;
    int delete_every; /* 0: never */
    int delete_run;   /* accounts deleted at once */
    bool ignore_offset;
    bool shuffle; /* before every request */
    unsigned random;
};

struct queued {
    struct page_ask ask;
    const char *ids[ROWS_MAX];
    size_t count;
};

struct walk {
    struct server *server;
    char names[ROWS_MAX][16];
    int taken[ROWS_MAX]; /* by account number */
    struct queued queue[QUEUE_MAX];
    size_t queued;
};

static unsigned next_random(struct server *server)
{
    server->random = server->random * 1103515245u + 12345u;
    return server->random >> 16;
}

static void delete_some(struct server *server)
{
    for (int i = 0; i < server->delete_run && server->count > 1; i++) {
        size_t at = next_random(server) % server->count;

        server->gone[server->rows[at]] = true;
        memmove(&server->rows[at], &server->rows[at + 1],
                (server->count - at - 1) * sizeof(server->rows[0]));
        server->count--;
    }
}

static void shuffle(struct server *s)
{
    for (size_t i = s->count; i > 1; i--) {
        size_t j = next_random(s) % i;
        int kept = s->rows[i - 1];

        s->rows[i - 1] = s->rows[j];
        s->rows[j] = kept;
    }
}

static void serve(struct walk *walk, struct queued *q)
{
    struct server *s = walk->server;
    int64_t start = s->ignore_offset ? 0 : q->ask.start;
    int64_t size = q->ask.size < s->cap ? q->ask.size : s->cap;

    if (s->shuffle)
        shuffle(s);
    q->count = 0;
    for (int64_t i = start; i < start + size && i < (int64_t)s->count; i++) {
        int row = s->rows[i];

        if (!s->hidden[row])
            q->ids[q->count++] = s->nameless[row] ? NULL : walk->names[row];
    }
    if (s->delete_every != 0 && ++s->requests % s->delete_every == 0)
        delete_some(s);
}

static int take(struct pager *pager, struct walk *walk, struct queued *q,
                int round, struct error *err)
{
    size_t fresh = 0;

    if (!pager_fits(pager, q->ids, q->count))
        return 0;
    for (size_t i = 0; i < q->count; i++) {
        int number = q->ids[i] != NULL ? atoi(q->ids[i] + 1) : -1;

        if (number < 0)
            continue;
        if (walk->taken[number] == round) {
            pager_known(pager, q->ids[i], fresh);
            continue;
        }
        walk->taken[number] = round;
        fresh++;
    }
    return pager_took(pager, q->ids, q->count, fresh, NULL, err);
}

/* One walk; answers come in a random order. Returns requests, or -1. */
static int walk_once(struct walk *walk, const struct paging *rules,
                     size_t most, int round, bool *moved, struct error *err)
{
    struct pager pager;
    int requests = 0;

    walk->queued = 0;
    assert_int_equal(pager_init(&pager, rules, err), 0);
    while (!pager.done) {
        struct page_ask ask;
        bool progress = false;

        while (walk->queued < QUEUE_MAX && pager_ask(&pager, most, &ask)) {
            walk->queue[walk->queued].ask = ask;
            serve(walk, &walk->queue[walk->queued++]);
            assert_true(++requests < REQUESTS_MAX);
        }
        for (size_t i = 0; i < walk->queued && !progress; i++) {
            struct queued q = walk->queue[i];
            enum pager_order order = pager_accepts(&pager, &q.ask);

            if (order == PAGER_LATER)
                continue;
            walk->queue[i] = walk->queue[--walk->queued];
            progress = true;
            if (order == PAGER_NOW &&
                take(&pager, walk, &q, round, err) != 0) {
                pager_release(&pager);
                return -1;
            }
        }
        assert_true(progress);
    }
    *moved = pager.moved;
    pager_release(&pager);
    return requests;
}

static struct walk *walk_new(struct server *server, size_t count)
{
    struct walk *walk = calloc(1, sizeof(*walk));

    for (int i = 0; i < ROWS_MAX; i++)
        snprintf(walk->names[i], sizeof(walk->names[i]), "a%d", i);
    for (size_t i = 0; i < count; i++)
        server->rows[i] = (int)i;
    server->count = count;
    walk->server = server;
    return walk;
}

static void all_taken(const struct walk *walk, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!walk->server->hidden[i] && !walk->server->gone[i] &&
            !walk->server->nameless[i])
            assert_int_not_equal(walk->taken[i], 0);
    }
}

static const struct paging users = {.style = PAGING_OFFSET,
                                    .offset_parameter = "startAt",
                                    .limit_parameter = "maxResults",
                                    .size = 1000,
                                    .overlap = 20,
                                    .past_end = 1};
static const struct paging events = {.style = PAGING_OFFSET,
                                     .offset_parameter = "offset",
                                     .limit_parameter = "limit",
                                     .size = 1000};

/* Until a walk during which the list held still; *still is false when there
 * was none in five, which the caller of a pager must treat as a failure. */
static int read_until_still(struct server *server, const struct paging *rules,
                            size_t count, size_t most, bool *still)
{
    struct walk *walk = walk_new(server, count);
    struct error err = {0};
    bool moved = true;
    int requests = 0;

    for (int round = 1; moved && round <= 5; round++) {
        requests = walk_once(walk, rules, most, round, &moved, &err);
        assert_int_not_equal(requests, -1);
    }
    *still = !moved;
    if (*still)
        all_taken(walk, count);
    free(walk);
    return requests;
}

static int read_all(struct server *server, const struct paging *rules,
                    size_t count, size_t most)
{
    bool still;
    int requests = read_until_still(server, rules, count, most, &still);

    assert_true(still);
    return requests;
}

static void reads_every_size(void **state)
{
    static const size_t counts[] = {0,   1,   2,    19,   20,   21,   40,
                                    979, 980, 1000, 1001, 1960, 2000, 3999};

    (void)state;
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        for (size_t most = 1; most <= 4; most += 3) {
            struct server *s = calloc(1, sizeof(*s));
            s->cap = 1000;
            s->random = 7;
            read_all(s, &users, counts[i], most);
            free(s);
        }
    }
}

static void needs_few_requests(void **state)
{
    struct server *s = calloc(1, sizeof(*s));

    (void)state;
    s->cap = 1000;
    /* 0, 20 (tail), 40 (empty), 1040 (past the end) */
    assert_int_equal(read_all(s, &users, 40, 1), 4);
    memset(s, 0, sizeof(*s));
    s->cap = 1000;
    /* 0, 1000, 2000, 2500 (empty) */
    assert_int_equal(read_all(s, &events, 2500, 1), 4);
    free(s);
}

static void survives_a_cap(void **state)
{
    static const int64_t caps[] = {1,   2,   3,   10,  50,  100,
                                  870, 880, 900, 980, 990, 999};

    (void)state;
    for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
        for (size_t most = 1; most <= 4; most += 3) {
            struct server *s = calloc(1, sizeof(*s));
            s->cap = caps[i];
            read_all(s, &users, 1205, most);
            memset(s, 0, sizeof(*s));
            s->cap = caps[i];
            read_all(s, &events, 1205, most);
            free(s);
        }
    }
}

/* Pages of a long list that lack some rows are asked for side by side. */
static void asks_ahead_though_rows_are_dropped(void **state)
{
    struct server *s = calloc(1, sizeof(*s));
    struct page_ask ask;
    const char *ids[ROWS_MAX];
    struct error err = {0};
    struct pager pager;
    size_t count = 0;

    (void)state;
    s->cap = 1000;
    for (int i = 0; i < 3000; i += 25)
        s->hidden[i] = true;
    read_all(s, &users, 3000, 8);
    free(s);
    assert_int_equal(pager_init(&pager, &users, &err), 0);
    assert_true(pager_ask(&pager, 8, &ask));
    assert_false(pager_ask(&pager, 8, &ask));
    for (int i = 0; i < 960; i++)
        ids[count++] = "a";
    assert_true(pager_fits(&pager, ids, count));
    assert_int_equal(pager_took(&pager, ids, count, count, NULL, &err), 0);
    for (int i = 0; i < 2; i++) {
        assert_true(pager_ask(&pager, 8, &ask));
        assert_int_equal(ask.start, 980 * (i + 1));
    }
    assert_false(pager_ask(&pager, 8, &ask));
    pager_release(&pager);
}

static void survives_everything_at_once(void **state)
{
    int stills = 0;
    bool still;

    (void)state;
    for (unsigned seed = 1; seed <= 300; seed++) {
        struct server *s = calloc(1, sizeof(*s));
        size_t count;

        s->random = seed;
        s->cap = seed % 3 == 0 ? 100 : seed % 3 == 1 ? 1000 : 37;
        s->delete_every = (int)(seed % 4);
        s->delete_run = 1 + (int)(seed % 9);
        count = 200 + next_random(s) % (ROWS_MAX - 200);
        for (int i = 0; i < ROWS_MAX; i++)
            s->hidden[i] = seed % 2 == 0 && next_random(s) % 100 < seed % 60;
        read_until_still(s, &users, count, 1 + seed % 4, &still);
        stills += still;
        free(s);
    }
    assert_in_range(stills, 270, 300);
}

static void survives_single_deletions(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 50; seed++) {
        struct server *s = calloc(1, sizeof(*s));

        s->random = seed;
        s->cap = seed % 2 == 0 ? 100 : 1000;
        s->delete_every = 1;
        s->delete_run = 2;
        read_all(s, &users, 3000, 1 + seed % 4);
        free(s);
    }
}

static void survives_runs_of_placeholders(void **state)
{
    (void)state;
    for (int run = 1; run < 300; run += 23) {
        struct server *s = calloc(1, sizeof(*s));

        s->cap = run % 2 == 0 ? 100 : 1000;
        for (int i = 1000 - run; i < 1000 + run / 3; i++)
            s->nameless[i] = true;
        read_all(s, &users, 2500, 1 + (size_t)run % 4);
        free(s);
    }
}

/* Without an order nothing can be said, and it must be noticed. */
static void never_trusts_a_list_without_order(void **state)
{
    static const int64_t caps[] = {30, 100, 1000};
    static const size_t counts[] = {31, 50, 47, 120, 1500, 3000, 33};

    (void)state;
    for (unsigned i = 0; i < 300; i++) {
        struct server *s = calloc(1, sizeof(*s));
        bool still;

        s->random = i + 1;
        s->cap = caps[i % 3];
        s->shuffle = true;
        read_until_still(s, &users, counts[i % 7], 1 + i % 4, &still);
        free(s);
    }
}

static void sees_past_a_window_dropped_whole(void **state)
{
    struct server *s = calloc(1, sizeof(*s));

    (void)state;
    s->cap = 1000;
    for (int i = 1000; i < 2900; i++)
        s->hidden[i] = true;
    read_all(s, &users, 3500, 1);
    free(s);
}

static void names_a_server_that_ignores_the_offset(void **state)
{
    struct server *s = calloc(1, sizeof(*s));
    const struct paging *rules[] = {&users, &events};
    struct error err = {0};
    bool moved;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct walk *walk = walk_new(s, 1500);

        s->cap = 1000;
        s->ignore_offset = true;
        error_clear(&err);
        assert_int_equal(walk_once(walk, rules[i], 1, 1, &moved, &err), -1);
        assert_int_equal(err.kind, ERROR_DATA);
        free(walk);
    }
    free(s);
}

static void halves_down_to_a_floor(void **state)
{
    struct pager pager;
    struct page_ask ask;
    struct error err = {0};
    int halvings = 0;

    (void)state;
    assert_int_equal(pager_init(&pager, &users, &err), 0);
    assert_true(pager_ask(&pager, 1, &ask));
    while (pager_halve(&pager)) {
        halvings++;
        assert_int_equal(pager_accepts(&pager, &ask), PAGER_STALE);
    }
    assert_int_equal(halvings, 7);
    assert_true(pager_ask(&pager, 1, &ask));
    assert_int_equal(ask.size, PAGER_SIZE_MIN);
    assert_int_equal(ask.start, 0);
    pager_release(&pager);
}

/* Where the page before it ended a list goes on: a new row in front of a known
 * one means that it was sorted anew. */
static void a_new_row_among_the_known_ones_tells_that_the_list_moved(
    void **state)
{
    static const char *const ids[] = {"a", "b", "c", "d", "e",
                                      "f", "g", "h", "i", "j"};
    static const struct {
        const char *known;
        size_t fresh;
        bool moved;
    } cases[] = {{"j", 1, true},
                 {"j", 0, false},
                 {"z", 1, false},
                 {NULL, 1, false}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct paging rules = users;
        struct pager pager;
        struct page_ask ask;
        struct error err = {0};

        rules.size = 10;
        assert_int_equal(pager_init(&pager, &rules, &err), 0);
        assert_true(pager_ask(&pager, 1, &ask));
        assert_true(pager_fits(&pager, ids, 10));
        assert_int_equal(pager_took(&pager, ids, 10, 10, NULL, &err), 0);
        pager_known(&pager, cases[i].known, cases[i].fresh);
        assert_int_equal(pager.moved, cases[i].moved);
        assert_int_equal(pager.done, cases[i].moved);
        pager_release(&pager);
    }
}

static void cursors_end_and_never_repeat(void **state)
{
    static const struct paging cursor = {.style = PAGING_CURSOR, .size = 10};
    const char *ids[] = {"a"};
    struct pager pager;
    struct page_ask ask;
    struct error err = {0};

    (void)state;
    assert_int_equal(pager_init(&pager, &cursor, &err), 0);
    assert_true(pager_ask(&pager, 4, &ask));
    assert_null(ask.cursor);
    assert_false(pager_ask(&pager, 4, &ask));
    assert_int_equal(pager_took(&pager, ids, 1, 1, "c1", &err), 0);
    assert_true(pager_ask(&pager, 4, &ask));
    assert_string_equal(ask.cursor, "c1");
    assert_int_equal(pager_took(&pager, ids, 1, 1, "c1", &err), -1);
    assert_int_equal(err.kind, ERROR_DATA);
    pager_release(&pager);

    error_clear(&err);
    assert_int_equal(pager_init(&pager, &cursor, &err), 0);
    assert_true(pager_ask(&pager, 4, &ask));
    assert_int_equal(pager_took(&pager, ids, 0, 0, "still", &err), 0);
    assert_true(pager.done);
    pager_release(&pager);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_size),
        cmocka_unit_test(needs_few_requests),
        cmocka_unit_test(survives_a_cap),
        cmocka_unit_test(asks_ahead_though_rows_are_dropped),
        cmocka_unit_test(survives_everything_at_once),
        cmocka_unit_test(survives_single_deletions),
        cmocka_unit_test(survives_runs_of_placeholders),
        cmocka_unit_test(never_trusts_a_list_without_order),
        cmocka_unit_test(sees_past_a_window_dropped_whole),
        cmocka_unit_test(names_a_server_that_ignores_the_offset),
        cmocka_unit_test(halves_down_to_a_floor),
        cmocka_unit_test(
            a_new_row_among_the_known_ones_tells_that_the_list_moved),
        cmocka_unit_test(cursors_end_and_never_repeat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
