/*
 * token_file: where a rotated refresh token survives the process.
 *
 * A server that rotates (RFC 6749, 6; RFC 9700, 4.14) answers each refresh
 * with a new refresh token and kills the old one: whoever loses the new one is
 * locked out. So the file is made ready before the old token is spent, and the
 * new one is in it, durable, before the access token that came with it is used.
 *
 * Calling order: token_file_begin(), which takes the lock and reads the newest
 * token; ask the server; token_file_put(); token_file_end(), always. Without a
 * put nothing has changed.
 *
 *   PATH        the newest token and a line end; replaced by rename
 *   PATH.lock   locked (flock) from begin to end; stays
 *   PATH.new    from begin to put: room for the longest token, on disk, so
 *               that a full or read-only disk shows before the token is spent
 *
 * Files are 0600, not links, and refused when others can read them; a missing
 * folder (its last level) is made, 0700; one that others can write is refused.
 * Everything put is fsynced, file and folder.
 *
 * A token whose put was cut short between writing and renaming is found in
 * PATH.new by the next begin, and taken. What remains: a process that dies,
 * or a connection that breaks, after the server rotated and before the first
 * byte is written here. Then PATH holds the token the server has just
 * replaced. Atlassian takes that one again for 10 minutes ("reuse interval"),
 * so running again soon heals it; later the account must be authorised anew.
 */
#ifndef ROLLCALL_TOKEN_FILE_H
#define ROLLCALL_TOKEN_FILE_H

#include <limits.h>

#include "error.h"
#include "secret.h"

struct token_file { /* all zero before begin and after end */
    const char *path;
    char name[NAME_MAX + 1], fresh[NAME_MAX + 1];
    int dir_fd, lock_fd, fresh_fd;
    bool open;
};

enum token_file_begun { TOKEN_FILE_READY, TOKEN_FILE_BUSY, TOKEN_FILE_FAILED };

/* path is absolute and outlives the file. newest->text is NULL when there is
 * no token yet. BUSY: another run, or another endpoint of this one, is at it;
 * nothing is held. FAILED: ERROR_CANT_CREATE, ERROR_IO, or ERROR_CONFIG for
 * files that may not be used. */
enum token_file_begun token_file_begin(struct token_file *file,
                                       const char *path,
                                       struct secret *newest,
                                       struct error *err);

/* Once. ERROR_IO when it is not certain to be durable. */
int token_file_put(struct token_file *file, const char *token,
                   struct error *err);
void token_file_end(struct token_file *file); /* not begun: allowed */

#endif
