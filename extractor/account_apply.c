#include <errno.h>
#include <time.h>

#include "account_parts.h"
#include "instant.h"

/* Waits before the state is read again; a list may follow late. */
static const int rereads_ms[] = {0, 500, 1000, 2000, 4000};

enum { REREADS = sizeof(rereads_ms) / sizeof(rereads_ms[0]), POLL_MS = 100 };

static bool stopped(const struct account_run *run)
{
    return run->options.stop != NULL && *run->options.stop != 0;
}

static int pause_for(const struct account_run *run, int ms, struct error *err)
{
    for (; ms > 0 && !stopped(run); ms -= POLL_MS) {
        const struct timespec step = {0, POLL_MS * 1000L * 1000L};

        nanosleep(&step, NULL);
    }
    if (stopped(run))
        return error_set(err, ERROR_INTERRUPTED, "interrupted");
    return 0;
}

static int note(const struct account_run *run, struct account_journal *journal,
                const struct account_entry *entry, bool outcome,
                struct error *err)
{
    const struct account_record record = {
        .at = clock_wall(&run->options.log->clock),
        .verb = account_verb_name(run->options.verb),
        .via = run->options.action->about.name,
        .account_id = entry->id,
        .url = run->endpoint->url,
        .before = account_state_name(entry->before),
        .verdict = outcome ? account_verdict_name(run, entry) : NULL,
        .status = entry->status,
        .after = account_state_name(entry->after),
    };

    return account_journal_write(journal, &record, err);
}

/* Reads the state back until it is as wished. After a refusal once: nothing
 * is to be expected. */
static int confirm(struct account_run *run, struct account_entry *entry,
                   struct error *err)
{
    int tries = entry->verdict == VERDICT_REFUSED ? 1 : (int)REREADS;
    struct account_seen seen = {0};

    entry->after = ACCOUNT_UNKNOWN;
    for (int i = 0; i < tries; i++) {
        if (pause_for(run, rereads_ms[i], err) != 0 ||
            account_ask_state(run, entry->id, &seen, err) != 0)
            return -1;
        entry->after = seen.state;
        if (seen.state == account_wished(run->options.verb)) {
            entry->verdict = VERDICT_DONE;
            entry->reason = NULL;
            return 0;
        }
    }
    if (seen.state == ACCOUNT_UNKNOWN && entry->reason == NULL)
        entry->reason = seen.reason;
    return 0;
}

static void explain(struct account_entry *entry)
{
    if (entry->verdict != VERDICT_NOT_CONFIRMED || entry->reason != NULL)
        return;
    if (entry->status == 0)
        entry->reason = "no answer came, and its state has not changed so far";
    else if (entry->status >= 300)
        entry->reason = "the server failed, and its state has not changed so "
                        "far";
    else
        entry->reason = "the server took the request, but its state has not "
                        "changed so far";
}

/* The exchange ended: not even whether the request arrived need be known. */
static void give_up(struct account_run *run, struct account_entry *entry,
                    const struct error *err)
{
    entry->kind = err->kind;
    entry->reason = arena_strdup(&run->arena, err->text);
    if (!entry->sent)
        entry->verdict = VERDICT_PENDING;
    else if (entry->verdict == VERDICT_PENDING && err->kind == ERROR_AUTH)
        entry->verdict = VERDICT_FAILED;
    else if (entry->verdict == VERDICT_PENDING)
        entry->verdict = VERDICT_NOT_CONFIRMED;
    if (entry->verdict != VERDICT_PENDING)
        entry->after = ACCOUNT_UNKNOWN;
}

static int change(struct account_run *run, struct account_entry *entry,
                  struct account_journal *journal, struct error *err)
{
    struct error unwritten = {0};
    int result;

    if (note(run, journal, entry, false, err) != 0)
        return -1;
    result = account_send(run, entry, err);
    if (result == 0)
        result = confirm(run, entry, err);
    if (result != 0)
        give_up(run, entry, err);
    explain(entry);
    if (note(run, journal, entry, true, &unwritten) == 0)
        return result;
    *err = unwritten; /* graver: what was done is nowhere on record */
    return -1;
}

int account_apply(struct account_run *run, struct account_journal *journal,
                  struct error *err)
{
    run->applied = true;
    for (size_t i = 0; i < run->count; i++) {
        struct account_entry *entry = &run->entries[i];

        if (stopped(run))
            return error_set(err, ERROR_INTERRUPTED, "interrupted");
        if (entry->verdict != VERDICT_PENDING)
            continue;
        if (change(run, entry, journal, err) != 0)
            return -1;
        log_line(run->options.log, LOG_INFO,
                 account_verb_name(run->options.verb), "%s: %s", entry->id,
                 account_verdict_name(run, entry));
    }
    return 0;
}
