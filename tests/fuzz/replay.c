/* A main for a fuzz target that is built without libFuzzer: shows it every
 * file of its corpus, whole and cut in the middle. Run from the top folder. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "buf.h"
#include "fuzz.h"
#include "sink.h"

enum { FILE_MAX = 1 << 20 };

static void show(int folder, const char *name)
{
    struct error err = {0};
    size_t len;
    char *text = read_whole_file(folder, name, FILE_MAX, &len, &err);

    if (text == NULL)
        fail_msg("%s", err.text);
    LLVMFuzzerTestOneInput((const uint8_t *)text, len);
    LLVMFuzzerTestOneInput((const uint8_t *)text, len / 2);
    free(text);
}

static void corpus(void **state)
{
    DIR *dir = opendir("tests/fuzz/corpus/" FUZZ_NAME);
    const struct dirent *entry;
    size_t shown = 0;

    (void)state;
    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        show(dirfd(dir), entry->d_name);
        shown++;
    }
    closedir(dir);
    fprintf(stderr, "AREA fuzz corpora: %zu tried, 0 violations\n",
            2 * shown);
    assert_true(shown > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"corpus of " FUZZ_NAME, corpus, NULL, NULL, NULL},
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
