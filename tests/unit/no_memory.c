#include "no_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <execinfo.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "digest.h"
#include "strmap.h"

enum {
    FRAMES = 5,     /* that tell one place from another */
    OWN_FRAMES = 3, /* of this file */
    PLACES_MAX = 8000,
    VALGRIND_STRIDE = 37
};

struct place {
    void *frames[FRAMES];
    long call; /* the first from here */
};

/* What is wrapped has no context. */
static struct {
    bool counting;
    long calls, refused; /* 0: none is */
    pthread_t thread;
    struct place places[PLACES_MAX];
    size_t count;
} control;

static __attribute__((noinline)) void note(void)
{
    void *frames[OWN_FRAMES + FRAMES] = {0};
    struct place *place = &control.places[control.count];

    backtrace(frames, OWN_FRAMES + FRAMES);
    for (size_t i = 0; i < control.count; i++) {
        if (memcmp(control.places[i].frames, frames + OWN_FRAMES,
                   sizeof(place->frames)) == 0)
            return;
    }
    if (control.count == PLACES_MAX)
        abort();
    memcpy(place->frames, frames + OWN_FRAMES, sizeof(place->frames));
    place->call = control.calls;
    control.count++;
}

static __attribute__((noinline)) bool refuse(void)
{
    if ((!control.counting && control.refused == 0) ||
        !pthread_equal(control.thread, pthread_self()))
        return false;
    control.calls++;
    if (control.counting)
        note();
    return control.calls == control.refused;
}

#define WRAP(type, failure, name, parameters, arguments) \
    type __real_##name parameters;                       \
    type __wrap_##name parameters;                       \
    type __wrap_##name parameters                        \
    {                                                    \
        if (refuse())                                    \
            return failure;                              \
        return __real_##name arguments;                  \
    }
WRAP(void *, NULL, malloc, (size_t size), (size))
WRAP(void *, NULL, calloc, (size_t count, size_t size), (count, size))
WRAP(void *, NULL, realloc, (void *old, size_t size), (old, size))
WRAP(char *, NULL, strdup, (const char *text), (text))
WRAP(char *, NULL, strndup, (const char *text, size_t len), (text, len))
WRAP(void *, NULL, arena_alloc, (struct arena *arena, size_t size),
     (arena, size))
WRAP(char *, NULL, arena_strdup, (struct arena *arena, const char *text),
     (arena, text))
WRAP(char *, NULL, arena_strndup,
     (struct arena *arena, const char *text, size_t len), (arena, text, len))
WRAP(int, -1, strmap_put, (struct strmap *map, const char *key, void *value),
     (map, key, value))
WRAP(struct digest *, NULL, digest_new, (void), ())

static void tell(const struct place *place, const struct error *err)
{
    print_error("%s: %s; refused was:\n", error_kind_name(err->kind),
                err->text);
    backtrace_symbols_fd(place->frames, FRAMES, STDERR_FILENO);
}

/* Whether it ended in an error. */
static bool try_without(no_memory_trial *trial, void *context,
                        const struct place *place)
{
    struct error err = {0};
    int result;

    control.calls = 0;
    control.refused = place->call;
    result = trial(context, &err);
    control.refused = 0;
    if (control.calls < place->call)
        fail_msg("request %ld did not come", place->call);
    if (result != 0 &&
        (err.kind != ERROR_BUG || strstr(err.text, "memory") == NULL)) {
        tell(place, &err);
        fail_msg("it is not told of memory");
    }
    if (result == 0 && err.kind != ERROR_NONE) {
        tell(place, &err);
        fail_msg("an error is set, and not told");
    }
    return result != 0;
}

static size_t stride_of(size_t wanted)
{
    const char *all = getenv("ROLLCALL_FAULTS");

    if (all != NULL && strcmp(all, "all") == 0)
        return 1;
    return getenv("UNDER") != NULL && wanted < VALGRIND_STRIDE
               ? VALGRIND_STRIDE
               : wanted;
}

void no_memory_try(no_memory_trial *trial, void *context, size_t wanted,
                   int least)
{
    size_t stride = stride_of(wanted);
    struct error err = {0};
    int errors = 0;

    control.thread = pthread_self();
    control.count = 0;
    control.calls = control.refused = 0; /* a test before may have failed */
    control.counting = true;
    if (trial(context, &err) != 0)
        fail_msg("%s", err.text);
    control.counting = false;
    for (size_t i = stride / 2; i < control.count; i += stride)
        errors += try_without(trial, context, &control.places[i]);
    print_message("%zu places, %d errors\n", control.count, errors);
    if (stride == 1 && errors < least)
        fail_msg("%d errors, expected %d", errors, least);
}
