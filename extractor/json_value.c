#include <stdio.h>
#include <string.h>

#include "json_bytes.h"
#include "json_scan_parts.h"

/* The children of an open container so far. */
struct children {
    uint32_t size, last;
    uint64_t seen; /* of the selected members, by their numbers */
    bool twice;    /* one of them was there before */
};

/* An object whose members are being read. */
struct object {
    size_t index; /* its node */
    const struct json_select *select; /* NULL: everything */
    struct known_names *known;        /* unless select is NULL */
    size_t place;                     /* among them */
    bool slotted;                     /* its children have slots */
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

/* What is no value is read once more by what can say why. */
static int scan_unread(struct scanner *s, const struct json_select *of)
{
    char *stop = scan_skip(s, of);

    if (stop == NULL)
        return scan_value(s, NULL, NULL, "a value") != 0
                   ? -1
                   : scan_unexpected(s, "a value");
    s->at = stop;
    return 0;
}

/* A container for later: checked, with two nodes behind its own that say how
 * it is read when somebody looks into it. */
static int scan_later(struct scanner *s, const struct json_select *select)
{
    struct json_scan *scan = s->scan;
    char *start = s->at;
    struct json *container;

    if (scan_unread(s, select) != 0)
        return -1;
    if (scan_add_node(s, select->name,
                      *start == '[' ? JSON_ARRAY : JSON_OBJECT) == NULL ||
        scan_add_node(s, NULL, JSON_NULL) == NULL ||
        scan_add_node(s, NULL, JSON_NULL) == NULL)
        return -1;
    container = &scan->nodes[scan->count - 3];
    container[0].state = JSON_LATER;
    container[0].later = start;
    container[1].owner = s->owner;
    container[2].select = select;
    return 0;
}

/* The node read next is the child of that selection. */
static inline void fill_slot(struct json_scan *scan,
                             const struct object *object, unsigned number)
{
    struct json *cells = &scan->nodes[object->index + 1];

    if (object->slotted)
        cells[number / JSON_CELL_SLOTS].slots[number % JSON_CELL_SLOTS] =
            (uint16_t)(scan->count - object->index);
}

static int scan_selected(struct scanner *s, const struct json_select *select,
                         const struct object *object,
                         struct children *children)
{
    fill_slot(s->scan, object, select->number);
    if (select->number < JSON_SELECT_COUNTED) {
        uint64_t bit = UINT64_C(1) << select->number;

        children->twice = children->twice || (children->seen & bit) != 0;
        children->seen |= bit;
    }
    if (select->later && (*s->at == '[' || *s->at == '{'))
        return scan_later(s, select);
    return scan_value(s, select->name, select->whole ? NULL : select,
                      "a value");
}

/* To the value behind the name that ends here. */
static int scan_colon(struct scanner *s)
{
    if (skip_blanks(s, "':'") != 0)
        return -1;
    if (*s->at != ':')
        return scan_unexpected(s, "':'");
    s->at++;
    return skip_blanks(s, "a value");
}

/* A name that is another than was expected, or not written as names mostly
 * are. It becomes no text, since the nodes have the selection's. */
static int scan_other_name(struct scanner *s, struct object *object,
                           const struct json_select **select)
{
    char *start = s->at, *stop = bytes_plain(start + 1);
    const char *name = start + 1;
    size_t len = (size_t)(stop - name);
    bool plain = *stop == '"' && stop < s->end;

    if (plain) {
        s->at = stop + 1;
    } else {
        name = json_scan_string(s->scan, &s->at, s->end);
        if (name == NULL)
            return -1;
        len = strlen(name);
    }
    *select = json_select_find(object->select, name, len);
    if (plain && *s->at == ':')
        names_learn(object->known, &object->place, start,
                    (size_t)(s->at + 1 - start), *select);
    return scan_colon(s);
}

/* The name of a member and its colon, and what it selects. */
static int scan_name(struct scanner *s, struct object *object,
                     const struct json_select **select)
{
    const struct known_name *name =
        names_match(object->known, &object->place, s->at);

    if (name == NULL)
        return scan_other_name(s, object, select);
    s->at += name->len;
    *select = name->select;
    return skip_blanks(s, "a value");
}

static int scan_member(struct scanner *s, struct object *object,
                       struct children *children, const char *expected)
{
    const struct json_select *select;
    const char *name;

    if (*s->at != '"')
        return scan_unexpected(s, expected);
    if (object->select != NULL) {
        if (scan_name(s, object, &select) != 0)
            return -1;
        return select != NULL ? scan_selected(s, select, object, children)
                              : scan_unread(s, object->select);
    }
    name = json_scan_string(s->scan, &s->at, s->end);
    if (name == NULL || scan_colon(s) != 0)
        return -1;
    return scan_value(s, name, NULL, "a value");
}

/* Room behind an object's node for the places of its selected children. */
static int add_cells(struct scanner *s, struct object *object)
{
    unsigned children = object->select->children;
    unsigned cells = (children + JSON_CELL_SLOTS - 1) / JSON_CELL_SLOTS;
    struct json_scan *scan = s->scan;

    object->slotted = children <= JSON_SELECT_SLOTS;
    if (!object->slotted)
        return 0;
    while (scan->capacity - scan->count < cells) {
        if (scan_make_room(s) != 0)
            return -1;
    }
    memset(&scan->nodes[scan->count], 0, cells * sizeof(*scan->nodes));
    scan->count += cells;
    scan->nodes[object->index].cells = (uint8_t)cells;
    return 0;
}

/* Places are counted in 16 bits. */
static void end_cells(struct json_scan *scan, const struct object *object)
{
    scan->nodes[object->index].slotted =
        object->slotted && scan->count - object->index <= UINT16_MAX;
}

/* Behind the opening bracket, to behind the closing one. */
static int scan_members(struct scanner *s, const struct json_select *select,
                        struct children *children)
{
    static const char first[] = "a member name in double quotes or '}'";
    const char *expected = first;
    struct object object = {.index = s->scan->count - 1, .select = select};

    if (select != NULL) {
        object.known = names_of(s->names, select, s->depth);
        if (add_cells(s, &object) != 0)
            return -1;
    }
    for (;;) {
        size_t index = s->scan->count;

        if (skip_blanks(s, expected) != 0)
            return -1;
        if (*s->at == '}' && expected == first)
            break;
        if (scan_member(s, &object, children, expected) != 0)
            return -1;
        tie(s->scan, children, index);
        if (skip_blanks(s, "',' or '}'") != 0)
            return -1;
        if (*s->at == '}')
            break;
        if (*s->at != ',')
            return scan_unexpected(s, "',' or '}'");
        s->at++;
        expected = "a member name in double quotes";
    }
    s->at++;
    end_cells(s->scan, &object);
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
            return scan_unexpected(s, "',' or ']'");
        s->at++;
        expected = "a value";
    }
    s->at++;
    return 0;
}

/* The name is not told: what a server makes up may be a secret of ours. */
static int check_names(struct scanner *s, const struct json_select *select,
                       const struct children *children,
                       const struct json *object)
{
    int unique = 1;

    if (children->twice)
        unique = 0;
    else if (select == NULL || select->children > JSON_SELECT_COUNTED)
        unique = json_scan_unique(object);
    if (unique == 0)
        return json_scan_fail(s->scan, s->at - 1,
                              "an object ends here that has a name twice");
    return unique < 0 ? -1 : 0;
}

int scan_container(struct scanner *s, const char *key,
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
    if (scan_add_node(s, key, array ? JSON_ARRAY : JSON_OBJECT) == NULL)
        return -1;
    s->depth++;
    s->at++;
    if ((array ? scan_elements(s, select, &children)
               : scan_members(s, select, &children)) != 0)
        return -1;
    s->depth--;
    scan->nodes[index].size = children.size;
    return array || !scan->unique
               ? 0
               : check_names(s, select, &children, &scan->nodes[index]);
}

/* A value of another type than its selection expects is kept: whoever looks
 * for a member in it is to see what is there instead. */
int scan_value(struct scanner *s, const char *key,
               const struct json_select *select, const char *expected)
{
    char c = *s->at;

    if (c == '[' || c == '{')
        return scan_container(s, key, select);
    if (c == '"')
        return scan_string(s, key);
    if (c == '-' || (c >= '0' && c <= '9'))
        return scan_number(s, key);
    return scan_word(s, key, expected);
}
