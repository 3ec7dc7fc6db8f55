#include <stdlib.h>
#include <string.h>

#include "json_scan.h"

/* As many names as are compared with each other rather than sorted. */
enum { FEW = 24 };

static int compare(const void *a, const void *b)
{
    const char *const *left = a, *const *right = b;

    return strcmp(*left, *right);
}

static int few_unique(const char *const *names, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (*names[i] == *names[j] && strcmp(names[i], names[j]) == 0)
                return 0;
        }
    }
    return 1;
}

static size_t collect(const struct json *object, const char **names)
{
    const struct json *child = json_first(object);
    size_t count = 0;

    for (; child != NULL; child = json_next(child))
        names[count++] = child->key;
    return count;
}

static int many_unique(const struct json *object)
{
    size_t count = object->size, i = 1;
    const char **names = malloc(count * sizeof(*names));

    if (names == NULL)
        return -1;
    collect(object, names);
    qsort(names, count, sizeof(*names), compare);
    while (i < count && strcmp(names[i - 1], names[i]) != 0)
        i++;
    free(names);
    return i == count;
}

int json_scan_unique(const struct json *object)
{
    const char *names[FEW];

    if (object->size > FEW)
        return many_unique(object);
    return few_unique(names, collect(object, names));
}
