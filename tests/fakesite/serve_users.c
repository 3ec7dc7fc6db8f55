/* Accounts: the two user lists, /user/bulk and /myself. */
#include <stdlib.h>
#include <string.h>

#include "exchange.h"
#include "raw.h"

enum {
    USERS_DEFAULT = 50,
    USERS_CAP = 1000,
    BULK_DEFAULT = 10,
    BULK_CAP = 200
};

/* The accounts of one request, in order. */
struct view {
    size_t *accounts;
    size_t count;
};

static bool holds(const struct numbers *numbers, size_t value)
{
    for (size_t i = 0; i < numbers->count; i++) {
        if (numbers->values[i] == value)
            return true;
    }
    return false;
}

static void shuffle(struct view *view, size_t seed)
{
    uint64_t state = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;

    for (size_t i = view->count; i > 1; i--) {
        size_t other;
        size_t kept = view->accounts[i - 1];

        state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
        other = (size_t)(state >> 33) % i;
        view->accounts[i - 1] = view->accounts[other];
        view->accounts[other] = kept;
    }
}

/* SEEN counts the user list requests before this one. */
static struct view make_view(const struct server *server, size_t seen)
{
    const struct users_faults *faults = &server->scenario.users;
    struct view view = {0};

    view.accounts = must_alloc((server->listed_count + 1) * sizeof(size_t));
    for (size_t i = 0; i < server->listed_count; i++) {
        size_t account = server->listed[i];

        if (faults->delete_after.given &&
            seen >= faults->delete_after.requests &&
            holds(&faults->delete_after.indexes, account))
            continue;
        if (faults->add_after.given && seen < faults->add_after.requests &&
            holds(&faults->add_after.indexes, account))
            continue;
        view.accounts[view.count++] = account;
    }
    if (faults->shuffle)
        shuffle(&view, seen);
    return view;
}

/* Account ids hold ':', which self shows encoded. */
static void add_self(const struct site *site, struct span id, struct text *out)
{
    text_fmt(out, "\"self\":\"%s/rest/api/3/user?accountId=", site->base_url);
    for (size_t i = 1; i + 1 < id.len; i++) {
        if (id.at[i] == ':')
            text_str(out, "%3A");
        else
            text_add(out, id.at + i, 1);
    }
    text_str(out, "\",");
}

static void add_avatars(struct text *out)
{
    static const char *const sizes[] = {"48x48", "24x24", "16x16", "32x32"};

    text_str(out, "\"avatarUrls\":{");
    for (int i = 0; i < 4; i++)
        text_fmt(out,
                 "%s\"%s\":\"https://secure.gravatar.com/avatar/"
                 "0?d=initials&s=%.2s\"",
                 i == 0 ? "" : ",", sizes[i], sizes[i]);
    text_str(out, "},");
}

static void jira_row(const struct site *site, size_t index, struct text *out)
{
    struct text full = {0};
    struct text own = {0};
    struct span id = {"\"\"", 2};
    struct span value;

    site->ops->account(site, index, &full);
    raw_public(&own, raw_of(&full));
    text_str(out, "{");
    raw_member(raw_of(&own), "accountId", &id);
    if (!raw_member(raw_of(&own), "self", &value))
        add_self(site, id, out);
    if (!raw_member(raw_of(&own), "avatarUrls", &value))
        add_avatars(out);
    text_add(out, own.data + 1, own.len - 1);
    text_free(&full);
    text_free(&own);
}

void user_row(struct server *server, size_t index, struct text *out)
{
    struct text row = {0};

    jira_row(server->site, index, &row);
    org_patch_account(&server->org, &row);
    text_add(out, row.data, row.len);
    text_free(&row);
}

static void add_window(struct exchange *x, const struct view *view, long start,
                       long size)
{
    struct server *server = x->server;
    struct text row = {0};
    size_t shown = 0;

    for (size_t i = (size_t)start;
         i < view->count && i < (size_t)(start + size); i++) {
        size_t account = view->accounts[i];

        if (server->site->ops->flags(server->site, account) & ACCOUNT_HIDDEN)
            continue;
        if (holds(&server->scenario.users.drop, account))
            continue;
        text_clear(&row);
        user_row(server, account, &row);
        answer_row(x, shown++, &row);
    }
    text_free(&row);
}

void serve_users(struct exchange *x)
{
    struct server *server = x->server;
    size_t cap = server->scenario.users.page_cap;
    struct view view;
    size_t seen;
    long start;
    long size;

    if (!query_number(x, "startAt", 0, 0, &start) ||
        !query_number(x, "maxResults", USERS_DEFAULT, 0, &size))
        return;
    if (cap == 0 || cap > USERS_CAP)
        cap = USERS_CAP;
    if (size > (long)cap)
        size = (long)cap;
    pthread_mutex_lock(&server->lock);
    seen = server->user_requests++;
    pthread_mutex_unlock(&server->lock);
    view = make_view(server, seen);
    text_str(&x->answer.body, "[");
    add_window(x, &view, start, size);
    text_str(&x->answer.body, "]");
    free(view.accounts);
}

/* The accounts asked for, each once; unknown ones are left out. */
static struct view asked(const struct exchange *x)
{
    const struct site *site = x->server->site;
    struct view view = {0};

    view.accounts = must_alloc((x->query_count + 1) * sizeof(size_t));
    for (size_t i = 0; i < x->query_count; i++) {
        long index;
        struct numbers had = {view.accounts, view.count};

        if (strcmp(x->query[i].name, "accountId") != 0)
            continue;
        index = site->ops->by_id(site, x->query[i].value);
        if (index != SITE_NONE && !holds(&had, (size_t)index))
            view.accounts[view.count++] = (size_t)index;
    }
    return view;
}

static void add_bulk_page(struct exchange *x, const struct view *view,
                          size_t start, size_t size)
{
    struct text *body = &x->answer.body;
    size_t end = start + size < view->count ? start + size : view->count;
    const char *host = MHD_lookup_connection_value(
        x->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
    struct text row = {0};

    if (host == NULL)
        host = "127.0.0.1";
    text_fmt(body, "{\"self\":\"http://%s%s\",", host, x->path);
    if (end < view->count)
        text_fmt(body,
                 "\"nextPage\":\"http://%s%s?startAt=%zu&maxResults=%zu\",",
                 host, x->path, end, size);
    text_fmt(body,
             "\"maxResults\":%zu,\"startAt\":%zu,\"total\":%zu,"
             "\"isLast\":%s,\"values\":[",
             size, start, view->count, end < view->count ? "false" : "true");
    for (size_t i = start; i < end; i++) {
        text_clear(&row);
        user_row(x->server, view->accounts[i], &row);
        answer_row(x, i - start, &row);
    }
    text_str(body, "]}");
    text_free(&row);
}

void serve_bulk(struct exchange *x)
{
    struct view view;
    long start;
    long size;

    if (!query_number(x, "startAt", 0, 0, &start) ||
        !query_number(x, "maxResults", BULK_DEFAULT, 1, &size))
        return;
    if (query_get(x, "accountId") == NULL) {
        answer_error(x, 400, "The accountId query parameter is required.");
        return;
    }
    view = asked(x);
    add_bulk_page(x, &view, (size_t)start,
                  size > BULK_CAP ? BULK_CAP : (size_t)size);
    free(view.accounts);
}

void serve_myself(struct exchange *x)
{
    const struct site *site = x->server->site;
    long index = site->ops->by_id(site, site->caller);

    if (index == SITE_NONE)
        answer_error(x, 404, "The caller is not an account of this site.");
    else
        user_row(x->server, (size_t)index, &x->answer.body);
}
