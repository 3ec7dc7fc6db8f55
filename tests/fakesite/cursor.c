/* Cursors: the request they continue, as base64url of JSON. */
#include <stdlib.h>
#include <string.h>

#include "admin.h"

static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static char *encode(const char *text)
{
    struct text out = {0};
    size_t len = strlen(text);

    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i < 3 ? len - i : 3;
        unsigned bits = 0;

        for (size_t j = 0; j < 3; j++)
            bits = bits << 8 | (j < left ? (unsigned char)text[i + j] : 0u);
        for (size_t j = 0; j <= left; j++)
            text_add(&out, &digits[bits >> (18 - 6 * j) & 63], 1);
    }
    return out.data;
}

/* Bytes that are no digits end the text. */
static char *decode(const char *text)
{
    struct text out = {0};
    unsigned bits = 0;
    int have = 0;

    text_add(&out, "", 0);
    for (; *text != '\0'; text++) {
        const char *digit = strchr(digits, *text);
        char byte;

        if (digit == NULL)
            break;
        bits = (bits << 6 | (unsigned)(digit - digits)) & 0xFFFF;
        have += 6;
        if (have < 8)
            continue;
        have -= 8;
        byte = (char)(bits >> have & 0xFF);
        text_add(&out, &byte, 1);
    }
    return out.data;
}

char *cursor_make(const cJSON *state, const char *of, size_t at)
{
    cJSON *copy =
        state == NULL ? cJSON_CreateObject() : cJSON_Duplicate(state, true);
    char *json;
    char *cursor;

    cJSON_AddStringToObject(copy, "_of", of);
    cJSON_AddNumberToObject(copy, "_at", (double)at);
    json = cJSON_PrintUnformatted(copy);
    cursor = encode(json);
    cJSON_free(json);
    cJSON_Delete(copy);
    return cursor;
}

cJSON *cursor_read(const char *cursor, const char *of, size_t *at)
{
    char *json = decode(cursor);
    cJSON *state = cJSON_Parse(json);
    const cJSON *where = cJSON_GetObjectItemCaseSensitive(state, "_at");
    const char *owner =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(state, "_of"));

    free(json);
    if (owner == NULL || strcmp(owner, of) != 0 || !cJSON_IsNumber(where)) {
        cJSON_Delete(state);
        return NULL;
    }
    *at = (size_t)where->valuedouble;
    cJSON_DeleteItemFromObjectCaseSensitive(state, "_at");
    cJSON_DeleteItemFromObjectCaseSensitive(state, "_of");
    return state;
}
