#include "json_scan.h"

#include <stdlib.h>
#include <string.h>

#include "json_scan_parts.h"

enum {
    BYTES_A_NODE = 24, /* a guess that real pages rarely exceed */
    NODES_LEAST = 16,
    OPENED_NODES = 64, /* of a container read later, at first */
    TEXT_MAX = 1 << 30 /* bytes; keeps node numbers below 32 bits */
};

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
    return s->at < s->end ? scan_unexpected(s, "the end of the text") : 0;
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
        if (scan->capacity > JSON_VALUES_MAX)
            scan->capacity = JSON_VALUES_MAX;
        scan->nodes = malloc(scan->capacity * sizeof(*scan->nodes));
        scan->copy = room != NULL ? room + JSON_SCAN_ROOM : NULL;
        scan->room = len;
        if (room == NULL || scan->nodes == NULL) {
            json_scan_release(scan);
            return NULL;
        }
    }
    memset(scan->copy + len, 0, JSON_SCAN_PAD);
    return scan->copy;
}

enum json_scan_result json_scan(struct json_scan *scan)
{
    struct names names;
    struct scanner s = {
        .scan = scan,
        .owner = scan,
        .at = scan->copy,
        .end = scan->copy + scan->len,
        .names = &names,
    };

    names_init(&names);
    scan->count = scan->repairs = 0;
    scan->failed = false;
    scan->reason[0] = '\0';
    arena_release(&scan->repaired);
    arena_reset(&scan->opened);
    if (scan_all(&s) != 0)
        return scan->reason[0] != '\0' ? JSON_SCAN_WRONG : JSON_SCAN_NO_MEMORY;
    return scan->count > 0 ? JSON_SCAN_OK : JSON_SCAN_EMPTY;
}

/* Once, because strings are decoded in place. */
static const struct json *open_container(struct json *node)
{
    struct json_scan *scan = node[1].owner, sub = *scan;
    struct names names;
    struct scanner s = {
        .scan = &sub,
        .owner = scan,
        .at = node->later,
        .end = scan->copy + scan->len,
        .names = &names,
    };
    size_t size = OPENED_NODES;
    struct json *nodes = NULL;

    names_init(&names);
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
    if (nodes == NULL && !scan->failed) {
        scan->failed = true;
        scan->line = sub.line;
        scan->column = sub.column;
        memcpy(scan->reason, sub.reason, sizeof(scan->reason));
    }
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
