#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "digest.h"

#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define NOTHING                                                                \
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* FIPS 180-2, appendix B. */
static void known_answers(void **state)
{
    char hex[DIGEST_HEX_SIZE];

    (void)state;
    assert_int_equal(digest_hex("abc", 3, hex), 0);
    assert_string_equal(hex, ABC);
    assert_int_equal(digest_hex("", 0, hex), 0);
    assert_string_equal(hex, NOTHING);
}

static void pieces_give_the_same(void **state)
{
    struct digest *digest = digest_new();
    char hex[DIGEST_HEX_SIZE];

    (void)state;
    assert_non_null(digest);
    digest_update(digest, "a", 1);
    digest_update(digest, "", 0);
    digest_update(digest, "bc", 2);
    assert_int_equal(digest_final(digest, hex), 0);
    assert_string_equal(hex, ABC);
    digest_free(digest);
    digest_free(NULL);
}

static void an_unfinished_digest_leaks_nothing(void **state)
{
    struct digest *digest = digest_new();

    (void)state;
    assert_non_null(digest);
    digest_update(digest, "a", 1);
    digest_free(digest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(pieces_give_the_same),
        cmocka_unit_test(an_unfinished_digest_leaks_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
