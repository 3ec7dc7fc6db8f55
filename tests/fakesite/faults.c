#include "faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange.h"
#include "gzip.h"
#include "raw.h"
#include "stamp.h"

enum { BOMB_STEP_BYTES = 1 << 20, DAY_MS = 24 * 3600 * 1000 };

struct kind {
    const char *name;
    /* Any of these may be NULL. */
    void (*before)(struct exchange *x, const struct rule *rule);
    void (*row)(const struct rule *rule, const struct text *row,
                struct text *changed);
    void (*after)(struct exchange *x, const struct rule *rule);
};

static void do_status(struct exchange *x, const struct rule *rule)
{
    const cJSON *headers =
        cJSON_GetObjectItemCaseSensitive(rule->json, "headers");
    const cJSON *header;

    answer_error(x, (unsigned)rule_number(rule, "status", 500),
                 "a fault of the scenario");
    cJSON_ArrayForEach(header, headers)
    {
        if (cJSON_IsString(header))
            answer_header(x, header->string, header->valuestring);
    }
    if (rule_text(rule, "body", NULL) != NULL) {
        text_clear(&x->answer.body);
        text_str(&x->answer.body, rule_text(rule, "body", ""));
    }
    x->answer.type = rule_text(rule, "type", x->answer.type);
}

static void do_html_login(struct exchange *x, const struct rule *rule)
{
    (void)rule;
    answer_login_page(x);
}

static void do_redirect(struct exchange *x, const struct rule *rule)
{
    answer_redirect(
        x, rule_text(rule, "location", "https://id.atlassian.com/login"));
}

static void do_garbage(struct exchange *x, const struct rule *rule)
{
    (void)rule;
    text_str(&x->answer.body, "[{\"accountId\":\"5b10\",]} upstream \x01");
}

static void do_empty_body(struct exchange *x, const struct rule *rule)
{
    (void)rule;
    text_clear(&x->answer.body);
}

static void do_expire(struct exchange *x, const struct rule *rule)
{
    (void)rule;
    x->auth = "bad";
    answer_error(x, 401,
                 "Client must be authenticated to access this "
                 "resource.");
}

static void do_bomb(struct exchange *x, const struct rule *rule)
{
    char *blank = must_alloc(BOMB_STEP_BYTES);
    double mb = rule_number(rule, "mb", 64);
    struct gzip gzip;

    memset(blank, ' ', BOMB_STEP_BYTES);
    gzip_open(&gzip, &x->answer.body);
    gzip_add(&gzip, "[", 1);
    for (double done = 0; done < mb; done++)
        gzip_add(&gzip, blank, BOMB_STEP_BYTES);
    gzip_add(&gzip, "]", 1);
    gzip_close(&gzip);
    free(blank);
    x->answer.gzipped = true;
    answer_header(x, "Content-Encoding", "gzip");
}

static void do_endless(struct exchange *x, const struct rule *rule)
{
    (void)rule;
    x->answer.delivery = DELIVER_ENDLESS;
}

static void do_reset(struct exchange *x, const struct rule *rule)
{
    x->answer.delivery = DELIVER_RESET;
    x->answer.reset_half = strcmp(rule_text(rule, "after", ""), "half") == 0;
    if (x->answer.reset_half)
        text_str(&x->answer.body, "[{\"accountId\":\"5b10\"}, ");
}

static void row_big_name(const struct rule *rule, const struct text *row,
                         struct text *changed)
{
    double bytes = rule_number(rule, "bytes", 1 << 20);
    struct text name = {0};

    text_str(&name, "\"");
    for (double i = 0; i < bytes; i++)
        text_add(&name, "x", 1);
    text_str(&name, "\"");
    raw_put(changed, raw_of(row), rule_text(rule, "pointer", "/displayName"),
            name.data);
    text_free(&name);
}

static void row_bad_field(const struct rule *rule, const struct text *row,
                          struct text *changed)
{
    const char *pointer = rule_text(rule, "pointer", "");
    const char *raw = rule_text(rule, "raw", NULL);

    if (pointer[0] == '\0')
        text_str(changed, raw == NULL ? "null" : raw);
    else
        raw_put(changed, raw_of(row), pointer, raw);
}

static void row_outage(const struct rule *rule, const struct text *row,
                       struct text *changed)
{
    struct text step = {0};
    struct text other = {0};

    (void)rule;
    raw_put(&step, raw_of(row), "/displayName", "\"\"");
    raw_put(&other, raw_of(&step), "/emailAddress", NULL);
    raw_put(changed, raw_of(&other), "/active", "false");
    text_free(&step);
    text_free(&other);
}

static void after_object(struct exchange *x, const struct rule *rule)
{
    struct text body = {0};
    bool array = x->answer.body.len > 0 && x->answer.body.data[0] == '[';

    (void)rule;
    text_str(&body, array ? "{\"values\":" : "[");
    text_add(&body, x->answer.body.data, x->answer.body.len);
    text_str(&body, array ? "}" : "]");
    text_free(&x->answer.body);
    x->answer.body = body;
}

static void after_cut(struct exchange *x, const struct rule *rule)
{
    (void)rule;
    x->answer.delivery = DELIVER_CUT;
}

static void after_cut_chunked(struct exchange *x, const struct rule *rule)
{
    (void)rule;
    x->answer.delivery = DELIVER_CUT_CHUNKED;
}

static void after_stall(struct exchange *x, const struct rule *rule)
{
    x->answer.delivery = DELIVER_STALL;
    x->answer.stall_ms = (int)rule_number(rule, "ms", 0);
}

static void after_delay(struct exchange *x, const struct rule *rule)
{
    nap(x->server, (int64_t)rule_number(rule, "ms", 0));
}

static const struct kind kinds[] = {
    {"status", do_status, NULL, NULL},
    {"cut", NULL, NULL, after_cut},
    {"cut_chunked", NULL, NULL, after_cut_chunked},
    {"reset", do_reset, NULL, NULL},
    {"stall", NULL, NULL, after_stall},
    {"delay", NULL, NULL, after_delay},
    {"html_login", do_html_login, NULL, NULL},
    {"redirect", do_redirect, NULL, NULL},
    {"garbage", do_garbage, NULL, NULL},
    {"empty_body", do_empty_body, NULL, NULL},
    {"object", NULL, NULL, after_object},
    {"bomb", do_bomb, NULL, NULL},
    {"big_name", NULL, row_big_name, NULL},
    {"bad_field", NULL, row_bad_field, NULL},
    {"endless", do_endless, NULL, NULL},
    {"expire", do_expire, NULL, NULL},
    {"outage", NULL, row_outage, NULL},
};

static const struct kind *kind_named(const char *name)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    }
    return NULL;
}

bool fault_known(const char *name)
{
    return kind_named(name) != NULL;
}

static const struct kind *kind_of(const struct exchange *x)
{
    return kind_named(rule_text(x->rule, "do", ""));
}

static bool same_request(const struct exchange *x, const struct rule *rule)
{
    const char *path = rule_text(rule, "path", NULL);
    const cJSON *wanted;

    if (path != NULL && strcmp(path, x->path) != 0)
        return false;
    cJSON_ArrayForEach(wanted,
                       cJSON_GetObjectItemCaseSensitive(rule->json, "query"))
    {
        const char *value = query_get(x, wanted->string);

        if (value == NULL || !cJSON_IsString(wanted) ||
            strcmp(value, wanted->valuestring) != 0)
            return false;
    }
    return true;
}

/* Is this the turn of a rule that has seen so many requests? */
static bool its_turn(const struct rule *rule)
{
    const cJSON *nth = cJSON_GetObjectItemCaseSensitive(rule->json, "nth");
    double seen = (double)rule->seen;
    const cJSON *turn;

    cJSON_ArrayForEach(turn, nth)
    {
        if (turn->valuedouble == seen)
            return true;
    }
    if (nth != NULL)
        return false;
    return seen <= rule_number(rule, "first", seen) &&
           seen >= rule_number(rule, "from", 0) &&
           rule->seen % (size_t)rule_number(rule, "every", 1) == 0;
}

void fault_choose(struct exchange *x)
{
    struct scenario *scenario = &x->server->scenario;

    pthread_mutex_lock(&x->server->lock);
    for (size_t i = 0; i < scenario->rule_count; i++) {
        struct rule *rule = &scenario->rules[i];

        if (!same_request(x, rule))
            continue;
        rule->seen++;
        if (x->rule == NULL && its_turn(rule))
            x->rule = rule;
    }
    pthread_mutex_unlock(&x->server->lock);
}

static bool take_token(struct limit *limit)
{
    int64_t now = clock_ms();
    double full = limit->per_second > 1 ? limit->per_second : 1;

    limit->tokens +=
        (double)(now - limit->filled_at) * limit->per_second / 1000.0;
    if (limit->tokens > full)
        limit->tokens = full;
    limit->filled_at = now;
    if (limit->tokens < 1)
        return false;
    limit->tokens -= 1;
    return true;
}

static void retry_after(struct exchange *x, const struct limit *limit)
{
    char value[STAMP_BYTES] = "soon";
    bool past = strcmp(limit->form, "past") == 0;

    if (strcmp(limit->form, "absent") == 0)
        return;
    if (strcmp(limit->form, "seconds") == 0)
        snprintf(value, sizeof(value), "%d", limit->retry_after);
    else if (past || strcmp(limit->form, "date") == 0)
        stamp_http(value, past ? stamp_now() - DAY_MS
                               : stamp_now() + limit->retry_after * 1000);
    answer_header(x, "Retry-After", value);
}

bool fault_limit(struct exchange *x)
{
    struct limit *limit = &x->server->scenario.limit;
    bool refused;

    if (limit->per_second <= 0 || x->number <= limit->after)
        return false;
    pthread_mutex_lock(&x->server->lock);
    refused = !take_token(limit);
    pthread_mutex_unlock(&x->server->lock);
    if (!refused)
        return false;
    answer_error(x, 429, "Rate limit exceeded.");
    answer_header(x, "RateLimit-Reason", "jira-burst-based");
    retry_after(x, limit);
    return true;
}

bool fault_served(const struct exchange *x)
{
    return x->rule != NULL && cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(
                                  x->rule->json, "served"));
}

bool fault_before(struct exchange *x)
{
    const struct kind *kind;

    if (x->rule == NULL)
        return false;
    kind = kind_of(x);
    if (kind->before == NULL)
        return false;
    nap(x->server, (int64_t)rule_number(x->rule, "ms", 0));
    kind->before(x, x->rule);
    return true;
}

bool fault_row(const struct exchange *x, size_t index, const struct text *row,
               struct text *changed)
{
    const struct kind *kind;
    bool all;

    if (x->rule == NULL)
        return false;
    kind = kind_of(x);
    if (kind->row == NULL)
        return false;
    all = strcmp(kind->name, "outage") == 0;
    if (all && (double)(index % 100) >= rule_number(x->rule, "percent", 100))
        return false;
    if (!all && (double)index != rule_number(x->rule, "row", 0))
        return false;
    kind->row(x->rule, row, changed);
    return true;
}

void fault_after(struct exchange *x)
{
    const struct kind *kind;

    if (x->rule == NULL)
        return;
    kind = kind_of(x);
    if (kind->after != NULL)
        kind->after(x, x->rule);
}
