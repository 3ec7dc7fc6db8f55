/*
 * no_memory: does the same again and again, each time without another piece
 * of the memory it asks for.
 *
 * no_memory_try() runs a trial undisturbed, which must go well, and then once
 * for every place in the program that asked (who called, a few levels up): its
 * first request is refused, all others are granted. The trial gives 0 or -1
 * with *err set; -1 must be for memory. With 0 the trial has looked at what it
 * made: it is as if nothing had happened. What was got must be given back
 * either way, which the address sanitizer and valgrind see.
 *
 * Refused are rollcall's own requests on the thread of the test: malloc and
 * its kin, arenas, maps, digests. A library's are left to
 * tests/e2e/test_fault_memory.py. The Makefile links with --wrap what names
 * itself NO_MEMORY_TESTS there.
 *
 * Of many places each stride-th is tried, the same every time; all with
 * ROLLCALL_FAULTS=all, as make coverage has it, and few under valgrind (UNDER
 * is set).
 */
#ifndef ROLLCALL_TEST_NO_MEMORY_H
#define ROLLCALL_TEST_NO_MEMORY_H

#include <stddef.h>

#include "error.h"

typedef int no_memory_trial(void *context, struct error *err);

/* least: so many refusals at least end in an error, when all are tried. */
void no_memory_try(no_memory_trial *trial, void *context, size_t stride,
                   int least);

#endif
