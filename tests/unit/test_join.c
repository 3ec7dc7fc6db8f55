#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "condition.h"
#include "instant.h"
#include "join.h"
#include "transform.h"

enum { COLUMNS_MAX = 3, T0 = 1000 };

static const int64_t as_of = 1795399200000;

static const struct fact_rule fact_rules[] = {
    {.name = "last", .actor_within_ms = 100, .cancelled_by = -1}};

/* One dataset of up to three columns over one account "u". */
struct stage {
    struct column columns[COLUMNS_MAX];
    struct column_rule rules_of[COLUMNS_MAX];
    struct rules rules;
    struct fact_book book;
    struct roster roster;
    struct strmap actors, observed;
    struct arena arena;
    struct join_input input;
    struct joined joined;
    struct join_notes notes;
    struct value cells[COLUMNS_MAX];
    struct error err;
};

static struct account *add(struct stage *stage, const char *id,
                           const char *name)
{
    struct user user = {0};

    for (int i = 0; i < USER_FIELD_COUNT; i++)
        user.fields[i] = value_null(user_fields[i].type);
    user.fields[USER_ACCOUNT_ID] = value_text(id);
    user.fields[USER_DISPLAY_NAME] = value_text(name);
    user.fields[USER_ADDED_AT] = value_instant(1795399200123);
    return roster_add(&stage->roster, &user, true);
}

static int setup(void **state)
{
    static struct stage stage;

    memset(&stage, 0, sizeof(stage));
    roster_init(&stage.roster);
    arena_init(&stage.arena);
    fact_book_init(&stage.book, fact_rules, 1);
    stage.rules = (struct rules){
        .schema = {.name = "people", .columns = stage.columns, .count = 1},
        .columns = stage.rules_of,
        .facts = fact_rules,
        .fact_count = 1};
    stage.input = (struct join_input){.rules = &stage.rules,
                                      .book = &stage.book,
                                      .roster = &stage.roster,
                                      .actors = &stage.actors,
                                      .observed = &stage.observed,
                                      .as_of = as_of,
                                      .run_id = "R1"};
    stage.columns[0] =
        (struct column){.name = "c", .type = VALUE_STRING, .nullable = true};
    *state = &stage;
    return 0;
}

static int teardown(void **state)
{
    struct stage *stage = *state;

    roster_release(&stage->roster);
    arena_release(&stage->arena);
    fact_book_release(&stage->book);
    strmap_release(&stage->actors);
    strmap_release(&stage->observed);
    return 0;
}

static void fold(struct stage *stage, int64_t at, const char *id,
                 const char *actor, const char *actor_name)
{
    static struct event event;

    memset(&event, 0, sizeof(event));
    event.source = "jira_audit";
    event.fields[EVENT_AT] = value_instant(at);
    event.fields[EVENT_ID] = value_text(id);
    event.fields[EVENT_ACTION] = value_text("User updated");
    event.fields[EVENT_ACTOR] = value_text(actor);
    event.fields[EVENT_ACTOR_NAME] = value_text(actor_name);
    event.subjects[0] = "u";
    event.subject_count = 1;
    assert_int_equal(fact_fold(&stage->book, &event), 0);
}

static void fill(struct stage *stage)
{
    struct account *account = roster_find(&stage->roster, "u");

    if (account == NULL)
        account = add(stage, "u", "Ursula");
    joined_fill(&stage->joined, &stage->input, account);
}

static struct value fact(struct stage *stage, enum fact_part part)
{
    const struct ref ref = {.kind = REF_FACT, .part = part};

    fill(stage);
    return joined_value(&stage->joined, &ref);
}

/* --- facts and their actors --------------------------------------------- */

/* An actor that is known by e-mail only, or is an app, is shown as far as it
 * has an id. */
static void forms_of_an_actor(void **state)
{
    struct stage *stage = *state;

    fold(stage, T0, "17", "\xff" "ada@x.test", "Ada");
    assert_false(fact(stage, FACT_ACTOR_ID).present);
    assert_string_equal(fact(stage, FACT_ACTOR_NAME).text, "Ada");
    assert_string_equal(fact(stage, FACT_STATUS).text, "known");
    assert_string_equal(fact(stage, FACT_ACTOR_SOURCE).text, "jira_audit");
    strmap_put(&stage->actors, "\xff" "ada@x.test", "adm");
    assert_string_equal(fact(stage, FACT_ACTOR_ID).text, "adm");
    fold(stage, T0 + 1, "18", "\xfegoogle", "Google");
    assert_string_equal(fact(stage, FACT_ACTOR_ID).text, "google");
    assert_string_equal(fact(stage, FACT_ACTOR_NAME).text, "Google");
    fold(stage, T0 + 1000, "19", NULL, NULL);
    assert_false(fact(stage, FACT_ACTOR_SOURCE).present);
    assert_string_equal(fact(stage, FACT_SOURCE).text, "jira_audit");
}

static void parts_of_a_fact(void **state)
{
    struct stage *stage = *state;

    fold(stage, T0, "17", "adm", NULL);
    assert_true(fact(stage, FACT_AT).integer == T0);
    assert_int_equal(fact(stage, FACT_AT).type, VALUE_TIMESTAMP);
    assert_string_equal(fact(stage, FACT_ACTION).text, "User updated");
    assert_string_equal(fact(stage, FACT_SOURCE).text, "jira_audit");
    assert_string_equal(fact(stage, FACT_EVENT_ID).text, "17");
}

static void known(void **state)
{
    fold(*state, T0, "1", "adm", NULL);
    assert_string_equal(fact(*state, FACT_STATUS).text, "known");
}

static void known_by_lending(void **state)
{
    fold(*state, T0, "1", "adm", NULL);
    fold(*state, T0 + 100, "2", NULL, NULL);
    assert_string_equal(fact(*state, FACT_STATUS).text, "known");
    assert_string_equal(fact(*state, FACT_ACTOR_ID).text, "adm");
    assert_string_equal(fact(*state, FACT_EVENT_ID).text, "2");
}

static void no_actor(void **state)
{
    fold(*state, T0, "1", NULL, "System");
    assert_string_equal(fact(*state, FACT_STATUS).text, "no_actor");
    assert_false(fact(*state, FACT_ACTOR_ID).present);
    assert_false(fact(*state, FACT_ACTOR_NAME).present);
}

static void before_the_log(void **state)
{
    assert_string_equal(fact(*state, FACT_STATUS).text, "before_log");
    assert_false(fact(*state, FACT_AT).present);
    assert_int_equal(fact(*state, FACT_AT).type, VALUE_TIMESTAMP);
    assert_false(fact(*state, FACT_ACTION).present);
    assert_int_equal(fact(*state, FACT_ACTION).type, VALUE_STRING);
}

static void no_access(void **state)
{
    struct stage *stage = *state;

    stage->input.no_access = true;
    assert_string_equal(fact(stage, FACT_STATUS).text, "no_access");
    fold(stage, T0, "1", "adm", NULL); /* of another log */
    assert_string_equal(fact(stage, FACT_STATUS).text, "known");
}

static void actor_by_resolved_key(void **state)
{
    struct stage *stage = *state;

    strmap_put(&stage->actors, "ug:adm", (void *)"712020:adm");
    add(stage, "712020:adm", "Adam");
    fold(stage, T0, "1", "ug:adm", "as the log says");
    assert_string_equal(fact(stage, FACT_ACTOR_ID).text, "712020:adm");
    assert_string_equal(fact(stage, FACT_ACTOR_NAME).text, "Adam");
}

static void actor_by_raw_key(void **state)
{
    fold(*state, T0, "1", "ug:adm", NULL);
    assert_string_equal(fact(*state, FACT_ACTOR_ID).text, "ug:adm");
    assert_false(fact(*state, FACT_ACTOR_NAME).present);
}

static void actor_name_of_the_event(void **state)
{
    struct stage *stage = *state;

    fold(stage, T0, "1", "adm", "as the log says");
    assert_string_equal(fact(stage, FACT_ACTOR_NAME).text, "as the log says");
    add(stage, "adm", NULL);
    assert_string_equal(fact(stage, FACT_ACTOR_NAME).text, "as the log says");
}

static void first_inactive(void **state)
{
    struct stage *stage = *state;
    const struct ref ref = {.kind = REF_OBSERVED};
    int64_t earlier = 77;

    fill(stage);
    assert_true(joined_value(&stage->joined, &ref).integer == as_of);
    strmap_put(&stage->observed, "u", &earlier);
    assert_true(joined_value(&stage->joined, &ref).integer == 77);
    assert_int_equal(joined_value(&stage->joined, &ref).type, VALUE_TIMESTAMP);
}

static void first_inactive_of_a_sighting(void **state)
{
    const struct sighting active = {.was_active = true, .last_active_at = 50};
    const struct sighting inactive = {.is_inactive = true,
                                      .first_inactive_at = 40};
    const int64_t before = 50, after = 60, later = 101;

    (void)state;
    assert_int_equal(sighting_first_inactive(NULL, NULL, 100), 100);
    assert_int_equal(sighting_first_inactive(NULL, &after, 100), 60);
    assert_int_equal(sighting_first_inactive(&inactive, &after, 100), 40);
    assert_int_equal(sighting_first_inactive(&active, NULL, 100), 100);
    assert_int_equal(sighting_first_inactive(&active, &before, 100), 100);
    assert_int_equal(sighting_first_inactive(&active, &after, 100), 60);
    assert_int_equal(sighting_first_inactive(&active, &later, 100), 100);
}

static void of_the_run(void **state)
{
    struct stage *stage = *state;
    const struct ref at = {.kind = REF_RUN, .index = RUN_AS_OF};
    const struct ref id = {.kind = REF_RUN, .index = RUN_ID};

    fill(stage);
    assert_true(joined_value(&stage->joined, &at).integer == as_of);
    assert_string_equal(joined_value(&stage->joined, &id).text, "R1");
}

static void selects(void **state)
{
    struct stage *stage = *state;
    struct condition condition = {.kind = CONDITION_PRESENT,
                                  .ref = {REF_USER, USER_EMAIL, 0},
                                  .flag = true};

    fill(stage);
    assert_true(join_selects(&stage->joined));
    stage->rules.where = &condition;
    assert_false(join_selects(&stage->joined));
    condition.flag = false;
    assert_true(join_selects(&stage->joined));
}

static void a_missing_value_may_decide(void **state)
{
    struct stage *stage = *state;
    const char *const names[] = {"sources"};
    struct condition never = {.kind = CONDITION_EQUALS,
                              .ref = {REF_USER, USER_LAST_SEEN_STATUS, 0},
                              .texts = (const char *const[]){"never"},
                              .text_count = 1};
    struct condition mail = {.kind = CONDITION_PRESENT,
                             .ref = {REF_USER, USER_EMAIL, 0},
                             .flag = true};
    const struct unknowns coming = {.fields = 1u << USER_EMAIL,
                                    .may_come = true};

    fill(stage);
    stage->rules.where = &never;
    assert_false(join_selects(&stage->joined));
    assert_true(join_lacks(&stage->joined));
    /* Whether something is there is told by its absence. */
    stage->rules.where = &mail;
    assert_false(join_selects(&stage->joined));
    assert_false(join_lacks(&stage->joined));
    assert_int_equal(join_decides(&stage->joined, &coming), UNDECIDED);
    /* Seen: the word is missing, and not needed. */
    stage->rules.where = &never;
    ((struct account *)stage->joined.account)->present |=
        1u << USER_LAST_SEEN_AT;
    assert_false(join_lacks(&stage->joined));
    /* By a source that this dataset does not have. */
    ((struct account *)stage->joined.account)->origin[USER_LAST_SEEN_AT] = 1;
    stage->input.sources = names;
    stage->input.source_count = 1;
    assert_true(join_lacks(&stage->joined));
}

static void fields_that_are_referred_to(void **state)
{
    struct stage *stage = *state;
    struct condition leaf = {.kind = CONDITION_OLDER,
                             .ref = {REF_USER, USER_LAST_SEEN_AT, 0}};
    struct condition fact = {.kind = CONDITION_PRESENT,
                             .ref = {REF_FACT, 0, FACT_AT}};
    struct condition both[] = {leaf, fact};
    struct condition all = {
        .kind = CONDITION_ALL, .children = both, .child_count = 2};
    struct condition when = {.kind = CONDITION_PRESENT,
                             .ref = {REF_USER, USER_EMAIL, 0}};
    const struct alternative alternatives[] = {
        {.when = &when, .constant = true},
        {.ref = {REF_USER, USER_STATUS, 0, .origin = true}},
        {.ref = {REF_RUN, RUN_ID, 0}}};

    stage->rules.where = &all;
    stage->rules_of[0] = (struct column_rule){.alternatives = alternatives,
                                              .alternative_count = 3};
    assert_int_equal(rules_user_fields(&stage->rules),
                     1u << USER_LAST_SEEN_AT | 1u << USER_EMAIL |
                         1u << USER_STATUS);
}

/* --- cells -------------------------------------------------------------- */

static void from(struct stage *stage, const struct alternative *alternatives,
                 size_t count)
{
    stage->rules_of[0].alternatives = alternatives;
    stage->rules_of[0].alternative_count = count;
}

static enum join_outcome row(struct stage *stage)
{
    fill(stage);
    return join_row(&stage->joined, stage->cells, &stage->arena, &stage->notes,
                    &stage->err);
}

static const char *cell(struct stage *stage)
{
    assert_int_equal(row(stage), JOIN_ROW);
    return stage->cells[0].present ? stage->cells[0].text : NULL;
}

#define USER(field)                                                            \
    {                                                                          \
        .ref = { REF_USER, (field), 0 }                                        \
    }
#define CONSTANT(text_)                                                        \
    {                                                                          \
        .constant = true, .value = {                                           \
            .present = true,                                                   \
            .type = VALUE_STRING,                                              \
            .text = (text_)                                                    \
        }                                                                      \
    }

static void first_alternative_that_is_there(void **state)
{
    const struct alternative list[] = {USER(USER_EMAIL),
                                       USER(USER_DISPLAY_NAME), CONSTANT("x")};

    from(*state, list, 3);
    assert_string_equal(cell(*state), "Ursula");
    from(*state, list, 1);
    assert_null(cell(*state));
}

static void empty_text_is_there(void **state)
{
    const struct alternative list[] = {USER(USER_DISPLAY_NAME), CONSTANT("x")};

    add(*state, "u", "");
    from(*state, list, 2);
    assert_string_equal(cell(*state), "");
}

static void alternatives_have_conditions(void **state)
{
    struct condition no_email = {.kind = CONDITION_PRESENT,
                                 .ref = {REF_USER, USER_EMAIL, 0},
                                 .flag = false};
    struct condition email = no_email;
    const struct alternative list[] = {
        {.when = &email,
         .constant = true,
         .value = {.present = true, .text = "known"}},
        {.when = &no_email,
         .constant = true,
         .value = {.present = true, .text = "hidden"}}};

    email.flag = true;
    from(*state, list, 2);
    assert_string_equal(cell(*state), "hidden");
    from(*state, list, 1);
    assert_null(cell(*state));
}

static void transforms_in_order(void **state)
{
    struct stage *stage = *state;
    const struct alternative list[] = {USER(USER_DISPLAY_NAME)};
    struct transform transforms[] = {
        {.kind = TRANSFORM_CONCAT, .text = "a-", .after = "-z"},
        {.kind = TRANSFORM_UPPER},
        {.kind = TRANSFORM_TRUNCATE, .characters = 4}};

    from(stage, list, 1);
    stage->rules_of[0].transforms = transforms;
    stage->rules_of[0].transform_count = 3;
    assert_string_equal(cell(stage), "A-UR");
}

/* A null instant must reach a transform that takes instants as one. */
static void null_instants_pass_transforms(void **state)
{
    struct stage *stage = *state;
    const struct alternative list[] = {{.ref = {REF_FACT, 0, FACT_AT}}};
    struct transform transforms[] = {
        {.kind = TRANSFORM_FORMAT_DATE, .text = "%Y"},
        {.kind = TRANSFORM_DEFAULT, .text = "never"}};

    from(stage, list, 1);
    stage->rules_of[0].transforms = transforms;
    stage->rules_of[0].transform_count = 2;
    assert_string_equal(cell(stage), "never");
    fold(stage, 0, "1", NULL, NULL);
    assert_string_equal(cell(stage), "1970");
}

static void instants_fill_date_columns(void **state)
{
    struct stage *stage = *state;
    const struct alternative list[] = {USER(USER_ADDED_AT)};

    stage->columns[0].type = VALUE_DATE;
    from(stage, list, 1);
    assert_int_equal(row(stage), JOIN_ROW);
    assert_int_equal(stage->cells[0].type, VALUE_DATE);
    assert_true(stage->cells[0].integer == 1795392000000); /* the day's */
}

static void null_dates_have_the_columns_type(void **state)
{
    struct stage *stage = *state;
    const struct alternative list[] = {USER(USER_LAST_SEEN_AT)};

    stage->columns[0].type = VALUE_DATE;
    from(stage, list, 1);
    assert_int_equal(row(stage), JOIN_ROW);
    assert_false(stage->cells[0].present);
    assert_int_equal(stage->cells[0].type, VALUE_DATE);
}

/* --- what a column accepts ---------------------------------------------- */

static void null_where_none_may_be(void **state)
{
    struct stage *stage = *state;
    const struct alternative list[] = {USER(USER_EMAIL)};

    stage->columns[0].nullable = false;
    from(stage, list, 1);
    assert_int_equal(row(stage), JOIN_REJECTED);
    assert_string_equal(stage->notes.column, "c");
    assert_non_null(stage->notes.reason);
    assert_int_equal(stage->err.kind, ERROR_NONE);
}

static void only_listed_values(void **state)
{
    struct stage *stage = *state;
    static const char *const values[] = {"Uschi", "Ursula", NULL};
    const struct alternative name[] = {USER(USER_DISPLAY_NAME)};
    const struct alternative other[] = {CONSTANT("ursula")};
    const struct alternative none[] = {USER(USER_EMAIL)};

    stage->columns[0].values = values;
    from(stage, name, 1);
    assert_string_equal(cell(stage), "Ursula");
    from(stage, none, 1);
    assert_null(cell(stage));
    from(stage, other, 1);
    assert_int_equal(row(stage), JOIN_REJECTED);
}

static void lengths_count_characters(void **state)
{
    struct stage *stage = *state;
    /* 2, 3 and 4 bytes a character */
    const struct alternative list[] = {
        CONSTANT("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80")};

    from(stage, list, 1);
    stage->columns[0].length = 3;
    assert_int_equal(row(stage), JOIN_ROW);
    stage->columns[0].length = 2;
    assert_int_equal(row(stage), JOIN_REJECTED);
    stage->rules.over_length = OVER_LENGTH_TRUNCATE;
    assert_string_equal(cell(stage), "\xc3\xa9\xe2\x82\xac");
    stage->columns[0].length = 1;
    assert_string_equal(cell(stage), "\xc3\xa9");
    assert_int_equal(stage->notes.truncated, 2);
}

static void a_column_has_its_own_policy_and_count(void **state)
{
    struct stage *stage = *state;
    const struct alternative list[] = {USER(USER_DISPLAY_NAME)};
    static const size_t order[] = {0};
    uint64_t too_long[1] = {0};

    from(stage, list, 1);
    stage->columns[0].length = 5;
    stage->rules.over_length = OVER_LENGTH_FAIL;
    stage->rules_of[0].has_over_length = true;
    stage->rules_of[0].over_length = OVER_LENGTH_TRUNCATE;
    stage->notes.too_long = too_long;
    assert_int_equal(row(stage), JOIN_ROW);
    assert_int_equal(too_long[0], 1);
    stage->columns[0].length = 50;
    assert_int_equal(row(stage), JOIN_ROW);
    assert_int_equal(too_long[0], 1);
    /* Two keys that are cut could become one. */
    stage->columns[0].length = 5;
    stage->rules.order = order;
    stage->rules.order_count = 1;
    assert_int_equal(row(stage), JOIN_REJECTED);
    assert_int_equal(too_long[0], 2);
    stage->rules.order_count = 0;
    stage->rules_of[0].over_length = OVER_LENGTH_FAIL;
    assert_int_equal(row(stage), JOIN_FAILED);
}

static void too_long_fails_the_run(void **state)
{
    struct stage *stage = *state;
    const struct alternative list[] = {USER(USER_DISPLAY_NAME)};

    from(stage, list, 1);
    stage->columns[0].length = 5;
    stage->rules.over_length = OVER_LENGTH_FAIL;
    assert_int_equal(row(stage), JOIN_FAILED);
    assert_int_equal(stage->err.kind, ERROR_DATA);
    assert_non_null(strstr(stage->err.text, "people: c of account u"));
    assert_null(strstr(stage->err.text, "Ursula"));
}

static void first_bad_column_is_named(void **state)
{
    struct stage *stage = *state;
    const struct alternative none[] = {USER(USER_EMAIL)};

    stage->rules.schema.count = 3;
    for (int i = 0; i < 3; i++) {
        static const char *const names[] = {"a", "b", "c"};

        stage->columns[i] = (struct column){
            .name = names[i], .type = VALUE_STRING, .nullable = i == 0};
        stage->rules_of[i].alternatives = none;
        stage->rules_of[i].alternative_count = 1;
    }
    assert_int_equal(row(stage), JOIN_REJECTED);
    assert_string_equal(stage->notes.column, "b");
}

/* --- order of cells ----------------------------------------------------- */

static struct value number(const char *text)
{
    return (struct value){
        .present = text != NULL, .type = VALUE_NUMBER, .text = text};
}

static void rises(const struct value *a, const struct value *b)
{
    assert_true(value_order(a, b) < 0);
    assert_true(value_order(b, a) > 0);
    assert_int_equal(value_order(a, a), 0);
    assert_int_equal(value_order(b, b), 0);
}

static void numbers_by_value(void **state)
{
    static const char *const rising[] = {NULL,
                                         "-9007199254740993",
                                         "-10",
                                         "-9.5",
                                         "-9",
                                         "-1.25",
                                         "-1.2",
                                         "-0.5",
                                         "0",
                                         "0.05",
                                         "0.5",
                                         "1",
                                         "1.2",
                                         "1.25",
                                         "1.5",
                                         "9",
                                         "10",
                                         "99.9",
                                         "100",
                                         "9007199254740992",
                                         "9007199254740993"};

    (void)state;
    for (size_t i = 0; i + 1 < sizeof(rising) / sizeof(rising[0]); i++) {
        struct value a = number(rising[i]);

        for (size_t j = i + 1; j < sizeof(rising) / sizeof(rising[0]); j++) {
            struct value b = number(rising[j]);

            rises(&a, &b);
        }
    }
}

static void numbers_with_exponents(void **state)
{
    static const char *const rising[] = {"-1e3",    "-999", "-1.5e-7", "0",
                                         "12.5e-3", "0.5",  "999",     "1e3",
                                         "1001",    "2E+3"};

    (void)state;
    for (size_t i = 0; i + 1 < sizeof(rising) / sizeof(rising[0]); i++) {
        struct value a = number(rising[i]), b = number(rising[i + 1]);

        rises(&a, &b);
    }
}

static void texts_by_bytes(void **state)
{
    static const char *const rising[] = {
        "", "B", "a", "a ", "ab", "\xc3\xa9", "\xf0\x9f\x98\x80"};
    struct value null = value_null(VALUE_STRING);

    (void)state;
    for (size_t i = 0; i + 1 < sizeof(rising) / sizeof(rising[0]); i++) {
        struct value a = value_text(rising[i]), b = value_text(rising[i + 1]);

        rises(&a, &b);
        assert_true(value_order(&null, &a) < 0);
    }
    assert_int_equal(value_order(&null, &null), 0);
}

static void instants_by_value(void **state)
{
    struct value null = value_null(VALUE_TIMESTAMP);
    struct value a = value_instant(INT64_MIN), b = value_instant(-1);
    struct value c = value_instant(INT64_MAX);

    (void)state;
    rises(&null, &a);
    rises(&a, &b);
    rises(&a, &c);
}

/* What a source of another dataset of the run told is nothing here. */
static void values_have_a_source(void **state)
{
    static const char *const names[] = {"jira", "directory", "hub"};
    struct stage *stage = *state;
    struct ref email = {.kind = REF_USER, .index = USER_EMAIL};
    struct ref origin = {
        .kind = REF_USER, .index = USER_EMAIL, .origin = true};
    struct user more;

    add(stage, "u", "Uma");
    for (int i = 0; i < USER_FIELD_COUNT; i++)
        more.fields[i] = value_null(user_fields[i].type);
    more.fields[USER_ACCOUNT_ID] = value_text("u");
    more.fields[USER_EMAIL] = value_text("u@x");
    roster_take(&stage->roster, &more, 1);
    fill(stage);
    assert_string_equal(joined_value(&stage->joined, &email).text, "u@x");
    assert_false(joined_value(&stage->joined, &origin).present);
    stage->input.sources = names;
    stage->input.source_count = 2;
    assert_string_equal(joined_value(&stage->joined, &email).text, "u@x");
    assert_string_equal(joined_value(&stage->joined, &origin).text,
                        "directory");
    stage->input.source_count = 1;
    assert_false(joined_value(&stage->joined, &email).present);
    assert_false(joined_value(&stage->joined, &origin).present);
    origin.index = USER_DISPLAY_NAME;
    assert_string_equal(joined_value(&stage->joined, &origin).text, "jira");
    origin.index = USER_LAST_SEEN_AT;
    assert_false(joined_value(&stage->joined, &origin).present);
    assert_int_equal(joined_value(&stage->joined, &origin).type,
                     VALUE_STRING);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(values_have_a_source),
        TEST(parts_of_a_fact),
        TEST(forms_of_an_actor),
        TEST(known),
        TEST(known_by_lending),
        TEST(no_actor),
        TEST(before_the_log),
        TEST(no_access),
        TEST(actor_by_resolved_key),
        TEST(actor_by_raw_key),
        TEST(actor_name_of_the_event),
        TEST(first_inactive),
        TEST(first_inactive_of_a_sighting),
        TEST(of_the_run),
        TEST(selects),
        TEST(a_missing_value_may_decide),
        TEST(fields_that_are_referred_to),
        TEST(first_alternative_that_is_there),
        TEST(empty_text_is_there),
        TEST(alternatives_have_conditions),
        TEST(transforms_in_order),
        TEST(null_instants_pass_transforms),
        TEST(instants_fill_date_columns),
        TEST(null_dates_have_the_columns_type),
        TEST(null_where_none_may_be),
        TEST(only_listed_values),
        TEST(lengths_count_characters),
        TEST(too_long_fails_the_run),
        TEST(a_column_has_its_own_policy_and_count),
        TEST(first_bad_column_is_named),
        TEST(numbers_by_value),
        TEST(numbers_with_exponents),
        TEST(texts_by_bytes),
        TEST(instants_by_value),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
