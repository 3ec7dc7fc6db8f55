/*
 * shim: faults inside a running rollcall, and inside the libraries it uses.
 *
 * The shared object is put before libc with LD_PRELOAD. It stands in front of
 * the calls that touch files (shim_write.c, shim_read.c), that take memory
 * (shim_memory.c) and that tell the time (shim_clock.c), counts them, and at
 * the n-th call of one set does what the environment says:
 *
 *   FAULT_SET     write | read | memory: the calls that count
 *   FAULT_UNDER   an absolute folder without links; of the file calls only
 *                 those on it or below it count. Sockets, pipes and standard
 *                 streams never do
 *   FAULT_AT      n, the first call is 1; absent: only count
 *   FAULT_DO      fail        the call fails with FAULT_ERRNO (a number)
 *                 short       write half of what was asked, and say so
 *                 signal      get the signal FAULT_ERRNO, and then go on
 *                 kill        die by SIGKILL before the call
 *                 kill-half   die when half of the bytes are written
 *                 kill-after  die when the call is done
 *   FAULT_ONWARD  1: and the same at every later call of the set
 *   FAULT_LOG     a file; without FAULT_AT it gets "N KIND PATH" of each call
 *                 (memory: "N STACK"), with it "struck N KIND PATH" of the one.
 *                 At the end memory adds "live SIZE PLACE" for each block that
 *                 was not given back, and "ended"
 *   FAULT_STACKS  1: behind PLACE, who called it, and so on; and of memory that
 *                 is refused "asked STACK"
 *   FAULT_WALL    SECONDS[@N]: the wall clock is off by that much, from the
 *                 N-th reading on; the monotonic clock is left alone
 *
 * Nothing counts before main begins or after it has returned.
 */
#ifndef SHIM_H
#define SHIM_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum shim_set { SHIM_NONE, SHIM_WRITE, SHIM_READ, SHIM_MEMORY };

/* What the caller has to do with its call. SHIM_SIGNAL and SHIM_DIE never
 * come to it. */
enum shim_order {
    SHIM_PASS,
    SHIM_FAIL, /* errno is set */
    SHIM_SHORT,
    SHIM_DIE_HALF,
    SHIM_DIE_AFTER,
    SHIM_SIGNAL,
    SHIM_DIE
};

/* Counts a call of the set that shim_watches(), shim_has_fd() or
 * shim_has_at() named. */
enum shim_order shim_strike(const char *kind, const char *path);

/* The set is watched, main runs, and the file is below FAULT_UNDER; *path is
 * its name then. */
bool shim_watches(enum shim_set set);
bool shim_has_fd(enum shim_set set, int fd, char path[PATH_MAX]);
bool shim_has_at(enum shim_set set, int dir_fd, const char *name,
                 char path[PATH_MAX]);

/* Both of the above and the strike. */
enum shim_order shim_on_fd(enum shim_set set, const char *kind, int fd);
enum shim_order shim_on_at(enum shim_set set, const char *kind, int dir_fd,
                           const char *name);

/* Calls are counted and told of, and none fails. */
bool shim_lists(void);

/* The call is done: dies when that is when to die. */
void shim_after(enum shim_order order);
void shim_die(void) __attribute__((noreturn));

/* A line of the log; and one of a word and the names of places. */
void shim_tell(const char *line);
void shim_tell_stack(const char *word, void *const *places, int count);

/* Blocks of memory that are in use: followed since main began. */
bool shim_tracks(void);
bool shim_wants_stacks(void);
void shim_live_add(void *address, size_t size, void *caller);
void shim_live_drop(const void *address);

/* The function of libc that a wrapper hides. */
void *shim_real(const char *name);
#define REAL(name)                                         \
    __extension__({                                        \
        static __typeof__(&name) real_;                    \
        if (real_ == NULL)                                 \
            real_ = (__typeof__(&name))shim_real(#name);   \
        real_;                                             \
    })

#endif
