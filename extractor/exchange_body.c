/* Bodies as they came from the wire. Those of pages stay packed until the worker
 * has them: unpacking costs more than all else that is done with a page. */
#include "exchange_internal.h"

#include <stdio.h>
#include <string.h>

#include "sink.h"

static const struct {
    enum http_failure failure;
    bool transient;
    const char *cause, *words;
} flaws[] = {
    [BODY_NO_END] = {HTTP_FAILED_TRANSPORT, true, "answer cut short",
                     "JSON without its end"},
    [BODY_CUT] = {HTTP_FAILED_TRANSPORT, true, "answer cut short",
                  "compressed data without its end"},
    [BODY_DAMAGED] = {HTTP_FAILED_TRANSPORT, true, "damaged compression",
                      "no gzip"},
    [BODY_FULL] = {HTTP_FAILED_CEILING, false, "body above its ceiling",
                   "once it is unpacked"},
    [BODY_NO_MEMORY] = {HTTP_FAILED_TRANSPORT, false,
                        "the answer could not be kept", "memory is out"},
};

static const enum body_flaw flaw_of_gzip[] = {
    [GZIP_WHOLE] = BODY_SOUND,        [GZIP_CUT] = BODY_CUT,
    [GZIP_DAMAGED] = BODY_DAMAGED,    [GZIP_FULL] = BODY_FULL,
    [GZIP_NO_MEMORY] = BODY_NO_MEMORY};

static size_t ceiling_of(const struct exchange *exchange)
{
    return exchange->options.limits != NULL
               ? exchange->options.limits->body_max
               : HTTP_BODY_MAX;
}

void reply_flaw(struct http_reply *reply, enum body_flaw flaw, size_t bytes)
{
    reply->answered = false;
    reply->transient = flaws[flaw].transient;
    reply->failure = flaws[flaw].failure;
    reply->cause = flaws[flaw].cause;
    snprintf(reply->detail, sizeof(reply->detail), "%s: %s, %zu bytes",
             reply->cause, flaws[flaw].words, bytes);
}

bool reply_is_page(const struct task *task, const struct http_reply *reply)
{
    return task->request.document && reply->answered && reply->json &&
           reply->status == 200;
}

void reply_unpack(const struct exchange *exchange, struct http_reply *reply)
{
    size_t most = ceiling_of(exchange), size;
    enum body_flaw flaw = BODY_NO_MEMORY;
    struct buf plain;
    char *room;

    if (!reply->answered || !reply->gzip)
        return;
    size = gunzip_size(reply->body.data, reply->body.len, most);
    buf_init(&plain, most);
    room = buf_room(&plain, size);
    if (room != NULL)
        flaw = flaw_of_gzip[gunzip(reply->body.data, reply->body.len, room,
                                   size, most)];
    if (flaw != BODY_SOUND) {
        reply_flaw(reply, flaw, reply->body.len);
        buf_reset(&plain);
    }
    buf_release(&reply->body);
    reply->body = plain;
    reply->gzip = false;
}

/* libcurl cannot see the cut of a body that ends with its connection, nor of
 * a compressed one whose length is right. */
void reply_distrust(struct http_reply *reply)
{
    if (reply->answered && reply->status == 200 && reply->json &&
        !verdict_whole(reply->body.data, reply->body.len))
        reply_flaw(reply, BODY_NO_END, reply->body.len);
}

void body_take(struct task *task, struct http_reply *reply)
{
    task->gzip = reply->gzip;
    task->flaw = BODY_SOUND;
    task->body = reply->body;
    task->body_size = reply->gzip
                          ? gunzip_size(task->body.data, task->body.len,
                                        ceiling_of(task->exchange))
                          : task->body.len;
    buf_init(&reply->body, 0);
}

int body_fill(void *context, char *room, size_t len, struct error *err)
{
    struct task *task = context;
    struct buf *body = &task->body;

    if (task->gzip)
        task->flaw = flaw_of_gzip[gunzip(body->data, body->len, room, len,
                                         ceiling_of(task->exchange))];
    else
        memcpy(room, body->data, len);
    if (task->flaw == BODY_SOUND && !verdict_whole(room, len))
        task->flaw = BODY_NO_END;
    buf_release(body);
    if (task->flaw == BODY_NO_MEMORY)
        return error_no_memory(err);
    return task->flaw == BODY_SOUND ? 0 : -1;
}
