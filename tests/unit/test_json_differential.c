#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "reference_json.h"

enum { TEXT_MAX = 2048, ROUNDS = 60000, DUMP_MAX = 64 * TEXT_MAX };

struct random {
    uint64_t state;
};

/* splitmix64: the same numbers on every machine. */
static uint64_t next(struct random *random)
{
    uint64_t z = random->state += 0x9E3779B97F4A7C15u;

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static size_t below(struct random *random, size_t limit)
{
    return (size_t)(next(random) % limit);
}

/* Pieces of which valid and invalid texts are made. */
static const char *const in_strings[] = {"a",
                                         "plain text of some length",
                                         "\\n",
                                         "\\\"",
                                         "\\\\",
                                         "\\/",
                                         "\\u0041",
                                         "\\u00e9",
                                         "\\uD83D\\uDE00",
                                         "\\u0000",
                                         "\\ud800",
                                         "\\udc00",
                                         "\\ud83d\\ud83d\\ude00",
                                         "\xC3\xA9",
                                         "\xE2\x82\xAC",
                                         "\xF0\x9F\x98\x80",
                                         "\x80",
                                         "\xC0\xAF",
                                         "\xED\xA0\x80",
                                         "\xE2\x82",
                                         "\xF0\x9F\x98",
                                         "\xFF",
                                         "\x7F",
                                         "//",
                                         "/*",
                                         " ",
                                         "0123456789abcdef",
                                         "\\ud83d\\n",
                                         "\\u20AC"};
static const char *const numbers[] = {
    "0", "-0", "1.5", "-12e+3", "1E400", "0.10", "9007199254740993"};
static const char *const noise[] = {
    "\"",  "\\", "{",   "}",    "[",  "]",    ",", ":", "0",   "-",
    ".",   "e",  "tru", "null", "\t", "\x01", "/", "*", "\\u", "\xEF\xBB\xBF",
    "\xC3"};
static const char *const blanks[] = {"", "", "", " ", "\n", "\t\r\n"};

#define PICK(random, list)                                                     \
    ((list)[below(random, sizeof(list) / sizeof((list)[0]))])

static void make_string(struct random *random, struct buf *out)
{
    buf_putc(out, '"');
    for (size_t n = below(random, 5); n > 0; n--)
        buf_printf(out, "%s", PICK(random, in_strings));
    buf_putc(out, '"');
}

static void make_value(struct random *random, struct buf *out, size_t depth)
{
    size_t kind = below(random, depth > 4 ? 4 : 7), count;

    buf_printf(out, "%s", PICK(random, blanks));
    if (kind < 2) {
        make_string(random, out);
    } else if (kind == 2) {
        buf_printf(out, "%s", PICK(random, numbers));
    } else if (kind == 3) {
        buf_printf(out, "%s",
                   below(random, 2)   ? "true"
                   : below(random, 2) ? "false"
                                      : "null");
    } else {
        bool object = kind > 4;

        buf_putc(out, object ? '{' : '[');
        count = below(random, 4);
        for (size_t i = 0; i < count; i++) {
            if (i > 0)
                buf_putc(out, ',');
            if (object) {
                buf_printf(out, "%s", PICK(random, blanks));
                make_string(random, out);
                buf_printf(out, "%s:", PICK(random, blanks));
            }
            make_value(random, out, depth + 1);
        }
        buf_printf(out, "%s%c", PICK(random, blanks), object ? '}' : ']');
    }
    buf_printf(out, "%s", PICK(random, blanks));
}

static void insert(struct buf *text, size_t at, const char *piece)
{
    char copy[TEXT_MAX];
    size_t rest = text->len - at;

    memcpy(copy, text->data + at, rest);
    text->len = at;
    buf_append(text, piece, strlen(piece));
    buf_append(text, copy, rest);
}

/* Half of the texts stay valid; the others are damaged somewhere. */
static void damage(struct random *random, struct buf *text)
{
    size_t at = below(random, text->len + 1);

    switch (below(random, 8)) {
    case 0:
        text->len = at;
        break;
    case 1:
        if (at < text->len)
            text->data[at] = (char)below(random, 256);
        break;
    case 2:
    case 3:
        insert(text, at, PICK(random, noise));
        break;
    default:
        break;
    }
}

static void dump_text(struct buf *out, char kind, const char *text)
{
    buf_printf(out, "%c%zu:%s;", kind, strlen(text), text);
}

static void dump(struct buf *out, const struct json *node)
{
    const struct json *child;
    size_t count = 0;

    if (json_key(node) != NULL)
        dump_text(out, 'k', json_key(node));
    switch (json_type(node)) {
    case JSON_STRING:
        dump_text(out, 's', json_text(node));
        return;
    case JSON_NUMBER:
        dump_text(out, 'n', json_number_text(node));
        return;
    case JSON_BOOLEAN:
        buf_putc(out, json_bool(node) ? 't' : 'f');
        return;
    case JSON_NULL:
        buf_putc(out, '0');
        return;
    default:
        break;
    }
    buf_putc(out, json_type(node) == JSON_OBJECT ? '{' : '[');
    for (child = json_first(node); child != NULL; child = json_next(child)) {
        dump(out, child);
        count++;
    }
    assert_int_equal(count, json_size(node));
    buf_putc(out, '}');
}

/* An exact heap copy, so that a read past the end is seen by ASan. */
static int ours(const struct buf *text, bool comments, struct buf *out)
{
    char *exact = malloc(text->len + 1);
    struct error err = {0};
    struct json_doc doc;
    int result;

    assert_non_null(exact);
    memcpy(exact + 1, text->data, text->len);
    result = json_parse(&doc, exact + 1, text->len,
                        comments ? JSON_COMMENTS : JSON_STRICT, "t", ERROR_DATA,
                        &err);
    free(exact);
    if (result != 0) {
        buf_printf(out, "%s", err.text);
        return -1;
    }
    buf_printf(out, "%zu repairs;", json_repairs(&doc));
    dump(out, doc.root);
    json_free(&doc);
    return 0;
}

static void two_readers_agree(void **state)
{
    struct random random = {20261123};
    size_t accepted = 0;
    struct buf text, mine, theirs;

    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        bool comments = below(&random, 4) == 0;

        buf_init(&text, TEXT_MAX);
        buf_init(&mine, DUMP_MAX);
        buf_init(&theirs, DUMP_MAX);
        make_value(&random, &text, 0);
        if (buf_ok(&text)) {
            damage(&random, &text);
            int result = ours(&text, comments, &mine);

            if (result !=
                    reference_json(text.data, text.len, comments, &theirs) ||
                strcmp(mine.data, theirs.data) != 0)
                fail_msg("round %d: %.*s\nours: %s\ntheirs: %s", i,
                         (int)text.len, text.data, mine.data, theirs.data);
            accepted += result == 0;
        }
        buf_release(&text);
        buf_release(&mine);
        buf_release(&theirs);
    }
    /* Both kinds must have been tried, or the test shows nothing. */
    assert_true(accepted > ROUNDS / 3);
    assert_true(accepted < ROUNDS - ROUNDS / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_readers_agree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
