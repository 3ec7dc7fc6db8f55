#include "json.h"

static bool write_text(struct jsonw *w, const char *name, const char *text,
                       const struct json_filling *filling)
{
    if (filling != NULL)
        text = filling->text(filling->context, text);
    if (text == NULL)
        return false;
    jsonw_text(w, name, text);
    return true;
}

bool json_write(struct jsonw *w, const char *name, const struct json *node,
                const struct json_filling *filling)
{
    enum json_type type = json_type(node);
    bool good;

    switch (type) {
    case JSON_NULL:
        jsonw_null(w, name);
        return true;
    case JSON_BOOLEAN:
        jsonw_bool(w, name, json_bool(node));
        return true;
    case JSON_NUMBER:
        jsonw_number(w, name, json_number_text(node));
        return true;
    case JSON_STRING:
        return write_text(w, name, json_text(node), filling);
    default:
        break;
    }
    good = w->depth + 1 < JSONW_DEPTH_MAX;
    if (!good)
        return false;
    type == JSON_OBJECT ? jsonw_object(w, name) : jsonw_array(w, name);
    for (node = json_first(node); node != NULL && good; node = json_next(node))
        good = json_write(w, json_key(node), node, filling);
    type == JSON_OBJECT ? jsonw_object_end(w) : jsonw_array_end(w);
    return good;
}
