#include "json_scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BYTES_A_NODE = 24, /* a guess that real pages rarely exceed */
    NODES_LEAST = 16,
    TEXT_MAX = 1 << 30 /* bytes; keeps node numbers below 32 bits */
};

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

/* A container that is not closed yet. */
struct open {
    uint32_t node, last; /* itself, and its last child so far */
};

struct scanner {
    struct json_scan *scan;
    char *at;
    const char *end;
    enum state state;
    const char *key; /* of the member whose value comes next */
    size_t depth;
    struct open open[JSON_DEPTH_MAX]; /* outermost first */
};

/* Bytes as the caller of a comparison wants them: never negative. */
static int byte_at(const struct scanner *s, const char *p)
{
    return p < s->end ? (unsigned char)*p : -1;
}

int json_scan_fail(struct json_scan *scan, const char *where,
                   const char *reason)
{
    const char *stop = scan->text + (where - scan->copy);

    if (reason != scan->reason)
        snprintf(scan->reason, sizeof(scan->reason), "%s", reason);
    scan->line = 1;
    scan->column = 1;
    for (const char *p = scan->text; p < stop; p++) {
        if (*p == '\n') {
            scan->line++;
            scan->column = 1;
        } else if (((unsigned char)*p & 0xC0) != 0x80) {
            scan->column++;
        }
    }
    return -1;
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
    return json_scan_fail(s->scan, s->at, reason);
}

static int grow_nodes(struct json_scan *scan)
{
    size_t twice = scan->capacity * 2;
    size_t capacity = twice < JSON_VALUES_MAX ? twice : JSON_VALUES_MAX;
    struct json *grown = realloc(scan->nodes, capacity * sizeof(*grown));

    if (grown == NULL)
        return -1;
    scan->nodes = grown;
    scan->capacity = capacity;
    return 0;
}

/* A text of two bytes a value would need twelve times its size. */
static void too_many(struct scanner *s)
{
    snprintf(s->scan->reason, JSON_REASON_MAX, "more than %d values",
             JSON_VALUES_MAX);
    json_scan_fail(s->scan, s->at, s->scan->reason);
}

/* A node behind those there are, as the next child of the innermost open
 * container. NULL when memory is out, or there are too many (with a reason). */
static struct json *add_node(struct scanner *s, enum json_type type)
{
    struct json_scan *scan = s->scan;
    uint32_t index = (uint32_t)scan->count;
    struct json *node;

    if (scan->count == JSON_VALUES_MAX) {
        too_many(s);
        return NULL;
    }
    if (scan->count == scan->capacity && grow_nodes(scan) != 0)
        return NULL;
    node = &scan->nodes[scan->count++];
    *node = (struct json){.key = s->key, .type = (uint8_t)type};
    s->key = NULL;
    if (s->depth > 0) {
        struct open *open = &s->open[s->depth - 1];

        if (scan->nodes[open->node].size++ > 0)
            scan->nodes[open->last].skip = index - open->last;
        open->last = index;
    }
    return node;
}

static void value_done(struct scanner *s)
{
    if (s->depth == 0)
        s->state = AFTER_ROOT;
    else
        s->state = s->scan->nodes[s->open[s->depth - 1].node].type == JSON_ARRAY
                       ? AFTER_ELEMENT
                       : AFTER_MEMBER;
}

static int scan_string(struct scanner *s)
{
    const char *text = json_scan_string(s->scan, &s->at, s->end);
    struct json *node;

    if (text == NULL)
        return -1;
    node = add_node(s, JSON_STRING);
    if (node == NULL)
        return -1;
    node->text = text;
    return 0;
}

static char *skip_digits(char *p)
{
    while (*p >= '0' && *p <= '9')
        p++;
    return p;
}

static int fail_number(struct scanner *s, const char *where)
{
    return json_scan_fail(s->scan, where,
                          "incomplete number, expected a digit");
}

/* Behind the digits that must be at p; NULL after a fault. The NULs behind the
 * copy end every number. */
static char *need_digits(struct scanner *s, char *p)
{
    char *stop = skip_digits(p);

    if (stop == p)
        fail_number(s, p);
    return stop == p ? NULL : stop;
}

static char *number_end(struct scanner *s)
{
    char *p = s->at + (*s->at == '-'), *digits = p;

    p = need_digits(s, p);
    if (p != NULL && *digits == '0' && p > digits + 1) {
        json_scan_fail(s->scan, s->at, "number with a leading zero");
        return NULL;
    }
    if (p != NULL && *p == '.')
        p = need_digits(s, p + 1);
    if (p != NULL && (*p == 'e' || *p == 'E')) {
        p++;
        p = need_digits(s, p + (*p == '+' || *p == '-'));
    }
    return p;
}

static int scan_number(struct scanner *s)
{
    char *start = s->at, *stop = number_end(s);
    struct json *node;

    if (stop == NULL)
        return -1;
    node = add_node(s, JSON_NUMBER);
    if (node == NULL)
        return -1;
    memmove(start - 1, start, (size_t)(stop - start));
    stop[-1] = '\0';
    node->text = start - 1;
    s->at = stop;
    return 0;
}

static int scan_word(struct scanner *s)
{
    static const struct {
        const char *text;
        size_t len;
        enum json_type type;
        bool flag;
    } words[] = {{"true", 4, JSON_BOOLEAN, true},
                 {"false", 5, JSON_BOOLEAN, false},
                 {"null", 4, JSON_NULL, false}};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        struct json *node;

        if (memcmp(s->at, words[i].text, words[i].len) != 0)
            continue;
        node = add_node(s, words[i].type);
        if (node == NULL)
            return -1;
        node->flag = words[i].flag;
        s->at += words[i].len;
        return 0;
    }
    return unexpected(s);
}

static int open_container(struct scanner *s, char c)
{
    uint32_t index = (uint32_t)s->scan->count;

    if (s->depth == JSON_DEPTH_MAX) {
        snprintf(s->scan->reason, JSON_REASON_MAX,
                 "nested deeper than %d levels", JSON_DEPTH_MAX);
        return json_scan_fail(s->scan, s->at, s->scan->reason);
    }
    if (add_node(s, c == '[' ? JSON_ARRAY : JSON_OBJECT) == NULL)
        return -1;
    s->open[s->depth++] = (struct open){index, index};
    s->state = c == '[' ? WANT_VALUE_OR_END : WANT_NAME_OR_END;
    s->at++;
    return 0;
}

/* The name is not told: what a server makes up may be a secret of ours. */
static int check_names(struct scanner *s)
{
    const struct json *container =
        &s->scan->nodes[s->open[s->depth - 1].node];
    int unique = container->type == JSON_OBJECT ? json_scan_unique(container)
                                                : 1;

    if (unique == 0)
        return json_scan_fail(s->scan, s->at,
                              "an object ends here that has a name twice");
    return unique < 0 ? -1 : 0;
}

static int close_container(struct scanner *s)
{
    if (s->scan->unique && check_names(s) != 0)
        return -1;
    s->at++;
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
    s->key = json_scan_string(s->scan, &s->at, s->end);
    s->state = WANT_COLON;
    return s->key != NULL ? 0 : -1;
}

static int scan_separator(struct scanner *s, char separator, enum state next)
{
    if (byte_at(s, s->at) != separator)
        return unexpected(s);
    s->at++;
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
    char *start = s->at, *stop;
    size_t rest = (size_t)(s->end - s->at);

    if (byte_at(s, start + 1) == '/') {
        stop = memchr(start, '\n', rest);
        s->at = stop != NULL ? stop : start + rest;
        return 0;
    }
    if (byte_at(s, start + 1) != '*')
        return unexpected(s);
    stop = memmem(start + 2, rest - 2, "*/", 2);
    if (stop == NULL)
        return json_scan_fail(s->scan, start,
                              "comment without an end, expected '*/'");
    s->at = stop + 2;
    return 0;
}

static int skip_blanks(struct scanner *s)
{
    for (;;) {
        while (*s->at == ' ' || *s->at == '\n' || *s->at == '\r' ||
               *s->at == '\t')
            s->at++;
        if (!s->scan->comments || *s->at != '/')
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
        if (memcmp(s->at, marks[i].bytes, strlen(marks[i].bytes)) == 0)
            return json_scan_fail(s->scan, s->at, marks[i].reason);
    }
    return 0;
}

static int scan_all(struct scanner *s)
{
    if (check_encoding(s) != 0)
        return -1;
    for (;;) {
        if (skip_blanks(s) != 0)
            return -1;
        if (s->at >= s->end &&
            (s->state == WANT_ROOT || s->state == AFTER_ROOT))
            return 0;
        if (scan_token(s) != 0)
            return -1;
    }
}

/* The copy begins behind one byte, into which a number at the very start can
 * move, and ends in NULs, so that looking ahead needs no bound. */
static int copy_text(struct json_scan *scan)
{
    scan->copy = malloc(JSON_SCAN_ROOM + scan->len + JSON_SCAN_PAD);
    scan->capacity = scan->len / BYTES_A_NODE + NODES_LEAST;
    if (scan->capacity > JSON_VALUES_MAX)
        scan->capacity = JSON_VALUES_MAX;
    scan->nodes = malloc(scan->capacity * sizeof(*scan->nodes));
    if (scan->copy == NULL)
        return -1;
    scan->copy += JSON_SCAN_ROOM;
    if (scan->nodes == NULL)
        return -1;
    memcpy(scan->copy, scan->text, scan->len);
    memset(scan->copy + scan->len, 0, JSON_SCAN_PAD);
    return 0;
}

enum json_scan_result json_scan(struct json_scan *scan)
{
    struct scanner s = {.scan = scan, .state = WANT_ROOT};

    scan->copy = NULL;
    scan->nodes = NULL;
    scan->count = scan->repairs = 0;
    scan->reason[0] = '\0';
    arena_init(&scan->repaired);
    if (scan->len > TEXT_MAX || copy_text(scan) != 0)
        return JSON_SCAN_NO_MEMORY;
    s.at = scan->copy;
    s.end = scan->copy + scan->len;
    if (scan_all(&s) != 0)
        return scan->reason[0] != '\0' ? JSON_SCAN_WRONG : JSON_SCAN_NO_MEMORY;
    return scan->count > 0 ? JSON_SCAN_OK : JSON_SCAN_EMPTY;
}

/* Texts that grew stand outside the copy. */
static void wipe(struct json_scan *scan)
{
    for (size_t i = 0; i < scan->count; i++) {
        struct json *node = &scan->nodes[i];

        if (node->type == JSON_STRING)
            explicit_bzero((char *)(uintptr_t)node->text, strlen(node->text));
    }
    explicit_bzero(scan->copy, scan->len);
}

void json_scan_release(struct json_scan *scan)
{
    if (scan->secret && scan->copy != NULL)
        wipe(scan);
    if (scan->copy != NULL)
        free(scan->copy - JSON_SCAN_ROOM);
    free(scan->nodes);
    arena_release(&scan->repaired);
    scan->copy = NULL;
    scan->nodes = NULL;
}
