/* Write calls: what they change in a member, and the event they leave. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "admin.h"
#include "stamp.h"

enum { NO_CONTENT = 204, TEXTS_MAX = 3 };

/* Members of the row that a write sets; NULL: stays. */
struct deed {
    const char *action;
    const char *content; /* of the event's message */
    const char *account; /* raw accountStatus */
    const char *access;  /* raw membershipStatus */
};

static const struct deed disable = {
    "managed_account_deactivated", "Deactivated account", "\"inactive\"", NULL};
static const struct deed enable = {"managed_account_activated",
                                   "Reactivated account", "\"active\"", NULL};
static const struct deed suspend = {"user_disabled_org_access",
                                    "Suspended access", NULL, "\"suspended\""};
static const struct deed restore = {"user_enabled_org_access",
                                    "Restored access", NULL, "\"active\""};
static const struct deed activate = {
    "user_enabled_org_access", "Restored access", "\"active\"", "\"active\""};

static bool differs(struct span member, const char *name, const char *raw)
{
    struct span value;

    return raw != NULL &&
           (!raw_member(member, name, &value) || !raw_is(value, raw));
}

static void change_account(struct text *row, const char *status, int64_t at)
{
    bool active = strcmp(status, "\"active\"") == 0;
    struct text quoted = {0};
    char stamp[STAMP_BYTES];

    stamp_utc(stamp, at);
    text_json(&quoted, stamp);
    raw_set(row, "/accountStatus", status);
    raw_set(row, "/deactivatedOn", active ? "null" : quoted.data);
    raw_set(row, "/_v1Status", NULL);
    if (active)
        raw_set(row, "/forDeletion", "false");
    text_free(&quoted);
}

static void add_actor(struct text *out, const struct org *org, bool session)
{
    const char *id = session ? org->session_owner : org->key_owner;
    long index = org_find(org, id);
    struct text member = {0};
    struct span name = {"\"\"", 2};
    struct span email = {"null", 4};

    if (index != SITE_NONE) {
        org_member(org, (size_t)index, &member);
        raw_member(raw_of(&member), "name", &name);
        raw_member(raw_of(&member), "email", &email);
    }
    text_str(out, "{\"id\":");
    text_json(out, id);
    text_str(out, ",\"name\":");
    text_add(out, name.at, name.len);
    text_str(out, ",\"email\":");
    text_add(out, email.at, email.len);
    text_str(out, session ? ",\"auth\":{\"authType\":\"session\"},\"links\":{}}"
                          : ",\"auth\":{\"authType\":\"api-token\",\"tokenId\":"
                            "\"key-1\",\"tokenLabel\":\"organisation key\"},"
                            "\"links\":{}}");
    text_free(&member);
}

static void add_context(struct text *out, struct span member)
{
    static const char *const names[] = {"accountType", "name", "email"};
    struct span value = {"\"\"", 2};
    const char *comma = "";

    raw_member(member, "accountId", &value);
    text_str(out, "[{\"id\":");
    text_add(out, value.at, value.len);
    text_str(out, ",\"type\":\"users\",\"attributes\":{");
    for (size_t i = 0; i < TEXTS_MAX; i++) {
        if (!raw_member(member, names[i], &value))
            continue;
        text_fmt(out, "%s\"%s\":", comma, names[i]);
        text_add(out, value.at, value.len);
        comma = ",";
    }
    text_str(out, "},\"links\":{}}]");
}

static void record(struct exchange *x, const struct deed *deed,
                   struct span member, int64_t at)
{
    struct org *org = &x->server->org;
    bool session = strncmp(x->path, "/gateway/", 9) == 0;
    struct text row = {0};
    char stamp[STAMP_BYTES];

    stamp_utc(stamp, at);
    text_fmt(&row,
             "{\"id\":\"%08zx-0000-4000-9000-%012" PRIx64 "\","
             "\"type\":\"events\",\"attributes\":{\"time\":\"%s\","
             "\"processedAt\":\"%s\",\"action\":\"%s\",\"actor\":",
             org->added_count, (uint64_t)at, stamp, stamp, deed->action);
    add_actor(&row, org, session);
    text_str(&row, ",\"context\":");
    add_context(&row, member);
    text_fmt(&row,
             ",\"container\":[{\"id\":\"%s\",\"type\":\"organization\"}],"
             "\"location\":{\"ip\":\"127.0.0.1\",\"geo\":\"\"}},"
             "\"message\":{\"content\":\"%s\",\"format\":\"simple\"},"
             "\"links\":{\"self\":\"https://api.atlassian.com\"}}",
             org->id, deed->content);
    org_add_event(org, at, &row);
}

/* A second time changes nothing and leaves no event. */
static void perform(struct exchange *x, size_t index, const struct deed *deed)
{
    struct org *org = &x->server->org;
    struct text row = {0};
    bool account;
    bool access;
    int64_t at;

    org_member(org, index, &row);
    account = differs(raw_of(&row), "accountStatus", deed->account);
    access = differs(raw_of(&row), "membershipStatus", deed->access);
    if (account || access) {
        at = org_tick(org);
        if (account)
            change_account(&row, deed->account, at);
        if (access)
            raw_set(&row, "/membershipStatus", deed->access);
        record(x, deed, raw_of(&row), at);
        org_change(org, index, &row);
    }
    text_free(&row);
}

static void answer_done(struct exchange *x, unsigned status)
{
    x->answer.status = status;
    if (status != NO_CONTENT)
        text_str(&x->answer.body, "{}");
}

/* An organisation may change the accounts it manages, unless somebody else
 * provisions them. */
static bool may_change(struct exchange *x, size_t index)
{
    unsigned flags = x->server->org.ops->flags(&x->server->org, index);

    if (flags & MEMBER_MANAGED && (flags & MEMBER_GOOGLE) == 0)
        return true;
    x->answer.status = 403;
    text_str(&x->answer.body,
             "{\"key\":\"forbidden.action\",\"context\":{\"message\":"
             "\"This account cannot be changed here.\"}}");
    return false;
}

static bool body_is_json(struct exchange *x)
{
    cJSON *json;
    bool object;

    if (x->upload.len == 0)
        return true;
    json = cJSON_Parse(x->upload.data);
    object = cJSON_IsObject(json);
    cJSON_Delete(json);
    if (!object)
        admin_error(x, 400, "bad.request", "The body is not an object.");
    return object;
}

static void lifecycle(struct exchange *x, const struct deed *deed)
{
    long index = admin_member(x);

    if (index == SITE_NONE || !may_change(x, (size_t)index) || !body_is_json(x))
        return;
    perform(x, (size_t)index, deed);
    answer_done(x, NO_CONTENT);
}

static void membership(struct exchange *x, const struct deed *deed)
{
    long index = admin_member(x);

    if (index == SITE_NONE)
        return;
    perform(x, (size_t)index, deed);
    answer_done(x, x->server->scenario.org.write_status);
}

void serve_disable(struct exchange *x)
{
    lifecycle(x, &disable);
}

void serve_enable(struct exchange *x)
{
    lifecycle(x, &enable);
}

void serve_suspend(struct exchange *x)
{
    membership(x, &suspend);
}

void serve_restore(struct exchange *x)
{
    membership(x, &restore);
}

void serve_hub_deactivate(struct exchange *x)
{
    membership(x, &suspend);
}

void serve_hub_activate(struct exchange *x)
{
    membership(x, &activate);
}
