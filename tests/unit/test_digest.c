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

/* RFC 1321, A.5, and RFC 4648, 10. */
static void md5_and_base64(void **state)
{
    struct digest *digest = digest_new_md5();
    unsigned char raw[DIGEST_MD5_BYTES];
    char text[DIGEST_MD5_TEXT_SIZE];

    (void)state;
    assert_non_null(digest);
    digest_update(digest, "message digest", 14);
    assert_int_equal(digest_final_md5(digest, raw), 0);
    digest_put_hex(raw, sizeof(raw), text);
    assert_string_equal(text, "f96b697d7cb7938d525a2f31aaf161d0");
    digest_put_base64(raw, sizeof(raw), text);
    assert_string_equal(text, "+WtpfXy3k41SWi8xqvFh0A==");
    digest_put_base64((const unsigned char *)"fooba", 5, text);
    assert_string_equal(text, "Zm9vYmE=");
    digest_free(digest);
}

/* RFC 4231, test case 2. */
static void hmac(void **state)
{
    unsigned char raw[DIGEST_BYTES];
    char hex[DIGEST_HEX_SIZE];

    (void)state;
    assert_int_equal(
        digest_hmac("Jefe", 4, "what do ya want for nothing?", 28, raw), 0);
    digest_put_hex(raw, sizeof(raw), hex);
    assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c7"
                             "5a003f089d2739839dec58b964ec3843");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(md5_and_base64),
        cmocka_unit_test(hmac),
        cmocka_unit_test(pieces_give_the_same),
        cmocka_unit_test(an_unfinished_digest_leaks_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
