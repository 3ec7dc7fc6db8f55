/* Names of logs passed on turn by turn, see gather_parts.h. */
#include <stdlib.h>
#include <string.h>

#include "gather_parts.h"
#include "name.h"
#include "text_list.h"

static void *pointer_of(unsigned turn)
{
    return (void *)((uintptr_t)turn + 1);
}

/* 0: nobody told, or it was known before. */
static uintptr_t told_of(const struct gathered *gathered, const char *name)
{
    return (uintptr_t)strmap_get(&gathered->turns, name);
}

static int put_turn(struct gathered *gathered, const char *name,
                    struct error *err)
{
    if (strmap_put(&gathered->turns, name, pointer_of(gathered->turn)) != 0)
        return error_no_memory(err);
    if (gathered->turn > gathered->last_told)
        gathered->last_told = gathered->turn;
    return 0;
}

int gather_early_told(struct gathered *gathered, const char *name,
                      struct error *err)
{
    return gathered->turn > 0 ? put_turn(gathered, name, err) : 0;
}

int gather_early_again(struct gathered *gathered, const char *name,
                       struct error *err)
{
    /* Nearly always so, and looked at for every record. */
    if (gathered->turn >= gathered->last_told ||
        told_of(gathered, name) <= (uintptr_t)gathered->turn + 1)
        return 0;
    return put_turn(gathered, name, err);
}

/* Whether a page up to this turn, a file or an earlier run explains it. */
static bool is_told(const struct gathered *gathered, const char *name,
                    unsigned turn)
{
    return told_of(gathered, name) <= (uintptr_t)turn + 1 &&
           (strmap_get(&gathered->pairs, name) != NULL ||
            strmap_get(&gathered->pair_ids, name) != NULL);
}

static void set_turn(struct gathered *gathered, unsigned turn)
{
    gathered->turn = turn;
    for (size_t i = 0; i < gathered->book_count; i++)
        gathered->books[i].turn = turn;
}

void gather_early_page(struct window_watch *watch)
{
    set_turn(watch->gathering->gathered, watch->turn + 1);
}

static int reserve_turn(struct early *early, unsigned turn, struct error *err)
{
    size_t count = early->turn_count ? 2 * early->turn_count : 64;
    struct turn_names *grown;

    if (turn < early->turn_count)
        return 0;
    count = turn < count ? count : (size_t)turn + 1;
    grown = realloc(early->turns, count * sizeof(*grown));
    if (grown == NULL)
        return error_no_memory(err);
    memset(grown + early->turn_count, 0,
           (count - early->turn_count) * sizeof(*grown));
    early->turns = grown;
    early->turn_count = count;
    return 0;
}

static int note(struct early *early, const struct fact_subject *subject,
                struct error *err)
{
    struct turn_names *names;

    if (reserve_turn(early, subject->turn, err) != 0)
        return -1;
    names = &early->turns[subject->turn];
    if (names->count == names->capacity) {
        size_t capacity = names->capacity ? 2 * names->capacity : 64;
        const struct fact_subject **grown =
            realloc(names->subjects, capacity * sizeof(*grown));

        if (grown == NULL)
            return error_no_memory(err);
        names->subjects = grown;
        names->capacity = capacity;
    }
    names->subjects[names->count++] = subject;
    return 0;
}

static int note_all(struct gathering *g, struct error *err)
{
    const struct fact_subject *subject;

    for (size_t i = 0; i < g->gathered->book_count; i++) {
        while ((subject = fact_turned(&g->gathered->books[i])) != NULL) {
            if (!g->early.off && note(&g->early, subject, err) != 0)
                return -1;
        }
    }
    return 0;
}

/* Which of them are to be asked for; sorted, each once. */
static size_t choose(const struct gathered *gathered,
                     const struct turn_names *from, unsigned turn,
                     const char **names)
{
    struct text_list list = {.texts = names};

    for (size_t i = 0; i < from->count; i++) {
        const char *name = from->subjects[i]->name;

        if (from->subjects[i]->turn == turn && name_id(name) == name &&
            !is_told(gathered, name, turn))
            names[list.count++] = name;
    }
    text_list_sort(&list);
    return list.count;
}

static int pass_on(struct gathering *g, unsigned turn, struct error *err)
{
    const struct gather_names *early = &g->options->early;
    struct turn_names *from = &g->early.turns[turn];
    const char **names;
    int result;

    if (from->count == 0)
        return 0;
    names = calloc(from->count, sizeof(*names));
    if (names == NULL)
        return error_no_memory(err);
    result = early->names(early->context, names,
                          choose(g->gathered, from, turn, names), err);
    free(names);
    free(from->subjects);
    *from = (struct turn_names){0};
    return result;
}

/* The last turn that every window has given its page of. */
static unsigned finished_turn(const struct gathering *g)
{
    unsigned turn = g->early.turn_count > 0
                        ? (unsigned)g->early.turn_count - 1
                        : 0;

    for (size_t i = 0; i < g->walk_count; i++) {
        const struct window_watch *watch = &g->watches[i];

        if (g->walk_feeds[i] == NULL && !watch->ended && watch->turn < turn)
            turn = watch->turn;
    }
    return turn;
}

static int advance(struct gathering *g, struct error *err)
{
    struct early *early = &g->early;
    unsigned turn;

    if (early->off || early->lists > 0 || g->options->early.names == NULL)
        return 0;
    turn = finished_turn(g);
    for (; early->finished <= turn && early->finished < early->turn_count;
         early->finished++) {
        if (pass_on(g, early->finished, err) != 0)
            return -1;
    }
    return 0;
}

int gather_early_took(struct gathering *g, struct error *err)
{
    set_turn(g->gathered, 0);
    return note_all(g, err) == 0 ? advance(g, err) : -1;
}

int gather_early_ended(struct window_watch *watch, struct error *err)
{
    watch->ended = true;
    return advance(watch->gathering, err);
}

int gather_early_listed(struct gathering *g, struct error *err)
{
    g->early.lists--;
    return advance(g, err);
}

void gather_early_release(struct gathering *g)
{
    for (size_t i = 0; i < g->early.turn_count; i++)
        free(g->early.turns[i].subjects);
    free(g->early.turns);
    g->early = (struct early){0};
}
