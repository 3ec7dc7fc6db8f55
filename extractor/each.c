#include <stdlib.h>
#include <string.h>

#include "each_parts.h"

bool each_needed(const struct setup *setup)
{
    for (size_t i = 0; i < setup->user_count; i++) {
        if (setup->users[i]->source.each)
            return true;
    }
    return false;
}

/* Bit per user field that the source fills. */
static uint32_t filled_by(const struct source *source)
{
    uint32_t fields = 0;

    for (unsigned i = 0; i < USER_FIELD_COUNT; i++) {
        if (source->user_fields[i].used && i != USER_ACCOUNT_ID)
            fields |= 1u << i;
    }
    return fields;
}

/* Fields of the account that this source or one after it may still fill. */
static uint32_t still_open(const struct each *each,
                           const struct account *account,
                           const struct join_input *input)
{
    const struct setup *setup = each->gather->setup;
    uint32_t open = 0;

    for (unsigned i = each->index; i < input->source_count; i++) {
        const struct source *source = &setup->users[i]->source;

        if (source->each)
            open |= account_open(account, i) & filled_by(source);
    }
    return open;
}

static bool dataset_asks(const struct each *each,
                         const struct account *account,
                         const struct join_input *input, uint32_t referred)
{
    const struct unknowns unknown = {.fields =
                                         still_open(each, account, input),
                                     .may_come = true};
    uint32_t fills = account_open(account, each->index) &
                     filled_by(&each->entry->source);
    struct joined joined;

    if (each->index >= input->source_count || (fills & referred) == 0)
        return false;
    joined_fill(&joined, input, account);
    return join_decides(&joined, &unknown) != DECIDED_NO;
}

static int add(struct each *each, struct account *account, struct error *err)
{
    if (each->count == each->capacity) {
        size_t capacity = each->capacity ? each->capacity * 2 : 256;
        struct account **grown =
            realloc(each->accounts, capacity * sizeof(*grown));

        if (grown == NULL)
            return error_no_memory(err);
        each->accounts = grown;
        each->capacity = capacity;
    }
    each->accounts[each->count++] = account;
    return 0;
}

static int by_id(const void *left, const void *right)
{
    return strcmp(account_id(*(struct account *const *)left),
                  account_id(*(struct account *const *)right));
}

static void sort(struct each *each)
{
    if (each->count > 1)
        qsort(each->accounts, each->count, sizeof(*each->accounts), by_id);
}

static int choose(struct each *each, struct error *err)
{
    const struct emission *emission = each->options->emission;
    const char *only = each->options->only;
    struct account *account = emission->gathered->roster.first;
    uint32_t referred[SETUP_MAPPINGS_MAX];

    for (size_t i = 0; i < emission->count; i++)
        referred[i] = rules_user_fields(emission->datasets[i].input.rules);
    for (; account != NULL; account = account->next) {
        bool wanted = false;

        if (!account->listed ||
            (only != NULL && strcmp(only, account_id(account)) != 0))
            continue;
        for (size_t i = 0; i < emission->count && !wanted; i++)
            wanted = dataset_asks(each, account,
                                  &emission->datasets[i].input, referred[i]);
        if (!wanted)
            continue;
        account->walk[each->index] = 1;
        if (add(each, account, err) != 0)
            return -1;
    }
    sort(each);
    return 0;
}

int each_fill(struct each *each, const struct account *account,
              const struct user *user, struct error *err)
{
    struct user filled = *user;

    filled.fields[USER_ACCOUNT_ID] = value_text(account_id(account));
    if (roster_take(&each->options->emission->gathered->roster, &filled,
                    each->index) == NULL)
        return error_no_memory(err);
    return 0;
}

static int nobody_known(const struct each *each, struct error *err)
{
    const struct source *source = &each->entry->source;
    const struct endpoint *endpoint = each->entry->endpoint;
    unsigned long long asked = each->report->asked + each->report->reused;

    if (!each->forbidden) {
        error_set(err, ERROR_DATA, "%s: %s knows none of the %llu accounts "
                  "that were asked about", source->name, endpoint->url, asked);
        return error_hint(err, "check the organisation of endpoint %s; when "
                          "the API has moved, edit %s; or take \"%s\" out of "
                          "\"enrich\" in the mapping", endpoint->name,
                          source->path, source->name);
    }
    error_set(err, ERROR_AUTH, "%s: %s answered 403 for all of the %llu "
              "accounts that were asked about", source->name, endpoint->url,
              asked);
    return error_hint(err, "the account of endpoint %s may not read this; it "
                      "needs the permission %s; %s", endpoint->name,
                      source->needs_permission != NULL
                          ? source->needs_permission
                          : "to do so",
                      source->needs_how != NULL ? source->needs_how : "");
}

/* Nobody may be known by chance: when only few were asked about, say. So some
 * are asked about whose rows do not depend on it. */
static int call_witnesses(struct each *each, struct error *err)
{
    struct account *account =
        each->options->emission->gathered->roster.first;

    each->count = each->next = each->answered = 0;
    for (; account != NULL && each->count < EACH_WITNESSES;
         account = account->next) {
        if (account->listed && account->walk[each->index] == 0 &&
            add(each, account, err) != 0)
            return -1;
    }
    sort(each);
    if (each_request_all(each, err) != 0)
        return -1;
    return each->heard > 0 ? 0 : nobody_known(each, err);
}

static int ask(struct each *each, struct error *err)
{
    if (choose(each, err) != 0 || each_open_answers(each, err) != 0 ||
        each_use_again(each, err) != 0)
        return -1;
    each_log_start(each);
    if (each_request_all(each, err) != 0)
        return -1;
    each_log_end(each);
    if (each->report->asked + each->report->reused == 0 || each->heard > 0 ||
        each->known > 0)
        return 0;
    return call_witnesses(each, err);
}

static int ask_source(const struct each_options *options, unsigned index,
                      struct error *err)
{
    const struct gather_options *gather = options->emission->options;
    const struct setup_source *entry = gather->setup->users[index];
    struct each each = {
        .options = options,
        .gather = gather,
        .entry = entry,
        .index = index,
        .report = &gather->report->sources[entry - gather->setup->sources]};
    struct error cause = {0};
    int result;

    each.report->each = true;
    result = ask(&each, err);
    if (each_close_answers(&each, &cause) != 0 && result == 0) {
        *err = cause;
        result = -1;
    }
    if (result != 0)
        each_log_failure(&each, err);
    free(each.accounts);
    return result;
}

int each_ask(const struct each_options *options, struct error *err)
{
    const struct setup *setup = options->emission->options->setup;

    for (unsigned i = 0; i < setup->user_count; i++) {
        if (setup->users[i]->source.each && ask_source(options, i, err) != 0)
            return -1;
    }
    return 0;
}
