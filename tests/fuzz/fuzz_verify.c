/* Byte 0: which file of a published run is replaced by the rest; the parts
 * also by what the rest is when packed. The run is good again afterwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <zlib.h>

#include "fuzz.h"
#include "verify.h"
#include "../unit/output_fixture.h"

enum { FILES = 4, KEPT_MAX = 64 * 1024, PACKED_MAX = 1 << 20 };

static const char *const names[FILES] = {MANIFEST_NAME, "people-00001.csv.gz",
                                         "people-00001.jsonl.gz",
                                         "rejects.jsonl.gz"};

static struct {
    struct fixture fixture;
    int fd, null;
    char path[160];
    char text[FILES][KEPT_MAX];
    size_t len[FILES];
} run;

static void put(const char *name, const void *data, size_t size)
{
    int fd = openat(run.fd, name, O_WRONLY | O_TRUNC | O_CLOEXEC);

    require(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    close(fd);
}

static void publish_once(void)
{
    if (run.path[0] != '\0')
        return;
    fixture_init(&run.fixture);
    require(rmdir(run.fixture.out) == 0);
    fuzz_folder(run.fixture.out, sizeof(run.fixture.out));
    run.fixture.rows = 6;
    fixture_publish(&run.fixture);
    run.fd = fixture_run_fd(&run.fixture);
    run.null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    snprintf(run.path, sizeof(run.path), "%s/" FIXTURE_RUN, run.fixture.out);
    for (int i = 0; i < FILES; i++) {
        struct error err = {0};
        char *text =
            read_whole_file(run.fd, names[i], KEPT_MAX, &run.len[i], &err);

        require(text != NULL);
        memcpy(run.text[i], text, run.len[i]);
        free(text);
    }
}

static size_t pack(const uint8_t *data, size_t size, void *out)
{
    z_stream z = {0};

    require(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) ==
            Z_OK);
    z.next_in = (Bytef *)(uintptr_t)data;
    z.avail_in = (uInt)size;
    z.next_out = out;
    z.avail_out = PACKED_MAX;
    require(deflate(&z, Z_FINISH) == Z_STREAM_END);
    size = PACKED_MAX - z.avail_out;
    deflateEnd(&z);
    return size;
}

static void finding(void *context, const char *file, const char *text)
{
    size_t *count = context;

    require(file != NULL && text[0] != '\0');
    ++*count;
}

static int verify(size_t *found)
{
    struct verify_summary summary;
    struct error err = {0};
    int result = verify_run(run.path, NULL, finding, found, &summary, &err);

    require_error(result, &err);
    return result;
}

static void show_rows(const char *format)
{
    const struct cat_options options = {NULL, format, true};
    struct error err = {0};

    require_error(cat_run(run.path, &options, run.null, &err), &err);
}

static void remove_run(void)
{
    if (run.path[0] != '\0')
        fixture_release(&run.fixture);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char packed[PACKED_MAX];
    unsigned choice = fuzz_byte(&data, &size), which = choice % FILES;
    size_t found = 0, none = 0;
    static bool begun;

    publish_once();
    if (!begun)
        atexit(remove_run);
    begun = true;
    if (size > PACKED_MAX / 2)
        return 0;
    if (choice & 64)
        put(names[which], packed, pack(data, size, packed));
    else
        put(names[which], data, size);
    verify(&found);
    show_rows("csv");
    show_rows("jsonl");
    put(names[which], run.text[which], run.len[which]);
    if (choice & 128)
        require(verify(&none) == 0 && none == 0);
    return 0;
}
