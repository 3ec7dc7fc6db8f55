/* Taking published runs away again, and the lock for it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lock.h"
#include "publish.h"
#include "publish_hive.h"
#include "publish_parts.h"
#include "sink.h"

enum { LOCK_FILE_MODE = 0600 };

int publish_hold(int out_fd, const char *who, struct error *err)
{
    mode_t mode = LOCK_FILE_MODE;
    struct stat st;

    /* A run gave it the mode its job wants. */
    if (fstatat(out_fd, PUBLISH_LOCK_NAME, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISREG(st.st_mode))
        mode = st.st_mode & 0777;
    return lock_take(out_fd, PUBLISH_LOCK_NAME, who, mode, err);
}

int publish_retire(int out_fd, const char *run_id, struct error *err)
{
    char temp[sizeof(SINK_TEMP_PREFIX) + PUBLISH_RUN_ID_MAX];

    snprintf(temp, sizeof(temp), SINK_TEMP_PREFIX "%s", run_id);
    if (publish_remove(out_fd, temp, err) != 0 ||
        publish_remove_done(out_fd, run_id, err) != 0 ||
        publish_hive_unmark(out_fd, run_id, err) != 0 ||
        publish_hive_prune(out_fd, run_id, NULL, err) != 0)
        return -1;
    if (renameat(out_fd, run_id, out_fd, temp) != 0)
        return file_write_error(err, run_id);
    if (file_sync(out_fd) != 0)
        return file_write_error(err, run_id);
    return publish_remove(out_fd, temp, err);
}

int publish_sweep(int out_fd, struct error *err)
{
    return publish_remove_prefixed(out_fd, SINK_TEMP_PREFIX, err);
}

bool publish_holder(int out_fd, char text[PUBLISH_HOLDER_MAX])
{
    return lock_holder(out_fd, PUBLISH_LOCK_NAME, text);
}
