/* manifest.json as it is read back. */
#include <fcntl.h>

#include "fuzz.h"
#include "manifest.h"

static char path[64];

static void remove_folder(void)
{
    char file[128];

    snprintf(file, sizeof(file), "%s/" MANIFEST_NAME, path);
    unlink(file);
    rmdir(path);
}

static int folder(void)
{
    static int fd = -1;

    if (fd >= 0)
        return fd;
    fuzz_folder(path, sizeof(path));
    atexit(remove_folder);
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    require(fd >= 0);
    return fd;
}

static void write_manifest(const uint8_t *data, size_t size)
{
    int fd = openat(folder(), MANIFEST_NAME,
                    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    require(fd >= 0);
    require(write(fd, data, size) == (ssize_t)size);
    close(fd);
}

/* What readers of a manifest take for granted. */
static void require_sound(const struct manifest *manifest)
{
    bool found;

    require(manifest_run_id_valid(manifest->run_id));
    for (size_t i = 0; i < manifest->resource_count; i++) {
        const struct manifest_resource *r = &manifest->resources[i];

        require(r->path[0] != '\0' && strchr(r->path, '/') == NULL);
        require(strcmp(r->path, "..") != 0 && strcmp(r->path, ".") != 0);
        require(r->format != NULL && r->dataset != NULL);
        require(strlen(r->sha256) == 64 && strlen(r->plain_sha256) == 64);
        for (size_t j = 0; j < r->order_count; j++)
            require(r->order[j] < r->schema.count);
    }
    for (size_t i = 0; i < manifest->dataset_count; i++)
        manifest_rows(manifest, manifest->datasets[i].name, &found);
    manifest_source_items(manifest, "jira_users", &found);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct manifest manifest;
    struct error err = {0};
    int result;

    write_manifest(data, size);
    result = manifest_load(&manifest, folder(), &err);
    require_error(result, &err);
    if (result == 0) {
        require_sound(&manifest);
        manifest_free(&manifest);
    }
    return 0;
}
