/* What is taken and not given back. Blocks are found by their address, and
 * told of by who asked for them: a library's file, or rollcall, and the place
 * in it. What an undisturbed run leaves as well is its libraries' own. */
#include "shim.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 1 << 14, FRAMES_MAX = 24, OWN_FRAMES = 2 };

struct block {
    struct block *next;
    void *address;
    void *caller;
    size_t size;
    int frames;
    void *stack[]; /* frames of them */
};

void *__libc_malloc(size_t size);
void __libc_free(void *block);

static struct block *buckets[BUCKETS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct block **bucket_of(const void *address)
{
    return &buckets[((size_t)address >> 4) * 2654435761U % BUCKETS];
}

void shim_live_add(void *address, size_t size, void *caller)
{
    void *stack[FRAMES_MAX];
    int frames = shim_wants_stacks() ? backtrace(stack, FRAMES_MAX) : 0;
    size_t bytes = (size_t)frames * sizeof(stack[0]);
    struct block *block = __libc_malloc(sizeof(*block) + bytes);
    struct block **bucket = bucket_of(address);

    if (block == NULL)
        shim_die();
    *block = (struct block){.address = address,
                            .caller = caller,
                            .size = size,
                            .frames = frames};
    memcpy(block->stack, stack, bytes);
    pthread_mutex_lock(&lock);
    block->next = *bucket;
    *bucket = block;
    pthread_mutex_unlock(&lock);
}

void shim_live_drop(const void *address)
{
    struct block **at = bucket_of(address), *found;

    pthread_mutex_lock(&lock);
    while (*at != NULL && (*at)->address != address)
        at = &(*at)->next;
    found = *at;
    if (found != NULL)
        *at = found->next;
    pthread_mutex_unlock(&lock);
    __libc_free(found);
}

/* FILE+OFFSET of a place in the program or in a library, with :FUNCTION
 * where a library exports that. */
static void name_place(void *place, char *text, size_t size)
{
    Dl_info info;
    const char *slash, *name;

    if (dladdr(place, &info) == 0 || info.dli_fname == NULL) {
        snprintf(text, size, "?");
        return;
    }
    slash = strrchr(info.dli_fname, '/');
    name = info.dli_sname;
    snprintf(text, size, "%s+%zx%s%s",
             slash == NULL ? info.dli_fname : slash + 1,
             (size_t)((char *)place - (char *)info.dli_fbase),
             name == NULL ? "" : ":", name == NULL ? "" : name);
}

/* Behind the line a blank, and the places with commas between them. */
static void add_places(char *line, size_t size, void *const *places, int count)
{
    for (int i = 0; i < count; i++) {
        size_t used = strlen(line);

        line[used++] = i == 0 ? ' ' : ',';
        name_place(places[i], line + used, size - used);
    }
}

void shim_tell_stack(const char *word, void *const *places, int count)
{
    char line[PATH_MAX];

    snprintf(line, sizeof(line), "%s", word);
    add_places(line, sizeof(line), places, count);
    shim_tell(line);
}

static void tell_of(const struct block *block)
{
    char line[PATH_MAX];
    size_t used;

    snprintf(line, sizeof(line), "live %zu ", block->size);
    used = strlen(line);
    name_place(block->caller, line + used, sizeof(line) - used);
    add_places(line, sizeof(line), block->stack + OWN_FRAMES,
               block->frames - OWN_FRAMES);
    shim_tell(line);
}

/* After all that libraries have libc do at exit. */
__attribute__((destructor)) static void tell_of_all(void)
{
    if (!shim_tracks())
        return;
    for (size_t i = 0; i < BUCKETS; i++) {
        for (const struct block *block = buckets[i]; block != NULL;
             block = block->next)
            tell_of(block);
    }
    shim_tell("ended");
}
