#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "source.h"
#include "temp_file.h"

#define HEAD(kind)                                                             \
    "\"name\": \"s\", \"kind\": \"" kind "\", \"endpoint\": \"jira\", "
#define GET(query)                                                             \
    "\"request\": {\"method\": \"GET\", \"path\": \"/p\", \"query\": {" query  \
    "}}, "
#define OFFSET                                                                 \
    "\"paging\": {\"style\": \"offset\", \"offset\": \"startAt\", "            \
    "\"limit\": \"max\", \"size\": 10}, "
#define ITEMS "\"items\": \"\", "
#define USERS(fields, more)                                                    \
    "{" HEAD("users") GET("") OFFSET ITEMS "\"fields\": {" fields "}" more "}"
#define ID           "\"account_id\": \"/id\""
#define EVENT_FIELDS "\"fields\": {\"id\": \"/id\", \"at\": \"/t\"}, "
#define SUBJECTS     "\"subjects\": [{\"items\": \"/o\", \"name\": [\"/id\"]}]"

struct fixture {
    struct temp_folder folder;
    struct source source;
    struct error err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    temp_folder_make(&f->folder);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    source_free(&f->source);
    temp_folder_remove(&f->folder);
    free(f);
    return 0;
}

static int load(struct fixture *f, const char *text)
{
    source_free(&f->source);
    error_clear(&f->err);
    return source_load(&f->source, temp_file(&f->folder, "s.json", text),
                       &f->err);
}

static void accepts(struct fixture *f, const char *text)
{
    if (load(f, text) != 0)
        fail_msg("%s", f->err.text);
}

static void refuses(struct fixture *f, const char *text, const char *expected)
{
    assert_int_equal(load(f, text), -1);
    assert_int_equal(f->err.kind, ERROR_CONFIG);
    if (strstr(f->err.text, expected) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", expected, f->err.text);
}

static void load_shipped(struct fixture *f, const char *path)
{
    source_free(&f->source);
    if (source_load(&f->source, path, &f->err) != 0)
        fail_msg("%s", f->err.text);
}

static void reads_the_shipped_users(void **state)
{
    struct fixture *f = *state;
    const struct source *s = &f->source;

    load_shipped(f, "mappings/sources/jira_users.json");
    assert_int_equal(s->kind, SOURCE_USERS);
    assert_int_equal(s->paging.style, PAGING_OFFSET);
    assert_int_equal(s->paging.size, 1000);
    assert_int_equal(s->paging.overlap, 20);
    assert_int_equal(s->paging.past_end, 1);
    assert_int_equal(s->halve_on[0], 409);
    assert_int_equal(s->halve_on[1], 0);
    assert_string_equal(s->items, "");
    assert_string_equal(s->probe_expect, "/accountId");
    assert_true(s->user_fields[USER_ACTIVE].required);
    assert_string_equal(s->user_fields[USER_ACCOUNT_ID].placeholders[0],
                        "unknown");
    assert_false(s->user_fields[USER_STATUS].used);
}

static void reads_the_shipped_events(void **state)
{
    struct fixture *f = *state;
    const struct source *s = &f->source;

    load_shipped(f, "mappings/sources/jira_audit.json");
    assert_int_equal(s->kind, SOURCE_EVENTS);
    assert_true(s->to_inclusive);
    assert_int_equal(s->time, REQUEST_RFC3339_MS);
    assert_string_equal(s->event_fields[EVENT_ACTOR].at[0], "/authorAccountId");
    assert_string_equal(s->event_fields[EVENT_ACTOR].at[1], "/authorKey");
    assert_int_equal(s->subject_count, 2);
    assert_int_equal(s->subjects[0].when_count, 0);
    assert_string_equal(s->subjects[1].when[0].equals, "group management");
    assert_string_equal(s->subjects[1].item.equals, "USER");
    assert_string_equal(s->change_to, "/changedTo");
    assert_string_equal(s->resolve_keys, "jira_user_keys");
    assert_string_equal(s->probe_items, "/records");
}

static void reads_the_shipped_org_events(void **state)
{
    static const char *const paths[] = {
        "mappings/sources/org_events.json",
        "mappings/sources/org_events_query.json"};
    struct fixture *f = *state;
    const struct source *s = &f->source;

    for (size_t i = 0; i < 2; i++) {
        load_shipped(f, paths[i]);
        assert_int_equal(s->kind, SOURCE_EVENTS);
        assert_int_equal(s->windows, WINDOWS_ONE);
        assert_int_equal(s->time, REQUEST_EPOCH_MS);
        assert_true(s->paging.only_cursor);
        assert_int_equal(s->actor_count, 2);
        assert_string_equal(s->actors[0].at, "/attributes/actor/onBehalfOf");
        assert_int_equal(s->subject_count, 2);
        assert_false(s->subjects[0].otherwise);
        assert_true(s->subjects[1].otherwise);
        assert_string_equal(s->subjects[1].email[0], "/attributes/email");
        assert_string_equal(s->actions_name, "/attributes/displayName");
        assert_string_equal(s->event_fields[EVENT_AT].at[0],
                            "/attributes/time");
    }
}

/* Without their limit Jira answers ten of a hundred names. */
static void shipped_lookups_send_a_limit(void **state)
{
    struct fixture *f = *state;

    load_shipped(f, "mappings/sources/jira_user_keys.json");
    assert_int_equal(f->source.kind, SOURCE_KEYS);
    assert_string_equal(f->source.batch_parameter, "key");
    assert_string_equal(f->source.paging.limit_parameter, "maxResults");
    assert_true(f->source.batch_size <= f->source.paging.size);
    assert_string_equal(f->source.pair_account_id, "/accountId");
    load_shipped(f, "mappings/sources/jira_user_names.json");
    assert_int_equal(f->source.kind, SOURCE_USERS);
    assert_string_equal(f->source.batch_parameter, "accountId");
    assert_string_equal(f->source.paging.limit_parameter, "maxResults");
    assert_true(f->source.batch_size <= f->source.paging.size);
}

static void items_need_an_identity(void **state)
{
    struct fixture *f = *state;

    refuses(f, USERS("\"email\": \"/e\"", ""), "fields.account_id: missing");
    refuses(f,
            USERS("\"account_id\": {\"at\": \"/i\", \"required\": false}", ""),
            "fields.account_id: is always required");
    accepts(f, USERS(ID, ""));
    assert_true(f->source.user_fields[USER_ACCOUNT_ID].required);
    refuses(f,
            "{" HEAD("events") GET("") OFFSET ITEMS
            "\"fields\": {\"id\": \"/id\"}, " SUBJECTS "}",
            "fields.at: missing");
}

static void field_rules_fit_the_type(void **state)
{
    struct fixture *f = *state;

    refuses(f, USERS(ID ", \"emial\": \"/e\"", ""),
            "fields.emial: unknown field \"emial\"; did you mean \"email\"?");
    refuses(f, USERS(ID ", \"email\": \"e\"", ""),
            "fields.email: expected a JSON pointer");
    refuses(f, USERS(ID ", \"email\": \"/a~2\"", ""), "JSON pointer");
    refuses(f, USERS(ID ", \"email\": []", ""), "fields.email: must not be");
    refuses(f, USERS(ID ", \"email\": {}", ""),
            "expected one of \"at\", \"constant\", \"newest\" and \"list\"");
    refuses(f,
            USERS(ID ", \"email\": {\"at\": \"/e\", \"time\": "
                     "\"epoch_ms\"}",
                  ""),
            "fields.email.time: only a timestamp has it");
    refuses(f,
            USERS(ID ", \"active\": {\"at\": \"/e\", \"map\": "
                     "{\"ON\": \"yes\"}}",
                  ""),
            "fields.active.map.ON: expected true or false");
    refuses(f, USERS(ID ", \"active\": {\"constant\": \"true\"}", ""),
            "only a text field can be constant");
    accepts(f, USERS(ID ", \"active\": {\"at\": [\"/e\"], \"map\": {\"ON\": "
                        "true, \"OFF\": \"false\"}}, \"added_at\": {\"at\": "
                        "\"/x\", \"time\": \"d_mon_yyyy\"}",
                     ""));
    assert_string_equal(f->source.user_fields[USER_ACTIVE].map[0].value,
                        "true");
    assert_null(f->source.user_fields[USER_ACTIVE].map[2].name);
    assert_int_equal(f->source.user_fields[USER_ADDED_AT].times,
                     1u << INSTANT_DAY_MON_YEAR);
}

static void a_copy_needs_its_own_name(void **state)
{
    struct fixture *f = *state;

    refuses(f,
            "{\"name\": \"jira_users\", \"kind\": \"users\", "
            "\"endpoint\": \"jira\", " GET("") OFFSET ITEMS "\"fields\": {" ID
                                                            "}}",
            "name: expected \"s\", the name of the file");
}

static void sections_follow_the_kind(void **state)
{
    struct fixture *f = *state;

    refuses(f, USERS(ID, ", " SUBJECTS),
            "subjects: a source of kind \"users\" has none");
    refuses(f,
            "{" HEAD("events") GET("") OFFSET ITEMS EVENT_FIELDS
            "\"subjects\": []}",
            "subjects: must not be empty");
    refuses(f, "{" HEAD("keys") GET("") OFFSET ITEMS "\"fields\": {" ID "}}",
            "batch: missing; a source of kind \"keys\" needs it");
    assert_non_null(strstr(f->err.text, "pairs: missing"));
}

#define ACTIONS_PATH(path)                                                     \
    ", \"actions\": {\"path\": \"" path                                       \
    "\", \"items\": \"/d\", \"id\": \"/i\", \"name\": \"/n\"}}"
#define LOG(more)                                                              \
    "{" HEAD("events") GET("") OFFSET ITEMS EVENT_FIELDS SUBJECTS more

static void parts_of_a_log(void **state)
{
    struct fixture *f = *state;

    accepts(f, LOG(ACTIONS_PATH("/{organisation}")));
    assert_int_equal(f->source.windows, WINDOWS_SPLIT);
    refuses(f, LOG(ACTIONS_PATH("/{from}")),
            "actions.path: a list of actions has no {from}");
    refuses(f, LOG(", \"windows\": \"all\"}"), "windows");
    accepts(f, LOG(", \"order\": \"oldest_first\"}"));
    assert_int_equal(f->source.order, EVENTS_OLDEST_FIRST);
    refuses(f, LOG(", \"order\": \"sorted\"}"), "order");
    refuses(f, USERS(ID, ", \"order\": \"newest_first\""),
            "order: a source of kind \"users\" has none");
    refuses(f, LOG(", \"actors\": []}"), "actors: must not be empty");
    refuses(f, LOG(", \"actors\": [{\"at\": \"/a\"}]}"),
            "actors[0].id: missing");
    refuses(f,
            "{" HEAD("events") GET("") OFFSET ITEMS
            "\"fields\": {\"id\": \"/id\", \"at\": \"/t\", "
            "\"actor_name\": \"/n\"}, " SUBJECTS
            ", \"actors\": [{\"at\": \"/a\", \"id\": \"/id\"}]}",
            "\"actors\" tells the actor already");
    refuses(f, USERS(ID, ", \"windows\": \"one\""),
            "windows: a source of kind \"users\" has none");
}

static void gateways_have_a_hole(void **state)
{
    struct fixture *f = *state;

    accepts(f, USERS(ID, ", \"gateway\": {\"path\": \"/t\", \"cloud_id\": "
                         "\"/c\", \"url\": \"https://g/{cloud_id}\"}"));
    assert_string_equal(f->source.gateway_path, "/t");
    assert_string_equal(f->source.gateway_cloud_id, "/c");
    refuses(f, USERS(ID, ", \"gateway\": {\"path\": \"/t\", \"cloud_id\": "
                         "\"/c\", \"url\": \"https://g/\"}"),
            "gateway.url: expected a URL with {cloud_id}");
    refuses(f, USERS(ID, ", \"gateway\": {\"path\": \"/t\"}"),
            "gateway.cloud_id: missing");
}

static void windows_are_whole(void **state)
{
    struct fixture *f = *state;

    refuses(f,
            "{" HEAD("events") GET("\"from\": \"{from}\"")
                OFFSET ITEMS EVENT_FIELDS SUBJECTS "}",
            "{from} and {to} are used together");
    refuses(f,
            "{" HEAD("events") GET("\"a\": \"{from}\", \"b\": \"{to}\"")
                OFFSET ITEMS EVENT_FIELDS SUBJECTS "}",
            "time: missing");
    refuses(f,
            "{" HEAD("users") GET("\"a\": \"{from}\", \"b\": \"{to}\"")
                OFFSET ITEMS "\"fields\": {" ID "}}",
            "only a source of events");
    refuses(f, USERS(ID, ", \"probe\": {\"path\": \"/{from}\"}"),
            "probe.path: a probe has no {from}");
}

static void placeholders_are_known(void **state)
{
    struct fixture *f = *state;

    refuses(f, USERS(ID, ", \"probe\": {\"path\": \"/{organization}\"}"),
            "did you mean \"organisation\"?");
    refuses(f, USERS(ID, ", \"probe\": {\"path\": \"/{site\"}"), "do not pair");
    refuses(f, USERS(ID, ", \"probe\": {\"path\": \"/a}\"}"), "do not pair");
    refuses(f, USERS(ID, ", \"probe\": {\"path\": \"/a?b=c\"}"),
            "belong into \"query\"");
    accepts(f, USERS(ID, ", \"probe\": {\"path\": \"/{site}/{directory}\"}"));
}

static void parameters_are_sent_once(void **state)
{
    struct fixture *f = *state;

    refuses(f,
            "{" HEAD("users") GET("\"max\": \"5\"") OFFSET ITEMS
            "\"fields\": {" ID "}}",
            "request.query: holds \"max\"");
    refuses(f,
            USERS(ID, ", \"batch\": {\"parameter\": \"startAt\", "
                      "\"size\": 5}"),
            "\"startAt\" is used twice");
}

#define PAGED(paging)                                                          \
    "{" HEAD("users") GET("") "\"paging\": " paging ", " ITEMS                 \
                              "\"fields\": {" ID "}}"

static void paging_keys_follow_the_style(void **state)
{
    struct fixture *f = *state;

    refuses(f,
            PAGED("{\"style\": \"offset\", \"offset\": \"o\", "
                  "\"size\": 20, \"overlap\": 20}"),
            "paging.overlap: must be less than size");
    refuses(f,
            PAGED("{\"style\": \"cursor\", \"cursor\": \"c\", "
                  "\"next\": \"/n\", \"overlap\": 1}"),
            "paging: unknown key \"overlap\"");
    refuses(f, PAGED("{\"style\": \"single\", \"limit\": \"m\"}"),
            "paging.size: missing");
    refuses(f, PAGED("{}"), "paging.style: missing");
    accepts(f, PAGED("{\"style\": \"cursor\", \"cursor\": \"c\", "
                     "\"next\": [\"/n\", \"/m\"], \"only_cursor\": true}"));
    assert_string_equal(f->source.paging.next[1], "/m");
    assert_true(f->source.paging.only_cursor);
}

static void bodies_keep_their_digits(void **state)
{
    struct fixture *f = *state;

    accepts(
        f,
        "{" HEAD(
            "users") "\"request\": {\"method\": \"POST\", \"path\": \"/search\", "
                     "\"body\": {\"n\": 9007199254740993, \"l\": [null, true, "
                     "\"\\u00e9\"]}}, " OFFSET ITEMS "\"fields\": {" ID "}}");
    assert_string_equal(
        f->source.body,
        "{\"n\":9007199254740993,\"l\":[null,true,\"\xc3\xa9\"]}");
    refuses(f,
            "{" HEAD(
                "users") "\"request\": {\"method\": \"GET\", \"path\": \"/p\", "
                         "\"body\": {}}, " OFFSET ITEMS "\"fields\": {" ID "}}",
            "request.body: a GET request has no body");
}

/* What changes an account must not be sayable in a source. */
static void only_reads(void **state)
{
    static const char *const paths[] = {
        "/users/a/manage/lifecycle/disable", "/users/a/activate",
        "/admin/v2/orgs/o/directories/d/users/a/suspend", "/search/a",
        "/users/a/search/", "/users/asearch", "/users/a/disable%2Fsearch"};
    static const char *const methods[] = {"PUT", "DELETE", "PATCH", "post"};
    struct fixture *f = *state;
    char text[1024];

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        snprintf(text, sizeof(text), "{" HEAD("users") "\"request\": "
                 "{\"method\": \"POST\", \"path\": \"%s\"}, " OFFSET ITEMS
                 "\"fields\": {" ID "}}", paths[i]);
        refuses(f, text, "request.path: what only reads is asked by GET");
    }
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        snprintf(text, sizeof(text), "{" HEAD("users") "\"request\": "
                 "{\"method\": \"%s\", \"path\": \"/search\"}, " OFFSET
                 ITEMS "\"fields\": {" ID "}}", methods[i]);
        refuses(f, text, "request.method: unknown word");
    }
}

#define POST(body, paging)                                                     \
    "{" HEAD("users") "\"request\": {\"method\": \"POST\", \"path\": \"/p/search\""     \
    body "}, \"paging\": {\"style\": \"cursor\", \"cursor\": \"c\", "           \
    "\"limit\": \"l\", \"size\": 5, \"next\": \"/n\"" paging "}, " ITEMS          \
    "\"fields\": {" ID "}}"
#define IN_BODY ", \"in\": \"body\""

static void paging_in_the_body_needs_an_object(void **state)
{
    struct fixture *f = *state;

    accepts(f, POST("", IN_BODY));
    assert_true(f->source.paging.in_body);
    assert_string_equal(f->source.body, "{}");
    accepts(f, POST("", ", \"in\": \"query\""));
    assert_false(f->source.paging.in_body);
    assert_null(f->source.body);
    accepts(f, POST(", \"body\": {\"org\": [\"{organisation}\"]}", IN_BODY));
    refuses(f, POST(", \"body\": {\"c\": 1}", IN_BODY),
            "request.body: holds \"c\", which paging sends; leave it out here");
    refuses(
        f, POST(", \"body\": [1]", IN_BODY),
        "paging.in: must be \"query\": the body of the request is no object");
    refuses(f, POST(", \"body\": {\"q\": \"{orgnisation}\"}", ""),
            "did you mean \"organisation\"");
    refuses(f, POST("", ", \"in\": \"head\""), "paging.in: ");
    refuses(f, "{" HEAD("users") GET("") "\"paging\": {\"style\": \"offset\", "
            "\"offset\": \"o\", \"size\": 5, \"in\": \"body\"}, " ITEMS
            "\"fields\": {" ID "}}",
            "paging.in: a GET request has no body");
}

static void placeholders_of_bodies_are_checked(void **state)
{
    struct fixture *f = *state;

    refuses(f,
            POST(", \"body\": {\"a\": [\"{from}\"], \"b\": \"{to}\"}", ""),
            "only a source of events");
    refuses(f, POST(", \"body\": {\"a\": \"{form}\"}", ""),
            "request.body: unknown placeholder \"form\"");
}

static void only_lists_of_users_fall_back(void **state)
{
    struct fixture *f = *state;

    accepts(f, USERS(ID, ", \"fallback\": \"other\""));
    assert_string_equal(f->source.fallback, "other");
    assert_true(source_falls_back(&f->source, 404));
    assert_true(source_falls_back(&f->source, 410));
    assert_false(source_falls_back(&f->source, 403));
    accepts(f, USERS(ID, ""));
    assert_false(source_falls_back(&f->source, 404));
    refuses(f, USERS(ID, ", \"fallback\": \"s\""),
            "fallback: is this source itself; name another");
    refuses(f, "{" HEAD("events") GET("") OFFSET ITEMS EVENT_FIELDS SUBJECTS
            ", \"fallback\": \"other\"}",
            "fallback: a source of kind \"events\" has none");
}

static void presence_is_for_texts(void **state)
{
    struct fixture *f = *state;
    const struct field_rule *rule =
        &f->source.user_fields[USER_LAST_SEEN_STATUS];

    accepts(f, USERS(ID ", \"last_seen_status\": {\"at\": \"/p\", "
                        "\"present\": \"known\", \"absent\": \"never\"}", ""));
    assert_string_equal(rule->when_present, "known");
    assert_string_equal(rule->when_absent, "never");
    refuses(f, USERS(ID ", \"active\": {\"at\": \"/a\", "
                        "\"absent\": \"true\"}", ""),
            "fields.active.absent: only a text field can have one");
    refuses(f,
            USERS(ID ", \"email\": {\"at\": \"/a\", \"required\": true, "
                     "\"absent\": \"x\"}",
                  ""),
            "fields.email.absent: a required field cannot have it");
    refuses(f, USERS(ID ", \"email\": {\"at\": \"/a\", \"present\": \"x\", "
                        "\"map\": {\"a\": \"b\"}}", ""),
            "fields.email.present: leaves nothing");
    refuses(f, USERS(ID ", \"email\": {\"constant\": \"a\", "
                        "\"absent\": \"x\"}", ""),
            "fields.email.absent: a constant field has none");
    refuses(f,
            USERS("\"account_id\": {\"at\": \"/id\", \"absent\": \"x\"}", ""),
            "fields.account_id: must not have");
}

static void the_newest_of_places_is_checked(void **state)
{
    struct fixture *f = *state;
    const struct field_rule *rule = &f->source.user_fields[USER_LAST_SEEN_AT];

    accepts(f, USERS(ID ", \"last_seen_at\": {\"newest\": {\"items\": \"\", "
                        "\"prefix\": \"Last \"}, \"never\": [\"Never\"]}",
                     ""));
    assert_string_equal(rule->newest->items, "");
    assert_string_equal(rule->newest->prefix[0], "Last ");
    assert_null(rule->newest->prefix[1]);
    assert_string_equal(rule->newest->at[0], "");
    assert_string_equal(rule->never[0], "Never");
    refuses(f, USERS(ID ", \"last_seen_at\": {\"newest\": {}}", ""),
            "fields.last_seen_at.newest.items: missing");
    refuses(f, USERS(ID ", \"last_seen_at\": {\"newest\": {\"items\": \"\", "
                        "\"perfix\": \"x\"}}", ""),
            "did you mean \"prefix\"");
    refuses(f, USERS(ID ", \"last_seen_at\": {\"newest\": {\"items\": \"x\"}}",
                     ""),
            "expected a JSON pointer");
    refuses(f, USERS(ID ", \"last_seen_at\": {\"at\": \"/a\", \"newest\": "
                        "{\"items\": \"\"}}", ""),
            "fields.last_seen_at: expected one of");
    refuses(f, USERS(ID ", \"last_seen_at\": {\"at\": \"/a\", "
                        "\"never\": [\"x\"]}", ""),
            "fields.last_seen_at.never: belongs to \"newest\"");
    refuses(f, USERS(ID ", \"active\": {\"newest\": {\"items\": \"\"}}", ""),
            "fields.active.newest: only a timestamp or a text field");
    refuses(f, USERS(ID ", \"status\": {\"newest\": {\"items\": \"\"}}", ""),
            "fields.status.present: missing");
    refuses(f, USERS(ID ", \"last_seen_at\": {\"newest\": {\"items\": \"\"}, "
                        "\"placeholders\": [\"x\"]}", ""),
            "fields.last_seen_at.newest: leaves nothing");
    refuses(f, USERS("\"account_id\": {\"newest\": {\"items\": \"\"}, "
                     "\"present\": \"x\"}", ""),
            "fields.account_id: cannot be the newest");
}

static void an_address_can_stand_for_an_account_id(void **state)
{
    struct fixture *f = *state;

    accepts(f, USERS("\"account_id\": {\"at\": \"/id\", \"required\": false}, "
                     "\"email\": \"/mail\"", ""));
    assert_false(f->source.user_fields[USER_ACCOUNT_ID].required);
    refuses(f, USERS("\"account_id\": {\"at\": \"/id\", \"required\": false}",
                     ""),
            "fields.account_id: is always required");
    accepts(f, USERS(ID ", \"email\": \"/mail\"", ""));
    assert_true(f->source.user_fields[USER_ACCOUNT_ID].required);
}

static void reads_the_shipped_lists_of_the_organisation(void **state)
{
    struct fixture *f = *state;

    load_shipped(f, "mappings/sources/org_directory_users_get.json");
    load_shipped(f, "mappings/sources/org_managed_users.json");
    load_shipped(f, "mappings/sources/adminhub_site_users.json");
    load_shipped(f, "mappings/sources/adminhub_org_users.json");
    assert_int_equal(f->source.paging.first, 1);
    assert_int_equal(f->source.paging.size, 100);
    load_shipped(f, "mappings/sources/org_directory_users.json");
    assert_true(f->source.paging.in_body);
    assert_string_equal(f->source.fallback, "org_directory_users_get");
}

#define EACH(path, each, more)                                                 \
    "{" HEAD("users") "\"request\": {\"method\": \"GET\", \"path\": \"" path   \
    "\"}, " ITEMS each "\"fields\": {\"last_seen_at\": \"/seen\"}" more "}"
#define SINGLE ", \"paging\": {\"style\": \"single\"}"

static void one_request_an_account(void **state)
{
    struct fixture *f = *state;

    load_shipped(f, "mappings/sources/last_active.json");
    assert_true(f->source.each);
    assert_int_equal(f->source.each_unknown[0], 403);
    assert_int_equal(f->source.each_unknown[1], 404);
    assert_int_equal(f->source.each_unknown[2], 0);
    assert_true(f->source.each_max_age_ms == 20 * (int64_t)INSTANT_HOUR);
    accepts(f, EACH("/{account}", "\"each\": {}, ", SINGLE));
    assert_true(f->source.each);
    assert_null(f->source.each_unknown);
    assert_true(f->source.each_max_age_ms == 0);
    refuses(f, EACH("/{account}", "", SINGLE), "each: missing; {account}");
    refuses(f, EACH("/x", "\"each\": {}, ", SINGLE), "holds no {account}");
    refuses(f, EACH("/{account}", "\"each\": {\"unknown\": [401]}, ", SINGLE),
            "each.unknown: status 401 tells nothing of a single account");
    refuses(f, EACH("/{account}", "\"each\": {\"unknown\": [503]}, ", SINGLE),
            "status 503 tells nothing of a single account");
    refuses(f, EACH("/{account}", "\"each\": {\"max_age\": \"31d\"}, ", SINGLE),
            "each.max_age");
    refuses(f,
            EACH("/{account}", "\"each\": {}, ",
                 SINGLE ", \"fallback\": \"other\""),
            "fallback: a source with \"each\" has none");
    refuses(f, EACH("/{account}", OFFSET "\"each\": {}, ", ""),
            "paging.style: must be cursor or single in a source with \"each\"");
    refuses(f,
            EACH("/{account}", "\"each\": {}, ",
                 SINGLE ", \"probe\": {\"path\": \"/{account}\"}"),
            "a probe has no {account}");
    refuses(f,
            "{" HEAD("keys") GET("") OFFSET ITEMS
            "\"fields\": {" ID "}, \"each\": {}}",
            "each: a source of kind \"keys\" has none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_reads, setup, teardown),
        cmocka_unit_test_setup_teardown(placeholders_of_bodies_are_checked,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(paging_in_the_body_needs_an_object,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(only_lists_of_users_fall_back, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(presence_is_for_texts, setup, teardown),
        cmocka_unit_test_setup_teardown(the_newest_of_places_is_checked, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_address_can_stand_for_an_account_id,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            reads_the_shipped_lists_of_the_organisation, setup, teardown),
        cmocka_unit_test_setup_teardown(reads_the_shipped_users, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(reads_the_shipped_events, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(reads_the_shipped_org_events, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(shipped_lookups_send_a_limit, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(items_need_an_identity, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(field_rules_fit_the_type, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_copy_needs_its_own_name, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(sections_follow_the_kind, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(parts_of_a_log, setup, teardown),
        cmocka_unit_test_setup_teardown(gateways_have_a_hole, setup, teardown),
        cmocka_unit_test_setup_teardown(windows_are_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(placeholders_are_known, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(parameters_are_sent_once, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(paging_keys_follow_the_style, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(one_request_an_account, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(bodies_keep_their_digits, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
