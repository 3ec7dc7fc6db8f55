#include "template.h"

#include <string.h>

#include "http.h"
#include "jsonw.h"

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

static int fill(const char *text, const struct template_value *values,
                bool encoded, struct buf *out, struct error *err)
{
    const char *open, *value;

    for (; (open = strchr(text, '{')) != NULL;
         text = open + strcspn(open, "}") + 1) {
        buf_append(out, text, (size_t)(open - text));
        value = value_of(open + 1, values);
        if (value == NULL)
            return error_set(err, ERROR_BUG, "no value for the placeholder %s",
                             open);
        if (encoded)
            http_encode(out, value);
        else
            buf_puts(out, value);
    }
    buf_puts(out, text);
    return 0;
}

int template_fill(const char *text, const struct template_value *values,
                  struct buf *out, struct error *err)
{
    if (fill(text, values, true, out, err) != 0)
        return -1;
    if (buf_ok(out))
        return 0;
    return error_set(err, ERROR_CONFIG,
                     "a request would be longer than %zu "
                     "bytes",
                     out->ceiling);
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

    buf_reset(&filling->text);
    if (fill(text, filling->values, false, &filling->text, filling->err) != 0)
        return NULL;
    if (buf_ok(&filling->text))
        return filling->text.data;
    error_set(filling->err, ERROR_CONFIG, "a text of a body is too long");
    return NULL;
}

int template_fill_body(const char *json, const struct template_value *values,
                       struct buf *out, struct error *err)
{
    struct body_filling filling = {.values = values, .err = err};
    struct json_filling texts = {fill_text, &filling};
    struct json_doc doc;
    struct jsonw w;
    bool written;

    if (json_parse(&doc, json, strlen(json), JSON_STRICT, "body", ERROR_BUG,
                   err) != 0)
        return -1;
    buf_init(&filling.text, TEMPLATE_BODY_MAX);
    jsonw_init(&w, out, 0);
    written = json_write(&w, NULL, doc.root, &texts);
    buf_release(&filling.text);
    json_free(&doc);
    if (!written)
        return -1;
    if (buf_ok(out))
        return 0;
    return error_set(err, ERROR_CONFIG, "a body would be longer than %zu bytes",
                     out->ceiling);
}
