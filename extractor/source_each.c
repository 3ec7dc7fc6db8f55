#include "source_read.h"

#include "instant.h"

enum { AGE_DAYS_MAX = 30 };

/* These speak of the credentials or of the moment, never of an account. */
static const int no_word_on_accounts[] = {401, 407, 408, 425, 429};

static void read_unknown(struct spec *spec, const struct spec_node *node,
                         void *out)
{
    struct source *source = out;
    size_t count =
        sizeof(no_word_on_accounts) / sizeof(no_word_on_accounts[0]);
    const int *status;

    source_read_statuses(spec, node, &source->each_unknown);
    for (status = source->each_unknown; status && *status != 0; status++) {
        bool bad = *status >= 500;

        for (size_t i = 0; i < count; i++)
            bad = bad || *status == no_word_on_accounts[i];
        if (bad)
            spec_problem(
                spec, node,
                "status %d tells nothing of a single account; leave it out",
                *status);
    }
}

static const struct spec_field each_fields[] = {
    {.key = "unknown", .kind = SPEC_CUSTOM, .read = read_unknown},
    {.key = "max_age",
     .kind = SPEC_DURATION,
     .offset = offsetof(struct source, each_max_age_ms),
     .max = (int64_t)AGE_DAYS_MAX * INSTANT_DAY},
    {0},
};

void source_read_each(struct spec *spec, const struct spec_node *node,
                      void *out)
{
    struct source *source = out;

    source->each = spec_object(spec, node, each_fields, source);
}

void source_check_each(struct spec *spec, const struct spec_node *root,
                       const struct source_reader *reader)
{
    static const char *const others[] = {"batch", "fallback", "total",
                                         "halve_on", "probe"};
    const struct source *source = reader->source;

    if (reader->uses_account && !source->each)
        spec_problem_at(spec, root, "each", "missing; {account} needs it");
    if (!source->each)
        return;
    if (!reader->uses_account)
        spec_problem_at(spec, root, "request",
                        "holds no {account}, which \"each\" needs");
    if (source->paging.style == PAGING_OFFSET)
        spec_problem_at(spec, root, "paging.style",
                        "must be cursor or single in a source with \"each\"");
    /* Of several pages of one answer only instants are put together. */
    for (size_t i = 0; i < USER_FIELD_COUNT; i++) {
        if (source->user_fields[i].list != NULL)
            spec_problem_at(spec, root, "fields",
                            "a source with \"each\" has no \"list\"");
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (json_member(root->json, others[i]) != NULL)
            spec_problem_at(spec, root, others[i],
                            "a source with \"each\" has none");
    }
}
