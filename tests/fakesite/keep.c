#include "keep.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Never changed or freed while the server runs. */
struct kept {
    char *uri;
    bool packed;
    struct text body;
    struct kept *next;
};

void keep_init(struct keep *keep)
{
    memset(keep, 0, sizeof(*keep));
    pthread_mutex_init(&keep->lock, NULL);
}

void keep_release(struct keep *keep)
{
    for (size_t i = 0; i < KEEP_BUCKETS; i++) {
        while (keep->buckets[i] != NULL) {
            struct kept *kept = keep->buckets[i];

            keep->buckets[i] = kept->next;
            text_free(&kept->body);
            free(kept->uri);
            free(kept);
        }
    }
    pthread_mutex_destroy(&keep->lock);
}

static struct kept **bucket(struct keep *keep, const char *uri)
{
    uint32_t hash = 2166136261u;

    for (; *uri != '\0'; uri++)
        hash = (hash ^ (unsigned char)*uri) * 16777619u;
    return &keep->buckets[hash % KEEP_BUCKETS];
}

/* With the lock held. */
static struct kept *find(struct keep *keep, const char *uri, bool packed)
{
    struct kept *kept = *bucket(keep, uri);

    while (kept != NULL &&
           (kept->packed != packed || strcmp(kept->uri, uri) != 0))
        kept = kept->next;
    return kept;
}

bool keep_get(struct keep *keep, const char *uri, bool packed, struct text *out)
{
    struct kept *kept;

    pthread_mutex_lock(&keep->lock);
    kept = find(keep, uri, packed);
    pthread_mutex_unlock(&keep->lock);
    if (kept == NULL)
        return false;
    text_add(out, kept->body.data, kept->body.len);
    return true;
}

void keep_put(struct keep *keep, const char *uri, bool packed,
              const struct text *body)
{
    struct kept **first = bucket(keep, uri);
    struct kept *kept;

    pthread_mutex_lock(&keep->lock);
    if (find(keep, uri, packed) == NULL) {
        kept = must_alloc(sizeof(*kept));
        *kept = (struct kept){.uri = must_copy(uri, strlen(uri)),
                              .packed = packed,
                              .next = *first};
        text_add(&kept->body, body->data, body->len);
        *first = kept;
    }
    pthread_mutex_unlock(&keep->lock);
}
