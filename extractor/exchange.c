#include "exchange.h"

#include <stdlib.h>
#include <string.h>

#include "exchange_internal.h"
#include "expiry.h"

enum {
    STOP_POLL_MS = 100, /* how late *stop may be seen */
    URL_MAX = 64 * 1024
};

static const enum http_auth_type http_auth_types[] = {
    [AUTH_NONE] = HTTP_NO_AUTH,        [AUTH_BASIC] = HTTP_BASIC,
    [AUTH_BEARER] = HTTP_BEARER,       [AUTH_COOKIE] = HTTP_COOKIE,
    [AUTH_OAUTH_CLIENT] = HTTP_BEARER, [AUTH_OAUTH_REFRESH] = HTTP_BEARER,
};

int64_t exchange_now(const struct exchange *exchange)
{
    return clock_mono(&exchange->options.clock);
}

static int64_t deadline_of(const struct exchange *exchange)
{
    int64_t run_for_ms = exchange->options.job->limits.run_for_ms;

    return run_for_ms > 0 ? exchange_now(exchange) + run_for_ms : INT64_MAX;
}

static int http_open(struct exchange *exchange, struct error *err)
{
    exchange->http = http_new("rollcall/" ROLLCALL_VERSION,
                              exchange->options.job->limits.concurrency,
                              exchange->options.limits, err);
    return exchange->http != NULL ? 0 : -1;
}

struct exchange *exchange_new(const struct exchange_options *options,
                              struct error *err)
{
    struct exchange *exchange = calloc(1, sizeof(*exchange));
    const struct job *job = options->job;

    if (exchange == NULL)
        goto no_memory;
    exchange->options = *options;
    exchange->random = options->seed;
    buf_init(&exchange->replayed, HTTP_BODY_MAX);
    exchange->reading_end = &exchange->reading;
    exchange->deadline_ms = deadline_of(exchange);
    exchange->lanes = calloc(job->endpoint_count + 1, sizeof(struct lane));
    if (exchange->lanes == NULL)
        goto no_memory;
    lanes_init(exchange);
    if (options->replay == NULL && http_open(exchange, err) != 0)
        goto fail;
    return exchange;
no_memory:
    error_no_memory(err);
fail:
    exchange_free(exchange);
    return NULL;
}

static void free_tasks(struct task *task)
{
    while (task != NULL) {
        struct task *next = task->next;

        task_free(task);
        task = next;
    }
}

/* http must have let go of them. */
static void drop_tasks(struct exchange *exchange)
{
    free_tasks(exchange->sent);
    exchange->sent = NULL;
    for (size_t i = 0; i < exchange->lane_count; i++) {
        struct lane *lane = &exchange->lanes[i];

        free_tasks(lane->queue);
        free_tasks(lane->again);
        lane->queue = lane->again = NULL;
        lane->queue_end = &lane->queue;
        lane->begun = 0;
        lane->refused = 0;
        lane->login.asked = false;
        token_file_end(&lane->login.file);
    }
}

void exchange_free(struct exchange *exchange)
{
    size_t i;

    if (exchange == NULL)
        return;
    reading_drop(exchange); /* its pages wake http */
    http_free(exchange->http);
    drop_tasks(exchange);
    reading_release(exchange);
    for (i = 0; i < exchange->lane_count; i++) {
        login_release(&exchange->lanes[i]);
        secret_release(&exchange->lanes[i].secret);
    }
    free(exchange->lanes);
    buf_release(&exchange->replayed);
    free(exchange);
}

static struct task *task_new(const struct exchange_request *request)
{
    struct task *task = calloc(1, sizeof(*task));

    if (task == NULL)
        return NULL;
    task->request = *request;
    buf_init(&task->body, 0);
    task->idle_ms = -1;
    task->request.path_query = strdup(request->path_query);
    if (request->body != NULL)
        task->request.body = strdup(request->body);
    if (task->request.path_query != NULL &&
        (request->body == NULL || task->request.body != NULL))
        return task;
    task_free(task);
    return NULL;
}

int exchange_submit(struct exchange *exchange,
                    const struct exchange_request *request,
                    exchange_done_fn *done, void *context, struct error *err)
{
    struct lane *lane = lane_of(exchange, request->endpoint);
    struct task *task;

    if (lane == NULL)
        return error_set(err, ERROR_BUG, "%s: endpoint is not of this job",
                         request->source->name);
    /* Anything else would extend the host name the credentials go to. */
    if (request->path_query[0] != '/') {
        error_set(err, ERROR_DATA,
                  "%s: the path of a request does not begin with '/'",
                  request->source->name);
        return error_usual(err, "see \"path\" and \"paging\" in %s",
                           request->source->path);
    }
    task = task_new(request);
    if (task == NULL)
        return error_no_memory(err);
    task->exchange = exchange;
    task->lane = lane;
    task->done = done;
    task->context = context;
    task->order = exchange->submitted++;
    task_queue(lane, task);
    exchange->left++;
    return 0;
}

static void warn_expiry(const struct exchange *exchange,
                        const struct lane *lane)
{
    int64_t now = clock_wall(&exchange->options.clock);
    int64_t expiry = expiry_of(lane->endpoint, lane->secret.text);
    char when[EXPIRY_TEXT_MAX];

    if (!expiry_near(expiry, now))
        return;
    expiry_text(expiry, now, when);
    log_line(exchange->options.log, LOG_WARN, "credential",
             "endpoint %s: its secret %s: make a new one", lane->endpoint->name,
             when);
}

const struct job *exchange_commands_of(const struct exchange *exchange)
{
    return exchange->options.allow_commands ? exchange->options.job : NULL;
}

int lane_load_secret(struct exchange *exchange, struct lane *lane,
                     struct error *err)
{
    if (lane->endpoint->auth == AUTH_NONE || lane->secret.text != NULL)
        return 0;
    if (secret_load(&lane->secret, &lane->endpoint->secret,
                    exchange_commands_of(exchange), err) != 0)
        return error_prefix(err, "endpoint %s", lane->endpoint->name);
    warn_expiry(exchange, lane);
    return 0;
}

/* What goes with each request: the access token where there is one. */
static const char *lane_credential(const struct lane *lane)
{
    return lane->login.number > 0 ? lane->login.grant.access.text
                                  : lane->secret.text;
}

static int put_on_wire(struct exchange *exchange, struct task *task,
                       struct error *err)
{
    const struct endpoint *endpoint = task->request.endpoint;
    const struct http_auth auth = {
        .type = http_auth_types[endpoint->auth],
        .user = endpoint->user,
        .name = endpoint->cookie,
        .secret = lane_credential(task->lane),
    };
    struct http_request request = {
        .method = task->request.method,
        .body = task->request.body,
        .auth = &auth,
        .ca_file = endpoint->ca_file,
        .fresh = task->request.once,
        /* A recording keeps them unpacked. */
        .packed = task->request.document &&
                  task->exchange->options.record == NULL,
    };
    struct buf url;
    int rc = -1;

    buf_init(&url, URL_MAX);
    buf_printf(&url, "%s%s", endpoint->url, task->request.path_query);
    request.url = url.data;
    if (buf_no_memory(&url))
        error_no_memory(err);
    else if (!buf_ok(&url)) {
        error_set(err, ERROR_DATA, "a URL would be longer than %d bytes",
                  URL_MAX);
        error_usual(err, "see \"query\" and \"batch\" in %s",
                    task->request.source->path);
    } else
        rc = http_start(exchange->http, &request, exchange_reply, task, err);
    buf_release(&url);
    return rc == 0 ? 0 : error_prefix(err, "%s", task->request.source->name);
}

static void count_attempt(struct task *task, int64_t now_ms)
{
    struct exchange_stats *stats = task->request.stats;

    if (stats != NULL) {
        stats->requests++;
        stats->retries += task->attempts > 0;
        if (task->idle_ms >= 0)
            stats->waited_ms += now_ms - task->idle_ms;
    }
    if (task->attempts == 0)
        task->first_ms = now_ms;
    task->idle_ms = -1;
    task->sent_ms = now_ms;
    task->login = task->lane->login.number;
    task->attempts++;
}

/* Where bodies come in faster than they can be read, no more are asked for. */
static bool may_send(const struct exchange *exchange)
{
    size_t most = (size_t)exchange->options.job->limits.concurrency;
    size_t running = http_running(exchange->http);

    return running < most && running + exchange->reading_count <
                                 most + READING_MAX + most / 8;
}

static int send_ready(struct exchange *exchange, struct error *err)
{
    int64_t now_ms = exchange_now(exchange);
    struct task *task;

    while (may_send(exchange) &&
           (task = lanes_take(exchange, now_ms)) != NULL) {
        if (lane_load_secret(exchange, task->lane, err) != 0 ||
            put_on_wire(exchange, task, err) != 0) {
            task_free(task);
            return -1;
        }
        count_attempt(task, now_ms);
        task->next = exchange->sent;
        exchange->sent = task;
    }
    return 0;
}

static int out_of_time(const struct exchange *exchange, struct error *err)
{
    char budget[DURATION_TEXT_MAX];

    verdict_duration(exchange->options.job->limits.run_for_ms, budget);
    error_set(err, ERROR_TRY_LATER,
              "limits.run_for: %s are not enough, %llu requests are left",
              budget, (unsigned long long)exchange->left);
    return error_hint(err, "run again to go on, or raise limits.run_for");
}

int exchange_check_stop(const struct exchange *exchange, struct error *err)
{
    const volatile sig_atomic_t *stop = exchange->options.stop;

    return stop != NULL && *stop != 0
               ? error_set(err, ERROR_INTERRUPTED, "interrupted")
               : 0;
}

int exchange_check_end(const struct exchange *exchange, struct error *err)
{
    if (exchange_check_stop(exchange, err) != 0)
        return -1;
    if (exchange_now(exchange) >= exchange->deadline_ms)
        return out_of_time(exchange, err);
    return 0;
}

/* One turn of the loop: send what may go, then let bytes move. */
static int turn(struct exchange *exchange, struct error *err)
{
    int64_t now_ms = exchange_now(exchange), wake_ms;

    if (exchange_check_end(exchange, err) != 0 ||
        logins_tend(exchange, now_ms, err) != 0 ||
        send_ready(exchange, err) != 0)
        return -1;
    if (http_running(exchange->http) == 0 && exchange->reading != NULL) {
        reading_wait(exchange);
        return exchange->failed ? -1 : 0;
    }
    wake_ms = lanes_wake_ms(exchange, now_ms);
    /* Nothing but a wait is left, and it ends too late: no use in waiting. */
    if (http_running(exchange->http) == 0 && wake_ms != INT64_MAX &&
        wake_ms >= exchange->deadline_ms)
        return out_of_time(exchange, err);
    if (wake_ms > now_ms + STOP_POLL_MS)
        wake_ms = now_ms + STOP_POLL_MS;
    if (reading_ready(exchange))
        wake_ms = now_ms;
    if (http_wait(exchange->http, (int)(wake_ms - now_ms), err) != 0)
        return -1;
    reading_deliver(exchange);
    return 0;
}

int64_t exchange_time_left(const struct exchange *exchange)
{
    return exchange->deadline_ms == INT64_MAX
               ? INT64_MAX
               : exchange->deadline_ms - exchange_now(exchange);
}

int exchange_run(struct exchange *exchange, struct error *err)
{
    if (exchange->failed)
        return error_set(err, ERROR_BUG, "exchange: run again after an error");
    exchange->err = err;
    while (exchange->left > 0 && !exchange->failed) {
        int result = exchange->options.replay != NULL
                         ? exchange_replay(exchange, err)
                         : turn(exchange, err);

        if (exchange->options.tick != NULL)
            exchange->options.tick(exchange->options.tick_context);
        if (result != 0)
            exchange->failed = true;
    }
    logins_settle(exchange);
    return exchange->failed ? -1 : 0;
}

int exchange_recover(struct exchange *exchange, struct error *err)
{
    reading_drop(exchange);
    http_free(exchange->http);
    drop_tasks(exchange);
    exchange->failed = false;
    exchange->left = 0;
    return http_open(exchange, err);
}

void exchange_credential(const struct exchange *exchange,
                         const struct endpoint *endpoint,
                         struct exchange_credential *credential)
{
    *credential = (struct exchange_credential){.expiry = EXPIRY_UNKNOWN};
    for (size_t i = 0; i < exchange->lane_count; i++) {
        const struct lane *lane = &exchange->lanes[i];

        if (lane->endpoint != endpoint)
            continue;
        credential->expiry = expiry_of(endpoint, lane->secret.text);
        credential->scopes = lane->login.grant.scopes;
        credential->refused = lane->refused;
    }
}
