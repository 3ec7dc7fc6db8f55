/*
 * folder: a folder and the folders above it, made where they are missing.
 */
#ifndef ROLLCALL_FOLDER_H
#define ROLLCALL_FOLDER_H

#include <sys/types.h>

#include "error.h"

/* Makes path and its parents, durably, those it makes with this mode; opens
 * it. Links on the way are followed when we or root own them. The caller
 * closes the descriptor; -1 with *err set (ERROR_CANT_CREATE, ERROR_IO). */
int folder_make(const char *path, mode_t mode, struct error *err);

/* One level below dir_fd: opened, or made and made durable. flags: 0, or
 * O_NOFOLLOW for not even a link of ours. -1 with errno, ELOOP for a link that
 * is not followed. */
int folder_enter(int dir_fd, const char *name, mode_t mode, int flags);

#endif
