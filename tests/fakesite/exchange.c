#include "exchange.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "faults.h"

enum { NAP_MS = 10 };

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes %xx, and '+' as a blank, as servlet containers do. */
static char *unescape(const char *at, size_t len)
{
    char *out = must_alloc(len + 1);
    size_t used = 0;

    for (size_t i = 0; i < len; i++) {
        char c = at[i] == '+' ? ' ' : at[i];

        if (c == '%' && i + 2 < len && hex(at[i + 1]) >= 0 &&
            hex(at[i + 2]) >= 0) {
            c = (char)(hex(at[i + 1]) * 16 + hex(at[i + 2]));
            i += 2;
        }
        out[used++] = c;
    }
    return out;
}

static void add_parameter(struct exchange *x, const char *at, size_t len)
{
    const char *equals = memchr(at, '=', len);
    size_t name_len = equals == NULL ? len : (size_t)(equals - at);
    struct parameter *parameter;

    if (len == 0)
        return;
    x->query = must_grow(x->query, (x->query_count + 1) * sizeof(*x->query));
    parameter = &x->query[x->query_count++];
    parameter->name = unescape(at, name_len);
    parameter->value = equals == NULL
                           ? must_copy("", 0)
                           : unescape(equals + 1, len - name_len - 1);
}

struct exchange *exchange_new(struct server *server, const char *uri)
{
    struct exchange *x = must_alloc(sizeof(*x));
    size_t path_len = strcspn(uri, "?");
    const char *at = uri + path_len;

    x->server = server;
    x->started = clock_ms();
    x->uri = must_copy(uri, strlen(uri));
    x->path = unescape(uri, path_len);
    x->auth = "none";
    while (*at != '\0') {
        size_t len = strcspn(at + 1, "&");

        add_parameter(x, at + 1, len);
        at += 1 + len;
    }
    return x;
}

void exchange_free(struct exchange *x)
{
    if (x == NULL)
        return;
    for (size_t i = 0; i < x->query_count; i++) {
        free(x->query[i].name);
        free(x->query[i].value);
    }
    for (size_t i = 0; i < x->answer.header_count; i++) {
        free(x->answer.headers[i].name);
        free(x->answer.headers[i].value);
    }
    text_free(&x->answer.body);
    text_free(&x->upload);
    free(x->argument);
    free(x->query);
    free(x->path);
    free(x->uri);
    free(x);
}

const char *query_get(const struct exchange *x, const char *name)
{
    for (size_t i = 0; i < x->query_count; i++) {
        if (strcmp(x->query[i].name, name) == 0)
            return x->query[i].value;
    }
    return NULL;
}

bool query_number(struct exchange *x, const char *name, long otherwise,
                  long min, long *value)
{
    const char *text = query_get(x, name);
    struct text message = {0};
    char *end;

    *value = otherwise;
    if (text == NULL)
        return true;
    errno = 0;
    *value = strtol(text, &end, 10);
    if (errno == 0 && end != text && *end == '\0' && *text != ' ' &&
        *value >= min && *value <= INT32_MAX)
        return true;
    text_fmt(&message, "The value of '%s' is not acceptable.", name);
    answer_error(x, 400, message.data);
    text_free(&message);
    return false;
}

void answer_header(struct exchange *x, const char *name, const char *value)
{
    struct answer *answer = &x->answer;

    if (answer->header_count == ANSWER_HEADERS_MAX)
        return;
    answer->headers[answer->header_count].name = must_copy(name, strlen(name));
    answer->headers[answer->header_count++].value =
        must_copy(value, strlen(value));
}

void answer_error(struct exchange *x, unsigned status, const char *message)
{
    x->answer.status = status;
    text_clear(&x->answer.body);
    text_str(&x->answer.body, "{\"errorMessages\":[");
    text_json(&x->answer.body, message);
    text_str(&x->answer.body, "],\"errors\":{}}");
}

void answer_login_page(struct exchange *x)
{
    x->answer.type = "text/html;charset=UTF-8";
    text_clear(&x->answer.body);
    text_str(&x->answer.body,
             "<!DOCTYPE html><html><head><title>Log in with Atlassian "
             "account</title></head><body><form action=\"/login\">"
             "</form></body></html>");
}

void answer_redirect(struct exchange *x, const char *location)
{
    x->answer.status = 302;
    x->answer.type = "text/html;charset=UTF-8";
    answer_header(x, "Location", location);
}

void answer_row(struct exchange *x, size_t index, const struct text *row)
{
    struct text changed = {0};

    if (x->answer.body.data[x->answer.body.len - 1] != '[')
        text_str(&x->answer.body, ",");
    if (fault_row(x, index, row, &changed))
        row = &changed;
    text_add(&x->answer.body, row->data, row->len);
    text_free(&changed);
}

int64_t clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void nap(struct server *server, int64_t ms)
{
    int64_t end = clock_ms() + ms;
    int64_t left = ms;

    while (left > 0 && !atomic_load(&server->stopping)) {
        struct timespec pause = {0, (left < NAP_MS ? left : NAP_MS) * 1000000};

        nanosleep(&pause, NULL);
        left = end - clock_ms();
    }
}
