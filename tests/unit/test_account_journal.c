#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include "account_journal.h"
#include "no_memory.h"
#include "sink.h"
#include "temp_file.h"

struct fixture {
    struct temp_folder folder;
    char path[2 * PATH_MAX];
    struct error err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    temp_folder_make(&f->folder);
    snprintf(f->path, sizeof(f->path), "%s/journal.jsonl", f->folder.path);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    temp_folder_remove(&f->folder);
    free(f);
    return 0;
}

static const struct account_record intent = {
    .at = 1795440000123,
    .verb = "deactivate",
    .via = "admin",
    .account_id = "712020:\"a\"",
    .url = "https://api.atlassian.com:8443/base/path",
    .before = "active",
};

static struct account_journal *open_it(struct fixture *f)
{
    struct account_journal *journal = account_journal_open(f->path, &f->err);

    if (journal == NULL)
        fail_msg("%s", f->err.text);
    return journal;
}

static char *content(struct fixture *f)
{
    size_t len;
    char *text = read_whole_file(AT_FDCWD, f->path, 1 << 20, &len, &f->err);

    assert_non_null(text);
    return text;
}

static mode_t mode_of(const char *path)
{
    struct stat st;

    assert_int_equal(lstat(path, &st), 0);
    return st.st_mode & 07777;
}

static void has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("no '%s' in '%s'", part, text);
}

static void writes_lines_and_appends(void **state)
{
    struct fixture *f = *state;
    struct account_record outcome = intent;
    struct account_journal *journal = open_it(f);
    char *text, *second;

    outcome.verdict = "done";
    outcome.status = 204;
    outcome.after = "inactive";
    assert_int_equal(account_journal_write(journal, &intent, &f->err), 0);
    account_journal_close(journal);
    journal = open_it(f);
    assert_int_equal(account_journal_write(journal, &outcome, &f->err), 0);
    account_journal_close(journal);
    text = content(f);
    second = strchr(text, '\n') + 1;
    has(text, "{\"at\":\"2026-11-23T13:20:00.123Z\",\"phase\":\"intent\","
              "\"verb\":\"deactivate\",\"via\":\"admin\",\"account_id\":"
              "\"712020:\\\"a\\\"\",\"host\":\"api.atlassian.com:8443\","
              "\"before\":\"active\",\"by\":\"");
    has(second, "\"phase\":\"outcome\"");
    has(second, "\"status\":204,\"after\":\"inactive\",\"verdict\":\"done\"}\n");
    assert_null(strstr(text, "base/path"));
    free(text);
}

static void no_answer_has_no_status(void **state)
{
    struct fixture *f = *state;
    struct account_record outcome = intent;
    struct account_journal *journal = open_it(f);
    char *text;

    outcome.verdict = "not confirmed";
    assert_int_equal(account_journal_write(journal, &outcome, &f->err), 0);
    account_journal_close(journal);
    text = content(f);
    has(text, "\"status\":null,\"after\":null,\"verdict\":\"not confirmed\"}");
    free(text);
}

static void is_for_its_owner_alone(void **state)
{
    struct fixture *f = *state;
    mode_t old = umask(0);
    char folder[3 * PATH_MAX];

    snprintf(folder, sizeof(folder), "%s/a", f->folder.path);
    snprintf(f->path, sizeof(f->path), "%s/a/b/journal.jsonl", f->folder.path);
    account_journal_close(open_it(f));
    umask(old);
    assert_int_equal(mode_of(f->path), 0600);
    assert_int_equal(mode_of(folder), 0700);
    unlink(f->path);
    strcat(folder, "/b");
    assert_int_equal(mode_of(folder), 0700);
    rmdir(folder);
    snprintf(folder, sizeof(folder), "%s/a", f->folder.path);
    rmdir(folder);
}

static void refuses(struct fixture *f, const char *text)
{
    error_clear(&f->err);
    assert_null(account_journal_open(f->path, &f->err));
    assert_int_equal(f->err.kind, ERROR_CANT_CREATE);
    has(f->err.text, "journal of actions: ");
    has(f->err.text, text);
    has(f->err.hint, "nothing was sent");
}

static void refuses_what_is_no_plain_file(void **state)
{
    struct fixture *f = *state;
    char target[2 * PATH_MAX];

    snprintf(target, sizeof(target), "%s/target", f->folder.path);
    assert_int_equal(symlink(target, f->path), 0);
    refuses(f, "journal.jsonl");
    assert_int_equal(access(target, F_OK), -1);
    unlink(f->path);
    assert_int_equal(mkfifo(f->path, 0600), 0);
    refuses(f, "is no plain file");
    unlink(f->path);
    assert_int_equal(mkdir(f->path, 0700), 0);
    refuses(f, "journal.jsonl");
    rmdir(f->path);
    temp_file(&f->folder, "file", "x");
    snprintf(f->path, sizeof(f->path), "%s/file/journal.jsonl",
             f->folder.path);
    refuses(f, "file");
    strcpy(f->path, "journal.jsonl");
    refuses(f, "is no path of a file");
}

static void a_line_that_is_cut_is_told(void **state)
{
    const struct rlimit small = {100, RLIM_INFINITY};
    const struct rlimit whole = {RLIM_INFINITY, RLIM_INFINITY};
    struct fixture *f = *state;
    struct account_journal *journal = open_it(f);

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(account_journal_write(journal, &intent, &f->err), -1);
    assert_int_equal(f->err.kind, ERROR_IO);
    has(f->err.text, "journal.jsonl");
    error_clear(&f->err);
    assert_int_equal(account_journal_write(journal, &intent, &f->err), -1);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &whole), 0);
    account_journal_close(journal);
}

static void half_a_line_gets_its_end(void **state)
{
    struct fixture *f = *state;
    struct account_journal *journal;
    char *text;

    temp_file(&f->folder, "journal.jsonl", "{\"at\":\"2026");
    journal = open_it(f);
    assert_int_equal(account_journal_write(journal, &intent, &f->err), 0);
    account_journal_close(journal);
    text = content(f);
    has(text, "{\"at\":\"2026\n{\"at\":\"2026-11-23T");
    free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static int try_note(void *context, struct error *err)
{
    struct fixture *f = context;
    struct account_journal *journal = account_journal_open(f->path, err);
    int result;

    if (journal == NULL)
        return -1;
    result = account_journal_write(journal, &intent, err);
    account_journal_close(journal);
    return result;
}

static void without_memory_no_note_is_too_long(void **state)
{
    no_memory_try(try_note, *state, 1, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(writes_lines_and_appends),
        TEST(no_answer_has_no_status),
        TEST(is_for_its_owner_alone),
        TEST(refuses_what_is_no_plain_file),
        TEST(a_line_that_is_cut_is_told),
        TEST(half_a_line_gets_its_end),
        TEST(without_memory_no_note_is_too_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
