#include "problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void problems_init(struct problems *problems)
{
    memset(problems, 0, sizeof(*problems));
    arena_init(&problems->arena);
}

void problems_release(struct problems *problems)
{
    arena_release(&problems->arena);
    problems_init(problems);
}

void problems_add(struct problems *problems, const char *format, ...)
{
    char text[ERROR_TEXT_MAX];
    const char *copy;
    va_list args;

    problems->found++;
    if (problems->kept == PROBLEMS_MAX)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    copy = arena_strdup(&problems->arena, text);
    if (copy != NULL)
        problems->texts[problems->kept++] = copy;
}

/* One line each as long as whole lines fit, but one at least; the rest is
 * counted. */
static int several(const struct problems *problems, enum error_kind kind,
                   struct error *err)
{
    enum { REST_MAX = 48, LINES_MAX = ERROR_TEXT_MAX - 2 * REST_MAX };
    char lines[LINES_MAX], rest[REST_MAX] = "";
    size_t used = 0, shown;

    lines[0] = '\0';
    for (shown = 0; shown < problems->kept; shown++) {
        size_t room = sizeof(lines) - used;
        int len =
            snprintf(lines + used, room, "\n  %s", problems->texts[shown]);

        if (len < 0 || (size_t)len >= room) {
            if (shown == 0)
                shown = 1;
            else
                lines[used] = '\0';
            break;
        }
        used += (size_t)len;
    }
    if (shown < problems->found)
        snprintf(rest, sizeof(rest), "\n  and %zu more",
                 problems->found - shown);
    return error_set(err, kind, "%zu mistakes%s%s", problems->found, lines,
                     rest);
}

int problems_error(const struct problems *problems, enum error_kind kind,
                   struct error *err)
{
    if (problems->found == 0)
        return 0;
    if (problems->kept == 0)
        return error_no_memory(err);
    if (problems->found == 1)
        return error_set(err, kind, "%s", problems->texts[0]);
    return several(problems, kind, err);
}
