/* The calls that take memory. A stack stands for the place that asks: what is
 * tried is one allocation of each, because a run makes very many. */
#include "shim.h"

#include <errno.h>
#include <execinfo.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

enum { FRAMES_MAX = 14, OWN_FRAMES = 3 };

/* glibc's allocator under names that are not replaced. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

/* backtrace() may take memory itself. */
static __thread bool inside;

static void name_stack(char *text, size_t size)
{
    void *frames[FRAMES_MAX];
    int count = backtrace(frames, FRAMES_MAX);
    unsigned long hash = 14695981039346656037UL;

    for (int i = OWN_FRAMES; i < count; i++)
        hash = (hash ^ (unsigned long)frames[i]) * 1099511628211UL;
    snprintf(text, size, "%lx", hash);
}

static bool fails(void)
{
    char stack[32] = "";
    bool failed;

    if (inside || !shim_watches(SHIM_MEMORY))
        return false;
    inside = true;
    if (shim_lists())
        name_stack(stack, sizeof(stack));
    failed = shim_strike("stack", stack) == SHIM_FAIL;
    inside = false;
    if (failed)
        errno = ENOMEM;
    return failed;
}

void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return fails() ? NULL : __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size)
{
    return fails() ? NULL : __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **to, size_t alignment, size_t size)
{
    void *got = memalign(alignment, size);

    if (got == NULL)
        return ENOMEM;
    *to = got;
    return 0;
}
