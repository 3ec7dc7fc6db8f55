/* The search for directory users: its filters from query, body or cursor. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "admin.h"

enum { SEARCH_DEFAULT = 100, SEARCH_CAP = 100 };

enum kind {
    KIND_LIST, /* the member is one of these */
    KIND_TEXT, /* the member is this */
    KIND_BOOLEAN,
    KIND_DOMAINS,
    KIND_TERM,
    KIND_DIRECTORIES,
    KIND_EXPAND,
    KIND_LIMIT
};

struct filter {
    const char *name;
    enum kind kind;
    const char *member;
    const char *const *allowed; /* values, or NULL: any */
};

static const char *const statuses[] = {
    "active", "suspended", "not_invited", "deactivated", "for_deletion", NULL};
static const char *const accounts[] = {"active", "inactive", "closed", NULL};
static const char *const memberships[] = {"active", "suspended",
                                          "no_membership", NULL};
static const char *const claims[] = {"managed", "unmanaged", NULL};
static const char *const expansions[] = {
    "productAccess", "groups", "platformRoles", "counts.resources", NULL};

static const struct filter filters[] = {
    {"accountIds", KIND_LIST, "accountId", NULL},
    {"emails", KIND_LIST, "email", NULL},
    {"status", KIND_LIST, "status", statuses},
    {"accountStatus", KIND_LIST, "accountStatus", accounts},
    {"membershipStatus", KIND_LIST, "membershipStatus", memberships},
    {"claimStatus", KIND_TEXT, "claimStatus", claims},
    {"mfaEnabled", KIND_BOOLEAN, "mfaEnabled", NULL},
    {"emailDomains", KIND_DOMAINS, "email", NULL},
    {"searchTerm", KIND_TERM, NULL, NULL},
    {"directoryIds", KIND_DIRECTORIES, NULL, NULL},
    {"expand", KIND_EXPAND, NULL, expansions},
    {"limit", KIND_LIMIT, NULL, NULL},
};

enum { FILTERS = sizeof(filters) / sizeof(filters[0]) };

static bool is_list(enum kind kind)
{
    return kind == KIND_LIST || kind == KIND_DOMAINS ||
           kind == KIND_DIRECTORIES || kind == KIND_EXPAND;
}

/* NAME may end in [], as lists in a query do. */
static const struct filter *filter_named(const char *name)
{
    for (size_t i = 0; i < FILTERS; i++) {
        size_t len = strlen(filters[i].name);

        if (strncmp(name, filters[i].name, len) != 0)
            continue;
        if (name[len] == '\0' ||
            (is_list(filters[i].kind) && strcmp(name + len, "[]") == 0))
            return &filters[i];
    }
    return NULL;
}

static bool allowed(const struct filter *filter, const cJSON *value)
{
    if (!cJSON_IsString(value))
        return false;
    if (filter->allowed == NULL)
        return true;
    for (int i = 0; filter->allowed[i] != NULL; i++) {
        if (strcmp(filter->allowed[i], value->valuestring) == 0)
            return true;
    }
    return false;
}

static bool valid(const struct filter *filter, const cJSON *value)
{
    const cJSON *item;

    if (filter->kind == KIND_BOOLEAN)
        return cJSON_IsBool(value);
    if (filter->kind == KIND_LIMIT)
        return cJSON_IsNumber(value) && value->valuedouble >= 1;
    if (!is_list(filter->kind))
        return allowed(filter, value);
    if (!cJSON_IsArray(value))
        return false;
    cJSON_ArrayForEach(item, value)
    {
        if (!allowed(filter, item))
            return false;
    }
    return true;
}

/* A query value as the JSON a body would have; NULL: it cannot be. */
static cJSON *query_value(const struct filter *filter, const char *text)
{
    char *end;
    long number;

    if (filter->kind == KIND_BOOLEAN && strcmp(text, "true") == 0)
        return cJSON_CreateTrue();
    if (filter->kind == KIND_BOOLEAN && strcmp(text, "false") == 0)
        return cJSON_CreateFalse();
    if (filter->kind == KIND_BOOLEAN)
        return NULL;
    if (filter->kind != KIND_LIMIT)
        return cJSON_CreateString(text);
    errno = 0;
    number = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0')
        return NULL;
    return cJSON_CreateNumber((double)number);
}

static void add_value(cJSON *search, const struct filter *filter, cJSON *value)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(search, filter->name);

    if (!is_list(filter->kind)) {
        cJSON_DeleteItemFromObjectCaseSensitive(search, filter->name);
        cJSON_AddItemToObject(search, filter->name, value);
        return;
    }
    if (list == NULL)
        list = cJSON_AddArrayToObject(search, filter->name);
    cJSON_AddItemToArray(list, value);
}

static cJSON *refuse(struct exchange *x, cJSON *search, const char *name)
{
    struct text detail = {0};

    text_fmt(&detail, "The value of '%s' is not acceptable.", name);
    admin_error(x, 400, "bad.request", detail.data);
    text_free(&detail);
    cJSON_Delete(search);
    return NULL;
}

/* These would change the answer, and nothing here knows how. */
static bool unsupported(const char *name)
{
    static const char *const names[] = {"resourceIds", "groupIds", "roleIds",
                                        "sortBy", NULL};

    for (int i = 0; names[i] != NULL; i++) {
        if (strncmp(name, names[i], strlen(names[i])) == 0)
            return true;
    }
    return false;
}

static cJSON *from_query(struct exchange *x)
{
    cJSON *search = cJSON_CreateObject();

    for (size_t i = 0; i < x->query_count; i++) {
        const char *name = x->query[i].name;
        const struct filter *filter = filter_named(name);
        cJSON *value;

        if (unsupported(name))
            return refuse(x, search, name);
        if (filter == NULL || filter->kind == KIND_EXPAND)
            continue;
        value = query_value(filter, x->query[i].value);
        if (value == NULL)
            return refuse(x, search, name);
        add_value(search, filter, value);
        if (!valid(filter,
                   cJSON_GetObjectItemCaseSensitive(search, filter->name)))
            return refuse(x, search, name);
    }
    return search;
}

static cJSON *check_body(struct exchange *x, cJSON *search)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, search)
    {
        const struct filter *filter = filter_named(item->string);

        if (filter == NULL || !valid(filter, item))
            return refuse(x, search, item->string);
    }
    return search;
}

static bool posted_json(const struct exchange *x)
{
    const char *type = MHD_lookup_connection_value(
        x->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE);

    return type != NULL && strncasecmp(type, "application/json", 16) == 0;
}

static cJSON *from_cursor(struct exchange *x, const char *cursor, size_t *at)
{
    cJSON *search = cursor_read(cursor, x->path, at);

    return search == NULL ? refuse(x, NULL, "cursor") : search;
}

cJSON *search_read(struct exchange *x, size_t *at)
{
    const char *cursor = query_get(x, "cursor");
    cJSON *body = NULL;
    cJSON *search;

    *at = 0;
    if (strcmp(x->method, "POST") != 0)
        return cursor == NULL ? from_query(x) : from_cursor(x, cursor, at);
    if (!posted_json(x)) {
        admin_error(x, 415, "unsupported.media.type", "Send JSON.");
        return NULL;
    }
    if (x->upload.len > 0)
        body = cJSON_Parse(x->upload.data);
    if (!cJSON_IsObject(body))
        return refuse(x, body, "body");
    cursor =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(body, "cursor"));
    if (cursor == NULL)
        return check_body(x, body);
    search = from_cursor(x, cursor, at);
    cJSON_Delete(body);
    return search;
}

size_t search_limit(const cJSON *search)
{
    const cJSON *limit = cJSON_GetObjectItemCaseSensitive(search, "limit");

    if (limit == NULL)
        return SEARCH_DEFAULT;
    return limit->valuedouble > SEARCH_CAP ? SEARCH_CAP
                                           : (size_t)limit->valuedouble;
}

static bool has(const cJSON *list, const char *text)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, list)
    {
        if (strcasecmp(item->valuestring, text) == 0)
            return true;
    }
    return false;
}

static bool term_fits(struct span member, const char *term)
{
    char *name = raw_member_text(member, "name");
    char *email = raw_member_text(member, "email");
    bool fits =
        strcasestr(name, term) != NULL || strcasestr(email, term) != NULL;

    free(name);
    free(email);
    return fits;
}

static bool fits(const struct org *org, const struct filter *filter,
                 const cJSON *wanted, struct span member)
{
    struct span raw = {"false", 5};
    char *text;
    const char *at;
    bool result;

    if (filter->kind == KIND_EXPAND || filter->kind == KIND_LIMIT)
        return true;
    if (filter->kind == KIND_DIRECTORIES)
        return has(wanted, org->directory);
    if (filter->kind == KIND_TERM)
        return term_fits(member, wanted->valuestring);
    if (filter->kind == KIND_BOOLEAN) {
        raw_member(member, filter->member, &raw);
        return raw_is(raw, "true") == (bool)cJSON_IsTrue(wanted);
    }
    text = raw_member_text(member, filter->member);
    at = strchr(text, '@');
    if (filter->kind == KIND_TEXT)
        result = strcmp(wanted->valuestring, text) == 0;
    else if (filter->kind == KIND_DOMAINS)
        result = at != NULL && has(wanted, at + 1);
    else
        result = has(wanted, text);
    free(text);
    return result;
}

bool search_matches(const struct org *org, const cJSON *search,
                    struct span member)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, search)
    {
        const struct filter *filter = filter_named(item->string);

        if (filter != NULL && !fits(org, filter, item, member))
            return false;
    }
    return true;
}
