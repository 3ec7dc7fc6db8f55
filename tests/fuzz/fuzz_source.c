/* A source definition; what it says is used for a request. */
#include "buf.h"
#include "fuzz.h"
#include "request.h"
#include "source.h"

static void ask(const struct source *source)
{
    static const struct endpoint endpoint = {.name = "e",
                                             .url = "https://h.test",
                                             .organisation = "o/\"\\?&#",
                                             .directory = "d",
                                             .site = "s"};
    static const struct request_window window = {0, 253402300799999};
    static const char *const names[] = {"a b", "\"\\\x01", "\xe2\x82\xac"};
    const struct page_ask page = {.start = 7, .size = 10, .cursor = "c&=\"\\"};
    const struct request_parts parts = {.window = &window,
                                        .page = &page,
                                        .account = "a/b?c",
                                        .batch = names,
                                        .batch_count = 3};
    struct error err = {0};
    struct buf out;

    buf_init(&out, REQUEST_BYTES_MAX);
    if (request_lacks(source, &endpoint) == NULL &&
        request_path(source, &endpoint, &parts, &out, &err) == 0) {
        require(out.data[0] == '/');
        require(strpbrk(out.data, " \r\n#\"\\") == NULL);
    }
    buf_release(&out);
    error_clear(&err);
    buf_init(&out, REQUEST_BODY_MAX);
    request_body(source, &endpoint, &parts, &out, &err);
    buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = {0};
    struct source source;
    int result = source_load(&source, fuzz_file(data, size), &err);

    require_error(result, &err);
    if (result == 0) {
        if (source.request_path != NULL && !source.each)
            ask(&source);
        source_free(&source);
    }
    return 0;
}
