#include "scenario.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "admin.h"
#include "faults.h"
#include "text.h"

enum { NAMES_MAX = 24 };

static const char *const top_names[] = {
    "latency_ms", "keep", "plain", "users", "audit", "keys",
    "limit",      "org",  "oauth", "rules", NULL};
static const char *const users_names[] = {
    "page_cap", "drop", "add_after", "delete_after", "shuffle", NULL};
static const char *const audit_names[] = {
    "page_cap", "total", "add_after", "empty", "repeat_border", NULL};
static const char *const keys_names[] = {"page_cap", "drop", "unknown", NULL};
static const char *const move_names[] = {"requests", "indexes", "records",
                                         NULL};
static const char *const limit_names[] = {"per_second", "form", "retry_after",
                                          "after", NULL};
static const char *const rule_names[NAMES_MAX] = {
    "path", "query",  "nth",  "first",    "every", "from",    "do",
    "ms",   "status", "body", "headers",  "type",  "row",     "pointer",
    "raw",  "bytes",  "mb",   "location", "after", "percent", "served",
    NULL};

static const char *const oauth_names[] = {"expires_after", "expires_in",
                                          "reuse", NULL};
static const char *const org_names[] = {
    "old_site",   "stream_end", "session_end",  "session_after",
    "log",        "late_after", "page_cap",     "next",
    "next_host",  "profile",    "write_status", "minute_ms",
    "per_minute", NULL};

enum { MINUTE_MS = 60 * 1000, NO_CONTENT = 204 };

static void check_names(const cJSON *object, const char *where,
                        const char *const *names)
{
    const cJSON *member;

    if (object != NULL && !cJSON_IsObject(object))
        die(EX_CONFIG, "scenario: %s is not an object", where);
    cJSON_ArrayForEach(member, object)
    {
        size_t i = 0;

        while (names[i] != NULL && strcmp(names[i], member->string) != 0)
            i++;
        if (names[i] == NULL)
            die(EX_CONFIG, "scenario: unknown member %s.%s", where,
                member->string);
    }
}

static const cJSON *get(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static double number(const cJSON *object, const char *name, double otherwise)
{
    const cJSON *item = get(object, name);

    if (item == NULL)
        return otherwise;
    if (!cJSON_IsNumber(item))
        die(EX_CONFIG, "scenario: %s is not a number", name);
    return item->valuedouble;
}

static const char *string(const cJSON *object, const char *name,
                          const char *otherwise)
{
    const cJSON *item = get(object, name);

    if (item == NULL)
        return otherwise;
    if (!cJSON_IsString(item))
        die(EX_CONFIG, "scenario: %s is not a text", name);
    return item->valuestring;
}

static size_t count(const cJSON *object, const char *name)
{
    double value = number(object, name, 0);

    if (value < 0)
        die(EX_CONFIG, "scenario: %s is negative", name);
    return (size_t)value;
}

static struct numbers numbers(const cJSON *array)
{
    struct numbers result = {0};
    const cJSON *item;

    result.values =
        must_alloc(((size_t)cJSON_GetArraySize(array) + 1) * sizeof(size_t));
    cJSON_ArrayForEach(item, array)
    {
        if (!cJSON_IsNumber(item))
            die(EX_CONFIG, "scenario: an index is not a number");
        result.values[result.count++] = (size_t)item->valuedouble;
    }
    return result;
}

static struct move move(const cJSON *json, const char *name)
{
    check_names(json, name, move_names);
    return (struct move){.given = json != NULL,
                         .requests = count(json, "requests"),
                         .indexes = numbers(get(json, "indexes"))};
}

static struct users_faults users(const cJSON *json)
{
    check_names(json, "users", users_names);
    return (struct users_faults){
        .page_cap = count(json, "page_cap"),
        .drop = numbers(get(json, "drop")),
        .delete_after = move(get(json, "delete_after"), "delete_after"),
        .add_after = move(get(json, "add_after"), "add_after"),
        .shuffle = cJSON_IsTrue(get(json, "shuffle")),
    };
}

static struct audit_faults audit(const cJSON *json)
{
    const cJSON *total = get(json, "total");
    const cJSON *empty = get(json, "empty");
    const cJSON *add = get(json, "add_after");
    struct audit_faults faults = {0};

    check_names(json, "audit", audit_names);
    check_names(add, "audit.add_after", move_names);
    faults.page_cap = count(json, "page_cap");
    faults.total_lies = cJSON_IsString(total);
    faults.total_fixed = cJSON_IsNumber(total);
    faults.total = faults.total_fixed ? (size_t)total->valuedouble : 0;
    faults.add_requests = count(add, "requests");
    faults.add_records = count(add, "records");
    if (cJSON_IsTrue(empty))
        faults.empty = AUDIT_EMPTY_DATED;
    if (cJSON_IsString(empty))
        faults.empty = AUDIT_EMPTY_ALL;
    faults.repeat_border = count(json, "repeat_border");
    return faults;
}

/* Which of WORDS the member says, the first one when absent. */
static int word(const cJSON *object, const char *name, const char *const *words)
{
    const char *text = string(object, name, words[0]);

    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], text) == 0)
            return i;
    }
    die(EX_CONFIG, "scenario: unknown %s %s", name, text);
}

static void check_routes(const cJSON *per_minute)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, per_minute)
    {
        if (!admin_route_known(item->string) || !cJSON_IsNumber(item))
            die(EX_CONFIG, "scenario: unknown per_minute.%s", item->string);
    }
}

static struct org_faults org(const cJSON *json)
{
    static const char *const ends[] = {"null", "short", "cursor", NULL};
    static const char *const sessions[] = {"401", "redirect", "html", NULL};
    static const char *const logs[] = {"open", "empty", "denied", NULL};
    static const char *const nexts[] = {"bare", "url", NULL};
    static const char *const profiles[] = {"account", "flat", NULL};

    check_names(json, "org", org_names);
    check_routes(get(json, "per_minute"));
    return (struct org_faults){
        .old_site = cJSON_IsTrue(get(json, "old_site")),
        .stream_end = (enum stream_end)word(json, "stream_end", ends),
        .session_end = (enum session_end)word(json, "session_end", sessions),
        .session_ends = get(json, "session_after") != NULL,
        .session_after = count(json, "session_after"),
        .log = (enum org_log)word(json, "log", logs),
        .late = get(json, "late_after") != NULL,
        .late_after = count(json, "late_after"),
        .page_cap = count(json, "page_cap"),
        .next_is_url = word(json, "next", nexts) == 1,
        .next_host = string(json, "next_host", NULL),
        .flat_profile = word(json, "profile", profiles) == 1,
        .write_status = (unsigned)number(json, "write_status", NO_CONTENT),
        .minute_ms = (int64_t)number(json, "minute_ms", MINUTE_MS),
        .per_minute = get(json, "per_minute"),
    };
}

static struct oauth_faults oauth(const cJSON *json)
{
    static const char *const reuses[] = {"refused", "grace", "kept", NULL};
    int reuse = word(json, "reuse", reuses);

    check_names(json, "oauth", oauth_names);
    return (struct oauth_faults){
        .expires = get(json, "expires_after") != NULL,
        .expires_after = count(json, "expires_after"),
        .expires_in = (int64_t)count(json, "expires_in"),
        .grace = reuse == 1,
        .keeps = reuse == 2,
    };
}

static struct limit limit(const cJSON *json)
{
    static const char *const forms[] = {"seconds", "date", "absent",
                                        "garbage", "past", NULL};
    struct limit result = {0};
    int i = 0;

    check_names(json, "limit", limit_names);
    result.per_second = number(json, "per_second", 0);
    result.form = string(json, "form", "seconds");
    result.retry_after = (int)number(json, "retry_after", 1);
    result.after = count(json, "after");
    result.tokens = result.per_second;
    while (forms[i] != NULL && strcmp(forms[i], result.form) != 0)
        i++;
    if (forms[i] == NULL)
        die(EX_CONFIG, "scenario: unknown limit.form %s", result.form);
    return result;
}

static void rules(struct scenario *scenario, const cJSON *json)
{
    const cJSON *item;

    scenario->rules = must_alloc(((size_t)cJSON_GetArraySize(json) + 1) *
                                 sizeof(*scenario->rules));
    cJSON_ArrayForEach(item, json)
    {
        struct rule *rule = &scenario->rules[scenario->rule_count++];

        check_names(item, "rules", rule_names);
        rule->json = item;
        if (!fault_known(string(item, "do", "")))
            die(EX_CONFIG, "scenario: unknown fault '%s'",
                string(item, "do", ""));
    }
}

void scenario_load(struct scenario *scenario, const char *path)
{
    struct text text = {0};
    cJSON *json;

    *scenario = (struct scenario){0};
    if (path == NULL)
        text_str(&text, "{}");
    else
        text_read_file(&text, path);
    json = cJSON_Parse(text.data);
    if (json == NULL)
        die(EX_CONFIG, "scenario: not JSON");
    check_names(json, "scenario", top_names);
    scenario->latency_ms = (int)number(json, "latency_ms", 0);
    scenario->keep = cJSON_IsTrue(get(json, "keep"));
    scenario->plain = cJSON_IsTrue(get(json, "plain"));
    scenario->users = users(get(json, "users"));
    scenario->audit = audit(get(json, "audit"));
    check_names(get(json, "keys"), "keys", keys_names);
    scenario->keys.page_cap = count(get(json, "keys"), "page_cap");
    scenario->keys.drop = get(get(json, "keys"), "drop");
    scenario->keys.unknown = get(get(json, "keys"), "unknown");
    scenario->limit = limit(get(json, "limit"));
    scenario->org = org(get(json, "org"));
    scenario->oauth = oauth(get(json, "oauth"));
    rules(scenario, get(json, "rules"));
    scenario->json = json;
    text_free(&text);
}

void scenario_free(struct scenario *scenario)
{
    free(scenario->users.drop.values);
    free(scenario->users.delete_after.indexes.values);
    free(scenario->users.add_after.indexes.values);
    free(scenario->rules);
    cJSON_Delete(scenario->json);
}

const char *rule_text(const struct rule *rule, const char *name,
                      const char *otherwise)
{
    return string(rule->json, name, otherwise);
}

double rule_number(const struct rule *rule, const char *name, double otherwise)
{
    return number(rule->json, name, otherwise);
}
