#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "buf.h"
#include "no_memory.h"
#include "recording.h"
#include "temp_file.h"

enum { AS_OF = 1000, BODY_MAX = 1024 };

static const struct recording_head head = {AS_OF, 7};

static const struct recorded_request users = {"jira", "jira_users", "GET",
                                              "/users?startAt=0", NULL};
static const struct recorded_request more = {"jira", "jira_users", "GET",
                                             "/users?startAt=1000", NULL};
static const struct recorded_request search = {
    "admin", "org_directory_users", "POST", "/search", "{\"limit\":100}"};

static int setup(void **state)
{
    struct temp_folder *folder = calloc(1, sizeof(*folder));

    assert_non_null(folder);
    temp_folder_make(folder);
    *state = folder;
    return 0;
}

static int teardown(void **state)
{
    temp_folder_remove(*state);
    free(*state);
    return 0;
}

static struct recording *begin(const struct temp_folder *folder)
{
    struct error err = {0};
    struct recording *recording = recording_create(folder->path, &head, &err);

    if (recording == NULL)
        fail_msg("%s", err.text);
    return recording;
}

static void put(struct recording *recording,
                const struct recorded_request *request, int status,
                const char *body)
{
    struct error err = {0};

    if (recording_put(recording, request, status, body, strlen(body), &err))
        fail_msg("%s", err.text);
}

static struct recording *read_again(const struct temp_folder *folder)
{
    struct error err = {0};
    struct recording *recording = recording_open(folder->path, &err);

    if (recording == NULL)
        fail_msg("%s", err.text);
    return recording;
}

static int read_body(struct recording *recording,
                     const struct recorded_request *request, int *status,
                     struct buf *out, struct error *err)
{
    struct recorded_answer answer;
    char *room;

    if (recording_next(recording, request, &answer, err) != 0)
        return -1;
    room = buf_room(out, answer.bytes);
    assert_non_null(room);
    *status = answer.status;
    return recording_body(&answer, room, err);
}

static void gives(struct recording *recording,
                  const struct recorded_request *request, int status,
                  const char *body)
{
    struct error err = {0};
    struct buf out;
    int got;

    buf_init(&out, BODY_MAX);
    if (read_body(recording, request, &got, &out, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(got, status);
    assert_string_equal(out.data, body);
    buf_release(&out);
}

static void refuses(struct recording *recording,
                    const struct recorded_request *request, const char *text)
{
    struct error err = {0};
    struct buf out;
    int got;

    buf_init(&out, BODY_MAX);
    assert_int_equal(read_body(recording, request, &got, &out, &err), -1);
    assert_int_equal(err.kind, ERROR_DATA);
    if (strstr(err.text, text) == NULL)
        fail_msg("%s", err.text);
    buf_release(&out);
}

static void finish(struct recording *recording)
{
    struct error err = {0};

    assert_int_equal(recording_finish(recording, &err), 0);
    recording_close(recording);
}

static void answers_come_back(void **state)
{
    struct recording *recording = begin(*state);
    struct recorded_request other = search;

    put(recording, &users, 200, "[1]");
    put(recording, &search, 404, "{\"no\":\"\xC3\xA9\\n\"}");
    put(recording, &more, 200, "");
    finish(recording);
    recording = read_again(*state);
    assert_int_equal(recording_head(recording).as_of, AS_OF);
    assert_int_equal(recording_head(recording).concurrency, 7);
    gives(recording, &more, 200, "");
    gives(recording, &search, 404, "{\"no\":\"\xC3\xA9\\n\"}");
    gives(recording, &users, 200, "[1]");
    other.body = "{\"limit\":50}";
    refuses(recording, &other, "no answer to this request");
    other = users;
    other.endpoint = "admin";
    refuses(recording, &other, "no answer to this request");
    recording_close(recording);
}

static void the_same_request_has_its_answers_in_order(void **state)
{
    struct recording *recording = begin(*state);

    put(recording, &users, 200, "[1]");
    put(recording, &more, 200, "[]");
    put(recording, &users, 409, "{}");
    put(recording, &users, 200, "[1,2]");
    finish(recording);
    recording = read_again(*state);
    gives(recording, &users, 200, "[1]");
    gives(recording, &users, 409, "{}");
    gives(recording, &more, 200, "[]");
    gives(recording, &users, 200, "[1,2]");
    gives(recording, &users, 200, "[1,2]");
    recording_close(recording);
}

static void what_a_failed_run_read_is_kept(void **state)
{
    struct recording *recording = begin(*state);

    put(recording, &users, 200, "[1]");
    recording_close(recording);
    recording = read_again(*state);
    gives(recording, &users, 200, "[1]");
    recording_close(recording);
    recording_close(NULL);
}

static void files_are_private(void **state)
{
    struct temp_folder *folder = *state;
    char path[sizeof(folder->file)];
    struct recording *recording;
    mode_t mask = umask(0);
    struct stat st;

    recording = begin(folder);
    put(recording, &users, 200, "[1]");
    finish(recording);
    umask(mask);
    snprintf(path, sizeof(path), "%s/000001.json.gz", folder->path);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    snprintf(path, sizeof(path), "%s/index.jsonl", folder->path);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
}

static void a_folder_in_use_is_refused(void **state)
{
    struct temp_folder *folder = *state;
    struct error err = {0};

    temp_file(folder, "else", "");
    assert_null(recording_create(folder->path, &head, &err));
    assert_int_equal(err.kind, ERROR_CANT_CREATE);
    assert_non_null(strstr(err.text, "is not empty"));
}

static void not_opened(struct temp_folder *folder, const char *index,
                       const char *text)
{
    struct error err = {0};

    temp_file(folder, "index.jsonl", index);
    assert_null(recording_open(folder->path, &err));
    assert_int_equal(err.kind, ERROR_DATA);
    if (strstr(err.text, text) == NULL)
        fail_msg("%s", err.text);
}

#define HEAD \
    "{\"recording\":1,\"asOf\":\"2026-11-23T02:00:00Z\",\"concurrency\":4}\n"
#define REQUEST                                                                \
    "\"endpoint\":\"jira\",\"source\":\"s\",\"method\":\"GET\",\"path\":"      \
    "\"/users?startAt=0\",\"body\":null"

static void a_wrong_index_is_refused(void **state)
{
    static const char *const indexes[] = {
        "",
        "{",
        HEAD "{\"file\":\"000001.json\"}\n",
        HEAD "nonsense\n",
        HEAD "{\"file\":\"../secret\"," REQUEST
             ",\"status\":200,\"bytes\":1}\n",
        HEAD "{\"file\":\".hidden\"," REQUEST ",\"status\":200,\"bytes\":1}\n",
        HEAD "{\"file\":\"a.json\"," REQUEST ",\"status\":0,\"bytes\":1}\n",
        HEAD "{\"file\":\"a.json\"," REQUEST ",\"status\":200}\n"};
    struct error err = {0};

    for (size_t i = 0; i < sizeof(indexes) / sizeof(indexes[0]); i++)
        not_opened(*state, indexes[i], "no part of a recording");
    not_opened(*state, "{\"recording\":2,\"asOf\":\"2026-11-23T02:00:00Z\"}\n",
               "no recording of this version");
    not_opened(*state, "{\"recording\":1}\n", "no recording of this version");
    assert_null(recording_open("/nowhere", &err));
    assert_int_equal(err.kind, ERROR_NO_INPUT);
}

static void plain_pages_are_read_and_lengths_held(void **state)
{
    struct recording *recording;

    temp_file(*state, "000001.json", "[1,2,3]");
    temp_file(*state, "index.jsonl",
              HEAD "{\"file\":\"000001.json\"," REQUEST
                   ",\"status\":200,\"bytes\":7}\n{\"file\":\"cut");
    recording = read_again(*state);
    gives(recording, &users, 200, "[1,2,3]");
    recording_close(recording);
    temp_file(*state, "000001.json", "[1,2]");
    recording = read_again(*state);
    refuses(recording, &users, "000001.json: is not as long as when");
    recording_close(recording);
}

static int try_replay(void *context, struct error *err)
{
    const struct temp_folder *folder = context;
    struct recording *recording = recording_open(folder->path, err);
    struct recorded_answer answer;
    int result = -1, has;

    if (recording == NULL)
        return -1;
    has = recording_has(recording, &search, err);
    if (has >= 0) {
        assert_int_equal(has, 1);
        result = recording_next(recording, &search, &answer, err);
    }
    if (result == 0)
        assert_int_equal(answer.status, 404);
    recording_close(recording);
    return result;
}

static void without_memory_every_answer_is_there(void **state)
{
    struct recording *recording = begin(*state);

    put(recording, &users, 200, "[1]");
    put(recording, &search, 404, "{}");
    finish(recording);
    no_memory_try(try_replay, *state, 1, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(
            the_same_request_has_its_answers_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(what_a_failed_run_read_is_kept, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(files_are_private, setup, teardown),
        cmocka_unit_test_setup_teardown(a_folder_in_use_is_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_wrong_index_is_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(plain_pages_are_read_and_lengths_held,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(without_memory_every_answer_is_there,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
