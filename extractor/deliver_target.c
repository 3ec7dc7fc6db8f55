/* One target: what is there, what is missing, and in which order it goes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deliver_parts.h"
#include "instant.h"

#define DATE_HOLE "{date}"
#define RUN_HOLE  "{run}"

static const struct deliver_driver *const drivers[] = {
    [TARGET_S3] = &deliver_s3,
    [TARGET_AZURE] = &deliver_azure,
    [TARGET_SFTP] = &deliver_sftp,
    [TARGET_DIR] = &deliver_dir,
};

int deliver_check_stop(const struct delivery *d, struct error *err)
{
    const volatile sig_atomic_t *stop = d->options->stop;

    return stop != NULL && *stop != 0 && d->ending_ms == 0
               ? error_set(err, ERROR_INTERRUPTED, "interrupted")
               : 0;
}

const char *deliver_content_type(const struct deliver_file *file)
{
    static const struct {
        const char *suffix, *type;
    } types[] = {
        {".gz", "application/gzip"},
        {".json", "application/json"},
        {".done", "application/json"},
        {".csv", "text/csv"},
    };
    size_t len = strlen(file->path);

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        size_t end = strlen(types[i].suffix);

        if (len > end && strcmp(file->path + len - end, types[i].suffix) == 0)
            return types[i].type;
    }
    return "application/octet-stream";
}

/* The part of a target's address that may hold placeholders. */
static const char *place_of(const struct job_target *target)
{
    if (target->type == TARGET_DIR)
        return target->path;
    return target->type == TARGET_SFTP ? target->url : target->prefix;
}

static int fill_place(struct delivery *d, struct error *err)
{
    const char *text = place_of(d->target);
    char date[INSTANT_TEXT_MAX];

    instant_format(d->plan->as_of, "%Y-%m-%d", 0, date, sizeof(date));
    while (*text != '\0') {
        size_t plain = strcspn(text, "{");

        buf_append(&d->place, text, plain);
        text += plain;
        if (strncmp(text, DATE_HOLE, strlen(DATE_HOLE)) == 0) {
            buf_puts(&d->place, date);
            text += strlen(DATE_HOLE);
        } else if (strncmp(text, RUN_HOLE, strlen(RUN_HOLE)) == 0) {
            buf_puts(&d->place, d->plan->run_id);
            text += strlen(RUN_HOLE);
        } else if (*text != '\0') {
            buf_putc(&d->place, *text++);
        }
    }
    while (d->target->type != TARGET_S3 && d->target->type != TARGET_AZURE &&
           d->place.len > 1 && d->place.data[d->place.len - 1] == '/')
        d->place.data[--d->place.len] = '\0';
    if (buf_ok(&d->place))
        return 0;
    return d->place.full
               ? error_set(
                     err, ERROR_CONFIG,
                     "the path or prefix is too long; choose a shorter one")
               : error_no_memory(err);
}

static void put_address(const struct job_target *target, const char *place,
                        char out[DELIVER_ADDRESS_MAX])
{
    switch (target->type) {
    case TARGET_S3:
        snprintf(out, DELIVER_ADDRESS_MAX, "s3://%s/%s", target->bucket, place);
        break;
    case TARGET_AZURE:
        snprintf(out, DELIVER_ADDRESS_MAX, "%s/%s", target->url, place);
        break;
    default:
        snprintf(out, DELIVER_ADDRESS_MAX, "%s", place);
    }
}

void deliver_address(const struct job_target *target,
                     char out[DELIVER_ADDRESS_MAX])
{
    put_address(target, place_of(target), out);
}

static int load_secret(const struct delivery *d, struct secret *secret,
                       const struct secret_ref *ref, const char *key,
                       struct error *err)
{
    if (secret_load(secret, ref,
                    d->options->allow_commands ? d->options->job : NULL,
                    err) == 0)
        return 0;
    return error_prefix(err, "%s", key);
}

static int load_secrets(struct delivery *d, struct error *err)
{
    const struct job_target *target = d->target;

    if (target->type == TARGET_AZURE)
        return load_secret(d, &d->secret, &target->sas, "sas", err);
    if (target->type == TARGET_SFTP && target->has_passphrase)
        return load_secret(d, &d->secret, &target->passphrase, "passphrase",
                           err);
    if (target->type != TARGET_S3)
        return 0;
    if (load_secret(d, &d->secret, &target->secret, "secret", err) != 0 ||
        (target->has_session_token &&
         load_secret(d, &d->session_token, &target->session_token,
                     "session_token", err) != 0))
        return -1;
    if (target->access_key == NULL)
        return load_secret(d, &d->access_key, &target->access_key_ref,
                           "access_key", err);
    return secret_set(&d->access_key, target->access_key, "access_key", err);
}

static int open_delivery(struct delivery *d, struct error *err)
{
    if (fill_place(d, err) != 0 || load_secrets(d, err) != 0)
        return -1;
    return d->driver->open != NULL ? d->driver->open(d, err) : 0;
}

static void close_delivery(struct delivery *d)
{
    http_free(d->http);
    secret_release(&d->access_key);
    secret_release(&d->secret);
    secret_release(&d->session_token);
    buf_release(&d->place);
    buf_release(&d->reply.body);
}

static int look_at_all(struct delivery *d, enum presence *found,
                       struct error *err)
{
    for (size_t i = 0; i < d->plan->count; i++) {
        if (deliver_check_stop(d, err) != 0 ||
            d->driver->look(d, &d->plan->files[i], &found[i], err) != 0)
            return -1;
    }
    return 0;
}

/* As long as the rest is not there as it is, no done file may say so. */
static int take_back(struct delivery *d, enum presence *found,
                     struct error *err)
{
    const struct deliver_plan *plan = d->plan;
    bool whole = true;

    for (size_t i = 0; i < plan->count; i++) {
        if (!rank_announces(plan->files[i].rank))
            whole &= found[i] == PRESENCE_SAME;
    }
    for (size_t i = plan->count; i-- > 0 && !whole;) {
        if (!rank_announces(plan->files[i].rank) ||
            found[i] == PRESENCE_ABSENT || found[i] == PRESENCE_HIDDEN)
            continue;
        log_line(d->options->log, LOG_WARN, "deliver",
                 "%s: %s is there before "
                 "the rest; it is taken away until all of it is",
                 d->target->name, plan->files[i].path);
        if (d->driver->take_away(d, &plan->files[i], err) != 0)
            return -1;
        found[i] = PRESENCE_ABSENT;
    }
    return 0;
}

static int send_file(struct delivery *d, const struct deliver_file *file,
                     enum presence found, struct error *err)
{
    int result = 1;

    for (int tries = 0; result > 0 && tries < DELIVER_TRIES_MAX; tries++) {
        if (deliver_check_stop(d, err) != 0)
            return -1;
        result = d->driver->send(d, file, tries > 0 || found != PRESENCE_ABSENT,
                                 err);
        if (result > 0)
            log_line(d->options->log, LOG_WARN, "deliver",
                     "%s: %s: what is "
                     "there now is not what was sent",
                     d->target->name, file->path);
    }
    if (result <= 0)
        return result;
    error_set(err, ERROR_UNAVAILABLE,
              "%s: was sent %d times and each time "
              "arrived as something else",
              file->path, DELIVER_TRIES_MAX);
    return error_hint(err, "something on the way or at the target changes what "
                           "it is given");
}

static int send_all(struct delivery *d, const enum presence *found,
                    struct deliver_outcome *outcome, struct error *err)
{
    for (size_t i = 0; i < d->plan->count; i++) {
        const struct deliver_file *file = &d->plan->files[i];

        if (found[i] == PRESENCE_SAME)
            continue;
        if (send_file(d, file, found[i], err) != 0)
            return -1;
        log_line(d->options->log, LOG_DEBUG, "deliver", "%s: sent %s",
                 d->target->name, file->path);
        outcome->sent++;
        outcome->sent_bytes += file->bytes;
    }
    return 0;
}

static int deliver_all(struct delivery *d, struct deliver_outcome *outcome,
                       struct error *err)
{
    enum presence *found = calloc(d->plan->count, sizeof(*found));
    int result = -1;

    if (found == NULL)
        return error_no_memory(err);
    if (look_at_all(d, found, err) == 0 && take_back(d, found, err) == 0)
        result = send_all(d, found, outcome, err);
    free(found);
    return result;
}

static void init(struct delivery *d, const struct deliver_options *options,
                 const struct job_target *target,
                 const struct deliver_plan *plan)
{
    *d = (struct delivery){
        .options = options,
        .target = target,
        .plan = plan,
        .driver = drivers[target->type],
        .random = (uint64_t)clock_mono(&options->log->clock),
    };
    buf_init(&d->place, PLACE_MAX);
    buf_init(&d->reply.body, WIRE_BODY_MAX);
}

int deliver_target(const struct deliver_options *options,
                   const struct job_target *target,
                   const struct deliver_plan *plan,
                   struct deliver_outcome *outcome, struct error *err)
{
    struct delivery d;
    int result;

    outcome->files = plan->count;
    init(&d, options, target, plan);
    result = open_delivery(&d, err);
    put_address(target, d.place.data, outcome->address);
    if (result == 0)
        result = deliver_all(&d, outcome, err);
    close_delivery(&d);
    if (result == 0)
        outcome->verdict = outcome->sent > 0 ? DELIVER_SENT : DELIVER_ALREADY;
    return result;
}

int deliver_probe(const struct deliver_options *options,
                  const struct job_target *target, int64_t as_of, bool *hidden,
                  struct error *err)
{
    const struct deliver_plan plan = {
        .out_fd = -1, .run_id = options->run_id, .as_of = as_of};
    const struct deliver_file file = {.path = "rollcall-check"};
    struct delivery d;
    enum presence presence = PRESENCE_ABSENT;
    int result;

    init(&d, options, target, &plan);
    result = open_delivery(&d, err);
    if (result == 0)
        result = d.driver->probe != NULL
                     ? d.driver->probe(&d, &file, &presence, err)
                     : d.driver->look(&d, &file, &presence, err);
    close_delivery(&d);
    *hidden = presence == PRESENCE_HIDDEN;
    return result;
}
