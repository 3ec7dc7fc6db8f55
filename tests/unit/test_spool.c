#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include "spool.h"
#include "temp_file.h"

enum { SMALL = 256 * 1024, SOME = 4000 };

static struct temp_folder folder;
static struct event event;
static struct spool *spool;

static int enter(void **state)
{
    struct error err = {0};
    int fd;

    (void)state;
    temp_folder_make(&folder);
    fd = open(folder.path, O_RDONLY | O_DIRECTORY);
    spool = spool_open(fd, &err);
    close(fd);
    if (spool == NULL)
        print_error("%s\n", err.text);
    return spool == NULL;
}

static int leave(void **state)
{
    (void)state;
    spool_close(spool);
    temp_folder_remove(&folder);
    return 0;
}

static void blank(const char *source, const char *id, int64_t at)
{
    memset(&event, 0, sizeof(event));
    for (unsigned i = 0; i < EVENT_FIELD_COUNT; i++)
        event.fields[i] = value_null(event_fields[i].type);
    event.source = source;
    event.fields[EVENT_ID] = value_text(id);
    event.fields[EVENT_AT] = value_instant(at);
}

static void add(const char *source, const char *id, int64_t at,
                const char *action)
{
    struct error err = {0};

    blank(source, id, at);
    event.fields[EVENT_ACTION] = value_text(action);
    if (spool_add(spool, &event, &err) != 0)
        fail_msg("%s", err.text);
}

/* "source/id action" of all, one a line. */
static const char *listed(void)
{
    static char text[4096];
    struct error err = {0};
    const struct event *found;
    size_t len = 0;
    int more;

    text[0] = '\0';
    spool_rewind(spool);
    while ((more = spool_next(spool, &found, &err)) > 0)
        len += (size_t)snprintf(
            text + len, sizeof(text) - len, "%s/%s@%d %s\n", found->source,
            found->fields[EVENT_ID].text,
            (int)found->fields[EVENT_AT].integer,
            found->fields[EVENT_ACTION].present
                ? found->fields[EVENT_ACTION].text
                : "-");
    assert_int_equal(more, 0);
    return text;
}

static void ascends_by_time_source_and_id(void **state)
{
    (void)state;
    add("b", "9", 5, "x");
    add("b", "10", 5, "x");
    add("a", "z", 5, NULL);
    add("c", "1", -7, "x");
    add("a", "y", 4, "");
    assert_string_equal(listed(), "c/1@-7 x\na/y@4 \na/z@5 -\nb/10@5 x\n"
                                  "b/9@5 x\n");
    assert_string_equal(listed(), "c/1@-7 x\na/y@4 \na/z@5 -\nb/10@5 x\n"
                                  "b/9@5 x\n");
}

static void an_id_is_one_event_of_its_source(void **state)
{
    (void)state;
    add("a", "1", 5, "x");
    add("a", "1", 5, "x");
    add("b", "1", 5, "x");
    assert_string_equal(listed(), "a/1@5 x\nb/1@5 x\n");
}

/* All orders in which four versions of one event can come. */
static void the_order_of_arrival_does_not_matter(void **state)
{
    static const struct {
        int64_t at;
        const char *action;
    } versions[] = {{5, "x"}, {6, "a"}, {6, "b"}, {6, NULL}};

    (void)state;
    for (int order = 0; order < 256; order++) {
        int used = 0;
        struct error err = {0};

        for (int i = 0, left = order; i < 4; i++, left /= 4)
            used |= 1 << left % 4;
        if (used != 15)
            continue;
        for (int i = 0, left = order; i < 4; i++, left /= 4)
            add("a", "1", versions[left % 4].at, versions[left % 4].action);
        assert_string_equal(listed(), "a/1@6 b\n");
        leave(NULL);
        assert_int_equal(enter(NULL), 0);
        assert_int_equal(err.kind, ERROR_NONE);
    }
}

static void an_event_comes_back_whole(void **state)
{
    struct error err = {0};
    const struct event *found;

    (void)state;
    blank("a", "1", 1795399200123);
    for (unsigned i = 0; i < EVENT_FIELD_COUNT; i++) {
        if (i != EVENT_ID && i != EVENT_AT && i != EVENT_CATEGORY)
            event.fields[i] = value_text(event_fields[i].name);
    }
    event.fields[EVENT_REMOTE_ADDRESS] = value_text("");
    event.subject_count = 2;
    event.subjects[0] = "712020:a";
    event.subjects[1] = "\xff" "ann@x.test";
    event.change_count = 2;
    event.changes[0] = (struct event_change){"Name", NULL, "\"\n\xf0\x9f\x98\x80"};
    event.changes[1] = (struct event_change){NULL, "", "b"};
    assert_int_equal(spool_add(spool, &event, &err), 0);
    memset(&event, 0, sizeof(event));
    assert_int_equal(spool_find(spool, "a", "2", &found, &err), 0);
    assert_int_equal(spool_find(spool, "a", "1", &found, &err), 1);
    assert_true(found->fields[EVENT_AT].integer == 1795399200123);
    assert_string_equal(found->source, "a");
    assert_false(found->fields[EVENT_CATEGORY].present);
    assert_string_equal(found->fields[EVENT_REMOTE_ADDRESS].text, "");
    assert_string_equal(found->fields[EVENT_OBJECT_NAME].text, "object_name");
    assert_int_equal(found->subject_count, 2);
    assert_string_equal(found->subjects[1], "\xff" "ann@x.test");
    assert_int_equal(found->change_count, 2);
    assert_null(found->changes[0].from);
    assert_string_equal(found->changes[0].to, "\"\n\xf0\x9f\x98\x80");
    assert_null(found->changes[1].field);
    assert_string_equal(found->changes[1].from, "");
}

static void place(const char *bytes, const char *id, const char *subject,
                  bool expected)
{
    const struct spool_row row = {"a", id, subject};
    struct error err = {0};
    bool taken;

    assert_int_equal(spool_place(spool, bytes, strlen(bytes), &row, &taken,
                                 &err), 0);
    assert_int_equal(taken, expected);
}

static void rows_have_places(void **state)
{
    struct error err = {0};
    struct spool_row row;

    (void)state;
    place("b", "1", "x", false);
    place("\xff", "2", NULL, false);
    place("a", "3", "y", false);
    place("b", "4", "z", true);
    spool_place_rewind(spool);
    assert_int_equal(spool_place_next(spool, &row, &err), 1);
    assert_string_equal(row.id, "3");
    assert_int_equal(spool_place_next(spool, &row, &err), 1);
    assert_string_equal(row.id, "1");
    assert_string_equal(row.subject, "x");
    assert_int_equal(spool_place_next(spool, &row, &err), 1);
    assert_string_equal(row.id, "2");
    assert_null(row.subject);
    assert_int_equal(spool_place_next(spool, &row, &err), 0);
    assert_int_equal(spool_place_clear(spool, &err), 0);
    spool_place_rewind(spool);
    assert_int_equal(spool_place_next(spool, &row, &err), 0);
}

static void the_folder_stays_empty(void **state)
{
    DIR *dir = opendir(folder.path);
    const struct dirent *entry;

    (void)state;
    add("a", "1", 5, "x");
    while ((entry = readdir(dir)) != NULL)
        assert_int_equal(entry->d_name[0] == '.' && strlen(entry->d_name) <= 2,
                         1);
    closedir(dir);
}

/* What does not fit is an error of the disk, said with its reason. */
static void a_full_disk_is_told(void **state)
{
    const struct rlimit small = {SMALL, RLIM_INFINITY};
    struct rlimit before;
    struct error err = {0};
    char id[32], text[20000];
    int result = 0;

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    getrlimit(RLIMIT_FSIZE, &before);
    setrlimit(RLIMIT_FSIZE, &small);
    for (int i = 0; i < SOME && result == 0; i++) {
        snprintf(id, sizeof(id), "%d", i);
        blank("a", id, i);
        event.fields[EVENT_ACTION] = value_text(text);
        result = spool_add(spool, &event, &err);
    }
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(result, -1);
    assert_int_equal(err.kind, ERROR_IO);
    assert_non_null(strstr(err.text, "File too large"));
}

static void a_folder_that_is_gone(void **state)
{
    struct error err = {0};

    (void)state;
    assert_null(spool_open(-1, &err));
    assert_int_equal(err.kind, ERROR_CANT_CREATE);
    spool_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ascends_by_time_source_and_id, enter,
                                        leave),
        cmocka_unit_test_setup_teardown(an_id_is_one_event_of_its_source, enter,
                                        leave),
        cmocka_unit_test_setup_teardown(the_order_of_arrival_does_not_matter,
                                        enter, leave),
        cmocka_unit_test_setup_teardown(an_event_comes_back_whole, enter,
                                        leave),
        cmocka_unit_test_setup_teardown(rows_have_places, enter, leave),
        cmocka_unit_test_setup_teardown(the_folder_stays_empty, enter, leave),
        cmocka_unit_test_setup_teardown(a_full_disk_is_told, enter, leave),
        cmocka_unit_test(a_folder_that_is_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
