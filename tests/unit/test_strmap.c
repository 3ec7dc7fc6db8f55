#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "strmap.h"

enum { MANY = 5000 };

static char keys[MANY][16];

static void an_empty_map_answers(void **state)
{
    struct strmap map = {0};
    size_t position = 0;

    (void)state;
    assert_null(strmap_get(&map, "a"));
    assert_null(strmap_next(&map, &position));
    strmap_clear(&map);
    strmap_release(&map);
}

static void all_entries_survive_growth(void **state)
{
    struct strmap map = {0};
    const struct strmap_slot *slot;
    size_t position = 0, walked = 0;

    (void)state;
    for (int i = 0; i < MANY; i++) {
        snprintf(keys[i], sizeof(keys[i]), "key %d", i);
        assert_int_equal(strmap_put(&map, keys[i], keys[i]), 0);
    }
    assert_int_equal(map.count, MANY);
    for (int i = 0; i < MANY; i++)
        assert_ptr_equal(strmap_get(&map, keys[i]), keys[i]);
    assert_null(strmap_get(&map, "key 5000"));
    while ((slot = strmap_next(&map, &position)) != NULL) {
        assert_ptr_equal(slot->value, slot->key);
        walked++;
    }
    assert_int_equal(walked, MANY);
    strmap_release(&map);
}

static void an_equal_key_replaces(void **state)
{
    char first[] = "a", second[] = "a", empty[] = "";
    struct strmap map = {0};

    (void)state;
    assert_int_equal(strmap_put(&map, first, first), 0);
    assert_int_equal(strmap_put(&map, second, second), 0);
    assert_int_equal(strmap_put(&map, empty, empty), 0);
    assert_int_equal(map.count, 2);
    assert_ptr_equal(strmap_get(&map, "a"), second);
    assert_ptr_equal(strmap_get(&map, ""), empty);
    assert_null(strmap_get(&map, "A"));
    strmap_release(&map);
}

static void a_cleared_map_is_empty(void **state)
{
    char key[] = "a";
    struct strmap map = {0};
    size_t position = 0;

    (void)state;
    assert_int_equal(strmap_put(&map, key, key), 0);
    strmap_clear(&map);
    assert_int_equal(map.count, 0);
    assert_null(strmap_get(&map, "a"));
    assert_null(strmap_next(&map, &position));
    assert_int_equal(strmap_put(&map, key, key), 0);
    assert_ptr_equal(strmap_get(&map, "a"), key);
    strmap_release(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_map_answers),
        cmocka_unit_test(all_entries_survive_growth),
        cmocka_unit_test(an_equal_key_replaces),
        cmocka_unit_test(a_cleared_map_is_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
