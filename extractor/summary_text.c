/* The summary for a person. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "instant.h"
#include "progress.h"
#include "summary.h"

enum { NOTE_MAX = 160 };

/* Label, number and note, each in its column; a blank label goes on with the
 * line above. */
static void put_line(struct buf *out, const char *label, uint64_t number,
                     const char *note)
{
    char text[PROGRESS_NUMBER_MAX];

    buf_printf(out, "  %-24s %13s%s%s\n", label, progress_number(number, text),
               *note != '\0' ? "  " : "", note);
}

static void put_fact(struct buf *out, const char *label, const char *text)
{
    buf_printf(out, "  %-24s %s\n", label, text);
}

static void changes_note(const struct summary_dataset *dataset,
                         char note[NOTE_MAX])
{
    snprintf(note, NOTE_MAX,
             "%" PRIu64 " inserts, %" PRIu64 " updates, %" PRIu64 " deletes",
             dataset->inserts, dataset->updates, dataset->deletes);
}

static void rows_note(const struct summary *summary,
                      const struct summary_dataset *dataset,
                      char note[NOTE_MAX])
{
    char one[PROGRESS_NUMBER_MAX], two[PROGRESS_NUMBER_MAX];

    note[0] = '\0';
    if (dataset->is_changes)
        changes_note(dataset, note);
    else if (dataset->compared)
        snprintf(note, NOTE_MAX, "rows; %s new and %s gone since run %s",
                 progress_number(dataset->fresh, one),
                 progress_number(dataset->gone, two), summary->previous);
    else if (dataset->has_before)
        snprintf(note, NOTE_MAX, "rows; %s in run %s",
                 progress_number(dataset->before, one), summary->previous);
    else
        snprintf(note, NOTE_MAX, "rows; in no run before");
}

static const struct {
    const char *status, *note;
} meanings[] = {
    {"known", "with who changed the account last"},
    {"no_actor", "the log names nobody for the last change"},
    {"before_log", "not changed since the log begins"},
    {"no_access", "the log may not be read"},
};

static void put_statuses(const struct summary_dataset *dataset,
                         struct buf *out)
{
    for (size_t i = 0; i < dataset->status_count; i++) {
        const struct count_report *status = &dataset->statuses[i];
        char label[NOTE_MAX];

        if (status->count == 0)
            continue;
        snprintf(label, sizeof(label), "  %s", status->name);
        for (size_t m = 0; m < sizeof(meanings) / sizeof(meanings[0]); m++) {
            if (strcmp(meanings[m].status, status->name) == 0)
                put_line(out, label, status->count, meanings[m].note);
        }
    }
}

static void put_dataset(const struct summary *summary,
                        const struct summary_dataset *dataset,
                        struct buf *out)
{
    char note[NOTE_MAX];

    rows_note(summary, dataset, note);
    put_line(out, dataset->name, dataset->rows, note);
    put_statuses(dataset, out);
    if (dataset->undecided > 0)
        put_line(out, "  undecided", dataset->undecided,
                 "left out, too little is known of them");
    if (dataset->rejected > 0)
        put_line(out, "  refused", dataset->rejected, "see rejects.jsonl.gz");
}

static void put_requests(const struct summary *summary, struct buf *out)
{
    char note[NOTE_MAX] = "", number[PROGRESS_NUMBER_MAX],
         time[PROGRESS_TIME_MAX];
    size_t len = 0;

    if (summary->retries > 0)
        len = (size_t)snprintf(note, sizeof(note), "%s of them again",
                               progress_number(summary->retries, number));
    if (summary->waited_ms >= INSTANT_SECOND)
        snprintf(note + len, sizeof(note) - len, "%swaited %s in all",
                 len > 0 ? ", " : "", progress_time(summary->waited_ms, time));
    put_line(out, "requests", summary->requests, note);
    put_line(out, "pages", summary->pages, "");
}

static void put_unknown(const struct summary *summary, struct buf *out)
{
    if (summary->keys > 0)
        put_line(out, "user keys", summary->keys,
                 "of the log belong to no known account: keys.map_file");
    if (summary->emails > 0)
        put_line(out, "e-mail addresses", summary->emails,
                 "of the log belong to no account, or to several");
    for (size_t i = 0; i < summary->no_access_count; i++)
        put_fact(out, i == 0 ? "may not be read" : "", summary->no_access[i]);
    for (size_t i = 0; i < summary->accepted_count; i++)
        put_fact(out, i == 0 ? "guards let pass" : "", summary->accepted[i]);
    if (summary->warnings > 0)
        put_line(out, "warnings", summary->warnings, "in the log above");
}

static void put_files(const struct summary *summary, const char *dir,
                      struct buf *out)
{
    char time[PROGRESS_TIME_MAX], number[PROGRESS_NUMBER_MAX];

    char note[NOTE_MAX];

    snprintf(note, sizeof(note), "with %s bytes, and the manifest",
             progress_number(summary->bytes, number));
    put_line(out, "files", summary->files, note);
    put_fact(out, "time", progress_time(summary->elapsed_ms, time));
    put_fact(out, "where", dir);
    buf_printf(out, "  %-24s rollcall verify %s\n", "next", dir);
}

void summary_text(const struct summary *summary, const char *dir,
                  struct buf *out)
{
    char as_of[INSTANT_TEXT_MAX];

    instant_rfc3339(summary->as_of, as_of);
    buf_printf(out, "published %s, as of %s\n", summary->run_id, as_of);
    for (size_t i = 0; i < summary->dataset_count; i++)
        put_dataset(summary, &summary->datasets[i], out);
    if (summary->users > 0)
        put_line(out, "accounts", summary->users, "seen");
    put_requests(summary, out);
    put_unknown(summary, out);
    put_files(summary, dir, out);
}
