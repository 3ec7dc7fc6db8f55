#include "command_check.h"

/* That the key can be read, and is one: whose it is shows to who checks. */
void command_check_sign(const struct command *command,
                        const struct prepared *prepared, struct check *check)
{
    struct check_row *row = &check->rows[check->row_count];
    struct signature_key *key;
    struct error first;

    if (prepare_sign_key(command, &prepared->setup.job, &key, &row->error) ==
            0 &&
        key == NULL)
        return;
    check->row_count++;
    row->name = "sign";
    row->kind = "key";
    row->reachable = row->permitted = key != NULL ? CHECK_YES : CHECK_UNKNOWN;
    signature_key_free(key);
    if (row->error.kind == ERROR_NONE)
        return;
    row->verdict = CHECK_FAILED;
    first = row->error;
    error_prefix(&first, "check failed");
    error_pass(&check->first, &first);
}
