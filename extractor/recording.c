#include "recording.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "folder.h"
#include "instant.h"
#include "jsonw.h"
#include "recording_parts.h"
#include "sink.h"

enum {
    FILE_MODE = 0600,
    FOLDER_MODE = 0700,
    GZIP_LEVEL = 1 /* pages are written while others are waited for */
};

/* How a file is made depends on the kind of file. */
static struct sink *open_file(const struct recording *recording,
                              const char *name, bool gzip, struct error *err)
{
    const struct sink_options options = {
        .gzip = gzip, .level = GZIP_LEVEL, .mode = FILE_MODE};

    return sink_open(recording->dir_fd, name, &options, err);
}

static int refuse_used(const struct recording *recording, struct error *err)
{
    int fd = dup(recording->dir_fd);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;
    int result = 0;

    if (list == NULL) {
        if (fd >= 0)
            close(fd);
        return file_create_error(err, recording->folder);
    }
    while (result == 0 && (entry = readdir(list)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            result = error_set(err, ERROR_CANT_CREATE, "%s: is not empty",
                               recording->folder);
    }
    closedir(list);
    return result == 0 ? 0 : error_hint(err, "name a new folder to record to");
}

static int begin_index(struct recording *recording, struct error *err)
{
    struct jsonw w;

    jsonw_init(&w, &recording->line, 0);
    jsonw_object(&w, NULL);
    jsonw_int(&w, "recording", RECORDING_VERSION);
    jsonw_instant(&w, "asOf", recording->head.as_of);
    jsonw_int(&w, "concurrency", recording->head.concurrency);
    jsonw_object_end(&w);
    buf_putc(&recording->line, '\n');
    if (!buf_ok(&recording->line))
        return error_no_memory(err);
    recording->index = open_file(recording, RECORDING_INDEX_NAME, false, err);
    if (recording->index == NULL)
        return -1;
    return sink_write(recording->index, recording->line.data,
                      recording->line.len, err);
}

struct recording *recording_new(const char *folder, struct error *err)
{
    struct recording *recording = calloc(1, sizeof(*recording));

    if (recording != NULL) {
        recording->dir_fd = -1;
        arena_init(&recording->arena);
        buf_init(&recording->line, RECORDING_LINE_MAX);
        recording->folder = arena_strdup(&recording->arena, folder);
    }
    if (recording != NULL && recording->folder != NULL)
        return recording;
    recording_close(recording);
    error_no_memory(err);
    return NULL;
}

struct recording *recording_create(const char *folder,
                                   const struct recording_head *head,
                                   struct error *err)
{
    struct recording *recording = recording_new(folder, err);

    if (recording == NULL)
        return NULL;
    recording->head = *head;
    recording->dir_fd = folder_make(folder, FOLDER_MODE, err);
    if (recording->dir_fd >= 0 && refuse_used(recording, err) == 0 &&
        begin_index(recording, err) == 0)
        return recording;
    recording_close(recording);
    return NULL;
}

static int write_body(struct recording *recording, const char *name,
                      const char *body, size_t len, struct error *err)
{
    struct sink *sink = open_file(recording, name, true, err);
    struct sink_facts facts;

    if (sink == NULL)
        return -1;
    if (sink_write(sink, body, len, err) != 0) {
        sink_abort(sink);
        return -1;
    }
    return sink_close(sink, &facts, err);
}

static int write_line(struct recording *recording, const char *name,
                      const struct recorded_request *request, int status,
                      size_t len, struct error *err)
{
    struct jsonw w;

    buf_reset(&recording->line);
    jsonw_init(&w, &recording->line, 0);
    jsonw_object(&w, NULL);
    jsonw_text(&w, "file", name);
    jsonw_text(&w, "endpoint", request->endpoint);
    jsonw_text(&w, "source", request->source);
    jsonw_text(&w, "method", request->method);
    jsonw_text(&w, "path", request->path_query);
    jsonw_text_or_null(&w, "body", request->body);
    jsonw_int(&w, "status", status);
    jsonw_int(&w, "bytes", (int64_t)len);
    jsonw_object_end(&w);
    buf_putc(&recording->line, '\n');
    if (buf_no_memory(&recording->line))
        return error_no_memory(err);
    if (!buf_ok(&recording->line)) {
        error_set(err, ERROR_DATA, "%s: a request is too long to be recorded",
                  request->source);
        return error_usual(err, "make \"batch\" of the source smaller");
    }
    return sink_write(recording->index, recording->line.data,
                      recording->line.len, err);
}

int recording_put(struct recording *recording,
                  const struct recorded_request *request, int status,
                  const char *body, size_t len, struct error *err)
{
    char name[32];

    snprintf(name, sizeof(name), "%06" PRIu64 ".json.gz", ++recording->written);
    if (write_body(recording, name, body, len, err) == 0 &&
        write_line(recording, name, request, status, len, err) == 0)
        return 0;
    return error_prefix(err, "%s", recording->folder);
}

struct recording_head recording_head(const struct recording *recording)
{
    return recording->head;
}

int recording_finish(struct recording *recording, struct error *err)
{
    struct sink *index = recording->index;
    struct sink_facts facts;

    recording->index = NULL;
    if (sink_close(index, &facts, err) != 0)
        return error_prefix(err, "%s", recording->folder);
    return file_sync(recording->dir_fd) == 0
               ? 0
               : file_write_error(err, recording->folder);
}

/* What a run read before it failed is kept: it can be looked into. */
void recording_close(struct recording *recording)
{
    struct error ignored = {0};
    struct sink_facts facts;

    if (recording == NULL)
        return;
    if (recording->index != NULL)
        sink_close(recording->index, &facts, &ignored);
    if (recording->dir_fd >= 0)
        close(recording->dir_fd);
    strmap_release(&recording->by_request);
    buf_release(&recording->line);
    arena_release(&recording->arena);
    free(recording);
}
