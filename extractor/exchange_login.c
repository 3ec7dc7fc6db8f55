#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "exchange_internal.h"
#include "instant.h"

enum {
    RENEW_BEFORE_MS = 60 * 1000, /* before the end, or a tenth of its life */
    BUSY_POLL_MS = 200,
    BUSY_FOR_MS = 60 * 1000, /* a login of another run takes no longer */
    SETTLE_FOR_MS = 30 * 1000,
    SETTLE_POLL_MS = 100,
    RENEWALS_MAX = 5, /* of one request */
    UNAUTHORIZED = 401
};

static bool uses_oauth(const struct lane *lane)
{
    return lane->endpoint->auth == AUTH_OAUTH_CLIENT ||
           lane->endpoint->auth == AUTH_OAUTH_REFRESH;
}

void login_init(struct lane *lane)
{
    struct login *login = &lane->login;

    login->busy_ms = -1;
    login->endpoint = *lane->endpoint;
    login->endpoint.url = lane->endpoint->oauth.token_url;
    login->source.name = "access token";
    login->ask.lane = lane;
    login->ask.request = (struct exchange_request){
        .endpoint = &login->endpoint,
        .source = &login->source,
        .path_query = "",
        .method = "POST",
    };
}

void login_release(struct lane *lane)
{
    token_file_end(&lane->login.file);
    oauth_grant_release(&lane->login.grant);
}

bool login_ready(const struct lane *lane, int64_t now_ms)
{
    return !uses_oauth(lane) ||
           (lane->login.number > 0 && now_ms < lane->login.renew_ms);
}

static bool is_wanted(const struct lane *lane, int64_t now_ms)
{
    return (lane->queue != NULL || lane->again != NULL) && !lane->login.asked &&
           !login_ready(lane, now_ms);
}

int64_t login_wake_ms(const struct lane *lane)
{
    if (!uses_oauth(lane) || lane->login.asked ||
        (lane->queue == NULL && lane->again == NULL))
        return INT64_MIN;
    return lane->login.ask.due_ms;
}

static int fail(const struct lane *lane, struct error *err)
{
    return error_prefix(err, "endpoint %s", lane->endpoint->name);
}

/* 1: another process, or another endpoint of this job, is at it. */
static int begin_file(struct exchange *exchange, struct lane *lane,
                      int64_t now_ms, struct secret *refresh, struct error *err)
{
    const struct oauth_settings *oauth = &lane->endpoint->oauth;
    struct login *login = &lane->login;

    switch (token_file_begin(&login->file, oauth->token_file, refresh, err)) {
    case TOKEN_FILE_FAILED:
        return -1;
    case TOKEN_FILE_BUSY:
        if (login->busy_ms < 0)
            login->busy_ms = now_ms;
        if (now_ms - login->busy_ms < BUSY_FOR_MS) {
            login->ask.due_ms = now_ms + BUSY_POLL_MS;
            return 1;
        }
        error_set(err, ERROR_TRY_LATER,
                  "%s: another process has held the lock of the refresh token "
                  "for %d s",
                  oauth->token_file, BUSY_FOR_MS / 1000);
        return error_hint(err, "run again when that process has ended");
    case TOKEN_FILE_READY:
        break;
    }
    login->busy_ms = -1;
    if (refresh->text != NULL)
        return 0;
    return secret_load(refresh, &oauth->refresh,
                       exchange_commands_of(exchange), err);
}

static void login_reply(void *context, struct http_reply *reply);

static int send(struct exchange *exchange, struct lane *lane,
                const struct secret *refresh, struct error *err)
{
    struct login *login = &lane->login;
    struct http_request request = {
        .method = "POST",
        .url = lane->endpoint->oauth.token_url,
        .ca_file = lane->endpoint->ca_file,
        .secret_reply = true,
    };
    struct buf body;
    int result = -1;

    buf_init(&body, OAUTH_BODY_MAX);
    body.secret = true;
    if (oauth_body(lane->endpoint, lane->secret.text, refresh->text, &body,
                   err) == 0) {
        request.body = body.data;
        result =
            http_start(exchange->http, &request, login_reply, &login->ask, err);
    }
    buf_release(&body);
    return result;
}

static int ask(struct exchange *exchange, struct lane *lane, int64_t now_ms,
               struct error *err)
{
    struct login *login = &lane->login;
    struct secret refresh = {NULL};
    int result = 0;

    if (lane_load_secret(exchange, lane, err) != 0)
        return -1;
    if (lane->endpoint->auth == AUTH_OAUTH_REFRESH)
        result = begin_file(exchange, lane, now_ms, &refresh, err);
    if (result == 0)
        result = send(exchange, lane, &refresh, err);
    secret_release(&refresh);
    if (result < 0) {
        token_file_end(&login->file);
        return fail(lane, err);
    }
    if (result > 0)
        return 0;
    login->asked = true;
    login->ask.exchange = exchange;
    login->ask.sent_ms = now_ms;
    if (login->ask.attempts++ == 0)
        login->ask.first_ms = now_ms;
    return 0;
}

int logins_tend(struct exchange *exchange, int64_t now_ms, struct error *err)
{
    for (size_t i = 0; i < exchange->lane_count; i++) {
        struct lane *lane = &exchange->lanes[i];

        if (is_wanted(lane, now_ms) && lane->login.ask.due_ms <= now_ms &&
            ask(exchange, lane, now_ms, err) != 0)
            return -1;
    }
    return 0;
}

static int keep_refresh(struct lane *lane, const struct oauth_grant *grant,
                        struct error *err)
{
    struct login *login = &lane->login;

    if (!login->file.open || grant->refresh.text == NULL)
        return 0;
    if (token_file_put(&login->file, grant->refresh.text, err) == 0)
        return 0;
    error_prefix(err, "the new refresh token could not be kept");
    return error_hint(err,
                      "make room or rights for %s and run again within "
                      "minutes: the token before it may be taken once more; "
                      "else authorise the account again",
                      lane->endpoint->oauth.token_file);
}

static void put_in_use(struct lane *lane, struct oauth_grant *grant,
                       int64_t now_ms)
{
    struct login *login = &lane->login;
    int64_t margin = grant->lifetime_ms / 10;

    oauth_grant_release(&login->grant);
    login->grant = *grant;
    memset(grant, 0, sizeof(*grant));
    secret_release(&login->grant.refresh);
    login->number++;
    login->ask.attempts = 0;
    login->ask.cause_count = 0;
    login->ask.due_ms = 0;
    login->renew_ms = INT64_MAX;
    if (margin > RENEW_BEFORE_MS)
        margin = RENEW_BEFORE_MS;
    if (login->grant.lifetime_ms > 0)
        login->renew_ms = now_ms + login->grant.lifetime_ms - margin;
    log_line(login->ask.exchange->options.log, LOG_INFO, "login",
             "endpoint %s: a new access token, good for %" PRId64 " s",
             lane->endpoint->name, login->grant.lifetime_ms / INSTANT_SECOND);
}

/* The rotated token is kept before anything else is looked at: the old one is
 * dead already, whatever else the answer says. */
static int take_grant(struct lane *lane, const struct http_reply *reply,
                      int64_t now_ms, struct error *err)
{
    struct error wrong = {0};
    struct oauth_grant grant;
    int read = oauth_read(lane->endpoint, reply->body.data, reply->body.len,
                          &grant, &wrong);

    if (keep_refresh(lane, &grant, err) == 0 && read == 0)
        put_in_use(lane, &grant, now_ms);
    else if (err->kind == ERROR_NONE)
        *err = wrong;
    oauth_grant_release(&grant);
    return err->kind == ERROR_NONE ? 0 : -1;
}

static int again_or_never(struct lane *lane, const struct http_reply *reply,
                          int64_t now_ms, struct error *err)
{
    struct task *task = &lane->login.ask;
    int64_t asked, delay_ms;

    switch (task_decide(task, reply, now_ms, &asked, &delay_ms)) {
    case RETRY_AGAIN:
        verdict_count(task, reply);
        task_tell_retry(task, reply, delay_ms);
        task->due_ms = now_ms + delay_ms;
        return 0;
    case RETRY_GIVE_UP:
        verdict_count(task, reply);
        return verdict_gave_up(task, now_ms, asked, err);
    case RETRY_NEVER:
        break;
    }
    if (!reply->answered)
        return verdict_refuse(task, reply, err);
    return oauth_refuse(lane->endpoint, reply, err);
}

static void login_reply(void *context, struct http_reply *reply)
{
    struct task *task = context;
    struct lane *lane = task->lane;
    struct exchange *exchange = task->exchange;
    int64_t now_ms = exchange_now(exchange);
    struct error err = {0};
    int result;

    lane->login.asked = false;
    reply_distrust(reply);
    reply_note(task, reply, now_ms);
    if (reply->answered && reply->status == 200 && reply->json)
        result = take_grant(lane, reply, now_ms, &err);
    else
        result = again_or_never(lane, reply, now_ms, &err);
    token_file_end(&lane->login.file);
    if (result == 0)
        return;
    fail(lane, &err);
    if (exchange->failed) { /* the run has its error already */
        log_line(exchange->options.log, LOG_ERROR, "login", "%s", err.text);
        return;
    }
    exchange->failed = true;
    *exchange->err = err;
}

void login_prove(struct task *task, const struct http_reply *reply)
{
    struct login *login = &task->lane->login;

    if (reply->answered && reply->status != UNAUTHORIZED &&
        task->login > login->proved)
        login->proved = task->login;
}

bool login_renews(struct task *task, const struct http_reply *reply,
                  int64_t now_ms)
{
    struct lane *lane = task->lane;

    if (!uses_oauth(lane) || !reply->answered ||
        reply->status != UNAUTHORIZED || verdict_lacks_scope(reply))
        return false;
    if (task->renewals == RENEWALS_MAX ||
        (task->renewals > 0 && task->login > lane->login.proved))
        return false;
    task->renewals++;
    verdict_count(task, reply);
    if (task->login == lane->login.number)
        lane->login.renew_ms = now_ms;
    log_line(task->exchange->options.log, LOG_INFO, "login",
             "endpoint %s: the access token is not taken any more",
             lane->endpoint->name);
    return true;
}

static bool any_rotates(const struct exchange *exchange)
{
    for (size_t i = 0; i < exchange->lane_count; i++) {
        if (exchange->lanes[i].login.asked &&
            exchange->lanes[i].login.file.open)
            return true;
    }
    return false;
}

void logins_settle(struct exchange *exchange)
{
    int64_t end_ms = exchange_now(exchange) + SETTLE_FOR_MS;
    struct error ignored = {0};

    while (any_rotates(exchange) && exchange_now(exchange) < end_ms &&
           http_wait(exchange->http, SETTLE_POLL_MS, &ignored) == 0)
        continue;
}
