/* Records read by a selection: whatever their members, their order and how
 * they are written, what is found in them is what a reading of everything
 * finds there, and by slot as by pointer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "json.h"
#include "json_select.h"

enum { RECORDS = 40, ROUNDS = 400, TEXT_MAX = 4 * 1024 * 1024, MANY = 70 };

/* Names alike, as long as a register is wide, longer, and with escapes. */
static const char *const names[] = {
    "id",       "idle",       "created",         "authorKey",
    "author",   "a",          "",                "remoteAddressOfTheRequest",
    "summary",  "objectItem", "fifteen_letters", "sixteen_letters_",
    "\\u0069d", "category",   "aNameLongerThanTwoRegistersAreWideTogether",
    "items",    "caf\xC3\xA9"};
enum { NAMES = sizeof(names) / sizeof(names[0]) };

static const char *const pointers[] = {
    "/id", "/authorKey", "/remoteAddressOfTheRequest", "/summary",
    "/objectItem", "/sixteen_letters_", "/category", "/items",
    "/aNameLongerThanTwoRegistersAreWideTogether", "/caf\xC3\xA9"};
enum { POINTERS = sizeof(pointers) / sizeof(pointers[0]) };

struct fixture {
    struct arena arena;
    struct json_select select;
    struct json_doc some, all;
    struct buf text;
    unsigned seed;
};

static int setup(void **state)
{
    static struct fixture fixture;

    memset(&fixture, 0, sizeof(fixture));
    arena_init(&fixture.arena);
    buf_init(&fixture.text, TEXT_MAX);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    json_free(&f->some);
    json_free(&f->all);
    buf_release(&f->text);
    arena_release(&f->arena);
    return 0;
}

static unsigned random_below(struct fixture *f, unsigned limit)
{
    f->seed = f->seed * 1103515245u + 12345u;
    return (f->seed >> 16) % limit;
}

static void put_blank(struct fixture *f)
{
    static const char *const blanks[] = {"", "", "", " ", "\n\t"};

    buf_puts(&f->text, blanks[random_below(f, 5)]);
}

static void put_value(struct fixture *f)
{
    static const char *const values[] = {
        "1",  "null", "\"text\"", "\"\"", "\"a \\\"quoted\\\" \xC3\xA9 one\"",
        "[]", "{}",   "[1,{\"id\":2}]", "{\"id\":\"inner\",\"x\":{\"id\":3}}",
        "[{\"id\":\"1\"},{\"id\":\"2\",\"name\":\"n\"},{\"name\":\"m\"}]"};

    buf_puts(&f->text, values[random_below(f, 10)]);
}

/* Mostly all members in their order; sometimes some are left out, or two are
 * where they never were. */
static void put_record(struct fixture *f)
{
    unsigned order[NAMES], left_out = random_below(f, 4);
    bool first = true;

    for (unsigned i = 0; i < NAMES; i++)
        order[i] = i;
    if (random_below(f, 8) == 0) {
        unsigned a = random_below(f, NAMES), b = random_below(f, NAMES);
        unsigned kept = order[a];

        order[a] = order[b];
        order[b] = kept;
    }
    buf_puts(&f->text, "{");
    for (unsigned i = 0; i < NAMES; i++) {
        if (strcmp(names[order[i]], "\\u0069d") == 0 ||
            random_below(f, 10) < left_out)
            continue;
        buf_puts(&f->text, first ? "" : ",");
        first = false;
        put_blank(f);
        buf_printf(&f->text, "\"%s\"", names[order[i]]);
        put_blank(f);
        buf_puts(&f->text, ":");
        put_blank(f);
        put_value(f);
        put_blank(f);
    }
    buf_puts(&f->text, "}");
}

static void parse(struct fixture *f, struct json_doc *doc,
                  const struct json_select *select)
{
    struct error err = {0};
    char *room = json_room(doc, f->text.len);

    assert_non_null(room);
    memcpy(room, f->text.data, f->text.len);
    if (json_parse_room(doc, select, "page", ERROR_DATA, &err) != 0)
        fail_msg("%s in %s", err.text, f->text.data);
}

static void assert_same(const struct json *a, const struct json *b)
{
    char texts[2][64 * 1024];
    const struct json *both[] = {a, b};

    assert_int_equal(a == NULL, b == NULL);
    if (a == NULL)
        return;
    for (int i = 0; i < 2; i++) {
        struct buf out;
        struct jsonw w;

        buf_init(&out, sizeof(texts[i]) - 1);
        jsonw_init(&w, &out, 0);
        assert_true(json_write(&w, NULL, both[i], NULL));
        strcpy(texts[i], out.data);
        buf_release(&out);
    }
    assert_string_equal(texts[0], texts[1]);
}

/* Of what is not selected whole, only what was selected in it. */
static void compare_record(struct fixture *f, const struct json *some,
                           const struct json *all)
{
    for (unsigned i = 0; i < POINTERS; i++) {
        const struct json *found = json_at(some, pointers[i]);
        unsigned slot =
            json_select_slot(&f->select, "/records", pointers[i]);

        assert_true(slot > 0);
        assert_ptr_equal(json_slot(some, slot, pointers[i]), found);
        if (strcmp(pointers[i], "/items") != 0)
            assert_same(found, json_at(all, pointers[i]));
    }
    all = json_at(all, "/items");
    some = json_at(some, "/items");
    assert_int_equal(some == NULL, all == NULL);
    if (all == NULL || json_type(all) != JSON_ARRAY)
        return;
    all = json_first(all);
    for (some = json_first(some); some != NULL; some = json_next(some)) {
        unsigned slot = json_select_slot(&f->select, "/records/items", "/id");

        assert_same(json_slot(some, slot, "/id"), json_at(all, "/id"));
        all = json_next(all);
    }
}

static void what_is_found_is_what_is_there(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < POINTERS; i++) {
        if (strcmp(pointers[i], "/items") != 0)
            assert_int_equal(json_select_add(&f->select, &f->arena, "/records",
                                             pointers[i]),
                             0);
    }
    assert_int_equal(
        json_select_later(&f->select, &f->arena, "/records", "/items"), 0);
    assert_int_equal(
        json_select_add(&f->select, &f->arena, "/records/items", "/id"), 0);
    for (f->seed = 1; f->seed < ROUNDS; f->seed++) {
        unsigned seed = f->seed;
        const struct json *some, *all;

        buf_reset(&f->text);
        buf_puts(&f->text, "{\"records\":[");
        for (unsigned i = 0; i < RECORDS; i++) {
            buf_puts(&f->text, i > 0 ? "," : "");
            put_record(f);
        }
        buf_puts(&f->text, "]}");
        parse(f, &f->some, &f->select);
        parse(f, &f->all, NULL);
        all = json_first(json_at(f->all.root, "/records"));
        for (some = json_first(json_at(f->some.root, "/records"));
             some != NULL; some = json_next(some), all = json_next(all))
            compare_record(f, some, all);
        assert_null(all);
        f->seed = seed;
    }
}

/* An escaped name is the name it stands for. */
static void a_name_may_be_written_in_another_way(void **state)
{
    struct fixture *f = *state;
    const struct json *record;

    assert_int_equal(json_select_add(&f->select, &f->arena, NULL, "/id"), 0);
    buf_puts(&f->text, "[{\"id\":1},{\"\\u0069d\":2},{\"id\" : 3},{\"ID\":0},"
                       "{\"id\":4,\"idx\":0},{\"idx\":0,\"id\":5}]");
    parse(f, &f->some, &f->select);
    record = json_first(f->some.root);
    for (int i = 1; record != NULL; record = json_next(record)) {
        const struct json *id = json_at(record, "/id");
        int64_t number;

        if (id == NULL)
            continue;
        assert_int_equal(json_int64(id, &number), 0);
        assert_int_equal(number, i++);
    }
}

/* More than are given slots are found all the same. */
static void many_members_may_be_selected(void **state)
{
    struct fixture *f = *state;
    static char at[MANY][16];

    buf_puts(&f->text, "[{");
    for (int i = 0; i < MANY; i++) {
        snprintf(at[i], sizeof(at[i]), "/m%d", i);
        assert_int_equal(
            json_select_add(&f->select, &f->arena, NULL, at[i]), 0);
        buf_printf(&f->text, "%s\"m%d\":%d", i > 0 ? "," : "", i, i);
    }
    buf_puts(&f->text, "}]");
    parse(f, &f->some, &f->select);
    for (int i = 0; i < MANY; i++) {
        int64_t number;

        assert_int_equal(json_select_slot(&f->select, NULL, at[i]), 0);
        assert_int_equal(json_int64(json_slot(json_first(f->some.root), 0,
                                              at[i]),
                                    &number),
                         0);
        assert_int_equal(number, i);
    }
}

/* A slot tells of a distance that fits in it, or of nothing. */
static void a_member_may_be_far_behind(void **state)
{
    struct fixture *f = *state;
    int64_t number;
    unsigned slot;

    assert_int_equal(json_select_add(&f->select, &f->arena, NULL, "/list"), 0);
    assert_int_equal(json_select_add(&f->select, &f->arena, NULL, "/last"), 0);
    buf_puts(&f->text, "{\"list\":[0");
    for (int i = 0; i < UINT16_MAX; i++)
        buf_puts(&f->text, ",0");
    buf_puts(&f->text, "],\"last\":7}");
    parse(f, &f->some, &f->select);
    slot = json_select_slot(&f->select, NULL, "/last");
    assert_true(slot > 0);
    assert_int_equal(
        json_int64(json_slot(f->some.root, slot, "/last"), &number), 0);
    assert_int_equal(number, 7);
}

static void what_has_no_slot(void **state)
{
    struct fixture *f = *state;

    json_select_add(&f->select, &f->arena, "/a", "/b/c");
    json_select_add(&f->select, &f->arena, "/a", "/whole");
    assert_int_equal(json_select_slot(&f->select, "/a", "/b/c"), 0);
    assert_int_equal(json_select_slot(&f->select, "/a", "/x"), 0);
    assert_int_equal(json_select_slot(&f->select, "/x", "/b"), 0);
    assert_int_equal(json_select_slot(&f->select, "/a/whole", "/x"), 0);
    assert_int_equal(json_select_slot(&f->select, "/a", ""), 0);
    assert_int_equal(json_select_slot(&f->select, "/a", NULL), 0);
    assert_int_equal(json_select_slot(NULL, "/a", "/b"), 0);
    assert_int_equal(json_select_slot(&f->select, "/a", "/b"), 1);
    assert_int_equal(json_select_slot(&f->select, "/a", "/whole"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_found_is_what_is_there, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_name_may_be_written_in_another_way,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(many_members_may_be_selected, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_member_may_be_far_behind, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_has_no_slot, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
