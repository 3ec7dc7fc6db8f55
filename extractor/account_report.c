#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "account_parts.h"
#include "jsonw.h"

static const char *const verdict_words[VERDICTS] = {
    [VERDICT_PENDING] = "not sent", [VERDICT_DONE] = "done",
    [VERDICT_ALREADY] = "already",  [VERDICT_REFUSED] = "refused",
    [VERDICT_FAILED] = "failed",    [VERDICT_NOT_CONFIRMED] = "not confirmed",
};

/* Of several troubles the one that stands earliest here is told by the exit
 * status. */
static const enum error_kind gravest_first[] = {
    ERROR_BUG,         ERROR_IO,        ERROR_CANT_CREATE, ERROR_AUTH,
    ERROR_UNAVAILABLE, ERROR_TRY_LATER, ERROR_CONFIG,      ERROR_DATA,
    ERROR_NO_INPUT,    ERROR_USAGE};

const char *account_verdict_name(const struct account_run *run,
                                 const struct account_entry *entry)
{
    if (entry->verdict == VERDICT_PENDING && !run->applied)
        return entry->looked ? "would send" : "not read";
    return verdict_words[entry->verdict];
}

/* A server's text on a terminal: control characters would drive it. */
static void put_clean(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        /* U+0080 to U+009F are control characters too. */
        if (c == 0xc2 && (unsigned char)text[1] >= 0x80 &&
            (unsigned char)text[1] < 0xa0) {
            buf_putc(out, '?');
            text++;
        } else {
            buf_putc(out, c < ' ' || c == 0x7f ? '?' : (char)c);
        }
    }
}

static const char *or_unknown(const char *text)
{
    return text != NULL ? text : "unknown";
}

static void put_head(const struct account_run *run,
                     const struct account_entry *entry, struct buf *out)
{
    buf_printf(out, "%s %s", account_verb_name(run->options.verb), entry->id);
    if (entry->name != NULL) {
        buf_puts(out, "  ");
        put_clean(out, entry->name);
    }
    buf_putc(out, '\n');
}

static void put_block(const struct account_run *run,
                      const struct account_entry *entry, struct buf *out)
{
    put_head(run, entry, out);
    buf_printf(out, "  %-11s%s\n", "state",
               or_unknown(account_state_name(entry->before)));
    if (entry->verdict == VERDICT_PENDING) {
        buf_printf(out, "  %-11s%s %s\n", "would send",
                   run->options.action->verbs[run->options.verb].method,
                   entry->url);
        if (entry->body != NULL)
            buf_printf(out, "  %-11s%s\n", "body", entry->body);
        return;
    }
    buf_printf(out, "  %-11s%s\n", "sends",
               entry->verdict == VERDICT_ALREADY
                   ? "nothing, it is as wished already"
                   : "nothing");
    if (entry->reason != NULL)
        buf_printf(out, "  %-11s%s\n", account_verdict_name(run, entry),
                   entry->reason);
}

static void put_preview(const struct account_run *run, struct buf *out)
{
    for (size_t i = 0; i < run->count; i++) {
        if (run->entries[i].looked)
            put_block(run, &run->entries[i], out);
    }
    buf_puts(out, "own accounts");
    for (size_t i = 0; i < run->own_count; i++) {
        buf_puts(out, i > 0 ? ", " : " ");
        put_clean(out, run->own[i]);
    }
    if (!run->own_told && run->options.myself == NULL)
        buf_puts(out, run->own_count > 0 ? "; " : " unknown; ");
    if (!run->own_told && run->options.myself == NULL)
        buf_puts(out, "whose login this is cannot be told, so --apply needs "
                      "--myself ACCOUNT_ID, or --myself none");
    else if (run->own_count == 0)
        buf_puts(out, " none");
    buf_puts(out, "\nnothing was sent\n");
}

static void put_row(const char *id, const char *before, const char *sent,
                    const char *status, const char *after, const char *verdict,
                    struct buf *out)
{
    buf_printf(out, "%-44s %-8s %-4s %-6s %-8s %s\n", id, before, sent, status,
               after, verdict);
}

static void put_table(const struct account_run *run, struct buf *out)
{
    put_row("account", "before", "sent", "status", "after", "verdict", out);
    for (size_t i = 0; i < run->count; i++) {
        const struct account_entry *entry = &run->entries[i];
        char status[16] = "-";

        if (entry->status != 0)
            snprintf(status, sizeof(status), "%d", entry->status);
        put_row(entry->id, or_unknown(account_state_name(entry->before)),
                entry->sent ? "yes" : "no", status,
                or_unknown(account_state_name(entry->after)),
                account_verdict_name(run, entry), out);
    }
    for (size_t i = 0; i < run->count; i++) {
        if (run->entries[i].reason != NULL)
            buf_printf(out, "%s: %s\n", run->entries[i].id,
                       run->entries[i].reason);
    }
}

void account_text(const struct account_run *run, struct buf *out)
{
    if (run->applied)
        put_table(run, out);
    else
        put_preview(run, out);
}

static void put_entry(const struct account_run *run,
                      const struct account_entry *entry, struct jsonw *w)
{
    jsonw_object(w, NULL);
    jsonw_text(w, "account_id", entry->id);
    jsonw_text_or_null(w, "display_name", entry->name);
    jsonw_text_or_null(w, "before", account_state_name(entry->before));
    if (entry->sent || (entry->looked && entry->verdict == VERDICT_PENDING)) {
        jsonw_object(w, "request");
        jsonw_text(w, "method",
                   run->options.action->verbs[run->options.verb].method);
        jsonw_text(w, "url", entry->url);
        jsonw_text_or_null(w, "body", entry->body);
        jsonw_object_end(w);
    } else {
        jsonw_null(w, "request");
    }
    jsonw_bool(w, "sent", entry->sent);
    if (entry->status != 0)
        jsonw_int(w, "status", entry->status);
    else
        jsonw_null(w, "status");
    jsonw_text_or_null(w, "after", account_state_name(entry->after));
    jsonw_text(w, "verdict", account_verdict_name(run, entry));
    jsonw_text_or_null(w, "reason", entry->reason);
    jsonw_object_end(w);
}

void account_json(const struct account_run *run, struct buf *out)
{
    struct jsonw w;

    jsonw_init(&w, out, 2);
    jsonw_object(&w, NULL);
    jsonw_text(&w, "verb", account_verb_name(run->options.verb));
    jsonw_text(&w, "via", run->options.action->about.name);
    jsonw_text(&w, "endpoint", run->endpoint->url);
    jsonw_bool(&w, "applied", run->applied);
    jsonw_array(&w, "own_accounts");
    for (size_t i = 0; i < run->own_count; i++)
        jsonw_text(&w, NULL, run->own[i]);
    jsonw_array_end(&w);
    jsonw_array(&w, "accounts");
    for (size_t i = 0; i < run->count; i++)
        put_entry(run, &run->entries[i], &w);
    jsonw_array_end(&w);
    jsonw_object_end(&w);
    buf_putc(out, '\n');
}

void account_names(const struct account_run *run, struct buf *out)
{
    for (size_t i = 0; i < run->count; i++) {
        if (run->entries[i].verdict != VERDICT_PENDING)
            continue;
        buf_puts(out, "  ");
        buf_puts(out, run->entries[i].id);
        buf_puts(out, "  ");
        put_clean(out, or_unknown(run->entries[i].name));
        buf_putc(out, '\n');
    }
}

int account_problem(const struct account_run *run, struct error *err)
{
    enum { KINDS = sizeof(gravest_first) / sizeof(gravest_first[0]) };
    size_t count = 0, gravest = KINDS;

    for (size_t i = 0; i < run->count; i++) {
        size_t rank = 0;

        if (run->entries[i].kind == ERROR_NONE ||
            run->entries[i].verdict == VERDICT_DONE)
            continue;
        count++;
        while (rank < KINDS && gravest_first[rank] != run->entries[i].kind)
            rank++;
        if (rank < gravest)
            gravest = rank;
    }
    if (count == 0)
        return 0;
    error_set(err, gravest < KINDS ? gravest_first[gravest] : ERROR_BUG,
              "%zu of %zu accounts %s", count, run->count,
              run->applied ? "are not as wished" : "would not be changed");
    return error_hint(err, "the report on stdout says why; run it again when "
                           "that is mended: what is done is not sent again");
}
