/* From user keys to account ids: GET /rest/api/3/user/bulk/migration. */
#include <string.h>

#include "exchange.h"

enum { MIGRATION_DEFAULT = 10, MIGRATION_CAP = 1000 };

static bool listed(const cJSON *array, const char *text)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, array)
    {
        if (cJSON_IsString(item) && strcmp(item->valuestring, text) == 0)
            return true;
    }
    return false;
}

static bool resolve(const struct exchange *x, const char *key, struct text *row)
{
    const struct keys_faults *faults = &x->server->scenario.keys;
    const struct site *site = x->server->site;
    struct text id = {0};
    enum bridge result;

    if (listed(faults->drop, key))
        return false;
    result = site->ops->bridge(site, key, &id);
    if (result == BRIDGE_KNOWN && listed(faults->unknown, key)) {
        text_clear(&id);
        text_str(&id, "unknown");
    }
    if (result != BRIDGE_DROPPED) {
        text_str(row, "{\"username\":");
        text_json(row, key);
        text_str(row, ",\"key\":");
        text_json(row, key);
        text_str(row, ",\"accountId\":");
        text_json(row, id.data);
        text_str(row, "}");
    }
    text_free(&id);
    return result != BRIDGE_DROPPED;
}

static void add_rows(struct exchange *x, size_t start, size_t size)
{
    struct text row = {0};
    size_t found = 0;
    size_t shown = 0;

    for (size_t i = 0; i < x->query_count && shown < size; i++) {
        text_clear(&row);
        if (strcmp(x->query[i].name, "key") != 0 ||
            !resolve(x, x->query[i].value, &row))
            continue;
        if (found++ >= start)
            answer_row(x, shown++, &row);
    }
    text_free(&row);
}

void serve_migration(struct exchange *x)
{
    size_t cap = x->server->scenario.keys.page_cap;
    bool key = query_get(x, "key") != NULL;
    bool name = query_get(x, "username") != NULL;
    long start;
    long size;

    if (!query_number(x, "startAt", 0, 0, &start) ||
        !query_number(x, "maxResults", MIGRATION_DEFAULT, 1, &size))
        return;
    if (key == name) {
        answer_error(x, 400,
                     "Either the key or the username query parameter must "
                     "be provided, not both.");
        return;
    }
    if (size > MIGRATION_CAP)
        size = MIGRATION_CAP;
    if (cap > 0 && size > (long)cap)
        size = (long)cap;
    text_str(&x->answer.body, "[");
    add_rows(x, (size_t)start, (size_t)size);
    text_str(&x->answer.body, "]");
}
