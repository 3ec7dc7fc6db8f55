#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "each_parts.h"
#include "json.h"
#include "normalise.h"
#include "pager.h"
#include "request.h"

/* A body that is no JSON may be a proxy's slip; in a row it is none. */
enum { BAD_BODIES_MAX = 3, HTTP_OK = 200, HTTP_FORBIDDEN = 403 };

/* One account being asked about; pages of its answer are added up. */
struct asking {
    struct each *each;
    const struct account *account; /* NULL: nobody just now */
    struct pager pager;
    struct user user;
    struct arena arena; /* texts of the user */
    int pages;
    int bad_bodies; /* in a row */
    bool refused;   /* a page could not be read */
};

static int ask_page(struct asking *asking, struct error *err);

static void asking_end(struct asking *asking)
{
    if (asking->account == NULL)
        return;
    pager_release(&asking->pager);
    arena_release(&asking->arena);
    asking->account = NULL;
}

/* Goes on with the next account, if there is one. */
static int ask_next(struct asking *asking, struct error *err)
{
    struct each *each = asking->each;

    asking_end(asking);
    if (each->next == each->count)
        return 0;
    if (pager_init(&asking->pager, &each->entry->source.paging, err) != 0)
        return -1;
    arena_init(&asking->arena);
    asking->account = each->accounts[each->next++];
    asking->user = (struct user){.source = each->entry->source.name};
    for (unsigned i = 0; i < USER_FIELD_COUNT; i++)
        asking->user.fields[i] = value_null(user_fields[i].type);
    asking->pages = asking->bad_bodies = 0;
    asking->refused = false;
    return ask_page(asking, err);
}

/* user NULL: nothing is known; keep: a later run may rely on that. */
static int answered(struct asking *asking, const struct user *user, bool keep,
                    struct error *err)
{
    struct each *each = asking->each;

    each->report->asked++;
    each->answered++;
    if (user != NULL &&
        each_fill(each, asking->account, user, err) != 0)
        return -1;
    if (keep && each_keep(each, asking->account, user, err) != 0)
        return -1;
    each_log_progress(each);
    return ask_next(asking, err);
}

static int refuse(struct asking *asking, const struct item_notes *notes,
                  struct error *err)
{
    struct each *each = asking->each;
    const struct reject reject = {.source = each->entry->source.name,
                                  .item = account_id(asking->account),
                                  .field = notes->field,
                                  .reason = notes->reason};

    asking->refused = true;
    each->report->rejected++;
    log_line(each->gather->log, LOG_WARN, "reject", "%s: %s: %s %s",
             reject.source, reject.item, reject.field, reject.reason);
    return gather_refuse(each->options->emission->gathered,
                         each->gather->setup, &reject, err);
}

/* Of several pages the newest instant counts, and that there is one; of all
 * else what came first. */
static bool replaces(const struct field_rule *rule, const struct value *have,
                     const struct value *found)
{
    if (!found->present)
        return false;
    if (!have->present)
        return true;
    if (rule->newest == NULL)
        return false;
    if (found->type == VALUE_STRING)
        return strcmp(found->text, rule->when_present) == 0;
    return found->integer > have->integer;
}

static int merge(struct asking *asking, const struct user *page,
                 struct error *err)
{
    const struct field_rule *rules = asking->each->entry->source.user_fields;

    for (unsigned i = 0; i < USER_FIELD_COUNT; i++) {
        struct value *have = &asking->user.fields[i];

        if (!replaces(&rules[i], have, &page->fields[i]))
            continue;
        *have = page->fields[i];
        if (have->text == NULL)
            continue;
        have->text = arena_strdup(&asking->arena, have->text);
        if (have->text == NULL)
            return error_no_memory(err);
    }
    return 0;
}

static int take_item(struct asking *asking, const struct json *item,
                     struct error *err)
{
    const struct source *source = &asking->each->entry->source;
    const struct value *id;
    struct item_notes notes = {0};
    struct user page;

    switch (normalise_user(source, item, &page, &notes)) {
    case ITEM_REFUSED:
        return refuse(asking, &notes, err);
    case ITEM_PLACEHOLDER:
        notes.reason = "is nobody's";
        return refuse(asking, &notes, err);
    case ITEM_GOOD:
        break;
    }
    id = &page.fields[USER_ACCOUNT_ID];
    if (id->present && strcmp(id->text, account_id(asking->account)) != 0) {
        notes = (struct item_notes){"account_id",
                                    "is not the account asked about"};
        return refuse(asking, &notes, err);
    }
    return merge(asking, &page, err);
}

static int turn_page(struct asking *asking, const struct json *root,
                     struct error *err)
{
    const struct source *source = &asking->each->entry->source;
    struct buf cursor;
    int result;

    buf_init(&cursor, FIELD_BYTES_MAX);
    result = request_next_cursor(source, root, &cursor, err);
    if (result == 0 &&
        pager_took(&asking->pager, NULL, 1, 1, cursor.data, err) != 0)
        result = error_prefix(err, "%s", source->name);
    buf_release(&cursor);
    if (result == 0 && !asking->pager.done && asking->pages == EACH_PAGES_MAX) {
        error_set(err, ERROR_DATA,
                  "%s: more than %d pages of one "
                  "account",
                  source->name, EACH_PAGES_MAX);
        result = error_usual(err, "see the paging in %s", source->path);
    }
    return result;
}

static int take_page(struct asking *asking, const struct json *root,
                     struct error *err)
{
    struct each *each = asking->each;
    const struct json *item = normalise_item(&each->entry->source, root, err);

    if (item == NULL)
        return -1;
    each->report->pages++;
    if (asking->pages++ == 0)
        each->report->items++;
    if (take_item(asking, item, err) != 0 || turn_page(asking, root, err) != 0)
        return -1;
    if (!asking->pager.done && !asking->refused)
        return ask_page(asking, err);
    each->heard++;
    return answered(asking, asking->refused ? NULL : &asking->user,
                    !asking->refused, err);
}

static int take_unknown(struct asking *asking, int status, struct error *err)
{
    struct each *each = asking->each;

    each->report->unknown++;
    each->forbidden = each->forbidden || status == HTTP_FORBIDDEN;
    return answered(asking, NULL, true, err);
}

static int take_answer(void *context, const struct exchange_answer *answer,
                       struct error *err)
{
    struct asking *asking = context;
    struct source_report *report = asking->each->report;
    struct error cause = {0};
    struct json_doc doc;
    int result;

    if (answer->status != HTTP_OK)
        return take_unknown(asking, answer->status, err);
    if (json_parse(&doc, answer->body, answer->len, JSON_UNIQUE,
                   asking->each->entry->source.name, ERROR_DATA, &cause) != 0) {
        if (cause.kind == ERROR_DATA && ++asking->bad_bodies <= BAD_BODIES_MAX)
            return ask_page(asking, err);
        *err = cause;
        return -1;
    }
    asking->bad_bodies = 0;
    report->repairs += json_repairs(&doc);
    result = take_page(asking, doc.root, err);
    json_free(&doc);
    return result;
}

static int ask_page(struct asking *asking, struct error *err)
{
    const struct setup_source *entry = asking->each->entry;
    const struct page_ask page = {.size = asking->pager.size,
                                  .cursor = asking->pager.cursor};
    const struct request_parts parts = {.page = &page,
                                        .account =
                                            account_id(asking->account)};
    struct exchange_request request = {
        .endpoint = entry->endpoint,
        .source = &entry->source,
        .method = entry->source.method,
        .accept = entry->source.each_unknown,
        .stats = &asking->each->report->exchange};
    struct buf path, body;
    int result = -1;

    buf_init(&path, REQUEST_BYTES_MAX);
    buf_init(&body, REQUEST_BODY_MAX);
    if (request_path(&entry->source, entry->endpoint, &parts, &path, err) ==
            0 &&
        request_body(&entry->source, entry->endpoint, &parts, &body, err) ==
            0) {
        request.path_query = path.data;
        request.body = entry->source.body != NULL ? body.data : NULL;
        result = exchange_submit(asking->each->gather->exchange, &request,
                                 take_answer, asking, err);
    }
    buf_release(&path);
    buf_release(&body);
    return result;
}

/* Each of the askings goes through accounts until none is left. */
int each_request_all(struct each *each, struct error *err)
{
    size_t most = (size_t)each->gather->setup->job.limits.concurrency;
    size_t count = each->count < most ? each->count : most;
    struct asking *askings = calloc(count + 1, sizeof(*askings));
    int result = 0;

    if (askings == NULL)
        return error_no_memory(err);
    for (size_t i = 0; i < count && result == 0; i++) {
        askings[i].each = each;
        result = ask_next(&askings[i], err);
    }
    if (result == 0 && count > 0)
        result = exchange_run(each->gather->exchange, err);
    for (size_t i = 0; i < count; i++)
        asking_end(&askings[i]);
    free(askings);
    return result;
}
