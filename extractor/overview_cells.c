/* A cell as the page may have it. */
#include <string.h>

#include "mask.h"
#include "overview_parts.h"

/* The person a cell tells of, as the one text it is known by. */
static const char *person(const struct overview *o, const struct past_row *row,
                          size_t column)
{
    const struct value *id = &row->cells[o->columns[column].person];

    return id->present && id->type == VALUE_STRING ? id->text
                                                   : row->cells[column].text;
}

static const char *masked(struct overview *o, const struct past_row *row,
                          size_t column, struct error *err)
{
    static const char *const forms[] = {
        [ROLE_ID] = "id-%s",
        [ROLE_NAME] = "Person %s",
        [ROLE_EMAIL] = "%s@masked.invalid",
    };
    enum overview_role role = o->columns[column].role;
    char code[MASK_CODE_SIZE];

    if (role == ROLE_TEXT)
        return OVERVIEW_MASKED;
    if (mask_code(o->key, person(o, row, column), code) != 0) {
        error_set(err, ERROR_BUG, "hashing failed, perhaps for want of memory");
        return NULL;
    }
    buf_reset(&o->cell);
    if (buf_printf(&o->cell, forms[role], code) != 0) {
        error_no_memory(err);
        return NULL;
    }
    return o->cell.data;
}

const char *overview_text(struct overview *o, const struct past_row *row,
                          size_t column, struct error *err)
{
    const struct value *value = &row->cells[column];

    if (!value->present)
        return NULL;
    if (!o->options->mask)
        return value->text;
    if (o->columns[column].role != ROLE_PLAIN)
        return masked(o, row, column, err);
    /* What is no closed list may hold an address against all expectation. */
    return strchr(value->text, '@') != NULL ? OVERVIEW_MASKED : value->text;
}

bool overview_stopped(const struct overview *o, struct error *err)
{
    if (o->options->stop == NULL || *o->options->stop == 0)
        return false;
    error_set(err, ERROR_INTERRUPTED, "interrupted");
    return true;
}

void overview_time_text(int64_t instant, char out[INSTANT_TEXT_MAX])
{
    instant_format(instant, "%Y-%m-%d %H:%M", 0, out, INSTANT_TEXT_MAX);
}

void overview_put_time(struct html *h, int64_t instant)
{
    char machine[INSTANT_TEXT_MAX], text[INSTANT_TEXT_MAX];

    instant_rfc3339(instant, machine);
    overview_time_text(instant, text);
    html_format(h, "<time datetime=\"%s\">%s</time>", machine, text);
}
