#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mask.h"

static void tells_apart_and_nothing_else(void **state)
{
    static const unsigned char key[DIGEST_BYTES] = {1}, other[DIGEST_BYTES] = {
        2};
    char a[MASK_CODE_SIZE], again[MASK_CODE_SIZE], b[MASK_CODE_SIZE],
        elsewhere[MASK_CODE_SIZE];

    (void)state;
    assert_int_equal(mask_code(key, "557058:ada", a), 0);
    assert_int_equal(mask_code(key, "557058:ada", again), 0);
    assert_int_equal(mask_code(key, "557058:adb", b), 0);
    assert_int_equal(mask_code(other, "557058:ada", elsewhere), 0);
    assert_string_equal(a, again);
    assert_string_not_equal(a, b);
    assert_string_not_equal(a, elsewhere);
    assert_int_equal(strlen(a), MASK_CODE_SIZE - 1);
    assert_int_equal(strspn(a, "0123456789abcdefghjkmnpqrstvwxyz-"), 11);
    assert_int_equal(a[5], '-');
    assert_null(strstr(a, "ada"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_apart_and_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
