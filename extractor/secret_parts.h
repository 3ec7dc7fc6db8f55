/* Private to secret*.c. */
#ifndef ROLLCALL_SECRET_PARTS_H
#define ROLLCALL_SECRET_PARTS_H

#include "job.h"

/* Our environment without the variables that secrets of the job come from, for
 * a command that tells another secret. Free the array, not its texts. NULL:
 * memory is out. */
char **secret_environ(const struct job *job);

#endif
