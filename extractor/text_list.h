/*
 * text_list: a growing list of texts that live elsewhere, such as names to ask
 * for.
 *
 * A zeroed struct is an empty list; free(list.texts) ends it.
 */
#ifndef ROLLCALL_TEXT_LIST_H
#define ROLLCALL_TEXT_LIST_H

#include <stddef.h>

#include "error.h"

struct text_list {
    const char **texts;
    size_t count, capacity;
};

int text_list_add(struct text_list *list, const char *text, struct error *err);

/* In byte order and each text once, because what is asked must not depend on
 * the order of arrival. */
void text_list_sort(struct text_list *list);

#endif
