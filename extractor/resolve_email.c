/* Names by e-mail, once all accounts are known. */
#include <string.h>

#include "name.h"
#include "resolve.h"

/* Instead of an account id: several accounts have the address. No id is
 * empty. */
static const char several[] = "";

static int add_account(struct resolved *resolved, const struct account *account,
                       struct error *err)
{
    struct value email = account_value(account, USER_EMAIL);
    const char *id = account_id(account);
    size_t size;
    char *name;

    /* What was only looked up depends on what else a run asks. */
    if (!email.present || !name_is_address(email.text) ||
        account->origin[USER_EMAIL] == ROSTER_ASKED)
        return 0;
    size = strlen(email.text) + 2;
    name = arena_alloc(&resolved->arena, size);
    if (name == NULL)
        return error_no_memory(err);
    name_from_email(email.text, name, size);
    if (strmap_get(&resolved->emails, name) != NULL)
        id = several;
    if (strmap_put(&resolved->emails, name, (void *)id) != 0)
        return error_no_memory(err);
    return 0;
}

static int build(struct resolved *resolved, const struct gathered *gathered,
                 struct error *err)
{
    const struct account *account = gathered->roster.first;

    for (; account != NULL && !resolved->emails_built;
         account = account->next) {
        if (add_account(resolved, account, err) != 0)
            return -1;
    }
    resolved->emails_built = true;
    return 0;
}

static int resolve_one(struct resolved *resolved, const char *name,
                       struct key_report *report, struct error *err)
{
    const char *id = strmap_get(&resolved->emails, name);
    bool found = id != NULL && *id != '\0';

    if (strmap_get(&resolved->asked_emails, name) != NULL)
        return 0;
    if (strmap_put(&resolved->asked_emails, name, resolved) != 0 ||
        (found && strmap_put(&resolved->ids, name, (void *)id) != 0))
        return error_no_memory(err);
    report->emails++;
    report->emails_unresolved += !found;
    return 0;
}

int resolve_emails(struct resolved *resolved, const struct gathered *gathered,
                   const struct strmap *names, struct key_report *report,
                   struct error *err)
{
    const struct strmap_slot *entry;
    size_t position = 0;

    while ((entry = strmap_next(names, &position)) != NULL) {
        if (!name_is_email(entry->key))
            continue;
        if (build(resolved, gathered, err) != 0 ||
            resolve_one(resolved, entry->key, report, err) != 0)
            return -1;
    }
    return 0;
}
