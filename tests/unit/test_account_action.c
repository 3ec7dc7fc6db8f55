#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "account_action.h"
#include "temp_file.h"

#define STATE                                                                  \
    "\"state\": {\"path\": \"/u/{account_id}\", \"account_id\": \"/id\", "     \
    "\"at\": \"/s\", \"map\": {\"on\": \"active\", \"off\": \"inactive\"}}"
#define VERB(word)                                                             \
    "\"" word "\": {\"method\": \"POST\", \"path\": \"/u/{account_id}/x\", "   \
    "\"accept\": [204]}"
#define HEAD "\"name\": \"a\", \"endpoint\": \"admin\", "
#define BOTH VERB("activate") ", " VERB("deactivate")
#define WITH(more) "{" HEAD STATE ", " BOTH ", " more "}"

struct fixture {
    struct temp_folder folder;
    struct account_action action;
    struct error err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    temp_folder_make(&f->folder);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    account_action_free(&f->action);
    temp_folder_remove(&f->folder);
    free(f);
    return 0;
}

static int load(struct fixture *f, const char *text)
{
    account_action_free(&f->action);
    error_clear(&f->err);
    return account_action_load(&f->action,
                               temp_file(&f->folder, "a.json", text), &f->err);
}

static void refuses(struct fixture *f, const char *text, const char *expected)
{
    assert_int_equal(load(f, text), -1);
    assert_int_equal(f->err.kind, ERROR_CONFIG);
    if (strstr(f->err.text, expected) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", expected, f->err.text);
}

static void reads_the_shipped_ones(void **state)
{
    static const struct {
        const char *path, *endpoint, *off;
    } shipped[] = {
        {"mappings/actions/admin.json", "admin",
         "/users/{account_id}/manage/lifecycle/disable"},
        {"mappings/actions/adminhub.json", "adminhub",
         "/gateway/api/adminhub/um/site/{site}/users/{account_id}/deactivate"},
        {"mappings/actions/directory.json", "admin",
         "/admin/v2/orgs/{organisation}/directories/{directory}/users/"
         "{account_id}/suspend"},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(shipped) / sizeof(shipped[0]); i++) {
        const struct account_action *a = &f->action;

        account_action_free(&f->action);
        if (account_action_load(&f->action, shipped[i].path, &f->err) != 0)
            fail_msg("%s", f->err.text);
        assert_string_equal(a->endpoint, shipped[i].endpoint);
        assert_string_equal(a->verbs[ACCOUNT_DEACTIVATE].paths[0],
                            shipped[i].off);
        assert_string_equal(a->verbs[ACCOUNT_ACTIVATE].method, "POST");
        assert_non_null(a->own);
        assert_non_null(a->about.needs_how);
    }
}

static void fills_defaults(void **state)
{
    struct fixture *f = *state;

    if (load(f, "{" HEAD STATE ", " BOTH "}") != 0)
        fail_msg("%s", f->err.text);
    assert_string_equal(f->action.state.method, "GET");
    assert_null(f->action.items);
    assert_null(f->action.own);
    assert_null(f->action.verbs[ACCOUNT_ACTIVATE].body);
    assert_int_equal(f->action.verbs[ACCOUNT_ACTIVATE].accept[0], 204);
    assert_int_equal(f->action.verbs[ACCOUNT_ACTIVATE].accept[1], 0);
    assert_string_equal(f->action.map[1].value, "inactive");
    assert_int_equal(account_state_of("inactive"), ACCOUNT_INACTIVE);
}

static void tells_all_mistakes_at_once(void **state)
{
    struct fixture *f = *state;

    refuses(f, "{\"name\": \"b\", \"endpont\": \"admin\", \"activate\": {}}",
            "did you mean \"endpoint\"");
    assert_non_null(strstr(f->err.text, "state: missing"));
    assert_non_null(strstr(f->err.text, "deactivate: missing"));
    assert_non_null(strstr(f->err.text, "activate.method: missing"));
    assert_non_null(strstr(f->err.text, "activate.accept: missing"));
    assert_non_null(strstr(f->err.text, "name: expected \"a\""));
    assert_non_null(strstr(f->err.text, "a.json"));
}

static void requests_name_their_account(void **state)
{
    struct fixture *f = *state;

    refuses(f, "{" HEAD STATE ", " VERB("activate") ", \"deactivate\": "
            "{\"method\": \"POST\", \"path\": [\"/u/{account_id}/x\", "
            "\"/u/x\"], \"accept\": [204]}}",
            "deactivate.path: \"/u/x\" does not say which account");
    refuses(f, "{" HEAD STATE ", " VERB("activate") ", \"deactivate\": "
            "{\"method\": \"POST\", \"path\": \"/u/{acount_id}\", "
            "\"accept\": [204]}}", "did you mean \"account_id\"");
    assert_int_equal(load(f, "{" HEAD STATE ", " VERB("activate")
                          ", \"deactivate\": {\"method\": \"DELETE\", "
                          "\"path\": \"/u\", \"body\": {\"ids\": "
                          "[\"{account_id}\"]}, \"accept\": [200]}}"), 0);
}

/* The state is read without --apply, so reading it must change nothing. */
static void reading_the_state_changes_nothing(void **state)
{
    struct fixture *f = *state;

    refuses(f, "{" HEAD "\"state\": {\"method\": \"POST\", \"path\": "
            "\"/u/{account_id}/suspend\", \"account_id\": \"/id\", \"at\": "
            "\"/s\", \"map\": {\"on\": \"active\"}}, " BOTH "}",
            "state.path: what only reads is asked by GET");
    refuses(f, "{" HEAD "\"state\": {\"method\": \"DELETE\", \"path\": "
            "\"/u/{account_id}\", \"account_id\": \"/id\", \"at\": \"/s\", "
            "\"map\": {\"on\": \"active\"}}, " BOTH "}",
            "state.method: unknown word");
    refuses(f, "{" HEAD "\"state\": {\"path\": \"/u/{account_id}\", \"body\": "
            "{}, \"account_id\": \"/id\", \"at\": \"/s\", \"map\": {\"on\": "
            "\"active\"}}, " BOTH "}", "state.body: a GET request has no body");
}

static void values_are_checked(void **state)
{
    struct fixture *f = *state;

    refuses(f, "{" HEAD "\"state\": {\"path\": \"u/{account_id}\", "
            "\"account_id\": [], \"at\": \"s\", \"map\": {\"on\": "
            "\"activ\"}}, " BOTH "}", "state.path: expected a path");
    assert_non_null(strstr(f->err.text, "state.account_id: must not be empty"));
    assert_non_null(strstr(f->err.text, "state.at: expected a JSON pointer"));
    assert_non_null(strstr(f->err.text, "did you mean \"active\""));
    refuses(f, WITH("\"own\": [{\"endpoint\": \"jira\", \"path\": \"x\", "
                    "\"account_id\": \"/id\"}, {}]"),
            "own[0].path: expected a path");
    assert_non_null(strstr(f->err.text, "own[1].endpoint: missing"));
    refuses(f, WITH("\"own\": []"), "own: expected 1 to 16 elements");
    refuses(f, WITH("\"refusals\": {\"at\": \"/k\"}"),
            "refusals.words: missing");
    refuses(f, "{" HEAD STATE ", " VERB("activate") ", \"deactivate\": "
            "{\"method\": \"GET\", \"path\": \"/{account_id}\", \"accept\": "
            "[404]}}", "deactivate.method: unknown word \"GET\"");
    assert_non_null(strstr(f->err.text, "deactivate.accept[0]: "));
    refuses(f, WITH("\"needs\": {\"scope\": []}"), "did you mean \"scopes\"");
    refuses(f, "{" HEAD STATE ", " VERB("activate") ", \"deactivate\": "
            "{\"method\": \"PUT\", \"path\": \"/{account_id}\", \"accept\": "
            "[200], \"body\": {\"t\": \"{acount_id}\"}}}",
            "deactivate.body: unknown placeholder");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_the_shipped_ones),
        TEST(fills_defaults),
        TEST(tells_all_mistakes_at_once),
        TEST(requests_name_their_account),
        TEST(reading_the_state_changes_nothing),
        TEST(values_are_checked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
