/* Packed are texts, each with its NUL behind a byte that tells whether it is
 * there at all, and counts, in the machine's own form: nobody else reads it. */
#include <stdint.h>
#include <string.h>

#include "spool_parts.h"

enum { ABSENT, PRESENT };

static bool is_packed(unsigned field)
{
    return field != EVENT_ID && field != EVENT_AT;
}

static void put_text(struct buf *out, const char *text)
{
    buf_putc(out, text != NULL ? PRESENT : ABSENT);
    if (text != NULL)
        buf_append(out, text, strlen(text) + 1);
}

static void put_count(struct buf *out, size_t count)
{
    uint32_t number = (uint32_t)count;

    buf_append(out, &number, sizeof(number));
}

void spool_pack(const struct event *event, struct buf *out)
{
    for (unsigned i = 0; i < EVENT_FIELD_COUNT; i++) {
        const struct value *value = &event->fields[i];

        if (is_packed(i))
            put_text(out, value->present ? value->text : NULL);
    }
    put_count(out, event->subject_count);
    for (size_t i = 0; i < event->subject_count; i++)
        put_text(out, event->subjects[i]);
    put_count(out, event->change_count);
    for (size_t i = 0; i < event->change_count; i++) {
        put_text(out, event->changes[i].field);
        put_text(out, event->changes[i].from);
        put_text(out, event->changes[i].to);
    }
}

struct cursor {
    const char *at;
    size_t left;
    bool bad;
};

static const char *get_text(struct cursor *cursor)
{
    const char *text = cursor->at + 1, *end;

    if (cursor->bad || cursor->left == 0) {
        cursor->bad = true;
        return NULL;
    }
    cursor->left--;
    if (*cursor->at++ == ABSENT)
        return NULL;
    end = memchr(text, '\0', cursor->left);
    if (end == NULL) {
        cursor->bad = true;
        return NULL;
    }
    cursor->left -= (size_t)(end + 1 - text);
    cursor->at = end + 1;
    return text;
}

static size_t get_count(struct cursor *cursor, size_t most)
{
    uint32_t number = 0;

    cursor->bad = cursor->bad || cursor->left < sizeof(number);
    if (cursor->bad)
        return 0;
    memcpy(&number, cursor->at, sizeof(number));
    cursor->at += sizeof(number);
    cursor->left -= sizeof(number);
    cursor->bad = number > most;
    return cursor->bad ? 0 : number;
}

int spool_unpack(const void *data, size_t len, struct event *event)
{
    struct cursor cursor = {.at = data, .left = len};

    for (unsigned i = 0; i < EVENT_FIELD_COUNT; i++) {
        if (is_packed(i))
            event->fields[i] = value_text(get_text(&cursor));
    }
    event->subject_count = get_count(&cursor, EVENT_SUBJECTS_MAX);
    for (size_t i = 0; i < event->subject_count; i++)
        event->subjects[i] = get_text(&cursor);
    event->change_count = get_count(&cursor, EVENT_CHANGES_MAX);
    for (size_t i = 0; i < event->change_count; i++) {
        event->changes[i].field = get_text(&cursor);
        event->changes[i].from = get_text(&cursor);
        event->changes[i].to = get_text(&cursor);
    }
    return cursor.bad || cursor.left != 0 ? -1 : 0;
}
