/* The pairs of the job's map file. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "resolve.h"
#include "sink.h"

enum { MAP_FILE_BYTES_MAX = 64 * 1024 * 1024 };

static int remember(struct resolved *resolved, struct strmap *map,
                    const char *key, const char *id, struct error *err)
{
    char *key_copy = arena_strdup(&resolved->arena, key);
    char *id_copy = arena_strdup(&resolved->arena, id);

    if (key_copy == NULL || id_copy == NULL ||
        strmap_put(map, key_copy, id_copy) != 0)
        return error_no_memory(err);
    return 0;
}

struct map_reading {
    struct resolved *resolved;
    const char *path;
    size_t row;
};

static int map_row(void *context, const char *const *cells, size_t count,
                   struct error *err)
{
    struct map_reading *reading = context;

    if (reading->row++ == 0 && count >= 1 && cells[0] != NULL &&
        strcmp(cells[0], "user_key") == 0)
        return 0;
    if (count != 2 || cells[0] == NULL || cells[1] == NULL) {
        error_set(err, ERROR_CONFIG, "%s: row %zu does not have two values",
                  reading->path, reading->row);
        return error_hint(err, "each row is user_key,account_id");
    }
    return remember(reading->resolved, &reading->resolved->map, cells[0],
                    cells[1], err);
}

int resolve_load_map(struct resolved *resolved, const char *path,
                     struct error *err)
{
    struct map_reading reading = {.resolved = resolved, .path = path};
    struct csv_reader *reader;
    size_t len;
    char *text;
    int result = -1;

    text = read_whole_file(AT_FDCWD, path, MAP_FILE_BYTES_MAX, &len, err);
    if (text == NULL)
        return -1;
    reader = csv_reader_new(',', '"', map_row, &reading);
    if (reader == NULL)
        error_no_memory(err);
    else if (csv_reader_feed(reader, text, len, err) == 0 &&
             csv_reader_finish(reader, err) == 0)
        result = 0;
    if (result != 0 && err->kind == ERROR_DATA)
        error_prefix(err, "%s", path);
    csv_reader_free(reader);
    free(text);
    return result;
}
