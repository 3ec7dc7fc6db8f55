#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdalign.h>
#include <string.h>

#include "arena.h"

enum { BIG = 1024 * 1024 };

static void memory_is_zeroed_and_aligned_among_strings(void **state)
{
    static const unsigned char zeros[40];
    struct arena arena;

    (void)state;
    arena_init(&arena);
    for (int i = 0; i < 10000; i++) {
        unsigned char *memory;

        assert_non_null(arena_strndup(&arena, "xxxxxxx", (size_t)i % 8));
        memory = arena_alloc(&arena, sizeof(zeros));
        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % alignof(max_align_t), 0);
        assert_memory_equal(memory, zeros, sizeof(zeros));
        memset(memory, 0xAA, sizeof(zeros));
    }
    arena_release(&arena);
}

static void old_pointers_stay_good(void **state)
{
    struct arena arena;
    const char *texts[5000];
    char *big;

    (void)state;
    arena_init(&arena);
    for (int i = 0; i < 5000; i++) {
        texts[i] = arena_printf(&arena, "text %d, long enough to grow", i);
        if (i == 2500) {
            big = arena_alloc(&arena, BIG);
            assert_non_null(big);
            big[BIG - 1] = 'x';
        }
    }
    assert_string_equal(texts[0], "text 0, long enough to grow");
    assert_string_equal(texts[2500], "text 2500, long enough to grow");
    assert_string_equal(texts[4999], "text 4999, long enough to grow");
    arena_release(&arena);
    arena_release(&arena);
}

static void too_much_is_refused(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena);
    assert_null(arena_alloc(&arena, SIZE_MAX - 8));
    assert_non_null(arena_strdup(&arena, "still works"));
    arena_release(&arena);
}

static void part_of_a_text_is_ended(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena);
    assert_string_equal(arena_strndup(&arena, "abcdef", 3), "abc");
    assert_string_equal(arena_strndup(&arena, "abc", 0), "");
    assert_string_equal(arena_strdup(&arena, ""), "");
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_aligned_among_strings),
        cmocka_unit_test(old_pointers_stay_good),
        cmocka_unit_test(too_much_is_refused),
        cmocka_unit_test(part_of_a_text_is_ended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
