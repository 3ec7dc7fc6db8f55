#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "state_answers.h"
#include "temp_file.h"

enum { NOW = 1000 * 1000, AGE = 1000 };

struct stage {
    struct temp_folder folder;
    char path[PATH_MAX + 32];
    struct log log;
    struct state *state;
    struct answers *answers;
    struct error err;
};

static void open_file(struct stage *stage)
{
    stage->state =
        state_open(stage->path, "20261123T020000Z", &stage->log, &stage->err);
    if (stage->state == NULL)
        fail_msg("%s", stage->err.text);
}

static void open_answers(struct stage *stage, const char *source,
                         const char *scope, int64_t now)
{
    const struct answers_options options = {source, scope, now, AGE};

    answers_close(stage->answers);
    stage->answers = answers_open(stage->state, &options, &stage->err);
    if (stage->answers == NULL)
        fail_msg("%s", stage->err.text);
}

static int setup(void **state)
{
    struct stage *stage = calloc(1, sizeof(*stage));

    assert_non_null(stage);
    temp_folder_make(&stage->folder);
    snprintf(stage->path, sizeof(stage->path), "%s/rollcall.db",
             stage->folder.path);
    stage->log = (struct log){
        .out = stderr, .level = LOG_ERROR, .clock = clock_system()};
    open_file(stage);
    open_answers(stage, "seen", "here", NOW);
    *state = stage;
    return 0;
}

static int teardown(void **state)
{
    struct stage *stage = *state;

    answers_close(stage->answers);
    state_close(stage->state);
    temp_folder_remove(&stage->folder);
    free(stage);
    return 0;
}

static void keep(struct stage *stage, const char *id, int64_t asked_at,
                 const char *status)
{
    struct answer answer = {.known = status != NULL, .asked_at = asked_at};

    if (status != NULL) {
        answer.user.fields[USER_ACCOUNT_ID] = value_text(id);
        answer.user.fields[USER_LAST_SEEN_AT] = value_instant(-5);
        answer.user.fields[USER_LAST_SEEN_STATUS] = value_text(status);
        answer.user.fields[USER_ACTIVE] = value_bool(true);
    }
    assert_int_equal(answers_keep(stage->answers, id, &answer, &stage->err), 0);
}

/* The status found; "" of an account nobody knows, "-" of no answer. */
static const char *found(struct stage *stage, const char *id)
{
    static struct answer answer;

    switch (answers_find(stage->answers, id, &answer, &stage->err)) {
    case 0:
        return "-";
    case 1:
        return answer.known ? answer.user.fields[USER_LAST_SEEN_STATUS].text
                            : "";
    default:
        fail_msg("%s", stage->err.text);
        return NULL;
    }
}

static void what_was_said_is_found(void **state)
{
    struct stage *stage = *state;
    struct answer answer;

    keep(stage, "a", NOW - 5, "never");
    keep(stage, "b", NOW - 5, NULL);
    assert_int_equal(answers_find(stage->answers, "a", &answer, &stage->err),
                     1);
    assert_true(answer.known);
    assert_true(answer.asked_at == NOW - 5);
    assert_string_equal(answer.user.source, "seen");
    assert_false(answer.user.fields[USER_ACCOUNT_ID].present);
    assert_false(answer.user.fields[USER_EMAIL].present);
    assert_true(answer.user.fields[USER_LAST_SEEN_AT].integer == -5);
    assert_int_equal(answer.user.fields[USER_LAST_SEEN_AT].type,
                     VALUE_TIMESTAMP);
    assert_int_equal(answer.user.fields[USER_ACTIVE].integer, 1);
    assert_string_equal(found(stage, "a"), "never");
    assert_string_equal(found(stage, "b"), "");
    assert_string_equal(found(stage, "c"), "-");
    keep(stage, "a", NOW, "known");
    assert_string_equal(found(stage, "a"), "known");
}

static void only_what_was_committed_stays(void **state)
{
    struct stage *stage = *state;

    keep(stage, "a", NOW, "known");
    assert_int_equal(answers_commit(stage->answers, &stage->err), 0);
    assert_int_equal(answers_commit(stage->answers, &stage->err), 0);
    keep(stage, "b", NOW, "known");
    answers_close(stage->answers);
    stage->answers = NULL;
    state_close(stage->state);
    open_file(stage);
    open_answers(stage, "seen", "here", NOW);
    assert_string_equal(found(stage, "a"), "known");
    assert_string_equal(found(stage, "b"), "-");
}

static void answers_stay_in_their_scope(void **state)
{
    struct stage *stage = *state;

    keep(stage, "a", NOW, "known");
    answers_commit(stage->answers, &stage->err);
    open_answers(stage, "seen", "there", NOW);
    assert_string_equal(found(stage, "a"), "-");
    keep(stage, "a", NOW, "never");
    answers_commit(stage->answers, &stage->err);
    open_answers(stage, "other", "here", NOW);
    assert_string_equal(found(stage, "a"), "-");
    open_answers(stage, "seen", "here", NOW);
    assert_string_equal(found(stage, "a"), "known");
}

static void old_and_future_answers_are_forgotten(void **state)
{
    struct stage *stage = *state;

    keep(stage, "old", NOW - AGE, "known");
    keep(stage, "good", NOW - AGE + 1, "known");
    keep(stage, "now", NOW, "known");
    keep(stage, "future", NOW + 1, "known");
    answers_commit(stage->answers, &stage->err);
    open_answers(stage, "seen", "here", NOW);
    assert_string_equal(found(stage, "old"), "-");
    assert_string_equal(found(stage, "good"), "known");
    assert_string_equal(found(stage, "now"), "known");
    assert_string_equal(found(stage, "future"), "-");
}

static void what_cannot_be_read_is_no_answer(void **state)
{
    static const char *const texts[] = {
        "[]", "{", "{\"nothing\": 1}", "{\"last_seen_at\": \"x\"}",
        "{\"last_seen_status\": 5}"};
    struct stage *stage = *state;
    char sql[256];

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        snprintf(sql, sizeof(sql),
                 "INSERT OR REPLACE INTO answers VALUES"
                 " ('seen', 'here', 'a', %d, '%s')",
                 NOW, texts[i]);
        assert_int_equal(db_exec(state_db(stage->state), sql, &stage->err), 0);
        assert_string_equal(found(stage, "a"), "-");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_said_is_found, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(only_what_was_committed_stays, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(answers_stay_in_their_scope, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(old_and_future_answers_are_forgotten,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_read_is_no_answer, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
