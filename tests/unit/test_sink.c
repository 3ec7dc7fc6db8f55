#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink.h"

enum { BIG = 300 * 1000 };

static char folder[] = "/tmp/test_sink.XXXXXX";
static int dir_fd;

static const struct sink_options gz = {.gzip = true, .level = 6, .mode = 0640};
static const struct sink_options plain = {.level = 6, .mode = 0600};

static int setup(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    dir_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return dir_fd < 0;
}

static int teardown(void **state)
{
    char command[64];

    (void)state;
    close(dir_fd);
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

static void put_file(const char *name, const void *data, size_t len)
{
    struct error err = {0};

    assert_int_equal(write_whole_file(dir_fd, name, data, len, 0600, &err), 0);
}

static char *get_file(const char *name, size_t *len)
{
    struct error err = {0};
    char *text = read_whole_file(dir_fd, name, 1 << 24, len, &err);

    assert_non_null(text);
    return text;
}

/* Bytes that neither repeat nor compress away. */
static char *noise(size_t len)
{
    char *text = malloc(len);
    uint32_t x = 1;

    assert_non_null(text);
    for (size_t i = 0; i < len; i++) {
        x = x * 1664525u + 1013904223u;
        text[i] = (char)('a' + (x >> 24) % 26);
    }
    return text;
}

static void write_sink(const char *name, const struct sink_options *options,
                       const char *data, size_t len, struct sink_facts *facts)
{
    struct error err = {0};
    struct sink *sink;
    size_t step = 7;

    unlinkat(dir_fd, name, 0);
    sink = sink_open(dir_fd, name, options, &err);
    assert_non_null(sink);
    for (size_t at = 0; at < len; at += step, step = step * 3 % 9973 + 1)
        assert_int_equal(sink_write(sink, data + at,
                                    step < len - at ? step : len - at, &err),
                         0);
    assert_int_equal(sink_close(sink, facts, &err), 0);
}

/* Reads all; returns 0 or -1 and the error. */
static int read_all(const char *name, struct sink_facts *facts,
                    struct error *err)
{
    struct source_file *file = source_file_open(dir_fd, name, err);
    char piece[1000];
    ssize_t got = 1;

    if (file == NULL)
        return -1;
    while (got > 0)
        got = source_file_read(file, piece, sizeof(piece), err);
    if (source_file_close(file, facts, err) != 0)
        return -1;
    return got < 0 ? -1 : 0;
}

static void facts_agree_with_the_file(void **state)
{
    char *data = noise(BIG), hex[DIGEST_HEX_SIZE], *file;
    struct sink_facts out, back;
    struct error err = {0};
    size_t len;

    (void)state;
    write_sink("a.gz", &gz, data, BIG, &out);
    file = get_file("a.gz", &len);
    assert_int_equal(out.bytes, len);
    assert_int_equal(out.plain_bytes, BIG);
    digest_hex(file, len, hex);
    assert_string_equal(out.sha256, hex);
    digest_hex(data, BIG, hex);
    assert_string_equal(out.plain_sha256, hex);
    assert_int_equal(read_all("a.gz", &back, &err), 0);
    assert_memory_equal(&out, &back, sizeof(out));
    free(file);
    free(data);
}

static void gzip_is_deterministic_and_nameless(void **state)
{
    static const unsigned char head[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
    struct sink_facts one, two;
    size_t len;
    char *file;

    (void)state;
    write_sink("b.gz", &gz, "same", 4, &one);
    write_sink("c.gz", &gz, "same", 4, &two);
    assert_memory_equal(&one, &two, sizeof(one));
    file = get_file("b.gz", &len);
    assert_memory_equal(file, head, sizeof(head));
    free(file);
}

/* However far the worker is behind, and whoever writes a batch while others
 * are waited for: each goes behind the one before. */
static void the_worker_writes_the_same_file(void **state)
{
    struct worker *worker = worker_new();
    struct sink_options options = gz;
    size_t len = 100 * SINK_BATCH_MAX + 1, size_alone, size_beside;
    char *data = noise(len), *alone, *beside;
    struct sink_facts facts;

    (void)state;
    assert_non_null(worker);
    write_sink("alone.gz", &options, data, len, &facts);
    options.worker = worker;
    write_sink("beside.gz", &options, data, len, &facts);
    alone = get_file("alone.gz", &size_alone);
    beside = get_file("beside.gz", &size_beside);
    assert_int_equal(size_alone, size_beside);
    assert_memory_equal(alone, beside, size_alone);
    free(alone);
    free(beside);
    free(data);
    worker_free(worker);
}

static void empty_files_work_both_ways(void **state)
{
    struct sink_facts out, back;
    struct error err = {0};

    (void)state;
    write_sink("e.gz", &gz, "", 0, &out);
    assert_int_equal(read_all("e.gz", &back, &err), 0);
    assert_memory_equal(&out, &back, sizeof(out));
    write_sink("e", &plain, "", 0, &out);
    assert_int_equal(read_all("e", &back, &err), 0);
    assert_int_equal(back.bytes, 0);
    put_file("none.gz", "", 0);
    assert_int_equal(read_all("none.gz", &back, &err), -1);
    assert_non_null(strstr(err.text, "cut off"));
}

static void the_mode_ignores_the_umask(void **state)
{
    struct sink_facts facts;
    mode_t old = umask(077);
    struct stat st;

    (void)state;
    write_sink("m.gz", &gz, "x", 1, &facts);
    assert_int_equal(fstatat(dir_fd, "m.gz", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    umask(0);
    write_sink("m", &plain, "x", 1, &facts);
    assert_int_equal(fstatat(dir_fd, "m", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    umask(old);
}

static void never_writes_over_a_file_or_through_a_link(void **state)
{
    struct error err = {0};

    (void)state;
    put_file("old", "keep", 4);
    assert_null(sink_open(dir_fd, "old", &plain, &err));
    assert_int_equal(err.kind, ERROR_CANT_CREATE);
    error_clear(&err);
    assert_int_equal(symlinkat("elsewhere", dir_fd, "link"), 0);
    assert_null(sink_open(dir_fd, "link", &plain, &err));
    assert_int_equal(faccessat(dir_fd, "elsewhere", F_OK, 0), -1);
}

/* Every shortened and every flipped file is refused, and the facts of the
 * file on disk are true all the same. */
static void damage_is_always_found(void **state)
{
    struct sink_facts facts, back;
    char *file, hex[DIGEST_HEX_SIZE];
    size_t len;

    (void)state;
    write_sink("d.gz", &gz, "a,b\n1,2\n", 8, &facts);
    file = get_file("d.gz", &len);
    for (size_t cut = 0; cut < len; cut++) {
        struct error err = {0};

        put_file("cut.gz", file, cut);
        assert_int_equal(read_all("cut.gz", &back, &err), -1);
        assert_int_equal(err.kind, ERROR_DATA);
        digest_hex(file, cut, hex);
        assert_string_equal(back.sha256, hex);
        assert_int_equal(back.bytes, cut);
    }
    for (size_t at = len - 8; at < len; at++) { /* the trailer */
        struct error err = {0};

        file[at] ^= 1;
        put_file("flip.gz", file, len);
        assert_int_equal(read_all("flip.gz", NULL, &err), -1);
        assert_non_null(strstr(err.text, "flip.gz: gzip data is damaged"));
        file[at] ^= 1;
    }
    free(file);
}

static void one_member_and_nothing_after_it(void **state)
{
    struct sink_facts facts, back;
    struct error err = {0};
    char *file, two[200];
    size_t len;

    (void)state;
    write_sink("1.gz", &gz, "one", 3, &facts);
    file = get_file("1.gz", &len);
    memcpy(two, file, len);
    memcpy(two + len, file, len);
    put_file("2.gz", two, 2 * len);
    assert_int_equal(read_all("2.gz", &back, &err), -1);
    assert_non_null(strstr(err.text, "more than one gzip member"));
    assert_int_equal(back.bytes, 2 * len);
    error_clear(&err);
    two[len] = '\0';
    put_file("3.gz", two, len + 1);
    assert_int_equal(read_all("3.gz", NULL, &err), -1);
    assert_non_null(strstr(err.text, "bytes after the gzip member"));
    error_clear(&err);
    put_file("4.gz", "plain text", 10);
    assert_int_equal(read_all("4.gz", NULL, &err), -1);
    free(file);
}

static void closing_early_still_gives_whole_facts(void **state)
{
    char *data = noise(BIG), byte;
    struct sink_facts out, back;
    struct error err = {0};
    struct source_file *file;

    (void)state;
    write_sink("early.gz", &gz, data, BIG, &out);
    file = source_file_open(dir_fd, "early.gz", &err);
    assert_int_equal(source_file_read(file, &byte, 1, &err), 1);
    assert_int_equal(source_file_close(file, &back, &err), 0);
    assert_memory_equal(&out, &back, sizeof(out));
    free(data);
}

static void a_full_disk_is_reported_and_sticks(void **state)
{
    static char zeros[BIG];
    struct error err = {0}, again = {0}, last = {0};
    struct sink_facts facts;
    struct sink *sink = sink_open(dir_fd, "full", &plain, &err);
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    struct stat st;
    int fd = -1;

    (void)state;
    assert_non_null(sink);
    /* The sink's descriptor is the one that points at the new file. */
    assert_int_equal(fstatat(dir_fd, "full", &st, 0), 0);
    for (int i = 3; i < 64 && fd < 0; i++) {
        struct stat other;

        if (fstat(i, &other) == 0 && other.st_ino == st.st_ino &&
            other.st_dev == st.st_dev)
            fd = i;
    }
    assert_true(fd >= 0);
    assert_int_equal(dup2(full, fd), fd);
    close(full);
    assert_int_equal(sink_write(sink, zeros, sizeof(zeros), &err), -1);
    assert_int_equal(err.kind, ERROR_IO);
    assert_non_null(strstr(err.text, "full: cannot write"));
    assert_int_equal(sink_write(sink, "x", 1, &again), -1);
    assert_int_equal(sink_close(sink, &facts, &last), -1);
    assert_string_equal(err.text, last.text);
    assert_int_equal(fstatat(dir_fd, "full", &st, 0), -1);
}

static void an_aborted_sink_leaves_nothing(void **state)
{
    struct error err = {0};
    struct sink *sink = sink_open(dir_fd, "gone.gz", &gz, &err);

    (void)state;
    sink_write(sink, "x", 1, &err);
    sink_abort(sink);
    sink_abort(NULL);
    assert_int_equal(faccessat(dir_fd, "gone.gz", F_OK, 0), -1);
}

static void whole_files_are_bounded_and_named(void **state)
{
    struct error err = {0};
    size_t len = 0;
    char *text;

    (void)state;
    put_file("w", "abc", 3);
    text = read_whole_file(dir_fd, "w", 3, &len, &err);
    assert_string_equal(text, "abc");
    free(text);
    assert_null(read_whole_file(dir_fd, "w", 2, &len, &err));
    assert_int_equal(err.kind, ERROR_DATA);
    error_clear(&err);
    assert_null(read_whole_file(dir_fd, "absent", 2, &len, &err));
    assert_int_equal(err.kind, ERROR_NO_INPUT);
    assert_non_null(strstr(err.text, "absent"));
    error_clear(&err);
    assert_null(read_whole_file(dir_fd, ".", 2, &len, &err));
    assert_int_equal(err.kind, ERROR_NO_INPUT);
}

static void whole_files_replace_files_only(void **state)
{
    struct error err = {0};
    struct stat st;
    char *text;
    size_t len;

    (void)state;
    put_file("target", "one", 3);
    assert_int_equal(write_whole_file(dir_fd, "target", "two", 3, 0644, &err),
                     0);
    text = get_file("target", &len);
    assert_string_equal(text, "two");
    free(text);
    assert_int_equal(fstatat(dir_fd, "target", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
    assert_int_equal(mkdirat(dir_fd, "sub", 0700), 0);
    assert_int_equal(write_whole_file(dir_fd, "sub", "x", 1, 0600, &err), -1);
    assert_int_equal(err.kind, ERROR_CANT_CREATE);
    error_clear(&err);
    assert_int_equal(
        write_whole_file(AT_FDCWD, "/dev/null", "x", 1, 0600, &err), -1);
    assert_int_equal(err.kind, ERROR_CANT_CREATE);
    error_clear(&err);
    assert_int_equal(write_whole_file(dir_fd, "sub/deep", "x", 1, 0600, &err),
                     0);
    assert_int_equal(write_whole_file(dir_fd, "no/such", "x", 1, 0600, &err),
                     -1);
    assert_int_equal(err.kind, ERROR_CANT_CREATE);
    assert_int_equal(write_whole_file(dir_fd, "target/x", "x", 1, 0600, &err),
                     -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_agree_with_the_file),
        cmocka_unit_test(gzip_is_deterministic_and_nameless),
        cmocka_unit_test(the_worker_writes_the_same_file),
        cmocka_unit_test(empty_files_work_both_ways),
        cmocka_unit_test(the_mode_ignores_the_umask),
        cmocka_unit_test(never_writes_over_a_file_or_through_a_link),
        cmocka_unit_test(damage_is_always_found),
        cmocka_unit_test(one_member_and_nothing_after_it),
        cmocka_unit_test(closing_early_still_gives_whole_facts),
        cmocka_unit_test(a_full_disk_is_reported_and_sticks),
        cmocka_unit_test(an_aborted_sink_leaves_nothing),
        cmocka_unit_test(whole_files_are_bounded_and_named),
        cmocka_unit_test(whole_files_replace_files_only),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
