#include "text_list.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 256 };

int text_list_add(struct text_list *list, const char *text, struct error *err)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : FIRST_CAPACITY;
        const char **grown =
            realloc(list->texts, capacity * sizeof(*list->texts));

        if (grown == NULL)
            return error_no_memory(err);
        list->texts = grown;
        list->capacity = capacity;
    }
    list->texts[list->count++] = text;
    return 0;
}

static int text_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void text_list_sort(struct text_list *list)
{
    size_t kept = 0;

    if (list->count > 1)
        qsort(list->texts, list->count, sizeof(*list->texts), text_order);
    for (size_t i = 0; i < list->count; i++) {
        if (kept == 0 || strcmp(list->texts[kept - 1], list->texts[i]) != 0)
            list->texts[kept++] = list->texts[i];
    }
    list->count = kept;
}
