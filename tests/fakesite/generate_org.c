/*
 * The organisation of a generated site. Its members are the site's people and
 * apps. Each block of Jira records has three events: first those that explain
 * the deactivations for which Jira names nobody, then everyday ones.
 */
#include "generate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "org.h"
#include "stamp.h"

enum {
    EVENTS_PER_BLOCK = 3,
    MANAGED_PERCENT = 85,
    GOOGLE_PERCENT = 3,
    WRONG_V1_PERCENT = 5,
    NEVER_SEEN_PERCENT = 20,
    NO_DATE_PERCENT = 30,
    LATE_PERCENT = 1,
    ADMINS_ONE_IN = 40, /* of the accounts */
    ID_PREFIX_LEN = 8
};

static const int64_t DAY_MS = INT64_C(24) * 3600 * 1000;
static const int64_t LOG_DAYS = 190;
static const int64_t EARLIER_MIN_MS = 2000;
static const int64_t EARLIER_SPAN_MS = 300 * 1000;
static const int64_t DELAY_SPAN_MS = 90 * 1000;
static const int64_t LATE_SPAN_MS = 6 * 3600 * 1000;
static const char org_id[] = "5ac0e1f2-0000-4000-8000-0000000000a1";
static const char directory_id[] = "5ac0e1f2-0000-4000-8000-0000000000d1";

static const char *const actions[][2] = {
    {"managed_account_deactivated", "Deactivated account"},
    {"managed_account_activated", "Reactivated account"},
    {"user_disabled_org_access", "Suspended access"},
    {"user_enabled_org_access", "Restored access"},
    {"user_login", "Logged in"},
    {"api_token_created", "Created API token"},
    {"user_profile_viewed", "Viewed profile"},
};

enum { ACTIONS = sizeof(actions) / sizeof(actions[0]), FIRST_EVERYDAY = 4 };

static const struct gen *gen_of(const struct org *org)
{
    return org->data;
}

/* Percent draws that do not follow each other. */
static bool chance(const struct gen *gen, size_t index, unsigned which,
                   unsigned percent)
{
    uint64_t draw = gen_hash(gen, DRAW_MEMBER, index * 16 + which);

    return draw % 100 < percent;
}

static unsigned flags(const struct org *org, size_t index)
{
    const struct gen *gen = gen_of(org);

    if (gen_placeholder(gen, index) || gen_person(gen, index) == GEN_CUSTOMER)
        return MEMBER_ABSENT;
    if (index >= gen->listed)
        return MEMBER_OFF_SITE;
    if (index == 0)
        return MEMBER_MANAGED;
    if (gen_person(gen, index) == GEN_APP ||
        !chance(gen, index, 0, MANAGED_PERCENT))
        return 0;
    return MEMBER_MANAGED |
           (chance(gen, index, 1, GOOGLE_PERCENT) ? MEMBER_GOOGLE : 0);
}

struct standing {
    const char *account;
    const char *membership;
    bool for_deletion;
};

static struct standing standing(const struct org *org, size_t index)
{
    const struct gen *gen = gen_of(org);
    uint64_t draw = gen_hash(gen, DRAW_MEMBER, index * 16 + 2) % 100;
    bool managed = flags(org, index) & MEMBER_MANAGED;

    if (gen_active(gen, index))
        return (struct standing){"active", "active", false};
    if (draw < 70)
        return (struct standing){"inactive", "active", false};
    if (draw < 85)
        return (struct standing){"active", "suspended", false};
    if (draw < 92)
        return (struct standing){"active", "no_membership", false};
    if (draw < 97 && managed)
        return (struct standing){"inactive", "active", true};
    return (struct standing){"closed", "active", false};
}

static void add_seen(const struct org *org, size_t index, struct text *out)
{
    const struct gen *gen = gen_of(org);
    uint64_t draw = gen_hash(gen, DRAW_MEMBER, index * 16 + 3);
    int64_t age = (int64_t)(draw / 128 % (uint64_t)(LOG_DAYS * DAY_MS));
    char stamp[STAMP_BYTES];

    if (chance(gen, index, 4, NEVER_SEEN_PERCENT)) {
        text_str(out, ",\"products\":[]");
        return;
    }
    stamp_utc(stamp, org->site->now - age);
    text_fmt(out,
             ",\"lastActive\":\"%s\",\"presence\":\"%s\",\"products\":[{"
             "\"id\":\"p1\",\"key\":\"jira-software\",\"name\":\"Jira\","
             "\"url\":\"%s\",\"last_active\":\"%s\"}]",
             stamp, stamp, org->site->base_url, stamp);
}

static void add_dates(const struct org *org, size_t index,
                      const struct standing *standing, struct text *out)
{
    const struct gen *gen = gen_of(org);
    int64_t days = (int64_t)(gen_hash(gen, DRAW_MEMBER, index * 16 + 5) % 365);
    char stamp[STAMP_BYTES];

    stamp_utc(stamp, org->site->now - (LOG_DAYS + 400 + days) * DAY_MS);
    text_fmt(out, ",\"addedToOrg\":\"%s\"", stamp);
    stamp_utc(stamp, org->site->now - (LOG_DAYS + days) * DAY_MS);
    if (strcmp(standing->account, "active") == 0 ||
        chance(gen, index, 6, NO_DATE_PERCENT))
        text_str(out, ",\"deactivatedOn\":null");
    else
        text_fmt(out, ",\"deactivatedOn\":\"%s\"", stamp);
}

static void member(const struct org *org, size_t index, struct text *out)
{
    const struct gen *gen = gen_of(org);
    struct standing own = standing(org, index);
    unsigned flag = flags(org, index);
    char id[GEN_ID_BYTES];

    gen_id(gen, index, id);
    text_fmt(out,
             "{\"accountId\":\"%s\",\"accountStatus\":\"%s\","
             "\"membershipStatus\":\"%s\",\"claimStatus\":\"%s\","
             "\"emailVerified\":true,\"forDeletion\":%s",
             id, own.account, own.membership,
             flag & MEMBER_MANAGED ? "managed" : "unmanaged",
             own.for_deletion ? "true" : "false");
    add_dates(org, index, &own, out);
    add_seen(org, index, out);
    if (flag & MEMBER_GOOGLE)
        text_str(out, ",\"_google\":true");
    if (flag & MEMBER_OFF_SITE)
        text_str(out, ",\"_offSite\":true");
    if (strcmp(own.account, "inactive") == 0 &&
        chance(gen, index, 7, WRONG_V1_PERCENT))
        text_str(out, ",\"_v1Status\":\"closed\"");
    text_str(out, "}");
}

static long by_id(const struct org *org, const char *id)
{
    return org->site->ops->by_id(org->site, id);
}

static void event_at(const struct org *org, size_t index, int64_t *at,
                     int64_t *processed)
{
    const struct gen *gen = gen_of(org);
    uint64_t draw = gen_hash(gen, DRAW_EVENT, index);
    bool late = draw % 100 < LATE_PERCENT;
    size_t block = index / EVENTS_PER_BLOCK;
    struct gen_echo echo = {0, gen_block_at(gen, block)};
    uint64_t span = (uint64_t)(late ? LATE_SPAN_MS : DELAY_SPAN_MS);

    gen_echo(gen, block, index % EVENTS_PER_BLOCK, &echo);
    *at = echo.at - EARLIER_MIN_MS -
          (int64_t)(draw / 128 % (uint64_t)EARLIER_SPAN_MS);
    *processed = *at + 1000 + (int64_t)(draw / 8192 % span);
}

/* One of the people who administer. */
static size_t administrator(const struct gen *gen, uint64_t draw)
{
    size_t index = draw % (gen->listed / ADMINS_ONE_IN + 1);

    return gen_person(gen, index) == GEN_PERSON && !gen_placeholder(gen, index)
               ? index
               : 0;
}

static void add_person(const struct org *org, size_t index, struct text *out)
{
    char id[GEN_ID_BYTES];

    gen_id(gen_of(org), index, id);
    text_fmt(out,
             "\"id\":\"%s\",\"name\":\"Person %zu\","
             "\"email\":\"user%zu@example.test\"",
             id, index, index);
}

/* Of ten: seven people, one script, one app for somebody, one system. */
static void add_actor(const struct org *org, uint64_t draw, struct text *out)
{
    size_t who = administrator(gen_of(org), draw / 16);
    uint64_t form = draw % 10;

    text_str(out, "\"actor\":{");
    if (form < 8) {
        add_person(org, who, out);
        text_str(out, form < 7 ? ",\"auth\":{\"authType\":\"session\"}"
                               : ",\"auth\":{\"authType\":\"api-token\","
                                 "\"tokenId\":\"t1\",\"tokenLabel\":\"leavers"
                                 " script\"}");
    } else {
        text_str(out, "\"id\":\"scim\",\"name\":\"User provisioning\","
                      "\"email\":\"Atlassian app\",\"picture\":null");
    }
    if (form == 8) {
        text_str(out, ",\"onBehalfOf\":{");
        add_person(org, who, out);
        text_str(out, "}");
    }
    text_str(out, ",\"links\":{}}");
}

static void add_context(const struct org *org, size_t who, struct text *out)
{
    char id[GEN_ID_BYTES];

    gen_id(gen_of(org), who, id);
    text_fmt(out,
             ",\"context\":[{\"id\":\"%s\",\"type\":\"users\","
             "\"attributes\":{\"accountType\":\"atlassian\"},"
             "\"links\":{}}]",
             id);
}

/* What a deactivation is called depends on who owns the account. */
static const char *const *deactivation(const struct org *org, size_t who)
{
    return actions[flags(org, who) & MEMBER_MANAGED ? 0 : 2];
}

static void event(const struct org *org, size_t index, struct text *out)
{
    const struct gen *gen = gen_of(org);
    uint64_t draw = gen_hash(gen, DRAW_EVENT, index) / 64;
    const char *const *action =
        actions[FIRST_EVERYDAY + draw % (ACTIONS - FIRST_EVERYDAY)];
    struct gen_echo echo;
    char at[STAMP_BYTES];
    char processed[STAMP_BYTES];
    int64_t at_ms;
    int64_t processed_ms;
    bool change = gen_echo(gen, index / EVENTS_PER_BLOCK,
                           index % EVENTS_PER_BLOCK, &echo);

    if (change)
        action = deactivation(org, echo.who);
    event_at(org, index, &at_ms, &processed_ms);
    stamp_utc(at, at_ms);
    stamp_utc(processed, processed_ms);
    text_fmt(out,
             "{\"id\":\"%08zx-0000-4000-8000-000000000000\","
             "\"type\":\"events\",\"attributes\":{\"time\":\"%s\","
             "\"processedAt\":\"%s\",\"action\":\"%s\",",
             index, at, processed, action[0]);
    add_actor(org, draw / 16, out);
    if (change)
        add_context(org, echo.who, out);
    text_fmt(out,
             ",\"container\":[{\"id\":\"%s\",\"type\":\"organization\"}],"
             "\"location\":{\"ip\":\"10.30.%d.%d\"}},\"message\":{"
             "\"content\":\"%s\",\"format\":\"simple\"}}",
             org_id, (int)(draw >> 40) & 255, (int)(draw >> 48) & 255,
             action[1]);
}

static long event_by_id(const struct org *org, const char *id)
{
    char *end;
    unsigned long index = strtoul(id, &end, 16);

    if (end != id + ID_PREFIX_LEN || index >= org->event_count ||
        strcmp(end, "-0000-4000-8000-000000000000") != 0)
        return SITE_NONE;
    return (long)index;
}

static bool action(const struct org *org, size_t index, struct text *out)
{
    (void)org;
    if (index >= ACTIONS)
        return false;
    text_fmt(out,
             "{\"id\":\"%s\",\"type\":\"event-actions\",\"attributes\":{"
             "\"displayName\":\"%s\",\"groupDisplayName\":\"Users\"}}",
             actions[index][0], actions[index][1]);
    return true;
}

/* The data is the site's. */
static void release(void *data)
{
    (void)data;
}

static const struct org_ops generated_ops = {
    .flags = flags,
    .member = member,
    .by_id = by_id,
    .event = event,
    .event_at = event_at,
    .event_by_id = event_by_id,
    .action = action,
    .release = release,
};

static char *copy(const char *text)
{
    return must_copy(text, strlen(text));
}

void org_generate(struct org *org, const struct site *site)
{
    const struct gen *gen = site->data;

    *org =
        (struct org){.site = site, .ops = &generated_ops, .data = site->data};
    org->id = copy(org_id);
    org->directory = copy(directory_id);
    org->site_id = copy(site->cloud_id);
    org->key_owner = copy(site->caller);
    org->session_owner = copy(site->caller);
    org->member_count = gen->total;
    org->event_count = gen_blocks(gen) * EVENTS_PER_BLOCK;
    pthread_mutex_init(&org->lock, NULL);
}
