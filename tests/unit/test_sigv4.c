/* The requests are the published examples of AWS ("Authenticating Requests:
 * Using the Authorization Header" of the S3 reference, and get-vanilla of the
 * Signature Version 4 test suite); so are the signatures. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "instant.h"
#include "sigv4.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define DAY         "20130524T000000Z"

static const struct sigv4_key example = {
    "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "us-east-1", "s3"};

static void signs(const struct sigv4_request *request,
                  const struct sigv4_key *key, const char *at,
                  const char *expected)
{
    struct sigv4_request timed = *request;
    struct buf out;

    assert_int_equal(instant_parse_format(at, "%Y%m%dT%H%M%SZ", &timed.at), 0);
    buf_init(&out, 4096);
    assert_int_equal(sigv4_sign(&timed, key, &out), 0);
    if (strstr(out.data, expected) == NULL)
        fail_msg("%s is not in %s", expected, out.data);
    buf_release(&out);
}

static void signs_a_get_with_a_range(void **state)
{
    static const struct sigv4_header headers[] = {
        {"x-amz-date", DAY},
        {"x-amz-content-sha256", SIGV4_EMPTY_SHA256},
        {"range", "bytes=0-9"},
        {"host", "examplebucket.s3.amazonaws.com"},
    };
    static const struct sigv4_request request = {
        "GET", "/test.txt", "", SIGV4_EMPTY_SHA256, headers, COUNT(headers), 0};

    (void)state;
    signs(&request, &example, DAY,
          "AWS4-HMAC-SHA256 "
          "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
          "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
          "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6"
          "036bdb41");
}

static void signs_a_put_with_a_path_to_encode(void **state)
{
    static const char payload[] =
        "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
    static const struct sigv4_header headers[] = {
        {"date", "Fri, 24 May 2013 00:00:00 GMT"},
        {"host", "examplebucket.s3.amazonaws.com"},
        {"x-amz-date", DAY},
        {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
        {"x-amz-content-sha256", payload},
    };
    struct sigv4_request request = {"PUT",   NULL,           "", payload,
                                    headers, COUNT(headers), 0};
    struct buf path;

    (void)state;
    buf_init(&path, 100);
    sigv4_encode_path(&path, "/test$file.text");
    request.path = path.data;
    signs(&request, &example, DAY,
          "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
    buf_release(&path);
}

static void signs_queries(void **state)
{
    static const struct sigv4_header headers[] = {
        {"host", "examplebucket.s3.amazonaws.com"},
        {"x-amz-content-sha256", SIGV4_EMPTY_SHA256},
        {"x-amz-date", DAY},
    };
    struct sigv4_request request = {
        "GET",          "/", "lifecycle=", SIGV4_EMPTY_SHA256, headers,
        COUNT(headers), 0};

    (void)state;
    signs(&request, &example, DAY,
          "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
    request.query = "max-keys=2&prefix=J";
    signs(&request, &example, DAY,
          "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

static void signs_get_vanilla(void **state)
{
    static const struct sigv4_key suite = {
        "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "us-east-1",
        "service"};
    static const struct sigv4_header headers[] = {
        {"host", "example.amazonaws.com"},
        {"x-amz-date", "20150830T123600Z"},
    };
    static const struct sigv4_request request = {
        "GET", "/", "", SIGV4_EMPTY_SHA256, headers, COUNT(headers), 0};

    (void)state;
    signs(&request, &suite, "20150830T123600Z",
          "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

static void encodes_what_curl_does_not(void **state)
{
    struct buf path;

    (void)state;
    buf_init(&path, 200);
    sigv4_encode_path(&path, "/b/dt=2026-11-23/a+b c:d~é%.gz");
    assert_string_equal(path.data,
                        "/b/dt%3D2026-11-23/a%2Bb%20c%3Ad~%C3%A9%25.gz");
    buf_release(&path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_a_get_with_a_range),
        cmocka_unit_test(signs_a_put_with_a_path_to_encode),
        cmocka_unit_test(signs_queries),
        cmocka_unit_test(signs_get_vanilla),
        cmocka_unit_test(encodes_what_curl_does_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
