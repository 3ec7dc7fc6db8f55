#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>

#include "seal.h"
#include "temp_file.h"

/* RFC 8032, 7.1, test 2, and another one. */
#define PRIVATE                                                                \
    "-----BEGIN PRIVATE KEY-----\n"                                            \
    "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"       \
    "-----END PRIVATE KEY-----\n"
#define PUBLIC                                                                 \
    "-----BEGIN PUBLIC KEY-----\n"                                             \
    "MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n"           \
    "-----END PUBLIC KEY-----\n"
#define OTHER                                                                  \
    "-----BEGIN PUBLIC KEY-----\n"                                             \
    "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"           \
    "-----END PUBLIC KEY-----\n"

struct stage {
    struct temp_folder folder;
    int fd;
    struct error err;
};

static int setup(void **state)
{
    struct stage *stage = calloc(1, sizeof(*stage));

    assert_non_null(stage);
    temp_folder_make(&stage->folder);
    stage->fd = open(stage->folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *state = stage;
    return 0;
}

static int teardown(void **state)
{
    struct stage *stage = *state;

    close(stage->fd);
    temp_folder_remove(&stage->folder);
    free(stage);
    return 0;
}

static struct signature_key *private_key(struct stage *stage)
{
    const struct secret_ref ref = {
        .kind = SECRET_FILE, .name = temp_file(&stage->folder, "k", PRIVATE)};
    struct signature_key *key = seal_load_key(&ref, NULL, &stage->err);

    if (key == NULL)
        fail_msg("%s", stage->err.text);
    return key;
}

static struct signature_key *public_key(struct stage *stage, const char *pem)
{
    struct signature_key *key =
        seal_load_public(temp_file(&stage->folder, "p", pem), &stage->err);

    if (key == NULL)
        fail_msg("%s", stage->err.text);
    return key;
}

static enum seal look(struct stage *stage, const char *text,
                      const struct signature_key *key)
{
    return seal_look(stage->fd, "m", text, strlen(text), key, &stage->err);
}

static void what_is_written_is_good(void **state)
{
    struct stage *stage = *state;
    struct signature_key *key = private_key(stage);
    struct signature_key *public = public_key(stage, PUBLIC);
    struct signature_key *other = public_key(stage, OTHER);
    struct stat st;

    assert_int_equal(seal_write(stage->fd, "m", "text", 4, NULL, 0600,
                                &stage->err), 0);
    assert_int_equal(look(stage, "text", public), SEAL_MISSING);
    assert_int_equal(seal_write(stage->fd, "m", "text", 4, key, 0640,
                                &stage->err), 0);
    assert_int_equal(fstatat(stage->fd, "m.sig", &st, 0), 0);
    assert_int_equal(st.st_size, SIGNATURE_BYTES);
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_int_equal(look(stage, "text", public), SEAL_GOOD);
    assert_int_equal(look(stage, "text", key), SEAL_GOOD);
    assert_int_equal(look(stage, "test", public), SEAL_OTHER);
    assert_int_equal(look(stage, "text", other), SEAL_OTHER);
    assert_int_equal(look(stage, "test", NULL), SEAL_GOOD);
    signature_key_free(key);
    signature_key_free(public);
    signature_key_free(other);
}

static void what_is_no_signature(void **state)
{
    struct stage *stage = *state;
    struct signature_key *public = public_key(stage, PUBLIC);
    const char *path = temp_file(&stage->folder, "m.sig", "short");

    assert_int_equal(look(stage, "text", NULL), SEAL_NO_SIGNATURE);
    assert_int_equal(look(stage, "text", public), SEAL_NO_SIGNATURE);
    assert_int_equal(truncate(path, SIGNATURE_BYTES + 1), 0);
    assert_int_equal(look(stage, "text", public), SEAL_NO_SIGNATURE);
    assert_int_equal(truncate(path, SIGNATURE_BYTES), 0);
    assert_int_equal(look(stage, "text", public), SEAL_OTHER);
    assert_int_equal(unlinkat(stage->fd, "m.sig", 0), 0);
    assert_int_equal(mkfifoat(stage->fd, "m.sig", 0600), 0);
    assert_int_equal(look(stage, "text", public), SEAL_NO_SIGNATURE);
    signature_key_free(public);
}

static void a_folder_that_cannot_be_written(void **state)
{
    struct stage *stage = *state;
    struct signature_key *key = private_key(stage);

    assert_int_equal(mkdirat(stage->fd, "m.sig", 0700), 0);
    assert_int_equal(seal_write(stage->fd, "m", "text", 4, key, 0600,
                                &stage->err), -1);
    assert_non_null(strstr(stage->err.text, "m.sig"));
    assert_int_equal(unlinkat(stage->fd, "m.sig", AT_REMOVEDIR), 0);
    signature_key_free(key);
}

static void keys_that_are_none(void **state)
{
    struct stage *stage = *state;
    struct secret_ref ref = {.kind = SECRET_ENV, .name = "RC_NO_SUCH_KEY"};

    unsetenv(ref.name);
    assert_null(seal_load_key(&ref, NULL, &stage->err));
    assert_int_equal(stage->err.kind, ERROR_CONFIG);
    assert_non_null(strstr(stage->err.text, "sign: secret: "));
    error_clear(&stage->err);
    setenv(ref.name, PUBLIC, 1);
    assert_null(seal_load_key(&ref, NULL, &stage->err));
    assert_non_null(strstr(stage->err.text, "RC_NO_SUCH_KEY: holds a public"));
    error_clear(&stage->err);
    assert_null(seal_load_public("/nonexistent/key", &stage->err));
    assert_int_equal(stage->err.kind, ERROR_NO_INPUT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_is_good),
        TEST(what_is_no_signature),
        TEST(a_folder_that_cannot_be_written),
        TEST(keys_that_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
