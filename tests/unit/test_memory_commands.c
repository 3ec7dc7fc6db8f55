/* Whole verbs without memory, of a job whose sources are files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "no_memory.h"
#include "temp_file.h"

#define FIRST  "20261122T020000Z"
#define SECOND "20261123T020000Z"
#define AT(day) "2026-11-" day "T02:00:00Z"

enum { WORDS_MAX = 12, STRIDE = 9, WORDS_SIZE = 64 * 1024 };

static const char people[] =
    "User id,User name,email,User status,Added to org,Last seen in Jira - a\n"
    "712020:ann,Ann,ann@acme.test,Deactivated,3 Jan 2024,14 Feb 2025\n"
    "712020:bob,\"Bob, B\",bob@acme.test,Suspended,4 Jan 2024,Never accessed\n"
    "712020:cid,Cid,,Active,5 Jan 2024,1 Nov 2026\n";
static const char exported_log[] =
    "Date,Time,Activity,Actor,Actor id,Target id,Target email,IP address\n"
    "19 Nov 2026,14:05:00,Suspended user,Zed,712020:zed,,bob@acme.test,\n"
    "20 Nov 2026,14:05:00,Deactivated account,Zed,712020:zed,712020:ann,,\n";
static const char changes[] =
    "{\"name\": \"people\", \"changes\": true, \"users\": "
    "\"export_users_csv\", \"columns\": ["
    "{\"name\": \"id\", \"type\": \"string\", \"key\": true, \"from\": "
    "\"user.account_id\"},"
    "{\"name\": \"name\", \"type\": \"string\", \"length\": 6, "
    "\"over_length\": \"truncate\", \"from\": \"user.display_name\"},"
    "{\"name\": \"first\", \"type\": \"timestamp\", "
    "\"from\": \"observed.first_inactive_at\"},"
    "{\"name\": \"at\", \"type\": \"timestamp\", \"from\": \"run.as_of\"}]}";
static const char events[] =
    "{\"name\": \"log\", \"grain\": \"event\", \"users\": "
    "\"export_users_csv\", \"events\": [\"audit_csv\"], "
    "\"subjects\": \"any\", \"columns\": ["
    "{\"name\": \"source\", \"type\": \"string\", \"key\": true, "
    "\"from\": \"event.source\"},"
    "{\"name\": \"id\", \"type\": \"string\", \"key\": true, "
    "\"from\": \"event.id\"},"
    "{\"name\": \"who\", \"type\": \"string\", \"key\": true, "
    "\"from\": [\"subject.id\", {\"value\": \"\"}]},"
    "{\"name\": \"what\", \"type\": \"string\", "
    "\"from\": \"event.changes\"}]}";
static const char job[] =
    "{\"files\": {\"export_users\": \"people.csv\", \"audit\": \"log.csv\"}, "
    "\"mappings\": [\"inactive_users_export\", \"./people.json\", "
    "\"./events.json\"], \"guards\": {\"max_export_age\": \"3000d\"}, "
    "\"output\": {\"layout\": \"hive\", \"compression\": \"none\", \"csv\": {\"header\": false}, "
    "\"redshift_url\": \"s3://b/p\", "
    "\"companions\": [\"lst\", \"par\"]}, "
    "\"deliver\": [{\"type\": \"dir\", \"path\": \"mount/{date}\"}]}";

/* base: the folder after a night; work: what a trial gets of it. */
struct stage {
    char top[64], base[80], work[80];
    struct log log;
    const char *words[WORDS_MAX]; /* NULL terminated, as typed */
    unsigned long sum; /* of the parts of a run that nothing disturbed */
    char expected[WORDS_SIZE], words_said[WORDS_SIZE];
    FILE *said;        /* stdout of the verb */
    int home;          /* the folder that the test was started in */
};

static int (*const verbs[VERB_COUNT])(const struct command *,
                                      struct error *) = {
    [VERB_EXTRACT] = command_extract, [VERB_PLAN] = command_plan,
    [VERB_CHECK] = command_check,     [VERB_EXPLAIN] = command_explain,
    [VERB_STATUS] = command_status,   [VERB_CLEAN] = command_clean,
    [VERB_DELIVER] = command_deliver, [VERB_SCHEMA] = command_schema,
    [VERB_REPORT] = command_report,
};

static void restore(const struct stage *s)
{
    char command[256];

    snprintf(command, sizeof(command), "rm -rf %s && cp -a %s %s", s->work,
             s->base, s->work);
    assert_int_equal(system(command), 0);
}

/* What verbs say is not what is looked at, and cmocka's words are. */
static int swap_stdout(int fd)
{
    int before = dup(STDOUT_FILENO);

    fflush(stdout);
    assert_true(before >= 0 && dup2(fd, STDOUT_FILENO) >= 0);
    close(fd);
    return before;
}

/* The verb of s->words in the folder. */
static int run(const struct stage *s, const char *folder, struct error *err)
{
    struct log log = s->log;
    struct cli cli;
    const struct command command = {.cli = &cli, .log = &log};
    char *argv[WORDS_MAX + 1] = {"rollcall"};
    int argc = 1, result, out;

    for (; s->words[argc - 1] != NULL; argc++)
        argv[argc] = (char *)(uintptr_t)s->words[argc - 1];
    assert_int_equal(chdir(folder), 0);
    rewind(s->said);
    assert_int_equal(ftruncate(fileno(s->said), 0), 0);
    out = swap_stdout(dup(fileno(s->said)));
    result = cli_parse(&cli, argc, argv, err);
    if (result == 0)
        result = verbs[cli.verb](&command, err);
    close(swap_stdout(out));
    assert_int_equal(fchdir(s->home), 0);
    return result;
}

static void say(struct stage *s, const char *const *words)
{
    size_t i = 0;

    for (; words[i] != NULL; i++)
        s->words[i] = words[i];
    s->words[i] = NULL;
}

static void write_base(const struct stage *s, const char *name,
                       const char *text)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", s->base, name);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static int setup(void **state)
{
    static const char *const night[] = {"extract", "--no-deliver", "--as-of",
                                        AT("22"), NULL};
    struct stage *s = calloc(1, sizeof(*s));
    struct error err = {0};
    char shipped[PATH_MAX];

    assert_non_null(realpath("mappings", shipped));
    setenv("ROLLCALL_MAPPINGS", shipped, 1);
    /* In memory, where there is such a folder: every trial syncs its files. */
    strcpy(s->top, "/dev/shm/test_memory.XXXXXX");
    if (mkdtemp(s->top) == NULL) {
        strcpy(s->top, "/tmp/test_memory.XXXXXX");
        assert_non_null(mkdtemp(s->top));
    }
    snprintf(s->base, sizeof(s->base), "%s/base", s->top);
    snprintf(s->work, sizeof(s->work), "%s/work", s->top);
    assert_int_equal(mkdir(s->base, 0700), 0);
    write_base(s, "people.csv", people);
    write_base(s, "log.csv", exported_log);
    write_base(s, "people.json", changes);
    write_base(s, "events.json", events);
    write_base(s, "rollcall.json", job);
    s->log = (struct log){.out = fopen("/dev/null", "w"),
                          .level = LOG_ERROR,
                          .clock = clock_system()};
    s->home = open(".", O_RDONLY | O_DIRECTORY);
    assert_true(s->home >= 0);
    s->said = tmpfile();
    assert_non_null(s->said);
    say(s, night);
    if (run(s, s->base, &err) != 0)
        fail_msg("%s", err.text);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct stage *s = *state;

    char command[128];

    snprintf(command, sizeof(command), "rm -rf %s", s->top);
    assert_int_equal(system(command), 0);
    fclose(s->log.out);
    fclose(s->said);
    close(s->home);
    free(s);
    return 0;
}

/* Of all files of the second run but the manifest, which has times in it; 0
 * when there is none. */
static unsigned long sum_of_run(const struct stage *s)
{
    char command[256], line[32] = "";
    FILE *pipe;

    snprintf(command, sizeof(command),
             "cd %s/out/" SECOND " 2>/dev/null && cat $(ls | grep -v json$) | "
             "cksum", s->work);
    pipe = popen(command, "r");
    assert_non_null(pipe);
    if (fgets(line, sizeof(line), pipe) == NULL)
        line[0] = '\0';
    pclose(pipe);
    return strtoul(line, NULL, 10);
}

static int try_extract(void *context, struct error *err)
{
    struct stage *s = context;
    unsigned long sum;
    int result;

    restore(s);
    result = run(s, s->work, err);
    sum = sum_of_run(s);
    if (result == 0 && s->sum == 0)
        s->sum = sum;
    /* Done files and the state come after the run itself. */
    if (sum != s->sum && (result == 0 || sum != 0)) {
        *err = (struct error){0};
        return error_set(err, ERROR_DATA, "other bytes are published");
    }
    return result;
}

static void a_night_is_published_or_not(void **state)
{
    static const char *const words[] = {"extract", "--no-deliver", "--as-of",
                                        AT("23"), NULL};

    say(*state, words);
    no_memory_try(try_extract, *state, STRIDE, 300);
}

/* What was said, cut to WORDS_SIZE. */
static const char *words(struct stage *s)
{
    size_t len;

    rewind(s->said);
    len = fread(s->words_said, 1, WORDS_SIZE - 1, s->said);
    s->words_said[len] = '\0';
    return s->words_said;
}

/* A verb that only looks, and says the same every time, or that memory is out
 * in one place of what it tells. */
static int try_look(void *context, struct error *err)
{
    struct stage *s = context;
    int result = run(s, s->base, err);

    if (result == 0 && s->expected[0] == '\0')
        strcpy(s->expected, words(s));
    if (result == 0 && strcmp(words(s), s->expected) != 0 &&
        strstr(s->words_said, "out of memory") == NULL)
        return error_set(err, ERROR_DATA, "other words are said");
    return result;
}

static void looks(struct stage *s, const char *const *argv, int least)
{
    s->expected[0] = '\0';
    say(s, argv);
    no_memory_try(try_look, s, STRIDE, least);
}

#define LOOKS(least, ...) \
    looks(*state, (const char *const[]){__VA_ARGS__, NULL}, least)

static void an_account_is_explained_or_not(void **state)
{
    LOOKS(100, "explain", "712020:ann", "--as-of", AT("23"), "--mapping",
          "inactive_users_export");
    LOOKS(100, "explain", "712020:bob", "--json", "--as-of", AT("23"),
          "--mapping", "inactive_users_export");
}

static void what_is_there_is_told_or_not(void **state)
{
    LOOKS(40, "status", "--as-of", AT("23"));
    LOOKS(40, "status", "--json", "--as-of", AT("23"));
    LOOKS(100, "plan", "--as-of", AT("23"));
    LOOKS(40, "clean", "--keep", "1", "--dry-run", "--as-of", AT("23"));
}

static void a_job_is_checked_or_not(void **state)
{
    LOOKS(100, "check", "--json", "--as-of", AT("23"));
}

static void loaders_are_told_or_not(void **state)
{
    LOOKS(50, "schema", "--format", "postgres", "--dataset", "people",
          "--location", "/data");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_night_is_published_or_not),
        TEST(an_account_is_explained_or_not),
        TEST(what_is_there_is_told_or_not),
        TEST(a_job_is_checked_or_not),
        TEST(loaders_are_told_or_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
