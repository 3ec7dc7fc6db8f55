#include "json_scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BYTES_A_NODE = 24, /* a guess that real pages rarely exceed */
    NODES_LEAST = 16,
    OPENED_NODES = 64, /* of a container read later, at first */
    TEXT_MAX = 1 << 30 /* bytes; keeps node numbers below 32 bits */
};

struct scanner {
    struct json_scan *scan;
    struct json_scan *owner; /* of what is left for later */
    char *at;
    const char *end;
    size_t depth; /* of open containers */
};

/* Selects nothing, not even the value that it stands for. */
static const struct json_select nothing = {.name = ""};

static int scan_value(struct scanner *s, const char *key,
                      const struct json_select *select, const char *expected);

/* Bytes as the caller of a comparison wants them: never negative. */
static int byte_at(const struct scanner *s, const char *p)
{
    return p < s->end ? (unsigned char)*p : -1;
}

int json_scan_fail(struct json_scan *scan, const char *where,
                   const char *reason)
{
    const char *text = scan->text != NULL ? scan->text : scan->copy;
    const char *stop = text + (where - scan->copy);

    if (reason != scan->reason)
        snprintf(scan->reason, sizeof(scan->reason), "%s", reason);
    scan->line = 1;
    scan->column = 1;
    if (scan->text == NULL)
        scan->column += (size_t)(where - scan->copy);
    for (const char *p = text; scan->text != NULL && p < stop; p++) {
        if (*p == '\n') {
            scan->line++;
            scan->column = 1;
        } else if (((unsigned char)*p & 0xC0) != 0x80) {
            scan->column++;
        }
    }
    return -1;
}

static int unexpected(struct scanner *s, const char *want)
{
    int c = byte_at(s, s->at);
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
    size_t capacity = scan->capacity * 2;
    struct json *grown = realloc(scan->nodes, capacity * sizeof(*grown));

    if (grown == NULL)
        return -1;
    scan->nodes = grown;
    scan->capacity = capacity;
    return 0;
}

/* A node behind those there are; NULL when memory is out. */
static struct json *add_node(struct json_scan *scan, const char *key,
                             enum json_type type)
{
    struct json *node;

    if (scan->count == scan->capacity && grow_nodes(scan) != 0)
        return NULL;
    node = &scan->nodes[scan->count++];
    *node = (struct json){.key = key, .type = (uint8_t)type};
    return node;
}

static int scan_string(struct scanner *s, const char *key, bool wanted)
{
    struct json *node;
    const char *text;

    if (!wanted)
        return json_scan_skip(s->scan, &s->at, s->end);
    text = json_scan_string(s->scan, &s->at, s->end);
    node = text != NULL ? add_node(s->scan, key, JSON_STRING) : NULL;
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

static int scan_number(struct scanner *s, const char *key, bool wanted)
{
    char *start = s->at, *stop = number_end(s);
    struct json *node;

    if (stop == NULL)
        return -1;
    s->at = stop;
    if (!wanted)
        return 0;
    node = add_node(s->scan, key, JSON_NUMBER);
    if (node == NULL)
        return -1;
    memmove(start - 1, start, (size_t)(stop - start));
    stop[-1] = '\0';
    node->text = start - 1;
    return 0;
}

static int scan_word(struct scanner *s, const char *key, bool wanted,
                     const char *expected)
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
        s->at += words[i].len;
        if (!wanted)
            return 0;
        node = add_node(s->scan, key, words[i].type);
        if (node == NULL)
            return -1;
        node->flag = words[i].flag;
        return 0;
    }
    return unexpected(s, expected);
}

static int skip_comment(struct scanner *s, const char *expected)
{
    char *start = s->at, *stop;
    size_t rest = (size_t)(s->end - s->at);

    if (byte_at(s, start + 1) == '/') {
        stop = memchr(start, '\n', rest);
        s->at = stop != NULL ? stop : start + rest;
        return 0;
    }
    if (byte_at(s, start + 1) != '*')
        return unexpected(s, expected);
    stop = memmem(start + 2, rest - 2, "*/", 2);
    if (stop == NULL)
        return json_scan_fail(s->scan, start,
                              "comment without an end, expected '*/'");
    s->at = stop + 2;
    return 0;
}

static int skip_blanks_on(struct scanner *s, const char *expected)
{
    for (;;) {
        while (*s->at == ' ' || *s->at == '\n' || *s->at == '\r' ||
               *s->at == '\t')
            s->at++;
        if (*s->at != '/' || !s->scan->comments)
            return 0;
        if (skip_comment(s, expected) != 0)
            return -1;
    }
}

/* To the next byte that is neither blank nor comment; expected is what an
 * error says should be there. Most tokens follow each other without any. */
static inline int skip_blanks(struct scanner *s, const char *expected)
{
    unsigned char c = (unsigned char)*s->at;

    return c > ' ' && c != '/' ? 0 : skip_blanks_on(s, expected);
}

static const struct json_select *selected(const struct json_select *select,
                                          const char *name)
{
    const struct json_select *child = select->child;

    while (child != NULL && (child->name[0] != name[0] ||
                             strcmp(child->name, name) != 0))
        child = child->next;
    if (child == NULL)
        return &nothing;
    return child->whole ? NULL : child;
}

/* The children of an open container so far. */
struct children {
    uint32_t size, last;
};

/* Ties the value that was read at node `index`, if it left one, to the one
 * before it. */
static void tie(struct json_scan *scan, struct children *children, size_t index)
{
    if (scan->count == index)
        return;
    if (children->size++ > 0)
        scan->nodes[children->last].skip = (uint32_t)index - children->last;
    children->last = (uint32_t)index;
}

/* A container for later: checked, with two nodes behind its own that say how
 * it is read when somebody looks into it. */
static int scan_later(struct scanner *s, const char *key,
                      const struct json_select *select)
{
    struct json_scan *scan = s->scan;
    char *start = s->at;
    struct json *container, *owner, *how;

    if (scan_value(s, key, &nothing, "a value") != 0)
        return -1;
    while (scan->count + 3 > scan->capacity) {
        if (grow_nodes(scan) != 0)
            return -1;
    }
    container = add_node(scan, key, *start == '[' ? JSON_ARRAY : JSON_OBJECT);
    owner = add_node(scan, NULL, JSON_NULL);
    how = add_node(scan, NULL, JSON_NULL);
    container->state = JSON_LATER;
    container->later = start;
    owner->owner = s->owner;
    how->select = select;
    return 0;
}

static int scan_member(struct scanner *s, const struct json_select *select,
                       const char *expected)
{
    const char *name = "";

    if (*s->at != '"')
        return unexpected(s, expected);
    if (select == &nothing) {
        if (json_scan_skip(s->scan, &s->at, s->end) != 0)
            return -1;
    } else {
        name = json_scan_string(s->scan, &s->at, s->end);
        if (name == NULL)
            return -1;
        if (select != NULL)
            select = selected(select, name);
    }
    if (skip_blanks(s, "':'") != 0)
        return -1;
    if (*s->at != ':')
        return unexpected(s, "':'");
    s->at++;
    if (skip_blanks(s, "a value") != 0)
        return -1;
    if (select != NULL && select->later && (*s->at == '[' || *s->at == '{'))
        return scan_later(s, name, select);
    return scan_value(s, name, select, "a value");
}

/* Behind the opening bracket, to behind the closing one. */
static int scan_members(struct scanner *s, const struct json_select *select,
                        struct children *children)
{
    static const char first[] = "a member name in double quotes or '}'";
    const char *expected = first;

    for (;;) {
        size_t index = s->scan->count;

        if (skip_blanks(s, expected) != 0)
            return -1;
        if (*s->at == '}' && expected == first)
            break;
        if (scan_member(s, select, expected) != 0)
            return -1;
        tie(s->scan, children, index);
        if (skip_blanks(s, "',' or '}'") != 0)
            return -1;
        if (*s->at == '}')
            break;
        if (*s->at != ',')
            return unexpected(s, "',' or '}'");
        s->at++;
        expected = "a member name in double quotes";
    }
    s->at++;
    return 0;
}

static int scan_elements(struct scanner *s, const struct json_select *select,
                         struct children *children)
{
    static const char first[] = "a value or ']'";
    const char *expected = first;

    for (;;) {
        size_t index = s->scan->count;

        if (skip_blanks(s, expected) != 0)
            return -1;
        if (*s->at == ']' && expected == first)
            break;
        if (scan_value(s, NULL, select, expected) != 0)
            return -1;
        tie(s->scan, children, index);
        if (skip_blanks(s, "',' or ']'") != 0)
            return -1;
        if (*s->at == ']')
            break;
        if (*s->at != ',')
            return unexpected(s, "',' or ']'");
        s->at++;
        expected = "a value";
    }
    s->at++;
    return 0;
}

static int scan_container(struct scanner *s, const char *key,
                          const struct json_select *select)
{
    struct json_scan *scan = s->scan;
    struct children children = {0};
    size_t index = scan->count;
    bool array = *s->at == '[';

    if (s->depth == JSON_DEPTH_MAX) {
        snprintf(scan->reason, JSON_REASON_MAX, "nested deeper than %d levels",
                 JSON_DEPTH_MAX);
        return json_scan_fail(scan, s->at, scan->reason);
    }
    if (select != &nothing &&
        add_node(scan, key, array ? JSON_ARRAY : JSON_OBJECT) == NULL)
        return -1;
    s->depth++;
    s->at++;
    if ((array ? scan_elements(s, select, &children)
               : scan_members(s, select, &children)) != 0)
        return -1;
    s->depth--;
    if (select != &nothing)
        scan->nodes[index].size = children.size;
    return 0;
}

/* A value of another type than its selection expects is kept: whoever looks
 * for a member in it is to see what is there instead. */
static int scan_value(struct scanner *s, const char *key,
                      const struct json_select *select, const char *expected)
{
    bool wanted = select != &nothing;
    char c = *s->at;

    if (c == '[' || c == '{')
        return scan_container(s, key, select);
    if (c == '"')
        return scan_string(s, key, wanted);
    if (c == '-' || (c >= '0' && c <= '9'))
        return scan_number(s, key, wanted);
    return scan_word(s, key, wanted, expected);
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
    const struct json_select *select = s->scan->select;

    if (check_encoding(s) != 0 || skip_blanks(s, "a value") != 0)
        return -1;
    if (s->at >= s->end)
        return 0;
    if (select != NULL && select->whole)
        select = NULL;
    if (scan_value(s, NULL, select, "a value") != 0 ||
        skip_blanks(s, "the end of the text") != 0)
        return -1;
    return s->at < s->end ? unexpected(s, "the end of the text") : 0;
}

/* The copy begins behind one byte, into which a number at the very start can
 * move, and ends in NULs, so that looking ahead needs no bound. */
char *json_scan_room(struct json_scan *scan, size_t len)
{
    char *room;

    scan->len = len;
    if (len > TEXT_MAX)
        return NULL;
    if (scan->copy == NULL || len > scan->room) {
        json_scan_release(scan);
        room = malloc(JSON_SCAN_ROOM + len + JSON_SCAN_PAD);
        scan->capacity = len / BYTES_A_NODE + NODES_LEAST;
        scan->nodes = malloc(scan->capacity * sizeof(*scan->nodes));
        scan->copy = room != NULL ? room + JSON_SCAN_ROOM : NULL;
        scan->room = len;
        if (room == NULL || scan->nodes == NULL)
            return NULL;
    }
    memset(scan->copy + len, 0, JSON_SCAN_PAD);
    return scan->copy;
}

enum json_scan_result json_scan(struct json_scan *scan)
{
    struct scanner s = {
        .scan = scan,
        .owner = scan,
        .at = scan->copy,
        .end = scan->copy + scan->len,
    };

    scan->count = scan->repairs = 0;
    scan->failed = false;
    scan->reason[0] = '\0';
    arena_release(&scan->repaired);
    arena_reset(&scan->opened);
    if (scan_all(&s) != 0)
        return scan->reason[0] != '\0' ? JSON_SCAN_WRONG : JSON_SCAN_NO_MEMORY;
    return scan->count > 0 ? JSON_SCAN_OK : JSON_SCAN_EMPTY;
}

/* The text was checked, so that memory is all that can fail. Its strings are
 * decoded in place, which can be done once. */
static const struct json *open_container(struct json *node)
{
    struct json_scan *scan = node[1].owner, sub = *scan;
    struct scanner s = {
        .scan = &sub,
        .owner = scan,
        .at = node->later,
        .end = scan->copy + scan->len,
    };
    size_t size = OPENED_NODES;
    struct json *nodes = NULL;

    sub.nodes = malloc(size * sizeof(*sub.nodes));
    sub.capacity = size;
    sub.count = 0;
    if (sub.nodes != NULL &&
        scan_container(&s, node->key, node[2].select) == 0) {
        size = sub.count * sizeof(*nodes);
        nodes = arena_alloc(&sub.opened, size);
    }
    if (nodes != NULL)
        memcpy(nodes, sub.nodes, size);
    free(sub.nodes);
    scan->repaired = sub.repaired;
    scan->opened = sub.opened;
    scan->repairs = sub.repairs;
    scan->failed = scan->failed || nodes == NULL;
    return nodes;
}

const struct json *json_scan_open(struct json *node)
{
    if (node->state == JSON_LATER) {
        const struct json *opened = open_container(node);

        node->opened = opened;
        node->state = JSON_OPENED;
    }
    return node->opened;
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
    arena_release(&scan->opened);
    scan->copy = NULL;
    scan->nodes = NULL;
    scan->count = 0;
}
