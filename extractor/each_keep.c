#include <string.h>

#include "each_parts.h"

/* Whatever changes what an answer means, or whose it is. */
static int make_scope(struct each *each, struct error *err)
{
    const struct endpoint *endpoint = each->entry->endpoint;
    const char *const parts[] = {each->entry->source.sha256, endpoint->url,
                                 endpoint->organisation, endpoint->directory,
                                 endpoint->site};
    struct digest *digest = digest_new();
    int result = -1;

    if (digest == NULL)
        return error_no_memory(err);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        const char *part = parts[i] != NULL ? parts[i] : "";

        digest_update(digest, part, strlen(part) + 1);
    }
    result = digest_final(digest, each->scope);
    digest_free(digest);
    return result == 0 ? 0 : error_set(err, ERROR_BUG, "SHA-256 failed");
}

/* A damaged file costs requests, never the run. */
static int bear_damage(struct each *each, int result, struct error *err)
{
    if (result == 0 || err->kind != ERROR_DATA)
        return result;
    log_line(each->gather->log, LOG_WARN, "state", "%s: answers of earlier "
             "runs are not used, and those of this run not kept: %s",
             each->entry->source.name, err->text);
    error_clear(err);
    answers_close(each->answers);
    each->answers = NULL;
    each->pending = 0;
    return 0;
}

int each_open_answers(struct each *each, struct error *err)
{
    const struct source *source = &each->entry->source;
    const struct answers_options options = {
        .source = source->name,
        .scope = each->scope,
        .now = clock_wall(&each->gather->log->clock),
        .max_age_ms = source->each_max_age_ms,
    };

    if (each->options->state == NULL || source->each_max_age_ms == 0)
        return 0;
    if (make_scope(each, err) != 0)
        return -1;
    each->answers = answers_open(each->options->state, &options, err);
    return bear_damage(each, each->answers != NULL ? 0 : -1, err);
}

/* 1: the account was asked about before. */
static int use_one(struct each *each, const struct account *account,
                   struct error *err)
{
    struct source_report *report = each->report;
    struct answer answer;
    int found = answers_find(each->answers, account_id(account), &answer, err);

    if (found < 0)
        return bear_damage(each, -1, err);
    if (found == 0)
        return 0;
    if (report->reused++ == 0 || answer.asked_at < report->oldest_answer)
        report->oldest_answer = answer.asked_at;
    if (!answer.known) {
        report->unknown++;
        return 1;
    }
    each->known++;
    return each_fill(each, account, &answer.user, err) == 0 ? 1 : -1;
}

int each_use_again(struct each *each, struct error *err)
{
    size_t left = 0;

    for (size_t i = 0; i < each->count; i++) {
        int used = each->answers != NULL
                       ? use_one(each, each->accounts[i], err)
                       : 0;

        if (used < 0)
            return -1;
        if (used == 0)
            each->accounts[left++] = each->accounts[i];
    }
    each->count = left;
    return 0;
}

/* As long as nobody was known, the key may be one that may not ask. */
static int commit(struct each *each, struct error *err)
{
    if (each->answers == NULL || each->heard == 0 || each->pending == 0)
        return 0;
    if (answers_commit(each->answers, err) != 0)
        return bear_damage(each, -1, err);
    each->committed += each->pending;
    each->pending = 0;
    return 0;
}

int each_keep(struct each *each, const struct account *account,
              const struct user *user, struct error *err)
{
    struct answer answer = {.known = user != NULL,
                            .asked_at =
                                clock_wall(&each->gather->log->clock)};

    if (each->answers == NULL)
        return 0;
    if (user != NULL)
        answer.user = *user;
    if (answers_keep(each->answers, account_id(account), &answer, err) != 0)
        return bear_damage(each, -1, err);
    return ++each->pending < EACH_COMMIT ? 0 : commit(each, err);
}

int each_close_answers(struct each *each, struct error *err)
{
    int result = commit(each, err);

    answers_close(each->answers);
    each->answers = NULL;
    return result;
}
