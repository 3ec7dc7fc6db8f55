#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "signature.h"

/* RFC 8032, 7.1, test 2: the seed behind the prefix of RFC 8410. */
#define PRIVATE \
    "-----BEGIN PRIVATE KEY-----\n" \
    "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n" \
    "-----END PRIVATE KEY-----\n"
#define PUBLIC \
    "-----BEGIN PUBLIC KEY-----\n" \
    "MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n" \
    "-----END PUBLIC KEY-----\n"
#define RSA_PRIVATE \
    "-----BEGIN PRIVATE KEY-----\n" \
    "MIIBVQIBADANBgkqhkiG9w0BAQEFAASCAT8wggE7AgEAAkEA3raZOiz+Vzk5domg\n" \
    "hmQ0w8sJ/y5FhCudwZJ80A2WaDDmVkwemI527fLcrz/5RdLcZ9T0nHlsmsV7zqNc\n" \
    "PmLvvQIDAQABAkEAjikOS9U2kKSlamXVQpOqHqR3AB0gIIrayxnfc8qIjH4g9YPw\n" \
    "tyxZQqUQjP1j0iBOJbfJ4cohzktPirgtD75CfQIhAPvTvSq1rWEbkUWawO1kXjm6\n" \
    "WNvVA2tsn03QbaFYM3NnAiEA4mdbh0zFmxAxaNo9AuNL/NMug+xUzvRP9xBFPQhG\n" \
    "kTsCIGW/9/75yUQjT19AWBOTKj9I+/5W4zrUeMmIHcPDT4ahAiEAnWQtBQoh9YJ0\n" \
    "VuggsflBwiktlRiefKDrVl5BRASUyjECIDNgB8x9oitTgeO7ihTV2eIrz/AtOFSR\n" \
    "hp0hhZFAhuqn\n" \
    "-----END PRIVATE KEY-----\n"
#define RSA_PUBLIC \
    "-----BEGIN PUBLIC KEY-----\n" \
    "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAN62mTos/lc5OXaJoIZkNMPLCf8uRYQr\n" \
    "ncGSfNANlmgw5lZMHpiOdu3y3K8/+UXS3GfU9Jx5bJrFe86jXD5i770CAwEAAQ==\n" \
    "-----END PUBLIC KEY-----\n"
#define EC_PRIVATE \
    "-----BEGIN PRIVATE KEY-----\n" \
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg2p/yWu3Vbcj5XUqg\n" \
    "n13DerMkv0C2nmrT+wals0xi90uhRANCAASjnFhYWbXWdbuzcJbK0327B8tw3+se\n" \
    "JBF8snXRYD6AgX06vC+xa9Vr9qabOUU8PNq0hc52ZGvhLsh3nNBVnYrJ\n" \
    "-----END PRIVATE KEY-----\n"
#define ENCRYPTED \
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n" \
    "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAiczF07KYvypAICCAAw\n" \
    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEEC8VcMRQD8p1swp/cnZO4IoEQI4v\n" \
    "Zn8f8o/AKJ4VCNT2ID83WnCacUhvcoFsdg/Iv2wUIIRzLwAD9ofV4FyLrpotw3Jo\n" \
    "Z4EeqEpFOdH1iDTpIno=\n" \
    "-----END ENCRYPTED PRIVATE KEY-----\n"

static const char message[] = "\x72";
static const unsigned char signature_of_it[SIGNATURE_BYTES] = {
    0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4, 0xca, 0xb8, 0x72, 0x0e, 0x82,
    0x0b, 0x5f, 0x64, 0x25, 0x40, 0xa2, 0xb2, 0x7b, 0x54, 0x16, 0x50,
    0x3f, 0x8f, 0xb3, 0x76, 0x22, 0x23, 0xeb, 0xdb, 0x69, 0xda, 0x08,
    0x5a, 0xc1, 0xe4, 0x3e, 0x15, 0x99, 0x6e, 0x45, 0x8f, 0x36, 0x13,
    0xd0, 0xf1, 0x1d, 0x8c, 0x38, 0x7b, 0x2e, 0xae, 0xb4, 0x30, 0x2a,
    0xee, 0xb0, 0x0d, 0x29, 0x16, 0x12, 0xbb, 0x0c, 0x00};

static struct signature_key *private_key(void)
{
    struct error err = {0};
    struct signature_key *key = signature_private(PRIVATE, "key", &err);

    if (key == NULL)
        fail_msg("%s", err.text);
    return key;
}

static struct signature_key *public_key(void)
{
    struct error err = {0};
    struct signature_key *key = signature_public(PUBLIC, "key", &err);

    if (key == NULL)
        fail_msg("%s", err.text);
    return key;
}

static void a_known_answer(void **state)
{
    struct signature_key *private = private_key(), *public = public_key();
    unsigned char made[SIGNATURE_BYTES];

    (void)state;
    assert_int_equal(signature_make(private, message, 1, made), 0);
    assert_memory_equal(made, signature_of_it, sizeof(made));
    assert_int_equal(signature_fits(public, message, 1, made), 1);
    assert_int_equal(signature_fits(private, message, 1, made), 1);
    signature_key_free(private);
    signature_key_free(public);
    signature_key_free(NULL);
}

/* Line ends and text around the key as other tools have them. */
static void other_forms_of_the_same_key(void **state)
{
    static const char *const forms[] = {
        "-----BEGIN PRIVATE KEY-----\r\n"
        "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\r\n"
        "-----END PRIVATE KEY-----",
        "friendlyName: signer\n" PRIVATE "and more\n",
    };
    unsigned char made[SIGNATURE_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct error err = {0};
        struct signature_key *key = signature_private(forms[i], "key", &err);

        if (key == NULL)
            fail_msg("%zu: %s", i, err.text);
        assert_int_equal(signature_make(key, message, 1, made), 0);
        assert_memory_equal(made, signature_of_it, sizeof(made));
        signature_key_free(key);
    }
}

static void any_other_bit_does_not_fit(void **state)
{
    struct signature_key *public = public_key();
    unsigned char other[SIGNATURE_BYTES];

    (void)state;
    for (size_t bit = 0; bit < 8 * SIGNATURE_BYTES; bit++) {
        memcpy(other, signature_of_it, sizeof(other));
        other[bit / 8] ^= (unsigned char)(1 << bit % 8);
        assert_int_equal(signature_fits(public, message, 1, other), 0);
    }
    assert_int_equal(signature_fits(public, "\x73", 1, signature_of_it), 0);
    assert_int_equal(signature_fits(public, "\x72\n", 2, signature_of_it), 0);
    assert_int_equal(signature_fits(public, "", 0, signature_of_it), 0);
    memset(other, 0, sizeof(other));
    assert_int_equal(signature_fits(public, message, 1, other), 0);
    signature_key_free(public);
}

static void a_public_key_does_not_sign(void **state)
{
    struct signature_key *public = public_key();
    unsigned char made[SIGNATURE_BYTES];

    (void)state;
    assert_int_equal(signature_make(public, message, 1, made), -1);
    signature_key_free(public);
}

static void a_text_of_any_length(void **state)
{
    struct signature_key *key = private_key();
    size_t size = 1 << 20;
    char *text = malloc(size);
    unsigned char made[SIGNATURE_BYTES];

    (void)state;
    assert_non_null(text);
    memset(text, 'x', size);
    for (size_t len = 0; len <= size; len = 3 * len + 1) {
        assert_int_equal(signature_make(key, text, len, made), 0);
        assert_int_equal(signature_fits(key, text, len, made), 1);
    }
    free(text);
    signature_key_free(key);
}

typedef struct signature_key *read_fn(const char *pem, const char *name,
                                      struct error *err);

static void expect_refused(read_fn *read, const char *pem, const char *words)
{
    struct error err = {0};

    assert_null(read(pem, "the-key", &err));
    assert_int_equal(err.kind, ERROR_CONFIG);
    if (strstr(err.text, words) == NULL)
        fail_msg("no \"%s\" in: %s", words, err.text);
    assert_memory_equal(err.text, "the-key: ", 9);
    assert_true(err.hint[0] != '\0');
}

static void keys_of_another_kind(void **state)
{
    (void)state;
    expect_refused(signature_private, RSA_PRIVATE, "holds an RSA key, and not");
    expect_refused(signature_private, EC_PRIVATE, "holds an EC key, and not");
    expect_refused(signature_private, PUBLIC, "holds a public key");
    expect_refused(signature_private, ENCRYPTED, "has a passphrase");
    expect_refused(signature_public, RSA_PUBLIC, "holds an RSA key, and not");
    expect_refused(signature_public, PRIVATE, "holds a private key");
}

static void damaged_keys(void **state)
{
    static const char none[] = "holds no whole private key";
    char cut[sizeof(PRIVATE)];

    (void)state;
    expect_refused(signature_private, "", none);
    expect_refused(signature_private, "garbage\n", none);
    expect_refused(signature_public, "", "holds no whole public key");
    expect_refused(signature_public, "-----BEGIN PUBLIC KEY-----\n\n"
                                     "-----END PUBLIC KEY-----\n",
                   "holds no whole public key");
    for (size_t len = 0; len < sizeof(PRIVATE) - 2; len++) {
        memcpy(cut, PRIVATE, len);
        cut[len] = '\0';
        expect_refused(signature_private, cut, none);
    }
}

/* Whatever one changed byte makes of it: a key of this kind, or an error. */
static void changed_bytes(void **state)
{
    (void)state;
    for (size_t at = 0; at < sizeof(PRIVATE) - 1; at++) {
        char text[] = PRIVATE;
        struct error err = {0};
        struct signature_key *key;

        text[at] ^= 1;
        key = signature_private(text, "the-key", &err);
        assert_int_equal(err.kind, key == NULL ? ERROR_CONFIG : ERROR_NONE);
        signature_key_free(key);
    }
}

/* --- no memory -------------------------------------------------------------
 */

/* libcrypto's callbacks have no context. Refused are those from the
 * refuse_from-th on; 0: none is. */
static int allocations, refuse_from;
static bool refuse_one;

static bool refused(void)
{
    allocations++;
    return refuse_from > 0 && (refuse_one ? allocations == refuse_from
                                          : allocations >= refuse_from);
}

static void *give(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return refused() ? NULL : malloc(size);
}

static void *give_more(void *old, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return refused() ? NULL : realloc(old, size);
}

static void take_back(void *memory, const char *file, int line)
{
    (void)file;
    (void)line;
    free(memory);
}

static void refuse(int from, bool one)
{
    allocations = 0;
    refuse_from = from;
    refuse_one = one;
}

static void key_without(int from, bool one)
{
    struct error err = {0};
    struct signature_key *key;

    refuse(from, one);
    key = signature_public(PUBLIC, "key", &err);
    refuse(0, false);
    assert_int_equal(err.kind, key == NULL ? ERROR_BUG : ERROR_NONE);
    signature_key_free(key);
}

/* Reading a key takes thousands, so some of them are refused. */
static void without_memory_no_key_is_wrong(void **state)
{
    enum { STEP = 97 };
    int all;

    (void)state;
    refuse(0, false);
    signature_key_free(public_key());
    all = allocations;
    assert_true(all > STEP);
    for (int from = 1; from <= all; from += from < 4 ? 1 : STEP) {
        key_without(from, true);
        key_without(from, false);
    }
}

static void without_memory_no_signature_is_wrong(void **state)
{
    struct signature_key *key = public_key();
    int all;

    (void)state;
    refuse(0, false);
    assert_int_equal(signature_fits(key, message, 1, signature_of_it), 1);
    all = allocations;
    assert_true(all > 5);
    for (int from = 1; from <= all; from++) {
        for (int one = 0; one < 2; one++) {
            refuse(from, one != 0);
            assert_int_not_equal(
                signature_fits(key, message, 1, signature_of_it), 0);
        }
    }
    refuse(0, false);
    signature_key_free(key);
}

/* Before libcrypto has got any. */
static int lead_memory(void **state)
{
    (void)state;
    return CRYPTO_set_mem_functions(give, give_more, take_back) == 1 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_known_answer),
        cmocka_unit_test(other_forms_of_the_same_key),
        cmocka_unit_test(any_other_bit_does_not_fit),
        cmocka_unit_test(a_public_key_does_not_sign),
        cmocka_unit_test(a_text_of_any_length),
        cmocka_unit_test(keys_of_another_kind),
        cmocka_unit_test(damaged_keys),
        cmocka_unit_test(changed_bytes),
        cmocka_unit_test(without_memory_no_key_is_wrong),
        cmocka_unit_test(without_memory_no_signature_is_wrong),
    };

    return cmocka_run_group_tests(tests, lead_memory, NULL);
}
