#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "secret.h"

enum { PATH_SIZE = 128 };

static char folder[] = "/tmp/rollcall-secret-XXXXXX";

/* These three stand in for clock.c, so that the command's time limit can be
 * met without waiting for it. */
static int64_t leap_ms; /* added at each look */
static int64_t fake_ms;

static int64_t tick(void *context)
{
    (void)context;
    return fake_ms += leap_ms;
}

struct clock clock_system(void)
{
    return (struct clock){tick, tick, NULL};
}

int64_t clock_mono(const struct clock *clock)
{
    return clock->mono_ms(clock->context);
}

int64_t clock_wall(const struct clock *clock)
{
    return clock->wall_ms(clock->context);
}

static const char *path_of(const char *name)
{
    static char path[PATH_SIZE];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static const char *write_file(const char *name, const void *data, size_t len,
                              mode_t mode)
{
    const char *path = path_of(name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, len), (ssize_t)len);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
    return path;
}

/* Its token and its first refresh token come from the environment. */
static struct endpoint endpoints[] = {
    {.name = "a", .secret = {.kind = SECRET_ENV, .name = "RC_TOKEN"}},
    {.name = "b",
     .secret = {.kind = SECRET_FILE, .name = "RC_OTHER"},
     .oauth.refresh = {.kind = SECRET_ENV, .name = "RC_REFRESH"}},
    {.name = "none"}};
static const struct job job = {.endpoints = endpoints, .endpoint_count = 3};

static void assert_loads(const struct secret_ref *ref, const char *want)
{
    struct secret secret;
    struct error err = {0};

    if (secret_load(&secret, ref, &job, &err) != 0)
        fail_msg("%s", err.text);
    assert_string_equal(secret.text, want);
    secret_release(&secret);
    assert_null(secret.text);
    secret_release(&secret);
}

/* Fails in the given way; the text names `name` and never tells the secret. */
static void assert_refused(const struct secret_ref *ref, enum error_kind kind,
                           const char *name)
{
    struct secret secret;
    struct error err = {0};

    assert_int_equal(secret_load(&secret, ref, &job, &err), -1);
    assert_null(secret.text);
    assert_int_equal(err.kind, kind);
    assert_non_null(strstr(err.text, name));
    assert_null(strstr(err.text, "hush"));
    assert_null(strstr(err.hint, "hush"));
}

static void from_environment(void **state)
{
    const struct secret_ref ref = {.kind = SECRET_ENV, .name = "RC_SECRET"};

    (void)state;
    unsetenv("RC_SECRET");
    assert_refused(&ref, ERROR_CONFIG, "RC_SECRET");
    setenv("RC_SECRET", "", 1);
    assert_refused(&ref, ERROR_CONFIG, "RC_SECRET");
    setenv("RC_SECRET", "hush\nhush", 1);
    assert_refused(&ref, ERROR_CONFIG, "RC_SECRET");
    setenv("RC_SECRET", "hush\r\nX-Header: 1", 1);
    assert_refused(&ref, ERROR_CONFIG, "RC_SECRET");
    setenv("RC_SECRET", "hush \xc3\xa9:;", 1);
    assert_loads(&ref, "hush \xc3\xa9:;");
}

static void from_a_private_file(void **state)
{
    struct secret_ref ref = {.kind = SECRET_FILE};

    (void)state;
    ref.name = write_file("lf", "hush\n", 5, 0600);
    assert_loads(&ref, "hush");
    ref.name = write_file("crlf", "hush\r\n", 6, 0400);
    assert_loads(&ref, "hush");
    ref.name = write_file("bare", "hush", 4, 0600);
    assert_loads(&ref, "hush");
    ref.name = write_file("two", "hush\n\n", 6, 0600);
    assert_refused(&ref, ERROR_CONFIG, "two");
    ref.name = write_file("nul", "hush\0more", 9, 0600);
    assert_refused(&ref, ERROR_CONFIG, "nul");
    ref.name = write_file("empty", "\n", 1, 0600);
    assert_refused(&ref, ERROR_CONFIG, "empty");
    ref.name = path_of("missing");
    assert_refused(&ref, ERROR_CONFIG, "missing");
}

static void length_has_a_ceiling(void **state)
{
    struct secret_ref ref = {.kind = SECRET_FILE};
    char *text = malloc(SECRET_MAX + 100);

    (void)state;
    assert_non_null(text);
    memset(text, 'x', SECRET_MAX + 100);
    text[SECRET_MAX] = '\n';
    ref.name = write_file("most", text, SECRET_MAX + 1, 0600);
    text[SECRET_MAX] = '\0';
    assert_loads(&ref, text);
    text[SECRET_MAX] = 'x';
    ref.name = write_file("above", text, SECRET_MAX + 1, 0600);
    assert_refused(&ref, ERROR_CONFIG, "above");
    ref.name = write_file("far_above", text, SECRET_MAX + 100, 0600);
    assert_refused(&ref, ERROR_CONFIG, "far_above");
    free(text);
}

static void not_from_a_file_others_reach(void **state)
{
    static const mode_t open_modes[] = {0640, 0604, 0644, 0620, 0602, 0610};
    struct secret_ref ref = {.kind = SECRET_FILE};
    char target[PATH_SIZE];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(open_modes) / sizeof(open_modes[0]); i++) {
        ref.name = write_file("open", "hush", 4, open_modes[i]);
        assert_refused(&ref, ERROR_CONFIG, "open to group or others");
    }
    strcpy(target, write_file("target", "hush", 4, 0640));
    ref.name = path_of("link");
    assert_int_equal(symlink(target, ref.name), 0);
    assert_refused(&ref, ERROR_CONFIG, "open to group or others");
    ref.name = path_of("fifo"); /* nobody writes: must not hang */
    assert_int_equal(mkfifo(ref.name, 0600), 0);
    assert_refused(&ref, ERROR_CONFIG, "no regular file");
    ref.name = folder;
    assert_refused(&ref, ERROR_CONFIG, "no regular file");
}

static void not_from_a_file_of_another(void **state)
{
    struct secret_ref ref = {.kind = SECRET_FILE};

    (void)state;
    if (geteuid() != 0)
        skip(); /* only root can give a file away */
    ref.name = write_file("foreign", "hush", 4, 0600);
    assert_int_equal(chown(ref.name, 12345, 12345), 0);
    assert_refused(&ref, ERROR_CONFIG, "another user");
}

static struct secret_ref shell(const char *script)
{
    static const char *argv[4] = {"/bin/sh", "-c"};

    argv[2] = script;
    return (struct secret_ref){.kind = SECRET_COMMAND, .argv = argv};
}

static void from_a_command(void **state)
{
    struct secret_ref ref = shell("echo hush; echo second line");

    (void)state;
    assert_loads(&ref, "hush");
    ref = shell("read x && echo $x; echo hush"); /* no input of ours */
    assert_loads(&ref, "hush");
    ref = shell("echo hush; exec 1>&-; sleep 0.1");
    assert_loads(&ref, "hush");
    ref = shell("echo hush; yes | head -c 300000");
    assert_loads(&ref, "hush");
    signal(SIGPIPE, SIG_IGN); /* as main does; not for the command */
    ref = shell("yes | true; kill -s PIPE $$; echo hush");
    assert_refused(&ref, ERROR_AUTH, "/bin/sh");
    signal(SIGPIPE, SIG_DFL);
}

static void a_command_does_not_see_other_secrets(void **state)
{
    struct secret_ref ref =
        shell("echo \"$RC_TOKEN|$RC_REFRESH|$RC_TOKENS|$RC_OTHER\"");
    struct secret_ref own = {.kind = SECRET_ENV, .name = "RC_TOKEN"};

    (void)state;
    setenv("RC_TOKEN", "hush", 1);
    setenv("RC_REFRESH", "hush", 1);
    setenv("RC_TOKENS", "seen", 1);
    setenv("RC_OTHER", "seen too", 1);
    assert_loads(&ref, "||seen|seen too");
    assert_loads(&own, "hush");
}

static void assert_lines(const struct secret_ref *ref, const char *want)
{
    struct secret secret;
    struct error err = {0};

    if (secret_load_lines(&secret, ref, &job, &err) != 0)
        fail_msg("%s", err.text);
    assert_string_equal(secret.text, want);
    secret_release(&secret);
}

/* Of a key in PEM; the last line end is cut as ever. */
static void several_lines_where_they_are_due(void **state)
{
    struct secret_ref ref = {.kind = SECRET_ENV, .name = "RC_SECRET"};
    struct secret secret;
    struct error err = {0};

    (void)state;
    setenv("RC_SECRET", "hush\nhush\r\nhush\n", 1);
    assert_lines(&ref, "hush\nhush\r\nhush");
    assert_refused(&ref, ERROR_CONFIG, "RC_SECRET");
    ref = shell("echo hush; echo; echo hush");
    assert_lines(&ref, "hush\n\nhush");
    ref = (struct secret_ref){.kind = SECRET_FILE};
    ref.name = write_file("lines", "hush\nhush\n", 10, 0600);
    assert_lines(&ref, "hush\nhush");
    ref.name = write_file("nul-lines", "hush\n\0\n", 7, 0600);
    assert_int_equal(secret_load_lines(&secret, &ref, &job, &err), -1);
    assert_int_equal(err.kind, ERROR_CONFIG);
    error_clear(&err);
    ref.name = write_file("open-lines", "hush\nhush\n", 10, 0644);
    assert_int_equal(secret_load_lines(&secret, &ref, &job, &err), -1);
    assert_non_null(strstr(err.text, "open to group or others"));
}

static void the_signing_key_is_a_secret_too(void **state)
{
    static const struct job signing = {
        .has_sign = true, .sign = {.kind = SECRET_ENV, .name = "RC_SIGN"}};
    const struct secret_ref ref = shell("echo \"<$RC_SIGN>\"");
    struct secret secret;
    struct error err = {0};

    (void)state;
    setenv("RC_SIGN", "hush", 1);
    assert_int_equal(secret_load(&secret, &ref, &signing, &err), 0);
    assert_string_equal(secret.text, "<>");
    secret_release(&secret);
}

static void not_from_a_failing_command(void **state)
{
    static const char *const missing[] = {"/nonexistent/hush-tool", NULL};
    struct secret_ref ref = shell("echo hush; exit 3");
    struct secret secret;
    struct error err = {0};

    (void)state;
    assert_refused(&ref, ERROR_AUTH, "status 3");
    ref = shell("true");
    assert_refused(&ref, ERROR_CONFIG, "empty");
    ref = shell("echo hush; kill -9 $$");
    assert_refused(&ref, ERROR_AUTH, "killed");
    ref.argv = missing;
    assert_int_equal(secret_load(&secret, &ref, &job, &err), -1);
    assert_int_equal(err.kind, ERROR_AUTH);
    ref = shell("touch \"$RC_TOUCH\"; echo hush");
    setenv("RC_TOUCH", path_of("touched"), 1);
    error_clear(&err);
    assert_int_equal(secret_load(&secret, &ref, NULL, &err), -1);
    assert_int_equal(err.kind, ERROR_CONFIG);
    assert_int_not_equal(access(path_of("touched"), F_OK), 0);
}

static void a_hanging_command_is_killed(void **state)
{
    struct secret_ref ref = shell("echo hush; exec sleep 60");

    (void)state;
    leap_ms = 4000;
    assert_refused(&ref, ERROR_AUTH, "longer than");
    ref = shell("echo hush; exec 1>&-; exec sleep 60");
    assert_refused(&ref, ERROR_AUTH, "longer than");
    ref = shell("echo hush; sleep 3 &"); /* ends well, its child holds on */
    assert_refused(&ref, ERROR_AUTH, "longer than");
    leap_ms = 0;
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
    char command[PATH_SIZE];

    (void)state;
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_environment),
        cmocka_unit_test(from_a_private_file),
        cmocka_unit_test(length_has_a_ceiling),
        cmocka_unit_test(not_from_a_file_others_reach),
        cmocka_unit_test(not_from_a_file_of_another),
        cmocka_unit_test(from_a_command),
        cmocka_unit_test(a_command_does_not_see_other_secrets),
        cmocka_unit_test(several_lines_where_they_are_due),
        cmocka_unit_test(the_signing_key_is_a_secret_too),
        cmocka_unit_test(not_from_a_failing_command),
        cmocka_unit_test(a_hanging_command_is_killed),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
