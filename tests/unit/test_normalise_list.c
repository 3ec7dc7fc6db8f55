#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "normalise.h"
#include "temp_file.h"

enum { MANY = 257 };

struct fixture {
    struct temp_folder folder;
    struct source source;
    struct json_doc doc;
    struct user user;
    struct item_notes notes;
    bool parsed;
};

static const char definition[] =
    "{\"name\": \"s\", \"kind\": \"users\", \"endpoint\": \"e\","
    "\"request\": {\"method\": \"GET\", \"path\": \"/x\"},"
    "\"paging\": {\"style\": \"single\"}, \"items\": \"\","
    "\"fields\": {\"account_id\": \"/id\", \"products\": "
    "{\"list\": {\"items\": \"/has\", \"at\": [\"/name\", \"/key\"]}}}}";

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct error err = {0};

    if (f == NULL)
        return -1;
    temp_folder_make(&f->folder);
    if (source_load(&f->source, temp_file(&f->folder, "s.json", definition),
                    &err) != 0)
        fail_msg("%s", err.text);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    if (f->parsed)
        json_free(&f->doc);
    source_free(&f->source);
    temp_folder_remove(&f->folder);
    free(f);
    return 0;
}

static enum item_verdict take(struct fixture *f, const char *has)
{
    struct error err = {0};
    size_t size = strlen(has) + 64;
    char *item = malloc(size);

    assert_non_null(item);
    snprintf(item, size, "{\"id\": \"a\"%s%s}", *has ? ", \"has\": " : "", has);
    if (f->parsed)
        json_free(&f->doc);
    f->parsed = json_parse(&f->doc, item, strlen(item), JSON_STRICT, "item",
                           ERROR_DATA, &err) == 0;
    free(item);
    if (!f->parsed)
        fail_msg("%s", err.text);
    return normalise_user(&f->source, f->doc.root, &f->user, &f->notes);
}

/* NULL: null. */
static void gives(struct fixture *f, const char *has, const char *text)
{
    const struct value *products = &f->user.fields[USER_PRODUCTS];

    if (take(f, has) != ITEM_GOOD)
        fail_msg("%s: %s %s", has, f->notes.field, f->notes.reason);
    assert_int_equal(products->present, text != NULL);
    if (text != NULL)
        assert_string_equal(products->text, text);
}

static void refuses(struct fixture *f, const char *has, const char *reason)
{
    assert_int_equal(take(f, has), ITEM_REFUSED);
    assert_string_equal(f->notes.reason, reason);
}

static void texts_stand_in_order_each_once(void **state)
{
    gives(*state,
          "[{\"name\": \"Jira\"}, {\"name\": \"Confluence\"},"
          " {\"name\": \"Jira\"}]",
          "Confluence; Jira");
    gives(*state,
          "[{\"key\": \"jira\"}, {\"name\": null, \"key\": \"bit\"},"
          " {\"name\": \"A\", \"key\": \"z\"}]",
          "A; bit; jira");
    gives(*state, "[{\"name\": \"Jira\"}]", "Jira");
}

static void nothing_and_no_list_are_told_apart(void **state)
{
    gives(*state, "[]", "");
    gives(*state, "[{}, {\"name\": \"\"}]", "");
    gives(*state, "null", NULL);
    gives(*state, "", NULL);
}

static void what_is_no_list_of_texts_is_not_guessed(void **state)
{
    refuses(*state, "\"Jira\"", "is not an array");
    refuses(*state, "{}", "is not an array");
    refuses(*state, "[\"Jira\"]", "holds something that is not an object");
    refuses(*state, "[{\"name\": 5}]", "is not a text");
}

static void what_does_not_fit_is_refused(void **state)
{
    size_t size = USER_MADE_MAX + 4096;
    char *has = malloc(size), *to = has;

    assert_non_null(has);
    *to++ = '[';
    for (int i = 0; i < MANY; i++)
        to += snprintf(to, 32, "%s{\"key\":\"%d\"}", i > 0 ? "," : "", i);
    strcpy(to, "]");
    refuses(*state, has, "holds more texts than fit");
    /* With its NUL a text of so many characters just does not fit. */
    snprintf(has, size, "[{\"key\":\"%0*d\"}]", USER_MADE_MAX, 0);
    refuses(*state, has, "takes more space than there is");
    snprintf(has, size, "[{\"key\":\"%0*d\"}]", USER_MADE_MAX - 1, 0);
    assert_int_equal(take(*state, has), ITEM_GOOD);
    free(has);
}

static void refused(const char *rule, const char *text)
{
    struct temp_folder folder;
    struct source source;
    struct error err = {0};
    char definition_text[1024];

    temp_folder_make(&folder);
    snprintf(definition_text, sizeof(definition_text),
             "{\"name\": \"s\", \"kind\": \"users\", \"endpoint\": \"e\","
             "\"request\": {\"method\": \"GET\", \"path\": \"/x\"},"
             "\"paging\": {\"style\": \"single\"}, \"items\": \"\","
             "\"fields\": {\"account_id\": \"/id\", %s}}",
             rule);
    assert_int_equal(source_load(&source,
                                 temp_file(&folder, "s.json", definition_text),
                                 &err),
                     -1);
    if (strstr(err.text, text) == NULL)
        fail_msg("%s", err.text);
    temp_folder_remove(&folder);
}

#define LIST "\"list\": {\"items\": \"/has\", \"at\": \"/name\"}"

static void wrong_rules_are_refused(void **state)
{
    (void)state;
    refused("\"active\": {" LIST "}", "only a text field can be a list");
    refused("\"products\": {" LIST ", \"at\": \"/x\"}", "expected one of");
    refused("\"products\": {" LIST ", \"map\": {\"a\": \"b\"}}",
            "fields.products.list: has no");
    refused("\"products\": {\"list\": {\"items\": \"/has\"}}",
            "fields.products.list.at");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_stand_in_order_each_once),
        cmocka_unit_test(nothing_and_no_list_are_told_apart),
        cmocka_unit_test(what_is_no_list_of_texts_is_not_guessed),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(wrong_rules_are_refused),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
