/* Members by API key: managed accounts, the directory, one account. */
#include <stdlib.h>
#include <string.h>

#include "admin.h"

enum { MANAGED_PAGE = 100, PRODUCTS_PAGE = 50 };

/* The start of a page that only a cursor names; false: a 400. */
static bool page_start(struct exchange *x, size_t *at)
{
    const char *cursor = query_get(x, "cursor");
    cJSON *state;

    *at = 0;
    if (cursor == NULL)
        return true;
    state = cursor_read(cursor, x->path, at);
    if (state == NULL)
        admin_error(x, 400, "bad.request", "The cursor is not acceptable.");
    cJSON_Delete(state);
    return state != NULL;
}

/* A full URL for the page at AT, or null when there is none. */
static void add_page_url(struct exchange *x, const char *name, bool given,
                         size_t at)
{
    char *cursor = given ? cursor_make(NULL, x->path, at) : NULL;

    text_fmt(&x->answer.body, ",\"%s\":", name);
    if (given)
        admin_url(x, x->path, cursor, &x->answer.body);
    else
        text_str(&x->answer.body, "null");
    free(cursor);
}

static void add_links(struct exchange *x, size_t at, size_t size, size_t count)
{
    text_str(&x->answer.body, "\"links\":{\"self\":");
    admin_url(x, x->path, NULL, &x->answer.body);
    add_page_url(x, "prev", at > 0, at > size ? at - size : 0);
    add_page_url(x, "next", at + size < count, at + size);
    text_str(&x->answer.body, "}}");
}

void serve_managed(struct exchange *x)
{
    const struct org *org = &x->server->org;
    size_t size = admin_page(x, MANAGED_PAGE);
    size_t shown = 0;
    size_t at;

    if (!page_start(x, &at))
        return;
    text_str(&x->answer.body, "{\"data\":[");
    for (size_t i = at; i < org->managed.count && shown < size; i++) {
        struct text member = {0};
        struct text row = {0};

        org_member(org, org->managed.values[i], &member);
        row_managed(raw_of(&member), &row);
        answer_row(x, shown++, &row);
        text_free(&member);
        text_free(&row);
    }
    text_fmt(&x->answer.body, "],\"meta\":{\"total\":%zu},",
             org->managed.count);
    add_links(x, at, size, org->managed.count);
}

/* Of an account that the organisation does not own, nothing is told. */
void serve_profile(struct exchange *x)
{
    const struct org *org = &x->server->org;
    bool flat = x->server->scenario.org.flat_profile;
    long index = admin_member(x);
    struct text member = {0};

    if (index == SITE_NONE)
        return;
    if ((org->ops->flags(org, (size_t)index) & MEMBER_MANAGED) == 0) {
        admin_error(x, 403, "forbidden", "This account is not managed.");
        return;
    }
    org_member(org, (size_t)index, &member);
    text_str(&x->answer.body, flat ? "" : "{\"account\":");
    row_profile(raw_of(&member), &x->answer.body);
    text_str(&x->answer.body, flat ? "" : "}");
    text_free(&member);
}

/* The products from AT on; their number is the result. */
static size_t add_products(struct exchange *x, struct span member, size_t at,
                           size_t size)
{
    struct span products = {"[]", 2};
    struct raw_walk walk;
    struct raw_entry entry;
    size_t count = 0;
    size_t shown = 0;

    raw_member(member, "products", &products);
    if (!raw_open(&walk, products))
        return 0;
    for (; raw_next(&walk, &entry); count++) {
        struct text row = {0};

        if (count < at || shown == size)
            continue;
        text_add(&row, entry.value.at, entry.value.len);
        answer_row(x, shown++, &row);
        text_free(&row);
    }
    return count;
}

void serve_last_active(struct exchange *x)
{
    size_t size = admin_page(x, PRODUCTS_PAGE);
    struct text member = {0};
    struct span added;
    size_t count;
    size_t at;
    long index = admin_member(x);

    if (index == SITE_NONE || !page_start(x, &at))
        return;
    org_member(&x->server->org, (size_t)index, &member);
    text_str(&x->answer.body, "{\"data\":{\"product_access\":[");
    count = add_products(x, raw_of(&member), at, size);
    text_str(&x->answer.body, "]");
    if (raw_member(raw_of(&member), "addedToOrg", &added)) {
        text_str(&x->answer.body, ",\"added_to_org\":");
        text_add(&x->answer.body, added.at, added.len);
    }
    text_str(&x->answer.body, "},");
    add_links(x, at, size, count);
    text_free(&member);
}

/* Rows from AT on; where the next page starts is the result. */
static size_t add_found(struct exchange *x, const cJSON *search, size_t at)
{
    const struct org *org = &x->server->org;
    const cJSON *expand = cJSON_GetObjectItemCaseSensitive(search, "expand");
    size_t size = admin_page(x, search_limit(search));
    size_t shown = 0;

    for (; at < org->members.count && shown < size; at++) {
        struct text member = {0};
        struct text row = {0};

        org_member(org, org->members.values[at], &member);
        if (search_matches(org, search, raw_of(&member))) {
            row_directory(raw_of(&member), expand, &row);
            answer_row(x, shown++, &row);
        }
        text_free(&member);
        text_free(&row);
    }
    return at;
}

void serve_directory(struct exchange *x)
{
    const struct org *org = &x->server->org;
    struct text *body = &x->answer.body;
    char *cursor = NULL;
    size_t at;
    cJSON *search = search_read(x, &at);

    if (search == NULL)
        return;
    text_str(body, "{\"data\":[");
    at = add_found(x, search, at);
    text_str(body, "],\"links\":{\"self\":");
    admin_url(x, x->path, NULL, body);
    text_str(body, ",\"next\":");
    if (at < org->members.count)
        cursor = cursor_make(search, x->path, at);
    if (cursor != NULL && x->server->scenario.org.next_is_url)
        admin_url(x, x->path, cursor, body);
    else
        admin_cursor(cursor, body);
    text_str(body, "}}");
    free(cursor);
    cJSON_Delete(search);
}

void serve_search(struct exchange *x)
{
    if (x->server->scenario.org.old_site)
        admin_error(x, 404, "not.found", "There is nothing at this address.");
    else
        serve_directory(x);
}
