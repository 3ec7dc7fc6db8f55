/*
 * A second opinion on JSON: a byte by byte check that writes a copy without
 * blanks, which cJSON then reads. It shares no code with extractor/json*.c.
 */
#include <cjson/cJSON.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "json.h"
#include "reference_json.h"

enum { JSON_NUMBER_MARK = 0xFF, JSON_REASON_MAX = 160 };

enum json_scan_result {
    JSON_SCAN_OK,
    JSON_SCAN_EMPTY,
    JSON_SCAN_WRONG,
    JSON_SCAN_NO_MEMORY
};

/* A number 1.50 is written as the string "<JSON_NUMBER_MARK>1.50": valid UTF-8
 * never holds that byte. */
struct json_scan {
    const char *text;
    size_t len;
    bool comments;
    struct buf copy;
    size_t repairs, line, column;
    char reason[JSON_REASON_MAX];
};

/* The most bytes of copy one byte of text can need: 1 -> "<mark>1". */
enum { COPY_GROWTH = 4, COPY_EXTRA = 64 };

enum state {
    WANT_ROOT,
    WANT_VALUE,
    WANT_VALUE_OR_END, /* behind '[' */
    WANT_NAME,
    WANT_NAME_OR_END, /* behind '{' */
    WANT_COLON,
    AFTER_ELEMENT,
    AFTER_MEMBER,
    AFTER_ROOT
};

static const char *const expected[] = {
    [WANT_ROOT] = "a value",
    [WANT_VALUE] = "a value",
    [WANT_VALUE_OR_END] = "a value or ']'",
    [WANT_NAME] = "a member name in double quotes",
    [WANT_NAME_OR_END] = "a member name in double quotes or '}'",
    [WANT_COLON] = "':'",
    [AFTER_ELEMENT] = "',' or ']'",
    [AFTER_MEMBER] = "',' or '}'",
    [AFTER_ROOT] = "the end of the text",
};

struct scanner {
    struct json_scan *scan;
    const char *at, *end;
    enum state state;
    size_t depth;
    char open[JSON_DEPTH_MAX]; /* '[' or '{', outermost first */
};

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */

/* Bytes as the caller of a comparison wants them: never negative. */
static int byte_at(const struct scanner *s, const char *p)
{
    return p < s->end ? (unsigned char)*p : -1;
}

static int fail_at(struct scanner *s, const char *where)
{
    const char *p;

    s->scan->line = 1;
    s->scan->column = 1;
    for (p = s->scan->text; p < where; p++) {
        if (*p == '\n') {
            s->scan->line++;
            s->scan->column = 1;
        } else if (((unsigned char)*p & 0xC0) != 0x80) {
            s->scan->column++;
        }
    }
    return -1;
}

static int fail(struct scanner *s, const char *where, const char *reason)
{
    snprintf(s->scan->reason, JSON_REASON_MAX, "%s", reason);
    return fail_at(s, where);
}

static int unexpected(struct scanner *s)
{
    int c = byte_at(s, s->at);
    const char *want = expected[s->state];
    char *reason = s->scan->reason;

    if (c == -1)
        snprintf(reason, JSON_REASON_MAX, "text ends early, expected %s", want);
    else if (c > ' ' && c < 0x7F)
        snprintf(reason, JSON_REASON_MAX, "unexpected '%c', expected %s", c,
                 want);
    else
        snprintf(reason, JSON_REASON_MAX, "unexpected byte 0x%02X, expected %s",
                 (unsigned)c, want);
    return fail_at(s, s->at);
}

static void put(struct scanner *s, const char *data, size_t len)
{
    buf_append(&s->scan->copy, data, len);
}

static void value_done(struct scanner *s)
{
    if (s->depth == 0)
        s->state = AFTER_ROOT;
    else
        s->state = s->open[s->depth - 1] == '[' ? AFTER_ELEMENT : AFTER_MEMBER;
}

/* Well-formed UTF-8, Unicode 15 table 3-7: bounds of the second byte; the
 * others are 80..BF. */
static const struct {
    unsigned char first, last, low, high, len;
} leads[] = {
    {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
    {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3},
    {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4},
    {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
};

/* Length of the sequence at p; *valid tells whether it is well-formed, else
 * it is the part one replacement character stands for. */
static size_t utf8_sequence(const struct scanner *s, const char *p, bool *valid)
{
    int c = byte_at(s, p);
    size_t i = 0, n;

    *valid = false;
    while (i < sizeof(leads) / sizeof(leads[0]) &&
           !(c >= leads[i].first && c <= leads[i].last))
        i++;
    if (i == sizeof(leads) / sizeof(leads[0]))
        return 1;
    if (byte_at(s, p + 1) < leads[i].low || byte_at(s, p + 1) > leads[i].high)
        return 1;
    for (n = 2; n < leads[i].len; n++) {
        if (byte_at(s, p + n) < 0x80 || byte_at(s, p + n) > 0xBF)
            return n;
    }
    *valid = true;
    return n;
}

/* The code unit of "\uXXXX" at p, or -1. */
static int32_t utf16_escape(const struct scanner *s, const char *p)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    int32_t unit = 0;

    if (s->end - p < 6 || p[0] != '\\' || p[1] != 'u')
        return -1;
    for (int i = 2; i < 6; i++) {
        const char *digit = memchr(digits, p[i], sizeof(digits) - 1);
        int32_t value;

        if (digit == NULL)
            return -1;
        value = (int32_t)(digit - digits);
        unit = unit * 16 + (value < 16 ? value : value - 6);
    }
    return unit;
}

/* Length of the escape at s->at, or 0 after a fault. */
static size_t escape_sequence(struct scanner *s, bool *valid)
{
    int c = byte_at(s, s->at + 1);
    int32_t unit, next;

    *valid = true;
    if (c > 0 && strchr("\"\\/bfnrt", c) != NULL)
        return 2;
    unit = utf16_escape(s, s->at);
    if (unit < 0) {
        fail(s, s->at,
             c == 'u' ? "wrong escape, expected four hex digits after \\u"
                      : "wrong escape, expected one of \\\" \\\\ \\/ \\b \\f "
                        "\\n \\r \\t \\u");
        return 0;
    }
    if (unit >= 0xD800 && unit <= 0xDBFF) {
        next = utf16_escape(s, s->at + 6);
        if (next >= 0xDC00 && next <= 0xDFFF)
            return 12;
    }
    *valid = unit != 0 && (unit < 0xD800 || unit > 0xDFFF);
    return 6;
}

static int fail_control(struct scanner *s)
{
    unsigned c = (unsigned char)*s->at;

    snprintf(s->scan->reason, JSON_REASON_MAX,
             "control character 0x%02X in a string, expected '\"' or the "
             "escape \\u%04X",
             c, c);
    return fail_at(s, s->at);
}

/* Length of the character or escape at s->at, or 0 after a fault. */
static size_t string_element(struct scanner *s, bool *valid)
{
    unsigned char c = (unsigned char)*s->at;

    if (c < 0x20) {
        fail_control(s);
        return 0;
    }
    if (c == '\\')
        return escape_sequence(s, valid);
    if (c >= 0x80)
        return utf8_sequence(s, s->at, valid);
    *valid = true;
    return 1;
}

static int scan_string(struct scanner *s)
{
    const char *start = s->at, *run = s->at;
    bool valid, changed = false;
    size_t len;

    for (s->at++; s->at < s->end && *s->at != '"'; s->at += len) {
        len = string_element(s, &valid);
        if (len == 0)
            return -1;
        if (!valid) {
            put(s, run, (size_t)(s->at - run));
            put(s, replacement, sizeof(replacement) - 1);
            run = s->at + len;
            changed = true;
        }
    }
    if (s->at == s->end)
        return fail(s, start, "string without an end, expected '\"'");
    s->at++;
    put(s, run, (size_t)(s->at - run));
    s->scan->repairs += changed;
    return 0;
}

static bool skip_any(struct scanner *s, const char *set)
{
    int c = byte_at(s, s->at);

    if (c <= 0 || strchr(set, c) == NULL)
        return false;
    s->at++;
    return true;
}

static bool skip_digits(struct scanner *s)
{
    bool found = false;

    while (skip_any(s, "0123456789"))
        found = true;
    return found;
}

static int scan_number(struct scanner *s)
{
    static const char opening[] = {'"', (char)JSON_NUMBER_MARK};
    const char *start = s->at;

    skip_any(s, "-");
    if (skip_any(s, "0")) {
        if (skip_digits(s))
            return fail(s, start, "number with a leading zero");
    } else if (!skip_digits(s)) {
        return fail(s, s->at, "incomplete number, expected a digit");
    }
    if (skip_any(s, ".") && !skip_digits(s))
        return fail(s, s->at, "incomplete number, expected a digit");
    if (skip_any(s, "eE")) {
        skip_any(s, "+-");
        if (!skip_digits(s))
            return fail(s, s->at, "incomplete number, expected a digit");
    }
    put(s, opening, sizeof(opening));
    put(s, start, (size_t)(s->at - start));
    put(s, "\"", 1);
    return 0;
}

static int scan_word(struct scanner *s)
{
    static const char *const words[] = {"true", "false", "null"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t len = strlen(words[i]);

        if ((size_t)(s->end - s->at) >= len &&
            memcmp(s->at, words[i], len) == 0) {
            put(s, words[i], len);
            s->at += len;
            return 0;
        }
    }
    return unexpected(s);
}

static int open_container(struct scanner *s, char c)
{
    if (s->depth == JSON_DEPTH_MAX) {
        snprintf(s->scan->reason, JSON_REASON_MAX,
                 "nested deeper than %d levels", JSON_DEPTH_MAX);
        return fail_at(s, s->at);
    }
    s->open[s->depth++] = c;
    s->state = c == '[' ? WANT_VALUE_OR_END : WANT_NAME_OR_END;
    put(s, s->at++, 1);
    return 0;
}

static int close_container(struct scanner *s)
{
    put(s, s->at++, 1);
    s->depth--;
    value_done(s);
    return 0;
}

static int scan_value(struct scanner *s)
{
    int c = byte_at(s, s->at);
    int status;

    if (c == '[' || c == '{')
        return open_container(s, (char)c);
    if (c == '"')
        status = scan_string(s);
    else if (c == '-' || (c >= '0' && c <= '9'))
        status = scan_number(s);
    else
        status = scan_word(s);
    if (status == 0)
        value_done(s);
    return status;
}

static int scan_name(struct scanner *s)
{
    if (byte_at(s, s->at) != '"')
        return unexpected(s);
    if (scan_string(s) != 0)
        return -1;
    s->state = WANT_COLON;
    return 0;
}

static int scan_separator(struct scanner *s, char separator, enum state next)
{
    if (byte_at(s, s->at) != separator)
        return unexpected(s);
    put(s, s->at++, 1);
    s->state = next;
    return 0;
}

static int scan_token(struct scanner *s)
{
    int c = byte_at(s, s->at);

    switch (s->state) {
    case WANT_VALUE_OR_END:
        return c == ']' ? close_container(s) : scan_value(s);
    case WANT_ROOT:
    case WANT_VALUE:
        return scan_value(s);
    case WANT_NAME_OR_END:
        return c == '}' ? close_container(s) : scan_name(s);
    case WANT_NAME:
        return scan_name(s);
    case WANT_COLON:
        return scan_separator(s, ':', WANT_VALUE);
    case AFTER_ELEMENT:
        return c == ']' ? close_container(s)
                        : scan_separator(s, ',', WANT_VALUE);
    case AFTER_MEMBER:
        return c == '}' ? close_container(s)
                        : scan_separator(s, ',', WANT_NAME);
    case AFTER_ROOT:
        break;
    }
    return unexpected(s);
}

static int skip_comment(struct scanner *s)
{
    const char *start = s->at, *stop;
    size_t rest = (size_t)(s->end - s->at);

    if (byte_at(s, start + 1) == '/') {
        stop = memchr(start, '\n', rest);
        s->at = stop != NULL ? stop : s->end;
        return 0;
    }
    if (byte_at(s, start + 1) != '*')
        return unexpected(s);
    stop = memmem(start + 2, rest - 2, "*/", 2);
    if (stop == NULL)
        return fail(s, start, "comment without an end, expected '*/'");
    s->at = stop + 2;
    return 0;
}

static int skip_blanks(struct scanner *s)
{
    for (;;) {
        while (skip_any(s, " \t\r\n"))
            ;
        if (!s->scan->comments || byte_at(s, s->at) != '/')
            return 0;
        if (skip_comment(s) != 0)
            return -1;
    }
}

static int check_encoding(struct scanner *s)
{
    static const struct {
        const char *bytes;
        const char *reason;
    } marks[] = {
        {"\xEF\xBB\xBF", "byte order mark, expected UTF-8 without one"},
        {"\xFE\xFF", "text is UTF-16, expected UTF-8"},
        {"\xFF\xFE", "text is UTF-16, expected UTF-8"},
    };

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        size_t len = strlen(marks[i].bytes);

        if (s->scan->len >= len && memcmp(s->at, marks[i].bytes, len) == 0)
            return fail(s, s->at, marks[i].reason);
    }
    return 0;
}

static enum json_scan_result scan_all(struct scanner *s)
{
    if (check_encoding(s) != 0)
        return JSON_SCAN_WRONG;
    for (;;) {
        if (skip_blanks(s) != 0)
            return JSON_SCAN_WRONG;
        if (s->at == s->end && s->state == WANT_ROOT)
            return JSON_SCAN_EMPTY;
        if (s->at == s->end && s->state == AFTER_ROOT)
            return JSON_SCAN_OK;
        if (scan_token(s) != 0)
            return JSON_SCAN_WRONG;
    }
}

static enum json_scan_result json_scan(struct json_scan *scan)
{
    struct scanner s = {.scan = scan, .at = scan->text, .state = WANT_ROOT};
    enum json_scan_result result;

    s.end = scan->text + scan->len;
    scan->repairs = 0;
    buf_init(&scan->copy, 0);
    if (scan->len > (SIZE_MAX - COPY_EXTRA) / COPY_GROWTH)
        return JSON_SCAN_NO_MEMORY;
    scan->copy.ceiling = scan->len * COPY_GROWTH + COPY_EXTRA;
    result = scan_all(&s);
    if (result == JSON_SCAN_OK && !buf_ok(&scan->copy))
        return JSON_SCAN_NO_MEMORY;
    return result;
}

static void dump_text(struct buf *out, char kind, const char *text)
{
    buf_printf(out, "%c%zu:%s;", kind, strlen(text), text);
}

static void dump(struct buf *out, const cJSON *node)
{
    const cJSON *child;

    if (node->string != NULL)
        dump_text(out, 'k', node->string);
    if (cJSON_IsString(node)) {
        bool number = (unsigned char)node->valuestring[0] == JSON_NUMBER_MARK;

        dump_text(out, number ? 'n' : 's', node->valuestring + number);
        return;
    }
    if (!cJSON_IsObject(node) && !cJSON_IsArray(node)) {
        buf_putc(out, cJSON_IsNull(node)   ? '0'
                      : cJSON_IsTrue(node) ? 't'
                                           : 'f');
        return;
    }
    buf_putc(out, cJSON_IsObject(node) ? '{' : '[');
    cJSON_ArrayForEach(child, node)
    {
        dump(out, child);
    }
    buf_putc(out, '}');
}

int reference_json(const char *text, size_t len, bool comments, struct buf *out)
{
    struct json_scan scan = {.text = text, .len = len, .comments = comments};
    enum json_scan_result result = json_scan(&scan);
    cJSON *tree;

    if (result == JSON_SCAN_EMPTY)
        buf_printf(out, "t: is empty, expected JSON");
    else if (result == JSON_SCAN_WRONG)
        buf_printf(out, "t:%zu:%zu: %s", scan.line, scan.column, scan.reason);
    if (result != JSON_SCAN_OK) {
        buf_release(&scan.copy);
        return -1;
    }
    tree = cJSON_ParseWithLength(scan.copy.data, scan.copy.len + 1);
    if (tree == NULL)
        abort();
    buf_printf(out, "%zu repairs;", scan.repairs);
    dump(out, tree);
    cJSON_Delete(tree);
    buf_release(&scan.copy);
    return 0;
}
