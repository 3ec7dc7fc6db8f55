/* A job file. */
#include "fuzz.h"
#include "job.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = {0};
    struct job job;
    int result = job_load(&job, fuzz_file(data, size), &err);

    require_error(result, &err);
    if (result == 0)
        job_free(&job);
    return 0;
}
