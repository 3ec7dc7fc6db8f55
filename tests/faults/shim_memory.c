/* The calls that take memory. A stack stands for the place that asks: what is
 * tried is one allocation of each, because a run makes very many. */
#include "shim.h"

#include <errno.h>
#include <execinfo.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

enum { FRAMES_MAX = 14, OWN_FRAMES = 3, STACK_MAX = 24 };
#define CALLER __builtin_return_address(0)

/* glibc's allocator under names that are not replaced. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

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

/* Who does not get what it asks for. */
static void tell_struck(void)
{
    void *frames[STACK_MAX];
    int count = backtrace(frames, STACK_MAX);

    shim_tell_stack("asked", frames + OWN_FRAMES, count - OWN_FRAMES);
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
    if (failed && shim_wants_stacks())
        tell_struck();
    inside = false;
    if (failed)
        errno = ENOMEM;
    return failed;
}

/* A block that was given while main runs; it is followed until it is freed. */
static void *given(void *block, size_t size, void *caller)
{
    if (block != NULL && !inside && shim_watches(SHIM_MEMORY)) {
        inside = true;
        shim_live_add(block, size, caller);
        inside = false;
    }
    return block;
}

static void *aligned(size_t alignment, size_t size, void *caller)
{
    return fails() ? NULL
                   : given(__libc_memalign(alignment, size), size, caller);
}

void *malloc(size_t size)
{
    return fails() ? NULL : given(__libc_malloc(size), size, CALLER);
}

void *calloc(size_t count, size_t size)
{
    return fails() ? NULL
                   : given(__libc_calloc(count, size), count * size, CALLER);
}

/* Another thread may get the old block's address before this one is back. */
void *realloc(void *old, size_t size)
{
    void *block;

    if (fails())
        return NULL;
    if (old != NULL && shim_tracks())
        shim_live_drop(old);
    block = __libc_realloc(old, size);
    if (block == NULL && size != 0)
        given(old, size, CALLER);
    return given(block, size, CALLER);
}

void free(void *block)
{
    if (block != NULL && shim_tracks())
        shim_live_drop(block);
    __libc_free(block);
}

void *memalign(size_t alignment, size_t size)
{
    return aligned(alignment, size, CALLER);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return aligned(alignment, size, CALLER);
}

int posix_memalign(void **to, size_t alignment, size_t size)
{
    void *got = aligned(alignment, size, CALLER);

    if (got == NULL)
        return ENOMEM;
    *to = got;
    return 0;
}
