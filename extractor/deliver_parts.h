/*
 * deliver_parts: what the deliver*.c files share. Private to them.
 *
 * A plan is the run's files, read and hashed; a delivery is one target at
 * work; a driver is a kind of target. deliver_wire.c asks a server and asks
 * again where that may help, so a driver knows only requests and answers.
 */
#ifndef ROLLCALL_DELIVER_PARTS_H
#define ROLLCALL_DELIVER_PARTS_H

#include "arena.h"
#include "buf.h"
#include "deliver.h"
#include "digest.h"
#include "http.h"
#include "secret.h"

enum {
    PLAN_FILES_MAX = 200 * 1000,
    PLAN_DEPTH_MAX = 8,  /* folders below the run's */
    PLACE_MAX = 4096,    /* bytes of a filled prefix, path or url */
    WIRE_CODE_MAX = 64,
    WIRE_BODY_MAX = 64 * 1024, /* of an answer that is read */
    DELIVER_TRIES_MAX = 3 /* of a file that arrives as another */
};

/* deliver_plan.c */

enum plan_rank { /* the order of sending */
    RANK_PART,
    RANK_OTHER,
    RANK_SEAL, /* the signature of a manifest */
    RANK_MANIFEST,
    RANK_BESIDE,
    RANK_SUCCESS, /* _SUCCESS of a Hive folder */
    RANK_MARKER   /* done files */
};

static inline bool rank_announces(enum plan_rank rank)
{
    return rank >= RANK_SUCCESS;
}

struct deliver_file {
    const char *path; /* below the output directory; letters, digits, "._=-"
                         and '/' only */
    enum plan_rank rank;
    uint64_t bytes;
    char sha256[DIGEST_HEX_SIZE];
    char md5[DIGEST_MD5_TEXT_SIZE];     /* hex */
    char md5_base64[DIGEST_MD5_TEXT_SIZE];
};

struct deliver_plan {
    int out_fd; /* not owned */
    const char *run_id;
    int64_t as_of;
    struct deliver_file *files; /* in the order of sending */
    size_t count, capacity;
    struct arena arena;
};

/* Lists, hashes and compares with the manifest. plan_release() after either
 * outcome. run_id outlives the plan. */
int plan_load(struct deliver_plan *plan, int out_fd, const char *run_id,
              const volatile sig_atomic_t *stop, struct error *err);
void plan_release(struct deliver_plan *plan);

/* A descriptor, or -1. */
int plan_open_file(const struct deliver_plan *plan,
                   const struct deliver_file *file, struct error *err);

/* Hashes what can be read from fd, size and both sums. */
int plan_hash(int fd, struct deliver_file *file, struct error *err);

/* deliver_target.c */

struct wire_reply { /* what is kept of an answer */
    bool answered, transient;
    enum http_failure failure;
    int status; /* SFTP: 200, or 404 for no such file */
    char detail[HTTP_DETAIL_MAX];
    char code[WIRE_CODE_MAX]; /* the server's word for an error, or "" */
    bool has_retry_after;
    char retry_after[64];
    char etag[80], sha256[80], md5[80], region[40], length[24];
    char encryption[24]; /* S3: how it is kept */
    struct buf body;
};

struct delivery {
    const struct deliver_options *options;
    const struct job_target *target;
    const struct deliver_plan *plan;
    const struct deliver_driver *driver;
    struct http *http; /* made when it is needed */
    struct buf place;  /* prefix, path or url, filled */
    struct secret access_key, secret, session_token; /* SAS, passphrase: secret
                                                        */
    uint64_t random;   /* of the jitter */
    bool waiting;      /* for the answer */
    int64_t ending_ms; /* clean-up after a failure, or a signal: until then, and
                          only once; 0: no clean-up */
    struct wire_reply reply;
};

enum presence {
    PRESENCE_ABSENT,
    PRESENCE_SAME,
    PRESENCE_OTHER,
    PRESENCE_UNSURE, /* as long, and nobody knows more */
    PRESENCE_HIDDEN  /* may not be looked at */
};

/* Each returns 0, or -1 with *err set. */
struct deliver_driver {
    int (*open)(struct delivery *d, struct error *err); /* or NULL */
    int (*look)(struct delivery *d, const struct deliver_file *file,
                enum presence *presence, struct error *err);
    /* Puts it there, whole or not at all under its name, and checks it. 1 when
     * it arrived as another; over: something is there already. */
    int (*send)(struct delivery *d, const struct deliver_file *file, bool over,
                struct error *err);
    int (*take_away)(struct delivery *d, const struct deliver_file *file,
                     struct error *err);
    /* Looks for a file that is not there, changing nothing; NULL: look(). */
    int (*probe)(struct delivery *d, const struct deliver_file *file,
                 enum presence *presence, struct error *err);
};

extern const struct deliver_driver deliver_s3, deliver_azure, deliver_sftp,
    deliver_dir;

/* One target; outcome is filled. */
int deliver_target(const struct deliver_options *options,
                   const struct job_target *target,
                   const struct deliver_plan *plan,
                   struct deliver_outcome *outcome, struct error *err);

int deliver_check_stop(const struct delivery *d, struct error *err);

/* What an object must be called. */
const char *deliver_content_type(const struct deliver_file *file);

/* deliver_s3.c, for multipart */

struct s3_call {
    const char *method;
    const char *query;                /* encoded, ascending; "": none */
    const struct http_upload *upload; /* or NULL */
    const char *body;                 /* or NULL */
    const char *payload_sha256;
    const char *md5_base64;           /* of the body; or NULL */
    bool describes;                   /* says what the object is */
};

int s3_ask(struct delivery *d, const struct deliver_file *file,
           const char *what, const int *good, const struct s3_call *call,
           struct error *err);

/* deliver_s3_parts.c: a file above multipart_above. */
int s3_send_parts(struct delivery *d, const struct deliver_file *file, int fd,
                  struct error *err);

/* deliver_wire.c */

enum { ENDING_MS = 5 * 1000 };

struct wire_call {
    const struct deliver_file *file; /* for texts */
    const char *what;                /* for texts: "sending", … */
    const int *good;  /* statuses that are no failure, 0 terminated */
    /* Starts one attempt, with wire_done() and d as what it calls. */
    int (*start)(struct delivery *d, const struct wire_call *call,
                 struct error *err);
    const void *data; /* the driver's */
};

http_done_fn wire_done;
/* Until a good status, which is in d->reply, or a failure that does not pass
 * within limits.retry_for. */
int wire_ask(struct delivery *d, const struct wire_call *call,
             struct error *err);

/* deliver_refusal.c: sets the error for d->reply, which does not pass. */
int wire_refuse(const struct delivery *d, const struct wire_call *call,
                struct error *err);
/* Whether the server's word is for something that may pass. */
bool wire_code_passes(const char *code);
/* "503 (SlowDown)", "timed out: …". */
void wire_cause(const struct wire_reply *reply, struct buf *out);

#endif
