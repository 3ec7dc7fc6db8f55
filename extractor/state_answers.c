#include "state_answers.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "jsonw.h"

enum { ANSWER_BYTES_MAX = 1024 * 1024 };

struct answers {
    struct answers_options options;
    struct db *db;
    struct db_statement *find, *keep;
    struct json_doc doc; /* of the answer found last */
    bool parsed;
    bool writing; /* a transaction is open */
};

static int forget_old(struct answers *answers, struct error *err)
{
    const struct answers_options *options = &answers->options;
    struct db_statement *statement =
        db_prepare(answers->db,
                   "DELETE FROM answers WHERE source = ?1"
                   " AND (asked_at <= ?2 OR asked_at > ?3)",
                   err);
    int result;

    if (statement == NULL)
        return -1;
    db_bind_text(statement, 1, options->source);
    db_bind_integer(statement, 2, options->now - options->max_age_ms);
    db_bind_integer(statement, 3, options->now);
    result = db_run(statement, err);
    db_finalize(statement);
    return result;
}

struct answers *answers_open(struct state *state,
                             const struct answers_options *options,
                             struct error *err)
{
    struct answers *answers = calloc(1, sizeof(*answers));

    if (answers == NULL) {
        error_no_memory(err);
        return NULL;
    }
    answers->options = *options;
    answers->db = state_db(state);
    if (forget_old(answers, err) != 0)
        goto fail;
    answers->find = db_prepare(answers->db,
                               "SELECT asked_at, fields FROM answers WHERE"
                               " source = ?1 AND scope = ?2 AND"
                               " account_id = ?3",
                               err);
    if (answers->find == NULL)
        goto fail;
    answers->keep = db_prepare(answers->db,
                               "INSERT OR REPLACE INTO answers (source, scope,"
                               " account_id, asked_at, fields)"
                               " VALUES (?1, ?2, ?3, ?4, ?5)",
                               err);
    if (answers->keep == NULL)
        goto fail;
    return answers;
fail:
    answers_close(answers);
    return NULL;
}

static void forget_doc(struct answers *answers)
{
    if (answers->parsed)
        json_free(&answers->doc);
    answers->parsed = false;
}

void answers_close(struct answers *answers)
{
    if (answers == NULL)
        return;
    forget_doc(answers);
    db_finalize(answers->find);
    db_finalize(answers->keep);
    if (answers->writing)
        db_rollback(answers->db);
    free(answers);
}

static bool is_text(unsigned field)
{
    return user_fields[field].type == VALUE_STRING ||
           user_fields[field].type == VALUE_NUMBER;
}

/* False when the member is none of ours. */
static bool take_member(struct user *user, const struct json *member)
{
    int field = user_field_find(json_key(member));
    struct value *value;

    if (field < 0)
        return false;
    value = &user->fields[field];
    value->present = true;
    if (!is_text((unsigned)field))
        return json_int64(member, &value->integer) == 0;
    if (json_type(member) != JSON_STRING)
        return false;
    value->text = json_text(member);
    return true;
}

static bool take_fields(struct answers *answers, const char *text,
                        struct user *user)
{
    struct error ignored = {0};

    forget_doc(answers);
    answers->parsed =
        json_parse(&answers->doc, text, strlen(text), JSON_STRICT,
                   answers->options.source, ERROR_DATA, &ignored) == 0;
    if (!answers->parsed || json_type(answers->doc.root) != JSON_OBJECT)
        return false;
    for (const struct json *member = json_first(answers->doc.root);
         member != NULL; member = json_next(member)) {
        if (!take_member(user, member))
            return false;
    }
    return true;
}

static int take_row(struct answers *answers, struct answer *answer)
{
    const char *text = db_text(answers->find, 1);

    *answer = (struct answer){.known = text != NULL,
                              .asked_at = db_integer(answers->find, 0)};
    answer->user.source = answers->options.source;
    for (unsigned i = 0; i < USER_FIELD_COUNT; i++)
        answer->user.fields[i] = value_null(user_fields[i].type);
    return text == NULL || take_fields(answers, text, &answer->user) ? 1 : 0;
}

int answers_find(struct answers *answers, const char *account_id,
                 struct answer *answer, struct error *err)
{
    enum db_outcome outcome;
    int result = 0;

    db_bind_text(answers->find, 1, answers->options.source);
    db_bind_text(answers->find, 2, answers->options.scope);
    db_bind_text(answers->find, 3, account_id);
    outcome = db_step(answers->find, err);
    if (outcome == DB_ROW)
        result = take_row(answers, answer);
    else if (outcome == DB_FAILED)
        result = -1;
    db_reset(answers->find);
    return result;
}

static void put_fields(const struct user *user, struct buf *out)
{
    struct jsonw w;

    jsonw_init(&w, out, 0);
    jsonw_object(&w, NULL);
    for (unsigned i = 0; i < USER_FIELD_COUNT; i++) {
        const struct value *value = &user->fields[i];

        if (i == USER_ACCOUNT_ID || !value->present)
            continue;
        if (is_text(i))
            jsonw_text(&w, user_fields[i].name, value->text);
        else
            jsonw_int(&w, user_fields[i].name, value->integer);
    }
    jsonw_object_end(&w);
}

static int keep_row(struct answers *answers, const char *account_id,
                    int64_t asked_at, const char *fields, struct error *err)
{
    if (!answers->writing && db_begin(answers->db, err) != 0)
        return -1;
    answers->writing = true;
    db_bind_text(answers->keep, 1, answers->options.source);
    db_bind_text(answers->keep, 2, answers->options.scope);
    db_bind_text(answers->keep, 3, account_id);
    db_bind_integer(answers->keep, 4, asked_at);
    if (fields != NULL)
        db_bind_text(answers->keep, 5, fields);
    else
        db_bind_null(answers->keep, 5);
    return db_run(answers->keep, err);
}

int answers_keep(struct answers *answers, const char *account_id,
                 const struct answer *answer, struct error *err)
{
    struct buf fields;
    int result = 0;

    buf_init(&fields, ANSWER_BYTES_MAX);
    if (answer->known)
        put_fields(&answer->user, &fields);
    /* One too large to keep is asked again. */
    if (buf_ok(&fields))
        result = keep_row(answers, account_id, answer->asked_at,
                          answer->known ? fields.data : NULL, err);
    buf_release(&fields);
    return result;
}

int answers_commit(struct answers *answers, struct error *err)
{
    if (!answers->writing)
        return 0;
    if (db_commit(answers->db, err) != 0)
        return -1;
    answers->writing = false;
    return 0;
}
