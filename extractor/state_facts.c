#include "state_facts.h"

#include <string.h>

enum {
    COLUMN_SUBJECT,
    COLUMN_FACT,
    COLUMN_EVENT,  /* the first of six */
    COLUMN_LENDER = COLUMN_EVENT + 6
};

#define EVENT_COLUMNS                                                          \
    "at, source, event_id, action, actor, actor_name,"                         \
    " lender_at, lender_source, lender_event_id, lender_action,"               \
    " lender_actor, lender_actor_name"

int state_facts_rules(struct state *state, const char *dataset,
                      char rules[DIGEST_HEX_SIZE], bool *found,
                      struct error *err)
{
    struct db_statement *s = db_prepare(
        state_db(state), "SELECT rules FROM dataset WHERE name = ?", err);
    enum db_outcome outcome;

    *found = false;
    if (s == NULL)
        return -1;
    db_bind_text(s, 1, dataset);
    outcome = db_step(s, err);
    if (outcome == DB_ROW) {
        strncpy(rules, db_text(s, 0), DIGEST_HEX_SIZE - 1);
        rules[DIGEST_HEX_SIZE - 1] = '\0';
        *found = true;
    }
    db_finalize(s);
    return outcome == DB_FAILED ? -1 : 0;
}

static void read_cursor(struct db_statement *s, struct state_cursor *cursor)
{
    *cursor = (struct state_cursor){.from = db_integer(s, 3),
                                    .to = db_integer(s, 4),
                                    .has_oldest = !db_is_null(s, 5),
                                    .oldest = db_integer(s, 5)};
    strncpy(cursor->definition, db_text(s, 2), DIGEST_HEX_SIZE - 1);
}

int state_cursors(struct state *state, const char *dataset,
                  const struct state_cursor_target *target, struct error *err)
{
    struct db_statement *s = db_prepare(
        state_db(state),
        "SELECT dataset, source, definition, from_at, to_at, oldest_at"
        " FROM cursor WHERE ?1 IS NULL OR dataset = ?1"
        " ORDER BY dataset, source",
        err);
    enum db_outcome outcome = DB_FAILED;

    if (s == NULL)
        return -1;
    if (dataset != NULL)
        db_bind_text(s, 1, dataset);
    else
        db_bind_null(s, 1);
    while ((outcome = db_step(s, err)) == DB_ROW) {
        struct state_cursor cursor;

        read_cursor(s, &cursor);
        if (target->cursor(target->context, db_text(s, 0), db_text(s, 1),
                           &cursor, err) != 0)
            break;
    }
    db_finalize(s);
    return outcome == DB_DONE ? 0 : -1;
}

/* The six columns of an event from `first` on; false: memory is out. */
static bool read_event(struct db_statement *s, int first,
                       struct fact_book *book, struct fact_event *event)
{
    /* A name of its own: the run may not know the source. */
    const char *source = pool_keep(&book->pool, db_text(s, first + 1));

    *event = (struct fact_event){.at = db_integer(s, first),
                                 .source = source,
                                 .id = db_text(s, first + 2),
                                 .action = db_text(s, first + 3),
                                 .actor = db_text(s, first + 4),
                                 .actor_name = db_text(s, first + 5)};
    return source != NULL;
}

static int fact_named(const struct fact_book *book, const char *name)
{
    for (size_t i = 0; i < book->count; i++) {
        if (strcmp(book->rules[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

static int load_row(struct db_statement *s, struct fact_book *book,
                    struct error *err)
{
    bool lends = !db_is_null(s, COLUMN_LENDER);
    int fact = fact_named(book, db_text(s, COLUMN_FACT));
    struct fact_event newest, lender;

    if (fact < 0)
        return error_set(err, ERROR_BUG, "state: a fact of no rule");
    if (!read_event(s, COLUMN_EVENT, book, &newest) ||
        (lends && !read_event(s, COLUMN_LENDER, book, &lender)) ||
        fact_restore(book, db_text(s, COLUMN_SUBJECT), (size_t)fact, &newest,
                     lends ? &lender : NULL) != 0)
        return error_no_memory(err);
    return 0;
}

int state_facts_load(struct state *state, const char *dataset,
                     bool provisional, struct fact_book *book,
                     struct error *err)
{
    struct db_statement *s =
        db_prepare(state_db(state),
                   "SELECT subject, fact, " EVENT_COLUMNS
                   " FROM fact WHERE provisional = ? AND dataset = ?",
                   err);
    enum db_outcome outcome = DB_FAILED;

    if (s == NULL)
        return -1;
    db_bind_integer(s, 1, provisional);
    db_bind_text(s, 2, dataset);
    while ((outcome = db_step(s, err)) == DB_ROW) {
        if (load_row(s, book, err) != 0)
            break;
    }
    db_finalize(s);
    return outcome == DB_DONE ? 0 : -1;
}

static void bind_event(struct db_statement *s, int first,
                       const struct fact_event *event)
{
    if (event == NULL)
        return; /* what is not bound is null */
    db_bind_integer(s, first, event->at);
    db_bind_text(s, first + 1, event->source);
    db_bind_text(s, first + 2, event->id);
    if (event->action != NULL)
        db_bind_text(s, first + 3, event->action);
    if (event->actor != NULL)
        db_bind_text(s, first + 4, event->actor);
    if (event->actor_name != NULL)
        db_bind_text(s, first + 5, event->actor_name);
}

static int keep_subject(struct db_statement *s, const char *dataset,
                        const struct fact_book *book,
                        const struct fact_subject *subject, struct error *err)
{
    for (size_t i = 0; i < book->count; i++) {
        const struct fact_slot *slot = &subject->slots[i];

        if (slot->newest == NULL)
            continue;
        db_bind_text(s, 1, dataset);
        db_bind_text(s, 2, subject->name);
        db_bind_text(s, 3, book->rules[i].name);
        bind_event(s, 4, slot->newest);
        bind_event(s, 10,
                   slot->attributed != slot->newest ? slot->attributed : NULL);
        if (db_run(s, err) != 0)
            return -1;
    }
    return 0;
}

int state_facts_keep(struct state *state, const char *dataset,
                     struct fact_book *book, struct error *err)
{
    struct db_statement *s = db_prepare(
        state_db(state),
        "INSERT OR REPLACE INTO fact (provisional, dataset, subject, "
        "fact, " EVENT_COLUMNS
        ") VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        err);
    const struct fact_subject *subject;
    int result = s != NULL ? 0 : -1;

    while (result == 0 && (subject = fact_changed(book)) != NULL)
        result = keep_subject(s, dataset, book, subject, err);
    db_finalize(s);
    return result;
}

/* Runs a statement whose values are all texts. */
static int run_texts(struct state *state, const char *sql,
                     const char *const *texts, size_t count, struct error *err)
{
    struct db_statement *s = db_prepare(state_db(state), sql, err);
    int result;

    if (s == NULL)
        return -1;
    for (size_t i = 0; i < count; i++)
        db_bind_text(s, (int)i + 1, texts[i]);
    result = db_run(s, err);
    db_finalize(s);
    return result;
}

int state_facts_publish(struct state *state, const char *dataset,
                        const char *rules, bool whole, struct error *err)
{
    const char *const texts[] = {dataset, rules};

    if (whole && run_texts(state,
                           "DELETE FROM fact WHERE provisional = 0"
                           " AND dataset = ?",
                           texts, 1, err) != 0)
        return -1;
    if (run_texts(state,
                  "INSERT OR REPLACE INTO fact SELECT 0, dataset, subject, "
                  "fact, " EVENT_COLUMNS
                  " FROM fact WHERE provisional = 1 AND dataset = ?",
                  texts, 1, err) != 0)
        return -1;
    if (run_texts(state, "DELETE FROM dataset WHERE name = ?", texts, 1, err))
        return -1;
    return run_texts(state, "INSERT INTO dataset (name, rules) VALUES (?, ?)",
                     texts, 2, err);
}

int state_cursor_set(struct state *state, const char *dataset,
                     const char *source, const struct state_cursor *cursor,
                     struct error *err)
{
    struct db_statement *s = db_prepare(
        state_db(state),
        "INSERT INTO cursor (dataset, source, definition, from_at, to_at,"
        " oldest_at) VALUES (?, ?, ?, ?, ?, ?)",
        err);
    int result;

    if (s == NULL)
        return -1;
    db_bind_text(s, 1, dataset);
    db_bind_text(s, 2, source);
    db_bind_text(s, 3, cursor->definition);
    db_bind_integer(s, 4, cursor->from);
    db_bind_integer(s, 5, cursor->to);
    if (cursor->has_oldest)
        db_bind_integer(s, 6, cursor->oldest);
    result = db_run(s, err);
    db_finalize(s);
    return result;
}
