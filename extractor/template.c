#include "template.h"

#include <string.h>

#include "http.h"

void template_of_endpoint(const struct endpoint *endpoint,
                          struct template_value values[TEMPLATE_OF_ENDPOINT])
{
    values[0] = (struct template_value){"organisation", endpoint->organisation};
    values[1] = (struct template_value){"directory", endpoint->directory};
    values[2] = (struct template_value){"site", endpoint->site};
}

static void check_name(struct spec *spec, const struct spec_node *node,
                       const char *name, const char *const *known)
{
    struct nearest nearest;

    nearest_start(&nearest, name);
    for (; *known != NULL; known++) {
        if (strcmp(*known, name) == 0)
            return;
        nearest_offer(&nearest, *known);
    }
    spec_unknown(spec, node, "placeholder", &nearest);
}

void template_check(struct spec *spec, const struct spec_node *node,
                    const char *text, const char *const *known)
{
    while ((text = strpbrk(text, "{}")) != NULL) {
        size_t len = strcspn(text + 1, "{}");
        const char *name;

        if (*text == '}' || text[1 + len] != '}') {
            spec_problem(spec, node, "'{' and '}' do not pair");
            return;
        }
        name = arena_strndup(spec->arena, text + 1, len);
        if (name == NULL) {
            spec->no_memory = true;
            return;
        }
        check_name(spec, node, name, known);
        text += len + 2;
    }
}

/* Texts of a body are checked where they are written. */
struct body_check {
    struct spec *spec;
    const struct spec_node *node;
    const char *const *known;
};

static const char *check_text(void *context, const char *text)
{
    const struct body_check *check = context;

    template_check(check->spec, check->node, text, check->known);
    return text;
}

const char *template_body(struct spec *spec, const struct spec_node *node,
                          const char *const *known)
{
    struct body_check check = {spec, node, known};
    struct json_filling filling = {check_text, &check};
    const char *copy = NULL;
    struct buf text;
    struct jsonw w;

    buf_init(&text, TEMPLATE_BODY_MAX);
    jsonw_init(&w, &text, 0);
    if (json_write(&w, NULL, node->json, &filling) && buf_ok(&text))
        copy = spec_copy(spec, text.data);
    else if (buf_no_memory(&text))
        spec->no_memory = true;
    else
        spec_problem(spec, node,
                     "is too large or too deep; at most %d bytes in %d levels",
                     TEMPLATE_BODY_MAX, JSONW_DEPTH_MAX - 1);
    buf_release(&text);
    return copy;
}

static bool is_name(const char *at, const char *name)
{
    size_t len = strlen(name);

    return strncmp(at, name, len) == 0 && at[len] == '}';
}

bool template_uses(const char *text, const char *name)
{
    while (text != NULL && (text = strchr(text, '{')) != NULL) {
        if (is_name(++text, name))
            return true;
    }
    return false;
}

const char *template_lacks(const char *text,
                           const struct template_value *values)
{
    for (; values->name != NULL; values++) {
        if (values->value == NULL && template_uses(text, values->name))
            return values->name;
    }
    return NULL;
}

static const char *value_of(const char *name,
                            const struct template_value *values)
{
    while (values->name != NULL && !is_name(name, values->name))
        values++;
    return values->value;
}

/* What is percent-encoded. */
enum encoding { ENCODE_VALUES, ENCODE_ALL, ENCODE_NOTHING };

static int fill(const char *text, const struct template_value *values,
                enum encoding encoding, struct buf *out, struct error *err)
{
    for (; *text != '\0'; text++) {
        const char *close = *text == '{' ? strchr(text, '}') : NULL;
        char one[2] = {*text, '\0'};
        const char *put = close != NULL ? value_of(text + 1, values) : one;

        if (put == NULL)
            return error_set(err, ERROR_BUG, "no value for the placeholder %s",
                             text);
        if (encoding == ENCODE_ALL ||
            (encoding == ENCODE_VALUES && close != NULL))
            http_encode(out, put);
        else
            buf_puts(out, put);
        text = close != NULL ? close : text;
    }
    return 0;
}

int template_fits(const struct buf *out, struct error *err)
{
    if (buf_ok(out))
        return 0;
    if (!out->full)
        return error_no_memory(err);
    error_set(err, ERROR_CONFIG, "a request would be longer than %zu bytes",
              out->ceiling);
    return error_usual(err,
                       "see \"query\", \"body\" and \"batch\" of the source");
}

int template_fill(const char *text, const struct template_value *values,
                  struct buf *out, struct error *err)
{
    if (fill(text, values, ENCODE_VALUES, out, err) != 0)
        return -1;
    return template_fits(out, err);
}

int template_fill_query(const char *text, const struct template_value *values,
                        struct buf *out, struct error *err)
{
    if (fill(text, values, ENCODE_ALL, out, err) != 0)
        return -1;
    return template_fits(out, err);
}

/* The texts of a body while it is written. */
struct body_filling {
    const struct template_value *values;
    struct buf text; /* the last one */
    struct error *err;
};

static const char *fill_text(void *context, const char *text)
{
    struct body_filling *filling = context;
    struct buf *out = &filling->text;

    buf_reset(out);
    if (fill(text, filling->values, ENCODE_NOTHING, out, filling->err) != 0 ||
        template_fits(out, filling->err) != 0)
        return NULL;
    return out->data;
}

/* The whole, or the members alone. */
static int write_body(const char *json, bool whole,
                      const struct template_value *values, struct jsonw *w,
                      struct error *err)
{
    struct body_filling filling = {.values = values, .err = err};
    struct json_filling texts = {fill_text, &filling};
    const struct json *node;
    struct json_doc doc;
    bool written = true;

    if (json_parse(&doc, json, strlen(json), JSON_STRICT, "body", ERROR_BUG,
                   err) != 0)
        return -1;
    buf_init(&filling.text, w->out->ceiling);
    node = whole ? doc.root : json_first(doc.root);
    for (; written && node != NULL; node = json_next(node))
        written = json_write(w, json_key(node), node, &texts);
    buf_release(&filling.text);
    json_free(&doc);
    return written ? 0 : -1;
}

int template_fill_members(const char *json, const struct template_value *values,
                          struct jsonw *w, struct error *err)
{
    return write_body(json, false, values, w, err);
}

int template_fill_body(const char *json, const struct template_value *values,
                       struct buf *out, struct error *err)
{
    struct jsonw w;

    jsonw_init(&w, out, 0);
    if (write_body(json, true, values, &w, err) != 0)
        return -1;
    return template_fits(out, err);
}
