#include "json_select.h"

#include <string.h>

/* "~1" and "~0" decoded in place. */
static void decode(char *token)
{
    char *out = token;

    for (; *token != '\0'; token++) {
        bool escape = *token == '~' && (token[1] == '0' || token[1] == '1');

        if (escape)
            token++;
        *out++ = !escape ? *token : *token == '0' ? '~' : '/';
    }
    *out = '\0';
}

static struct json_select *child_named(struct json_select *select,
                                       struct arena *arena, const char *token,
                                       size_t len)
{
    char *name = arena_strndup(arena, token, len);
    struct json_select *child, **place;

    if (name == NULL)
        return NULL;
    decode(name);
    len = strlen(name);
    place = &select->places[json_select_place(name, len)];
    for (child = *place; child != NULL; child = child->next) {
        if (strcmp(child->name, name) == 0)
            return child;
    }
    child = arena_alloc(arena, sizeof(*child));
    if (child == NULL)
        return NULL;
    child->name = name;
    child->len = len;
    child->number = select->children++;
    child->next = *place;
    *place = child;
    return child;
}

static bool is_index(const char *token, size_t len)
{
    return len > 0 && strspn(token, "0123456789") >= len;
}

typedef void mark_fn(struct json_select *select);

static void mark_whole(struct json_select *select)
{
    select->whole = true;
}

static void mark_none(struct json_select *select)
{
    (void)select;
}

static void mark_later(struct json_select *select)
{
    select->later = true;
}

/* A number may be an index, or the name of a member. */
static int add(struct json_select *select, struct arena *arena, mark_fn *mark,
               const char *pointer, const char *rest)
{
    struct json_select *child;
    size_t len;

    if (*pointer == '\0' && rest != NULL)
        return add(select, arena, mark, rest, NULL);
    if (*pointer != '/') {
        mark(select);
        return 0;
    }
    len = strcspn(++pointer, "/");
    child = child_named(select, arena, pointer, len);
    if (child != NULL && pointer[len] == '\0' && rest == NULL &&
        strcmp(child->name, pointer) == 0)
        child->name = pointer;
    if (child == NULL || add(child, arena, mark, pointer + len, rest) != 0)
        return -1;
    return is_index(pointer, len)
               ? add(select, arena, mark, pointer + len, rest)
               : 0;
}

static int below(struct json_select *select, struct arena *arena, mark_fn *mark,
                 const char *base, const char *pointer)
{
    return add(select, arena, mark, base != NULL ? base : pointer,
               base != NULL ? pointer : NULL);
}

int json_select_add(struct json_select *select, struct arena *arena,
                    const char *base, const char *pointer)
{
    return below(select, arena, mark_whole, base, pointer);
}

int json_select_later(struct json_select *select, struct arena *arena,
                      const char *base, const char *pointer)
{
    return below(select, arena, mark_later, base, pointer);
}

int json_select_name(struct json_select *select, struct arena *arena,
                     const char *base, const char *pointer)
{
    return below(select, arena, mark_none, base, pointer);
}

/* The selected member of the first name; NULL: none, or an index, which says
 * nothing of what is read there. */
static const struct json_select *step(const struct json_select *select,
                                      const char **pointer)
{
    const char *name = *pointer + 1;
    size_t len = strcspn(name, "/");

    *pointer = name + len;
    return memchr(name, '~', len) == NULL && !is_index(name, len)
               ? json_select_find(select, name, len)
               : NULL;
}

unsigned json_select_slot(const struct json_select *select, const char *at,
                          const char *pointer)
{
    const struct json_select *child;

    while (select != NULL && at != NULL && *at != '\0')
        select = step(select, &at);
    if (select == NULL || pointer == NULL || *pointer != '/' ||
        select->whole || select->children > JSON_SELECT_SLOTS)
        return 0;
    child = step(select, &pointer);
    return child != NULL && *pointer == '\0' ? child->number + 1 : 0;
}
