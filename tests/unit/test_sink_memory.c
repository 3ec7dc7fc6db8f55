#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "sink.h"

enum { PLAIN = 100 * 1000, MOST = 2 * PLAIN, PACKED_MAX = 2 * PLAIN };

static char plain[PLAIN], room[MOST];
static unsigned char packed[PACKED_MAX];
static size_t packed_len;

static void pack(size_t len)
{
    z_stream z = {.next_in = (Bytef *)plain,
                  .avail_in = (uInt)len,
                  .next_out = packed,
                  .avail_out = sizeof(packed)};

    assert_int_equal(
        deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    packed_len = z.total_out;
    deflateEnd(&z);
}

static int setup(void **state)
{
    (void)state;
    for (size_t i = 0; i < PLAIN; i++)
        plain[i] = (char)('a' + i * i % 23);
    pack(PLAIN);
    return 0;
}

/* As callers do: room for what the member says. */
static enum gzip_outcome unpack(size_t len, size_t most)
{
    size_t size = gunzip_size(packed, len, most);
    enum gzip_outcome outcome;
    char *exact = malloc(size + 1);

    assert_non_null(exact);
    exact[size] = '!';
    outcome = gunzip(packed, len, exact, size, most);
    assert_int_equal(exact[size], '!');
    memcpy(room, exact, size < MOST ? size : MOST);
    free(exact);
    return outcome;
}

static void a_whole_member(void **state)
{
    (void)state;
    assert_int_equal(gunzip_size(packed, packed_len, MOST), PLAIN);
    assert_int_equal(unpack(packed_len, MOST), GZIP_WHOLE);
    assert_memory_equal(room, plain, PLAIN);
    assert_int_equal(unpack(packed_len, PLAIN), GZIP_WHOLE);
    pack(0);
    assert_int_equal(unpack(packed_len, MOST), GZIP_WHOLE);
    setup(state);
}

/* A cut member's last bytes say any length. */
static void a_cut_is_seen_wherever_it_is(void **state)
{
    (void)state;
    for (size_t len = 0; len < packed_len; len += len < 40 ? 1 : 997)
        assert_int_equal(unpack(len, MOST), GZIP_CUT);
    for (size_t len = packed_len - 12; len < packed_len; len++)
        assert_int_equal(unpack(len, MOST), GZIP_CUT);
}

static void the_ceiling_holds(void **state)
{
    (void)state;
    assert_int_equal(gunzip_size(packed, packed_len, PLAIN - 1), 0);
    assert_int_equal(unpack(packed_len, PLAIN - 1), GZIP_FULL);
    assert_int_equal(unpack(packed_len, 10), GZIP_FULL);
}

/* More than deflate can make of so few bytes: no room is taken for it. */
static void a_length_that_cannot_be(void **state)
{
    (void)state;
    memset(plain, 'x', PLAIN);
    pack(1000);
    memcpy(packed + packed_len - 4, "\xff\xff\xff\x00", 4);
    assert_int_equal(gunzip_size(packed, packed_len, 64 << 20), 0);
    assert_int_equal(unpack(packed_len, 64 << 20), GZIP_DAMAGED);
    setup(state);
}

static void damage_is_seen(void **state)
{
    (void)state;
    for (size_t at = packed_len - 8; at < packed_len; at++) {
        packed[at] ^= 1;
        assert_int_equal(unpack(packed_len, MOST), GZIP_DAMAGED);
        packed[at] ^= 1;
    }
    packed[0] ^= 1;
    assert_int_equal(unpack(packed_len, MOST), GZIP_DAMAGED);
    packed[0] ^= 1;
    packed[packed_len] = 0;
    assert_int_equal(unpack(packed_len + 1, MOST), GZIP_DAMAGED);
    assert_int_equal(unpack(packed_len, MOST), GZIP_WHOLE);
}

#define TEST(f) cmocka_unit_test(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_whole_member),          TEST(a_cut_is_seen_wherever_it_is),
        TEST(the_ceiling_holds),       TEST(a_length_that_cannot_be),
        TEST(damage_is_seen),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
