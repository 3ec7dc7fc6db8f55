#include <stdlib.h>
#include <string.h>

#include "account_parts.h"
#include "json.h"

enum { PATH_BYTES_MAX = 8000, WORD_MAX = 64, READ_TRIES_MAX = 3 };

/* Statuses of one account's own trouble: the others go on. Any other ends the
 * exchange with an error that tells what to do. */
static const int read_refusals[] = {400, 403, 404, 410, 0};
static const int write_refusals[] = {400, 403, 404, 405, 409,
                                     410, 413, 415, 422, 0};

/* Statuses by which an endpoint does not tell whose login it is. */
static const int not_told[] = {403, 404, 405, 410, 0};

enum { STATUSES_MAX = ACCOUNT_ACCEPT_MAX + 16 };
_Static_assert(STATUSES_MAX - ACCOUNT_ACCEPT_MAX >
                   (int)(sizeof(write_refusals) / sizeof(int)),
               "both lists must fit");

static bool listed(const int *statuses, int status)
{
    while (statuses != NULL && *statuses != 0 && *statuses != status)
        statuses++;
    return statuses != NULL && *statuses != 0;
}

/* Text, or true and false in words; NULL when there is neither. */
static const char *find_text(const struct json *node, const char *const *at)
{
    for (; at != NULL && *at != NULL; at++) {
        const struct json *found = json_at(node, *at);

        if (found == NULL || json_type(found) == JSON_NULL)
            continue;
        if (json_type(found) == JSON_STRING)
            return json_text(found);
        if (json_type(found) == JSON_BOOLEAN)
            return json_bool(found) ? "true" : "false";
    }
    return NULL;
}

static const char *keep(struct account_run *run, const char *text,
                        struct error *err)
{
    const char *copy = arena_strdup(&run->arena, text);

    if (copy == NULL)
        error_no_memory(err);
    return copy;
}

static int ask(struct account_run *run, struct exchange_request *request,
               exchange_done_fn *done, void *context, struct error *err)
{
    request->source = &run->options.action->about;
    if (exchange_submit(run->exchange, request, done, context, err) != 0)
        return -1;
    return exchange_run(run->exchange, err);
}

/* own accounts */

struct own_question {
    struct account_run *run;
    const struct account_own *own;
};

/* Whether the endpoint that changes accounts has a rule for its own login:
 * then no other endpoint's login can stand for it. */
static bool tells_itself(const struct account_action *action)
{
    const struct account_own *own = action->own;

    for (; own != NULL && own->endpoint != NULL; own++) {
        if (strcmp(own->endpoint, action->endpoint) == 0)
            return true;
    }
    return false;
}

static int take_own(void *context, const struct exchange_answer *answer,
                    struct error *err)
{
    const struct own_question *question = context;
    struct account_run *run = question->run;
    const char *id;
    struct json_doc doc;

    if (listed(not_told, answer->status))
        return 0;
    if (json_parse(&doc, answer->body, answer->len, JSON_STRICT,
                   question->own->path, ERROR_DATA, err) != 0)
        return -1;
    id = find_text(doc.root, question->own->id);
    if (id != NULL && *id != '\0')
        run->own[run->own_count] = keep(run, id, err);
    else
        error_set(err, ERROR_AUTH,
                  "%s: endpoint %s answers as if nobody were logged in: "
                  "%s has no account id",
                  run->options.action->about.name, question->own->endpoint,
                  question->own->path);
    json_free(&doc);
    if (err->kind != ERROR_NONE)
        return error_hint(err,
                          "whose login it is must be known, so that it is "
                          "not turned off: renew the token of that endpoint");
    run->own_count++;
    run->own_told =
        run->own_told || !tells_itself(run->options.action) ||
        strcmp(question->own->endpoint, run->options.action->endpoint) == 0;
    return 0;
}

int account_ask_own(struct account_run *run, struct error *err)
{
    const struct account_own *own = run->options.action->own;

    for (; own != NULL && own->endpoint != NULL; own++) {
        struct own_question question = {run, own};
        struct exchange_request request = {
            .endpoint = job_endpoint(run->options.job, own->endpoint),
            .path_query = own->path,
            .method = "GET",
            .accept = not_told,
        };

        if (request.endpoint != NULL &&
            ask(run, &request, take_own, &question, err) != 0)
            return -1;
    }
    return 0;
}

/* states */

struct state_question {
    struct account_run *run;
    const char *id;
    struct account_seen *seen;
    bool garbled;
};

static int unseen(struct account_seen *seen, enum error_kind kind,
                  const char *reason)
{
    seen->state = ACCOUNT_UNKNOWN;
    seen->kind = kind;
    seen->reason = reason;
    return 0;
}

static int explain_refusal(struct state_question *question, int status,
                           struct error *err)
{
    const struct account_run *run = question->run;
    const char *how = run->options.action->about.needs_permission;
    char *text;

    if (status == 404 || status == 410)
        return unseen(question->seen, ERROR_NO_INPUT,
                      "nobody knows this account here; check the id, and "
                      "organisation, directory and site of the endpoint");
    if (status != 403)
        return unseen(question->seen, ERROR_DATA,
                      "the server does not take the question for its state");
    text = arena_printf(&question->run->arena,
                        "its state may not be read "
                        "(403): it is not managed here, or this is not %s",
                        how != NULL ? how : "allowed to this login");
    if (text == NULL)
        return error_no_memory(err);
    return unseen(question->seen, ERROR_AUTH, text);
}

/* The part of the answer that is about the account asked for, or NULL. */
static const struct json *find_account(const struct state_question *question,
                                       const struct json *root)
{
    const struct account_action *action = question->run->options.action;
    const struct json *node = root;
    const char *id;

    if (action->items != NULL) {
        node = json_at(root, action->items);
        if (node == NULL || json_type(node) != JSON_ARRAY)
            return NULL;
        node = json_first(node);
    }
    for (; node != NULL; node = json_next(node)) {
        id = find_text(node, action->id);
        if (id != NULL && strcmp(id, question->id) == 0)
            return node;
        if (action->items == NULL)
            break;
    }
    return NULL;
}

/* How much of a server's text can only be a word. */
static int word_len(const char *text)
{
    size_t len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "abcdefghijklmnopqrstuvwxyz0123456789_-");

    return len > WORD_MAX ? WORD_MAX : (int)len;
}

static int read_state(struct state_question *question, const struct json *node,
                      struct error *err)
{
    struct account_run *run = question->run;
    const struct account_action *action = run->options.action;
    struct account_seen *seen = question->seen;
    const char *word = find_text(node, action->at);
    const char *name = find_text(node, action->display_name);
    const char *email = find_text(node, action->email);
    const struct name_value *map = action->map;

    if ((name != NULL && (seen->name = keep(run, name, err)) == NULL) ||
        (email != NULL && (seen->email = keep(run, email, err)) == NULL))
        return -1;
    while (word != NULL && map->name != NULL && strcmp(map->name, word) != 0)
        map++;
    if (word != NULL && map->name != NULL) {
        seen->state = account_state_of(map->value);
        return 0;
    }
    word = arena_printf(&run->arena, "its state %.*s is not in state.map of %s",
                        word != NULL ? word_len(word) : 0,
                        word != NULL ? word : "", action->about.path);
    if (word == NULL)
        return error_no_memory(err);
    return unseen(seen, ERROR_DATA, word);
}

static int take_state(void *context, const struct exchange_answer *answer,
                      struct error *err)
{
    struct state_question *question = context;
    const struct account_action *action = question->run->options.action;
    struct error cause = {0};
    const struct json *node;
    struct json_doc doc;
    int result;

    *question->seen = (struct account_seen){0};
    question->garbled = false;
    if (listed(read_refusals, answer->status))
        return explain_refusal(question, answer->status, err);
    if (json_parse(&doc, answer->body, answer->len, JSON_STRICT, "state",
                   ERROR_DATA, &cause) != 0) {
        if (cause.kind != ERROR_DATA)
            return error_pass(err, &cause);
        question->garbled = true;
        return unseen(question->seen, ERROR_DATA, "its state is no valid JSON");
    }
    node = find_account(question, doc.root);
    if (node != NULL)
        result = read_state(question, node, err);
    else if (action->items != NULL && json_at(doc.root, action->items) != NULL)
        result = explain_refusal(question, 404, err);
    else
        result = unseen(question->seen, ERROR_DATA,
                        "the answer is not about this account");
    json_free(&doc);
    return result;
}

int account_ask_state(struct account_run *run, const char *id,
                      struct account_seen *seen, struct error *err)
{
    const struct account_request *from = &run->options.action->state;
    struct state_question question = {run, id, seen, true};
    struct buf path, body;
    int result;

    buf_init(&path, PATH_BYTES_MAX);
    buf_init(&body, TEMPLATE_BODY_MAX);
    result = account_fill(run, id, from, &path, &body, err);
    /* A body that is no JSON may be a proxy's slip; in a row it is none. */
    for (int i = 0; result == 0 && question.garbled && i < READ_TRIES_MAX;
         i++) {
        struct exchange_request request = {
            .endpoint = run->endpoint,
            .path_query = path.data,
            .body = from->body != NULL ? body.data : NULL,
            .method = from->method,
            .accept = read_refusals,
        };

        result = ask(run, &request, take_state, &question, err);
    }
    buf_release(&path);
    buf_release(&body);
    return result;
}

/* changes */

struct change {
    struct account_run *run;
    struct account_entry *entry;
};

/* Only words that the file knows are told: a server's text may hold names. */
static const char *refusal_word(const struct account_action *action,
                                const struct exchange_answer *answer)
{
    const struct name_value *word = action->refusal_words;
    struct error ignored = {0};
    const char *meaning = NULL, *found;
    struct json_doc doc;

    if (word == NULL || json_parse(&doc, answer->body, answer->len, JSON_STRICT,
                                   "refusal", ERROR_DATA, &ignored) != 0)
        return NULL;
    found = find_text(doc.root, action->refusal_at);
    for (; found != NULL && word->name != NULL; word++) {
        if (strcmp(word->name, found) == 0)
            meaning = word->value;
    }
    json_free(&doc);
    return meaning;
}

static int take_change(void *context, const struct exchange_answer *answer,
                       struct error *err)
{
    struct change *change = context;
    const struct account_options *options = &change->run->options;
    struct account_entry *entry = change->entry;

    (void)err;
    entry->status = answer->status;
    entry->verdict = VERDICT_NOT_CONFIRMED;
    entry->kind = ERROR_UNAVAILABLE;
    if (listed(options->action->verbs[options->verb].accept, answer->status) ||
        !listed(write_refusals, answer->status))
        return 0;
    entry->verdict = VERDICT_REFUSED;
    entry->kind = answer->status == 403 ? ERROR_AUTH : ERROR_DATA;
    entry->reason = refusal_word(options->action, answer);
    return 0;
}

int account_send(struct account_run *run, struct account_entry *entry,
                 struct error *err)
{
    const struct account_request *from =
        &run->options.action->verbs[run->options.verb];
    struct change change = {run, entry};
    struct exchange_stats stats = {0};
    int accept[STATUSES_MAX], count = 0;
    struct exchange_request request = {
        .endpoint = run->endpoint,
        .path_query = entry->path,
        .body = entry->body,
        .method = from->method,
        .accept = accept,
        .once = true,
        .stats = &stats,
    };
    int result;

    for (const int *s = from->accept; *s != 0; s++)
        accept[count++] = *s;
    for (const int *s = write_refusals; *s != 0; s++)
        accept[count++] = *s;
    accept[count] = 0;
    result = ask(run, &request, take_change, &change, err);
    entry->sent = stats.requests > 0;
    return result;
}
