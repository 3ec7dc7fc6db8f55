#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "normalise.h"

enum { TEXT_MAX = 1024 * 1024 };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The shipped definitions, and what the last item became. */
struct stage {
    struct source users, audit, keys;
    struct json_doc doc;
    bool parsed;
    struct user user;
    struct event event;
    struct item_notes notes;
};

static struct stage stage;

static int group_setup(void **state)
{
    struct error err = {0};

    (void)state;
    if (source_load(&stage.users, "mappings/sources/jira_users.json", &err) ||
        source_load(&stage.audit, "mappings/sources/jira_audit.json", &err) ||
        source_load(&stage.keys, "mappings/sources/jira_user_keys.json",
                    &err)) {
        print_error("%s\n", err.text);
        return -1;
    }
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    if (stage.parsed)
        json_free(&stage.doc);
    source_free(&stage.users);
    source_free(&stage.audit);
    source_free(&stage.keys);
    return 0;
}

static const struct json *parse(const char *text)
{
    struct error err = {0};

    if (stage.parsed)
        json_free(&stage.doc);
    stage.parsed = json_parse(&stage.doc, text, strlen(text), JSON_STRICT,
                              "item", ERROR_DATA, &err) == 0;
    if (!stage.parsed)
        fail_msg("%s: %s", err.text, text);
    memset(&stage.notes, 0, sizeof(stage.notes));
    return stage.doc.root;
}

static enum item_verdict user(const char *text)
{
    return normalise_user(&stage.users, parse(text), &stage.user, &stage.notes);
}

static enum item_verdict event(const char *text)
{
    return normalise_event(&stage.audit, parse(text), &stage.event,
                           &stage.notes);
}

static const char *user_text(enum user_field field)
{
    return stage.user.fields[field].present ? stage.user.fields[field].text
                                            : NULL;
}

static const char *event_text(enum event_field field)
{
    return stage.event.fields[field].present ? stage.event.fields[field].text
                                             : NULL;
}

/* --- items with one member replaced -------------------------------------- */

struct member {
    const char *name, *raw;
};

static const struct member user_base[] = {
    {"self", "\"https://x/rest/api/3/user?accountId=712020%3Aa\""},
    {"accountId", "\"712020:a\""},
    {"accountType", "\"atlassian\""},
    {"emailAddress", "\"ann@example.com\""},
    {"avatarUrls", "{\"16x16\": \"https://x/16\"}"},
    {"displayName", "\"Ann\""},
    {"active", "false"},
    {"timeZone", "\"Europe/Vienna\""},
    {"locale", "\"en_US\""},
    {NULL, NULL}};

static const struct member event_base[] = {
    {"id", "11652"},
    {"summary", "\"User updated\""},
    {"remoteAddress", "\"10.1.2.3\""},
    {"authorKey", "\"ug:adm\""},
    {"authorAccountId", "\"712020:adm\""},
    {"created", "\"2014-03-19T18:45:42.967+0000\""},
    {"category", "\"group management\""},
    {"eventSource", "\"\""},
    {"objectItem", "{\"id\": \"ug:a\", \"name\": \"ug:a\", "
                   "\"typeName\": \"USER\", \"parentId\": \"10000\", "
                   "\"parentName\": \"IDP Directory\"}"},
    {"changedValues", "[{\"fieldName\": \"Active / Inactive\", "
                      "\"changedFrom\": \"Active\", "
                      "\"changedTo\": \"Inactive\"}]"},
    {"associatedItems", "[{\"id\": \"ug:b\", \"name\": \"ug:b\", "
                        "\"typeName\": \"USER\"}]"},
    {NULL, NULL}};

/* raw NULL: the member is left out. A name the base lacks is added. */
static char *with(const struct member *base, const char *name, const char *raw)
{
    struct buf text;
    bool found = false;

    buf_init(&text, TEXT_MAX);
    buf_puts(&text, "{\"extra\": [1, {}]");
    for (; base->name != NULL; base++) {
        bool replaced = strcmp(base->name, name) == 0;

        found = found || replaced;
        if (!replaced || raw != NULL)
            buf_printf(&text, ", \"%s\": %s", base->name,
                       replaced ? raw : base->raw);
    }
    if (!found && raw != NULL)
        buf_printf(&text, ", \"%s\": %s", name, raw);
    buf_putc(&text, '}');
    assert_true(buf_ok(&text));
    return text.data;
}

static enum item_verdict user_with(const char *name, const char *raw)
{
    char *text = with(user_base, name, raw);
    enum item_verdict verdict = user(text);

    free(text);
    return verdict;
}

static enum item_verdict event_with(const char *name, const char *raw)
{
    char *text = with(event_base, name, raw);
    enum item_verdict verdict = event(text);

    free(text);
    return verdict;
}

struct wrong {
    const char *member, *raw;
    const char *field; /* NULL: the item is good */
};

static void refused(const struct wrong *w,
                    enum item_verdict (*take)(const char *, const char *))
{
    enum item_verdict verdict = take(w->member, w->raw);
    const char *raw = w->raw != NULL ? w->raw : "absent";

    if (verdict != (w->field != NULL ? ITEM_REFUSED : ITEM_GOOD))
        fail_msg("%s %.80s: verdict %d", w->member, raw, verdict);
    if (w->field == NULL)
        return;
    if (stage.notes.field == NULL || strcmp(stage.notes.field, w->field) != 0)
        fail_msg("%s %.80s: field %s, not %s", w->member, raw,
                 stage.notes.field, w->field);
    assert_non_null(stage.notes.reason);
    assert_string_not_equal(stage.notes.reason, "");
}

static const struct wrong wrong_users[] = {
    {"accountId", NULL, "account_id"},
    {"accountId", "null", "account_id"},
    {"accountId", "\"\"", "account_id"},
    {"accountId", "5", "account_id"},
    {"accountId", "true", "account_id"},
    {"accountId", "{}", "account_id"},
    {"accountId", "[\"712020:a\"]", "account_id"},
    {"accountType", "5", "account_type"},
    {"accountType", "false", "account_type"},
    {"accountType", "[]", "account_type"},
    {"accountType", "null", NULL},
    {"accountType", NULL, NULL},
    {"displayName", "1.5", "display_name"},
    {"displayName", "true", "display_name"},
    {"displayName", "{\"first\": \"Ann\"}", "display_name"},
    {"displayName", "null", NULL},
    {"displayName", "\"\"", NULL},
    {"emailAddress", "5", "email"},
    {"emailAddress", "[]", "email"},
    {"emailAddress", "{}", "email"},
    {"emailAddress", "false", "email"},
    {"emailAddress", "null", NULL},
    {"emailAddress", NULL, NULL},
    {"active", "\"false\"", "active"},
    {"active", "0", "active"},
    {"active", "{}", "active"},
    {"active", "[]", "active"},
    {"active", "null", "active"},
    {"active", NULL, "active"},
    {"timeZone", "60", "time_zone"},
    {"timeZone", "true", "time_zone"},
    {"timeZone", "[]", "time_zone"},
    {"timeZone", NULL, NULL},
    {"locale", "5", "locale"},
    {"locale", "{}", "locale"},
    {"locale", "null", NULL},
    {"avatarUrls", "5", NULL}, /* not ours to check */
};

static void wrong_members_of_a_user(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(wrong_users); i++)
        refused(&wrong_users[i], user_with);
}

#define USER_ITEM(more) "{\"typeName\": \"USER\"" more "}"

static const struct wrong wrong_events[] = {
    {"id", NULL, "id"},
    {"id", "null", "id"},
    {"id", "\"\"", "id"},
    {"id", "1.5", "id"},
    {"id", "1e3", "id"},
    {"id", "-5", "id"},
    {"id", "true", "id"},
    {"id", "{}", "id"},
    {"id", "[1]", "id"},
    {"created", NULL, "at"},
    {"created", "null", "at"},
    {"created", "\"\"", "at"},
    {"created", "\"yesterday\"", "at"},
    {"created", "\"2014-03-19T18:45:42.967\"", "at"},
    {"created", "\"2014-03-19\"", "at"},
    {"created", "\"2014-02-30T00:00:00Z\"", "at"},
    {"created", "1395254742967", "at"},
    {"created", "{}", "at"},
    {"created", "\"2014-03-19T18:45:42.967Z\"", NULL},
    {"summary", "5", "action"},
    {"summary", "[]", "action"},
    {"summary", "null", NULL},
    {"category", "5", "category"},
    {"category", "{}", "category"},
    {"category", NULL, NULL},
    {"authorAccountId", "5", "actor"},
    {"authorAccountId", "{}", "actor"},
    {"remoteAddress", "[\"10.1.2.3\"]", "remote_address"},
    {"remoteAddress", "167838211", "remote_address"},
    {"remoteAddress", NULL, NULL},
    {"objectItem", "5", "/objectItem"},
    {"objectItem", "\"ug:a\"", "/objectItem"},
    {"objectItem", "true", "/objectItem"},
    {"objectItem", "null", NULL},
    {"objectItem", NULL, NULL},
    {"objectItem", "{}", NULL},
    {"objectItem", "{\"typeName\": 5}", "/typeName"},
    {"objectItem", "{\"typeName\": []}", "/typeName"},
    {"objectItem", "{\"typeName\": null}", NULL},
    {"objectItem", "{\"typeName\": \"GROUP\", \"name\": \"g\"}", NULL},
    {"objectItem", "{\"typeName\": \"GROUP\", \"id\": 5}", NULL},
    {"objectItem", USER_ITEM(""), "/objectItem"},
    {"objectItem", USER_ITEM(", \"id\": 5"), "/objectItem"},
    {"objectItem", USER_ITEM(", \"id\": \"\""), "/objectItem"},
    {"objectItem", USER_ITEM(", \"id\": {}"), "/objectItem"},
    {"objectItem", USER_ITEM(", \"id\": null, \"name\": \"ug:a\""), NULL},
    {"objectItem", USER_ITEM(", \"name\": \"ug:a\""), NULL},
    {"associatedItems", "5", "/associatedItems"},
    {"associatedItems", "\"x\"", "/associatedItems"},
    {"associatedItems", "[5]", "/associatedItems"},
    {"associatedItems", "[null]", "/associatedItems"},
    {"associatedItems", "[{\"typeName\": 5}]", "/typeName"},
    {"associatedItems", "[" USER_ITEM("") "]", "/associatedItems"},
    {"associatedItems", "[" USER_ITEM(", \"id\": 1") "]", "/associatedItems"},
    {"associatedItems", "[]", NULL},
    {"associatedItems", "null", NULL},
    {"associatedItems", NULL, NULL},
    {"changedValues", "5", "/changedValues"},
    {"changedValues", "{}", "/changedValues"},
    {"changedValues", "\"x\"", "/changedValues"},
    {"changedValues", "[5]", "/changedValues"},
    {"changedValues", "[null]", "/changedValues"},
    {"changedValues", "[{\"fieldName\": 5}]", "/changedValues"},
    {"changedValues", "[{\"changedFrom\": []}]", "/changedValues"},
    {"changedValues", "[{\"fieldName\": \"x\", \"changedTo\": true}]",
     "/changedValues"},
    {"changedValues", "[{}]", NULL},
    {"changedValues", "[]", NULL},
    {"changedValues", "null", NULL},
    {"changedValues", NULL, NULL},
};

static void wrong_members_of_an_event(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(wrong_events); i++)
        refused(&wrong_events[i], event_with);
}

static void wrong_author_key(void **state)
{
    (void)state;
    assert_int_equal(event("{\"id\": 1, \"created\": \"2014-03-19T18:45Z\", "
                           "\"authorKey\": 5}"),
                     ITEM_REFUSED);
    assert_string_equal(stage.notes.field, "actor");
}

static void items_that_are_no_objects(void **state)
{
    static const char *const items[] = {"null", "5", "\"x\"", "[]", "true"};

    (void)state;
    for (size_t i = 0; i < COUNT(items); i++) {
        assert_int_equal(user(items[i]), ITEM_REFUSED);
        assert_string_equal(stage.notes.field, "item");
        assert_int_equal(event(items[i]), ITEM_REFUSED);
        assert_string_equal(stage.notes.field, "item");
    }
}

/* --- users --------------------------------------------------------------- */

static void a_user(void **state)
{
    (void)state;
    assert_int_equal(user_with("", NULL), ITEM_GOOD);
    assert_string_equal(user_text(USER_ACCOUNT_ID), "712020:a");
    assert_string_equal(user_text(USER_ACCOUNT_TYPE), "atlassian");
    assert_string_equal(user_text(USER_DISPLAY_NAME), "Ann");
    assert_string_equal(user_text(USER_EMAIL), "ann@example.com");
    assert_string_equal(user_text(USER_TIME_ZONE), "Europe/Vienna");
    assert_string_equal(user_text(USER_LOCALE), "en_US");
    assert_true(stage.user.fields[USER_ACTIVE].present);
    assert_int_equal(stage.user.fields[USER_ACTIVE].integer, 0);
    assert_null(user_text(USER_STATUS));
    assert_false(stage.user.fields[USER_LAST_SEEN_AT].present);
}

static void absent_is_null(void **state)
{
    (void)state;
    assert_int_equal(user("{\"accountId\": \"5ff328f2a9d0300107c045a6\", "
                          "\"active\": true, \"emailAddress\": null}"),
                     ITEM_GOOD);
    for (unsigned i = 0; i < USER_FIELD_COUNT; i++) {
        bool there = i == USER_ACCOUNT_ID || i == USER_ACTIVE;

        assert_int_equal(stage.user.fields[i].present, there);
        assert_int_equal(stage.user.fields[i].type, user_fields[i].type);
    }
    assert_int_equal(stage.user.fields[USER_ACTIVE].integer, 1);
}

static void placeholder_user(void **state)
{
    (void)state;
    assert_int_equal(user_with("accountId", "\"unknown\""), ITEM_PLACEHOLDER);
    assert_int_equal(user_with("accountType", "\"unknown\""), ITEM_GOOD);
    assert_string_equal(user_text(USER_ACCOUNT_TYPE), "unknown");
}

static void member_names_are_exact(void **state)
{
    (void)state;
    assert_int_equal(user("{\"accountid\": \"a\", \"active\": true}"),
                     ITEM_REFUSED);
}

static void texts_up_to_the_limit(void **state)
{
    char *raw = malloc(FIELD_BYTES_MAX + 4);

    (void)state;
    assert_non_null(raw);
    memset(raw, 'x', FIELD_BYTES_MAX + 4);
    raw[0] = raw[FIELD_BYTES_MAX + 1] = '"';
    raw[FIELD_BYTES_MAX + 2] = '\0';
    assert_int_equal(user_with("displayName", raw), ITEM_GOOD);
    assert_int_equal(strlen(user_text(USER_DISPLAY_NAME)), FIELD_BYTES_MAX);
    assert_int_equal(event_with("summary", raw), ITEM_GOOD);
    raw[FIELD_BYTES_MAX + 1] = 'x';
    raw[FIELD_BYTES_MAX + 2] = '"';
    raw[FIELD_BYTES_MAX + 3] = '\0';
    assert_int_equal(user_with("displayName", raw), ITEM_REFUSED);
    assert_string_equal(stage.notes.field, "display_name");
    assert_int_equal(event_with("summary", raw), ITEM_REFUSED);
    assert_string_equal(stage.notes.field, "action");
    free(raw);
}

static void repaired_texts(void **state)
{
    (void)state;
    assert_int_equal(user_with("displayName", "\"a\\u0000b\\ud83d\""),
                     ITEM_GOOD);
    assert_string_equal(user_text(USER_DISPLAY_NAME), "a\xef\xbf\xbd"
                                                      "b\xef\xbf\xbd");
    assert_true(json_repairs(&stage.doc) > 0);
}

/* --- events -------------------------------------------------------------- */

static void a_deactivation(void **state)
{
    (void)state;
    assert_int_equal(
        event("{\"id\":11652,\"summary\":\"User updated\",\"created\":"
              "\"2022-01-18T08:43:02.838+0000\",\"category\":"
              "\"user management\",\"eventSource\":\"\",\"objectItem\":"
              "{\"id\":\"ug:1\",\"name\":\"ug:1\",\"typeName\":\"USER\","
              "\"parentId\":\"10000\",\"parentName\":\"IDP Directory\"},"
              "\"changedValues\":[{\"fieldName\":\"Active / Inactive\","
              "\"changedFrom\":\"Active\",\"changedTo\":\"Inactive\"}]}"),
        ITEM_GOOD);
    assert_string_equal(stage.event.source, "jira_audit");
    assert_string_equal(event_text(EVENT_ID), "11652");
    assert_true(stage.event.fields[EVENT_AT].integer == 1642495382838);
    assert_string_equal(event_text(EVENT_ACTION), "User updated");
    assert_null(event_text(EVENT_ACTOR));
    assert_null(event_text(EVENT_REMOTE_ADDRESS));
    assert_int_equal(stage.event.subject_count, 1);
    assert_string_equal(stage.event.subjects[0], "ug:1");
    assert_int_equal(stage.event.change_count, 1);
    assert_string_equal(stage.event.changes[0].field, "Active / Inactive");
    assert_string_equal(stage.event.changes[0].from, "Active");
    assert_string_equal(stage.event.changes[0].to, "Inactive");
}

static void account_id_before_the_authors_key(void **state)
{
    (void)state;
    event_with("", NULL);
    assert_string_equal(event_text(EVENT_ACTOR), "712020:adm");
    event_with("authorAccountId", NULL);
    assert_string_equal(event_text(EVENT_ACTOR), "ug:adm");
    event_with("authorAccountId", "null");
    assert_string_equal(event_text(EVENT_ACTOR), "ug:adm");
}

static void group_members_are_subjects(void **state)
{
    (void)state;
    assert_int_equal(event_with("objectItem", "{\"name\": \"staff\", "
                                              "\"typeName\": \"GROUP\"}"),
                     ITEM_GOOD);
    assert_int_equal(stage.event.subject_count, 1);
    assert_string_equal(stage.event.subjects[0], "ug:b");
}

static void mentioned_users_are_not(void **state)
{
    (void)state;
    assert_int_equal(
        event("{\"id\": 1, \"created\": \"2014-03-19T18:45:42.967+0000\", "
              "\"category\": \"projects\", \"objectItem\": {\"id\": "
              "\"10018\", \"typeName\": \"PROJECT\"}, \"changedValues\": "
              "[{\"fieldName\": \"Lead\", \"changedTo\": \"ug:a\"}], "
              "\"associatedItems\": [{\"id\": \"ug:a\", \"typeName\": "
              "\"USER\"}]}"),
        ITEM_GOOD);
    assert_int_equal(stage.event.subject_count, 0);
    assert_null(stage.event.changes[0].from);
}

static void created_user_is_one_subject(void **state)
{
    (void)state;
    assert_int_equal(event_with("associatedItems",
                                "[{\"id\": \"ug:a\", \"typeName\": \"USER\"},"
                                " {\"id\": \"ug:b\", \"typeName\": \"USER\"},"
                                " {\"id\": \"ug:b\", \"typeName\": \"USER\"},"
                                " {\"name\": \"g\", \"typeName\": \"GROUP\"}"
                                "]"),
                     ITEM_GOOD);
    assert_int_equal(stage.event.subject_count, 2);
    assert_string_equal(stage.event.subjects[0], "ug:a");
    assert_string_equal(stage.event.subjects[1], "ug:b");
}

static void nothing_stays_of_the_event_before(void **state)
{
    (void)state;
    event_with("", NULL);
    assert_int_equal(event("{\"id\": 1, \"created\": "
                           "\"2014-03-19T18:45:42.967+0000\"}"),
                     ITEM_GOOD);
    assert_int_equal(stage.event.subject_count, 0);
    assert_int_equal(stage.event.change_count, 0);
    assert_null(event_text(EVENT_ACTION));
}

static void ids_keep_all_digits(void **state)
{
    static const char *const ids[] = {"9007199254740993", "9223372036854775807",
                                      "123456789012345678901234567890", "0"};

    (void)state;
    for (size_t i = 0; i < COUNT(ids); i++) {
        assert_int_equal(event_with("id", ids[i]), ITEM_GOOD);
        assert_string_equal(event_text(EVENT_ID), ids[i]);
    }
    assert_int_equal(event_with("id", "\"e-1\""), ITEM_GOOD);
    assert_string_equal(event_text(EVENT_ID), "e-1");
}

static char *array_of(size_t count)
{
    struct buf text;

    buf_init(&text, TEXT_MAX);
    for (size_t i = 0; i < count; i++) {
        buf_putc(&text, i == 0 ? '[' : ',');
        buf_printf(&text, "{\"typeName\": \"USER\", \"id\": \"%zu\"}", i);
    }
    buf_putc(&text, ']');
    assert_true(buf_ok(&text));
    return text.data;
}

static void more_than_fits(void **state)
{
    /* The object item is a subject too. */
    char *most = array_of(EVENT_SUBJECTS_MAX - 1);
    char *more = array_of(EVENT_SUBJECTS_MAX);
    char *changes = array_of(EVENT_CHANGES_MAX);
    char *more_changes = array_of(EVENT_CHANGES_MAX + 1);

    (void)state;
    assert_int_equal(event_with("associatedItems", most), ITEM_GOOD);
    assert_int_equal(stage.event.subject_count, EVENT_SUBJECTS_MAX);
    assert_int_equal(event_with("associatedItems", more), ITEM_REFUSED);
    assert_string_equal(stage.notes.field, "/associatedItems");
    assert_int_equal(event_with("changedValues", changes), ITEM_GOOD);
    assert_int_equal(event_with("changedValues", more_changes), ITEM_REFUSED);
    assert_string_equal(stage.notes.field, "/changedValues");
    free(most);
    free(more);
    free(changes);
    free(more_changes);
}

static void instants_of_an_item(void **state)
{
    const struct field_rule *rule = &stage.audit.event_fields[EVENT_AT];
    int64_t at = 0;

    (void)state;
    assert_int_equal(normalise_instant(rule,
                                       parse("{\"created\": \"1970-01-01"
                                             "T00:00:01.000+0000\"}"),
                                       &at),
                     0);
    assert_true(at == 1000);
    assert_int_equal(normalise_instant(rule, parse("{}"), &at), -1);
    assert_int_equal(normalise_instant(rule, parse("{\"created\": 5}"), &at),
                     -1);
    assert_int_equal(normalise_instant(rule, parse("5"), &at), -1);
}

/* --- pairs --------------------------------------------------------------- */

static void teaches(const struct source *source, const char *text,
                    const char *key, const char *id)
{
    const char *found_key, *found_id;
    bool taught = normalise_pair(source, parse(text), &found_key, &found_id);

    if (taught != (key != NULL))
        fail_msg("%s", text);
    if (key == NULL)
        return;
    assert_string_equal(found_key, key);
    assert_string_equal(found_id, id);
}

static void pairs(void **state)
{
    const struct source *audit = &stage.audit, *keys = &stage.keys;

    (void)state;
    teaches(audit, "{\"authorKey\": \"ug:1\", \"authorAccountId\": \"a\"}",
            "ug:1", "a");
    teaches(audit, "{\"authorKey\": \"ug:1\"}", NULL, NULL);
    teaches(audit, "{\"authorAccountId\": \"a\"}", NULL, NULL);
    teaches(audit, "{\"authorKey\": \"\", \"authorAccountId\": \"a\"}", NULL,
            NULL);
    teaches(audit, "{\"authorKey\": \"ug:1\", \"authorAccountId\": \"\"}", NULL,
            NULL);
    teaches(audit, "{\"authorKey\": 1, \"authorAccountId\": \"a\"}", NULL,
            NULL);
    teaches(audit, "{\"authorKey\": \"ug:1\", \"authorAccountId\": {}}", NULL,
            NULL);
    teaches(audit, "[]", NULL, NULL);
    teaches(keys, "{\"key\": \"ug:1\", \"accountId\": \"a\"}", "ug:1", "a");
    teaches(keys, "{\"key\": \"ug:1\", \"accountId\": \"unknown\"}", NULL,
            NULL);
    teaches(keys, "{\"key\": \"ug:1\", \"accountId\": null}", NULL, NULL);
    teaches(keys, "{\"username\": \"ug:1\", \"accountId\": \"a\"}", NULL, NULL);
    teaches(&stage.users, "{\"key\": \"ug:1\", \"accountId\": \"a\"}", NULL,
            NULL);
}

static enum item_verdict listed(struct source *source, const char *text)
{
    return normalise_user(source, parse(text), &stage.user, &stage.notes);
}

static void load_list(struct source *source, const char *name)
{
    struct error err = {0};
    char path[128];

    snprintf(path, sizeof(path), "mappings/sources/%s.json", name);
    if (source_load(source, path, &err) != 0)
        fail_msg("%s", err.text);
}

static void rows_of_the_administration_pages(void **state)
{
    const struct value *fields = stage.user.fields;
    struct source hub;

    (void)state;
    load_list(&hub, "adminhub_org_users");
    assert_int_equal(listed(&hub, "{\"id\":\"a\",\"activeStatus\":\"ENABLED\","
                                  "\"system\":true,"
                                  "\"presence\":\"1970-01-01T00:00:01Z\"}"),
                     ITEM_GOOD);
    assert_int_equal(fields[USER_ACTIVE].integer, 1);
    assert_string_equal(fields[USER_ACCOUNT_TYPE].text, "app");
    assert_true(fields[USER_LAST_SEEN_AT].integer == 1000);
    assert_string_equal(fields[USER_LAST_SEEN_STATUS].text, "known");
    assert_int_equal(listed(&hub, "{\"id\":\"a\",\"activeStatus\":"
                                  "\"DISABLED\",\"presence\":null}"),
                     ITEM_GOOD);
    assert_true(fields[USER_ACTIVE].present);
    assert_int_equal(fields[USER_ACTIVE].integer, 0);
    assert_false(fields[USER_ACCOUNT_TYPE].present);
    assert_false(fields[USER_LAST_SEEN_AT].present);
    assert_string_equal(fields[USER_LAST_SEEN_STATUS].text, "never");
    assert_int_equal(listed(&hub, "{\"id\":\"a\",\"activeStatus\":\"BLOCKED\"}"),
                     ITEM_REFUSED);
    assert_string_equal(stage.notes.field, "active");
    assert_int_equal(listed(&hub, "{\"id\":\"a\",\"activeStatus\":\"ENABLED\","
                                  "\"presence\":\"soon\"}"),
                     ITEM_REFUSED);
    assert_string_equal(stage.notes.field, "last_seen_at");
    source_free(&hub);
}

static void words_of_the_directory(void **state)
{
    static const char *const words[][3] = {
        {"active", "active", "1"},
        {"suspended", "suspended", "0"},
        {"not_invited", "no_access", "0"},
        {"deactivated", "deactivated", "0"},
        {"for_deletion", "for_deletion", "0"}};
    static const char *const names[] = {"org_directory_users",
                                        "org_directory_users_get"};

    (void)state;
    for (size_t n = 0; n < COUNT(names); n++) {
        struct source directory;

        load_list(&directory, names[n]);
        for (size_t i = 0; i < COUNT(words); i++) {
            char text[128];

            snprintf(text, sizeof(text),
                     "{\"accountId\":\"a\",\"status\":\"%s\"}", words[i][0]);
            assert_int_equal(listed(&directory, text), ITEM_GOOD);
            assert_string_equal(stage.user.fields[USER_STATUS].text,
                                words[i][1]);
            assert_int_equal(stage.user.fields[USER_ACTIVE].integer,
                             words[i][2][0] - '0');
        }
        assert_int_equal(
            listed(&directory, "{\"accountId\":\"a\",\"status\":\"odd\"}"),
            ITEM_REFUSED);
        assert_int_equal(listed(&directory, "{\"accountId\":\"a\"}"),
                         ITEM_REFUSED);
        source_free(&directory);
    }
}

static void an_address_in_place_of_an_account_id(void **state)
{
    struct source source;

    (void)state;
    load_list(&source, "adminhub_org_users");
    source.user_fields[USER_ACCOUNT_ID].required = false;
    assert_int_equal(listed(&source, "{\"email\":\"a@b\","
                                     "\"activeStatus\":\"ENABLED\"}"),
                     ITEM_GOOD);
    assert_false(stage.user.fields[USER_ACCOUNT_ID].present);
    assert_int_equal(listed(&source, "{\"id\":\"\",\"email\":\"a@b\","
                                     "\"activeStatus\":\"ENABLED\"}"),
                     ITEM_GOOD);
    assert_false(stage.user.fields[USER_ACCOUNT_ID].present);
    assert_int_equal(listed(&source, "{\"email\":\"\","
                                     "\"activeStatus\":\"ENABLED\"}"),
                     ITEM_REFUSED);
    assert_string_equal(stage.notes.field, "email");
    source_free(&source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_the_administration_pages),
        cmocka_unit_test(words_of_the_directory),
        cmocka_unit_test(an_address_in_place_of_an_account_id),
        cmocka_unit_test(wrong_members_of_a_user),
        cmocka_unit_test(wrong_members_of_an_event),
        cmocka_unit_test(wrong_author_key),
        cmocka_unit_test(items_that_are_no_objects),
        cmocka_unit_test(a_user),
        cmocka_unit_test(absent_is_null),
        cmocka_unit_test(placeholder_user),
        cmocka_unit_test(member_names_are_exact),
        cmocka_unit_test(texts_up_to_the_limit),
        cmocka_unit_test(repaired_texts),
        cmocka_unit_test(a_deactivation),
        cmocka_unit_test(account_id_before_the_authors_key),
        cmocka_unit_test(group_members_are_subjects),
        cmocka_unit_test(mentioned_users_are_not),
        cmocka_unit_test(created_user_is_one_subject),
        cmocka_unit_test(nothing_stays_of_the_event_before),
        cmocka_unit_test(ids_keep_all_digits),
        cmocka_unit_test(more_than_fits),
        cmocka_unit_test(instants_of_an_item),
        cmocka_unit_test(pairs),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
