/* What is not known, and why: from what the manifest says of the run. */
#include <stdio.h>
#include <string.h>

#include "overview_parts.h"

struct doubts {
    struct html *h;
    size_t count;
};

static void open_doubt(struct doubts *d)
{
    html_raw(d->h, d->count++ == 0 ? "<ul class=\"doubts\"><li>" : "<li>");
}

/* "What: N" when there are any. */
static void tell_count(struct doubts *d, uint64_t count, const char *what)
{
    if (count == 0)
        return;
    open_doubt(d);
    html_text(d->h, what);
    html_raw(d->h, ": <strong>");
    html_count(d->h, count);
    html_raw(d->h, "</strong></li>");
}

static void tell_name(struct doubts *d, const char *name, const char *what)
{
    if (what == NULL)
        return;
    open_doubt(d);
    html_raw(d->h, "<code>");
    html_text(d->h, name);
    html_raw(d->h, "</code> ");
    html_text(d->h, what);
    html_raw(d->h, "</li>");
}

static void tell_source(struct doubts *d, const struct json *source)
{
    const char *name = overview_member_text(source, "name");
    const char *skipped = overview_member_text(source, "skipped");
    char text[512];

    if (name == NULL)
        return;
    if (skipped != NULL) {
        snprintf(text, sizeof(text), "was not read: %s.", skipped);
        tell_name(d, name, text);
    }
    if (overview_member_true(source, "noAccess"))
        tell_name(d, name, "could not be read for want of permission, and the "
                  "job allows that.");
    snprintf(text, sizeof(text), "Entries of %s that were refused as unreadable",
             name);
    tell_count(d, overview_member_count(source, "rejected"), text);
    snprintf(text, sizeof(text), "Accounts that %s does not know", name);
    tell_count(d, overview_member_count(source, "unknown"), text);
}

static void tell_dataset(struct doubts *d, const struct json *dataset)
{
    const struct json *knowledge = json_member(dataset, "knowledge");
    const struct json *log;

    tell_count(d, overview_member_count(dataset, "rejected"),
               "Rows refused by the mapping's rules (in rejects.jsonl.gz, with "
               "the reason)");
    tell_count(d, overview_member_count(dataset, "truncated"),
               "Texts cut to the length of their column");
    tell_count(d, overview_member_count(dataset, "undecided"),
               "Accounts left out because something is not known that the "
               "mapping compares");
    log = knowledge != NULL ? overview_member_first(knowledge, "logs") : NULL;
    for (; log != NULL; log = json_next(log)) {
        const char *name = overview_member_text(log, "source");

        if (name != NULL && overview_member_first(log, "gaps") != NULL)
            tell_name(d, name, "has a span that no run has read; see how far "
                      "the logs reach.");
    }
}

static void tell_keys(struct doubts *d, const struct json *keys)
{
    tell_count(d, overview_member_count(keys, "unresolved"),
               "User keys of the log that belong to no known account, deleted "
               "ones perhaps");
    tell_count(d, overview_member_count(keys, "unresolvedActors"),
               "People who changed an account and cannot be told from their "
               "user key");
    tell_count(d, overview_member_count(keys, "emailsUnresolved"),
               "E-mail addresses that stand for no account, or for several");
}

static void tell_guards(struct doubts *d, const struct json *facts)
{
    const struct json *guard = overview_member_first(facts, "guards");

    for (; guard != NULL; guard = json_next(guard)) {
        const char *name = overview_member_text(guard, "name");

        if (name != NULL && overview_member_true(guard, "accepted"))
            tell_name(d, name, "is past its limit, and was accepted for this "
                      "run by hand.");
    }
}

void overview_put_doubts(struct overview *o, struct html *h)
{
    struct doubts d = {.h = h};
    const struct json *node = overview_member_first(o->facts, "sources");

    overview_open_section(h, "known", "What is known, and what is not", NULL);
    overview_put_panels(o, h, PLACE_KNOWN);
    html_raw(h, "<h3>Not known, and why</h3>");
    tell_guards(&d, o->facts);
    if (o->dataset_facts != NULL)
        tell_dataset(&d, o->dataset_facts);
    if (json_member(o->facts, "keys") != NULL)
        tell_keys(&d, json_member(o->facts, "keys"));
    for (; node != NULL; node = json_next(node))
        tell_source(&d, node);
    html_raw(h, d.count > 0 ? "</ul>"
                            : "<p>Nothing that the manifest tells of.</p>");
    overview_close_section(h);
}
