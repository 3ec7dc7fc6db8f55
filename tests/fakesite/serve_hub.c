/* Members as the administration's own pages read them: 1-based windows. */
#include <stdlib.h>
#include <string.h>

#include "admin.h"

enum { HUB_PAGE = 100 };

/* The members of LIST that count, in order: with status=active only those with
 * access. */
static struct numbers choose(const struct exchange *x,
                             const struct numbers *list)
{
    const struct org *org = &x->server->org;
    const char *status = query_get(x, "status");
    bool all = status == NULL || strcmp(status, "active") != 0;
    struct numbers chosen = {0};

    chosen.values = must_alloc((list->count + 1) * sizeof(size_t));
    for (size_t i = 0; i < list->count; i++) {
        struct text member = {0};

        if (!all)
            org_member(org, list->values[i], &member);
        if (all || org_has_access(raw_of(&member)))
            chosen.values[chosen.count++] = list->values[i];
        text_free(&member);
    }
    return chosen;
}

static void serve_list(struct exchange *x, const struct numbers *list)
{
    const struct org *org = &x->server->org;
    struct numbers chosen;
    long start;
    long count;

    if (!query_number(x, "start-index", 1, 1, &start) ||
        !query_number(x, "count", HUB_PAGE, 1, &count))
        return;
    count = (long)admin_page(x, count > HUB_PAGE ? HUB_PAGE : (size_t)count);
    chosen = choose(x, list);
    text_fmt(&x->answer.body, "{\"total\":%zu,\"users\":[", chosen.count);
    for (size_t i = 0; i < (size_t)count; i++) {
        size_t at = (size_t)start - 1 + i;
        struct text member = {0};
        struct text row = {0};

        if (at >= chosen.count)
            break;
        org_member(org, chosen.values[at], &member);
        row_hub(raw_of(&member), &row);
        answer_row(x, i, &row);
        text_free(&member);
        text_free(&row);
    }
    text_str(&x->answer.body, "]}");
    free(chosen.values);
}

void serve_hub_site(struct exchange *x)
{
    serve_list(x, &x->server->org.on_site);
}

void serve_hub_org(struct exchange *x)
{
    serve_list(x, &x->server->org.members);
}

/* Whose session it is. */
void serve_hub_me(struct exchange *x)
{
    text_str(&x->answer.body, "{\"account_type\":\"atlassian\","
                              "\"account_id\":");
    text_json(&x->answer.body, x->server->org.session_owner);
    text_str(&x->answer.body, "}");
}

void serve_hub_user(struct exchange *x)
{
    const struct org *org = &x->server->org;
    long index = admin_member(x);
    struct text member = {0};

    if (index == SITE_NONE)
        return;
    org_member(org, (size_t)index, &member);
    row_hub(raw_of(&member), &x->answer.body);
    text_free(&member);
}
