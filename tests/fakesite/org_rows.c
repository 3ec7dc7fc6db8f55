/* A member in the words of each interface. */
#include "org.h"

#include <stdlib.h>
#include <string.h>

struct pick {
    const char *name;
    const char *from;
    const char *otherwise; /* raw; NULL: left out when missing */
};

static void add(struct text *out, const char *name, struct span value)
{
    text_fmt(out, "%s\"%s\":", out->data[out->len - 1] == '{' ? "" : ",", name);
    text_add(out, value.at, value.len);
}

static void add_raw(struct text *out, const char *name, const char *raw)
{
    add(out, name, (struct span){raw, strlen(raw)});
}

static void add_picks(struct text *out, struct span member,
                      const struct pick *picks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct span value;

        if (raw_member(member, picks[i].from, &value))
            add(out, picks[i].name, value);
        else if (picks[i].otherwise != NULL)
            add_raw(out, picks[i].name, picks[i].otherwise);
    }
}

static void add_self(struct span member, struct text *out)
{
    char *id = raw_member_text(member, "accountId");

    text_fmt(out,
             ",\"links\":{\"self\":\"https://api.atlassian.com/users/%s/"
             "manage/profile\"}",
             id);
    free(id);
}

void row_managed(struct span member, struct text *out)
{
    static const struct pick picks[] = {
        {"account_id", "accountId", NULL},
        {"account_type", "accountType", "\"atlassian\""},
        {"name", "name", "\"\""},
        {"picture", "picture", "\"https://avatar.example.test/0\""},
        {"email", "email", NULL},
        {"access_billable", "accessBillable", "true"},
        {"last_active", "lastActive", NULL},
        {"product_access", "products", "[]"},
    };
    struct span status = {"\"active\"", 8};

    if (!raw_member(member, "_v1Status", &status))
        raw_member(member, "accountStatus", &status);
    text_str(out, "{");
    add(out, "account_status", status);
    add_picks(out, member, picks, sizeof(picks) / sizeof(picks[0]));
    add_self(member, out);
    text_str(out, "}");
}

void row_profile(struct span member, struct text *out)
{
    static const struct pick picks[] = {
        {"account_id", "accountId", NULL},
        {"account_type", "accountType", "\"atlassian\""},
        {"account_status", "accountStatus", "\"active\""},
        {"name", "name", "\"\""},
        {"nickname", "nickname", "\"\""},
        {"email", "email", "null"},
        {"email_verified", "emailVerified", "false"},
    };

    text_str(out, "{");
    add_picks(out, member, picks, sizeof(picks) / sizeof(picks[0]));
    text_str(out, "}");
}

static bool expands(const cJSON *expand, const char *name)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, expand)
    {
        if (strcmp(item->valuestring, name) == 0)
            return true;
    }
    return false;
}

void row_directory(struct span member, const cJSON *expand, struct text *out)
{
    static const struct pick picks[] = {
        {"accountId", "accountId", NULL},
        {"accountType", "accountType", "\"atlassian\""},
        {"status", "status", NULL},
        {"accountStatus", "accountStatus", "\"active\""},
        {"membershipStatus", "membershipStatus", "\"active\""},
        {"addedToOrg", "addedToOrg", "null"},
        {"name", "name", "\"\""},
        {"nickname", "nickname", "\"\""},
        {"email", "email", NULL},
        {"emailVerified", "emailVerified", "false"},
        {"claimStatus", "claimStatus", "\"unmanaged\""},
        {"picture", "picture", "\"https://avatar.example.test/0\""},
        {"avatar", "avatar", "null"},
        {"managementSource", "managementSource", "null"},
        {"mfaEnabled", "mfaEnabled", "false"},
        {"jobTitle", "jobTitle", "null"},
        {"department", "department", "null"},
        {"organization", "organization", "null"},
        {"location", "location", "null"},
        {"timeZone", "timeZone", "null"},
        {"deactivatedOn", "deactivatedOn", "null"},
        {"forDeletion", "forDeletion", "false"},
    };
    static const struct pick products[] = {{"productAccess", "products", "[]"}};

    text_str(out, "{");
    add_picks(out, member, picks, sizeof(picks) / sizeof(picks[0]));
    if (expands(expand, "productAccess"))
        add_picks(out, member, products, 1);
    if (expands(expand, "groups"))
        add_raw(out, "groups", "[]");
    if (expands(expand, "platformRoles"))
        add_raw(out, "platformRoles", "[]");
    if (expands(expand, "counts.resources"))
        add_raw(out, "counts", "{\"resources\":1}");
    add_self(member, out);
    text_str(out, "}");
}

void row_hub(struct span member, struct text *out)
{
    static const struct pick picks[] = {
        {"id", "accountId", NULL},
        {"displayName", "name", "\"\""},
        {"email", "email", NULL},
        {"presence", "presence", NULL},
        {"hasVerifiedEmail", "emailVerified", "false"},
    };
    struct span type = {"", 0};

    raw_member(member, "accountType", &type);
    text_str(out, "{");
    add_picks(out, member, picks, sizeof(picks) / sizeof(picks[0]));
    add_raw(out, "activeStatus",
            org_has_access(member) ? "\"ENABLED\"" : "\"DISABLED\"");
    add_raw(out, "system", raw_is(type, "\"app\"") ? "true" : "false");
    text_str(out, "}");
}
