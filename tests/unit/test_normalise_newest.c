#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "normalise.h"
#include "temp_file.h"

/* A source of users with the one rule under test, and what an item became. */
struct fixture {
    struct temp_folder folder;
    struct source source;
    struct json_doc doc;
    struct user user;
    struct item_notes notes;
    bool loaded, parsed;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (f == NULL)
        return -1;
    temp_folder_make(&f->folder);
    *state = f;
    return 0;
}

static void clear(struct fixture *f)
{
    if (f->parsed)
        json_free(&f->doc);
    if (f->loaded)
        source_free(&f->source);
    f->parsed = f->loaded = false;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    clear(f);
    temp_folder_remove(&f->folder);
    free(f);
    return 0;
}

/* newest holds the members of "newest", more those of the rules besides. */
static void define(struct fixture *f, const char *newest, const char *more)
{
    struct error err = {0};
    char text[2048];

    clear(f);
    snprintf(text, sizeof(text),
             "{\"name\": \"s\", \"kind\": \"users\", \"endpoint\": \"e\","
             "\"request\": {\"method\": \"GET\", \"path\": \"/x\"},"
             "\"paging\": {\"style\": \"single\"}, \"items\": \"\","
             "\"fields\": {\"account_id\": \"/id\","
             "\"last_seen_at\": {\"newest\": {%s}%s},"
             "\"last_seen_status\": {\"newest\": {%s}%s,"
             "\"present\": \"known\", \"absent\": \"never\"}}}",
             newest, more, newest, more);
    if (source_load(&f->source, temp_file(&f->folder, "s.json", text), &err))
        fail_msg("%s", err.text);
    f->loaded = true;
}

static enum item_verdict take(struct fixture *f, const char *item)
{
    struct error err = {0};

    if (f->parsed)
        json_free(&f->doc);
    f->parsed = json_parse(&f->doc, item, strlen(item), JSON_STRICT, "item",
                           ERROR_DATA, &err) == 0;
    if (!f->parsed)
        fail_msg("%s: %s", err.text, item);
    memset(&f->notes, 0, sizeof(f->notes));
    return normalise_user(&f->source, f->doc.root, &f->user, &f->notes);
}

/* at NULL: no instant; status NULL: unknown. */
static void gives(struct fixture *f, const char *item, const char *at,
                  const char *status)
{
    const struct value *seen = &f->user.fields[USER_LAST_SEEN_AT];
    const struct value *word = &f->user.fields[USER_LAST_SEEN_STATUS];
    char text[INSTANT_TEXT_MAX] = "";

    if (take(f, item) != ITEM_GOOD)
        fail_msg("%s: %s %s", item, f->notes.field, f->notes.reason);
    if (seen->present)
        instant_rfc3339(seen->integer, text);
    assert_string_equal(text, at != NULL ? at : "");
    assert_int_equal(word->present, status != NULL);
    if (status != NULL)
        assert_string_equal(word->text, status);
}

static void refuses(struct fixture *f, const char *item, const char *field,
                    const char *reason)
{
    assert_int_equal(take(f, item), ITEM_REFUSED);
    assert_string_equal(f->notes.field, field);
    assert_string_equal(f->notes.reason, reason);
}

static void an_array_gives_its_newest(void **state)
{
    struct fixture *f = *state;

    define(f, "\"items\": \"/data/access\", \"at\": \"/seen\"", "");
    gives(f,
          "{\"id\": \"a\", \"data\": {\"access\": ["
          "{\"key\": \"x\", \"seen\": \"2026-01-02T00:00:00Z\"},"
          "{\"key\": \"y\", \"seen\": \"2026-03-02T00:00:00Z\"},"
          "{\"key\": \"z\", \"seen\": \"2026-02-02T00:00:00Z\"}]}}",
          "2026-03-02T00:00:00Z", "known");
    gives(f,
          "{\"id\": \"a\", \"data\": {\"access\": [{}, null,"
          "{\"seen\": null}, {\"seen\": \"\"},"
          "{\"seen\": \"1969-02-02T00:00:00Z\"}]}}",
          "1969-02-02T00:00:00Z", "known");
}

static void an_empty_array_says_never(void **state)
{
    struct fixture *f = *state;

    define(f, "\"items\": \"/data/access\", \"at\": \"/seen\"", "");
    gives(f, "{\"id\": \"a\", \"data\": {\"access\": []}}", NULL, "never");
    gives(f, "{\"id\": \"a\", \"data\": {\"access\": [{\"key\": \"x\"}]}}",
          NULL, "never");
}

static void no_array_says_nothing(void **state)
{
    struct fixture *f = *state;

    define(f, "\"items\": \"/data/access\", \"at\": \"/seen\"", "");
    gives(f, "{\"id\": \"a\", \"data\": {\"access\": null}}", NULL, NULL);
    gives(f, "{\"id\": \"a\", \"data\": {}}", NULL, NULL);
    gives(f, "{\"id\": \"a\"}", NULL, NULL);
}

static void columns_are_found_by_prefix(void **state)
{
    struct fixture *f = *state;

    define(f, "\"items\": \"\", \"prefix\": \"Last seen in \"",
           ", \"time\": \"d_mon_yyyy\", \"never\": [\"Never accessed\","
           "\"Never logged in\"]");
    gives(f,
          "{\"id\": \"a\", \"Last seen in Jira - x\": \"3 Jan 2024\","
          "\"Last seen\": \"5 May 2025\","
          "\"Last seen in Atlas - x\": \"Never accessed\","
          "\"Last seen in Jira - y\": \"14 Feb 2024\"}",
          "2024-02-14T00:00:00Z", "known");
    gives(f,
          "{\"id\": \"a\", \"Last seen in Jira - x\": \"Never accessed\","
          "\"Last seen in Jira - y\": \"Never logged in\","
          "\"Last seen in Jira - z\": null}",
          NULL, "never");
    gives(f, "{\"id\": \"a\", \"Last seen\": \"3 Jan 2024\"}", NULL, NULL);
}

static void several_prefixes_are_one_choice(void **state)
{
    struct fixture *f = *state;

    define(f, "\"items\": \"/o\", \"prefix\": [\"last_login\", \"session\"]",
           ", \"time\": \"epoch_ms\"");
    gives(f,
          "{\"id\": \"a\", \"o\": {\"last_login\": 1000, \"session\": 3000,"
          "\"other\": 9000}}",
          "1970-01-01T00:00:03Z", "known");
    gives(f, "{\"id\": \"a\", \"o\": {\"other\": 9000}}", NULL, NULL);
}

static void every_member_of_an_object_is_a_place(void **state)
{
    struct fixture *f = *state;

    define(f, "\"items\": \"/o\"", "");
    gives(f, "{\"id\": \"a\", \"o\": {\"x\": \"2026-01-02T00:00:00Z\"}}",
          "2026-01-02T00:00:00Z", "known");
    gives(f, "{\"id\": \"a\", \"o\": {}}", NULL, "never");
}

static void what_is_no_instant_is_not_guessed(void **state)
{
    struct fixture *f = *state;
    const char *format = "is not a time in the expected format";

    define(f, "\"items\": \"\", \"prefix\": \"Last seen in \"",
           ", \"time\": \"d_mon_yyyy\", \"never\": [\"Never\"]");
    refuses(f, "{\"id\": \"a\", \"Last seen in x\": \"never\"}",
            "last_seen_at", format);
    refuses(f, "{\"id\": \"a\", \"Last seen in x\": \"03/01/2024\"}",
            "last_seen_at", format);
    refuses(f, "{\"id\": \"a\", \"Last seen in x\": 20240103}",
            "last_seen_at", "is not a text");
    define(f, "\"items\": \"/list\", \"at\": \"/seen\"", "");
    refuses(f, "{\"id\": \"a\", \"list\": \"x\"}", "/list",
            "is neither object nor array");
    refuses(f, "{\"id\": \"a\", \"list\": [\"2026-01-02T00:00:00Z\"]}",
            "/list", "holds something that is not an object");
    define(f, "\"items\": \"/list\", \"prefix\": \"p\"", "");
    refuses(f, "{\"id\": \"a\", \"list\": []}", "/list", "is not an object");
}

static void forms_of_time_may_be_several(void **state)
{
    struct fixture *f = *state;

    define(f, "\"items\": \"/list\"",
           ", \"time\": [\"d_mon_yyyy\", \"iso8601_utc\"]");
    gives(f, "{\"id\": \"a\", \"list\": [\"3 Jan 2024\", \"2024-01-02\"]}",
          "2024-01-03T00:00:00Z", "known");
    gives(f, "{\"id\": \"a\", \"list\": [\"3 Jan 2024\","
             "\"2024-01-04 10:00\"]}",
          "2024-01-04T10:00:00Z", "known");
    gives(f, "{\"id\": \"a\", \"list\": [\"2024-01-04T10:00:00+02:00\"]}",
          "2024-01-04T08:00:00Z", "known");
    refuses(f, "{\"id\": \"a\", \"list\": [\"01/02/2024\"]}",
            "last_seen_at", "is not a time in the expected format");
    define(f, "\"items\": \"/list\"", "");
    refuses(f, "{\"id\": \"a\", \"list\": [\"2024-01-04 10:00\"]}",
            "last_seen_at", "is not a time in the expected format");
}

static void a_required_instant_must_be_there(void **state)
{
    struct fixture *f = *state;

    define(f, "\"items\": \"/list\"", ", \"never\": [\"no\"]");
    f->source.user_fields[USER_LAST_SEEN_AT].required = true;
    refuses(f, "{\"id\": \"a\", \"list\": [\"no\"]}", "last_seen_at",
            "is missing");
    gives(f, "{\"id\": \"a\", \"list\": [\"no\", \"2026-01-02T00:00:00Z\"]}",
          "2026-01-02T00:00:00Z", "known");
}

static void a_place_has_several_pointers(void **state)
{
    struct fixture *f = *state;

    define(f, "\"items\": \"/list\", \"at\": [\"/stamp\", \"/day\"]",
           ", \"time\": \"iso8601_date\"");
    gives(f,
          "{\"id\": \"a\", \"list\": ["
          "{\"stamp\": \"2026-01-02T03:04:05Z\", \"day\": \"2026-01-02\"},"
          "{\"day\": \"2026-01-01\"}]}",
          "2026-01-02T03:04:05Z", "known");
    gives(f,
          "{\"id\": \"a\", \"list\": [{\"day\": \"2026-01-01\"},"
          "{\"stamp\": null, \"day\": \"2026-01-03\"}]}",
          "2026-01-03T00:00:00Z", "known");
    refuses(f, "{\"id\": \"a\", \"list\": [{\"day\": \"2026-01\"}]}",
            "last_seen_at", "is not a time in the expected format");
    refuses(f, "{\"id\": \"a\", \"list\": [\"2026-01-01\"]}", "/list",
            "holds something that is not an object");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_array_gives_its_newest),
        cmocka_unit_test(an_empty_array_says_never),
        cmocka_unit_test(no_array_says_nothing),
        cmocka_unit_test(columns_are_found_by_prefix),
        cmocka_unit_test(several_prefixes_are_one_choice),
        cmocka_unit_test(every_member_of_an_object_is_a_place),
        cmocka_unit_test(what_is_no_instant_is_not_guessed),
        cmocka_unit_test(a_required_instant_must_be_there),
        cmocka_unit_test(forms_of_time_may_be_several),
        cmocka_unit_test(a_place_has_several_pointers),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
