/* The log of requests: one JSON line each, written before the answer is
 * sent, so that it is complete when the client has its answer. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "exchange.h"

/* All values of a name that is met first at FIRST. */
static void add_values(struct text *line, const struct exchange *x,
                       size_t first)
{
    const char *name = x->query[first].name;
    bool many = false;

    for (size_t i = first + 1; i < x->query_count; i++)
        many = many || strcmp(x->query[i].name, name) == 0;
    text_json(line, name);
    text_str(line, many ? ":[" : ":");
    text_json(line, x->query[first].value);
    for (size_t i = first + 1; i < x->query_count; i++) {
        if (strcmp(x->query[i].name, name) != 0)
            continue;
        text_str(line, ",");
        text_json(line, x->query[i].value);
    }
    text_str(line, many ? "]" : "");
}

static bool met_before(const struct exchange *x, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(x->query[i].name, x->query[index].name) == 0)
            return true;
    }
    return false;
}

static void add_query(struct text *line, const struct exchange *x)
{
    const char *comma = "";

    text_str(line, "{");
    for (size_t i = 0; i < x->query_count; i++) {
        if (met_before(x, i))
            continue;
        text_str(line, comma);
        add_values(line, x, i);
        comma = ",";
    }
    text_str(line, "}");
}

void log_request(const struct exchange *x)
{
    const char *agent = MHD_lookup_connection_value(
        x->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_USER_AGENT);
    bool reset = x->answer.delivery == DELIVER_RESET;
    struct text line = {0};

    if (x->server->log_fd < 0)
        return;
    text_fmt(&line, "{\"n\":%zu,\"method\":", x->number);
    text_json(&line, x->method);
    text_str(&line, ",\"path\":");
    text_json(&line, x->path);
    text_str(&line, ",\"query\":");
    add_query(&line, x);
    text_fmt(&line,
             ",\"status\":%u,\"at\":%" PRId64 ",\"ms\":%" PRId64
             ",\"auth\":\"%s\"",
             reset ? 0 : x->answer.status, x->started, clock_ms() - x->started,
             x->auth);
    text_str(&line, ",\"user_agent\":");
    text_json(&line, agent == NULL ? "" : agent);
    if (x->upload.len > 0) {
        text_str(&line, ",\"body\":");
        text_json(&line, x->upload.data);
    }
    text_str(&line, "}\n");
    if (write(x->server->log_fd, line.data, line.len) < 0)
        perror("fakesite: request log");
    text_free(&line);
}
