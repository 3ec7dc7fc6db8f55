#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "pool.h"

enum { MOST = 2 };

static void equal_texts_are_one(void **state)
{
    char first[] = "atlassian", second[] = "atlassian";
    struct arena arena;
    struct pool pool;
    const char *kept;

    (void)state;
    arena_init(&arena);
    pool_init(&pool, &arena, MOST);
    kept = pool_text(&pool, first);
    assert_string_equal(kept, "atlassian");
    assert_ptr_not_equal(kept, first);
    assert_ptr_equal(pool_text(&pool, second), kept);
    assert_ptr_not_equal(pool_text(&pool, "app"), kept);
    pool_release(&pool);
    arena_release(&arena);
}

static void a_full_pool_takes_no_more_but_still_answers(void **state)
{
    struct arena arena;
    struct pool pool;
    const char *kept;

    (void)state;
    arena_init(&arena);
    pool_init(&pool, &arena, MOST);
    kept = pool_text(&pool, "a");
    assert_non_null(pool_text(&pool, "b"));
    assert_null(pool_text(&pool, "c"));
    assert_ptr_equal(pool_text(&pool, "a"), kept);
    kept = pool_keep(&pool, "c");
    assert_non_null(kept);
    assert_ptr_equal(pool_keep(&pool, "c"), kept);
    assert_ptr_equal(pool_text(&pool, "c"), kept);
    pool_release(&pool);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_texts_are_one),
        cmocka_unit_test(a_full_pool_takes_no_more_but_still_answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
