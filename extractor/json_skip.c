/* A value that nobody selected: checked against RFC 8259 and left as it is.
 * Most of a page is read here, so nothing is noted and no fault is described:
 * the scanner proper, which builds nodes, says what is wrong with a value that
 * is refused here. */
#include <string.h>

#include "json_bytes.h"
#include "json_scan_parts.h"

struct skipping {
    struct names *names;
    const struct json_select *of; /* what the value stands in */
};

static char *skip_value(const struct skipping *s, char *p, size_t room);

/* Most tokens follow each other without any. */
static inline char *over_blanks(char *p)
{
    while (*p <= ' ' &&
           (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
           (c >= 'A' && c <= 'F');
}

static char *skip_escape(char *p)
{
    switch (p[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return p + 2;
    case 'u':
        return is_hex(p[2]) && is_hex(p[3]) && is_hex(p[4]) && is_hex(p[5])
                   ? p + 6
                   : NULL;
    default:
        return NULL;
    }
}

/* From its opening quote to behind the closing one. */
static inline char *skip_text(char *p)
{
    p = bytes_text(p + 1);
    while (*p == '\\') {
        p = skip_escape(p);
        if (p == NULL)
            return NULL;
        p = bytes_text(p);
    }
    return *p == '"' ? p + 1 : NULL;
}

static char *skip_number(char *p)
{
    struct number_fault fault;

    return scan_number_end(p, &fault);
}

static char *skip_word(char *p)
{
    return memcmp(p, "true", 4) == 0 || memcmp(p, "null", 4) == 0 ? p + 4
           : memcmp(p, "false", 5) == 0                           ? p + 5
                                                                  : NULL;
}

/* Behind the name and its colon. */
static inline char *skip_name(struct known_names *known, size_t *place, char *p)
{
    const struct known_name *name = names_match(known, place, p);
    char *start = p;

    if (name != NULL)
        return p + name->len;
    p = *p == '"' ? skip_text(p) : NULL;
    if (p == NULL)
        return NULL;
    if (*p == ':') {
        names_learn(known, place, start, (size_t)(p + 1 - start), NULL);
        return p + 1;
    }
    p = over_blanks(p);
    return *p == ':' ? p + 1 : NULL;
}

/* Behind the opening bracket, to behind the closing one. */
static char *skip_members(const struct skipping *s, char *p, size_t room)
{
    struct known_names *known = names_of(s->names, s->of, room);
    size_t place = 0;

    p = over_blanks(p);
    if (*p == '}')
        return p + 1;
    for (;; p = over_blanks(p + 1)) {
        p = skip_name(known, &place, p);
        p = p != NULL ? skip_value(s, over_blanks(p), room) : NULL;
        if (p == NULL)
            return NULL;
        p = over_blanks(p);
        if (*p != ',')
            return *p == '}' ? p + 1 : NULL;
    }
}

static char *skip_elements(const struct skipping *s, char *p, size_t room)
{
    p = over_blanks(p);
    if (*p == ']')
        return p + 1;
    for (;; p = over_blanks(p + 1)) {
        p = skip_value(s, p, room);
        if (p == NULL)
            return NULL;
        p = over_blanks(p);
        if (*p != ',')
            return *p == ']' ? p + 1 : NULL;
    }
}

/* room: containers that may be open in each other from here on. */
static char *skip_value(const struct skipping *s, char *p, size_t room)
{
    if (*p == '"')
        return skip_text(p);
    if (*p == '{' || *p == '[') {
        if (room == 0)
            return NULL;
        return *p == '{' ? skip_members(s, p + 1, room - 1)
                         : skip_elements(s, p + 1, room - 1);
    }
    return *p == '-' || (*p >= '0' && *p <= '9') ? skip_number(p)
                                                 : skip_word(p);
}

char *scan_skip(const struct scanner *s, const struct json_select *of)
{
    const struct skipping skipping = {s->names, of};

    return skip_value(&skipping, s->at, JSON_DEPTH_MAX - s->depth);
}
