#include "instant.h"
#include "jsonw.h"
#include "writer_format.h"

int writer_json_value(struct jsonw *w, const char *name,
                      const struct value *value)
{
    char text[INSTANT_TEXT_MAX];

    switch (value->type) {
    case VALUE_INTEGER:
        jsonw_int(w, name, value->integer);
        return 0;
    case VALUE_NUMBER:
        jsonw_number(w, name, value->text);
        return 0;
    case VALUE_BOOLEAN:
        jsonw_bool(w, name, value->integer != 0);
        return 0;
    case VALUE_TIMESTAMP:
        jsonw_instant(w, name, value->integer);
        return 0;
    case VALUE_DATE:
        if (instant_format(value->integer, "%Y-%m-%d", 0, text, sizeof(text)) !=
            0)
            return -1;
        jsonw_text(w, name, text);
        return 0;
    default:
        jsonw_text(w, name, value->text);
        return 0;
    }
}

static int row(struct writer_line *line, const struct value *cells)
{
    const struct schema *schema = line->options->schema;
    struct jsonw w;

    jsonw_init(&w, &line->record, 0);
    jsonw_object(&w, NULL);
    for (size_t i = 0; i < schema->count; i++) {
        const char *name = schema->columns[i].name;

        if (!cells[i].present)
            jsonw_null(&w, name);
        else if (writer_json_value(&w, name, &cells[i]) != 0)
            return (int)i;
    }
    jsonw_object_end(&w);
    buf_putc(&line->record, '\n');
    return -1;
}

const struct writer_format writer_jsonl = {.name = "jsonl", .row = row};
