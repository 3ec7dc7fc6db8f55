#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "instant.h"
#include "json.h"
#include "recording_parts.h"

/* What a request is found by: everything that makes its answer, apart from
 * whose credential it was. Fields are parted by a byte no text holds. */
static const char *request_key(struct recording *recording,
                               const struct recorded_request *request)
{
    const char *const fields[] = {request->endpoint, request->method,
                                  request->path_query, request->body};

    buf_reset(&recording->line);
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        buf_puts(&recording->line, fields[i] != NULL ? fields[i] : "");
        buf_putc(&recording->line, '\x1f');
    }
    return buf_ok(&recording->line) ? recording->line.data : NULL;
}

static int index_error(const struct recording *recording, struct error *err)
{
    error_set(err, ERROR_DATA,
              "%s/" RECORDING_INDEX_NAME ": a line "
              "that is no part of a recording",
              recording->folder);
    return error_usual(err, "record again: extract with --record");
}

static const char *text_member(const struct json *line, const char *name)
{
    const struct json *node = json_member(line, name);

    return node != NULL && json_type(node) == JSON_STRING ? json_text(node)
                                                          : NULL;
}

static int64_t number_member(const struct json *line, const char *name)
{
    const struct json *node = json_member(line, name);
    int64_t value;

    return node != NULL && json_int64(node, &value) == 0 ? value : -1;
}

/* A name inside the folder, never a path out of it. */
static bool is_file_name(const char *name)
{
    return name != NULL && name[0] != '.' && strchr(name, '/') == NULL;
}

static int add_answer(struct recording *recording, const struct json *line,
                      struct error *err)
{
    const struct recorded_request request = {
        .endpoint = text_member(line, "endpoint"),
        .method = text_member(line, "method"),
        .path_query = text_member(line, "path"),
        .body = text_member(line, "body"),
    };
    const char *file = text_member(line, "file"), *key;
    int64_t status = number_member(line, "status");
    int64_t bytes = number_member(line, "bytes");
    struct recorded *answer, *first;

    if (request.endpoint == NULL || request.method == NULL ||
        request.path_query == NULL || !is_file_name(file) || status < 100 ||
        status > 599 || bytes < 0 || bytes > RECORDING_BODY_MAX)
        return index_error(recording, err);
    key = request_key(recording, &request);
    answer = arena_alloc(&recording->arena, sizeof(*answer));
    if (key == NULL || answer == NULL)
        return error_no_memory(err);
    *answer = (struct recorded){
        .file = arena_strdup(&recording->arena, file),
        .status = (int)status,
        .bytes = (uint64_t)bytes,
    };
    first = strmap_get(&recording->by_request, key);
    if (first != NULL) {
        while (first->next != NULL)
            first = first->next;
        first->next = answer;
        return answer->file != NULL ? 0 : error_no_memory(err);
    }
    key = arena_strdup(&recording->arena, key);
    if (key == NULL || answer->file == NULL ||
        strmap_put(&recording->by_request, key, answer) != 0)
        return error_no_memory(err);
    return 0;
}

static int read_head(struct recording *recording, const struct json *line,
                     struct error *err)
{
    struct recording_head *found = &recording->head;
    const char *as_of = text_member(line, "asOf");
    int64_t concurrency = number_member(line, "concurrency");

    found->concurrency = (int)concurrency;
    if (number_member(line, "recording") != RECORDING_VERSION ||
        concurrency < 1 || concurrency > RECORDING_CONCURRENCY_MAX ||
        as_of == NULL ||
        instant_parse(as_of, INSTANT_ISO8601, &found->as_of) != 0) {
        error_set(err, ERROR_DATA,
                  "%s: is no recording of this "
                  "version of rollcall",
                  recording->folder);
        return error_usual(err, "record again: extract with --record");
    }
    return 0;
}

/* A last line without its end is of a run that was killed, and left out. */
static int read_lines(struct recording *recording, const char *text,
                      struct error *err)
{
    const char *end;
    bool head = true;

    for (; (end = strchr(text, '\n')) != NULL; text = end + 1) {
        struct error cause = {0};
        struct json_doc doc;
        int result;

        if (json_parse(&doc, text, (size_t)(end - text), JSON_STRICT, "line",
                       ERROR_DATA, &cause) != 0)
            return cause.kind == ERROR_DATA ? index_error(recording, err)
                                            : error_pass(err, &cause);
        result = head ? read_head(recording, doc.root, err)
                      : add_answer(recording, doc.root, err);
        json_free(&doc);
        if (result != 0)
            return -1;
        head = false;
    }
    return head ? index_error(recording, err) : 0;
}

struct recording *recording_open(const char *folder, struct error *err)
{
    struct recording *recording = recording_new(folder, err);
    char *text = NULL;
    size_t len;

    if (recording == NULL)
        return NULL;
    recording->dir_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (recording->dir_fd < 0)
        error_system(err, ERROR_NO_INPUT, errno,
                     "%s: cannot open the recording", folder);
    else
        text = read_whole_file(recording->dir_fd, RECORDING_INDEX_NAME,
                               RECORDING_INDEX_MAX, &len, err);
    if (text != NULL && read_lines(recording, text, err) == 0) {
        free(text);
        return recording;
    }
    free(text);
    recording_close(recording);
    return NULL;
}

/* NULL with *err: memory is out, else there is none. */
static struct recorded *find(struct recording *recording,
                             const struct recorded_request *request,
                             struct error *err)
{
    const char *key = request_key(recording, request);

    if (key != NULL)
        return strmap_get(&recording->by_request, key);
    error_no_memory(err);
    return NULL;
}

int recording_has(struct recording *recording,
                  const struct recorded_request *request, struct error *err)
{
    const struct recorded *found = find(recording, request, err);

    return found == NULL && err->kind != ERROR_NONE ? -1 : found != NULL;
}

int recording_next(struct recording *recording,
                   const struct recorded_request *request,
                   struct recorded_answer *answer, struct error *err)
{
    struct recorded *found = find(recording, request, err);

    if (found == NULL && err->kind != ERROR_NONE)
        return -1;
    if (found == NULL) {
        error_set(err, ERROR_DATA,
                  "%s: %s: the recording has no answer to "
                  "this request",
                  recording->folder, request->source);
        return error_hint(err,
                          "replay with the job, the mappings and the "
                          "as-of time it was recorded with, or record again");
    }
    *answer = (struct recorded_answer){
        .folder = recording->folder,
        .file = found->file,
        .dir_fd = recording->dir_fd,
        .status = found->status,
        .bytes = (size_t)found->bytes,
    };
    if (found->next != NULL)
        *found = *found->next;
    return 0;
}

/* One byte beyond the length in the index would be one too many. */
static int read_exactly(struct source_file *file,
                        const struct recorded_answer *answer, char *room,
                        struct error *err)
{
    size_t len = 0;
    ssize_t got;
    char more;

    while (len < answer->bytes) {
        got = source_file_read(file, room + len, answer->bytes - len, err);
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        len += (size_t)got;
    }
    got = len == answer->bytes ? source_file_read(file, &more, 1, err) : 1;
    if (got > 0) {
        error_set(err, ERROR_DATA, "%s: is not as long as when it was recorded",
                  answer->file);
        error_usual(err, "record again: extract with --record");
    }
    return got == 0 ? 0 : -1;
}

int recording_body(const struct recorded_answer *answer, char *room,
                   struct error *err)
{
    struct source_file *file =
        source_file_open_unhashed(answer->dir_fd, answer->file, err);
    int result = file != NULL ? read_exactly(file, answer, room, err) : -1;

    if (source_file_close(file, NULL, err) != 0)
        result = -1;
    return result == 0 ? 0 : error_prefix(err, "%s", answer->folder);
}
