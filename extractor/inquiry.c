#include "inquiry_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "each.h"

static int note_subjects(void *context, const struct event *event,
                         struct error *err)
{
    struct inquiry *q = context;

    for (size_t i = 0; i < event->subject_count; i++) {
        char *name;

        if (strmap_get(&q->subjects, event->subjects[i]) != NULL)
            continue;
        name = arena_strdup(&q->arena, event->subjects[i]);
        if (name == NULL || strmap_put(&q->subjects, name, name) != 0)
            return error_no_memory(err);
    }
    return 0;
}

/* The run before is looked for, and no directory is made. */
static int find_previous(struct inquiry *q, struct error *err)
{
    const struct inquiry_options *options = q->options;
    int fd = open(options->setup->out_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result = 0;

    if (fd >= 0) {
        result = previous_open(&q->previous, fd, options->run_id,
                               options->as_of, options->log, err);
        close(fd);
    } else if (errno != ENOENT) {
        log_line(options->log, LOG_WARN, "previous",
                 "%s cannot be opened, so "
                 "first observations start anew: %s",
                 options->setup->out_dir, strerror(errno));
    }
    return result;
}

/* A run of this time would start from what the state knows. */
static int open_recall(struct inquiry *q, struct error *err)
{
    const struct inquiry_options *options = q->options;
    struct recall_options recall = {
        .setup = options->setup,
        .as_of = options->as_of,
        .run_id = options->run_id,
        .window = {q->gather.window.from, q->gather.window.to},
        .read_all = true,
        .look_only = true,
        .log = options->log,
    };

    /* A recorded run knew nothing of earlier ones. */
    if (options->replay == NULL)
        q->state =
            state_open_reader(options->setup->job.state, options->log, err);
    if (q->state == NULL && err->kind != ERROR_NONE)
        return -1;
    recall.state = q->state;
    q->recall = recall_open(&recall, err);
    q->gather.recall = q->recall;
    return q->recall != NULL ? 0 : -1;
}

static int start(struct inquiry *q, struct error *err)
{
    const struct inquiry_options *options = q->options;
    const struct setup *setup = options->setup;
    const struct exchange_options exchange = {
        .job = &setup->job,
        .allow_commands = options->allow_commands,
        .log = options->log,
        .clock = options->log->clock,
        .stop = options->stop,
        .seed = (uint64_t)clock_mono(&options->log->clock),
        .replay = options->replay,
        .worker = q->worker = worker_new(),
    };

    q->report.as_of = options->as_of;
    q->report.run_id = options->run_id;
    q->report.source_count = setup->source_count;
    q->report.sources = calloc(setup->source_count, sizeof(*q->report.sources));
    if (q->report.sources == NULL)
        return error_no_memory(err);
    if (find_previous(q, err) != 0)
        return -1;
    q->exchange = exchange_new(&exchange, err);
    if (q->exchange == NULL)
        return -1;
    q->gather = (struct gather_options){
        .setup = setup,
        .exchange = q->exchange,
        .log = options->log,
        .window = gather_window(&setup->job, options->as_of),
        .report = &q->report,
        .previous = q->previous.found ? &q->previous.manifest : NULL,
        .observer = {note_subjects, q},
    };
    return open_recall(q, err);
}

/* Subjects that no fact counts are in no book, so nobody asked yet whose
 * names they are. */
static int resolve_others(struct inquiry *q, struct error *err)
{
    const struct strmap_slot *entry;
    struct strmap others = {0};
    size_t position = 0;
    int result = 0;

    while (result == 0 &&
           (entry = strmap_next(&q->subjects, &position)) != NULL) {
        if (fact_find(&q->gathered.books[0], entry->key) == NULL)
            result = strmap_put(&others, entry->key, entry->value);
    }
    if (result != 0)
        error_no_memory(err);
    else if (others.count > 0)
        result = resolve_actors(&q->resolved, &q->gathered, &q->gather, &others,
                                err);
    strmap_release(&others);
    return result;
}

/* Where rows depend on what is asked account by account, there are none yet,
 * because only the account of the inquiry is asked about. */
static int check(struct inquiry *q, struct error *err)
{
    if (each_needed(q->options->setup))
        return emit_check_lists(&q->emission, err);
    return emit_choose(&q->emission, err) == 0 ? emit_check(&q->emission, err)
                                               : -1;
}

static int ask_each(struct inquiry *q, struct error *err)
{
    const struct each_options options = {.emission = &q->emission,
                                         .only = q->id};

    return each_ask(&options, err);
}

static int read_all(struct inquiry *q, struct error *err)
{
    const struct setup *setup = q->options->setup;
    const char *map_file = setup->job.keys.map_file;
    int previous_fd = q->previous.found ? q->previous.dir_fd : -1;

    resolve_init(&q->resolved);
    if (map_file != NULL && resolve_load_map(&q->resolved, map_file, err) != 0)
        return -1;
    if (gather_init(&q->gathered, setup, err) != 0 ||
        resolve_early(&q->resolved, &q->gathered, &q->gather, err) != 0 ||
        gather_run(&q->gathered, &q->gather, err) != 0 ||
        resolve_subjects(&q->resolved, &q->gathered, &q->gather, err) != 0 ||
        emit_prepare(&q->emission, &q->gathered, &q->resolved, &q->gather,
                     previous_fd, err) != 0 ||
        check(q, err) != 0)
        return -1;
    return resolve_others(q, err);
}

static int unknown(const struct inquiry *q, struct error *err)
{
    bool named = strmap_get(&q->subjects, q->options->asked) != NULL;

    error_set(err, ERROR_NO_INPUT, "%s",
              named ? "the log has the user key asked for, but it leads to no "
                      "account"
                    : "the site knows no account of the id, user key or "
                      "e-mail address asked for");
    return error_hint(
        err, "%s",
        named ? "put the key and its account id into the job's keys.map_file"
              : "rollcall cat shows the account ids of a published run; an "
                "e-mail address that its owner hides leads nowhere");
}

static int find_email(const struct inquiry *q, const char **id,
                      struct error *err)
{
    const struct account *account = q->gathered.roster.first;

    for (; account != NULL; account = account->next) {
        struct value email = account_value(account, USER_EMAIL);

        if (!email.present || strcasecmp(email.text, q->options->asked) != 0)
            continue;
        if (*id != NULL) {
            error_set(err, ERROR_NO_INPUT,
                      "more than one account shows the "
                      "e-mail address asked for");
            return error_hint(err, "ask by account id");
        }
        *id = account_id(account);
    }
    return 0;
}

/* Asks the site for a name that neither list nor log has. */
static int ask_site(struct inquiry *q, const char **id, struct error *err)
{
    const char *asked = q->options->asked;
    struct strmap names = {0};
    int result = strmap_put(&names, asked, q);

    if (result != 0)
        error_no_memory(err);
    else
        result =
            resolve_actors(&q->resolved, &q->gathered, &q->gather, &names, err);
    strmap_release(&names);
    if (result == 0)
        resolve_way(&q->resolved, &q->gathered, asked, id);
    return result;
}

static int identify(struct inquiry *q, struct error *err)
{
    const char *id, *asked = q->options->asked;
    int result = 0;

    if (resolve_way(&q->resolved, &q->gathered, asked, &id) != RESOLVE_UNKNOWN)
        result = 0;
    else if (strchr(asked, '@') != NULL)
        result = find_email(q, &id, err);
    else
        result = ask_site(q, &id, err);
    if (result != 0)
        return -1;
    if (id == NULL)
        return unknown(q, err);
    q->id = arena_strdup(&q->arena, id);
    return q->id != NULL ? 0 : error_no_memory(err);
}

static int watch(struct inquiry *q, const char *name, struct error *err)
{
    struct inquiry_name *entry = arena_alloc(&q->arena, sizeof(*entry));
    const char *id;

    if (entry == NULL)
        return error_no_memory(err);
    entry->name = name;
    entry->way = strcmp(name, q->id) == 0
                     ? RESOLVE_ID
                     : resolve_way(&q->resolved, &q->gathered, name, &id);
    if (strmap_put(&q->watched, name, entry) != 0)
        return error_no_memory(err);
    return 0;
}

static int watch_names(struct inquiry *q, struct error *err)
{
    const struct strmap_slot *entry;
    size_t position = 0;

    if (watch(q, q->id, err) != 0)
        return -1;
    while ((entry = strmap_next(&q->resolved.ids, &position)) != NULL) {
        if (strcmp(entry->value, q->id) == 0 &&
            strcmp(entry->key, q->id) != 0 && watch(q, entry->key, err) != 0)
            return -1;
    }
    return 0;
}

static int keep_event(void *context, const struct event *event,
                      struct error *err)
{
    struct inquiry *q = context;

    for (size_t i = 0; i < event->subject_count; i++) {
        const struct inquiry_name *name =
            strmap_get(&q->watched, event->subjects[i]);

        if (name != NULL)
            return explain_keep(&q->events, q->rules, event, name->name, err);
    }
    return 0;
}

static int name_order(const void *left, const void *right)
{
    const struct inquiry_name *a = *(struct inquiry_name *const *)left;
    const struct inquiry_name *b = *(struct inquiry_name *const *)right;

    return strcmp(a->name, b->name);
}

static int list_names(struct inquiry *q, struct error *err)
{
    const struct strmap_slot *entry;
    size_t position = 0;

    q->names = arena_alloc(&q->arena,
                           q->watched.count * sizeof(struct inquiry_name *));
    if (q->names == NULL)
        return error_no_memory(err);
    for (size_t i = 0; i < q->events.count; i++) {
        struct inquiry_name *name =
            strmap_get(&q->watched, q->events.events[i].subject);
        name->events++;
    }
    while ((entry = strmap_next(&q->watched, &position)) != NULL) {
        struct inquiry_name *name = entry->value;

        if (name->events > 0)
            q->names[q->name_count++] = name;
    }
    if (q->name_count > 1)
        qsort(q->names, q->name_count, sizeof(struct inquiry_name *),
              name_order);
    return 0;
}

static int read_events(struct inquiry *q, struct error *err)
{
    if (watch_names(q, err) != 0)
        return -1;
    q->gather.observer = (struct gather_observer){keep_event, q};
    if (gather_again(&q->gathered, &q->gather, err) != 0)
        return -1;
    explain_settle(&q->events);
    return list_names(q, err);
}

static int add_actor(struct strmap *people, const struct fact_event *event)
{
    return event != NULL && event->actor != NULL
               ? strmap_put(people, event->actor, people)
               : 0;
}

/* Every actor of the events, and the account itself, which the list may not
 * have. */
static int resolve_people(struct inquiry *q, struct error *err)
{
    const struct fact_subject *subject =
        fact_find(&q->gathered.books[0], q->id);
    struct strmap people = {0};
    int result = strmap_put(&people, q->id, q);

    for (size_t i = 0; i < q->events.count && result == 0; i++)
        result = add_actor(&people, &q->events.events[i].event);
    for (size_t i = 0; subject != NULL && i < q->rules->fact_count; i++) {
        if (result == 0)
            result = add_actor(&people, subject->slots[i].newest);
        if (result == 0)
            result = add_actor(&people, subject->slots[i].attributed);
    }
    if (result != 0)
        error_no_memory(err);
    else
        result = resolve_actors(&q->resolved, &q->gathered, &q->gather, &people,
                                err);
    strmap_release(&people);
    return result;
}

static int find_account(struct inquiry *q, struct error *err)
{
    struct user user = {0};

    q->account = roster_find(&q->gathered.roster, q->id);
    if (q->account != NULL)
        return 0;
    user.fields[USER_ACCOUNT_ID] = value_text(q->id);
    q->account = roster_add(&q->gathered.roster, &user, false);
    return q->account != NULL ? 0 : error_no_memory(err);
}

static int conclude(struct inquiry *q, struct error *err)
{
    size_t count = q->rules->schema.count;
    enum join_outcome outcome;

    joined_fill(&q->joined, &q->emission.datasets[0].input, q->account);
    if (explain_remember(&q->events, &q->joined, err) != 0 ||
        explain_check(&q->events, &q->joined, err) != 0)
        return -1;
    q->selected = q->account->listed && join_selects(&q->joined);
    q->columns = arena_alloc(&q->arena, count * sizeof(*q->columns));
    if (q->columns == NULL)
        return error_no_memory(err);
    outcome = join_explain(&q->joined, q->selected, q->columns, &q->arena,
                           &q->notes, err);
    q->refused = outcome == JOIN_REJECTED;
    return outcome == JOIN_FAILED ? -1 : 0;
}

struct inquiry *inquiry_run(const struct inquiry_options *options,
                            struct error *err)
{
    struct inquiry *q = calloc(1, sizeof(*q));

    if (q == NULL) {
        error_no_memory(err);
        return NULL;
    }
    q->options = options;
    q->rules = &options->setup->mappings[0].rules;
    arena_init(&q->arena);
    explain_init(&q->events);
    if (start(q, err) == 0 && read_all(q, err) == 0 && identify(q, err) == 0 &&
        ask_each(q, err) == 0 && read_events(q, err) == 0 &&
        resolve_people(q, err) == 0 && find_account(q, err) == 0 &&
        conclude(q, err) == 0 &&
        mapping_check(&options->setup->mappings[0], err) == 0)
        return q;
    inquiry_free(q);
    return NULL;
}

void inquiry_free(struct inquiry *q)
{
    if (q == NULL)
        return;
    for (size_t i = 0; q->report.sources != NULL && i < q->report.source_count;
         i++)
        source_report_release(&q->report.sources[i]);
    free(q->report.sources);
    emit_release(&q->emission);
    exchange_free(q->exchange);
    worker_free(q->worker);
    recall_free(q->recall);
    state_close(q->state);
    gather_release(&q->gathered);
    resolve_release(&q->resolved);
    previous_close(&q->previous);
    explain_release(&q->events);
    strmap_release(&q->subjects);
    strmap_release(&q->watched);
    arena_release(&q->arena);
    free(q);
}
