/* Byte 0: flags. The rest: a text. What was read can be written, and read
 * again to the same. */
#include "buf.h"
#include "fuzz.h"
#include "json.h"

enum { TEXT_MAX = 64 << 20 };

static size_t count_nodes(const struct json *node)
{
    const struct json *child;
    size_t children = 0, nodes = 1;

    for (child = json_first(node); child != NULL; child = json_next(child)) {
        require((json_type(node) == JSON_OBJECT) == (json_key(child) != NULL));
        nodes += count_nodes(child);
        children++;
    }
    require(children == json_size(node));
    if (json_type(node) == JSON_STRING)
        require(json_text(node) != NULL);
    if (json_type(node) == JSON_NUMBER) {
        int64_t number;

        require(strspn(json_number_text(node), "0123456789.eE+-") ==
                strlen(json_number_text(node)));
        json_int64(node, &number);
    }
    return nodes;
}

static bool write_tree(const struct json *root, struct buf *out)
{
    struct jsonw w;

    buf_init(out, TEXT_MAX);
    jsonw_init(&w, out, 0);
    return json_write(&w, NULL, root, NULL) && buf_ok(out);
}

static void read_back(const struct json *root)
{
    struct buf first, second;
    struct error err = {0};
    struct json_doc again;

    if (write_tree(root, &first)) {
        require(json_parse(&again, first.data, first.len, JSON_STRICT, "again",
                           ERROR_DATA, &err) == 0);
        require(json_repairs(&again) == 0);
        require(count_nodes(again.root) == count_nodes(root));
        require(write_tree(again.root, &second));
        require(second.len == first.len &&
                memcmp(second.data, first.data, first.len) == 0);
        buf_release(&second);
        json_free(&again);
    }
    buf_release(&first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned flags = fuzz_byte(&data, &size) & 7;
    struct error err = {0};
    struct json_doc doc;
    char *text = fuzz_text(data, size);
    int result = json_parse(&doc, text, size, flags, "text", ERROR_DATA, &err);

    require_error(result, &err);
    free(text); /* nothing of it may be needed any more */
    if (result == 0) {
        count_nodes(doc.root);
        json_at(doc.root, "/a/0/b~1~0");
        read_back(doc.root);
        json_free(&doc);
    }
    return 0;
}
