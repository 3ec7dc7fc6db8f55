/*
 * recording_parts: what recording.c (writing) and recording_read.c share.
 * Private to recording*.c.
 */
#ifndef ROLLCALL_RECORDING_PARTS_H
#define ROLLCALL_RECORDING_PARTS_H

#include "arena.h"
#include "buf.h"
#include "recording.h"
#include "sink.h"
#include "strmap.h"

#define RECORDING_INDEX_NAME "index.jsonl"
enum { RECORDING_VERSION = 1 };

/* One answer to a request; the next one to the same request. */
struct recorded {
    struct recorded *next;
    const char *file;
    int status;
    uint64_t bytes;
};

struct recording {
    const char *folder;
    int dir_fd;
    struct recording_head head;
    struct arena arena;
    struct buf line; /* of the index, or a request looked for */

    struct sink *index;  /* writing */
    uint64_t written;    /* answers */

    struct strmap by_request; /* reading: struct recorded, the one that is
                                 given next */
};

struct recording *recording_new(const char *folder, struct error *err);

#endif
