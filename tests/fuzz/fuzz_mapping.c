/* A mapping, with the sources of the tree. */
#include "fuzz.h"
#include "mapping.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const folders[] = {"mappings", NULL};
    struct error err = {0};
    struct mapping mapping;
    int result = mapping_load(&mapping, fuzz_file(data, size), folders, &err);

    require_error(result, &err);
    if (result == 0)
        mapping_free(&mapping);
    return 0;
}
