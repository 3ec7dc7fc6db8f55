#include "item.h"

#include <string.h>

const struct item_field user_fields[USER_FIELD_COUNT] = {
    [USER_ACCOUNT_ID] = {"account_id", VALUE_STRING},
    [USER_ACCOUNT_TYPE] = {"account_type", VALUE_STRING},
    [USER_DISPLAY_NAME] = {"display_name", VALUE_STRING},
    [USER_EMAIL] = {"email", VALUE_STRING},
    [USER_ACTIVE] = {"active", VALUE_BOOLEAN},
    [USER_STATUS] = {"status", VALUE_STRING},
    [USER_DEACTIVATED_AT] = {"deactivated_at", VALUE_TIMESTAMP},
    [USER_ADDED_AT] = {"added_at", VALUE_TIMESTAMP},
    [USER_LAST_SEEN_AT] = {"last_seen_at", VALUE_TIMESTAMP},
    [USER_LAST_SEEN_STATUS] = {"last_seen_status", VALUE_STRING},
    [USER_CLAIM_STATUS] = {"claim_status", VALUE_STRING},
    [USER_TIME_ZONE] = {"time_zone", VALUE_STRING},
    [USER_LOCALE] = {"locale", VALUE_STRING},
    [USER_PRODUCTS] = {"products", VALUE_STRING},
};

const struct item_field event_fields[EVENT_PART_COUNT] = {
    [EVENT_ID] = {"id", VALUE_STRING},
    [EVENT_AT] = {"at", VALUE_TIMESTAMP},
    [EVENT_ACTION] = {"action", VALUE_STRING},
    [EVENT_ACTION_NAME] = {"action_name", VALUE_STRING},
    [EVENT_CATEGORY] = {"category", VALUE_STRING},
    [EVENT_ACTOR] = {"actor", VALUE_STRING},
    [EVENT_ACTOR_NAME] = {"actor_name", VALUE_STRING},
    [EVENT_ACTOR_EMAIL] = {"actor_email", VALUE_STRING},
    [EVENT_REMOTE_ADDRESS] = {"remote_address", VALUE_STRING},
    [EVENT_OBJECT_TYPE] = {"object_type", VALUE_STRING},
    [EVENT_OBJECT_ID] = {"object_id", VALUE_STRING},
    [EVENT_OBJECT_NAME] = {"object_name", VALUE_STRING},
    [EVENT_SOURCE] = {"source", VALUE_STRING},
    [EVENT_CHANGES] = {"changes", VALUE_STRING},
};

static int find(const struct item_field *fields, int count, const char *name)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(fields[i].name, name) == 0)
            return i;
    }
    return -1;
}

int user_field_find(const char *name)
{
    return find(user_fields, USER_FIELD_COUNT, name);
}

int event_field_find(const char *name)
{
    return find(event_fields, EVENT_FIELD_COUNT, name);
}
