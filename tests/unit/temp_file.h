/*
 * temp_file: a folder of its own for a test that reads files.
 *
 * temp_folder_make() before, temp_folder_remove() after the test; temp_file()
 * writes a file into it and gives its path, valid until the next call.
 */
#ifndef ROLLCALL_TEST_TEMP_FILE_H
#define ROLLCALL_TEST_TEMP_FILE_H

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct temp_folder {
    char path[PATH_MAX]; /* absolute, without links */
    char file[2 * PATH_MAX];
};

static inline void temp_folder_make(struct temp_folder *folder)
{
    char template[] = "/tmp/rollcall-test-XXXXXX";

    if (mkdtemp(template) == NULL || realpath(template, folder->path) == NULL)
        abort();
}

static inline const char *temp_file(struct temp_folder *folder,
                                    const char *name, const char *text)
{
    FILE *out;

    snprintf(folder->file, sizeof(folder->file), "%s/%s", folder->path, name);
    out = fopen(folder->file, "w");
    if (out == NULL || fputs(text, out) < 0 || fclose(out) != 0 ||
        chmod(folder->file, 0600) != 0)
        abort();
    return folder->file;
}

static inline void temp_folder_remove(struct temp_folder *folder)
{
    DIR *dir = opendir(folder->path);
    const struct dirent *entry;

    if (dir == NULL)
        abort();
    while ((entry = readdir(dir)) != NULL)
        unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
    rmdir(folder->path);
}

#endif
